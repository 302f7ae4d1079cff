//! Tails of logs, and searching them.

use domain::{
    Timestamp,
    ids::{ContainerKey, RestartId, WorkloadId},
    log::{LogLine, LogMissing, LogTail, Stream},
    verdict::Cause,
    view::{ExcerptPart, LogHit, LogQuery, LogSummary, LogView, Meta, Page},
};
use sqlx::PgConnection;

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
/// Around what was found. They are control characters, of which a stored log has none, so that no log can pretend to a hit.
const HIT: [char; 2] = ['\u{2}', '\u{3}'];

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
        let options = format!(
            "StartSel={}, StopSel={}, MaxFragments=2, MinWords=8, MaxWords=32, FragmentDelimiter=\" … \"",
            HIT[0], HIT[1]
        );
        // Excerpts are made of the page alone: making one reads the whole log.
        let rows = sqlx::query!(
            r#"SELECT hit.id AS "id!", hit.workload_id AS "workload_id!", w.name AS "name!", hit.ended_at AS "ended_at!", hit.cause AS "cause!",
                      ts_headline('simple', hit.text, hit.wanted, $8) AS "excerpt!"
               FROM (
                 SELECT r.id, r.workload_id, r.ended_at, r.cause, l.text, wanted
                 FROM websearch_to_tsquery('simple', $1) wanted
                 JOIN run_log l ON l.words @@ wanted
                 JOIN restart r ON r.container_id = l.container_id AND r.run_started_at = l.run_started_at
                 WHERE ($2::bigint IS NULL OR r.workload_id = $2)
                   AND ($3::timestamptz IS NULL OR r.ended_at >= $3)
                   AND ($4::timestamptz IS NULL OR r.ended_at < $4)
                   AND ($5::timestamptz IS NULL OR (r.ended_at, r.id) < ($5, $6))
                 ORDER BY r.ended_at DESC, r.id DESC
                 LIMIT $7
               ) hit
               JOIN workload w ON w.id = hit.workload_id
               ORDER BY hit.ended_at DESC, hit.id DESC"#,
            query.text,
            query.workload.map(|workload| workload.0),
            query.from,
            query.to,
            after_at,
            after.map_or(0, |Cursor([_, id])| id),
            limit as i64 + 1,
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
                Ok(LogHit {
                    restart: RestartId(row.id),
                    workload: WorkloadId(row.workload_id),
                    workload_name: row.name,
                    ended_at: row.ended_at,
                    cause: text::known(&row.cause, "restart.cause", Cause::from_name, SEARCHING)?,
                    excerpt: parts(&row.excerpt),
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

/// An excerpt at its marks.
fn parts(excerpt: &str) -> Vec<ExcerptPart> {
    let mut parts = Vec::new();
    let mut is_hit = false;
    for text in excerpt.split(HIT) {
        if !text.is_empty() {
            parts.push(ExcerptPart {
                text: text.to_owned(),
                is_hit,
            });
        }
        is_hit = !is_hit;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_taken_apart_at_its_marks() {
        let said: Vec<_> = parts("a \u{2}panic\u{3} in \u{2}main\u{3}")
            .into_iter()
            .map(|part| (part.text, part.is_hit))
            .collect();
        let expected = [
            ("a ", false),
            ("panic", true),
            (" in ", false),
            ("main", true),
        ];
        assert_eq!(said, expected.map(|(text, hit)| (text.to_owned(), hit)));
    }
}
