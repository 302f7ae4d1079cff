//! What the range shows, with its count. It says nothing that was not counted.

use domain::{
    verdict::Cause,
    view::{AnalysisView, DeployOutcome, DeployRow},
};

use super::{
    finding::{Finding, capitalised},
    load::WorkloadPage,
    picture::Picture,
};
use crate::{
    chart::{
        bands::Band,
        coverage::Strip,
        segments::{self, Segment},
    },
    format::{bytes, count, day_clock, percent, version},
};

/// A run is seen from its start if its first value is at most so many buckets after the end of the one before.
const SOON: i64 = 3;

/// Everything that is said above the charts: what the range shows, and what the newest deploy did.
pub fn all(page: &WorkloadPage, analysis: &AnalysisView, deploys: &[DeployRow]) -> Vec<Finding> {
    let found = find(page, &Picture::from(page), analysis);
    [found]
        .into_iter()
        .chain(deploys.iter().find_map(|deploy| of_deploy(page, deploy)))
        .collect()
}

/// What the range shows.
pub fn find(page: &WorkloadPage, picture: &Picture, analysis: &AnalysisView) -> Finding {
    match picture.restarts.len() {
        0 => calm(page, picture),
        _ => follows(page, picture, analysis).unwrap_or_else(|| by_cause(picture)),
    }
}

/// Whether restarts follow memory at its limit, or tasks at their highest; with what else is known of that.
fn follows(page: &WorkloadPage, picture: &Picture, analysis: &AnalysisView) -> Option<Finding> {
    let followed = |it: &&domain::view::CorrelationView| it.figures.followed > 0;
    let memory = analysis.memory_correlation.as_ref().filter(followed);
    let tasks = analysis
        .tasks_correlation
        .as_ref()
        .filter(|tasks| tasks.significant);
    let first = memory.or(tasks)?;
    let cost = analysis
        .cost
        .as_ref()
        .map(|cost| format!("{}.", capitalised(&cost.text)));
    let rise = Some(rise(picture)).filter(|rise| cost.is_none() && !rise.is_empty());
    let ages = analysis
        .survival
        .filter(|survival| survival.regular)
        .and(analysis.survival_text.as_ref())
        .map(|text| format!("{}.", capitalised(text)));
    let rest: Vec<String> = [cost, rise, ages].into_iter().flatten().collect();
    Some(Finding {
        claim: format!("{}; {}.", first.text, first.chance_text),
        rest: rest.join(" "),
        href: format!("/workloads/{}/runs", page.detail.row.id),
    })
}

/// What a deploy did, if there was a fault before that it could have ended, or it brought one.
fn of_deploy(page: &WorkloadPage, deploy: &DeployRow) -> Option<Finding> {
    let says_something = !matches!(
        deploy.outcome,
        DeployOutcome::NothingBefore | DeployOutcome::Replaced
    );
    let (head, figures) = deploy.text.split_once("; ").unwrap_or((&deploy.text, ""));
    says_something.then(|| Finding {
        claim: format!("{}.", capitalised(head)),
        rest: [
            format!(
                "Since {}, {} UTC.",
                change(deploy),
                day_clock(deploy.at.timestamp_millis())
            ),
            sentence(figures),
        ]
        .join(" "),
        href: format!("/workloads/{}/deploys", page.detail.row.id),
    })
}

fn sentence(figures: &str) -> String {
    if figures.is_empty() {
        String::new()
    } else {
        format!("{}.", capitalised(figures))
    }
}

/// `2.7.4 → 2.8.0`, `the limit went from 512 MiB to 768 MiB`.
pub fn change(deploy: &DeployRow) -> String {
    let version = version(&deploy.from_image, Some(&deploy.to_image));
    if deploy.from_limit_bytes == deploy.to_limit_bytes {
        return version;
    }
    let limit = |limit: Option<u64>| limit.map_or_else(|| "none".to_owned(), |it| bytes(it as f64));
    format!(
        "{version}, limit {} → {}",
        limit(deploy.from_limit_bytes),
        limit(deploy.to_limit_bytes)
    )
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
        ..Finding::default()
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
        ..Finding::default()
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
