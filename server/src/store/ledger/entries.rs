//! Entries of the ledger: ends of runs, what became known of them later, and kills that a container survived.

use domain::{
    Timestamp,
    ids::{EngineId, RestartId, SourceId},
    incident::Subject,
    labels::Labels,
    ledger::CameBack,
    restart::{Restart, counts},
    workload::{ContainerSpec, WorkloadKey},
};
use sqlx::PgConnection;

use super::{Beside, DOING, Recorded, known};
use crate::store::{
    ends::End,
    error::{StoreError, While},
    incidents::{Ended, Filing},
    opinions, resolve, text,
};

/// The fingerprint of the panic in the log that is kept beside an end.
pub(super) fn fault<'a>(restart: &Restart, beside: &'a [Beside]) -> Option<&'a str> {
    let mut its = beside.iter().filter(|beside| {
        beside.container == restart.container && beside.run_started_at == restart.run_started_at
    });
    its.find_map(|beside| Some(beside.panic.as_ref()?.fingerprint.as_str()))
}

/// Closes the run and writes its entry. What is known of an entry already, such as how the next run began, is not forgotten.
pub(super) async fn ended(
    connection: &mut PgConnection,
    filing: &mut Filing,
    source: SourceId,
    restart: &Restart,
    fault: Option<&str>,
) -> Result<(Recorded, End), StoreError> {
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
         RETURNING id, ended_at, counts",
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
    let recorded = Recorded::Restart {
        workload: keys.workload,
        restart: end.restart,
        at: restart.ended_at,
        incident: filing.file(connection, &end).await?,
    };
    let verdict = (cause, restart.verdict.confidence);
    let end = End::new(end.restart, entry.ended_at, verdict, entry.counts);
    Ok((recorded, end))
}

pub(super) async fn came_back(
    connection: &mut PgConnection,
    filing: &mut Filing,
    source: SourceId,
    back: &CameBack,
) -> Result<Option<(Recorded, End)>, StoreError> {
    let keys = known(connection, source, &back.container).await?;
    let entry = sqlx::query!(
        r#"SELECT r.id, r.ended_at, r.cause, r.confidence, w.grp AS "group", w.name
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
    let cause = text::cause(&entry.cause, DOING)?;
    let confidence = text::confidence(&entry.confidence, DOING)?;
    let counts = counts(cause, true);
    sqlx::query!(
        "UPDATE restart SET started_at = $2, kind = $3, next_image = $4, counts = $5 WHERE id = $1",
        entry.id,
        back.started_at,
        back.kind.name(),
        back.next_image,
        counts,
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
        subject: counts.then_some(&subject),
        run_began_at: back.run_started_at,
        at: entry.ended_at,
    };
    let recorded = Recorded::Restart {
        workload: keys.workload,
        restart: end.restart,
        at: entry.ended_at,
        incident: filing.file(connection, &end).await?,
    };
    let end = End::new(end.restart, entry.ended_at, (cause, confidence), counts);
    Ok(Some((recorded, end)))
}

pub(super) async fn child_out_of_memory(
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
