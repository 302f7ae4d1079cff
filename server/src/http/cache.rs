//! Answers that a client may keep, and how it learns that they are still right.

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::problem::Problem;

/// For what only late samples can change. They come in rarely, and sealing takes two hours to show them anyway.
const SEALED: &str = "private, max-age=300";
/// For what is different in a moment.
const LIVE: &str = "private, no-cache";

/// Answers, with `version` as its tag if there is one; or says that the client has this version, without making the answer.
pub(super) async fn answer<T: Serialize>(
    request: &HeaderMap,
    version: Option<String>,
    make: impl Future<Output = Result<T, Problem>>,
) -> Result<Response, Problem> {
    let Some(version) = version else {
        return Ok(([(header::CACHE_CONTROL, LIVE)], Json(make.await?)).into_response());
    };
    let fields = [
        (header::CACHE_CONTROL, SEALED.to_owned()),
        (header::ETAG, format!("\"{version}\"")),
    ];
    if is_at_hand(request, &version) {
        return Ok((StatusCode::NOT_MODIFIED, fields).into_response());
    }
    Ok((fields, Json(make.await?)).into_response())
}

/// Whether the client names this version in `If-None-Match`, by weak comparison (RFC 9110, 13.1.2).
fn is_at_hand(request: &HeaderMap, version: &str) -> bool {
    let named = request.get_all(header::IF_NONE_MATCH).into_iter();
    named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|tag| tag == version || tag == "*")
}

/// A strong tag names the bytes, which are others once they are compressed.
pub(super) async fn weaken(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.headers().contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = response.headers().get(header::ETAG)
        && !tag.as_bytes().starts_with(b"W/")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("\"abc\"", true)]
    #[case("W/\"abc\"", true)]
    #[case("\"other\", \"abc\"", true)]
    #[case("*", true)]
    #[case("\"abcd\"", false)]
    #[case("", false)]
    fn tags(#[case] named: &'static str, #[case] known: bool) {
        let request =
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(named))]);
        assert_eq!(is_at_hand(&request, "abc"), known);
    }
}
