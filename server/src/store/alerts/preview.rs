//! What previews are computed from.

use std::collections::HashMap;

use domain::{
    Timestamp,
    alert::{Happening, preview::End},
    ids::{SourceId, WorkloadId},
    metric::Metric,
    view::{SeriesView, TimeRange},
};

use super::super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading what a rule would have said";

/// When something happened, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// To workloads.
    pub of_workloads: HashMap<WorkloadId, Vec<Timestamp>>,
    /// To sources as a whole.
    pub of_sources: HashMap<SourceId, Vec<Timestamp>>,
}

impl Store {
    /// When something other than an end happened; empty for what is not kept.
    pub async fn moments(
        &self,
        happening: &Happening,
        range: TimeRange,
    ) -> Result<Moments, StoreError> {
        let kind = match happening {
            Happening::ChildOutOfMemory => "child",
            Happening::NewPanic => "panic",
            Happening::IncidentOpened => "incident",
            Happening::Restart(_) | Happening::FixFailed => return Ok(Moments::default()),
        };
        let rows = sqlx::query!(
            r#"SELECT workload_id, NULL::bigint AS source_id, at AS "at!" FROM fact
               WHERE $3 = 'child' AND kind = 'child_out_of_memory' AND at > $1 AND at <= $2
               UNION ALL
               SELECT workload_id, NULL, min(ended_at) FROM panic
               WHERE $3 = 'panic' GROUP BY workload_id, fingerprint HAVING min(ended_at) > $1 AND min(ended_at) <= $2
               UNION ALL
               SELECT workload_id, source_id, began_at FROM incident
               WHERE $3 = 'incident' AND began_at > $1 AND began_at <= $2
               ORDER BY 3"#,
            range.from,
            range.to,
            kind,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut moments = Moments::default();
        for row in rows {
            if let Some(workload) = row.workload_id {
                let of = moments.of_workloads.entry(WorkloadId(workload));
                of.or_default().push(row.at);
            } else if let Some(source) = row.source_id {
                let of = moments.of_sources.entry(SourceId(source));
                of.or_default().push(row.at);
            }
        }
        Ok(moments)
    }

    /// Ends by workload since a moment, in order.
    pub async fn ends_since(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<HashMap<WorkloadId, Vec<End>>, StoreError> {
        let rows = sqlx::query!(
            "SELECT workload_id, ended_at, started_at, cause FROM restart WHERE ended_at > $1 AND ended_at <= $2 ORDER BY ended_at, id",
            from,
            to,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut ends = HashMap::<_, Vec<_>>::new();
        for row in rows {
            ends.entry(WorkloadId(row.workload_id))
                .or_default()
                .push(End {
                    at: row.ended_at,
                    cause: text::cause(&row.cause, DOING)?,
                    came_back: row.started_at.is_some(),
                });
        }
        Ok(ends)
    }

    /// One series of each of several workloads, in their order, in steps of five minutes or more.
    pub async fn series_of(
        &self,
        workloads: &[WorkloadId],
        range: TimeRange,
        points: u32,
        metric: Metric,
    ) -> Result<Vec<SeriesView>, StoreError> {
        let ids: Vec<i64> = workloads.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            "SELECT workload_id, id FROM container WHERE workload_id = ANY($1) AND (state <> 'removed' OR last_seen_at >= $2)
             ORDER BY created_at, id",
            &ids,
            range.from,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut containers = HashMap::<i64, Vec<_>>::new();
        for row in rows {
            containers
                .entry(row.workload_id)
                .or_default()
                .push(domain::ids::ContainerKey(row.id));
        }
        let groups: Vec<&[_]> = ids
            .iter()
            .map(|id| containers.get(id).map_or(&[][..], Vec::as_slice))
            .collect();
        let series = self
            .samples()
            .query_many(&groups, range, points, &[metric])
            .await?;
        Ok(series
            .into_iter()
            .filter_map(|mut series| series.pop())
            .collect())
    }

    /// Stretches in which events of a source were not seen, in order.
    pub async fn blind_by_source(
        &self,
        range: TimeRange,
    ) -> Result<HashMap<SourceId, Vec<(Timestamp, Timestamp)>>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT source_id, began_at, coalesce(ended_at, $2) AS "ended_at!" FROM coverage_gap
               WHERE kind <> 'storage' AND began_at < $2 AND coalesce(ended_at, $2) > $1 ORDER BY began_at"#,
            range.from,
            range.to,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut gaps = HashMap::<_, Vec<_>>::new();
        for row in rows {
            gaps.entry(SourceId(row.source_id))
                .or_default()
                .push((row.began_at, row.ended_at));
        }
        Ok(gaps)
    }
}
