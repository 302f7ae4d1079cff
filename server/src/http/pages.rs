//! The pages of the interface: those that are rendered here and hydrated in the browser, those that are rendered here alone, and the
//! files they load.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{
    App,
    documents::{Draft, ModulesMayRun, add_documents, render_document},
    shell,
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    LeptosRoutes, ResponseOptions, generate_route_list_with_exclusions_and_ssg_and_context,
    render_app_async_with_context,
};
use tower::{ServiceBuilder, service_fn};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use super::{AppState, files, forms, problem};

/// The name of the browser's files, as in `[[workspace.metadata.leptos]]`.
const OUTPUT_NAME: &str = "inquest";

/// Where the browser's files may be: told by `LEPTOS_SITE_ROOT`, beside the program, or where a developer's build puts them.
pub fn find_site(told: Option<&str>) -> Option<PathBuf> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join("site")));
    let candidates = [
        told.map(PathBuf::from),
        beside,
        Some(PathBuf::from("target/site")),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|dir| dir.join("pkg").is_dir())
}

/// What Leptos wants to know.
pub(super) fn options(site: Option<&Path>) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(
            site.map(|site| site.display().to_string())
                .unwrap_or_default(),
        )
        .build()
}

/// Adds pages, their server functions and their files.
pub(super) fn add(router: Router<AppState>, state: &AppState, site: &Path) -> Router<AppState> {
    let context_under = |set_policy: fn()| {
        let backend = Arc::clone(&state.backend);
        move || {
            provide_context(Arc::clone(&backend));
            provide_context(ModulesMayRun(let_modules_run));
            set_policy();
        }
    };
    let router = add_documents(router, &state.options, context_under(let_no_script_run));
    let context = context_under(let_our_scripts_run);
    let (routes, _static) =
        generate_route_list_with_exclusions_and_ssg_and_context(App, None, context.clone());
    let shell = {
        let options = state.options.clone();
        move || shell(options.clone())
    };

    let not_found = {
        let render = render_app_async_with_context(context.clone(), shell.clone());
        service_fn(move |request: Request| {
            let rendered = render(request);
            async move { Ok(as_not_found(rendered.await)) }
        })
    };
    // File names carry no hash: a browser asks whether its copy is still good, and gets an empty answer when it is.
    let revalidate = SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache"),
    );
    let files = ServiceBuilder::new().layer(revalidate).service(
        ServeDir::new(site)
            .precompressed_br()
            .precompressed_gzip()
            .append_index_html_on_directories(false)
            .call_fallback_on_method_not_allowed(true)
            .fallback(not_found),
    );
    router
        .merge(forms::router())
        .merge(files::router())
        // Pages and the server functions that they call, each under its own address.
        .leptos_routes_with_context(state, routes, context, shell)
        .route("/_fn/{*name}", any(problem::unknown_path))
        .fallback_service(files)
}

/// A document again, with what was typed into it and why that was not taken.
pub(super) async fn document_with(state: &AppState, draft: Draft, request: Request) -> Response {
    let backend = Arc::clone(&state.backend);
    let context = move || {
        provide_context(Arc::clone(&backend));
        provide_context(draft.clone());
        provide_context(ModulesMayRun(let_modules_run));
        let_no_script_run();
    };
    render_document(&state.options, context, request).await
}

/// The page for addresses that lead nowhere comes with the status that says so.
fn as_not_found(mut response: Response<Body>) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response.into_response()
}

/// What every page may load, besides scripts and what they fetch.
const POLICY: &str = "default-src 'none'; img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// Only our own scripts run: those that carry this answer's nonce and what they load. Data come from here only.
fn let_our_scripts_run() {
    let Some(nonce) = use_nonce() else {
        return;
    };
    set_policy(&format!(
        "{POLICY}; script-src 'strict-dynamic' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'"
    ));
}

/// Documents have no script.
fn let_no_script_run() {
    set_policy(&format!("{POLICY}; style-src 'self'"));
}

/// Documents that bring one of our modules: files of ours run, what is written in the page does not.
fn let_modules_run() {
    set_policy(&format!(
        "{POLICY}; style-src 'self'; script-src 'self'; connect-src 'self'"
    ));
}

fn set_policy(policy: &str) {
    // A nonce is URL-safe base64, so this is always a header value.
    if let (Some(response), Ok(policy)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(policy),
    ) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
