//! The database: the one that is configured, or a private one in the data folder.

use crate::{
    config::{Config, redact_url},
    data_dir::DataDir,
    postgres::PrivatePostgres,
};

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    private: Option<(PrivatePostgres, DataDir)>,
    url: String,
}

impl Database {
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self {
                private: None,
                url: url.expose().to_owned(),
            });
        }
        let data_dir = DataDir::open(&config.data_dir)?;
        let postgres = PrivatePostgres::start(&data_dir).await?;
        Ok(Self {
            url: postgres.url().to_owned(),
            private: Some((postgres, data_dir)),
        })
    }

    /// Where the data are, for people.
    pub(super) fn place(&self) -> String {
        match &self.private {
            Some((_, data_dir)) => data_dir.path().display().to_string(),
            None => redact_url(&self.url),
        }
    }

    pub(super) async fn close(self) {
        if let Some((postgres, _data_dir)) = self.private {
            postgres.stop().await;
        }
    }
}
