//! The stream of changes, and what is served beside the API.

use std::time::{Duration, Instant};

use futures::StreamExt;
use rustix::process::Signal;

use crate::support::{Server, folder};

#[tokio::test]
async fn it_begins_with_hello_and_ends_with_the_server() {
    let dir = folder();
    let mut server = Server::start(dir.path());
    let response = reqwest::get(format!("{}/api/v1/events", server.url))
        .await
        .expect("it answers");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let mut stream = response.bytes_stream();
    let first = stream.next().await.expect("an event").expect("readable");
    let first = String::from_utf8_lossy(&first);
    assert!(
        first.starts_with("event: hello\ndata: {\"at\":\"20"),
        "{first}"
    );

    let began = Instant::now();
    server.signal(Signal::TERM);
    while stream.next().await.is_some() {}
    assert!(server.wait().success());
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "an open stream does not hold it up"
    );
}

#[tokio::test]
async fn figures_and_health_are_served() {
    let dir = folder();
    let server = Server::start(dir.path());
    let (status, _, body) = server.get("/readyz").await;
    assert_eq!(
        (status, body["ready"].as_bool()),
        (200, Some(true)),
        "{body}"
    );
    assert_eq!(server.get("/healthz").await.0, 200);
    let (status, content_type, body) = server.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(content_type.starts_with("text/plain; version=0.0.4"));
    let body = body.as_str().expect("text");
    assert!(
        body.contains(
            "inquest_http_requests_total{route=\"/readyz\",method=\"GET\",status=\"200\"} 1"
        ),
        "{body}"
    );
}

#[tokio::test]
async fn answers_are_safe_to_show() {
    let dir = folder();
    let server = Server::start(dir.path());
    let response = reqwest::get(format!("{}/api/v1/sources", server.url))
        .await
        .expect("it answers");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        assert_eq!(response.headers()[name], value);
    }
}
