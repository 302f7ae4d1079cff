//! When we could not see.

use domain::{
    Timestamp,
    fact::{Gap, GapKind},
    ids::SourceId,
};
use sqlx::PgPool;

use super::error::{StoreError, While};

/// See [`super::Store::coverage`].
#[derive(Clone, Copy, Debug)]
pub struct Coverage<'a> {
    pub(super) pool: &'a PgPool,
}

impl Coverage<'_> {
    /// Keeps a gap, keyed by its kind and begin: telling it again sets its end and reason.
    pub async fn record(&self, source: SourceId, gap: &Gap) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO coverage_gap (source_id, kind, began_at, ended_at, reason)
             VALUES ($1, $2, $3, CASE WHEN $4::timestamptz IS NOT NULL THEN greatest($4, $3) END, $5)
             ON CONFLICT (source_id, kind, began_at) DO UPDATE SET
                 ended_at = coalesce(excluded.ended_at, coverage_gap.ended_at), reason = excluded.reason",
            source.0,
            kind_name(gap.kind),
            gap.from,
            gap.to,
            gap.reason,
        )
        .execute(self.pool)
        .await
        .during("writing a coverage gap")?;
        Ok(())
    }

    /// Ends every gap of a kind that lasts: we see again.
    pub async fn close(
        &self,
        source: SourceId,
        kind: GapKind,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE coverage_gap SET ended_at = greatest(began_at, $3) WHERE source_id = $1 AND kind = $2 AND ended_at IS NULL",
            source.0,
            kind_name(kind),
            at,
        )
        .execute(self.pool)
        .await
        .during("closing coverage gaps")?;
        Ok(())
    }
}

const fn kind_name(kind: GapKind) -> &'static str {
    match kind {
        GapKind::Polls => "polls",
        GapKind::Events => "events",
        GapKind::Storage => "storage",
    }
}
