//! What can be taken away as a file: incidents, and the rules of alerts.

use std::fmt::Write as _;

use app::documents::incident::{self, PostMortem};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::Utc;

use super::{AppState, api::v1::CALLER, problem::Problem, query::incident_id};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/incidents/{id}/{file}", get(export))
        .route("/alerts/rules.toml", get(rules))
}

/// `GET /alerts/rules.toml`: every rule in the form that files of the configuration have.
async fn rules(State(state): State<AppState>) -> Result<Response, Problem> {
    let rules = state.alerts()?.rules(&CALLER).await?;
    let mut text = String::new();
    for rule in rules {
        text.push_str("[[rule]]\n");
        for (name, value) in rule.fields.iter() {
            let value = toml::Value::String(value.to_owned());
            // Writing into a string cannot fail.
            let _never = writeln!(text, "{name} = {value}");
        }
        text.push('\n');
    }
    let headers = [
        (header::CONTENT_TYPE, "application/toml"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"rules.toml\"",
        ),
    ];
    Ok((headers, text).into_response())
}

/// `GET /incidents/{id}/export.md`, `.json` and `.html`
async fn export(
    State(state): State<AppState>,
    Path((id, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = incident_id(&id)?;
    let Some(write) = writer(&file) else {
        return Err(Problem::not_found(format!(
            "an incident has no {file}; there are export.md, export.json and export.html"
        )));
    };
    let page = incident::load(&*state.backend, &CALLER, id, Utc::now()).await?;
    let (content_type, body) = write(&page, &origin(&headers));
    let extension = file.rsplit('.').next().unwrap_or_default();
    let name = format!("attachment; filename=\"incident-{id}.{extension}\"");
    let fields = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((fields, body).into_response())
}

/// Writes a file: what it is, and what is in it.
type Writer = fn(&PostMortem, &str) -> (&'static str, Response);

fn writer(file: &str) -> Option<Writer> {
    Some(match file {
        "export.md" => |page, origin| {
            let text = incident::markdown(page, origin);
            ("text/markdown; charset=utf-8", text.into_response())
        },
        "export.json" => |page, _origin| ("application/json", Json(page).into_response()),
        "export.html" => |page, origin| {
            let text = incident::html(page, origin);
            ("text/html; charset=utf-8", text.into_response())
        },
        _ => return None,
    })
}

/// Where the reader reaches us, for links in what is taken away. A proxy that speaks TLS says so.
fn origin(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let host = text("host").unwrap_or("localhost");
    format!("{scheme}://{host}")
}
