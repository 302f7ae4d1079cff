//! Reads query strings strictly: what is not understood is refused and named, never ignored.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::ValueEnum as _;
use domain::{
    ids::{IncidentId, RestartId, WorkloadId},
    incident::IncidentState,
    metric::Metric,
    verdict::Cause,
    view::{
        AlertPhase, AlertQuery, AnalysisQuery, EXPORT_RANGE, ExportQuery, IncidentQuery, LogQuery,
        PanicQuery, RestartQuery, SeriesQuery, StorageQuery, TimeRange, TimelineQuery,
        WorkloadQuery,
    },
};

use super::{api::v1::export::Wanted, problem::Problem};
use crate::export::Format;

/// Points of a series when not given: about one for each second column of a chart on a wide screen.
const POINTS: u32 = 600;
/// The stretch of time whose restarts are correlated when not given.
const CORRELATED: TimeDelta = TimeDelta::hours(24);
/// The stretch of time when not given.
const RANGE: TimeDelta = TimeDelta::hours(1);

/// Something that is asked for in a query string.
pub(super) trait FromQuery: Sized {
    /// Takes what it knows.
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem>;
}

/// Extracts a `T` from the query string, the whole of it.
pub(super) struct Query<T>(pub(super) T);

impl<T: FromQuery, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut parameters = Parameters::read(parts.uri.query().unwrap_or_default())?;
        let query = T::from_query(&mut parameters)?;
        parameters.finish()?;
        Ok(Self(query))
    }
}

/// No parameters at all.
impl FromQuery for () {
    fn from_query(_parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(())
    }
}

impl FromQuery for WorkloadQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            source: parameters.text("source"),
            search: parameters.text("search"),
            limit: parameters.number("limit")?,
            cursor: parameters.text("cursor"),
        })
    }
}

impl FromQuery for SeriesQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        let metrics = parameters.metrics()?;
        Ok(Self {
            metrics: metrics.unwrap_or_else(|| vec![Metric::MemoryRatio, Metric::Tasks]),
            range: TimeRange::from_query(parameters)?,
            points: parameters.number("points")?.unwrap_or(POINTS),
        })
    }
}

impl FromQuery for Wanted {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        let query = ExportQuery {
            workloads: parameters.workloads()?,
            metrics: parameters.metrics()?.unwrap_or(Metric::ALL.to_vec()),
            range: parameters.range(EXPORT_RANGE)?,
        };
        let format = parameters.parse("format", |name| {
            Format::from_str(name, false).map_err(|_unknown| {
                format!("`{name}` is no format; known: jsonl, csv, openmetrics")
            })
        })?;
        Ok(Self {
            query,
            format: format.unwrap_or(Format::Jsonl),
        })
    }
}

impl FromQuery for IncidentQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            states: parameters
                .parse("state", |text| {
                    text.split(',').map(incident_state).collect()
                })?
                .unwrap_or_default(),
            workload: parameters.workload()?,
            cause: parameters.parse("cause", cause)?,
            from: parameters.time("from")?,
            to: parameters.time("to")?,
            limit: parameters.number("limit")?,
            cursor: parameters.text("cursor"),
        })
    }
}

impl FromQuery for RestartQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            incident: parameters
                .text("incident")
                .map(|id| incident_id(&id))
                .transpose()?,
            workload: parameters.workload()?,
            cause: parameters.parse("cause", cause)?,
            from: parameters.time("from")?,
            to: parameters.time("to")?,
            limit: parameters.number("limit")?,
            cursor: parameters.text("cursor"),
        })
    }
}

impl FromQuery for LogQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            text: parameters.text("q").unwrap_or_default(),
            workload: parameters.workload()?,
            name: parameters.text("name"),
            cause: parameters.parse("cause", cause)?,
            from: parameters.time("from")?,
            to: parameters.time("to")?,
            limit: parameters.number("limit")?,
            cursor: parameters.text("cursor"),
        })
    }
}

impl FromQuery for PanicQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            workload: parameters.workload()?,
            fingerprint: parameters.text("fingerprint"),
            limit: parameters.number("limit")?,
        })
    }
}

impl FromQuery for TimelineQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            workload: parameters.workload()?,
            range: TimeRange::from_query(parameters)?,
            limit: parameters.number("limit")?,
            cursor: parameters.text("cursor"),
        })
    }
}

impl FromQuery for AlertQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            phase: parameters.parse("phase", |name| {
                AlertPhase::from_name(name).ok_or_else(|| {
                    format!("`{name}` is no phase; known: pending, firing, resolved")
                })
            })?,
            workload: parameters.workload()?,
            limit: parameters.number("limit")?,
        })
    }
}

impl FromQuery for StorageQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            search: parameters.text("search"),
            limit: parameters.number("limit")?,
        })
    }
}

impl FromQuery for AnalysisQuery {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            range: parameters.range(CORRELATED)?,
        })
    }
}

impl FromQuery for TimeRange {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Problem> {
        parameters.range(RANGE)
    }
}

fn cause(name: &str) -> Result<Cause, String> {
    Cause::from_name(name).ok_or_else(|| {
        let known: Vec<_> = Cause::ALL.into_iter().map(Cause::name).collect();
        format!("unknown cause `{name}`; known: {}", known.join(", "))
    })
}

fn incident_state(name: &str) -> Result<IncidentState, String> {
    IncidentState::from_name(name).ok_or_else(|| {
        let known = IncidentState::ALL.map(IncidentState::name);
        format!("unknown state `{name}`; known: {}", known.join(", "))
    })
}

/// The parameters of a request that were not read yet.
pub(super) struct Parameters {
    given: BTreeMap<String, String>,
    known: Vec<&'static str>,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            if given.insert(name.clone(), value).is_some() {
                return Err(Problem::invalid(
                    &name,
                    format!("`{name}` is given more than once"),
                ));
            }
        }
        Ok(Self {
            given,
            known: Vec::new(),
        })
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.given.remove(name)
    }

    fn parse<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let parsed = self.text(name).map(|text| parse(&text)).transpose();
        parsed.map_err(|error| Problem::invalid(name, error.to_string()))
    }

    fn number(&mut self, name: &'static str) -> Result<Option<u32>, Problem> {
        self.parse(name, |text| {
            text.parse().map_err(|_no_number| {
                format!("`{text}` is not a whole number from 0 to {}", u32::MAX)
            })
        })
    }

    fn time(&mut self, name: &'static str) -> Result<Option<DateTime<Utc>>, Problem> {
        self.parse(name, |text| {
            // A `+` that was not written as %2B arrives as a space.
            let text = text.replace(' ', "+");
            DateTime::parse_from_rfc3339(&text)
                .map(|time| time.to_utc())
                .map_err(|_no_time| format!("`{text}` is not a time as RFC 3339 has it; write for example 2026-11-23T12:00:00Z"))
        })
    }

    /// A stretch of time that ends now, and has this length, unless something else is said.
    fn range(&mut self, length: TimeDelta) -> Result<TimeRange, Problem> {
        let from = self.time("from")?;
        let to = self.time("to")?.unwrap_or_else(Utc::now);
        let from = from.or_else(|| to.checked_sub_signed(length)).unwrap_or(to);
        Ok(TimeRange { from, to })
    }

    fn metrics(&mut self) -> Result<Option<Vec<Metric>>, Problem> {
        self.parse("metrics", |text| {
            text.split(',').map(Metric::from_str).collect()
        })
    }

    /// Ids are opaque, so one that we would never give out is like one that we have not given out.
    fn workload(&mut self) -> Result<Option<WorkloadId>, Problem> {
        self.text("workload").map(|id| workload_id(&id)).transpose()
    }

    fn workloads(&mut self) -> Result<Vec<WorkloadId>, Problem> {
        let ids = self.text("workload");
        let ids = ids.iter().flat_map(|ids| ids.split(','));
        ids.map(workload_id).collect()
    }

    fn finish(self) -> Result<(), Problem> {
        let Some(unknown) = self.given.keys().next() else {
            return Ok(());
        };
        let detail = if self.known.is_empty() {
            format!("unknown parameter `{unknown}`; there are none here")
        } else {
            format!(
                "unknown parameter `{unknown}`; known: {}",
                self.known.join(", ")
            )
        };
        Err(Problem::invalid(unknown, detail))
    }
}

/// Reads an id of ours in a path; `what` has it.
pub(super) fn id<T: FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse()
        .map_err(|_not_ours| Problem::not_found(format!("no {what} has the id {text}")))
}

fn workload_id(id: &str) -> Result<WorkloadId, Problem> {
    id.parse()
        .map_err(|_not_ours| Problem::not_found(format!("no workload has the id {id}")))
}

pub(super) fn incident_id(id: &str) -> Result<IncidentId, Problem> {
    id.parse()
        .map_err(|_not_ours| Problem::not_found(format!("no incident has the id {id}")))
}

/// Extracts the incident in the path.
pub(super) struct IncidentInPath(pub(super) IncidentId);

impl<S: Send + Sync> FromRequestParts<S> for IncidentInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = text_in_path(parts, state).await?;
        incident_id(&id).map(Self)
    }
}

async fn text_in_path<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, Problem> {
    let Path(id) = Path::<String>::from_request_parts(parts, state)
        .await
        .map_err(|error| Problem::not_found(error.body_text()))?;
    Ok(id)
}

/// Extracts the workload in the path.
pub(super) struct InPath(pub(super) WorkloadId);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = text_in_path(parts, state).await?;
        workload_id(&id).map(Self)
    }
}

/// Extracts the restart in the path.
pub(super) struct RestartInPath(pub(super) RestartId);

impl<S: Send + Sync> FromRequestParts<S> for RestartInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::not_found(error.body_text()))?;
        id.parse()
            .map(Self)
            .map_err(|_not_ours| Problem::not_found(format!("no restart has the id {id}")))
    }
}
