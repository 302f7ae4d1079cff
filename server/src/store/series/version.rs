//! What an answer was made from, in a few characters: whoever has an answer with the same version needs no other.

use domain::{ids::ContainerKey, view::SeriesQuery};

use super::{
    Samples,
    grid::Grid,
    read::points_of,
    time::{self, DAY},
};
use crate::store::error::{StoreError, While};

impl Samples<'_> {
    /// The version of the answer to a question about the past, read without decoding anything. `None` while samples may still come in
    /// the usual way. It changes when late samples are merged into the range, and when retention takes something away.
    ///
    /// Read it before the answer: then an answer may at worst be newer than its version, never older.
    pub async fn version(
        &self,
        containers: &[ContainerKey],
        query: &SeriesQuery,
    ) -> Result<Option<String>, StoreError> {
        let (from, to) = (
            query.range.from.timestamp_millis(),
            query.range.to.timestamp_millis(),
        );
        let (mut begin, mut end) = Grid::whole(from, to);
        let grid = Grid::cover(from, to, points_of(query), 0);
        (begin, end) = (begin.min(grid.from_ms), end.max(grid.to_ms()));
        if end > self.head.sealed_until_ms() {
            return Ok(None);
        }
        let ids: Vec<i64> = containers.iter().map(|container| container.0).collect();
        // `xmin` is the transaction that wrote a row. Whatever is sealed, merged or comes late writes a chunk of its time; rollups follow in
        // the same transaction, and outlive it. Which partitions there are says what retention has left.
        let version = sqlx::query_scalar!(
            r#"SELECT hashtextextended(concat(
                   (SELECT string_agg(concat_ws(':', container_id, start_ms, xmin), ',' ORDER BY container_id, start_ms)
                    FROM chunk_2h WHERE container_id = ANY($1) AND start_ms >= $2 AND start_ms < $3), ';',
                   (SELECT string_agg(concat_ws(':', container_id, start_ms, xmin), ',' ORDER BY container_id, start_ms)
                    FROM chunk_1d WHERE container_id = ANY($1) AND start_ms >= $2 AND start_ms < $3), ';',
                   (SELECT string_agg(concat_ws(':', container_id, start_ms, xmin), ',' ORDER BY container_id, start_ms)
                    FROM roll_5m WHERE container_id = ANY($1) AND start_ms >= $2 AND start_ms < $3), ';',
                   (SELECT string_agg(name, ',' ORDER BY name) FROM sample_partition WHERE to_ms > $2 AND from_ms < $3)
               ), 0) AS "version!""#,
            &ids,
            time::begin(begin, DAY),
            end,
        )
        .fetch_one(self.pool)
        .await
        .during("reading the version of samples")?;
        Ok(Some(format!("{version:016x}")))
    }
}
