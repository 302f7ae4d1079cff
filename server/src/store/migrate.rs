//! Brings the schema up to date.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, migrate::Migrator};
use tokio::time::sleep;

use super::{
    error::{StoreError, While},
    pool,
};

/// How often a server that waits for another one's migration looks whether it is over.
const LOOK_EVERY: Duration = Duration::from_millis(100);

fn migrations() -> Migrator {
    sqlx::migrate!("../migrations")
}

/// The version of the schema that this program brings about.
pub fn schema_version() -> i64 {
    migrations()
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default()
}

/// Applies the migrations that are missing. Several servers may do so at once: an advisory lock makes the others wait.
pub async fn migrate(url: &str) -> Result<(), StoreError> {
    // Without the timeouts of other connections: waiting for another server's migration is right.
    let mut connection = PgConnection::connect_with(&pool::options(url)?)
        .await
        .during("connecting to the database")?;
    // Asked for again and again in place of sqlx's own, which is waited for in one statement: an index that is made concurrently waits for
    // every statement that runs, and so for those that wait for it.
    while !try_lock(&mut connection).await? {
        sleep(LOOK_EVERY).await;
    }
    let mut migrations = migrations();
    migrations.set_locking(false);
    let done = migrations
        .run(&mut connection)
        .await
        .map_err(StoreError::Migration);
    // The lock goes with the connection.
    let closed = connection.close().await;
    done.and_then(|()| closed.during("closing a connection to the database"))
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock(hashtext('inquest migrate')) AS "locked!""#)
        .fetch_one(connection)
        .await
        .during("waiting for another server's migration")
}
