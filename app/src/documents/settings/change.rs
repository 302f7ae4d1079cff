//! How to change what is kept, and what runs here.

use domain::view::{StorageView, TierSize};
use leptos::prelude::*;

use super::words;
use crate::{backend::SharedBackend, components::Fact};

/// The present settings as they are written, and the facts of this installation.
#[component]
pub fn Change(
    /// What is stored.
    storage: StorageView,
) -> impl IntoView {
    let about = expect_context::<SharedBackend>().about();
    let database = storage.database;
    let file = file(&storage.tiers);
    view! {
        <section class="sect" aria-labelledby="change">
            <div class="sect-h">
                <h2 id="change">"How long it is kept"</h2>
                <p>
                    "In the file given with " <code>"--config"</code>
                    ", or by variables such as " <code>"INQUEST_RETENTION__RAW=14d"</code>
                    ". It is read at the start."
                </p>
            </div>
            <div class="snippets">
                <figure>
                    <figcaption>"What is in force now"</figcaption>
                    <pre class="mono">{file}</pre>
                </figure>
                <figure>
                    <figcaption>"Before a start"</figcaption>
                    <pre class="mono">"inquest check-config --config inquest.toml"</pre>
                </figure>
            </div>
            <p class="mt4 ink2 measure">
                "Shorter is done within an hour of the start, and cannot be undone: whole partitions are dropped, and their space is free at once. Longer keeps what is there now; what is gone does not come back. Rollups cannot be kept for less time than samples, nor restarts for less than the 30 days over which they are counted."
            </p>
        </section>
        <section class="sect" aria-labelledby="about">
            <div class="sect-h">
                <h2 id="about">"What runs here"</h2>
            </div>
            <dl class="facts">
                <Fact name="Inquest" value=about.version />
                <Fact name="Postgres" value=database.version />
                <Fact name="Schema" value=format!("version {}", database.schema_version) />
                <Fact name=if database.is_private { "Data folder" } else { "Database" } value=database.place />
            </dl>
        </section>
    }
}

/// The table of the configuration file that says what is in force.
fn file(tiers: &[TierSize]) -> String {
    let lines = tiers.iter().filter_map(|tier| {
        let key = words::key(tier.tier)?;
        let value = tier
            .keep_days
            .map_or_else(|| "forever".to_owned(), |days| format!("{days}d"));
        Some(format!("{key} = \"{value}\""))
    });
    let head = std::iter::once("[retention]".to_owned());
    head.chain(lines).collect::<Vec<_>>().join("\n")
}
