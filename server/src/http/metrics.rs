//! Our own figures in Prometheus' format. Whoever has something to count uses the `metrics` facade; here they are shown.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::AppState;

/// Upper bounds of duration histograms in seconds: from a cached page to the longest that a request may take.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0];
/// Histograms gather single values until they are drained.
const DRAIN_EVERY: Duration = Duration::from_secs(5);

/// Shows the figures of this process.
pub type Exporter = PrometheusHandle;

/// Makes this process count, once.
pub fn install() -> Result<Exporter, BuildError> {
    let exporter = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    describe_counter!(
        "inquest_http_requests_total",
        "HTTP requests by route, method and status"
    );
    describe_histogram!(
        "inquest_http_request_duration_seconds",
        "Time until an answer began, by route"
    );
    describe_counter!(
        "inquest_postgres_restarts_total",
        "Times the private Postgres died and was started again"
    );
    describe_gauge!(
        "inquest_build_info",
        "Always 1; the version is in the label"
    );
    describe_gauge!(
        "process_start_time_seconds",
        "When the process started, in seconds since the epoch"
    );
    gauge!("inquest_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("process_start_time_seconds")
        .set(chrono::Utc::now().timestamp_millis() as f64 / 1_000.0);
    let draining = exporter.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(DRAIN_EVERY).await;
            draining.run_upkeep();
        }
    });
    Ok(exporter)
}

/// `GET /metrics`
pub(super) async fn render(State(state): State<AppState>) -> impl IntoResponse {
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, state.exporter.render())
}

/// Counts requests by route, never by path: ids would make a series each.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let route = match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None => "none".to_owned(),
    };
    let method = request.method().to_string();
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("inquest_http_requests_total", "route" => route.clone(), "method" => method, "status" => status).increment(1);
    histogram!("inquest_http_request_duration_seconds", "route" => route).record(began.elapsed());
    response
}
