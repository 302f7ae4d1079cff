//! Connections.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::error::{StoreError, While};

/// Enough for the recorder, the sealer and a handful of readers; statements take milliseconds.
const CONNECTIONS: u32 = 12;
/// A page that waits longer is better told that the store is busy.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection that was used more recently than this is taken to be alive: asking it first would double the round trips of a page.
const TRUST: Duration = Duration::from_secs(5);
/// No statement of ours takes this long on a healthy database. Background work that may, raises it for its own transaction.
const STATEMENT_TIMEOUT: &str = "15s";

/// How to connect to a database, with its session settings.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url).during("reading the database's address")?;
    Ok(options
        .application_name("inquest")
        .options([("timezone", "UTC")]))
}

/// Opens the pool and one connection, so that a wrong address is noticed at once.
pub(super) async fn open(url: &str) -> Result<PgPool, StoreError> {
    let options = options(url)?.options([
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", "60s"),
        // Postgres' default is that of a turning disk. On anything newer it makes the planner read whole tables where an index is at hand.
        ("random_page_cost", "1.1"),
    ]);
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .during("connecting to the database")
}
