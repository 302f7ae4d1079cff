//! The runs of one workload with what was seen of them.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{ContainerKey, WorkloadId},
    run::{self, Run},
    stats::median,
    view::{MAX_POINTS, SeriesQuery, TimeRange},
};

use crate::store::{Store, StoreError, StoredRun};

/// Runs that are counted at most: a crash loop has thousands.
const RUNS: u32 = 2_000;
/// Runs whose course is read: as many as a chart can show and a forecast can be tried on.
const COURSES: usize = 24;
/// Steps that a usual run is seen in: a course is cut into sixty cells.
const STEPS: f64 = 60.0;
/// The least length of a step, in seconds: nothing is polled more often, except when it is armed.
const LEAST_STEP_S: f64 = 5.0;
/// As far back as runs are told of.
pub(crate) const REACH: TimeDelta = TimeDelta::days(30);

/// The runs of a workload, oldest first, the newest of them with their courses.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) runs: Vec<Run>,
    /// Their containers, each once.
    pub(crate) containers: Vec<ContainerKey>,
}

impl History {
    /// Reads what there is since a moment.
    pub(crate) async fn read(
        store: &Store,
        workload: WorkloadId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let stored = store.runs(&[workload], since, RUNS).await?;
        Self::with_courses(store, stored, now).await
    }

    /// Reads the courses of runs of one workload, oldest first.
    pub(crate) async fn with_courses(
        store: &Store,
        stored: Vec<StoredRun>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let window = Window::of(&stored, now);
        let mut near = Vec::new();
        let mut containers = Vec::new();
        let mut runs = Vec::with_capacity(stored.len());
        for StoredRun { container, run, .. } in stored {
            if !containers.contains(&container) {
                containers.push(container);
            }
            if run.started_at >= window.from && !near.contains(&container) {
                near.push(container);
            }
            runs.push(run);
        }
        if !near.is_empty() {
            let query = SeriesQuery {
                metrics: run::METRICS.to_vec(),
                range: TimeRange {
                    from: window.from,
                    to: now,
                },
                points: window.points,
            };
            let set = store.samples().query(&near, &query).await?;
            let first = runs.partition_point(|run| run.started_at < window.from);
            run::cut(&mut runs[first..], &set, now);
        }
        Ok(Self { runs, containers })
    }

    /// The run that lasts.
    pub(crate) fn lasting(&self) -> Option<&Run> {
        self.runs.last().filter(|run| run.end.is_none())
    }
}

/// The stretch of time in which courses are read, and how finely.
struct Window {
    from: Timestamp,
    points: u32,
}

impl Window {
    /// The newest runs, in steps that suit a usual one of them; fewer where that would be too many steps.
    fn of(runs: &[StoredRun], now: Timestamp) -> Self {
        let newest = &runs[runs.len().saturating_sub(COURSES)..];
        let ages: Vec<f64> = newest.iter().map(|stored| stored.run.age_s(now)).collect();
        let step_s = (median(&ages).unwrap_or_default() / STEPS).max(LEAST_STEP_S);
        let since = |run: &StoredRun| (now - run.run.started_at).num_milliseconds() as f64 / 1e3;
        let most_s = step_s * f64::from(MAX_POINTS - 1);
        let first = newest.iter().find(|run| since(run) <= most_s);
        // The newest run is read whatever its age.
        let Some(first) = first.or(newest.last()) else {
            return Self {
                from: now,
                points: 1,
            };
        };
        let points = (since(first) / step_s)
            .ceil()
            .min(f64::from(MAX_POINTS - 1)) as u32
            + 1;
        Self {
            from: first.run.started_at,
            points,
        }
    }
}
