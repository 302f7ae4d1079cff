//! A database for each test, and the things that most tests need in it.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DurationRound, TimeDelta, Utc};
use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, SourceId, WorkloadId},
    ledger::LedgerChange,
    source::SourceKind,
    workload::{ContainerSpec, WorkloadKey},
};
use server::store::Store;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

/// An empty database in the cluster that `DATABASE_URL` names. The cluster is thrown away as a whole.
pub(crate) async fn empty_database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let admin = std::env::var("DATABASE_URL").expect(
        "DATABASE_URL names no database to test with: run `make test`, or this test under `xtask/with-postgres.sh`",
    );
    let name = format!(
        "store_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let (address, query) = admin.split_once('?').unwrap_or((&admin, ""));
    let (server, _name) = address.rsplit_once('/').unwrap();
    format!("{server}/{name}?{query}")
}

/// A store in a database of its own, with one source.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) source: SourceId,
    pub(crate) url: String,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let url = empty_database().await;
        let store = Store::open(&url).await.unwrap();
        let source = store
            .sources()
            .upsert("local", SourceKind::Docker, "unix:///docker.sock", 10_000)
            .await
            .unwrap();
        Self { store, source, url }
    }

    /// Puts changes into the ledger.
    pub(crate) async fn record(&self, changes: &[LedgerChange]) {
        let ledger = self.store.ledger();
        ledger.record(self.source, changes).await.unwrap();
    }

    /// Makes a container of a workload known.
    pub(crate) async fn container(
        &self,
        id: &str,
        workload: &str,
        created_at: Timestamp,
    ) -> (WorkloadId, ContainerKey) {
        let spec = spec(id, workload, created_at);
        let resolved = self
            .store
            .containers()
            .resolve(self.source, &spec, created_at)
            .await
            .unwrap();
        (resolved.workload, resolved.container)
    }

    /// For looking behind the store's back.
    pub(crate) async fn sql(&self) -> PgPool {
        PgPool::connect(&self.url).await.unwrap()
    }

    /// Rows of a table.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(sql)
            .fetch_one(&self.sql().await)
            .await
            .unwrap()
    }
}

pub(crate) fn spec(id: &str, workload: &str, created_at: Timestamp) -> ContainerSpec {
    ContainerSpec {
        id: EngineId::from(id),
        workload: WorkloadKey {
            group: "shop".into(),
            name: workload.into(),
        },
        image: "shop/checkout:1".into(),
        image_id: "sha256:1".into(),
        created_at: Some(created_at),
        limit_bytes: Some(64 << 20),
        restart_policy: "always".into(),
        labels: domain::labels::Labels::default(),
    }
}

/// Now, to the second: times come back as they were.
pub(crate) fn now() -> Timestamp {
    Utc::now().duration_trunc(TimeDelta::seconds(1)).unwrap()
}
