//! One restart with everything that is kept around it.

use domain::{
    black_box::inferred_peak,
    ids::RestartId,
    metric::TaskKind,
    sample::{Sample, TaskCount},
    view::RestartDetail,
};

use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading a restart";

impl Store {
    /// A restart with everything that is known of it.
    pub async fn restart_detail(&self, id: RestartId) -> Result<Option<RestartDetail>, StoreError> {
        let Some(row) = self.restart_row(id).await? else {
            return Ok(None);
        };
        let (last_sample, limit_bytes) = self.last_sample(id).await?;
        let (black_box, neighbours) = self.black_box(id).await?.unzip();
        Ok(Some(RestartDetail {
            inferred_peak: inferred_peak(
                (row.cause, row.confidence),
                row.ended_at,
                last_sample.as_ref(),
                limit_bytes,
            ),
            last_sample,
            revisions: self.revisions(id).await?,
            corrections: self.corrections(id).await?,
            log: self.log_summary(id).await?,
            panic: self.panic_detail(id).await?,
            goroutines: self.goroutines(id).await?,
            black_box,
            neighbours: neighbours.unwrap_or_default(),
            row,
        }))
    }

    /// The last reading before the end, and the limit that the container has.
    async fn last_sample(
        &self,
        id: RestartId,
    ) -> Result<(Option<Sample>, Option<u64>), StoreError> {
        let row = sqlx::query!(
            "SELECT r.last_sample_at, r.last_working_set_bytes, r.last_usage_bytes, r.last_anon_bytes, r.last_limit_bytes, r.last_tasks,
                    r.last_task_kind, r.last_kernel_tasks, r.last_peak_bytes, r.last_limit_hits, c.limit_bytes
             FROM restart r JOIN container c ON c.id = r.container_id WHERE r.id = $1",
            id.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(DOING)?;
        let Some(row) = row else {
            return Ok((None, None));
        };
        let number = |value: Option<i64>| value.map(|value| value as u64);
        let kind = row
            .last_task_kind
            .map(|kind| text::known(&kind, "restart.last_task_kind", TaskKind::from_name, DOING))
            .transpose()?;
        let sample = row.last_sample_at.map(|at| Sample {
            at,
            working_set_bytes: number(row.last_working_set_bytes),
            usage_bytes: number(row.last_usage_bytes),
            anon_bytes: number(row.last_anon_bytes),
            limit_bytes: number(row.last_limit_bytes),
            tasks: kind
                .zip(number(row.last_tasks))
                .map(|(kind, count)| TaskCount { kind, count }),
            kernel_tasks: number(row.last_kernel_tasks),
            peak_bytes: number(row.last_peak_bytes),
            limit_hits: number(row.last_limit_hits),
        });
        Ok((sample, number(row.limit_bytes)))
    }
}
