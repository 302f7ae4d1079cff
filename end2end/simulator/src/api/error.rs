//! Errors as moby answers them: a status and `{"message": …}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a call is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("page not found")]
    NoPage,
    #[error("No such container: {0}")]
    NoContainer(String),
    #[error("{0}")]
    BadParameter(String),
    #[error("Container {0} is not running")]
    NotRunning(String),
    #[error("the simulated engine is paused")]
    Paused,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NoPage | Self::NoContainer(_) => StatusCode::NOT_FOUND,
            Self::BadParameter(_) => StatusCode::BAD_REQUEST,
            Self::NotRunning(_) => StatusCode::CONFLICT,
            Self::Paused => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({"message": self.to_string()}))).into_response()
    }
}
