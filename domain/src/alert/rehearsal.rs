//! A rule tried on a made-up course of things: what would be said, and when. The state machine and what is said of it are those that
//! run; only what is seen is made up.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    condition::{Condition, Happening, Pick, Signal, Threshold},
    course::Course,
    rule::Rule,
    standing::{Change, Look, Reading, Standing},
    telling::{Notice, Told, due},
};
use crate::{Timestamp, restart::counts, verdict::Cause};

/// What goes on. All times are counted from the begin.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// How the number goes that the rule looks at; `None` for one that nobody sees.
    pub course: Option<Course>,
    /// Ends of runs that were each followed by another, in order.
    pub restarts: Vec<(TimeDelta, Cause)>,
    /// What else happened, in order.
    pub happenings: Vec<(TimeDelta, Happening)>,
    /// Stretches in which nobody saw anything, besides those of the course.
    pub unseen: Vec<(TimeDelta, TimeDelta)>,
    /// How often it is looked.
    pub look_every: TimeDelta,
    /// When it is looked last.
    pub until: TimeDelta,
}

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: TimeDelta,
    /// What.
    pub notice: Notice,
    /// The number there was.
    pub value: Option<f64>,
}

/// Tries a rule.
pub fn rehearse(rule: &Rule, script: &Script) -> Vec<Line> {
    let mut stage = Stage {
        rule,
        script,
        standing: Standing::default(),
        told: Told::default(),
        lines: Vec::new(),
    };
    let mut events: Vec<(TimeDelta, Event<'_>)> = Vec::new();
    let restarts = script.restarts.iter();
    events.extend(restarts.map(|(at, cause)| (*at, Event::End(*cause))));
    let happenings = script.happenings.iter();
    events.extend(happenings.map(|(at, what)| (*at, Event::Other(what))));
    events.sort_by_key(|(at, _)| *at);
    let mut events = events.into_iter().peekable();
    // The first look counts what is there; nothing was seen before it.
    let mut before = TimeDelta::zero();
    let mut now = TimeDelta::zero();
    while now <= script.until {
        while let Some((at, event)) = events.next_if(|(at, _)| *at <= now) {
            stage.happen(at, event);
        }
        stage.look(before, now);
        before = now;
        now += script.look_every.max(TimeDelta::seconds(1));
    }
    stage.lines
}

#[derive(Clone, Copy)]
enum Event<'a> {
    End(Cause),
    Other(&'a Happening),
}

struct Stage<'a> {
    rule: &'a Rule,
    script: &'a Script,
    standing: Standing,
    told: Told,
    lines: Vec<Line>,
}

impl Stage<'_> {
    /// What the ledger tells in the moment in which it is written.
    fn happen(&mut self, at: TimeDelta, event: Event<'_>) {
        match (&self.rule.condition, event) {
            (Condition::Happens(Happening::Restart(causes)), Event::End(cause))
                if causes.take(cause, counts(cause, true)) =>
            {
                self.moment(at);
            }
            (Condition::Happens(wanted), Event::Other(what)) if wanted == what => self.moment(at),
            (Condition::Threshold(threshold), Event::End(_)) => {
                let Some(reading) = self.count(threshold, at) else {
                    return;
                };
                let mut standing = self.standing;
                let look = Look {
                    at: clock(at),
                    blind: TimeDelta::zero(),
                    in_grace: self.in_grace(at, false),
                    reading,
                };
                // Whether it is over is for the looks to say, which know what was seen.
                if standing.look(self.rule, look) != Some(Change::Resolved) {
                    self.standing = standing;
                    self.say(at);
                }
            }
            _ => {}
        }
    }

    /// What happens in a moment is said each time.
    fn moment(&mut self, at: TimeDelta) {
        let in_grace = self.in_grace(at, false);
        let Some(change) = self.standing.happen(clock(at), in_grace) else {
            return;
        };
        let notice = if change == Change::Again {
            Notice::Again
        } else {
            Notice::Fired
        };
        self.told.last_at = Some(clock(at));
        self.lines.push(Line {
            at,
            notice,
            value: None,
        });
    }

    fn look(&mut self, before: TimeDelta, at: TimeDelta) {
        let reading = self.reading(before, at);
        let blind = if reading == Reading::Unknown {
            at - before
        } else {
            TimeDelta::zero()
        };
        let look = Look {
            at: clock(at),
            blind,
            in_grace: self.in_grace(at, true),
            reading,
        };
        self.standing.look(self.rule, look);
        self.say(at);
        if !self.standing.is_firing() && self.told.last_at.is_some() {
            (self.standing, self.told) = (Standing::default(), Told::default());
        }
    }

    /// Says what is due.
    fn say(&mut self, at: TimeDelta) {
        let Some(notice) = due(self.rule, &self.standing, &self.told, None, clock(at)) else {
            return;
        };
        self.told.last_at = Some(clock(at));
        self.told.reminders += u32::from(notice == Notice::Reminder);
        self.lines.push(Line {
            at,
            notice,
            value: self.standing.value,
        });
    }

    fn reading(&self, before: TimeDelta, at: TimeDelta) -> Reading {
        let mut unseen = self.script.unseen.iter();
        if unseen.any(|(from, to)| (*from..*to).contains(&at)) {
            return Reading::Unknown;
        }
        let threshold = match &self.rule.condition {
            Condition::Happens(_) => return Reading::Absent,
            Condition::Threshold(threshold) => threshold,
        };
        if let Some(count) = self.count(threshold, at) {
            return count;
        }
        let Some(course) = &self.script.course else {
            return Reading::Unknown;
        };
        let is_extreme = matches!(
            threshold.signal,
            Signal::MemoryRatio(Pick::Extreme)
                | Signal::MemoryWorkingSetBytes(Pick::Extreme)
                | Signal::Tasks(Pick::Extreme)
        );
        let newest = course.at(at);
        let Reading::Value(mut worst) = newest else {
            return newest;
        };
        if is_extreme {
            // Read once a second, as containers are that are close to their limit.
            let seconds = (before + TimeDelta::seconds(1)).num_seconds()..at.num_seconds();
            for second in seconds {
                if let Reading::Value(value) = course.at(TimeDelta::seconds(second)) {
                    worst = threshold.worse(worst, value);
                }
            }
        }
        Reading::Value(worst)
    }

    /// Restarts in the window that ends at a moment, for a rule that counts them.
    fn count(&self, threshold: &Threshold, at: TimeDelta) -> Option<Reading> {
        let Signal::Restarts { causes, .. } = &threshold.signal else {
            return None;
        };
        let window = threshold.signal.window()?;
        let counted = self.script.restarts.iter().filter(|(ended, cause)| {
            *ended > at - window && *ended <= at && causes.take(*cause, counts(*cause, true))
        });
        Some(Reading::Value(counted.count() as f64))
    }

    /// Whether somebody deployed or stopped it too recently; what ends at this very moment is not before itself.
    fn in_grace(&self, at: TimeDelta, now_too: bool) -> bool {
        self.script.restarts.iter().any(|(ended, cause)| {
            let is_before = *ended < at || (now_too && *ended == at);
            let is_intended = matches!(cause, Cause::Deployed | Cause::Stopped);
            is_intended && is_before && at - *ended < self.rule.grace()
        })
    }
}

/// The state machine knows moments; which ones does not matter.
fn clock(at: TimeDelta) -> Timestamp {
    DateTime::<Utc>::UNIX_EPOCH + at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Fields;

    fn rule(given: &[(&str, &str)]) -> Rule {
        Rule::read(&given.iter().copied().collect::<Fields>()).expect("is one")
    }

    fn script(rule: &Rule, course: &[&str], restarts: &[(i64, Cause)], minutes: i64) -> Script {
        let signal = rule.condition.threshold().map(|one| &one.signal);
        let course = signal
            .filter(|_| !course.is_empty())
            .map(|signal| Course::read(signal, course.iter().copied()).expect("is one"));
        Script {
            course,
            restarts: restarts
                .iter()
                .map(|(at, cause)| (TimeDelta::minutes(*at), *cause))
                .collect(),
            look_every: TimeDelta::seconds(10),
            until: TimeDelta::minutes(minutes),
            ..Script::default()
        }
    }

    fn said(rule: &Rule, script: &Script) -> Vec<(i64, Notice)> {
        rehearse(rule, script)
            .into_iter()
            .map(|line| (line.at.num_seconds(), line.notice))
            .collect()
    }

    #[test]
    fn a_level_fires_after_its_patience_reminds_and_resolves() {
        let rule = rule(&[
            ("name", "a"),
            ("when", "memory_ratio"),
            ("above", "90%"),
            ("clear", "80%"),
            ("for", "1m"),
            ("keep_firing_for", "2m"),
            ("remind_every", "5m"),
        ]);
        let course = ["50% for 5m", "95% for 8m", "85% for 5m", "50% for 10m"];
        let said = said(&rule, &script(&rule, &course, &[], 28));
        let expected = [
            (360, Notice::Fired),
            (660, Notice::Reminder),
            (960, Notice::Reminder),
            (1_210, Notice::Resolved),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_spike_between_two_looks_is_seen_and_what_nobody_saw_moves_nothing() {
        let rule = rule(&[("name", "a"), ("when", "memory_ratio"), ("above", "90%")]);
        let course = ["50% for 13s", "97% for 3s", "50% for 1m", "unseen for 1h"];
        let said = said(&rule, &script(&rule, &course, &[], 60));
        assert_eq!(said, [(20, Notice::Fired), (30, Notice::Resolved)]);
    }

    #[test]
    fn ends_are_told_in_their_moment_and_deploys_are_followed_by_a_grace() {
        let out_of_memory = rule(&[
            ("name", "a"),
            ("when", "each_restart"),
            ("causes", "memory"),
            ("grace", "2m"),
            ("keep_firing_for", "10m"),
        ]);
        let ends = [
            (5, Cause::OutOfMemory),
            (7, Cause::Crash),
            (9, Cause::OutOfMemory),
            (30, Cause::Deployed),
            (31, Cause::OutOfMemory),
        ];
        let expected = [
            (300, Notice::Fired),
            (540, Notice::Again),
            (1_140, Notice::Resolved),
        ];
        assert_eq!(
            said(&out_of_memory, &script(&out_of_memory, &[], &ends, 60)),
            expected
        );

        let many = rule(&[
            ("name", "b"),
            ("when", "restarts"),
            ("window", "10m"),
            ("above", "3"),
            ("clear", "1"),
        ]);
        let expected = [(540, Notice::Fired), (1_140, Notice::Resolved)];
        assert_eq!(said(&many, &script(&many, &[], &ends[..3], 60)), expected);
    }
}
