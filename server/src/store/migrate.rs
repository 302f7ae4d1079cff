//! Brings the schema up to date.

use sqlx::{migrate::Migrator, postgres::PgPoolOptions};

use super::{
    error::{StoreError, While},
    pool,
};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// The version of the schema that this program brings about.
pub fn schema_version() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default()
}

/// Applies the migrations that are missing. Several servers may do so at once: an advisory lock makes the others wait.
pub async fn migrate(url: &str) -> Result<(), StoreError> {
    // Without the timeouts of other connections: waiting for another server's migration is right.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(pool::options(url)?)
        .await
        .during("connecting to the database")?;
    let done = MIGRATIONS.run(&pool).await.map_err(StoreError::Migration);
    pool.close().await;
    done
}
