//! What the forms of the pages send. Each handler does one thing through the backend and leads back to a page (303), so that loading that anew
//! does nothing twice. What cannot be taken comes back as the same page, with what was typed and the reason beside the field.
//!
//! No form has a token: requests from pages of other sites are refused by [`super::origin`] before they come here.

mod incidents;
mod restarts;

use app::{backend::BackendError, documents::Draft};
use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};

use super::{AppState, api::v1::CALLER, pages, problem::Problem};

/// Every form's address.
pub(super) fn router() -> Router<AppState> {
    incidents::router().route("/restarts/{id}", post(restarts::correct))
}

/// The fields of a form, as they were typed.
struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field; empty when it was not sent.
    fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map_or("", |(_, value)| value)
    }

    /// A field that says something.
    fn said(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.trim().is_empty())
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Form::<Vec<(String, String)>>::from_request(request, state).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(Problem::bad_body(rejection.status(), rejection.body_text())),
        }
    }
}

/// Leads to a page, or shows the one at `page` again with the reason why what was typed could not be taken.
async fn answer<T>(
    state: &AppState,
    headers: &HeaderMap,
    fields: Fields,
    page: &str,
    done: Result<T, BackendError>,
    to: &str,
) -> Response {
    let (status, field, problem) = match done {
        Ok(_) => return Redirect::to(to).into_response(),
        Err(BackendError::Invalid { field, problem }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, field, problem)
        }
        Err(BackendError::Conflict { problem }) => (StatusCode::CONFLICT, String::new(), problem),
        Err(error) => return Problem::from(error).into_response(),
    };
    let draft = Draft::new(fields.0, field, format!("Not done: {problem}."));
    let mut request = Request::builder().uri(page);
    // The theme is in it.
    if let Some(cookies) = headers.get(header::COOKIE) {
        request = request.header(header::COOKIE, cookies);
    }
    match request.body(Body::empty()) {
        Ok(request) => {
            let mut again = pages::document_with(state, draft, request).await;
            *again.status_mut() = status;
            again
        }
        Err(error) => Problem::not_found(error.to_string()).into_response(),
    }
}
