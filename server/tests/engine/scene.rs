//! What every test needs that looks at an engine through the ledger.

use std::env;

use domain::{ids::SourceId, source::SourceKind};
use server::store::Store;

use super::engine::Engine;

/// An engine with the images of our victims, and a database that knows it as a source.
pub(crate) struct Scene {
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) source: SourceId,
}

impl Scene {
    /// A source of its own for the test of this name. `None` where there is no engine or no database, which is said.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let engine = Engine::reach().await?;
        let Ok(url) = env::var("DATABASE_URL") else {
            eprintln!("SKIPPED: DATABASE_URL is not set");
            return None;
        };
        let store = Store::open(&url).await.expect("a database");
        let name = format!("engine-{test}-{}", std::process::id());
        let source = store
            .sources()
            .upsert(&name, SourceKind::Docker, &engine.endpoint, 2_000)
            .await
            .expect("the database answers");
        engine.make_images().await;
        Some(Self {
            engine,
            store,
            source,
        })
    }
}
