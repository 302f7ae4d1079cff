//! Whether upkeep has anything to do. It is asked for every minute, and five statements would be a tenth of what storing a minute costs.

use domain::Timestamp;

use super::{Samples, merge, seal, windows};
use crate::store::error::{StoreError, While};

impl Samples<'_> {
    /// Whether there is a window to open or to seal, something late, or a day to merge.
    ///
    /// In passing it reads all rows of the head, of which no payload is fetched. Whoever reads a row first notes on its page that the
    /// transaction that wrote it was committed; where pages have checksums, as ours, that writes the whole page to the database's log
    /// unless the log has it since the last checkpoint. Sealing would be the first, two hours later, and the log would have each page twice.
    pub(super) async fn is_upkeep_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        // Without parameters it is planned once. With some, Postgres compares with what it planned while the head was small, and plans
        // anew each time, which takes twice as long as reading.
        let found = sqlx::query!(
            r#"SELECT min(tick_ms) AS oldest_ms, count(*) AS "rows!",
                      ARRAY(SELECT start_ms FROM head_window) AS "windows_ms!",
                      EXISTS (SELECT FROM head_window WHERE closed) AS "is_any_closed!",
                      (SELECT min(to_ms) FROM sample_partition WHERE parent = 'chunk_2h') AS unmerged_until_ms
               FROM head_log"#,
        )
        .fetch_one(self.pool)
        .await
        .during(seal::DOING)?;
        let (sealable, mergeable) = (seal::sealable_until(now), merge::mergeable_until(now));
        let has_ended = |ms: &i64| *ms < sealable;
        Ok(found.is_any_closed
            || found.oldest_ms.as_ref().is_some_and(has_ended)
            || found.windows_ms.iter().any(has_ended)
            || found.unmerged_until_ms.is_some_and(|ms| ms <= mergeable)
            || windows::wanted(now)
                .iter()
                .any(|window| !found.windows_ms.contains(window)))
    }
}
