//! Whether upkeep has anything to do. It is asked for every minute, and five statements would be a tenth of what storing a minute costs.

use domain::Timestamp;

use super::{Samples, merge, seal, windows};
use crate::store::error::{StoreError, While};

impl Samples<'_> {
    /// Whether there is a window to open or to seal, something late, or a day to merge.
    ///
    /// In passing it reads the rows of the open windows, of which no value is fetched. Whoever reads a row first notes on its page that the
    /// transaction that wrote it was committed; where pages have checksums, as ours, that writes the whole page to the database's log
    /// unless the log has it since the last checkpoint. Sealing would be the first, two hours later, and the log would have each page twice.
    pub(super) async fn is_upkeep_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let found = sqlx::query!(
            r#"SELECT EXISTS (SELECT FROM unnest($1::bigint[]) AS wanted (start_ms)
                              WHERE NOT EXISTS (SELECT FROM head_window w WHERE w.start_ms = wanted.start_ms))
                   OR EXISTS (SELECT FROM head_window WHERE closed OR start_ms < $2)
                   OR EXISTS (SELECT FROM head_log WHERE tick_ms < $2)
                   OR EXISTS (SELECT FROM sample_partition WHERE parent = 'chunk_2h' AND to_ms <= $3) AS "is_due!",
                   (SELECT count(*) FROM head_log WHERE tick_ms >= $2) AS "rows!""#,
            &windows::wanted(now),
            seal::sealable_until(now),
            merge::mergeable_until(now),
        )
        .fetch_one(self.pool)
        .await
        .during(seal::DOING)?;
        Ok(found.is_due)
    }
}
