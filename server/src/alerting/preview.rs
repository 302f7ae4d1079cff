//! What a rule would have said of the last 30 days.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{
        Condition, Happening, Rule, Signal,
        preview::{Episode, over_ends, over_moments, over_series},
    },
    ids::SourceId,
    metric::Metric,
    view::{RulePreview, SeriesView, TimeRange, WorkloadPreview},
};

use crate::store::{
    Store, StoreError,
    alerts::{Moments, SourceMember},
};

/// How far back a preview looks.
const REACH: TimeDelta = TimeDelta::days(30);
/// Workloads whose series is drawn.
const DRAWN: usize = 3;
/// Points of a series that is drawn: more than a chart has pixel columns.
const POINTS: u32 = 1_000;
/// Buckets in the reach, of a quarter of an hour, over which the rule is run. No more are computed for any size of fleet.
const BUCKETS: u32 = 4_000;

/// Runs a rule over what is stored.
pub async fn preview(
    store: &Store,
    rule: &Rule,
    now: Timestamp,
) -> Result<RulePreview, StoreError> {
    let range = TimeRange {
        from: now - REACH,
        to: now,
    };
    let mut answer = RulePreview {
        from: range.from,
        to: range.to,
        in_scope: 0,
        is_computed: false,
        fired: 0,
        workloads: Vec::new(),
        note: None,
    };
    let roster = store
        .alert_roster(!rule.scope.labels.is_empty(), now)
        .await?;
    let sources: HashMap<SourceId, &SourceMember> = roster
        .sources
        .iter()
        .map(|source| (source.id, source))
        .collect();
    let members: Vec<_> = roster
        .workloads
        .iter()
        .filter(|member| {
            let source = sources.get(&member.source);
            source.is_some_and(|source| rule.scope.covers(member.target(source)))
        })
        .collect();
    answer.in_scope = members.len() as u32;
    if rule.condition.is_of_source() {
        answer.in_scope = 0;
    }
    let metric = match ground(&rule.condition) {
        Ok(metric) => metric,
        Err(why) => {
            answer.note = Some(why.to_owned());
            return Ok(answer);
        }
    };
    answer.is_computed = true;
    let reach = rule
        .condition
        .threshold()
        .and_then(|threshold| threshold.signal.window())
        .unwrap_or_default()
        .max(rule.grace());
    let ends = store.ends_since(range.from - reach, now).await?;
    let none = Vec::new();
    let mut found: Vec<(usize, Vec<Episode>, Option<SeriesView>, f64)> = Vec::new();
    if let Some(metric) = metric {
        answer.note = Some("Computed on the smallest, largest and last values of every quarter of an hour; the times are exact to these.".to_owned());
        let ids: Vec<_> = members.iter().map(|member| member.id).collect();
        let series = store.series_of(&ids, range, BUCKETS, metric).await?;
        for (index, series) in series.into_iter().enumerate() {
            let episodes =
                over_series(rule, &series, ends.get(&members[index].id).unwrap_or(&none));
            let peak = series.max.iter().flatten().copied().fold(0.0, f64::max);
            found.push((index, episodes, None, peak));
        }
    } else {
        let gaps = store.blind_by_source(range).await?;
        let moments = match &rule.condition {
            Condition::Happens(Happening::Restart(_)) | Condition::Threshold(_) => None,
            Condition::Happens(happening) => Some(store.moments(happening, range).await?),
        };
        if let Some(moments) = &moments {
            answer.note = note(rule, moments, &sources);
        }
        for (index, member) in members.iter().enumerate() {
            let ends = ends.get(&member.id).unwrap_or(&none);
            let blind = gaps.get(&member.source).map_or(&[][..], Vec::as_slice);
            let (episodes, count) = match &moments {
                None if ends.is_empty() => (Vec::new(), 0),
                None => {
                    let episodes = over_ends(rule, ends, blind, range.from, range.to);
                    (episodes, ends.len())
                }
                Some(moments) => {
                    let of = moments.of_workloads.get(&member.id);
                    let of = of.map_or(&[][..], Vec::as_slice);
                    let episodes = over_moments(rule, of, ends, blind, range.from, range.to);
                    (episodes, of.len())
                }
            };
            found.push((index, episodes, None, count as f64));
        }
    }
    answer.fired = found
        .iter()
        .map(|(_, episodes, ..)| episodes.len() as u32)
        .sum();
    // Most often first, then who came closest.
    found.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(b.3.total_cmp(&a.3)));
    found.retain(|(_, episodes, ..)| !episodes.is_empty());
    let shown = found.len().max(DRAWN.min(members.len()));
    let drawn: Vec<usize> = found
        .iter()
        .map(|(index, ..)| *index)
        .chain(0..members.len())
        .collect();
    let mut kept: Vec<usize> = Vec::new();
    for index in drawn {
        if !kept.contains(&index) && kept.len() < shown {
            kept.push(index);
        }
    }
    let mut lines = Vec::new();
    let first: Vec<_> = kept
        .iter()
        .take(DRAWN)
        .map(|index| members[*index].id)
        .collect();
    if let Some(metric) = metric {
        lines = store.series_of(&first, range, POINTS, metric).await?;
    } else if let Condition::Threshold(threshold) = &rule.condition
        && let Signal::Restarts { causes, window_s } = &threshold.signal
    {
        lines = first
            .iter()
            .map(|id| count_line(ends.get(id).unwrap_or(&none), causes, *window_s, range))
            .collect();
    }
    let mut lines = lines.into_iter();
    for index in kept {
        let member = members[index];
        let episodes = found
            .iter_mut()
            .find(|(found, ..)| *found == index)
            .map(|(_, episodes, ..)| std::mem::take(episodes))
            .unwrap_or_default();
        answer.workloads.push(WorkloadPreview {
            workload: member.id,
            name: member.name.clone(),
            group: member.group.clone(),
            episodes,
            series: lines.next(),
        });
    }
    Ok(answer)
}

/// The series that a rule is run over, if it is one; else why it is not run over what is stored.
const fn ground(condition: &Condition) -> Result<Option<Metric>, &'static str> {
    match condition {
        Condition::Threshold(threshold) => match threshold.signal {
            Signal::MemoryRatio(_) => Ok(Some(Metric::MemoryRatio)),
            Signal::MemoryWorkingSetBytes(_) => Ok(Some(Metric::MemoryWorkingSetBytes)),
            Signal::Tasks(_) => Ok(Some(Metric::Tasks)),
            Signal::Restarts { .. } => Ok(None),
            Signal::MemoryGrowth | Signal::TaskGrowth | Signal::TimeToLimit => Err(
                "Whether a run grows is judged anew hundreds of times in its life, by all that was read of it until then, and what was found is \
                 not kept. Judging a month anew takes longer than a preview may, so this is not counted.",
            ),
            Signal::SourceUnreachable | Signal::CoverageLost => {
                Err("What sources were like is not kept, so this is not counted.")
            }
        },
        Condition::Happens(Happening::FixFailed) => Err(
            "Of what deploys did only the sentence is kept that is on the timeline, so this is not counted.",
        ),
        Condition::Happens(_) => Ok(None),
    }
}

/// What there is to know about moments that were counted.
fn note(
    rule: &Rule,
    moments: &Moments,
    sources: &HashMap<SourceId, &SourceMember>,
) -> Option<String> {
    match &rule.condition {
        Condition::Happens(Happening::NewPanic) => Some(
            "A fault counts as new when it is the first of its kind that is still kept.".to_owned(),
        ),
        Condition::Happens(Happening::IncidentOpened) => {
            let in_scope = |(source, at): (&SourceId, &Vec<Timestamp>)| {
                let source = sources.get(source)?;
                rule.scope.covers(source.target()).then_some(at.len())
            };
            match moments
                .of_sources
                .iter()
                .filter_map(in_scope)
                .sum::<usize>()
            {
                0 => None,
                1 => Some("Besides, an incident of a whole engine or host was opened.".to_owned()),
                many => Some(format!(
                    "Besides, {many} incidents of whole engines or hosts were opened."
                )),
            }
        }
        _ => None,
    }
}

/// Restarts in a window as a line.
fn count_line(
    ends: &[domain::alert::preview::End],
    causes: &domain::alert::Causes,
    window_s: i64,
    range: TimeRange,
) -> SeriesView {
    let step_ms = (range.to - range.from).num_milliseconds() / i64::from(POINTS);
    let window = TimeDelta::seconds(window_s);
    let taken: Vec<Timestamp> = ends
        .iter()
        .filter(|end| causes.take(end.cause, domain::restart::counts(end.cause, end.came_back)))
        .map(|end| end.at)
        .collect();
    let values: Vec<Option<f64>> = (0..POINTS)
        .map(|point| {
            let at = range.from + TimeDelta::milliseconds(step_ms * i64::from(point + 1));
            let count = taken.partition_point(|end| *end <= at)
                - taken.partition_point(|end| *end <= at - window);
            Some(count as f64)
        })
        .collect();
    SeriesView {
        metric: Metric::Tasks,
        unit: domain::metric::Unit::Count,
        kind: None,
        from: range.from,
        step_ms,
        min: values.clone(),
        max: values.clone(),
        last: values,
    }
}
