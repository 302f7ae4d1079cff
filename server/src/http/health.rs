//! Health: `/healthz` says that the process lives, `/readyz` that it can do its work.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use futures::future::{BoxFuture, join_all};
use serde::Serialize;

use super::AppState;

/// How long one check may take.
const CHECK_WITHIN: Duration = Duration::from_secs(3);

/// Something that must work for us to be ready: its name, and how to find out.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    ask: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Check {
    /// Asks `ask`, which says what is wrong.
    pub fn new<F>(name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self {
            name,
            ask: Arc::new(move || Box::pin(ask())),
        }
    }
}

/// All of them.
pub type Checks = Vec<Check>;

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// `ok`, or what is wrong, by name.
    checks: BTreeMap<&'static str, String>,
}

/// The process answers.
pub(super) async fn alive() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n")
}

/// Everything that is needed answers.
pub(super) async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let asked = state.checks.iter().map(|check| async {
        let answer = tokio::time::timeout(CHECK_WITHIN, (check.ask)()).await;
        (
            check.name,
            answer.unwrap_or_else(|_elapsed| Err("does not answer".to_owned())),
        )
    });
    let answers = join_all(asked).await;
    let ready = answers.iter().all(|(_, answer)| answer.is_ok());
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let checks = answers
        .into_iter()
        .map(|(name, answer)| (name, answer.err().unwrap_or_else(|| "ok".to_owned())))
        .collect();
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (status, no_store, Json(Readiness { ready, checks }))
}
