//! The HTML document around the interface.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{App, state::Theme};

/// The document. Its theme comes from the request's cookie, so that the first paint is already right.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=request_theme().attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="stylesheet" href=style />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
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
