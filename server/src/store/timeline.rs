//! The timeline: restarts, kernel reports, deploys and gaps in one order.

use domain::{
    Timestamp,
    ids::{RestartId, WorkloadId},
    restart::{signal_name, signal_of},
    verdict::Cause,
    view::{Meta, Page, TimelineEntry, TimelineKind, TimelineQuery},
};

use super::{
    Store,
    cursor::{Cursor, moment},
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading the timeline";
const LIMIT: u32 = 2_000;
const MAX_LIMIT: u32 = 10_000;

/// One dated fact, whatever its table. `(at, rank, id)` is its place: `rank` tells tables apart, `id` rows of one table.
struct Row {
    at: Timestamp,
    rank: i32,
    id: i64,
    until: Option<Timestamp>,
    kind: String,
    workload_id: Option<i64>,
    detail: Option<String>,
    cause: Option<String>,
    confidence: Option<String>,
    exit_code: Option<i32>,
}

impl Store {
    /// A page of the timeline, oldest first. Gaps that reach into the range are in it, even those that began before.
    pub async fn timeline(&self, query: &TimelineQuery) -> Result<Page<TimelineEntry>, StoreError> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT) as usize;
        let after = query
            .cursor
            .as_deref()
            .map(str::parse::<Cursor<3>>)
            .transpose()?;
        let after_at = after
            .map(|Cursor([micros, ..])| moment(micros))
            .transpose()?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT at AS "at!", rank AS "rank!", id AS "id!", until, kind AS "kind!", workload_id, detail, cause, confidence, exit_code
               FROM (
                   SELECT f.at, 0 AS rank, f.id, NULL::timestamptz AS until, f.kind, f.workload_id, f.detail, NULL::text AS cause,
                          NULL::text AS confidence, NULL::integer AS exit_code
                   FROM fact f
                   WHERE f.at >= $1 AND f.at < $2 AND ($3::bigint IS NULL OR f.workload_id = $3)
                 UNION ALL
                   SELECT e.at, 1, c.id, NULL, 'oom', c.workload_id, NULL, NULL, NULL, NULL
                   FROM engine_event e JOIN container c ON c.source_id = e.source_id AND c.engine_id = e.engine_id
                   WHERE e.action = 'oom' AND e.at >= $1 AND e.at < $2 AND ($3 IS NULL OR c.workload_id = $3)
                     AND NOT EXISTS (SELECT FROM fact f WHERE f.container_id = c.id AND f.kind = 'child_out_of_memory' AND f.at = e.at)
                 UNION ALL
                   SELECT r.ended_at, 2, r.id, NULL, 'restart', r.workload_id, NULL, r.cause, r.confidence, r.exit_code
                   FROM restart r
                   WHERE r.ended_at >= $1 AND r.ended_at < $2 AND ($3 IS NULL OR r.workload_id = $3)
                 UNION ALL
                   SELECT n.at, 6, n.id, NULL, CASE n.kind WHEN 'note' THEN 'note' ELSE 'incident' END, i.workload_id,
                          CASE n.kind
                            WHEN 'note' THEN coalesce(n.who || ': ', '') || n.text
                            WHEN 'owner' THEN 'Incident I-' || i.id || ' given to ' || coalesce(nullif(n.text, ''), 'nobody')
                            ELSE 'Incident I-' || i.id || ' ' || n.kind || coalesce(' by ' || n.who, '')
                          END, NULL, NULL, NULL
                   FROM incident_entry n JOIN incident i ON i.id = n.incident_id
                   WHERE n.at >= $1 AND n.at < $2 AND ($3 IS NULL OR i.workload_id = $3)
                 UNION ALL
                   SELECT i.began_at, 7, i.id, NULL, 'incident', i.workload_id, 'Incident I-' || i.id || ' opened', NULL, NULL, NULL
                   FROM incident i
                   WHERE i.began_at >= $1 AND i.began_at < $2 AND ($3 IS NULL OR i.workload_id = $3)
                 UNION ALL
                   SELECT g.began_at, CASE g.kind WHEN 'polls' THEN 3 WHEN 'events' THEN 4 ELSE 5 END, g.source_id, g.ended_at,
                          'coverage_gap', NULL, g.reason, NULL, NULL, NULL
                   FROM coverage_gap g
                   WHERE g.began_at < $2 AND coalesce(g.ended_at, 'infinity') > $1
                     AND ($3 IS NULL OR g.source_id = (SELECT source_id FROM workload WHERE id = $3))
               ) AS facts
               WHERE $4::timestamptz IS NULL OR (at, rank, id) > ($4, $5, $6)
               ORDER BY at, rank, id
               LIMIT $7"#,
            query.range.from,
            query.range.to,
            query.workload.map(|workload| workload.0),
            after_at,
            after.map_or(0, |Cursor([_, rank, _])| rank as i32),
            after.map_or(0, |Cursor([.., id])| id),
            limit as i64 + 1,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let next = rows
            .get(limit - 1)
            .filter(|_| rows.len() > limit)
            .map(|last| {
                Cursor([last.at.timestamp_micros(), i64::from(last.rank), last.id]).encode()
            });
        let data = rows
            .into_iter()
            .take(limit)
            .map(Row::into_view)
            .collect::<Result<_, _>>()?;
        Ok(Page {
            data,
            meta: Meta { next },
        })
    }
}

impl Row {
    fn into_view(self) -> Result<TimelineEntry, StoreError> {
        let kind = text::known(&self.kind, "fact.kind", kind_from_name, DOING)?;
        let cause = self
            .cause
            .map(|cause| text::cause(&cause, DOING))
            .transpose()?;
        let confidence = self
            .confidence
            .map(|confidence| text::confidence(&confidence, DOING))
            .transpose()?;
        let text = match (kind, cause) {
            (TimelineKind::Restart, Some(cause)) => describe_end(cause, self.exit_code),
            (TimelineKind::Oom, _) => {
                "The kernel killed a process in the container for memory".to_owned()
            }
            _ => self.detail.unwrap_or_default(),
        };
        Ok(TimelineEntry {
            at: self.at,
            until: self.until,
            kind,
            workload: self.workload_id.map(WorkloadId),
            text,
            restart: (kind == TimelineKind::Restart).then_some(RestartId(self.id)),
            cause,
            confidence,
        })
    }
}

fn kind_from_name(name: &str) -> Option<TimelineKind> {
    Some(match name {
        "restart" => TimelineKind::Restart,
        "oom" => TimelineKind::Oom,
        "child_out_of_memory" => TimelineKind::ChildOutOfMemory,
        "deploy" => TimelineKind::Deploy,
        "proof" => TimelineKind::Proof,
        "coverage_gap" => TimelineKind::CoverageGap,
        "incident" => TimelineKind::Incident,
        "note" => TimelineKind::Note,
        _ => return None,
    })
}

fn describe_end(cause: Cause, exit_code: Option<i32>) -> String {
    let signal = exit_code.and_then(signal_of).and_then(signal_name);
    match (exit_code, signal) {
        (Some(code), Some(signal)) => format!("{}: exit code {code} ({signal})", cause.label()),
        (Some(code), None) => format!("{}: exit code {code}", cause.label()),
        (None, _) => cause.label().to_owned(),
    }
}
