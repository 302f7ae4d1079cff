//! Tails of logs, and searching them.

mod excerpt;

use domain::{
    Timestamp,
    ids::{ContainerKey, IncidentId, RestartId, WorkloadId},
    log::{LogLine, LogMissing, LogTail, Stream},
    verdict::Cause,
    view::{LogHit, LogQuery, LogSummary, LogView, Meta, Page},
};
use sqlx::PgConnection;

use self::excerpt::{Excerpt, HIT};
use super::{
    Store,
    cursor::{Cursor, moment},
    error::{StoreError, While},
    text,
};

const DOING: &str = "keeping a log";
const READING: &str = "reading a log";
const SEARCHING: &str = "searching logs";
const LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;
/// Keeps the log of a run that is in the ledger. What was read stays when it is told again that it could not be.
pub(super) async fn keep(
    connection: &mut PgConnection,
    container: ContainerKey,
    run_started_at: Timestamp,
    tail: &LogTail,
) -> Result<(), StoreError> {
    let lines = tail.lines();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let times: Vec<i64> = lines
        .iter()
        .map(|line| line.at.map_or(0, |at| at.timestamp_millis()))
        .collect();
    let is_err: Vec<bool> = lines
        .iter()
        .map(|line| line.stream == Stream::Err)
        .collect();
    sqlx::query!(
        "INSERT INTO run_log AS known (container_id, run_started_at, workload_id, ended_at, text, line_ms, line_is_err, is_cut, redacted, missing)
         SELECT r.container_id, r.run_started_at, r.workload_id, r.ended_at, $3, $4, $5, $6, $7, $8
         FROM restart r WHERE r.container_id = $1 AND r.run_started_at = $2
         ON CONFLICT (container_id, run_started_at) DO UPDATE SET
             ended_at = excluded.ended_at, text = excluded.text, line_ms = excluded.line_ms, line_is_err = excluded.line_is_err,
             is_cut = excluded.is_cut, redacted = excluded.redacted, missing = excluded.missing
         WHERE excluded.missing IS NULL OR known.missing IS NOT NULL",
        container.0,
        run_started_at,
        texts.join("\n"),
        &times,
        &is_err,
        tail.is_cut(),
        tail.redacted() as i32,
        tail.reason().map(LogMissing::name),
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

struct Row {
    text: String,
    line_ms: Vec<i64>,
    line_is_err: Vec<bool>,
    is_cut: bool,
    redacted: i32,
    missing: Option<String>,
}

impl Store {
    /// The log of a restart; `None` when none is kept.
    pub async fn restart_log(&self, restart: RestartId) -> Result<Option<LogView>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            "SELECT l.text, l.line_ms, l.line_is_err, l.is_cut, l.redacted, l.missing
             FROM run_log l JOIN restart r ON r.container_id = l.container_id AND r.run_started_at = l.run_started_at
             WHERE r.id = $1",
            restart.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(READING)?;
        row.map(Row::into_view).transpose()
    }

    /// About the log of a restart.
    pub(super) async fn log_summary(
        &self,
        restart: RestartId,
    ) -> Result<Option<LogSummary>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT cardinality(l.line_ms) AS "lines!", l.is_cut, l.redacted, l.missing
               FROM run_log l JOIN restart r ON r.container_id = l.container_id AND r.run_started_at = l.run_started_at
               WHERE r.id = $1"#,
            restart.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(READING)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(LogSummary {
            lines: row.lines as u32,
            is_cut: row.is_cut,
            redacted: row.redacted as u32,
            missing: missing(row.missing.as_deref())?,
        }))
    }

    /// Logs that have these words, the newest first.
    pub async fn log_hits(&self, query: &LogQuery) -> Result<Page<LogHit>, StoreError> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT) as usize;
        let after = query
            .cursor
            .as_deref()
            .map(str::parse::<Cursor<2>>)
            .transpose()?;
        let after_at = after
            .map(|Cursor([micros, _])| moment(micros))
            .transpose()?;
        // All of it is marked, and lines are chosen here: fragments that the database chooses end in the middle of a line.
        let options = format!("HighlightAll=true, StartSel={}, StopSel={}", HIT[0], HIT[1]);
        // Only the logs of the page are marked: that takes reading the whole of each.
        let rows = sqlx::query!(
            r#"SELECT hit.id AS "id!", hit.workload_id AS "workload_id!", hit.name AS "name!", hit.ended_at AS "ended_at!", hit.cause AS "cause!",
                      hit.exit_code, hit.line_ms AS "line_ms!", hit.line_is_err AS "line_is_err!", i.incident_id AS "incident_id?",
                      ts_headline('simple', hit.text, hit.wanted, $10) AS "marked!"
               FROM (
                 SELECT r.id, r.workload_id, w.name, r.ended_at, r.cause, r.exit_code, l.text, l.line_ms, l.line_is_err, wanted
                 FROM websearch_to_tsquery('simple', $1) wanted
                 JOIN run_log l ON l.words @@ wanted
                 JOIN restart r ON r.container_id = l.container_id AND r.run_started_at = l.run_started_at
                 JOIN workload w ON w.id = r.workload_id
                 WHERE ($2::bigint IS NULL OR r.workload_id = $2)
                   AND ($3::timestamptz IS NULL OR r.ended_at >= $3)
                   AND ($4::timestamptz IS NULL OR r.ended_at < $4)
                   AND ($5::timestamptz IS NULL OR (r.ended_at, r.id) < ($5, $6))
                   AND ($8::text IS NULL OR strpos(lower(w.name), lower($8)) > 0)
                   AND ($9::text IS NULL OR r.cause = $9)
                 ORDER BY r.ended_at DESC, r.id DESC
                 LIMIT $7
               ) hit
               LEFT JOIN incident_restart i ON i.restart_id = hit.id
               ORDER BY hit.ended_at DESC, hit.id DESC"#,
            query.text,
            query.workload.map(|workload| workload.0),
            query.from,
            query.to,
            after_at,
            after.map_or(0, |Cursor([_, id])| id),
            limit as i64 + 1,
            query.name,
            query.cause.map(Cause::name),
            options,
        )
        .fetch_all(&self.pool)
        .await
        .during(SEARCHING)?;
        let more = rows.len() > limit;
        let data = rows
            .into_iter()
            .take(limit)
            .map(|row| {
                let excerpt = Excerpt::of(&row.marked, &row.line_ms, &row.line_is_err);
                Ok(LogHit {
                    restart: RestartId(row.id),
                    incident: row.incident_id.map(IncidentId),
                    workload: WorkloadId(row.workload_id),
                    workload_name: row.name,
                    ended_at: row.ended_at,
                    cause: text::cause(&row.cause, SEARCHING)?,
                    exit_code: row.exit_code,
                    log_lines: row.line_ms.len() as u32,
                    lines_with_hits: excerpt.lines_with_hits,
                    excerpt: excerpt.text(),
                    lines: excerpt.lines,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let next = data
            .last()
            .filter(|_| more)
            .map(|last| Cursor([last.ended_at.timestamp_micros(), last.restart.0]).encode());
        Ok(Page {
            data,
            meta: Meta { next },
        })
    }
}

impl Row {
    fn into_view(self) -> Result<LogView, StoreError> {
        let count = self.line_ms.len();
        let stamps = self.line_ms.into_iter().zip(self.line_is_err);
        let lines: Vec<LogLine> = stamps
            .zip(self.text.split('\n'))
            .map(|((ms, is_err), text)| LogLine {
                at: (ms != 0)
                    .then(|| Timestamp::from_timestamp_millis(ms))
                    .flatten(),
                stream: if is_err { Stream::Err } else { Stream::Out },
                text: text.to_owned(),
            })
            .collect();
        Ok(LogView {
            summary: LogSummary {
                lines: count as u32,
                is_cut: self.is_cut,
                redacted: self.redacted as u32,
                missing: missing(self.missing.as_deref())?,
            },
            lines,
        })
    }
}

fn missing(name: Option<&str>) -> Result<Option<LogMissing>, StoreError> {
    name.map(|name| text::known(name, "run_log.missing", LogMissing::from_name, READING))
        .transpose()
}
