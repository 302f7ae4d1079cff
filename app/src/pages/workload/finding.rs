//! The sentence above the charts: what the range shows, with its count. It says nothing that was not counted.

use super::{load::WorkloadPage, picture::Picture};
use crate::{
    chart::{coverage::Strip, segments},
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

/// What the range shows.
pub fn find(page: &WorkloadPage, picture: &Picture) -> Finding {
    let at_limit = picture.frame.ties().count();
    match picture.restarts {
        0 => calm(page, picture),
        n if at_limit == 0 => Finding {
            claim: format!(
                "{} in this range, {}",
                restarts(n),
                if n == 1 {
                    "not at the memory limit."
                } else {
                    "none at the memory limit."
                }
            ),
            rest: leading_cause(page),
        },
        n => Finding {
            claim: format!(
                "{} of {} came with memory at 95 % of its limit or more.",
                at_limit.min(n),
                restarts(n)
            ),
            rest: rise(picture),
        },
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

/// The most frequent cause of the restarts in the table.
fn leading_cause(page: &WorkloadPage) -> String {
    let counted: Vec<_> = page
        .restarts
        .data
        .iter()
        .filter(|row| row.counts)
        .map(|row| row.cause)
        .collect();
    let frequency = |cause| counted.iter().filter(|c| **c == cause).count();
    let Some(cause) = counted
        .iter()
        .copied()
        .max_by_key(|cause| frequency(*cause))
    else {
        return String::new();
    };
    format!(
        "{} of {}: {}.",
        frequency(cause),
        counted.len(),
        cause.label().to_lowercase()
    )
}

/// Whether the task count rose with memory, run for run: from its first to its last value of every run that ended at the limit.
fn rise(picture: &Picture) -> String {
    let (Some(tasks), Some(kind)) = (&picture.tasks, picture.task_kind) else {
        return String::new();
    };
    let runs = segments::cut(&tasks.series, &picture.frame.ends);
    let ended_at_limit = |run: &&segments::Segment| {
        let end = run[run.len() - 1].0;
        picture
            .frame
            .bands
            .iter()
            .any(|band| band.ended_run && (band.from..=band.to).contains(&end))
    };
    let runs: Vec<_> = runs
        .iter()
        .filter(ended_at_limit)
        .filter(|run| run.len() > 2)
        .collect();
    let highest = runs
        .iter()
        .map(|run| run[run.len() - 1].1.last)
        .fold(0.0, f64::max);
    let rose = runs
        .iter()
        .filter(|run| run[run.len() - 1].1.last >= 2.0 * run[0].1.last.max(1.0))
        .count();
    match (rose, runs.len()) {
        (0, _) => String::new(),
        (rose, all) if rose == all && all > 1 => {
            format!(
                "{} rose with it in every one of these runs, to {} at most.",
                capitalised(kind.label()),
                count(highest)
            )
        }
        (rose, all) => format!(
            "{} rose with it in {rose} of {all} runs, to {} at most.",
            capitalised(kind.label()),
            count(highest)
        ),
    }
}

/// The label as the start of a sentence.
pub fn capitalised(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
