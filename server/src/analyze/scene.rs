//! What is gathered around an end beside its verdict: its log, who used memory, and the minutes before and after it.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use chrono::{SubsecRound as _, TimeDelta};
use domain::{
    Timestamp,
    black_box::{AFTER, BlackBox, Neighbour},
    fact::Action,
    ids::EngineId,
    ledger::{Death, EndSeen},
    log::LogTail,
    sample::Sample,
};

/// Ends that were judged and may be judged again when their log comes: far more than logs that are read at once.
const JUDGED: usize = 256;
/// A log that belongs to no end that is known by then belongs to one of which the ledger knew before.
const HOLD: Duration = Duration::from_mins(1);
/// Black boxes that wait for the minutes after their end.
const OPEN_BOXES: usize = 4_096;
/// How far from its end a log may say that it was: an end that was only inspected has no exact time.
const ABOUT: TimeDelta = TimeDelta::seconds(2);

/// What a source's ends still wait for, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Scenes {
    /// Logs whose end is not found yet.
    logs: Vec<(LogTail, Instant)>,
    judged: VecDeque<Box<Death>>,
    open: VecDeque<OpenBox>,
}

/// A black box that lacks the minutes after its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenBox {
    pub(super) container: EngineId,
    /// The container that took its place, if it is known.
    pub(super) next: Option<EngineId>,
    pub(super) run_started_at: Timestamp,
    pub(super) ended_at: Timestamp,
}

impl OpenBox {
    /// When its minutes are over.
    pub(super) fn until(&self) -> Timestamp {
        self.ended_at + AFTER
    }
}

impl Scenes {
    /// A log came.
    pub(super) fn log(&mut self, tail: LogTail) {
        self.logs.push((tail, Instant::now()));
    }

    /// Whether a log waits.
    pub(super) fn has_logs(&self) -> bool {
        !self.logs.is_empty()
    }

    /// The log of an end, if it is here.
    pub(super) fn log_of(&mut self, death: &Death) -> Option<LogTail> {
        let place = self.logs.iter().position(|(tail, _)| is_of(tail, death))?;
        let (tail, _) = self.logs.swap_remove(place);
        Some(of_run(tail, death))
    }

    /// Logs that came after their end was judged, with those ends.
    pub(super) fn late_logs(&mut self) -> Vec<(LogTail, Box<Death>)> {
        let mut late = Vec::new();
        let judged = &self.judged;
        self.logs.retain(|(tail, _)| {
            let death = judged.iter().rev().find(|death| is_of(tail, death));
            if let Some(death) = death {
                late.push((of_run(tail.clone(), death), death.clone()));
            }
            death.is_none()
        });
        late
    }

    /// Logs that nobody has asked for in time.
    pub(super) fn left_over(&mut self) -> Vec<LogTail> {
        let (old, rest) = std::mem::take(&mut self.logs)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, came)| came.elapsed() > HOLD);
        self.logs = rest;
        old.into_iter().map(|(tail, _)| tail).collect()
    }

    /// An end was judged.
    pub(super) fn judged(&mut self, death: Box<Death>) {
        let same = |known: &Death| {
            known.spec.id == death.spec.id && known.run_started_at == death.run_started_at
        };
        self.judged.retain(|known| !same(known));
        let next = death.next.as_ref().map(|next| next.container.clone());
        let open = self.open.iter_mut().find(|open| {
            open.container == death.spec.id && open.run_started_at == death.run_started_at
        });
        match open {
            Some(open) => open.next = next,
            None => self.open(OpenBox {
                container: death.spec.id.clone(),
                next,
                run_started_at: death.run_started_at,
                ended_at: death.ended_at,
            }),
        }
        self.judged.push_back(death);
        if self.judged.len() > JUDGED {
            self.judged.pop_front();
        }
    }

    /// A black box waits for the minutes after its end.
    pub(super) fn open(&mut self, open: OpenBox) {
        self.open.push_back(open);
        if self.open.len() > OPEN_BOXES {
            self.open.pop_front();
        }
    }

    /// Black boxes whose minutes are over, by a clock that only goes on while there are polls.
    pub(super) fn over(&mut self, seen_until: Timestamp) -> Vec<OpenBox> {
        let (over, open) = std::mem::take(&mut self.open)
            .into_iter()
            .partition::<VecDeque<_>, _>(|open| open.until() <= seen_until);
        self.open = open;
        over.into()
    }
}

/// Whether a log was read for an end.
fn is_of(tail: &LogTail, death: &Death) -> bool {
    if death.spec.id != *tail.container() || death.hidden.is_some() {
        return false;
    }
    let told = tail.ended_at().trunc_subsecs(6);
    match death.seen {
        EndSeen::Event => death.ended_at == told,
        EndSeen::Inspect | EndSeen::Moved | EndSeen::Removed => {
            (death.ended_at - told).abs() < ABOUT && told > death.run_started_at
        }
    }
}

/// Without lines of the runs before.
fn of_run(tail: LogTail, death: &Death) -> LogTail {
    let end_before = death
        .events
        .iter()
        .filter(|event| matches!(event.action, Action::Die { .. }) && event.at < death.ended_at)
        .map(|event| event.at)
        .max();
    tail.of_run(death.run_started_at, end_before)
}

/// The black box of an end, as far as it can be filled when it is judged.
pub(super) fn black_box(death: &Death, samples: &[Sample], neighbours: Vec<Neighbour>) -> BlackBox {
    BlackBox {
        from: super::ring::reach(death),
        to: death.ended_at,
        is_complete: false,
        readings: death.readings(samples),
        neighbours,
    }
}
