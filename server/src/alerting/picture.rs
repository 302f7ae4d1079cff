//! The course before what a message tells of: up to its moment and no further, so that it is the same when it is sent again.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    alert::{Quantity, Rule, Signal},
    ids::{DeliveryId, WorkloadId},
    metric::Metric,
    view::{SeriesView, TimeRange},
};

use crate::{
    notify::Picture,
    store::{Store, StoreError, alerts::Batch},
};

/// What is shown before the moment: some lives of a workload that leaks by the hour.
const REACH: TimeDelta = TimeDelta::hours(6);
/// Steps: a little more than a minute.
const STEPS: u32 = 280;
/// Messages of a batch that get one: what is told in full.
const MOST: usize = 10;
/// Kept free above the highest value.
const HEADROOM: f64 = 1.08;

/// The pictures of a batch. Messages about sources have none, and those about workloads of which nothing was seen.
pub(super) async fn pictures(
    store: &Store,
    batch: &Batch,
) -> Result<HashMap<DeliveryId, Picture>, StoreError> {
    let told = &batch.claimed[..batch.claimed.len().min(MOST)];
    let ids: Vec<DeliveryId> = told.iter().map(|one| one.id).collect();
    let subjects = store.alerts().subjects(&ids).await?;
    let mut pictures = HashMap::new();
    for one in told {
        let Some((workload, rule)) = subjects.get(&one.id) else {
            continue;
        };
        let range = TimeRange {
            from: one.message.at - REACH,
            to: one.message.at,
        };
        if let Some(picture) = draw(store, *workload, rule, range).await? {
            pictures.insert(one.id, picture);
        }
    }
    Ok(pictures)
}

async fn draw(
    store: &Store,
    workload: WorkloadId,
    rule: &Rule,
    range: TimeRange,
) -> Result<Option<Picture>, StoreError> {
    let wanted = Wanted::of(rule);
    // Without a limit there is no share of it.
    for wanted in [wanted, Wanted::plain(Metric::MemoryWorkingSetBytes)] {
        let of_one = [workload];
        let mut series = store
            .series_of(&of_one, range, STEPS, wanted.metric)
            .await?;
        if let Some(picture) = series.pop().and_then(|series| wanted.picture(&series)) {
            return Ok(Some(picture));
        }
    }
    Ok(None)
}

/// What of a workload is shown for a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wanted {
    metric: Metric,
    /// Where its line is, and what that is called.
    line: Option<(f64, &'static str)>,
}

impl Wanted {
    const fn plain(metric: Metric) -> Self {
        Self { metric, line: None }
    }

    fn of(rule: &Rule) -> Self {
        let limit = Self {
            metric: Metric::MemoryRatio,
            line: Some((1.0, "its limit")),
        };
        let Some(threshold) = rule.condition.threshold() else {
            return limit;
        };
        let with_line = |metric| Self {
            metric,
            line: Some((threshold.raise, "the threshold")),
        };
        match threshold.signal {
            Signal::MemoryRatio(_) => with_line(Metric::MemoryRatio),
            Signal::MemoryWorkingSetBytes(_) => with_line(Metric::MemoryWorkingSetBytes),
            Signal::Tasks(_) => with_line(Metric::Tasks),
            Signal::TaskGrowth => Self::plain(Metric::Tasks),
            Signal::MemoryGrowth => Self::plain(Metric::MemoryWorkingSetBytes),
            _ => limit,
        }
    }

    fn picture(self, series: &SeriesView) -> Option<Picture> {
        let seen = || series.max.iter().flatten().copied();
        let highest = seen().reduce(f64::max)?;
        let newest = series.last.iter().rev().flatten().next().copied();
        let (name, quantity) = match self.metric {
            Metric::Tasks => ("Tasks", Quantity::Count),
            Metric::MemoryRatio => ("Memory of its limit", Quantity::Ratio),
            _ => ("Memory", Quantity::Bytes),
        };
        let newest = newest.map_or_else(String::new, |newest| {
            format!(", {} at the end", quantity.show(newest))
        });
        let line = self.line.map_or_else(String::new, |(line, what)| {
            format!("; the dashed line is {what}, {}", quantity.show(line))
        });
        let hours = REACH.num_hours();
        Some(Picture {
            words: format!(
                "{name} in the {hours} h before: at most {}{newest}{line}.",
                quantity.show(highest)
            ),
            values: series.max.clone(),
            top: self.line.map_or(highest, |(line, _)| line.max(highest)) * HEADROOM,
            line: self.line.map(|(line, _)| line),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::{alert::Fields, metric::Unit};

    use super::*;

    fn rule(given: &[(&str, &str)]) -> Rule {
        let fields: Fields = given.iter().copied().collect();
        Rule::read(&fields).expect("is one")
    }

    #[test]
    fn a_rule_shows_what_it_looks_at_and_others_the_way_to_the_limit() {
        let memory = rule(&[("name", "a"), ("when", "memory_ratio"), ("above", "90%")]);
        let tasks = rule(&[("name", "a"), ("when", "tasks"), ("above", "500")]);
        let died = rule(&[("name", "a"), ("when", "each_restart")]);
        let of = |rule| (Wanted::of(rule).metric, Wanted::of(rule).line);
        assert_eq!(
            of(&memory),
            (Metric::MemoryRatio, Some((0.9, "the threshold")))
        );
        assert_eq!(of(&tasks), (Metric::Tasks, Some((500.0, "the threshold"))));
        assert_eq!(of(&died), (Metric::MemoryRatio, Some((1.0, "its limit"))));
    }

    #[test]
    fn it_is_said_what_is_seen() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).expect("is one");
        let values = vec![Some(0.5), None, Some(0.97), Some(0.2)];
        let series = SeriesView {
            metric: Metric::MemoryRatio,
            unit: Unit::Ratio,
            kind: None,
            from: at(0),
            step_ms: 60_000,
            min: values.clone(),
            max: values.clone(),
            last: values,
        };
        let memory = rule(&[("name", "a"), ("when", "memory_ratio"), ("above", "90%")]);
        let picture = Wanted::of(&memory).picture(&series).expect("is seen");
        assert_eq!(
            picture.words,
            "Memory of its limit in the 6 h before: at most 97 %, 20 % at the end; the dashed line is the threshold, 90 %."
        );
        assert!(picture.png().is_some());
        let blind = SeriesView {
            max: vec![None; 4],
            ..series
        };
        assert_eq!(Wanted::of(&memory).picture(&blind), None);
    }
}
