//! `/api/v1`, one file for each noun.

pub(super) mod alerts;
pub(super) mod analysis;
pub(super) mod events;
pub(in crate::http) mod export;
pub(super) mod incidents;
pub(super) mod logs;
pub(super) mod panics;
pub(super) mod restarts;
pub(super) mod series;
pub(super) mod sources;
pub(super) mod storage;
pub(super) mod timeline;
pub(super) mod workloads;

use app::backend::Caller;
use axum::{
    Json, Router,
    routing::{delete, get, post, put},
};

use crate::http::{AppState, problem::Problem};

/// What a handler answers.
type Answer<T> = Result<Json<T>, Problem>;

/// Who asks through the API.
pub(in crate::http) const CALLER: Caller = Caller::Anonymous;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/workloads", get(workloads::list))
        .route("/workloads/{id}", get(workloads::get))
        .route("/workloads/{id}/series", get(series::get))
        .route("/workloads/{id}/analysis", get(analysis::get))
        .route("/workloads/{id}/runs", get(analysis::runs))
        .route("/workloads/{id}/deploys", get(analysis::deploys))
        .route("/restarts", get(restarts::list))
        .route("/restarts/{id}", get(restarts::get))
        .route("/restarts/{id}/log", get(restarts::log))
        .route("/restarts/{id}/scenario", get(restarts::scenario))
        .route("/restarts/{id}/correction", post(restarts::correct))
        .route("/logs", get(logs::list))
        .route("/panics", get(panics::list))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{id}", get(incidents::get))
        .route("/incidents/{id}/acknowledge", post(incidents::acknowledge))
        .route("/incidents/{id}/resolve", post(incidents::resolve))
        .route("/incidents/{id}/reopen", post(incidents::reopen))
        .route("/incidents/{id}/notes", post(incidents::note))
        .route("/incidents/{id}/owner", post(incidents::owner))
        .route("/timeline", get(timeline::list))
        .route("/export", get(export::get))
        .route("/sources", get(sources::list))
        .route("/storage", get(storage::get))
        .route("/events", get(events::stream))
        .merge(about_alerts())
}

fn about_alerts() -> Router<AppState> {
    Router::new()
        .route("/alerts", get(alerts::list))
        .route("/alerts/{id}/acknowledge", post(alerts::acknowledge))
        .route("/alert-rules", get(alerts::rules).post(alerts::add_rule))
        .route("/alert-rules/preview", post(alerts::preview))
        .route(
            "/alert-rules/{id}",
            get(alerts::rule)
                .put(alerts::change_rule)
                .delete(alerts::remove_rule),
        )
        .route("/silences", get(alerts::silences).post(alerts::add_silence))
        .route("/silences/{id}", delete(alerts::end_silence))
        .route("/channel-kinds", get(alerts::kinds))
        .route("/channels", get(alerts::channels).post(alerts::add_channel))
        .route(
            "/channels/{id}",
            put(alerts::change_channel).delete(alerts::remove_channel),
        )
        .route("/channels/{id}/test", post(alerts::test_channel))
        .route("/dead-letters", get(alerts::dead_letters))
        .route("/dead-letters/{id}/again", post(alerts::send_again))
}
