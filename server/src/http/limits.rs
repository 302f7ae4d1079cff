//! How long a request may take.

use std::time::Duration;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::problem::Problem;

/// Until the answer begins; streams may then go on.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Gives up on requests that take too long, which also ends their queries.
pub(super) async fn within_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::timeout().into_response(),
    }
}
