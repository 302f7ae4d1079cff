//! The sentence above the charts: what the range shows, with its count. It says nothing that was not counted.

use domain::verdict::Cause;

use super::{load::WorkloadPage, picture::Picture};
use crate::{
    chart::{
        bands::{AT_LIMIT, Band},
        coverage::Strip,
        segments::{self, Segment},
    },
    format::{bytes, count, percent},
};

/// A statement and what qualifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The statement.
    pub claim: String,
    /// Its circumstances; may be empty.
    pub rest: String,
}

/// The coarsest buckets that tell whether a restart came at the limit, in milliseconds. In longer ones, which a run or two fit into,
/// nearly every restart of a leaking workload would.
const FINE: i64 = 180_000;

/// A run is seen from its start if its first value is at most so many buckets after the end of the one before.
const SOON: i64 = 3;

/// What the range shows.
pub fn find(page: &WorkloadPage, picture: &Picture) -> Finding {
    match picture.restarts.len() {
        0 => calm(page, picture),
        _ => at_limit(picture).unwrap_or_else(|| by_cause(picture)),
    }
}

/// How many restarts came with memory at its limit, if any did and it can be told.
fn at_limit(picture: &Picture) -> Option<Finding> {
    let ratio = &picture.ratio.as_ref()?.series;
    if ratio.step_ms > FINE {
        return None;
    }
    let high = |t: i64| ratio.at(t).is_some_and(|bucket| bucket.max >= AT_LIMIT);
    let ends = picture.restarts.iter().map(|(end, _)| *end);
    let all = restarts(picture.restarts.len());
    match ends
        .filter(|end| high(*end) || high(end - ratio.step_ms))
        .count()
    {
        0 => None,
        some => Some(Finding {
            claim: format!(
                "{} of {all} came with memory at 95 % of its limit or more.",
                count(some as f64)
            ),
            rest: rise(picture),
        }),
    }
}

/// What most of the restarts came from.
fn by_cause(picture: &Picture) -> Finding {
    let all = picture.restarts.len();
    let frequency = |cause| picture.restarts.iter().filter(|(_, c)| *c == cause).count();
    let causes = picture
        .restarts
        .iter()
        .map(|(_, cause)| (*cause, frequency(*cause)));
    let (cause, most) = causes
        .max_by_key(|(_, n)| *n)
        .unwrap_or((Cause::Unknown, 0));
    let cause = cause.label().to_lowercase();
    let share = if most == all {
        String::new()
    } else {
        format!(", {} of them", count(most as f64))
    };
    Finding {
        claim: format!("{} in this range{share}: {cause}.", restarts(all)),
        rest: String::new(),
    }
}

fn restarts(n: usize) -> String {
    if n == 1 {
        "1 restart".to_owned()
    } else {
        format!("{} restarts", count(n as f64))
    }
}

fn calm(page: &WorkloadPage, picture: &Picture) -> Finding {
    let highest = picture
        .ratio
        .as_ref()
        .and_then(|plot| plot.series.highest())
        .map(percent);
    let highest = highest.or_else(|| picture.memory.series.highest().map(bytes));
    let rest = match highest {
        Some(highest) => format!(
            "Memory reached {highest}{}.",
            if page.detail.row.memory.limit_bytes.is_some() {
                " of its limit"
            } else {
                ""
            }
        ),
        None => "No sample in this range.".to_owned(),
    };
    Finding {
        claim: claim_of_calm(&picture.frame.strip),
        rest,
    }
}

/// "No restart" is only as good as what was seen.
fn claim_of_calm(strip: &Strip) -> String {
    if strip.share >= 0.9995 {
        "No restart in this range.".to_owned()
    } else {
        format!(
            "No restart seen in this range; {} of it was watched.",
            percent(strip.share.min(0.999))
        )
    }
}

/// Whether the task count rose with memory: from its first to its last value of every run that lies in the range from its start to
/// its end at the limit.
fn rise(picture: &Picture) -> String {
    let (Some(tasks), Some(kind)) = (&picture.tasks, picture.task_kind) else {
        return String::new();
    };
    let frame = &picture.frame;
    let whole = |run: &Segment| {
        let (start, end) = (run[0].0, run[run.len() - 1].0);
        let ended_at_limit = |band: &Band| band.ended_run && (band.from..=band.to).contains(&end);
        let began = |t: &i64| (*t..=*t + SOON * tasks.series.step_ms).contains(&start);
        frame.ends.iter().any(began) && frame.bands.iter().any(ended_at_limit)
    };
    let segments = segments::cut(&tasks.series, &frame.ends);
    let runs: Vec<_> = segments
        .iter()
        .filter(|run| run.len() > 2 && whole(run))
        .collect();
    let last = |run: &Segment| run[run.len() - 1].1.last;
    let highest = runs.iter().map(|run| last(run)).fold(0.0, f64::max);
    let rose = runs
        .iter()
        .filter(|run| last(run) >= 2.0 * run[0].1.last.max(1.0))
        .count();
    let runs = match (rose, runs.len()) {
        (0, _) => return String::new(),
        (1, 1) => "in the one run seen from start to end".to_owned(),
        (rose, all) if rose == all => format!("in all {all} runs seen from start to end"),
        (rose, all) => format!("in {rose} of {all} runs seen from start to end"),
    };
    format!(
        "{} rose with it {runs}, to {} at most.",
        capitalised(kind.label()),
        count(highest)
    )
}

/// The label as the start of a sentence.
pub fn capitalised(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
