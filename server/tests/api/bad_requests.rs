//! Questions that make no sense: problem+json with a stable code and the field that is wrong.

use crate::support::{Server, ask, folder};

/// Path, status, code, field.
const CASES: [(&str, u16, &str, Option<&str>); 47] = [
    ("/api", 404, "not_found", None),
    ("/api/v1", 404, "not_found", None),
    ("/api/v1/nothing", 404, "not_found", None),
    ("/api/v2/workloads", 404, "not_found", None),
    ("/api/v1/workloads/999", 404, "not_found", None),
    ("/api/v1/restarts/999", 404, "not_found", None),
    ("/api/v1/restarts/abc/log", 404, "not_found", None),
    ("/api/v1/restarts/999/scenario", 404, "not_found", None),
    ("/api/v1/logs", 400, "invalid_parameter", Some("q")),
    (
        "/api/v1/logs?q=-panic+!",
        400,
        "invalid_parameter",
        Some("q"),
    ),
    (
        "/api/v1/logs?q=a&cause=ghost",
        400,
        "invalid_parameter",
        Some("cause"),
    ),
    ("/api/v1/logs?q=a%00b", 400, "invalid_parameter", Some("q")),
    (
        "/api/v1/logs?q=a&limit=101",
        400,
        "invalid_parameter",
        Some("limit"),
    ),
    (
        "/api/v1/panics?limit=1001",
        400,
        "invalid_parameter",
        Some("limit"),
    ),
    ("/api/v1/workloads/abc", 404, "not_found", None),
    (
        "/api/v1/workloads/9223372036854775808",
        404,
        "not_found",
        None,
    ),
    ("/api/v1/workloads/%FF", 404, "not_found", None),
    ("/api/v1/workloads/999/series", 404, "not_found", None),
    ("/api/v1/workloads/abc/series", 404, "not_found", None),
    (
        "/api/v1/workloads/1/series?metrics=cpu",
        400,
        "invalid_parameter",
        Some("metrics"),
    ),
    (
        "/api/v1/workloads/1/series?metrics=",
        400,
        "invalid_parameter",
        Some("metrics"),
    ),
    (
        "/api/v1/workloads/1/series?metrics=tasks,tasks",
        400,
        "invalid_parameter",
        Some("metrics"),
    ),
    (
        "/api/v1/workloads/1/series?points=0",
        400,
        "invalid_parameter",
        Some("points"),
    ),
    (
        "/api/v1/workloads/1/series?points=1000000000",
        400,
        "invalid_parameter",
        Some("points"),
    ),
    (
        "/api/v1/workloads/1/series?points=-1",
        400,
        "invalid_parameter",
        Some("points"),
    ),
    (
        "/api/v1/workloads/1/series?points=99999999999999999999",
        400,
        "invalid_parameter",
        Some("points"),
    ),
    (
        "/api/v1/workloads/1/series?from=yesterday",
        400,
        "invalid_parameter",
        Some("from"),
    ),
    (
        "/api/v1/workloads/1/series?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z",
        400,
        "invalid_parameter",
        Some("from"),
    ),
    (
        "/api/v1/workloads/1/series?from=2020-01-01T00:00:00Z&to=2026-11-01T00:00:00Z",
        400,
        "invalid_parameter",
        Some("from"),
    ),
    (
        "/api/v1/workloads/1/series?to=9999-12-31T23:59:59Z",
        400,
        "invalid_parameter",
        Some("from"),
    ),
    (
        "/api/v1/workloads/1/series?point=10",
        400,
        "invalid_parameter",
        Some("point"),
    ),
    (
        "/api/v1/workloads/1/series?points=10&points=20",
        400,
        "invalid_parameter",
        Some("points"),
    ),
    (
        "/api/v1/workloads?cursor=x",
        400,
        "invalid_parameter",
        Some("cursor"),
    ),
    (
        "/api/v1/workloads?limit=0",
        400,
        "invalid_parameter",
        Some("limit"),
    ),
    (
        "/api/v1/restarts?cursor=1.2.3.4.5.6",
        400,
        "invalid_parameter",
        Some("cursor"),
    ),
    (
        "/api/v1/restarts?cause=gremlins",
        400,
        "invalid_parameter",
        Some("cause"),
    ),
    (
        "/api/v1/restarts?limit=1001",
        400,
        "invalid_parameter",
        Some("limit"),
    ),
    ("/api/v1/restarts?workload=abc", 404, "not_found", None),
    ("/api/v1/restarts?workload=999", 404, "not_found", None),
    ("/api/v1/timeline?workload=999", 404, "not_found", None),
    (
        "/api/v1/timeline?cursor=%00",
        400,
        "invalid_parameter",
        Some("cursor"),
    ),
    (
        "/api/v1/sources?all=1",
        400,
        "invalid_parameter",
        Some("all"),
    ),
    (
        "/api/v1/export?format=xml",
        400,
        "invalid_parameter",
        Some("format"),
    ),
    (
        "/api/v1/export?metrics=cpu",
        400,
        "invalid_parameter",
        Some("metrics"),
    ),
    (
        "/api/v1/export?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z",
        400,
        "invalid_parameter",
        Some("from"),
    ),
    ("/api/v1/export?workload=1,999", 404, "not_found", None),
    ("/api/v1/events?x", 400, "invalid_parameter", Some("x")),
];

#[tokio::test]
async fn each_is_answered_with_what_is_wrong() {
    let dir = folder();
    let server = Server::start(dir.path());
    for (path, status, code, field) in CASES {
        let (got, content_type, body) = server.get(path).await;
        assert_eq!(got, status, "{path}: {body}");
        assert_eq!(content_type, "application/problem+json", "{path}");
        assert_eq!(body["status"], status, "{path}: {body}");
        assert_eq!(body["code"], code, "{path}: {body}");
        assert_eq!(
            body["type"],
            format!("urn:inquest:problem:{code}"),
            "{path}: {body}"
        );
        assert_eq!(body["field"].as_str(), field, "{path}: {body}");
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| detail.len() > 10),
            "{path}: {body}"
        );
    }

    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", server.url);
    let (status, _, body) = ask(client.delete(url("/api/v1/workloads"))).await;
    assert_eq!(
        (status, body["code"].as_str()),
        (405, Some("method_not_allowed")),
        "{body}"
    );
    let (status, _, body) = ask(client
        .post(url("/api/v1/restarts"))
        .header("sec-fetch-site", "cross-site"))
    .await;
    assert_eq!(
        (status, body["code"].as_str()),
        (403, Some("cross_site")),
        "{body}"
    );
    let (status, _, body) = ask(client
        .post(url("/api/v1/incidents/1/acknowledge"))
        .header("content-type", "text/plain")
        .body("{}"))
    .await;
    assert_eq!(
        (status, body["code"].as_str()),
        (415, Some("not_json")),
        "what a form of another site can send is no change: {body}"
    );
    let (status, _, body) = ask(client
        .get(url("/api/v1/workloads"))
        .header("host", "evil.example"))
    .await;
    assert_eq!(
        (status, body["code"].as_str()),
        (421, Some("unknown_host")),
        "{body}"
    );

    let (status, content_type, body) = server.get("/api/v1/workloads").await;
    assert_eq!((status, content_type.as_str()), (200, "application/json"));
    assert_eq!(
        body,
        serde_json::json!({ "data": [], "meta": { "next": null } })
    );
    let (status, _, _) = server
        .get("/api/v1/restarts?from=2026-11-01T00:00:00+01:00")
        .await;
    assert_eq!(status, 200, "a plus that was not escaped is understood");
}

#[test]
fn the_description_changes_only_on_purpose() {
    insta::assert_json_snapshot!(server::http::openapi::document());
}
