//! The post-mortem as one file that opens anywhere: styles and charts are in it, and it asks for nothing.

use leptos::prelude::*;

use super::{
    PostMortem,
    view::View,
    words::{self, headline},
};
use crate::{documents::address::Origin, erase::Erase, format::day_clock};

/// The parts of the style that the post-mortem needs, in the layers of `style/main.css`.
const STYLE: &str = concat!(
    "@layer tokens, base, layout, components, fleet, sources, evidence, incidents, charts, utilities, print;\n",
    include_str!("../../../../style/tokens.css"),
    include_str!("../../../../style/base.css"),
    include_str!("../../../../style/layout.css"),
    include_str!("../../../../style/components.css"),
    include_str!("../../../../style/sources.css"),
    include_str!("../../../../style/evidence.css"),
    include_str!("../../../../style/incidents.css"),
    include_str!("../../../../style/charts.css"),
    include_str!("../../../../style/utilities.css"),
    include_str!("../../../../style/print.css"),
);

/// Nothing is loaded, whoever opens the file: not even if somebody's text in it asked for it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The file. `origin` is where the server is.
pub fn html(page: &PostMortem, origin: &str) -> String {
    let row = &page.incident.row;
    let title = format!("I-{} {} · Inquest", row.id, headline(row));
    let link = format!("{origin}/incidents/{}", row.id);
    let made = format!(
        "Taken from Inquest on {} UTC, when this incident was {}. ",
        day_clock(page.at.timestamp_millis()),
        words::state_name(row.state).to_lowercase()
    );
    let (page, origin) = (page.clone(), Origin(origin.to_owned()));
    Owner::new().with(move || {
        provide_context(origin);
        let document = view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta http-equiv="Content-Security-Policy" content=POLICY />
                    <title>{title}</title>
                    <style inner_html=STYLE></style>
                </head>
                <body>
                    <main id="main">
                        <View page is_live=false />
                        <footer class="sect mut">
                            <p>
                                {made}
                                <a class="link" href=link.clone()>
                                    {link.clone()}
                                </a>
                            </p>
                        </footer>
                    </main>
                </body>
            </html>
        };
        document.erase().to_html()
    })
}
