//! Who is looked at: sources and workloads as they are now.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{Causes, Named, Target},
    ids::{ContainerKey, IncidentId, RestartId, SourceId, WorkloadId},
    labels::Labels,
    source::SourceState,
    workload::ContainerState,
};

use super::{
    super::{
        Store,
        error::{StoreError, While},
        text,
    },
    Alerts,
    words::Reason,
};

const DOING: &str = "reading whom alert rules are about";

/// After an incident of an engine or its host what lasts of its workloads is not said for this long: they come up again, and what is still
/// the matter then is theirs. Such an incident goes on for hours, in which they may have troubles of their own.
pub(super) const SHAKEN: TimeDelta = TimeDelta::minutes(10);

/// Incidents that go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoingOn {
    /// The newest of each workload.
    pub of_workloads: HashMap<WorkloadId, IncidentId>,
    /// Sources whose engine or host has just had one.
    pub shaken: HashSet<SourceId>,
}

/// Sources and workloads as they are now.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The sources.
    pub sources: Vec<SourceMember>,
    /// Their workloads.
    pub workloads: Vec<Member>,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceMember {
    /// Its number.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: SourceState,
    /// How often it is polled.
    pub interval_ms: i64,
    /// Whether a gap in coverage lasts.
    pub has_gap: bool,
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub id: WorkloadId,
    /// Its source.
    pub source: SourceId,
    /// Its group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its newest container.
    pub container: ContainerKey,
    /// The image of that.
    pub image: String,
    /// Its labels, when they were asked for.
    pub labels: Labels,
    /// What that is doing.
    pub state: ContainerState,
    /// When its present run began.
    pub started_at: Option<Timestamp>,
    /// When the newest run began that followed a deploy or an operator's stop, or that stop, within the last day.
    pub intended_at: Option<Timestamp>,
}

impl Member {
    /// What scopes and silences go by.
    pub fn target<'a>(&'a self, source: &'a SourceMember) -> Target<'a> {
        Target {
            source: &source.name,
            workload: Some(Named {
                group: &self.group,
                name: &self.name,
                image: &self.image,
                labels: &self.labels,
            }),
        }
    }
}

impl SourceMember {
    /// What scopes and silences go by.
    pub fn target(&self) -> Target<'_> {
        Target {
            source: &self.name,
            workload: None,
        }
    }
}

impl Store {
    /// Sources and workloads as they are now, with their labels if somebody looks at them. Workloads that were removed more than a day ago are
    /// left out.
    pub async fn alert_roster(
        &self,
        with_labels: bool,
        now: Timestamp,
    ) -> Result<Roster, StoreError> {
        let sources = sqlx::query!(
            r#"SELECT s.id, s.name, s.state, s.interval_ms,
                      EXISTS (SELECT FROM coverage_gap g WHERE g.source_id = s.id AND g.ended_at IS NULL) AS "has_gap!"
               FROM source s ORDER BY s.id"#
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let workloads = sqlx::query!(
            r#"WITH intended AS (
                   SELECT workload_id, max(coalesce(started_at, ended_at)) AS at FROM restart
                   WHERE cause IN ('deployed', 'stopped') AND ended_at > $1::timestamptz - interval '1 day' GROUP BY workload_id
               )
               SELECT DISTINCT ON (c.workload_id) w.id, w.source_id, w.grp, w.name, c.id AS container, c.image, c.state, c.started_at,
                      i.at AS "intended_at?", CASE WHEN $2 THEN c.labels END AS labels
               FROM container c JOIN workload w ON w.id = c.workload_id LEFT JOIN intended i ON i.workload_id = w.id
               WHERE c.state <> 'removed' OR c.last_seen_at > $1::timestamptz - interval '1 day'
               ORDER BY c.workload_id, c.created_at DESC, c.id DESC"#,
            now,
            with_labels,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        Ok(Roster {
            sources: sources
                .into_iter()
                .map(|row| {
                    Ok(SourceMember {
                        id: SourceId(row.id),
                        name: row.name,
                        state: text::known(
                            &row.state,
                            "source.state",
                            SourceState::from_name,
                            DOING,
                        )?,
                        interval_ms: row.interval_ms,
                        has_gap: row.has_gap,
                    })
                })
                .collect::<Result<_, StoreError>>()?,
            workloads: workloads
                .into_iter()
                .map(|row| {
                    Ok(Member {
                        id: WorkloadId(row.id),
                        source: SourceId(row.source_id),
                        group: row.grp,
                        name: row.name,
                        container: ContainerKey(row.container),
                        image: row.image,
                        labels: row
                            .labels
                            .map(|labels| text::from_json(labels, DOING))
                            .transpose()?
                            .unwrap_or_default(),
                        state: text::known(
                            &row.state,
                            "container.state",
                            ContainerState::from_name,
                            DOING,
                        )?,
                        started_at: row.started_at,
                        intended_at: row.intended_at,
                    })
                })
                .collect::<Result<_, StoreError>>()?,
        })
    }
}

impl Alerts<'_> {
    /// Incidents that go on.
    pub async fn going_on(&self, now: Timestamp) -> Result<GoingOn, StoreError> {
        let rows = sqlx::query!(
            "SELECT id, source_id, workload_id, last_at FROM incident WHERE state <> 'resolved' ORDER BY last_at, id"
        )
        .fetch_all(self.pool)
        .await
        .during("reading incidents that go on")?;
        let mut going_on = GoingOn::default();
        for row in rows {
            if let Some(workload) = row.workload_id {
                let workload = WorkloadId(workload);
                going_on.of_workloads.insert(workload, IncidentId(row.id));
            } else if now - row.last_at < SHAKEN {
                going_on.shaken.insert(SourceId(row.source_id));
            }
        }
        Ok(going_on)
    }

    /// Restarts by workload in a window that ends now, of some workloads or of all. Who has none is left out.
    pub async fn counts(
        &self,
        causes: &Causes,
        window_s: i64,
        workloads: Option<&[i64]>,
        now: Timestamp,
    ) -> Result<HashMap<WorkloadId, u32>, StoreError> {
        let names: Vec<String> = causes.iter().map(|cause| cause.name().to_owned()).collect();
        let rows = sqlx::query!(
            r#"SELECT workload_id, count(*) AS "count!" FROM restart
               WHERE ended_at > $1::timestamptz - make_interval(secs => $2) AND ended_at <= $1
                 AND CASE WHEN $3::text[] = '{}' THEN counts ELSE cause = ANY($3) END
                 AND ($4::bigint[] IS NULL OR workload_id = ANY($4))
               GROUP BY workload_id"#,
            now,
            window_s as f64,
            names.as_slice(),
            workloads as _,
        )
        .fetch_all(self.pool)
        .await
        .during("counting restarts")?;
        Ok(rows
            .into_iter()
            .map(|row| (WorkloadId(row.workload_id), row.count as u32))
            .collect())
    }

    /// What is known of entries of the ledger, for messages. One that is gone is left out.
    pub async fn reasons(
        &self,
        restarts: &[RestartId],
    ) -> Result<HashMap<RestartId, Reason>, StoreError> {
        if restarts.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<i64> = restarts.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"SELECT r.id AS "id!", r.cause AS "cause!", r.confidence AS "confidence!", r.evidence AS "evidence!", l.incident_id AS "incident?"
               FROM restart r LEFT JOIN incident_restart l ON l.restart_id = r.id WHERE r.id = ANY($1)"#,
            &ids,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let evidence: Vec<domain::verdict::Evidence> =
                    text::from_json(row.evidence, DOING)?;
                let cause = text::cause(&row.cause, DOING)?;
                let confidence = text::confidence(&row.confidence, DOING)?;
                let reason = Reason {
                    cause: Some((cause, confidence)),
                    evidence: loudest(&evidence),
                    incident: row.incident.map(IncidentId),
                };
                Ok((RestartId(row.id), reason))
            })
            .collect()
    }
}

/// The first piece of evidence for the cause: detectors put the most telling one first.
pub(in crate::store) fn loudest(evidence: &[domain::verdict::Evidence]) -> Option<String> {
    evidence
        .iter()
        .find(|one| one.stance == domain::verdict::Stance::For)
        .map(|one| one.text.clone())
}
