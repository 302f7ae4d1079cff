//! The database: the one that is configured, or a private one in the data folder.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    backend::Place,
    config::{Config, redact_url},
    data_dir::DataDir,
    postgres::PrivatePostgres,
    store::Store,
};

/// An open database with an up-to-date schema.
pub(crate) struct Database {
    pub(crate) store: Store,
    place: Place,
    /// With the lock on its folder, which must outlive it.
    private: Option<(PrivatePostgres, DataDir)>,
}

impl Database {
    /// Connects, starting the private Postgres first if no other is configured.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            let place = redact_url(url.expose());
            let store = Store::open(url.expose())
                .await
                .with_context(|| format!("cannot use the database {place}"))?;
            return Ok(Self {
                store,
                place: Place::Given(place),
                private: None,
            });
        }
        Self::private(&config.data_dir).await
    }

    /// Starts a Postgres of its own in a folder.
    pub(crate) async fn private(folder: &Path) -> anyhow::Result<Self> {
        let data_dir = DataDir::open(folder)?;
        let postgres = PrivatePostgres::start(&data_dir).await?;
        let place = data_dir.path().to_owned();
        match Store::open(postgres.url()).await {
            Ok(store) => Ok(Self {
                store,
                place: Place::Private(place),
                private: Some((postgres, data_dir)),
            }),
            Err(error) => {
                postgres.stop().await;
                Err(error).context(format!("cannot use the data in {}", place.display()))
            }
        }
    }

    /// Where the data are.
    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// Closes all connections, and stops the private Postgres.
    pub(crate) async fn close(self) {
        self.store.close().await;
        if let Some((postgres, _data_dir)) = self.private {
            postgres.stop().await;
        }
    }
}
