//! The restart ledger as text, for `inquest export`.

use std::io::Write;

use app::backend::{Backend, Caller};
use domain::{Timestamp, view::RestartQuery};
use serde::Serialize;

use super::{Format, csv::quoted};

/// As many as one question may ask for.
const PAGE: u32 = 1_000;

/// Writes every restart that ended in a stretch of time, newest first.
pub(super) async fn write(
    backend: &dyn Backend,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    format: Format,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    let mut query = RestartQuery {
        from,
        to,
        limit: Some(PAGE),
        ..RestartQuery::default()
    };
    match format {
        Format::Jsonl => {}
        Format::Csv => writeln!(out, "{}", COLUMNS.join(","))?,
        Format::Openmetrics => {
            anyhow::bail!("restarts are no samples: write them as jsonl or csv, or export samples")
        }
    }
    loop {
        let page = backend.restarts(&Caller::Anonymous, &query).await?;
        for row in &page.data {
            let line = match format {
                Format::Csv => csv_line(row)?,
                _ => serde_json::to_string(row)?,
            };
            writeln!(out, "{line}")?;
        }
        if page.meta.next.is_none() {
            break;
        }
        query.cursor = page.meta.next;
    }
    out.flush()?;
    Ok(())
}

/// The columns, named as in the API. Evidence is a list and has no place in a table.
const COLUMNS: [&str; 19] = [
    "id",
    "workload",
    "workload_name",
    "container_id",
    "image",
    "next_image",
    "run_started_at",
    "ended_at",
    "started_at",
    "ran_for_ms",
    "exit_code",
    "signal",
    "kind",
    "counts",
    "cause",
    "confidence",
    "last_memory_ratio",
    "tasks_at_end",
    "task_kind",
];

fn csv_line(row: &impl Serialize) -> serde_json::Result<String> {
    let row = serde_json::to_value(row)?;
    let cells = COLUMNS.map(|column| match &row[column] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => quoted(text).into_owned(),
        other => other.to_string(),
    });
    Ok(cells.join(","))
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{EngineId, RestartId, WorkloadId},
        restart::RestartKind,
        verdict::{Cause, Confidence},
        view::RestartRow,
    };

    use super::*;

    #[test]
    fn every_column_is_filled_and_structure_is_quoted() {
        let at = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let row = RestartRow {
            id: RestartId(7),
            workload: WorkloadId(3),
            workload_name: "a \"quoted\", name".to_owned(),
            container_id: EngineId::from("c0ffee"),
            image: "shop:1".to_owned(),
            next_image: None,
            run_started_at: at,
            ended_at: at,
            started_at: Some(at),
            ran_for_ms: 0,
            exit_code: Some(137),
            signal: Some("SIGKILL".to_owned()),
            kind: RestartKind::Policy,
            counts: true,
            cause: Cause::OutOfMemory,
            confidence: Confidence::Confirmed,
            evidence: Vec::new(),
            panic: None,
            last_memory_ratio: Some(0.5),
            last_sample_at: None,
            tasks_at_end: Some(12),
            task_kind: None,
        };
        assert_eq!(
            csv_line(&row).expect("serialises"),
            "7,3,\"a \"\"quoted\"\", name\",c0ffee,shop:1,,2027-01-15T08:00:00Z,2027-01-15T08:00:00Z,\
             2027-01-15T08:00:00Z,0,137,SIGKILL,policy,true,out_of_memory,confirmed,0.5,12,"
        );
        let known = serde_json::to_value(&row).expect("serialises");
        for column in COLUMNS {
            assert!(
                known.get(column).is_some(),
                "{column} is no field of a restart"
            );
        }
    }
}
