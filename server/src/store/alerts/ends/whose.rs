//! Whom something happened to, and how their source is.

use domain::{
    Timestamp,
    alert::{Named, Subject, Target},
    ids::{SourceId, WorkloadId},
    labels::Labels,
    source::SourceState,
};
use sqlx::PgConnection;

use super::{super::roster::SHAKEN, DOING};
use crate::store::{
    error::{StoreError, While},
    text,
};

/// Whom it happened to.
pub(super) struct Whose {
    pub(super) source: SourceId,
    source_name: String,
    pub(super) is_source_down: bool,
    /// Whether its engine or host has just had an incident.
    pub(super) is_platform_shaken: bool,
    group: String,
    name: String,
    image: String,
    labels: Labels,
}

impl Whose {
    /// Reads it; `None` when there is no such workload.
    pub(super) async fn read(
        connection: &mut PgConnection,
        workload: WorkloadId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT s.id, s.name AS source, s.state, w.grp, w.name, c.image, c.labels,
                    EXISTS (SELECT FROM incident i WHERE i.source_id = s.id AND i.workload_id IS NULL AND i.state <> 'resolved'
                               AND i.last_at > $2::timestamptz - make_interval(secs => $3)) AS "is_platform_shaken!"
             FROM workload w JOIN source s ON s.id = w.source_id
             JOIN LATERAL (SELECT image, labels FROM container WHERE workload_id = w.id ORDER BY created_at DESC, id DESC LIMIT 1) c ON true
             WHERE w.id = $1"#,
            workload.0,
            now,
            SHAKEN.num_seconds() as f64,
        )
        .fetch_optional(connection)
        .await
        .during(DOING)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Self {
            source: SourceId(row.id),
            source_name: row.source,
            is_source_down: matches!(
                SourceState::from_name(&row.state),
                Some(SourceState::Unreachable | SourceState::PermissionDenied)
            ),
            is_platform_shaken: row.is_platform_shaken,
            group: row.grp,
            name: row.name,
            image: row.image,
            labels: text::from_json(row.labels, DOING)?,
        }))
    }

    /// The workload, as scopes see it.
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            source: &self.source_name,
            workload: Some(Named {
                group: &self.group,
                name: &self.name,
                image: &self.image,
                labels: &self.labels,
            }),
        }
    }

    /// Its source, as scopes see it.
    pub(super) fn platform(&self) -> Target<'_> {
        Target {
            source: &self.source_name,
            workload: None,
        }
    }

    /// As messages name it; without a workload, its source.
    pub(super) fn subject(&self, workload: Option<WorkloadId>) -> Subject {
        let Some(workload) = workload else {
            return Subject {
                source: self.source_name.clone(),
                workload: None,
                group: String::new(),
                name: self.source_name.clone(),
            };
        };
        Subject {
            source: self.source_name.clone(),
            workload: Some(workload),
            group: self.group.clone(),
            name: self.name.clone(),
        }
    }
}
