//! From where a request comes: pages of other sites must neither change nor read anything.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{AppState, problem::Problem};

/// Refuses names that are not ours. A page of another site can have its own name resolve to 127.0.0.1 and then read what is
/// served here (DNS rebinding), but it cannot make the browser send another `Host`.
pub(super) async fn check_host(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(allowed) = &state.hosts
        && let Some(host) = host(&request)
        && !is_ours(&host, allowed)
    {
        return Problem::unknown_host(&host).into_response();
    }
    next.run(request).await
}

/// Refuses requests that change something and were sent by a page of another site. Browsers say so in `Sec-Fetch-Site`; those
/// that do not know it yet say from where in `Origin`. Programs send neither.
pub(super) async fn refuse_cross_site(request: Request, next: Next) -> Response {
    if !request.method().is_safe() && is_cross_site(request.headers()) {
        return Problem::cross_site().into_response();
    }
    next.run(request).await
}

fn host(request: &Request) -> Option<String> {
    let authority = match request.headers().get(header::HOST) {
        Some(host) => host.to_str().ok()?.parse().ok()?,
        None => request.uri().authority()?.clone(),
    };
    Some(
        authority
            .host()
            .trim_matches(['[', ']'])
            .trim_end_matches('.')
            .to_ascii_lowercase(),
    )
}

fn is_ours(host: &str, allowed: &[String]) -> bool {
    // An address cannot be rebound.
    host.parse::<IpAddr>().is_ok()
        || host == "localhost"
        || host.ends_with(".localhost")
        || allowed.iter().any(|name| name == host)
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    text(header::ORIGIN).is_some_and(|origin| {
        let origin = origin.parse::<Uri>().ok();
        let authority = origin
            .as_ref()
            .and_then(Uri::authority)
            .map(ToString::to_string);
        authority.as_deref() != text(header::HOST)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use rstest::rstest;

    use super::{is_cross_site, is_ours};

    #[rstest]
    #[case("127.0.0.1", true)]
    #[case("::1", true)]
    #[case("localhost", true)]
    #[case("inquest.example.com", true)]
    #[case("evil.example.com", false)]
    #[case("localhost.example.com", false)]
    fn names(#[case] host: &str, #[case] ours: bool) {
        assert_eq!(is_ours(host, &["inquest.example.com".to_owned()]), ours);
    }

    #[rstest]
    #[case(&[], false)]
    #[case(&[("sec-fetch-site", "same-origin")], false)]
    #[case(&[("sec-fetch-site", "none")], false)]
    #[case(&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:3000"), ("host", "localhost:3000")], true)]
    #[case(&[("sec-fetch-site", "same-site")], true)]
    #[case(&[("origin", "http://localhost:3000"), ("host", "localhost:3000")], false)]
    #[case(&[("origin", "http://localhost:8080"), ("host", "localhost:3000")], true)]
    #[case(&[("origin", "null"), ("host", "localhost:3000")], true)]
    fn sites(#[case] headers: &[(&'static str, &'static str)], #[case] refused: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    name.parse().expect("a name"),
                    value.parse().expect("a value"),
                )
            })
            .collect();
        assert_eq!(is_cross_site(&headers), refused);
    }
}
