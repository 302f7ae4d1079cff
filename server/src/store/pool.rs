//! Connections.

use std::{str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::error::{StoreError, While};

/// Enough for the recorder, the sealer and a handful of readers; statements take milliseconds.
const CONNECTIONS: u32 = 12;
/// A page that waits longer is better told that the store is busy.
const ACQUIRE: Duration = Duration::from_secs(5);
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
    ]);
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .connect_with(options)
        .await
        .during("connecting to the database")
}
