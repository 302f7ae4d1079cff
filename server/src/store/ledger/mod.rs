//! Runs and restarts. Every write is keyed by the container and the begin of the run: nothing is ever in the ledger twice.

mod entries;
mod news;
mod runs;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    black_box::BlackBox,
    ids::{EngineId, IncidentId, RestartId, SourceId, WorkloadId},
    ledger::LedgerChange,
    log::LogTail,
    panic::Panic,
    profile::Growth,
};
use sqlx::{PgConnection, PgPool};

use super::{
    alerts, black_boxes,
    containers::Resolved,
    ends::{End, Ends},
    error::{StoreError, While},
    incidents::Filing,
    logs, panics, profiles, resolve,
};

const DOING: &str = "writing the ledger";

/// See [`super::Store::ledger`].
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) ends: &'a Ends,
}

/// What a change of the ledger left behind, for those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// An entry was written or completed.
    Restart {
        /// Whose.
        workload: WorkloadId,
        /// Which.
        restart: RestartId,
        /// When the run ended.
        at: Timestamp,
        /// The incident that it belongs to, if it belongs to one.
        incident: Option<IncidentId>,
    },
    /// Another dated fact.
    Fact {
        /// Whose.
        workload: WorkloadId,
        /// When.
        at: Timestamp,
    },
}

impl Recorded {
    /// Whose it is.
    const fn workload(&self) -> WorkloadId {
        match self {
            Self::Restart { workload, .. } | Self::Fact { workload, .. } => *workload,
        }
    }
}

/// What is kept beside an entry of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The container whose run ended.
    pub container: EngineId,
    /// When the run had begun, as the ledger has it.
    pub run_started_at: Timestamp,
    /// Its last lines, if they are here.
    pub log: Option<LogTail>,
    /// The panic in them.
    pub panic: Option<Panic>,
    /// Readings around the end.
    pub black_box: Option<BlackBox>,
    /// What the program was doing before.
    pub goroutines: Option<Growth>,
}

impl Ledger<'_> {
    /// Writes changes in their order, all or none. Writing them again changes nothing. Containers of runs are resolved when they are
    /// new; those of other changes must be known.
    pub async fn record(
        &self,
        source: SourceId,
        changes: &[LedgerChange],
    ) -> Result<Vec<Recorded>, StoreError> {
        self.record_with(source, changes, &[]).await
    }

    /// The same with what is kept beside entries, in the same transaction. Entries that are not in the ledger have nothing beside them.
    pub async fn record_with(
        &self,
        source: SourceId,
        changes: &[LedgerChange],
        beside: &[Beside],
    ) -> Result<Vec<Recorded>, StoreError> {
        self.write(source, changes, beside, None).await
    }

    /// The same for what is news at `now`: alert rules look at it in the same transaction.
    pub async fn record_news(
        &self,
        source: SourceId,
        changes: &[LedgerChange],
        beside: &[Beside],
        now: Timestamp,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.write(source, changes, beside, Some(now)).await
    }

    async fn write(
        &self,
        source: SourceId,
        changes: &[LedgerChange],
        beside: &[Beside],
        news_at: Option<Timestamp>,
    ) -> Result<Vec<Recorded>, StoreError> {
        let (mut recorded, mut ends) = (Vec::new(), Vec::new());
        let mut keep = |(told, end): (Recorded, End)| {
            ends.push((told.workload(), end));
            told
        };
        if changes.is_empty() && beside.is_empty() {
            return Ok(recorded);
        }
        let mut tx = self.pool.begin().await.during(DOING)?;
        let mut filing = Filing::default();
        // All at once, since a new engine shows thousands. Before all others, which does no harm: an end that was told closes its run.
        runs::began(&mut tx, source, changes).await?;
        for change in changes {
            recorded.extend(match change {
                LedgerChange::Began(_) => None,
                LedgerChange::Ended(restart) => {
                    let fault = entries::fault(restart, beside);
                    let ended =
                        entries::ended(&mut tx, &mut filing, source, restart, fault).await?;
                    Some(keep(ended))
                }
                LedgerChange::CameBack(back) => {
                    let back = entries::came_back(&mut tx, &mut filing, source, back).await?;
                    back.map(&mut keep)
                }
                LedgerChange::ChildOutOfMemory { container, at } => {
                    Some(entries::child_out_of_memory(&mut tx, source, container, *at).await?)
                }
            });
        }
        for beside in beside {
            keep_beside(&mut tx, source, beside).await?;
        }
        filing.finish(&mut tx).await?;
        if let Some(now) = news_at {
            let happened = news::happened(&mut tx, &recorded).await?;
            alerts::note(&mut tx, &happened, now).await?;
        }
        let announced = self.ends.announce();
        tx.commit().await.during(DOING)?;
        announced.settle(ends);
        Ok(recorded)
    }

    /// Keeps the log of an end that has been in the ledger for longer, found by its time. Without such an end nothing is kept.
    pub async fn keep_log(&self, source: SourceId, log: &LogTail) -> Result<(), StoreError> {
        let run = sqlx::query!(
            "SELECT r.run_started_at,
                 (SELECT p.ended_at FROM restart p
                  WHERE p.container_id = r.container_id AND p.run_started_at < r.run_started_at
                  ORDER BY p.run_started_at DESC LIMIT 1) AS ended_before
             FROM restart r JOIN container c ON c.id = r.container_id
             WHERE c.source_id = $1 AND c.engine_id = $2 AND r.ended_at BETWEEN $3 AND $4
             ORDER BY r.ended_at LIMIT 1",
            source.0,
            log.container().0,
            log.ended_at() - TimeDelta::milliseconds(1),
            log.ended_at() + TimeDelta::milliseconds(1),
        )
        .fetch_optional(self.pool)
        .await
        .during(DOING)?;
        let Some(run) = run else {
            return Ok(());
        };
        let log = log.clone().of_run(run.run_started_at, run.ended_before);
        let beside = Beside {
            container: log.container().clone(),
            run_started_at: run.run_started_at,
            panic: log.panic(),
            log: Some(log),
            black_box: None,
            goroutines: None,
        };
        self.record_with(source, &[], &[beside]).await?;
        Ok(())
    }
}

async fn keep_beside(
    connection: &mut PgConnection,
    source: SourceId,
    beside: &Beside,
) -> Result<(), StoreError> {
    let container = known(connection, source, &beside.container)
        .await?
        .container;
    let run = beside.run_started_at;
    if let Some(log) = &beside.log {
        logs::keep(connection, container, run, log).await?;
    }
    if let Some(panic) = &beside.panic {
        panics::keep(connection, container, run, panic).await?;
    }
    if let Some(black_box) = &beside.black_box {
        black_boxes::keep(connection, container, run, black_box).await?;
    }
    if let Some(goroutines) = &beside.goroutines {
        profiles::keep(connection, container, run, goroutines).await?;
    }
    Ok(())
}

async fn known(
    connection: &mut PgConnection,
    source: SourceId,
    container: &EngineId,
) -> Result<Resolved, StoreError> {
    resolve::find(connection, source, container)
        .await?
        .ok_or_else(|| StoreError::UnknownContainer {
            doing: DOING,
            container: container.0.clone(),
        })
}
