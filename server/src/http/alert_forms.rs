//! What the forms of the pages about alerts send. Each does one thing and leads back to a page (303), so that loading that anew does nothing
//! twice. What cannot be taken leads back to its form with what was typed, secrets left out, and the page says what is wrong.
//!
//! No form has a token: requests from pages of other sites are refused by [`super::origin`] before they come here.

use app::{
    alerts::{AlertBackend, ChangeError},
    backend::BackendError,
};
use std::fmt::Write as _;

use axum::{
    Router,
    extract::{Form, Path, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use domain::alert::Fields;

use super::{AppState, api::v1::CALLER, problem::Problem};

/// The fields of a form as they were typed. One that comes several times is a list.
type Typed = Form<Vec<(String, String)>>;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/alerts/rules.toml", get(export))
        .route("/alerts/rules", post(new_rule))
        .route("/alerts/rules/{id}", post(save_rule))
        .route("/alerts/rules/{id}/switch", post(switch_rule))
        .route("/alerts/rules/{id}/remove", post(remove_rule))
        .route("/alerts/{id}/acknowledge", post(acknowledge))
        .route("/alerts/silences", post(add_silence))
        .route("/alerts/silences/{id}/end", post(end_silence))
        .route("/alerts/channels", post(new_channel))
        .route("/alerts/channels/{id}", post(save_channel))
        .route("/alerts/channels/{id}/remove", post(remove_channel))
        .route("/alerts/channels/{id}/test", post(test_channel))
        .route("/alerts/deliveries/{id}/again", post(send_again))
}

impl AppState {
    /// The part of the backend that is about alerts.
    pub(super) fn alerts(&self) -> Result<&dyn AlertBackend, Problem> {
        self.backend
            .alerting()
            .ok_or_else(|| Problem::not_found("alerts are not looked at here"))
    }
}

/// Reads an id of ours in a path.
pub(super) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse()
        .map_err(|_not_ours| Problem::not_found(format!("no {what} has the id {text}")))
}

fn fields(typed: Vec<(String, String)>) -> Fields {
    let mut fields = Fields::default();
    for (name, text) in typed {
        if text.trim().is_empty() {
            continue;
        }
        let all = fields.get(&name).map(|before| format!("{before}, {text}"));
        fields.set(&name, all.unwrap_or(text));
    }
    fields
}

/// The address of a form with what was typed.
fn again(path: &str, fields: &Fields, more: &[(&str, &str)]) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter()).extend_pairs(more);
    Redirect::to(&format!("{path}?{}", query.finish()))
}

/// Leads to `to` when it was done, and to the form at `form` when a field cannot be taken.
fn answer<T>(
    done: Result<T, ChangeError>,
    to: &str,
    form: impl FnOnce(&[domain::alert::FieldProblem]) -> Redirect,
) -> Result<Redirect, Problem> {
    match done {
        Ok(_) => Ok(Redirect::to(to)),
        Err(ChangeError::Fields(problems)) => Ok(form(&problems)),
        Err(error) => Err(error.into()),
    }
}

/// Every rule in the form that files have.
async fn export(State(state): State<AppState>) -> Result<Response, Problem> {
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

async fn new_rule(State(state): State<AppState>, Form(typed): Typed) -> Result<Redirect, Problem> {
    let fields = fields(typed);
    let done = state.alerts()?.save_rule(&CALLER, None, &fields).await;
    let taken = taken(&done);
    answer(done, "/alerts/rules", |_| {
        again("/alerts/rules/new", &fields, taken)
    })
}

async fn save_rule(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Form(typed): Typed,
) -> Result<Redirect, Problem> {
    let fields = fields(typed);
    let done = state
        .alerts()?
        .save_rule(&CALLER, Some(id(&text, "rule")?), &fields)
        .await;
    let page = format!("/alerts/rules/{text}");
    let taken = taken(&done);
    answer(done, &page, |_| again(&page, &fields, taken))
}

/// A name that is taken, or a channel that is not there, is not found by reading the rule alone, so the page is told.
fn taken<T>(done: &Result<T, ChangeError>) -> &'static [(&'static str, &'static str)] {
    match done {
        Err(ChangeError::Fields(problems))
            if problems.iter().any(|problem| problem.field == "name") =>
        {
            &[("refused", "name")]
        }
        Err(ChangeError::Fields(problems))
            if problems.iter().any(|problem| problem.field == "channels") =>
        {
            &[("refused", "channels")]
        }
        _ => &[],
    }
}

async fn switch_rule(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Form(typed): Typed,
) -> Result<Redirect, Problem> {
    let alerts = state.alerts()?;
    let rule = id(&text, "rule")?;
    let mut changed = alerts.rule(&CALLER, rule).await?.fields;
    changed.set("enabled", fields(typed).get("enabled").unwrap_or("true"));
    alerts.save_rule(&CALLER, Some(rule), &changed).await?;
    Ok(Redirect::to("/alerts/rules"))
}

async fn remove_rule(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Redirect, Problem> {
    state
        .alerts()?
        .remove_rule(&CALLER, id(&text, "rule")?)
        .await?;
    Ok(Redirect::to("/alerts/rules"))
}

async fn acknowledge(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Form(typed): Typed,
) -> Result<Redirect, Problem> {
    let by = fields(typed);
    let done = state
        .alerts()?
        .acknowledge(
            &CALLER,
            id(&text, "alert")?,
            by.get("by").unwrap_or_default(),
        )
        .await;
    match done {
        // It was over before the button was pressed: the page shows that.
        Ok(()) | Err(BackendError::NotFound { .. }) => Ok(Redirect::to("/alerts")),
        Err(error) => Err(error.into()),
    }
}

async fn add_silence(
    State(state): State<AppState>,
    Form(typed): Typed,
) -> Result<Redirect, Problem> {
    let fields = fields(typed);
    let done = state.alerts()?.add_silence(&CALLER, &fields).await;
    answer(done, "/alerts/silences", |_| {
        again("/alerts/silences", &fields, &[("check", "1")])
    })
}

async fn end_silence(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Redirect, Problem> {
    let done = state
        .alerts()?
        .end_silence(&CALLER, id(&text, "silence")?)
        .await;
    match done {
        Ok(()) | Err(BackendError::NotFound { .. }) => Ok(Redirect::to("/alerts/silences")),
        Err(error) => Err(error.into()),
    }
}

async fn new_channel(
    State(state): State<AppState>,
    Form(typed): Typed,
) -> Result<Redirect, Problem> {
    channel(&state, None, fields(typed), "/alerts/channels").await
}

async fn save_channel(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Form(typed): Typed,
) -> Result<Redirect, Problem> {
    let page = format!("/alerts/channels/{text}");
    channel(&state, Some(id(&text, "channel")?), fields(typed), &page).await
}

async fn channel(
    state: &AppState,
    id: Option<domain::ids::ChannelId>,
    mut fields: Fields,
    form: &str,
) -> Result<Redirect, Problem> {
    let alerts = state.alerts()?;
    let done = alerts.save_channel(&CALLER, id, &fields).await;
    for field in alerts
        .channel_kinds()
        .into_iter()
        .flat_map(|kind| kind.fields)
    {
        if field.is_secret {
            // Addresses are kept in histories and logs. A kind that has it not as a secret has to have it typed again.
            fields.take(&field.name);
        }
    }
    answer(done, "/alerts/channels", |problems| {
        let wrong: Vec<&str> = problems
            .iter()
            .map(|problem| problem.field.as_str())
            .collect();
        again(form, &fields, &[("wrong", &wrong.join(","))])
    })
}

async fn remove_channel(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Redirect, Problem> {
    state
        .alerts()?
        .remove_channel(&CALLER, id(&text, "channel")?)
        .await?;
    Ok(Redirect::to("/alerts/channels"))
}

async fn test_channel(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Redirect, Problem> {
    // How it went is beside the channel.
    state
        .alerts()?
        .test_channel(&CALLER, id(&text, "channel")?)
        .await?;
    Ok(Redirect::to("/alerts/channels"))
}

async fn send_again(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Redirect, Problem> {
    let done = state
        .alerts()?
        .send_again(&CALLER, id(&text, "dead letter")?)
        .await;
    match done {
        Ok(()) | Err(BackendError::NotFound { .. }) => Ok(Redirect::to("/alerts/channels")),
        Err(error) => Err(error.into()),
    }
}
