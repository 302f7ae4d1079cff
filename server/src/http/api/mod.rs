//! `/api`: the public interface. Everything in it is described at `/api/openapi.json`.

mod json;
pub mod openapi;
pub(super) mod v1;

use axum::{Router, middleware, routing::get};

use super::{AppState, problem};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .nest("/v1", v1::router())
        .route("/openapi.json", get(openapi::get))
        .fallback(problem::unknown_path)
        .layer(middleware::from_fn(json::require))
}
