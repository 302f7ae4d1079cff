//! The store: everything Inquest keeps, in Postgres. All SQL of the product is in this directory and in `migrations/`.
//!
//! A [`Store`] is cheap to clone. Each group of tables has a handle with its statements, [`Store::sources`] and so on. Writers are
//! idempotent: telling the store the same thing twice changes nothing, so that a caller whose commit was cut off may repeat it.
//! Times are kept to the microsecond, samples to the millisecond.

pub mod alerts;
mod black_boxes;
mod containers;
mod coverage;
mod cursor;
mod ends;
mod error;
mod events;
mod export;
mod fleet;
mod incidents;
mod ledger;
mod logs;
mod members;
mod migrate;
mod opinions;
mod panics;
mod pool;
mod profiles;
mod proofs;
mod resolve;
mod restart_detail;
mod restarts;
mod retention;
mod runs;
pub mod series;
mod sources;
mod storage;
mod text;
mod timeline;
mod workloads;

use std::sync::Arc;

use domain::Timestamp;
use sqlx::PgPool;

pub use black_boxes::{BlackBoxes, Incomplete};
pub use containers::{Containers, KnownContainer, Resolved};
pub use coverage::Coverage;
pub use error::StoreError;
pub use events::Events;
pub use incidents::{Changed, Incidents};
pub use ledger::{Beside, Ledger, Recorded};
pub use migrate::{migrate, schema_version};
pub use proofs::{Proof, StoredDeploy, Undecided};
pub use retention::{Keep, Retained};
pub use runs::{Blind, StoredRun};
pub use series::{Appended, Samples, Sealed, Tick};
pub use sources::Sources;
pub use storage::Measured;

/// The database and the newest samples in memory.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    head: Arc<series::Head>,
    day: Arc<series::Day>,
    frontier: Arc<series::Frontier>,
    members: Arc<members::Members>,
    ends: Arc<ends::Ends>,
}

impl Store {
    /// Connects, brings the schema up to date and reads the newest samples into memory.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_at(url, chrono::Utc::now()).await
    }

    /// The same at a given time: for who keeps samples by another clock than ours.
    pub async fn open_at(url: &str, now: Timestamp) -> Result<Self, StoreError> {
        migrate(url).await?;
        let store = Self {
            pool: pool::open(url).await?,
            head: Arc::default(),
            day: Arc::default(),
            frontier: Arc::default(),
            members: Arc::default(),
            ends: Arc::default(),
        };
        store.samples().restore(now).await?;
        Ok(store)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        use error::While as _;
        sqlx::query!("SELECT 1 AS one")
            .fetch_one(&self.pool)
            .await
            .during("asking the database")?;
        Ok(())
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The polled engines.
    pub const fn sources(&self) -> Sources<'_> {
        Sources { pool: &self.pool }
    }

    /// Containers and the workloads they belong to.
    pub fn containers(&self) -> Containers<'_> {
        Containers {
            pool: &self.pool,
            members: &self.members,
        }
    }

    /// Memory and task counts over time.
    pub fn samples(&self) -> Samples<'_> {
        Samples {
            pool: &self.pool,
            head: &self.head,
            day: &self.day,
            frontier: &self.frontier,
        }
    }

    /// The engines' event streams.
    pub const fn events(&self) -> Events<'_> {
        Events { pool: &self.pool }
    }

    /// Runs and restarts.
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger {
            pool: &self.pool,
            ends: &self.ends,
        }
    }

    /// Readings around ends.
    pub const fn black_boxes(&self) -> BlackBoxes<'_> {
        BlackBoxes { pool: &self.pool }
    }

    /// Consecutive restarts for the same reason.
    pub const fn incidents(&self) -> Incidents<'_> {
        Incidents { pool: &self.pool }
    }

    /// Rules, alerts, silences, channels and the outbox.
    pub const fn alerts(&self) -> alerts::Alerts<'_> {
        alerts::Alerts { pool: &self.pool }
    }

    /// When we could not see.
    pub const fn coverage(&self) -> Coverage<'_> {
        Coverage { pool: &self.pool }
    }
}
