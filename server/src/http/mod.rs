//! HTTP: the public API, the stream of changes, the pages, our own figures and health.
//!
//! Handlers hold no logic: they read the request, ask the [`Backend`](app::backend::Backend) and write the answer.

mod api;
mod body;
mod cache;
mod files;
mod forms;
mod health;
mod limits;
mod metrics;
mod origin;
mod pages;
mod problem;
mod query;

use std::{path::PathBuf, sync::Arc};

use app::{alerts::AlertBackend, backend::SharedBackend};
use axum::{
    Router,
    extract::FromRef,
    http::{HeaderName, HeaderValue, header},
    middleware,
    routing::get,
};
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::SizeAbove},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};

use self::problem::Problem;
pub use self::{
    api::openapi,
    health::{Check, Checks},
    metrics::{Exporter, install as install_metrics},
    pages::find_site,
};
use crate::live::Live;

/// What HTTP needs from the rest of the server.
#[derive(Clone)]
pub struct Parts {
    /// Answers every question.
    pub backend: SharedBackend,
    /// What changes, as it changes.
    pub live: Live,
    /// Cancelled when the server stops: streams that never end by themselves end then.
    pub shutdown: CancellationToken,
    /// Our own figures.
    pub exporter: Exporter,
    /// What must work for us to be ready.
    pub checks: Checks,
    /// The names by which we may be addressed; `None` for any.
    pub hosts: Option<Vec<String>>,
    /// Where the browser's files are; `None` serves the API without pages.
    pub site: Option<PathBuf>,
}

/// What handlers share. Cloning is cheap.
#[derive(Clone)]
struct AppState {
    parts: Arc<Parts>,
    options: LeptosOptions,
}

impl AppState {
    /// The part of the backend that is about alerts.
    fn alerts(&self) -> Result<&dyn AlertBackend, Problem> {
        self.backend
            .alerting()
            .ok_or_else(|| Problem::not_found("alerts are not looked at here"))
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}

/// Everything that is served, under its addresses.
pub fn router(parts: Parts) -> Router {
    let state = AppState {
        options: pages::options(parts.site.as_deref()),
        parts: Arc::new(parts),
    };
    let router = Router::new()
        .nest("/api", api::router())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::render));
    let router = match &state.site {
        Some(site) => pages::add(router, &state, site),
        None => router
            .route("/", get(problem::no_pages))
            .fallback(problem::unknown_path),
    };
    let layers = ServiceBuilder::new()
        // Failures say what failed where they happen; the status alone says nothing.
        .layer(TraceLayer::new_for_http().on_failure(()))
        .layer(middleware::from_fn(metrics::measure))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Forms that work without script are sent back to the page in their Referer.
        .layer(header_layer(header::REFERRER_POLICY, "same-origin"))
        .layer(header_layer(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .layer(header_layer(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ))
        // Pages bring their own, with a nonce.
        .layer(header_layer(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .layer(middleware::from_fn(cache::weaken))
        .layer(CompressionLayer::new().compress_when(compressible()))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            origin::check_host,
        ))
        .layer(middleware::from_fn(origin::refuse_cross_site))
        .layer(middleware::from_fn(limits::within_time));
    router
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(layers)
        .with_state(state)
}

/// What is worth compressing: not what fits into one packet anyway, nor a stream that must not wait.
fn compressible() -> impl Predicate {
    /// Bytes that an Ethernet frame has for a body, about.
    const ONE_PACKET: u16 = 1_280;
    DefaultPredicate::new().and(SizeAbove::new(ONE_PACKET))
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
