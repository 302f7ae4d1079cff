//! The forms of alert rules.

use axum::{Router, extract::Path, response::Response, routing::post};
use domain::ids::RuleId;

use super::{CALLER, Sent};
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
async fn add(sent: Sent) -> Result<Response, Problem> {
    let written = sent.fields.written();
    let done = sent
        .state
        .alerts()?
        .save_rule(&CALLER, None, &written)
        .await;
    Ok(sent.answer("/alerts/rules/new", done, ALL).await)
}

/// `POST /alerts/rules/{id}`
async fn save(Path(rule): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let rule: RuleId = id(&rule, "rule")?;
    let written = sent.fields.written();
    let done = sent
        .state
        .alerts()?
        .save_rule(&CALLER, Some(rule), &written);
    let done = done.await;
    let page = format!("{ALL}/{rule}");
    Ok(sent.answer(&page, done, &page).await)
}

/// `POST /alerts/rules/{id}/switch`
async fn switch(Path(rule): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let rule: RuleId = id(&rule, "rule")?;
    let alerts = sent.state.alerts()?;
    let mut changed = alerts.rule(&CALLER, rule).await?.fields;
    changed.set("enabled", sent.fields.said("enabled").unwrap_or("true"));
    let done = alerts.save_rule(&CALLER, Some(rule), &changed).await;
    let page = format!("{ALL}/{rule}");
    Ok(sent.answer(&page, done, ALL).await)
}

/// `POST /alerts/rules/{id}/remove`
async fn remove(Path(rule): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let rule: RuleId = id(&rule, "rule")?;
    let done = sent.state.alerts()?.remove_rule(&CALLER, rule).await;
    let page = format!("{ALL}/{rule}");
    Ok(sent.answer(&page, done, ALL).await)
}
