//! Sentences for facts that several detectors cite.

use chrono::TimeDelta;

use super::{Window, memory::Approach, words};
use crate::{
    Timestamp,
    fact::Action,
    ledger::EndSeen,
    panic::Panic,
    verdict::{Evidence, EvidenceKind, Stance},
};

/// Evidence that speaks for the cause.
pub(super) fn pro(kind: EvidenceKind, text: String, at: Option<Timestamp>) -> Evidence {
    evidence(Stance::For, kind, text, at)
}

/// Evidence that speaks against it.
pub(super) fn con(kind: EvidenceKind, text: String, at: Option<Timestamp>) -> Evidence {
    evidence(Stance::Against, kind, text, at)
}

/// What would have helped.
pub(super) fn missing(kind: EvidenceKind, text: String, at: Option<Timestamp>) -> Evidence {
    evidence(Stance::Missing, kind, text, at)
}

fn evidence(stance: Stance, kind: EvidenceKind, text: String, at: Option<Timestamp>) -> Evidence {
    Evidence {
        stance,
        kind,
        text,
        at,
    }
}

/// The exit code, if it was seen.
pub(super) fn exit(window: &Window<'_>) -> Evidence {
    let at = Some(window.death.ended_at);
    match window.death.exit_code {
        Some(code) => pro(EvidenceKind::ExitCode, words::exit_code(code), at),
        None => missing(
            EvidenceKind::ExitCode,
            "the exit code was not seen".to_owned(),
            at,
        ),
    }
}

/// The kernel's OOM kills near the end, in one sentence.
pub(super) fn oom(window: &Window<'_>) -> Option<(Timestamp, String)> {
    let at = *window.death.ooms.first()?;
    let end = window.death.ended_at;
    let when = if at <= end {
        format!("{} before the end", words::duration(end - at))
    } else {
        format!("{} after the end was told", words::duration(at - end))
    };
    Some((at, format!("kernel reported an OOM kill {when}")))
}

/// That the engine said so with the end itself, as Podman does since version 6. Its `conmon` takes note of every kill in the container's cgroup
/// during the run (`memory.events`: `oom`, `oom_kill`), so it may have been a child's, long ago.
pub(super) fn flag_with_end(window: &Window<'_>) -> Option<Evidence> {
    let end = window.death.ended_at;
    let told = window.death.events.iter().any(|event| {
        event.at == end
            && matches!(
                event.action,
                Action::Die {
                    oom_killed: true,
                    ..
                }
            )
    });
    told.then(|| {
        pro(
            EvidenceKind::EngineFlag,
            "the die event said oomKilled; a killed child sets that too".to_owned(),
            Some(end),
        )
    })
}

/// That nobody asked the engine to end it, as far as that could be seen.
pub(super) fn not_asked(window: &Window<'_>) -> Option<Evidence> {
    (window.saw_everything() && !window.was_asked()).then(|| {
        pro(
            EvidenceKind::KillEvent,
            "no kill came through the API".to_owned(),
            None,
        )
    })
}

/// What was asked of the engine.
pub(super) fn asked(window: &Window<'_>) -> Vec<Evidence> {
    let asked = &window.death.asked;
    let end = window.death.ended_at;
    let mut evidence = Vec::new();
    for (at, signal) in &asked.kills {
        evidence.push(pro(
            EvidenceKind::KillEvent,
            format!(
                "{} came through the API {} before the end",
                words::signal(*signal),
                words::duration(end - *at)
            ),
            Some(*at),
        ));
    }
    let after = |what: &str, at: Timestamp| {
        let when = if at <= end {
            format!("{} before the end", words::duration(end - at))
        } else {
            format!("{} after the end", words::duration(at - end))
        };
        pro(
            EvidenceKind::OperatorEvent,
            format!("{what} came through the API {when}"),
            Some(at),
        )
    };
    evidence.extend(asked.restart.map(|at| after("a restart", at)));
    if asked.restart.is_none() {
        evidence.extend(asked.stop.map(|at| after("a stop", at)));
    }
    evidence
}

/// When the health check began to fail, if it was failing at a moment of this run.
pub(super) fn unhealthy(window: &Window<'_>, at: Timestamp) -> Option<Timestamp> {
    let told = window.death.events.iter().filter(|event| event.at <= at);
    let last = told.filter_map(|event| match event.action {
        Action::Health { healthy } => Some((event.at, healthy)),
        _ => None,
    });
    last.max()
        .and_then(|(at, healthy)| (!healthy).then_some(at))
}

/// What the program wrote before its end.
pub(super) fn panic(panic: &Panic) -> Evidence {
    let said = if panic.message.is_empty() {
        panic.kind.clone()
    } else {
        format!("{}: {}", panic.kind, panic.message)
    };
    pro(
        EvidenceKind::Log,
        format!("its log ends with “{said}”"),
        None,
    )
}

/// Whether inspect told what the container is made from; events tell neither limit nor policy.
pub(super) fn inspected(window: &Window<'_>) -> bool {
    !window.death.spec.image_id.is_empty()
}

/// What could not be seen of the end.
pub(super) fn unseen(window: &Window<'_>) -> Vec<Evidence> {
    let death = window.death;
    let mut evidence: Vec<Evidence> = death
        .gaps
        .iter()
        .map(|gap| {
            let text = gap.to.map_or_else(
                || format!("event stream was down from {}", words::clock(gap.from)),
                |to| {
                    format!(
                        "event stream was reconnecting from {} to {}",
                        words::clock(gap.from),
                        words::clock(to)
                    )
                },
            );
            missing(EvidenceKind::Coverage, text, Some(gap.from))
        })
        .collect();
    if let Some(hidden) = death.hidden {
        evidence.push(missing(
            EvidenceKind::Coverage,
            format!(
                "one of {} ends that only the engine's counter told; its times are not known",
                hidden.of
            ),
            None,
        ));
    }
    match death.seen {
        EndSeen::Event => {}
        EndSeen::Inspect => evidence.push(missing(
            EvidenceKind::Coverage,
            "no die event was seen; the end was read from inspect".to_owned(),
            Some(death.ended_at),
        )),
        EndSeen::Moved => evidence.push(missing(
            EvidenceKind::Coverage,
            "the end was not seen; the start had moved at the next look".to_owned(),
            None,
        )),
        EndSeen::Removed => evidence.push(missing(
            EvidenceKind::Coverage,
            "the end was not seen; the container was gone at the next look".to_owned(),
            None,
        )),
    }
    if !window.events_tell_causes {
        // One that tells of a kill with the end is silent about stops alone.
        let text = if flag_with_end(window).is_some() {
            "this engine does not report stops"
        } else {
            "this engine reports neither OOM kills nor stops"
        };
        evidence.push(missing(EvidenceKind::Coverage, text.to_owned(), None));
    }
    evidence
}

/// Memory from where it counts as near the limit.
pub(super) const NEAR_LIMIT: f64 = 0.90;

/// Memory before the end as evidence for reaching the limit: supporting when near, missing when the peak was not seen.
pub(super) fn memory(window: &Window<'_>) -> Evidence {
    let Some(approach) = Approach::of(window.samples, window.death.ended_at) else {
        return no_memory(window);
    };
    let near = approach.ratio >= NEAR_LIMIT;
    let growth = approach
        .slope
        .filter(|_| !near && approach.would_reach_limit())
        .map(|slope| words::percent(slope * 60.0));
    let sentence = if near {
        format!(
            "memory {} of {} {} before the end",
            words::percent(approach.ratio),
            words::bytes(approach.limit),
            words::duration(approach.before)
        )
    } else {
        format!(
            "last sample {} of {}, {} before the end; peak not seen",
            words::percent(approach.ratio),
            words::bytes(approach.limit),
            words::duration(approach.before)
        )
    };
    let text = growth.as_ref().map_or(sentence.clone(), |growth| {
        format!("{sentence}; growth of {growth} a minute reached the limit by then")
    });
    let stance = if near || growth.is_some() {
        Stance::For
    } else {
        Stance::Missing
    };
    evidence(stance, EvidenceKind::Memory, text, Some(approach.at))
}

/// Why there is no share of the limit to cite.
fn no_memory(window: &Window<'_>) -> Evidence {
    let end = window.death.ended_at;
    let last = window.samples.iter().rev().find(|sample| sample.at <= end);
    let text = match last {
        Some(sample) if sample.limit_bytes.is_none() => sample.working_set_bytes.map_or_else(
            || "no memory limit was set".to_owned(),
            |used| {
                format!(
                    "no memory limit was set; memory was {} {} before the end",
                    words::bytes(used),
                    words::duration(end - sample.at)
                )
            },
        ),
        Some(sample) => format!(
            "no sample in the last minute; the last one was {} before the end",
            words::duration(end - sample.at)
        ),
        None => "no sample of this run".to_owned(),
    };
    missing(EvidenceKind::Memory, text, last.map(|sample| sample.at))
}

/// That the limit was hit between the last readings, where the kernel counts that by itself (`memory.events`, which Docker tells as
/// `failcnt` on cgroup v2). On v1 the number counts what reclaim settled as well, and says nothing; those readings have a peak. Kills of
/// children that were reported explain themselves.
pub(super) fn limit_was_hit(window: &Window<'_>) -> Option<Evidence> {
    const LATELY: TimeDelta = TimeDelta::seconds(60);

    let end = window.death.ended_at;
    let last = window
        .samples
        .iter()
        .rev()
        .find(|sample| sample.at <= end)?;
    let before = window
        .samples
        .iter()
        .rev()
        .filter(|sample| sample.at < last.at && end - sample.at <= LATELY)
        .find(|sample| sample.limit_hits < last.limit_hits)?;
    let of_a_child = window
        .death
        .child_ooms
        .iter()
        .any(|oom| *oom >= before.at && *oom <= last.at);
    let hits = last.limit_hits?.checked_sub(before.limit_hits?)?;
    (hits > 0 && last.peak_bytes.is_none() && !of_a_child && end - last.at <= LATELY).then(|| {
        pro(
            EvidenceKind::Memory,
            format!(
                "the kernel counted that memory was at its limit, between {} and {} before the end",
                words::duration(end - before.at),
                words::duration(end - last.at)
            ),
            Some(last.at),
        )
    })
}

/// Kernel kills in this run that it lived through: they explain a raised flag, not this end.
pub(super) fn survived_ooms(window: &Window<'_>) -> Option<Evidence> {
    let at = *window.death.child_ooms.last()?;
    Some(con(
        EvidenceKind::OomEvent,
        format!(
            "an OOM kill {} before the end was that of a child; the container lived on",
            words::duration(window.death.ended_at - at)
        ),
        Some(at),
    ))
}
