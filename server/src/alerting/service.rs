//! What alerts need from the configuration, and what runs for them between start and stop.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use domain::{alert, ids::SourceId};
use tokio::task::JoinHandle;

use super::{Dispatcher, Watch};
use crate::{
    analyze::Outlooks,
    config::Config,
    notify::{Guard, Sender, Vault},
    store::Store,
};

/// What alerts need: shared by what runs and by what answers.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Sends messages.
    pub sender: Sender,
    /// Keeps secrets.
    pub vault: Arc<Vault>,
    /// Where the pages are, for links.
    pub base_url: Arc<str>,
}

impl Setup {
    /// As the configuration says; the key for secrets is in `folder` unless one is configured.
    pub fn new(config: &Config, folder: &Path) -> anyhow::Result<Self> {
        let vault = match &config.alerts.secret_key {
            Some(key) => Vault::from_passphrase(key.expose()),
            None => Vault::open(folder),
        };
        let guard = Guard {
            allow_private: config.alerts.allow_private_addresses,
        };
        let base_url = config
            .alerts
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", config.listen));
        Ok(Self {
            sender: Sender::new(guard).context("cannot send messages")?,
            vault: Arc::new(vault.context("cannot keep the secrets of channels")?),
            base_url: base_url.into(),
        })
    }

    /// Sends what waits.
    pub fn dispatcher(&self, store: Store) -> Dispatcher {
        Dispatcher::new(
            store,
            self.sender.clone(),
            Arc::clone(&self.vault),
            &self.base_url,
        )
    }
}

/// The tick and the dispatcher, until they are stopped.
#[derive(Debug)]
pub struct Alerting {
    watch: JoinHandle<()>,
    dispatcher: JoinHandle<()>,
}

impl Alerting {
    /// Brings rules in line with the configuration, and begins to look at them over `watched` and to send.
    pub async fn start(
        store: &Store,
        config: &Config,
        setup: &Setup,
        outlooks: Outlooks,
        watched: impl IntoIterator<Item = SourceId>,
    ) -> anyhow::Result<Self> {
        store
            .alerts()
            .provision(&alert::defaults(), &config.alerts.rules)
            .await
            .context("cannot write the alert rules")?;
        let watch = Watch::new(store.clone(), outlooks, watched);
        Ok(Self {
            watch: tokio::spawn(watch.run()),
            dispatcher: tokio::spawn(setup.dispatcher(store.clone()).run()),
        })
    }

    /// Stops at once: what is not finished is in the database, and is taken up at the next start.
    pub fn stop(&self) {
        self.watch.abort();
        self.dispatcher.abort();
    }
}
