//! What people do with incidents. Who sees the page of a minute ago may come too late: then nothing is changed, and it is said why.

use domain::{
    Timestamp,
    ids::IncidentId,
    incident::Refusal,
    view::{EntryKind, IncidentChange},
};

use super::{Incidents, Row, note};
use crate::store::error::{StoreError, While};

const DOING: &str = "changing an incident";

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// There is no such incident.
    NotFound,
    /// It cannot be done.
    Refused(Refusal),
}

impl Incidents<'_> {
    /// Does what a person called `who` wants, and writes that down.
    pub async fn change(
        &self,
        id: IncidentId,
        change: &IncidentChange,
        who: Option<&str>,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        let row = sqlx::query_as!(
            Row,
            r#"SELECT i.id, i.source_id, w.grp AS "grp?", w.name AS "name?", i.cause, i.fault, i.first_run_at, i.began_at, i.last_at, i.restarts,
                      i.reopened_at, i.acknowledged, i.resolved_at, i.resolved_by
               FROM incident i LEFT JOIN workload w ON w.id = i.workload_id
               WHERE i.id = $1
               FOR UPDATE OF i"#,
            id.0,
        )
        .fetch_optional(&mut *tx)
        .await
        .during(DOING)?;
        let Some(row) = row else {
            return Ok(Changed::NotFound);
        };
        let mut stored = row.read(DOING)?;
        let incident = &mut stored.incident;
        let (kind, text, done) = match change {
            IncidentChange::Acknowledge => (EntryKind::Acknowledged, "", incident.acknowledge()),
            IncidentChange::Resolve { text } => {
                (EntryKind::Resolved, text.as_str(), incident.resolve(now))
            }
            IncidentChange::Reopen => (EntryKind::Reopened, "", incident.reopen(now)),
            IncidentChange::Owner { owner } => (EntryKind::Owner, owner.as_str(), Ok(())),
            IncidentChange::Note { text } => (EntryKind::Note, text.as_str(), Ok(())),
        };
        if let Err(refusal) = done {
            return Ok(Changed::Refused(refusal));
        }
        stored.write(&mut tx, DOING).await?;
        if kind == EntryKind::Owner {
            sqlx::query!(
                "UPDATE incident SET owner = nullif($2, '') WHERE id = $1",
                id.0,
                text
            )
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        }
        note(&mut tx, id, kind, now, who, text, DOING).await?;
        tx.commit().await.during(DOING)?;
        Ok(Changed::Done)
    }
}
