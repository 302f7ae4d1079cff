//! What the forms of the pages send. Each handler does one thing through the backend and leads back to a page (303), so that loading that anew
//! does nothing twice. What cannot be taken comes back as the same page, with what was typed and the reason beside the field.
//!
//! No form has a token: requests from pages of other sites are refused by [`super::origin`] before they come here.

mod alerts;
mod channels;
mod incidents;
mod refused;
mod restarts;
mod rules;
mod silences;

use app::documents::{Draft, name};
use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};

use self::refused::Refused;
use super::{AppState, api::v1::CALLER, pages, problem::Problem};

/// Every form's address.
pub(super) fn router() -> Router<AppState> {
    incidents::router()
        .route("/restarts/{id}", post(restarts::correct))
        .merge(alerts::router())
        .merge(rules::router())
        .merge(silences::router())
        .merge(channels::router())
}

/// What a page has sent, and who answers it.
struct Sent {
    state: AppState,
    headers: HeaderMap,
    fields: Fields,
    /// The cookie that remembers who has sent it.
    name: Option<HeaderValue>,
}

impl Sent {
    /// Remembers who has sent it, as a field says: for the next form that asks.
    fn named(mut self, field: &str) -> Self {
        let cookie = name::to_cookie(self.fields.text(field));
        self.name = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok());
        self
    }

    /// Leads to a page, or shows the one at `page` again with the reasons why what was typed could not be taken.
    async fn answer<T, E: Into<Refused>>(
        self,
        page: &str,
        done: Result<T, E>,
        to: &str,
    ) -> Response {
        let (status, problems) = match done.map_err(Into::into) {
            Ok(_) => {
                let mut done = Redirect::to(to).into_response();
                if let Some(cookie) = self.name {
                    done.headers_mut().append(header::SET_COOKIE, cookie);
                }
                return done;
            }
            Err(Refused::Fields(status, problems)) => (status, problems),
            Err(Refused::Whole(problem)) => return problem.into_response(),
        };
        let draft = Draft::new(self.fields.0, problems);
        let mut request = Request::builder().uri(page);
        // The theme is in it.
        if let Some(cookies) = self.headers.get(header::COOKIE) {
            request = request.header(header::COOKIE, cookies);
        }
        match request.body(Body::empty()) {
            Ok(request) => {
                let mut again = pages::document_with(&self.state, draft, request).await;
                *again.status_mut() = status;
                again
            }
            Err(error) => Problem::not_found(error.to_string()).into_response(),
        }
    }
}

impl FromRequest<AppState> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        match axum::Form::<Vec<(String, String)>>::from_request(request, state).await {
            Ok(axum::Form(fields)) => Ok(Self {
                state: state.clone(),
                headers,
                fields: Fields(fields),
                name: None,
            }),
            Err(rejection) => Err(Problem::bad_body(rejection.status(), rejection.body_text())),
        }
    }
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

    /// Those that say something, as rules, silences and channels are written. One that comes several times is a list.
    fn written(&self) -> domain::alert::Fields {
        let mut written = domain::alert::Fields::default();
        for (name, text) in &self.0 {
            if text.trim().is_empty() {
                continue;
            }
            let all = match written.get(name) {
                Some(before) => format!("{before}, {text}"),
                None => text.clone(),
            };
            written.set(name, all);
        }
        written
    }
}
