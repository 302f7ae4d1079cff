//! Forms of documents, which work without script: what was sent leads back to the page, or shows it again with what is wrong.

mod restarts;

use axum::{Router, routing::post};

use super::AppState;

/// Adds where forms are sent to: the address of their page.
pub(super) fn add(router: Router<AppState>) -> Router<AppState> {
    router.route("/restarts/{id}", post(restarts::correct))
}
