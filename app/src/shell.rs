//! The HTML around the interface.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{App, state::Theme};

/// A page that the browser takes over.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let scripts = view! {
        <AutoReload options=options.clone() />
        <HydrationScripts options=options.clone() />
    };
    html(options, scripts, App)
}

/// A page that the server alone renders: without any script.
#[cfg(feature = "ssr")]
pub fn document_shell(options: LeptosOptions) -> impl IntoView {
    html(options, (), crate::Documents)
}

/// Its theme comes from the request's cookie, so that the first paint is already right.
fn html<B: IntoView>(
    options: LeptosOptions,
    scripts: impl IntoView,
    body: impl FnOnce() -> B,
) -> impl IntoView {
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=request_theme().attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="stylesheet" href=style />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                {scripts}
                <MetaTags />
            </head>
            <body>{body()}</body>
        </html>
    }
}

/// The theme that the request's cookie asks for. The browser never builds the document, so there it does not matter.
fn request_theme() -> Theme {
    #[cfg(feature = "ssr")]
    {
        Theme::of_request()
    }
    #[cfg(not(feature = "ssr"))]
    {
        Theme::default()
    }
}
