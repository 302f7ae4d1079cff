//! Alerts, rules, silences and channels. Rules, silences and channels are written field by field, as in files.

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
};
use domain::{
    alert::Fields,
    ids::{ChannelId, RuleId, SilenceId},
    view::{
        AlertQuery, AlertRow, ChannelKind, ChannelRow, DeadLetter, Page, RulePreview, RuleRow,
        SilenceRow, TestResult,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Answer, CALLER};
use crate::http::{
    AppState,
    problem::Problem,
    query::{Query, id},
};

/// Fields in a body.
type Given = Result<Json<Fields>, JsonRejection>;

/// The number of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Made {
    /// Its id.
    id: String,
}

fn fields(given: Given) -> Result<Fields, Problem> {
    match given {
        Ok(Json(fields)) => Ok(fields),
        Err(rejection) => Err(Problem::invalid("body", rejection.body_text())),
    }
}

fn made(id: impl std::fmt::Display) -> (StatusCode, Json<Made>) {
    (StatusCode::CREATED, Json(Made { id: id.to_string() }))
}

/// Alerts: firing, then pending; with `phase=resolved` what is over, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "alerts",
    params(("phase" = Option<domain::view::AlertPhase>, Query, description = "Only in this phase; all that last when not given"), ("workload" = Option<String>, Query, description = "Only of this workload, by id"), ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 200 when not given")),
    responses(
        (status = 200, body = Page<AlertRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<AlertQuery>,
) -> Answer<Page<AlertRow>> {
    Ok(Json(Page::whole(
        state.alerts()?.alerts(&CALLER, &query).await?,
    )))
}

/// Somebody takes an alert: nobody is reminded of it any longer; the field `by` may say who
#[utoipa::path(
    post,
    path = "/api/v1/alerts/{id}/acknowledge",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    request_body = BTreeMap<String, String>,
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn acknowledge(
    State(state): State<AppState>,
    Path(text): Path<String>,
    given: Given,
) -> Result<StatusCode, Problem> {
    let fields = fields(given)?;
    state
        .alerts()?
        .acknowledge(
            &CALLER,
            id(&text, "alert")?,
            fields.get("by").unwrap_or_default(),
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rules, by name
#[utoipa::path(
    get,
    path = "/api/v1/alert-rules",
    tag = "alerts",
    responses(
        (status = 200, body = Page<RuleRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn rules(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> Answer<Page<RuleRow>> {
    Ok(Json(Page::whole(state.alerts()?.rules(&CALLER).await?)))
}

/// One rule
#[utoipa::path(
    get,
    path = "/api/v1/alert-rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, body = RuleRow),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn rule(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Answer<RuleRow> {
    Ok(Json(
        state.alerts()?.rule(&CALLER, id(&text, "rule")?).await?,
    ))
}

/// Adds a rule
#[utoipa::path(
    post,
    path = "/api/v1/alert-rules",
    tag = "alerts",
    request_body = BTreeMap<String, String>,
    responses(
        (status = 201, body = Made),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_rule(
    State(state): State<AppState>,
    given: Given,
) -> Result<(StatusCode, Json<Made>), Problem> {
    Ok(made(
        state
            .alerts()?
            .save_rule(&CALLER, None, &fields(given)?)
            .await?,
    ))
}

/// Replaces a rule that no file has
#[utoipa::path(
    put,
    path = "/api/v1/alert-rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    request_body = BTreeMap<String, String>,
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_rule(
    State(state): State<AppState>,
    Path(text): Path<String>,
    given: Given,
) -> Result<StatusCode, Problem> {
    let rule: RuleId = id(&text, "rule")?;
    state
        .alerts()?
        .save_rule(&CALLER, Some(rule), &fields(given)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a rule that no file has; what it found stays in the history
#[utoipa::path(
    delete,
    path = "/api/v1/alert-rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn remove_rule(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<StatusCode, Problem> {
    state
        .alerts()?
        .remove_rule(&CALLER, id(&text, "rule")?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a rule would have said of the last 30 days
#[utoipa::path(
    post,
    path = "/api/v1/alert-rules/preview",
    tag = "alerts",
    request_body = BTreeMap<String, String>,
    responses(
        (status = 200, body = RulePreview),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn preview(State(state): State<AppState>, given: Given) -> Answer<RulePreview> {
    Ok(Json(
        state
            .alerts()?
            .preview_rule(&CALLER, &fields(given)?)
            .await?,
    ))
}

/// Silences, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/silences",
    tag = "alerts",
    responses(
        (status = 200, body = Page<SilenceRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn silences(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> Answer<Page<SilenceRow>> {
    Ok(Json(Page::whole(state.alerts()?.silences(&CALLER).await?)))
}

/// Makes a silence, once or every week
#[utoipa::path(
    post,
    path = "/api/v1/silences",
    tag = "alerts",
    request_body = BTreeMap<String, String>,
    responses(
        (status = 201, body = Made),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_silence(
    State(state): State<AppState>,
    given: Given,
) -> Result<(StatusCode, Json<Made>), Problem> {
    Ok(made(
        state
            .alerts()?
            .add_silence(&CALLER, &fields(given)?)
            .await?,
    ))
}

/// Ends a silence before its time
#[utoipa::path(
    delete,
    path = "/api/v1/silences/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end_silence(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<StatusCode, Problem> {
    let silence: SilenceId = id(&text, "silence")?;
    state.alerts()?.end_silence(&CALLER, silence).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Kinds of channels, and what has to be filled in
#[utoipa::path(
    get,
    path = "/api/v1/channel-kinds",
    tag = "alerts",
    responses(
        (status = 200, body = Page<ChannelKind>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn kinds(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> Answer<Page<ChannelKind>> {
    Ok(Json(Page::whole(state.alerts()?.channel_kinds())))
}

/// Channels, by name; secrets are never in them
#[utoipa::path(
    get,
    path = "/api/v1/channels",
    tag = "alerts",
    responses(
        (status = 200, body = Page<ChannelRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn channels(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> Answer<Page<ChannelRow>> {
    Ok(Json(Page::whole(state.alerts()?.channels(&CALLER).await?)))
}

/// Adds a channel: `name`, `kind`, and the fields of the kind
#[utoipa::path(
    post,
    path = "/api/v1/channels",
    tag = "alerts",
    request_body = BTreeMap<String, String>,
    responses(
        (status = 201, body = Made),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_channel(
    State(state): State<AppState>,
    given: Given,
) -> Result<(StatusCode, Json<Made>), Problem> {
    Ok(made(
        state
            .alerts()?
            .save_channel(&CALLER, None, &fields(given)?)
            .await?,
    ))
}

/// Replaces a channel; secret fields that are left out stay as they are
#[utoipa::path(
    put,
    path = "/api/v1/channels/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    request_body = BTreeMap<String, String>,
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_channel(
    State(state): State<AppState>,
    Path(text): Path<String>,
    given: Given,
) -> Result<StatusCode, Problem> {
    let channel: ChannelId = id(&text, "channel")?;
    state
        .alerts()?
        .save_channel(&CALLER, Some(channel), &fields(given)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a channel with what waits for it
#[utoipa::path(
    delete,
    path = "/api/v1/channels/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn remove_channel(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<StatusCode, Problem> {
    state
        .alerts()?
        .remove_channel(&CALLER, id(&text, "channel")?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a message that says that it is a test, and tells how that went
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/test",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, body = TestResult),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn test_channel(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Answer<TestResult> {
    Ok(Json(
        state
            .alerts()?
            .test_channel(&CALLER, id(&text, "channel")?)
            .await?,
    ))
}

/// Notices that could not be delivered, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters",
    tag = "alerts",
    responses(
        (status = 200, body = Page<DeadLetter>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_letters(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> Answer<Page<DeadLetter>> {
    Ok(Json(Page::whole(
        state.alerts()?.dead_letters(&CALLER).await?,
    )))
}

/// Sends one of them again
#[utoipa::path(
    post,
    path = "/api/v1/dead-letters/{id}/again",
    tag = "alerts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn send_again(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<StatusCode, Problem> {
    state
        .alerts()?
        .send_again(&CALLER, id(&text, "dead letter")?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
