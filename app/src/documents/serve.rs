//! Serving documents: HTML without any script.

use std::pin::Pin;

use axum::{Router, body::Body, extract::Request, response::Response, routing::get};
use futures::{Stream, StreamExt, future, stream};
use leptos::prelude::*;
use leptos_axum::{generate_route_list_with_exclusions_and_ssg_and_context, handle_response_inner};

use crate::{Documents, document_shell};

/// Adds every document under its address. `context` provides what documents ask for, once for each request.
pub fn add_documents<S>(
    mut router: Router<S>,
    options: &LeptosOptions,
    context: impl Fn() + Clone + Send + Sync + 'static,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let (routes, _static) =
        generate_route_list_with_exclusions_and_ssg_and_context(Documents, None, context.clone());
    for route in routes {
        let (context, options) = (context.clone(), options.clone());
        let render = move |request| render_document(&options, context.clone(), request);
        router = router.route(route.path(), get(render));
    }
    router
}

/// The document at the address of `request`. Handlers of forms answer with it too, when what was sent cannot be taken: `context` then
/// provides a [`Draft`](super::Draft).
pub fn render_document(
    options: &LeptosOptions,
    context: impl Fn() + Clone + Send + Sync + 'static,
    request: Request<Body>,
) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
    let options = options.clone();
    handle_response_inner(context, move || document_shell(options), request, whole)
}

/// HTML, as leptos hands it from one part of itself to the next.
type Html = Pin<Box<dyn Stream<Item = String> + Send>>;

/// The HTML when all of it is there, without the data that a script would take it over with.
fn whole<V: IntoView + 'static>(
    view: V,
    _data: Box<dyn FnOnce() -> Html + Send>,
    _out_of_order: bool,
) -> Pin<Box<dyn Future<Output = Html> + Send>> {
    Box::pin(async move {
        let html = view.to_html_stream_in_order().collect::<String>().await;
        Box::pin(stream::once(future::ready(html))) as Html
    })
}
