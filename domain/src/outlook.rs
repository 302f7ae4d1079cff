//! What is ahead of a run that lasts: does it grow, and when does that meet the limit?

use chrono::TimeDelta;

use crate::{
    Timestamp,
    detect::words,
    leak::{
        Forecast, Growth,
        backtest::{self, PastRun, Record},
    },
    metric::TaskKind,
    run::Run,
    view::{ForecastView, GrowthState, GrowthView},
};

/// Farther ahead than this nothing is told: load changes, and versions are replaced. In seconds.
const HORIZON_S: f64 = 30.0 * 86_400.0;
/// Sooner than this a container is looked at every second.
pub const ARM_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// What was made of a run at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// When.
    pub at: Timestamp,
    /// Which run: by its begin.
    pub run_started_at: Timestamp,
    /// The limit that was in force, in bytes.
    pub limit_bytes: Option<u64>,
    /// How memory grows.
    pub memory: Growth,
    /// How tasks grow.
    pub tasks: Growth,
    /// What is counted as tasks.
    pub task_kind: Option<TaskKind>,
    /// Time to the limit from `at`.
    pub forecast: Option<Forecast>,
    /// How forecasts did for past runs.
    pub record: Option<Record>,
}

impl Outlook {
    /// Judges a run that lasts. `past` are runs of the workload that ended at their limit; they are asked only if this one grows.
    pub fn of(run: &Run, past: &[PastRun], now: Timestamp) -> Self {
        let memory = run.memory_growth(now);
        let mut outlook = Self {
            at: now,
            run_started_at: run.started_at,
            limit_bytes: run.limit_bytes,
            memory,
            tasks: run.tasks_growth(now),
            task_kind: run.seen.task_kind,
            forecast: None,
            record: None,
        };
        if let (Some(growing), Some(limit)) = (memory.growing(), run.limit_bytes) {
            let (forecast, record) = backtest::forecast(growing, limit as f64, past);
            outlook.record = record;
            outlook.forecast = forecast.filter(|told| told.likely_s <= HORIZON_S);
        }
        outlook
    }

    /// Whether its end is so near that every second counts.
    pub fn is_near(&self, now: Timestamp) -> bool {
        self.forecast
            .is_some_and(|told| self.at + span(told.earliest_s) <= now + ARM_WITHIN)
    }

    /// The most likely time until memory meets the limit, in seconds, never negative; `None` when no limit is in sight or nothing can be told.
    pub fn limit_in_s(&self, now: Timestamp) -> Option<f64> {
        self.memory.growing()?;
        Some(self.left(self.forecast?.likely_s, now).max(0.0))
    }

    /// When memory meets the limit, as part of a sentence: `in 41 min (34–52)`, `any moment`.
    pub fn limit_text(&self, now: Timestamp) -> Option<String> {
        let limit_in_s = self.limit_in_s(now)?;
        let told = self.forecast?;
        Some(if limit_in_s < 1.0 {
            "any moment".to_owned()
        } else {
            let about = words::about(
                limit_in_s,
                self.left(told.earliest_s, now),
                self.left(told.latest_s, now),
            );
            format!("in {about}")
        })
    }

    /// What is left at a moment of a time that was told in seconds.
    fn left(&self, told_s: f64, now: Timestamp) -> f64 {
        told_s - (now - self.at).num_milliseconds() as f64 / 1e3
    }

    /// How memory grows, for people.
    pub fn memory_view(&self) -> GrowthView {
        memory_growth_view(&self.memory)
    }

    /// How tasks grow, for people.
    pub fn tasks_view(&self) -> GrowthView {
        tasks_growth_view(&self.tasks, self.task_kind)
    }

    /// The time to the limit, for people.
    pub fn forecast_view(&self, now: Timestamp) -> ForecastView {
        let growth = self.memory_view();
        let left = |told_s: f64| self.left(told_s, now);
        let text = match (growth.state, &self.forecast) {
            (GrowthState::Growing, Some(told)) if left(told.likely_s) < 1.0 => {
                "Any moment".to_owned()
            }
            (GrowthState::Growing, Some(told)) => words::about(
                left(told.likely_s),
                left(told.earliest_s),
                left(told.latest_s),
            ),
            (GrowthState::Growing, None) if self.limit_bytes.is_none() => {
                "Grows, no limit set".to_owned()
            }
            (GrowthState::Growing, None) => "Not within 30\u{a0}d".to_owned(),
            (GrowthState::Flat, _) => "None in sight".to_owned(),
            (GrowthState::Unknown, _) => "Not known yet".to_owned(),
        };
        ForecastView {
            judged_at: self.at,
            state: growth.state,
            text,
            reason: growth.text,
            earliest_at: self.forecast.map(|told| self.at + span(told.earliest_s)),
            likely_at: self.forecast.map(|told| self.at + span(told.likely_s)),
            latest_at: self.forecast.map(|told| self.at + span(told.latest_s)),
            hits: self.record.map(|record| record.hits),
            tried: self.record.map(|record| record.of),
        }
    }
}

/// `310 goroutines a minute`.
fn task_rate(per_s: f64, kind: Option<TaskKind>) -> String {
    let label = kind.map_or("tasks", TaskKind::label);
    words::rate(per_s, 1.0, |value| {
        format!("{} {label}", words::count(value.max(1.0)))
    })
}

/// Growth for people; `rate` writes how fast.
fn growth_view(growth: &Growth, rate: impl Fn(f64) -> String) -> GrowthView {
    let (state, text, per_s) = match growth {
        Growth::Growing(growing) => (
            GrowthState::Growing,
            format!("grows by {}", rate(growing.line.slope)),
            Some(growing.line.slope),
        ),
        Growth::Flat(why) => (GrowthState::Flat, why.text().to_owned(), None),
        Growth::Unknown(why) => (GrowthState::Unknown, why.text().to_owned(), None),
    };
    GrowthView {
        state,
        text,
        per_hour: per_s.map(|per_s| per_s * 3_600.0),
    }
}

/// Growth of memory for people.
pub fn memory_growth_view(growth: &Growth) -> GrowthView {
    growth_view(growth, words::byte_rate)
}

/// Growth of tasks for people.
pub fn tasks_growth_view(growth: &Growth, kind: Option<TaskKind>) -> GrowthView {
    growth_view(growth, |per_s| task_rate(per_s, kind))
}

/// A length of time as it is told; beyond a century nothing is.
fn span(seconds: f64) -> TimeDelta {
    TimeDelta::milliseconds((seconds.clamp(0.0, 3.2e9) * 1e3) as i64)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        ids::{EngineId, RunId},
        leak::{NotGrowing, Reading, TooLittle},
        run::Seen,
    };

    const MIB: f64 = 1_048_576.0;

    fn moment(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// A run with 512 MiB whose memory by age in minutes is this, read every ten seconds for so long.
    fn run(minutes: i64, limit_bytes: Option<u64>, mib: impl Fn(f64) -> f64) -> Run {
        let memory = (0..minutes * 6)
            .map(|index| index as f64 * 10.0)
            .map(|age_s| Reading::of(age_s, mib(age_s / 60.0) * MIB))
            .collect();
        Run {
            id: RunId(1),
            container: EngineId::from("c"),
            image: "web:1".to_owned(),
            image_id: String::new(),
            limit_bytes,
            started_at: moment(0),
            end: None,
            seen: Seen {
                memory,
                ..Seen::default()
            },
        }
    }

    const LIMIT: Option<u64> = Some(512 << 20);

    #[test]
    fn what_grows_meets_its_limit() {
        let now = moment(40 * 60);
        let outlook = Outlook::of(&run(40, LIMIT, |age| 32.0 + 6.0 * age), &[], now);
        let said = outlook.forecast_view(now);
        assert_eq!(said.state, GrowthState::Growing);
        assert_eq!(said.text.replace('\u{a0}', " "), "40 min (37–43)");
        assert_eq!(
            said.reason.replace('\u{a0}', " "),
            "grows by 6 MiB a minute"
        );
        assert_eq!(
            outlook.limit_text(now).as_deref(),
            Some("in 40\u{a0}min (37–43)")
        );
        assert!(!outlook.is_near(now));
        let later = now + TimeDelta::minutes(30);
        assert!(
            outlook.is_near(later),
            "told once, it comes nearer by itself"
        );
        assert_eq!(
            outlook.forecast_view(later).text.replace('\u{a0}', " "),
            "10 min (7–13)"
        );
        let over = now + TimeDelta::minutes(41);
        assert_eq!(outlook.forecast_view(over).text, "Any moment");
    }

    #[test]
    fn without_a_limit_nothing_is_met() {
        let now = moment(40 * 60);
        let said = Outlook::of(&run(40, None, |age| 32.0 + 6.0 * age), &[], now).forecast_view(now);
        assert_eq!(said.text, "Grows, no limit set");
        assert_eq!(said.likely_at, None);
    }

    #[test]
    fn slow_growth_is_not_told_beyond_the_horizon() {
        let now = moment(20 * 86_400);
        let slow = run(20 * 1_440, Some(64 << 30), |age| 300.0 + 0.08 * age);
        let told = Outlook::of(&slow, &[], now);
        assert!(told.memory.growing().is_some() || told.forecast.is_none());
        assert_eq!(told.forecast, None);
    }

    #[test]
    fn what_does_not_grow_says_why() {
        let now = moment(3_600);
        let flat = Outlook::of(&run(60, LIMIT, |_| 200.0), &[], now);
        assert_eq!(flat.memory, Growth::Flat(NotGrowing::Level));
        assert_eq!(flat.forecast_view(now).text, "None in sight");
        let young = Outlook::of(&run(1, LIMIT, |age| 32.0 + 6.0 * age), &[], moment(60));
        assert_eq!(young.memory, Growth::Unknown(TooLittle::Young));
        assert_eq!(young.forecast_view(now).text, "Not known yet");
    }
}
