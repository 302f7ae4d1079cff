//! Changes come as JSON. A page of another site can make a browser post a form or plain text without asking first, but not JSON: for that the
//! browser asks us, and we do not allow it. This holds also for browsers too old to say where a request comes from.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::http::problem::Problem;

/// Refuses changes that are not JSON. Removing something needs no body, and no browser sends it across sites unasked.
pub(super) async fn require(request: Request, next: Next) -> Response {
    let changes = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH
    );
    if changes && !is_json(request.headers()) {
        return Problem::not_json().into_response();
    }
    next.run(request).await
}

/// Whether the body is said to be JSON, with or without parameters such as its charset.
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    said.and_then(|said| said.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use rstest::rstest;

    use super::is_json;

    #[rstest]
    #[case(None, false)]
    #[case(Some("application/json"), true)]
    #[case(Some("Application/JSON; charset=utf-8"), true)]
    #[case(Some("text/plain"), false)]
    #[case(Some("application/x-www-form-urlencoded"), false)]
    #[case(Some("application/json-patch"), false)]
    #[case(Some(""), false)]
    fn bodies(#[case] said: Option<&'static str>, #[case] expected: bool) {
        let mut headers = HeaderMap::new();
        if let Some(said) = said {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(said));
        }
        assert_eq!(is_json(&headers), expected);
    }
}
