//! Which end a kernel's OOM kill belongs to.
//!
//! Usually `oom` comes before `die`; now and then it comes up to 0.7 s after, when the next run may already have begun. One kill can be
//! told twice. A kill far from any end was that of a child.

use chrono::TimeDelta;

use super::{
    OOM_REACH,
    container::Container,
    run::{End, Run},
};
use crate::{Timestamp, fact::Action};

/// 128 + SIGKILL: how a process ends that the kernel kills for memory.
const KILLED: i32 = 137;
/// Reports this close together are about one kill.
const SAME_KILL: TimeDelta = TimeDelta::seconds(1);

impl Container {
    /// All reports of OOM kills that are remembered, in the engine's order.
    pub(super) fn ooms(&self) -> impl Iterator<Item = Timestamp> {
        self.events
            .iter()
            .filter(|event| event.action == Action::Oom)
            .map(|event| event.at)
    }

    /// The kills that belong to the end of run number `index`.
    pub(super) fn fatal_ooms(&self, index: usize) -> Vec<Timestamp> {
        let owned = self
            .ooms()
            .filter(|at| self.owner(*at) == Some(index))
            .collect();
        each_once(owned)
    }

    /// The kills that run number `index` survived.
    pub(super) fn survived_ooms(&self, index: usize) -> Vec<Timestamp> {
        let Some((run, end)) = self.ended_run(index) else {
            return Vec::new();
        };
        let survived = self
            .ooms()
            .filter(|at| *at >= run.key && *at <= end.at && self.owner(*at).is_none())
            .collect();
        each_once(survived)
    }

    /// Kills that belong to no end although all ends near them are known by `now`. Each is told once, and not before the container was
    /// seen to live on: an engine that hangs, or a stream that breaks, between the kill and the end would hide the end.
    pub(super) fn new_child_ooms(&mut self, now: Timestamp) -> Vec<Timestamp> {
        let settled: Vec<_> = self
            .ooms()
            .filter(|at| *at + OOM_REACH + super::SETTLE <= now && !self.told_ooms.contains(at))
            .filter(|at| self.outcome_is_known(*at))
            .collect();
        let mut new = Vec::new();
        for at in settled {
            let again = self.told_ooms.range(at - SAME_KILL..at).next().is_some();
            if !again && self.owner(at).is_none() && !self.is_history(at) {
                new.push(at);
            }
            self.told_ooms.insert(at);
        }
        if let Some(oldest) = self.events.front().map(|event| event.at)
            && self.told_ooms.first().is_some_and(|at| *at < oldest)
        {
            self.told_ooms = self.told_ooms.split_off(&oldest);
        }
        new
    }

    /// Whether it was seen what became of the run in which a kill happened: it ended, or it lasted.
    fn outcome_is_known(&self, oom: Timestamp) -> bool {
        self.lived_at >= oom + OOM_REACH
            || self
                .runs
                .iter()
                .rev()
                .find(|run| run.key <= oom)
                .is_none_or(|run| run.end.is_some())
    }

    /// Whether a kill belongs to a run before those that are remembered.
    fn is_history(&self, oom: Timestamp) -> bool {
        let Some(first) = self.runs.first().map(|run| run.key) else {
            return true;
        };
        let told_late = || {
            self.events
                .iter()
                .filter(|event| matches!(event.action, Action::Die { .. }) && event.at < first)
                .any(|event| event.at < oom && oom - event.at <= OOM_REACH)
        };
        oom < first || told_late()
    }

    /// The run whose end a kill belongs to.
    fn owner(&self, oom: Timestamp) -> Option<usize> {
        let following = self.following_end(oom);
        let preceding = self.preceding_end(oom);
        match (preceding, following) {
            // Between two ends: the earlier one gets it only if it lacks one and the later one does not need it.
            (Some(earlier), Some(later)) => Some(
                if self.needs_late(earlier) && !self.is_only_one(oom, later) {
                    earlier
                } else {
                    later
                },
            ),
            (Some(earlier), None) => self.takes_late(earlier, oom).then_some(earlier),
            (None, later) => later,
        }
    }

    /// The end that came within reach after the kill, of the run in which it happened.
    fn following_end(&self, oom: Timestamp) -> Option<usize> {
        (0..self.runs.len()).find(|index| {
            self.ended_run(*index).is_some_and(|(run, end)| {
                run.key <= oom && oom <= end.at && end.at - oom <= OOM_REACH
            })
        })
    }

    /// The newest end that came within reach before the kill was told.
    fn preceding_end(&self, oom: Timestamp) -> Option<usize> {
        (0..self.runs.len()).rev().find(|index| {
            self.ended_run(*index)
                .is_some_and(|(_, end)| end.at < oom && oom - end.at <= OOM_REACH)
        })
    }

    fn needs_late(&self, index: usize) -> bool {
        self.ended_run(index).is_some_and(|(run, end)| {
            end.exit_code == Some(KILLED)
                && !self
                    .ooms()
                    .any(|at| run.key <= at && at <= end.at && end.at - at <= OOM_REACH)
        })
    }

    /// A late report is this end's when the container was still down, or when the kernel's signal ended the run and no other report explains it.
    fn takes_late(&self, index: usize, oom: Timestamp) -> bool {
        let still_down = self.runs.get(index + 1).is_none_or(|next| next.key > oom);
        still_down || self.needs_late(index)
    }

    fn is_only_one(&self, oom: Timestamp, later: usize) -> bool {
        self.ended_run(later).is_some_and(|(run, end)| {
            !self
                .ooms()
                .any(|at| at != oom && run.key <= at && at <= end.at && end.at - at <= OOM_REACH)
        })
    }

    fn ended_run(&self, index: usize) -> Option<(&Run, &End)> {
        let run = self.runs.get(index)?;
        Some((run, run.end.as_ref()?))
    }
}

fn each_once(mut ooms: Vec<Timestamp>) -> Vec<Timestamp> {
    ooms.dedup_by(|later, earlier| *later - *earlier < SAME_KILL);
    ooms
}
