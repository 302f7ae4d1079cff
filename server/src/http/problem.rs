//! Errors as RFC 9457 has them: `application/problem+json` with a stable `code`.

use std::any::Any;

use app::{alerts::ChangeError, backend::BackendError};
use axum::{
    Json,
    extract::OriginalUri,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::alert::FieldProblem;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// A URI that names the kind of problem: `urn:inquest:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: Box<str>,
    /// The kind in words, the same for every problem of the kind.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what would be right.
    detail: String,
    /// Stable; programs may depend on it.
    code: &'static str,
    /// Which parameter is wrong, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    field: Option<Box<str>>,
    /// Everything that is wrong, field by field, when more than one may be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<FieldProblem>,
}

impl Problem {
    fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("urn:inquest:problem:{code}").into(),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            field: None,
            problems: Vec::new(),
        }
    }

    /// A parameter that makes no sense.
    pub(super) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "invalid_parameter",
                "A parameter makes no sense",
                detail,
            )
        }
    }

    /// No such thing.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "No such thing", detail)
    }

    /// Something from another site.
    pub(super) fn cross_site() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "Refused: sent by another site",
            "changes are accepted from Inquest's own pages and from programs, not from pages of other sites",
        )
    }

    /// A change that does not come as JSON.
    pub(super) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "Not JSON",
            "send a JSON body with the header `content-type: application/json`; `{}` where there is nothing to say",
        )
    }

    /// A body that is not what is asked for.
    pub(super) fn bad_body(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, "invalid_body", "The body makes no sense", detail)
    }

    /// Addressed by a name that is not ours.
    pub(super) fn unknown_host(host: &str) -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown_host",
            "Not the name of this server",
            format!(
                "Inquest does not answer to the name `{host}`, so that no other site can read it through your browser; add the name to `allowed_hosts` (INQUEST_ALLOWED_HOSTS)"
            ),
        )
    }

    /// Took too long.
    pub(super) fn timeout() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "Took too long",
            "the answer was not ready in time; ask for less, or again later",
        )
    }

    fn internal(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "A mistake of ours",
            detail,
        )
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Backend(error) => error.into(),
            ChangeError::Fields(problems) => {
                let first = problems.first();
                let field = first.map(|problem| problem.field.clone());
                let detail = first.map(|problem| format!("{}: {}", problem.field, problem.problem));
                Self {
                    field: field.map(Into::into),
                    problems,
                    ..Self::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "invalid_field",
                        "A field makes no sense",
                        detail.unwrap_or_default(),
                    )
                }
            }
        }
    }
}

impl From<BackendError> for Problem {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::NotFound { .. } => Self::not_found(error.to_string()),
            BackendError::Invalid { field, problem } => Self::invalid(&field, problem),
            BackendError::Conflict { problem } => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "Not as things are now",
                problem,
            ),
            BackendError::Unavailable { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The store does not answer",
                error.to_string(),
            ),
            BackendError::Internal { id } => {
                Self::internal(format!("the log has the details under {id}"))
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, content_type, Json(self)).into_response()
    }
}

/// Answers what nothing is served under.
pub(super) async fn unknown_path(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::not_found(format!(
        "nothing is served at {}; /api/openapi.json lists what is",
        uri.path()
    ))
}

/// Answers for the pages of a server that has none, because nobody built them or it does not find them.
pub(super) async fn no_pages() -> Problem {
    Problem::not_found(
        "this server has an API but no pages: build them with `make site` and start it in the same folder, or name theirs in LEPTOS_SITE_ROOT; \
         /api/openapi.json describes the API",
    )
}

/// Answers methods that an address does not know. The `Allow` header, which axum adds, names those it does.
pub(super) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Wrong method",
        format!("{} does not take {method}", uri.path()),
    )
}

/// Answers for a handler that panicked. The panic itself is in the log.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives it away")]
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(message, "a handler panicked");
    Problem::internal("the log has the details").into_response()
}
