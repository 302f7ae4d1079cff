//! Incidents as people read them.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{IncidentId, WorkloadId},
    incident::{IncidentState, ResolvedBy},
    verdict::{Cause, Confidence, EvidenceKind, Stance},
    view::{
        ConfidenceCounts, EntryKind, EvidenceCount, IncidentDetail, IncidentEntry, IncidentQuery,
        IncidentRow, IncidentVictim, Meta, Page, SimilarIncident, Similarity,
    },
};

use super::super::{
    Store,
    cursor::{Cursor, moment},
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading incidents";
const LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1_000;
/// Incidents like one, on its page.
const SIMILAR: i64 = 8;

struct Row {
    id: i64,
    state: String,
    urgency: i16,
    cause: String,
    /// Of the surest restart: from 1, possible, to 3, confirmed.
    sureness: Option<i32>,
    workload_id: Option<i64>,
    workload_name: Option<String>,
    grp: Option<String>,
    source: String,
    fault: Option<String>,
    owner: Option<String>,
    restarts: i32,
    workloads: i64,
    began_at: Timestamp,
    last_at: Timestamp,
    quiet_at: Timestamp,
    resolved_at: Option<Timestamp>,
    resolved_by: Option<String>,
}

/// What narrows the incidents that are read, besides what people ask for.
#[derive(Default)]
struct Wanted {
    id: Option<i64>,
    /// The place of the last one before the page.
    after: Option<(i64, Timestamp, i64)>,
    /// Those like this one.
    like: Option<i64>,
}

impl Store {
    /// A page of incidents: open ones first, then acknowledged, then resolved, each with the newest restart first.
    pub async fn incident_rows(
        &self,
        query: &IncidentQuery,
    ) -> Result<Page<IncidentRow>, StoreError> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT) as usize;
        let after = match &query.cursor {
            Some(cursor) => {
                let Cursor([urgency, micros, id]) = cursor.parse()?;
                Some((urgency, moment(micros)?, id))
            }
            None => None,
        };
        let wanted = Wanted {
            after,
            ..Wanted::default()
        };
        let rows = self
            .read_incidents(query, &wanted, limit as i64 + 1)
            .await?;
        let next = rows
            .get(limit - 1)
            .filter(|_| rows.len() > limit)
            .map(|last| {
                Cursor([
                    i64::from(last.urgency),
                    last.last_at.timestamp_micros(),
                    last.id,
                ])
                .encode()
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

    /// One incident as the list has it.
    pub async fn incident_row(&self, id: IncidentId) -> Result<Option<IncidentRow>, StoreError> {
        let wanted = Wanted {
            id: Some(id.0),
            ..Wanted::default()
        };
        let mut rows = self
            .read_incidents(&IncidentQuery::default(), &wanted, 1)
            .await?;
        rows.pop().map(Row::into_view).transpose()
    }

    /// One incident, or `None` when there is no such.
    pub async fn incident_detail(
        &self,
        id: IncidentId,
    ) -> Result<Option<IncidentDetail>, StoreError> {
        let Some(row) = self.incident_row(id).await? else {
            return Ok(None);
        };
        let (confidences, evidence, images, victims, entries, similar) = tokio::try_join!(
            self.incident_confidences(id),
            self.incident_evidence(id),
            self.incident_images(id),
            self.incident_victims(id),
            self.incident_entries(id),
            self.similar_incidents(&row),
        )?;
        Ok(Some(IncidentDetail {
            row,
            confidences,
            evidence,
            images,
            victims,
            entries,
            similar,
        }))
    }

    /// The first end of an incident, and the moment after its newest.
    pub(in crate::store) async fn incident_span(
        &self,
        id: IncidentId,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let span = sqlx::query!("SELECT began_at, last_at FROM incident WHERE id = $1", id.0)
            .fetch_optional(&self.pool)
            .await
            .during(DOING)?;
        Ok(span.map(|span| (span.began_at, span.last_at + TimeDelta::microseconds(1))))
    }

    /// The newest incident of a workload that is not over.
    pub(in crate::store) async fn incident_of(
        &self,
        workload: WorkloadId,
    ) -> Result<Option<IncidentId>, StoreError> {
        let id = sqlx::query_scalar!(
            "SELECT id FROM incident WHERE workload_id = $1 AND state <> 'resolved' ORDER BY last_at DESC, id DESC LIMIT 1",
            workload.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(DOING)?;
        Ok(id.map(IncidentId))
    }

    async fn read_incidents(
        &self,
        query: &IncidentQuery,
        wanted: &Wanted,
        limit: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let states: Vec<String> = query
            .states
            .iter()
            .map(|state| state.name().to_owned())
            .collect();
        sqlx::query_as!(
            Row,
            r#"SELECT i.id, i.state, i.urgency, i.cause, seen.sureness, i.workload_id, w.name AS "workload_name?", w.grp AS "grp?",
                      s.name AS source, i.fault, i.owner, i.restarts, coalesce(seen.workloads, 0) AS "workloads!", i.began_at, i.last_at,
                      i.quiet_at, i.resolved_at, i.resolved_by
               FROM (
                 SELECT * FROM incident i
                 WHERE ($1::text[] = '{}' OR i.state = ANY ($1))
                   AND ($2::bigint IS NULL OR i.workload_id = $2
                        OR (i.workload_id IS NULL AND EXISTS (
                          SELECT FROM incident_restart l JOIN restart r ON r.id = l.restart_id WHERE l.incident_id = i.id AND r.workload_id = $2)))
                   AND ($3::text IS NULL OR i.cause = $3)
                   AND ($4::timestamptz IS NULL OR i.last_at >= $4)
                   AND ($5::timestamptz IS NULL OR i.began_at < $5)
                   AND ($6::bigint IS NULL OR i.id = $6)
                   AND ($7::bigint IS NULL OR (i.urgency, i.last_at, i.id) < ($7, $8, $9))
                   AND ($10::bigint IS NULL OR EXISTS (
                     SELECT FROM incident one
                     WHERE one.id = $10 AND i.id <> one.id
                       AND (i.fault = one.fault
                            OR (i.source_id = one.source_id AND i.workload_id IS NOT DISTINCT FROM one.workload_id AND i.cause = one.cause))))
                 ORDER BY i.urgency DESC, i.last_at DESC, i.id DESC
                 LIMIT $11
               ) AS i
               JOIN source s ON s.id = i.source_id
               LEFT JOIN workload w ON w.id = i.workload_id
               LEFT JOIN LATERAL (
                 SELECT max(CASE r.confidence WHEN 'confirmed' THEN 3 WHEN 'probable' THEN 2 ELSE 1 END) AS sureness,
                        count(DISTINCT r.workload_id) AS workloads
                 FROM incident_restart l JOIN restart r ON r.id = l.restart_id
                 WHERE l.incident_id = i.id
               ) AS seen ON true
               ORDER BY i.urgency DESC, i.last_at DESC, i.id DESC"#,
            &states,
            query.workload.map(|workload| workload.0),
            query.cause.map(Cause::name),
            query.from,
            query.to,
            wanted.id,
            wanted.after.map(|(urgency, ..)| urgency),
            wanted.after.map(|(_, at, _)| at),
            wanted.after.map_or(0, |(.., id)| id),
            wanted.like,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)
    }

    async fn incident_confidences(&self, id: IncidentId) -> Result<ConfidenceCounts, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT r.confidence, count(*) AS "restarts!"
               FROM incident_restart l JOIN restart r ON r.id = l.restart_id WHERE l.incident_id = $1 GROUP BY r.confidence"#,
            id.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let of = |confidence: Confidence| {
            let rows = rows
                .iter()
                .filter(|row| row.confidence == confidence.name());
            rows.map(|row| row.restarts as u32).sum()
        };
        Ok(ConfidenceCounts {
            confirmed: of(Confidence::Confirmed),
            probable: of(Confidence::Probable),
            possible: of(Confidence::Possible),
        })
    }

    async fn incident_evidence(&self, id: IncidentId) -> Result<Vec<EvidenceCount>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT e.item -> 'stance' AS "stance!", e.item -> 'kind' AS "kind!", count(DISTINCT r.id) AS "restarts!"
               FROM incident_restart l JOIN restart r ON r.id = l.restart_id
               CROSS JOIN LATERAL jsonb_array_elements(r.evidence) AS e (item)
               WHERE l.incident_id = $1 AND e.item ? 'stance' AND e.item ? 'kind'
               GROUP BY 1, 2
               ORDER BY 3 DESC, 1, 2"#,
            id.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                Ok(EvidenceCount {
                    stance: text::from_json::<Stance>(row.stance, DOING)?,
                    kind: text::from_json::<EvidenceKind>(row.kind, DOING)?,
                    restarts: row.restarts as u32,
                })
            })
            .collect()
    }

    async fn incident_images(&self, id: IncidentId) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar!(
            "SELECT r.image FROM incident_restart l JOIN restart r ON r.id = l.restart_id
             WHERE l.incident_id = $1 GROUP BY r.image ORDER BY min(r.ended_at)",
            id.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)
    }

    async fn incident_victims(&self, id: IncidentId) -> Result<Vec<IncidentVictim>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT w.id, w.name, w.grp AS "group", count(*) AS "restarts!",
                      (array_agg(r.started_at IS NULL ORDER BY r.ended_at DESC))[1] AS "is_down!"
               FROM incident_restart l JOIN restart r ON r.id = l.restart_id JOIN workload w ON w.id = r.workload_id
               WHERE l.incident_id = $1
               GROUP BY w.id
               ORDER BY 4 DESC, w.grp, w.name"#,
            id.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        Ok(rows
            .into_iter()
            .map(|row| IncidentVictim {
                workload: WorkloadId(row.id),
                name: row.name,
                group: row.group,
                restarts: row.restarts as u32,
                is_down: row.is_down,
            })
            .collect())
    }

    async fn incident_entries(&self, id: IncidentId) -> Result<Vec<IncidentEntry>, StoreError> {
        let rows = sqlx::query!(
            "SELECT at, kind, who, text FROM incident_entry WHERE incident_id = $1 ORDER BY at, id",
            id.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                Ok(IncidentEntry {
                    at: row.at,
                    kind: text::known(
                        &row.kind,
                        "incident_entry.kind",
                        EntryKind::from_name,
                        DOING,
                    )?,
                    who: row.who,
                    text: row.text,
                })
            })
            .collect()
    }

    async fn similar_incidents(
        &self,
        row: &IncidentRow,
    ) -> Result<Vec<SimilarIncident>, StoreError> {
        let wanted = Wanted {
            like: Some(row.id.0),
            ..Wanted::default()
        };
        let rows = self
            .read_incidents(&IncidentQuery::default(), &wanted, SIMILAR)
            .await?;
        let similar = rows.into_iter().map(|like| {
            let incident = like.into_view()?;
            let similarity = if row.fault.is_some() && incident.fault == row.fault {
                Similarity::SameFault
            } else {
                Similarity::SameSubject
            };
            Ok(SimilarIncident {
                incident,
                similarity,
            })
        });
        similar.collect()
    }
}

impl Row {
    fn into_view(self) -> Result<IncidentRow, StoreError> {
        let state = text::known(
            &self.state,
            "incident.state",
            IncidentState::from_name,
            DOING,
        )?;
        let resolved_by = self
            .resolved_by
            .map(|by| text::known(&by, "incident.resolved_by", ResolvedBy::from_name, DOING))
            .transpose()?;
        Ok(IncidentRow {
            id: IncidentId(self.id),
            state,
            cause: text::known(&self.cause, "incident.cause", Cause::from_name, DOING)?,
            confidence: self.sureness.map(|sureness| match sureness {
                3 => Confidence::Confirmed,
                2 => Confidence::Probable,
                _ => Confidence::Possible,
            }),
            workload: self.workload_id.map(WorkloadId),
            workload_name: self.workload_name,
            group: self.grp.unwrap_or_default(),
            source: self.source,
            fault: self.fault,
            owner: self.owner,
            restarts: self.restarts as u32,
            workloads: self.workloads as u32,
            began_at: self.began_at,
            last_at: self.last_at,
            quiet_at: (state != IncidentState::Resolved).then_some(self.quiet_at),
            resolved_at: self.resolved_at,
            resolved_by,
        })
    }
}
