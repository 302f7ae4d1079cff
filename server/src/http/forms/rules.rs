//! The forms of alert rules.

use axum::{
    Router,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
    routing::post,
};
use domain::ids::RuleId;

use super::{CALLER, Fields, answer};
use crate::http::{AppState, problem::Problem, query::id};

/// The page with all rules.
const ALL: &str = "/alerts/rules";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/alerts/rules", post(add))
        .route("/alerts/rules/{id}", post(save))
        .route("/alerts/rules/{id}/switch", post(switch))
        .route("/alerts/rules/{id}/remove", post(remove))
}

/// `POST /alerts/rules`
async fn add(
    State(state): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let written = fields.written();
    let done = state.alerts()?.save_rule(&CALLER, None, &written).await;
    Ok(answer(&state, &headers, fields, "/alerts/rules/new", done, ALL).await)
}

/// `POST /alerts/rules/{id}`
async fn save(
    State(state): State<AppState>,
    Path(rule): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let rule: RuleId = id(&rule, "rule")?;
    let written = fields.written();
    let done = state.alerts()?.save_rule(&CALLER, Some(rule), &written);
    let done = done.await;
    let page = format!("{ALL}/{rule}");
    Ok(answer(&state, &headers, fields, &page, done, &page).await)
}

/// `POST /alerts/rules/{id}/switch`
async fn switch(
    State(state): State<AppState>,
    Path(rule): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let rule: RuleId = id(&rule, "rule")?;
    let alerts = state.alerts()?;
    let mut changed = alerts.rule(&CALLER, rule).await?.fields;
    changed.set("enabled", fields.said("enabled").unwrap_or("true"));
    let done = alerts.save_rule(&CALLER, Some(rule), &changed).await;
    let page = format!("{ALL}/{rule}");
    Ok(answer(&state, &headers, fields, &page, done, ALL).await)
}

/// `POST /alerts/rules/{id}/remove`
async fn remove(
    State(state): State<AppState>,
    Path(rule): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let rule: RuleId = id(&rule, "rule")?;
    let done = state.alerts()?.remove_rule(&CALLER, rule).await;
    let page = format!("{ALL}/{rule}");
    Ok(answer(&state, &headers, fields, &page, done, ALL).await)
}
