//! Runs and restarts. Every write is keyed by the container and the begin of the run: nothing is ever in the ledger twice.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    black_box::BlackBox,
    ids::{EngineId, IncidentId, RestartId, SourceId, WorkloadId},
    incident::Subject,
    labels::Labels,
    ledger::{CameBack, DownRun, LedgerChange, OpenRun},
    log::LogTail,
    panic::Panic,
    restart::{Restart, counts},
    verdict::{Cause, Confidence, Evidence},
    workload::{ContainerSpec, WorkloadKey},
};
use sqlx::{PgConnection, PgPool};

use super::{
    alerts::{self, Filed, Happened, What},
    black_boxes,
    containers::Resolved,
    error::{StoreError, While},
    incidents::{Ended, Filing},
    logs, opinions, panics, resolve, text,
};

const DOING: &str = "writing the ledger";

/// See [`super::Store::ledger`].
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'a> {
    pub(super) pool: &'a PgPool,
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
}

impl Ledger<'_> {
    /// Runs of a source that have not ended as far as we know.
    pub async fn open_runs(&self, source: SourceId) -> Result<Vec<OpenRun>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.engine_id, w.grp, w.name, c.image, c.image_id, c.created_at, c.limit_bytes, c.restart_policy,
                    c.engine_restart_count, r.started_at
             FROM run r JOIN container c ON c.id = r.container_id JOIN workload w ON w.id = c.workload_id
             WHERE c.source_id = $1 AND r.ended_at IS NULL
             ORDER BY r.started_at, r.id",
            source.0,
        )
        .fetch_all(self.pool)
        .await
        .during("reading open runs")?;
        let runs = rows.into_iter().map(|row| OpenRun {
            started_at: row.started_at,
            restart_count: row.engine_restart_count.map(|count| count as u64),
            spec: ContainerSpec {
                id: EngineId(row.engine_id),
                workload: WorkloadKey {
                    group: row.grp,
                    name: row.name,
                },
                image: row.image,
                image_id: row.image_id,
                created_at: Some(row.created_at),
                limit_bytes: row.limit_bytes.map(|bytes| bytes as u64),
                restart_policy: row.restart_policy,
                labels: Labels::default(),
            },
        });
        Ok(runs.collect())
    }

    /// The newest entry of every workload of a source whose newest entry says that it stayed down.
    pub async fn down_runs(&self, source: SourceId) -> Result<Vec<DownRun>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.engine_id, w.grp, w.name, c.image, c.image_id, c.created_at, c.limit_bytes, c.restart_policy,
                    r.run_started_at, r.ended_at, r.exit_code
             FROM workload w
             JOIN LATERAL (SELECT * FROM restart WHERE workload_id = w.id ORDER BY ended_at DESC, id DESC LIMIT 1) r ON true
             JOIN container c ON c.id = r.container_id
             WHERE w.source_id = $1 AND r.started_at IS NULL
             ORDER BY r.ended_at, r.id",
            source.0,
        )
        .fetch_all(self.pool)
        .await
        .during("reading workloads that are down")?;
        let runs = rows.into_iter().map(|row| DownRun {
            run_started_at: row.run_started_at,
            ended_at: row.ended_at,
            exit_code: row.exit_code,
            spec: ContainerSpec {
                id: EngineId(row.engine_id),
                workload: WorkloadKey {
                    group: row.grp,
                    name: row.name,
                },
                image: row.image,
                image_id: row.image_id,
                created_at: Some(row.created_at),
                limit_bytes: row.limit_bytes.map(|bytes| bytes as u64),
                restart_policy: row.restart_policy,
                labels: Labels::default(),
            },
        });
        Ok(runs.collect())
    }

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
        let mut recorded = Vec::new();
        if changes.is_empty() && beside.is_empty() {
            return Ok(recorded);
        }
        let mut tx = self.pool.begin().await.during(DOING)?;
        let mut filing = Filing::default();
        // All at once, since a new engine shows thousands. Before all others, which does no harm: an end that was told closes its run.
        began(&mut tx, source, changes).await?;
        for change in changes {
            recorded.extend(match change {
                LedgerChange::Began(_) => None,
                LedgerChange::Ended(restart) => {
                    let fault = fault(restart, beside);
                    Some(ended(&mut tx, &mut filing, source, restart, fault).await?)
                }
                LedgerChange::CameBack(back) => {
                    came_back(&mut tx, &mut filing, source, back).await?
                }
                LedgerChange::ChildOutOfMemory { container, at } => {
                    Some(child_out_of_memory(&mut tx, source, container, *at).await?)
                }
            });
        }
        for beside in beside {
            keep_beside(&mut tx, source, beside).await?;
        }
        filing.finish(&mut tx).await?;
        if let Some(now) = news_at {
            let happened = happened(&mut tx, &recorded).await?;
            alerts::note(&mut tx, &happened, now).await?;
        }
        tx.commit().await.during(DOING)?;
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
        };
        self.record_with(source, &[], &[beside]).await?;
        Ok(())
    }
}

/// What alert rules may be about, with what is known of it by now.
async fn happened(
    connection: &mut PgConnection,
    recorded: &[Recorded],
) -> Result<Vec<Happened>, StoreError> {
    let mut happened = Vec::with_capacity(recorded.len());
    for one in recorded {
        happened.push(match *one {
            Recorded::Restart {
                workload,
                restart,
                at,
                ..
            } => Happened {
                workload,
                at,
                what: end(connection, restart).await?,
            },
            Recorded::Fact { workload, at } => Happened {
                workload,
                at,
                what: What::ChildOutOfMemory,
            },
        });
    }
    Ok(happened)
}

/// An entry as it is now.
async fn end(connection: &mut PgConnection, restart: RestartId) -> Result<What, StoreError> {
    let row = sqlx::query!(
        r#"SELECT r.cause, r.confidence, r.evidence, r.counts, p.fingerprint AS "fingerprint?", p.message AS "message?",
                  EXISTS (SELECT FROM panic q WHERE q.workload_id = p.workload_id AND q.fingerprint = p.fingerprint
                             AND q.restart_id <> p.restart_id AND q.ended_at <= p.ended_at) AS "is_known!",
                  i.id AS "incident?", i.workload_id IS NULL AS "is_of_platform!",
                  NOT EXISTS (SELECT FROM incident_restart o WHERE o.incident_id = i.id AND o.restart_id < r.id) AS "is_first!"
           FROM restart r LEFT JOIN panic p ON p.restart_id = r.id
           LEFT JOIN incident_restart l ON l.restart_id = r.id LEFT JOIN incident i ON i.id = l.incident_id
           WHERE r.id = $1"#,
        restart.0,
    )
    .fetch_one(connection)
    .await
    .during(DOING)?;
    let evidence: Vec<Evidence> = text::from_json(row.evidence, DOING)?;
    Ok(What::End {
        restart,
        cause: text::known(&row.cause, "restart.cause", Cause::from_name, DOING)?,
        confidence: text::known(
            &row.confidence,
            "restart.confidence",
            Confidence::from_name,
            DOING,
        )?,
        evidence: alerts::loudest(&evidence),
        counts: row.counts,
        new_fault: row.fingerprint.zip(row.message).filter(|_| !row.is_known),
        filed: row.incident.map(|id| Filed {
            incident: IncidentId(id),
            is_of_platform: row.is_of_platform,
            is_first: row.is_first,
        }),
    })
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
    Ok(())
}

async fn began(
    connection: &mut PgConnection,
    source: SourceId,
    changes: &[LedgerChange],
) -> Result<(), StoreError> {
    let runs: Vec<(&ContainerSpec, Timestamp)> = changes
        .iter()
        .filter_map(|change| match change {
            LedgerChange::Began(run) => Some((&run.spec, run.started_at)),
            _ => None,
        })
        .collect();
    if runs.is_empty() {
        return Ok(());
    }
    let keys = resolve::resolve_all(connection, source, &runs).await?;
    let containers: Vec<i64> = keys.iter().map(|keys| keys.container.0).collect();
    let started_at: Vec<Timestamp> = runs.iter().map(|(_, started_at)| *started_at).collect();
    sqlx::query!(
        "INSERT INTO run (container_id, started_at) SELECT * FROM unnest($1::bigint[], $2::timestamptz[]) ON CONFLICT DO NOTHING",
        &containers,
        &started_at,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

/// The fingerprint of the panic in the log that is kept beside an end.
fn fault<'a>(restart: &Restart, beside: &'a [Beside]) -> Option<&'a str> {
    let mut its = beside.iter().filter(|beside| {
        beside.container == restart.container && beside.run_started_at == restart.run_started_at
    });
    its.find_map(|beside| Some(beside.panic.as_ref()?.fingerprint.as_str()))
}

/// Closes the run and writes its entry. What is known of an entry already, such as how the next run began, is not forgotten.
async fn ended(
    connection: &mut PgConnection,
    filing: &mut Filing,
    source: SourceId,
    restart: &Restart,
    fault: Option<&str>,
) -> Result<Recorded, StoreError> {
    // Of a container that nobody has told us of before, this is all that is known.
    let spec = ContainerSpec {
        id: restart.container.clone(),
        workload: restart.workload.clone(),
        image: restart.image.clone(),
        image_id: String::new(),
        created_at: None,
        limit_bytes: None,
        restart_policy: String::new(),
        labels: Labels::default(),
    };
    let keys = resolve::resolve(connection, source, &spec, restart.run_started_at).await?;
    sqlx::query!(
        "INSERT INTO run (container_id, started_at, ended_at, exit_code) VALUES ($1, $2, $3, $4)
         ON CONFLICT (container_id, started_at) DO UPDATE SET
             ended_at = excluded.ended_at, exit_code = coalesce(excluded.exit_code, run.exit_code)",
        keys.container.0,
        restart.run_started_at,
        restart.ended_at,
        restart.exit_code,
    )
    .execute(&mut *connection)
    .await
    .during(DOING)?;

    let before =
        opinions::present(&mut *connection, keys.container.0, restart.run_started_at).await?;
    if let Some(before) = before {
        opinions::replaced(&mut *connection, &before, &restart.verdict).await?;
    }
    let sample = restart.last_sample.as_ref();
    let number = |value: Option<u64>| value.map(|value| value as i64);
    let cause = restart.verdict.cause;
    let entry = sqlx::query!(
        "INSERT INTO restart AS known (workload_id, container_id, run_started_at, ended_at, started_at, exit_code, kind, image, next_image,
                 counts, cause, confidence, evidence, last_sample_at, last_working_set_bytes, last_usage_bytes, last_anon_bytes,
                 last_limit_bytes, last_tasks, last_task_kind, last_kernel_tasks, last_peak_bytes, last_limit_hits)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         ON CONFLICT (container_id, run_started_at) DO UPDATE SET
             ended_at = excluded.ended_at,
             started_at = coalesce(excluded.started_at, known.started_at),
             exit_code = coalesce(excluded.exit_code, known.exit_code),
             kind = CASE WHEN excluded.started_at IS NULL AND known.started_at IS NOT NULL THEN known.kind ELSE excluded.kind END,
             next_image = coalesce(excluded.next_image, known.next_image),
             counts = CASE WHEN coalesce(excluded.started_at, known.started_at) IS NULL THEN excluded.counts ELSE $24 END,
             cause = excluded.cause, confidence = excluded.confidence, evidence = excluded.evidence,
             last_sample_at = coalesce(excluded.last_sample_at, known.last_sample_at),
             last_working_set_bytes = coalesce(excluded.last_working_set_bytes, known.last_working_set_bytes),
             last_usage_bytes = coalesce(excluded.last_usage_bytes, known.last_usage_bytes),
             last_anon_bytes = coalesce(excluded.last_anon_bytes, known.last_anon_bytes),
             last_limit_bytes = coalesce(excluded.last_limit_bytes, known.last_limit_bytes),
             last_tasks = coalesce(excluded.last_tasks, known.last_tasks),
             last_task_kind = coalesce(excluded.last_task_kind, known.last_task_kind),
             last_kernel_tasks = coalesce(excluded.last_kernel_tasks, known.last_kernel_tasks),
             last_peak_bytes = coalesce(excluded.last_peak_bytes, known.last_peak_bytes),
             last_limit_hits = coalesce(excluded.last_limit_hits, known.last_limit_hits)
         RETURNING id, counts",
        keys.workload.0,
        keys.container.0,
        restart.run_started_at,
        restart.ended_at,
        restart.started_at,
        restart.exit_code,
        restart.kind.name(),
        restart.image,
        restart.next_image,
        restart.counts(),
        cause.name(),
        restart.verdict.confidence.name(),
        text::to_json(&restart.verdict.evidence, DOING)?,
        sample.map(|sample| sample.at),
        number(sample.and_then(|sample| sample.working_set_bytes)),
        number(sample.and_then(|sample| sample.usage_bytes)),
        number(sample.and_then(|sample| sample.anon_bytes)),
        number(sample.and_then(|sample| sample.limit_bytes)),
        number(sample.and_then(|sample| sample.tasks).map(|tasks| tasks.count)),
        sample.and_then(|sample| sample.tasks).map(|tasks| tasks.kind.name()),
        number(sample.and_then(|sample| sample.kernel_tasks)),
        number(sample.and_then(|sample| sample.peak_bytes)),
        number(sample.and_then(|sample| sample.limit_hits)),
        counts(cause, true),
    )
    .fetch_one(&mut *connection)
    .await
    .during(DOING)?;
    let subject = Subject::new(restart.workload.clone(), cause, fault);
    let end = Ended {
        restart: RestartId(entry.id),
        source,
        workload: keys.workload,
        subject: entry.counts.then_some(&subject),
        run_began_at: restart.run_started_at,
        at: restart.ended_at,
    };
    Ok(Recorded::Restart {
        workload: keys.workload,
        restart: end.restart,
        at: restart.ended_at,
        incident: filing.file(connection, &end).await?,
    })
}

async fn came_back(
    connection: &mut PgConnection,
    filing: &mut Filing,
    source: SourceId,
    back: &CameBack,
) -> Result<Option<Recorded>, StoreError> {
    let keys = known(connection, source, &back.container).await?;
    let entry = sqlx::query!(
        r#"SELECT r.id, r.ended_at, r.cause, w.grp AS "group", w.name
           FROM restart r JOIN workload w ON w.id = r.workload_id
           WHERE r.container_id = $1 AND r.run_started_at = $2
           FOR UPDATE OF r"#,
        keys.container.0,
        back.run_started_at,
    )
    .fetch_optional(&mut *connection)
    .await
    .during(DOING)?;
    let Some(entry) = entry else { return Ok(None) };
    let cause = text::known(&entry.cause, "restart.cause", Cause::from_name, DOING)?;
    sqlx::query!(
        "UPDATE restart SET started_at = $2, kind = $3, next_image = $4, counts = $5 WHERE id = $1",
        entry.id,
        back.started_at,
        back.kind.name(),
        back.next_image,
        counts(cause, true),
    )
    .execute(&mut *connection)
    .await
    .during(DOING)?;
    let workload = WorkloadKey {
        group: entry.group,
        name: entry.name,
    };
    let subject = Subject::new(workload, cause, None);
    let end = Ended {
        restart: RestartId(entry.id),
        source,
        workload: keys.workload,
        subject: counts(cause, true).then_some(&subject),
        run_began_at: back.run_started_at,
        at: entry.ended_at,
    };
    Ok(Some(Recorded::Restart {
        workload: keys.workload,
        restart: end.restart,
        at: entry.ended_at,
        incident: filing.file(connection, &end).await?,
    }))
}

async fn child_out_of_memory(
    connection: &mut PgConnection,
    source: SourceId,
    container: &EngineId,
    at: Timestamp,
) -> Result<Recorded, StoreError> {
    let keys = known(connection, source, container).await?;
    sqlx::query!(
        "INSERT INTO fact (workload_id, container_id, at, kind, detail) VALUES ($1, $2, $3, 'child_out_of_memory', $4)
         ON CONFLICT DO NOTHING",
        keys.workload.0,
        keys.container.0,
        at,
        "A process in the container was killed for memory; the container lived on",
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(Recorded::Fact {
        workload: keys.workload,
        at,
    })
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
