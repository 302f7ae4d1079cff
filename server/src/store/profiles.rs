//! What programs were doing before their ends.

use domain::{
    Timestamp,
    ids::{ContainerKey, RestartId},
    profile::Growth,
};
use sqlx::PgConnection;

use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "keeping a profile";
const READING: &str = "reading a profile";

/// Keeps what a program was doing before an end that is in the ledger. The first one stays: it was closest to the end.
pub(super) async fn keep(
    connection: &mut PgConnection,
    container: ContainerKey,
    run_started_at: Timestamp,
    goroutines: &Growth,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO profile (restart_id, goroutines)
         SELECT id, $3 FROM restart WHERE container_id = $1 AND run_started_at = $2
         ON CONFLICT DO NOTHING",
        container.0,
        run_started_at,
        text::to_json(goroutines, DOING)?,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

impl Store {
    /// What the program was doing before it ended, if that is known.
    pub(super) async fn goroutines(
        &self,
        restart: RestartId,
    ) -> Result<Option<Growth>, StoreError> {
        let goroutines = sqlx::query_scalar!(
            "SELECT goroutines FROM profile WHERE restart_id = $1",
            restart.0
        )
        .fetch_optional(&self.pool)
        .await
        .during(READING)?;
        goroutines
            .map(|goroutines| text::from_json(goroutines, READING))
            .transpose()
    }
}
