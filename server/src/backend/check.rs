//! What may be asked: bounds that keep one question from costing what a thousand should.

use std::collections::BTreeSet;

use app::backend::BackendError;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    metric::Metric,
    view::{
        ExportQuery, IncidentQuery, LogQuery, MAX_POINTS, RestartQuery, SeriesQuery, TimeRange,
    },
};

/// The longest stretch of time: a year and a little, as long as the coarsest samples are kept.
const MAX_RANGE: TimeDelta = TimeDelta::days(400);
/// The longest pages.
pub(super) const MAX_WORKLOADS: u32 = 10_000;
pub(super) const MAX_INCIDENTS: u32 = 1_000;
pub(super) const MAX_RESTARTS: u32 = 1_000;
pub(super) const MAX_TIMELINE: u32 = 10_000;
pub(super) const MAX_STORAGE: u32 = 1_000;
pub(super) const MAX_RUNS: usize = 200;
/// Times outside are no times of containers, and not every computation with them fits.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2200;

pub(super) fn series(query: &SeriesQuery) -> Result<(), BackendError> {
    range(query.range)?;
    metrics(&query.metrics)?;
    if !(1..=MAX_POINTS).contains(&query.points) {
        return Err(invalid(
            "points",
            format!("{} is not from 1 to {MAX_POINTS}", query.points),
        ));
    }
    Ok(())
}

pub(super) fn export(query: &ExportQuery) -> Result<(), BackendError> {
    range(query.range)?;
    metrics(&query.metrics)
}

fn metrics(named: &[Metric]) -> Result<(), BackendError> {
    if named.is_empty() {
        return Err(invalid("metrics", "name at least one metric"));
    }
    let different: BTreeSet<_> = named.iter().collect();
    if different.len() < named.len() {
        return Err(invalid("metrics", "a metric is named more than once"));
    }
    Ok(())
}

/// The longest pages of logs, each with an excerpt that takes reading the whole of it.
const MAX_LOGS: u32 = 100;
/// Characters of a search.
const LONGEST_SEARCH: usize = 500;

pub(super) fn logs(query: &LogQuery) -> Result<(), BackendError> {
    limit(query.limit, MAX_LOGS)?;
    if query.text.trim().is_empty() {
        return Err(invalid("q", "say which words to look for"));
    }
    if query.text.chars().count() > LONGEST_SEARCH || query.text.chars().any(char::is_control) {
        return Err(invalid(
            "q",
            format!("write at most {LONGEST_SEARCH} characters, all of them printable"),
        ));
    }
    // What is left out alone would be looked for in every log there is.
    let mut words = query.text.split_whitespace();
    if !words.any(|word| !word.starts_with('-') && word.chars().any(char::is_alphanumeric)) {
        return Err(invalid(
            "q",
            "name at least one word that must be there; punctuation is not searched",
        ));
    }
    between(query.from, query.to)
}

pub(super) fn restarts(query: &RestartQuery) -> Result<(), BackendError> {
    limit(query.limit, MAX_RESTARTS)?;
    between(query.from, query.to)
}

pub(super) fn incidents(query: &IncidentQuery) -> Result<(), BackendError> {
    limit(query.limit, MAX_INCIDENTS)?;
    between(query.from, query.to)
}

/// A stretch of time of which either end may be open.
fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Result<(), BackendError> {
    for (field, time) in [("from", from), ("to", to)] {
        time.map_or(Ok(()), |time| year(field, time))?;
    }
    match (from, to) {
        (Some(from), Some(to)) if from >= to => Err(backwards(from, to)),
        _ => Ok(()),
    }
}

pub(super) fn range(TimeRange { from, to }: TimeRange) -> Result<(), BackendError> {
    year("from", from)?;
    year("to", to)?;
    if from >= to {
        return Err(backwards(from, to));
    }
    if to - from > MAX_RANGE {
        return Err(invalid(
            "from",
            format!(
                "the range is {} days long; at most {} can be asked for",
                (to - from).num_days(),
                MAX_RANGE.num_days()
            ),
        ));
    }
    Ok(())
}

pub(super) fn limit(limit: Option<u32>, max: u32) -> Result<(), BackendError> {
    match limit {
        Some(limit) if !(1..=max).contains(&limit) => {
            Err(invalid("limit", format!("{limit} is not from 1 to {max}")))
        }
        _ => Ok(()),
    }
}

fn year(field: &str, time: DateTime<Utc>) -> Result<(), BackendError> {
    use chrono::Datelike as _;
    if YEARS.contains(&time.year()) {
        return Ok(());
    }
    Err(invalid(
        field,
        format!(
            "the year {} is not from {} to {}",
            time.year(),
            YEARS.start(),
            YEARS.end()
        ),
    ))
}

fn backwards(from: DateTime<Utc>, to: DateTime<Utc>) -> BackendError {
    invalid(
        "from",
        format!(
            "{} is not before `to`, {}",
            from.to_rfc3339(),
            to.to_rfc3339()
        ),
    )
}

fn invalid(field: &str, problem: impl Into<String>) -> BackendError {
    BackendError::Invalid {
        field: field.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + days * 86_400, 0).expect("a time")
    }

    #[rstest]
    #[case(0, 1, None)]
    #[case(0, 400, None)]
    #[case(0, 401, Some("from"))]
    #[case(1, 0, Some("from"))]
    #[case(0, 0, Some("from"))]
    #[case(0, 100_000, Some("to"))]
    #[case(-100_000, 0, Some("from"))]
    fn ranges(#[case] from: i64, #[case] to: i64, #[case] refused: Option<&str>) {
        assert_eq!(
            refused_field(range(TimeRange {
                from: at(from),
                to: at(to)
            }))
            .as_deref(),
            refused
        );
    }

    #[rstest]
    #[case(&[Metric::Tasks], 1, None)]
    #[case(&[Metric::Tasks], MAX_POINTS, None)]
    #[case(&[Metric::Tasks], 0, Some("points"))]
    #[case(&[Metric::Tasks], 1_000_000_000, Some("points"))]
    #[case(&[], 10, Some("metrics"))]
    #[case(&[Metric::Tasks, Metric::Tasks], 10, Some("metrics"))]
    fn series_queries(
        #[case] metrics: &[Metric],
        #[case] points: u32,
        #[case] refused: Option<&str>,
    ) {
        let query = SeriesQuery {
            metrics: metrics.to_vec(),
            range: TimeRange {
                from: at(0),
                to: at(1),
            },
            points,
        };
        assert_eq!(refused_field(series(&query)).as_deref(), refused);
    }

    fn refused_field(checked: Result<(), BackendError>) -> Option<String> {
        match checked {
            Ok(()) => None,
            Err(BackendError::Invalid { field, .. }) => Some(field),
            Err(other) => panic!("{other} says nothing of a field"),
        }
    }
}
