//! When alerts of a workload fired.

use domain::{
    ids::{AlertId, WorkloadId},
    view::{AlertSpan, TimeRange},
};

use super::{
    super::error::{StoreError, While},
    Alerts,
};

/// More than anybody can tell apart on a chart.
const MOST: i64 = 500;

impl Alerts<'_> {
    /// Those that fired within a range, the oldest first; of very many the newest.
    pub async fn spans(
        &self,
        workload: WorkloadId,
        range: TimeRange,
    ) -> Result<Vec<AlertSpan>, StoreError> {
        let rows = sqlx::query!(
            "SELECT id, rule_name, since, resolved_at, suppressed FROM alert
             WHERE workload_id = $1 AND phase <> 'pending' AND since < $3 AND (resolved_at IS NULL OR resolved_at >= $2)
             ORDER BY since DESC, id DESC LIMIT $4",
            workload.0,
            range.from,
            range.to,
            MOST,
        )
        .fetch_all(self.pool)
        .await
        .during("reading when alerts fired")?;
        let spans = rows.into_iter().rev().map(|row| AlertSpan {
            id: AlertId(row.id),
            rule_name: row.rule_name,
            from: row.since,
            to: row.resolved_at,
            is_held_back: row.suppressed.is_some(),
        });
        Ok(spans.collect())
    }
}
