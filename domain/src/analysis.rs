//! From runs to what people and programs read of them.

use chrono::TimeDelta;

use crate::{
    Timestamp,
    correlation::{AT_LIMIT, AT_MAXIMUM, Correlation, End, TimeAtLimit},
    detect::words,
    leak::cost::Cost,
    metric::{Metric, TaskKind},
    outlook::{Outlook, memory_growth_view, tasks_growth_view},
    proof::{Outcome, Pair, eras::Deploy},
    right_size::{Need, RightSize},
    run::Run,
    stats::median,
    survival::Survival,
    view::{
        AnalysisView, BeforeAfter, CorrelationView, CostView, DeployOutcome, DeployRow, RunRow,
        SeriesSet, SeriesView,
    },
};

/// The newest runs tell which limit is right.
const SIZED: usize = 10;
/// A sawtooth has so many teeth at least.
const TEETH: usize = 3;

/// Everything that is made of the runs of a workload, oldest first. `ends` and `series` are those of the range whose restarts are correlated.
pub fn of(
    runs: &[Run],
    ends: &[End],
    series: &SeriesSet,
    outlook: Option<&Outlook>,
    now: Timestamp,
) -> AnalysisView {
    let present = present(runs);
    let ages = |runs: &[Run]| -> Vec<f64> {
        let died = runs.iter().filter(|run| run.died());
        died.map(|run| run.age_s(now)).collect()
    };
    // A version that has not died often enough says nothing of its own yet.
    let (survival, told) = match Survival::of_ages(&ages(present)) {
        Some(survival) => (Some(survival), present),
        None => (Survival::of_ages(&ages(runs)), runs),
    };
    let needs: Vec<Need> = present
        .iter()
        .rev()
        .filter_map(|run| run.need(now))
        .take(SIZED)
        .collect();
    let right_size = RightSize::of(&needs);
    let limit = runs.last().and_then(|run| run.limit_bytes);
    AnalysisView {
        at: now,
        memory_correlation: memory_correlation(ends, series),
        tasks_correlation: tasks_correlation(ends, series),
        memory: outlook.map(Outlook::memory_view),
        tasks: outlook
            .filter(|outlook| outlook.task_kind.is_some())
            .map(Outlook::tasks_view),
        forecast: outlook.map(|outlook| outlook.forecast_view(now)),
        survival,
        survival_text: survival.map(|survival| survival.text()),
        is_sawtooth: is_sawtooth(told, now),
        cost: cost(present, now),
        right_size_text: right_size.text(limit),
        right_size,
    }
}

/// The runs of the version that runs now: what others did says nothing of it.
fn present(runs: &[Run]) -> &[Run] {
    let Some(newest) = runs.last() else {
        return runs;
    };
    let others = runs.iter().rposition(|run| !run.is_like(newest));
    &runs[others.map_or(0, |index| index + 1)..]
}

/// Whether memory climbs from the begin of each run to its limit: most runs that died, died of memory, and grew until then.
fn is_sawtooth(runs: &[Run], now: Timestamp) -> bool {
    let seen = |run: &&Run| run.died() && !run.seen.memory.is_empty();
    let died = runs.iter().filter(seen).count();
    let climbed = runs
        .iter()
        .filter(|run| run.died_of_memory() && run.memory_growth(now).growing().is_some())
        .count();
    climbed >= TEETH && climbed * 2 > died
}

/// What a task costs: the median of the runs in which memory follows tasks.
fn cost(runs: &[Run], now: Timestamp) -> Option<CostView> {
    let kind = runs.iter().rev().find_map(|run| run.seen.task_kind)?;
    let costs: Vec<Cost> = runs
        .iter()
        .rev()
        .take(SIZED)
        .filter(|run| run.memory_growth(now).growing().is_some())
        .filter_map(|run| run.cost(now))
        .collect();
    let middle = |of: fn(&Cost) -> f64| median(&costs.iter().map(of).collect::<Vec<_>>());
    let cost = Cost {
        bytes_per_task: middle(|cost| cost.bytes_per_task)?,
        explained: middle(|cost| cost.explained)?,
    };
    Some(CostView {
        bytes_per_task: cost.bytes_per_task,
        explained_ratio: cost.explained,
        runs: costs.len() as u32,
        text: cost.text(kind),
    })
}

fn memory_correlation(ends: &[End], series: &SeriesSet) -> Option<CorrelationView> {
    let time = time_at(series.get(Metric::MemoryRatio)?, AT_LIMIT);
    let figures = Correlation::with_memory(ends, time)?;
    Some(correlation_view(figures, figures.text_of_memory()))
}

fn tasks_correlation(ends: &[End], series: &SeriesSet) -> Option<CorrelationView> {
    let view = series.get(Metric::Tasks)?;
    let highest = view.max.iter().flatten().copied().reduce(f64::max)?;
    let figures = Correlation::with_tasks(ends, time_at(view, AT_MAXIMUM * highest), highest)?;
    let kind = view.kind.unwrap_or(TaskKind::KernelTasks);
    Some(correlation_view(
        figures,
        figures.text_of_tasks(kind, highest),
    ))
}

fn time_at(view: &SeriesView, limit: f64) -> TimeAtLimit {
    let steps = view.min.iter().zip(&view.max);
    TimeAtLimit::of(
        steps.map(|(min, max)| Some(((*min)?, (*max)?))),
        view.step_ms as f64 / 1e3,
        limit,
    )
}

fn correlation_view(figures: Correlation, text: String) -> CorrelationView {
    CorrelationView {
        significant: figures.is_significant(),
        text,
        chance_text: figures.chance_text(),
        figures,
    }
}

/// A run for people and programs.
pub fn run_row(run: &Run, now: Timestamp) -> RunRow {
    let entry = run.entry();
    RunRow {
        id: run.id,
        container_id: run.container.clone(),
        image: run.image.clone(),
        limit_bytes: run.limit_bytes,
        started_at: run.started_at,
        ended_at: run.end.map(|end| end.at),
        age_ms: (run.age_s(now) * 1e3) as i64,
        restart: entry.map(|entry| entry.id),
        cause: entry.map(|entry| entry.cause),
        confidence: entry.map(|entry| entry.confidence),
        counts: run.died(),
        memory_at_end_bytes: run.end.and_then(|end| end.memory_bytes),
        tasks_at_end: run.end.and_then(|end| end.tasks),
        task_kind: run.seen.task_kind,
        memory_growth: memory_growth_view(&run.memory_growth(now)),
        tasks_growth: tasks_growth_view(&run.tasks_growth(now), run.seen.task_kind),
        memory: run.seen.memory.clone(),
        tasks: run.seen.tasks.clone(),
    }
}

/// The deploys among runs for people and programs, newest first, without when they were decided.
pub fn deploy_rows(runs: &[Run], deploys: &[Deploy], now: Timestamp) -> Vec<DeployRow> {
    let rows = deploys.iter().rev();
    rows.map(|deploy| deploy_row(runs, deploy, now)).collect()
}

fn deploy_row(runs: &[Run], deploy: &Deploy, now: Timestamp) -> DeployRow {
    let (old, new) = (&runs[deploy.after.start - 1], &runs[deploy.after.start]);
    let proof = &deploy.proof;
    let same_age = proof.same_age;
    let ids = |place: std::ops::Range<usize>| runs[place].iter().map(|run| run.id).collect();
    let kind = runs[deploy.before.start..deploy.after.end]
        .iter()
        .rev()
        .find_map(|run| run.seen.task_kind);
    let ready_in_s = match proof.outcome {
        Outcome::TooEarly { ready_in_s } if !deploy.is_over => Some(ready_in_s),
        _ => None,
    };
    DeployRow {
        at: deploy.at,
        container_id: deploy.container.clone(),
        from_image: old.image.clone(),
        to_image: new.image.clone(),
        from_limit_bytes: old.limit_bytes,
        to_limit_bytes: new.limit_bytes,
        outcome: outcome(deploy),
        text: text(deploy, kind),
        decided_at: None,
        decided_text: None,
        ready_at: ready_in_s.map(|left| now + TimeDelta::seconds(left.min(3.2e9) as i64)),
        cause: deploy.cause,
        restarts_before: deploy.deaths.0,
        restarts_after: deploy.deaths.1,
        watched_before_s: deploy.watched_s.0,
        watched_after_s: deploy.watched_s.1,
        residual: proof.residual,
        growth: proof.growth.map(BeforeAfter::from),
        same_age_s: same_age.map(|same| same.age_s),
        memory: same_age.and_then(|same| same.memory).map(BeforeAfter::from),
        tasks: same_age.and_then(|same| same.tasks).map(BeforeAfter::from),
        runs_before: ids(deploy.before.clone()),
        runs_after: ids(deploy.after.clone()),
    }
}

const fn outcome(deploy: &Deploy) -> DeployOutcome {
    match deploy.proof.outcome {
        Outcome::NothingBefore => DeployOutcome::NothingBefore,
        Outcome::Fixed => DeployOutcome::Fixed,
        Outcome::Better { .. } => DeployOutcome::Better,
        Outcome::Unchanged => DeployOutcome::Unchanged,
        Outcome::MadeWorse { .. } => DeployOutcome::MadeWorse,
        Outcome::OnlyDelayed { .. } => DeployOutcome::OnlyDelayed,
        Outcome::TooEarly { .. } if deploy.is_over => DeployOutcome::Replaced,
        Outcome::TooEarly { .. } => DeployOutcome::TooEarly,
    }
}

fn text(deploy: &Deploy, kind: Option<TaskKind>) -> String {
    if matches!(outcome(deploy), DeployOutcome::Replaced) {
        return format!(
            "replaced after {}, before anything could be told",
            words::seconds(deploy.watched_s.1)
        );
    }
    deploy.proof.text(kind.map_or("tasks", TaskKind::label))
}

impl From<Pair> for BeforeAfter {
    fn from(pair: Pair) -> Self {
        Self {
            before: pair.before,
            after: pair.after,
            chance_lower: pair.chance_lower,
        }
    }
}
