//! In-process endpoints: better task counts than the kernel's, asked from the processes themselves.
//!
//! Probes run beside the memory poll and never delay it: a reading takes the newest answer, or goes without.

mod address;
mod ask;
mod expvar;
mod fetch;
mod openmetrics;
mod pprof;
mod site;

use std::{collections::HashMap, time::Duration};

use domain::{ids::EngineId, sample::TaskCount};
use tokio::time::Instant;

pub use self::{
    ask::{Question, Reply},
    openmetrics::{Line, parse_line},
    site::{Published, Site},
};
use self::{
    fetch::Client,
    site::{Kind, Plan},
};
use super::ProbeHealth;

/// What is known about a container's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// It has no probe: the kernel's count is the best there is.
    Unprobed,
    /// It has one; nothing when that does not answer. The kernel's count would be another series under the same name.
    Probed(Option<TaskCount>),
}

/// The probes of one source.
#[derive(Debug)]
pub struct Prober {
    client: Client,
    engine_host: String,
    fresh_for: Duration,
    targets: HashMap<EngineId, Target>,
}

/// A container with a probe.
#[derive(Debug)]
struct Target {
    plan: Plan,
    /// The address that answered last.
    working: Option<String>,
    asking: bool,
    answer: Option<(Instant, TaskCount)>,
    /// Whether it was reported to work, if anything was.
    reported_works: Option<bool>,
    /// Since when its run is known.
    found_at: Instant,
    /// When its whole profile was asked for last.
    profiled_at: Option<Instant>,
}

/// A run is looked at as a whole for the first time once it has begun its work.
pub(crate) const FIRST_PROFILE: Duration = Duration::from_mins(1);
/// And then so often: what is far from its limit can end, too.
const PROFILE_EVERY: Duration = Duration::from_mins(5);
/// Close to its limit, at every turn. The program makes the whole profile in any case; more of it is read.
const PROFILE_EVERY_ARMED: Duration = Duration::from_secs(9);

impl Prober {
    /// `engine_host` is where published ports are; answers older than `fresh_for` no longer count.
    pub fn new(engine_host: String, fresh_for: Duration) -> Self {
        Self {
            client: Client::default(),
            engine_host,
            fresh_for,
            targets: HashMap::new(),
        }
    }

    /// A container was inspected. Returns the health to report when its labels cannot be understood.
    pub fn found(&mut self, id: &EngineId, site: &Site) -> Option<ProbeHealth> {
        match site.plan(&self.engine_host) {
            Ok(None) => {
                self.targets.remove(id);
                None
            }
            Ok(Some(plan)) => {
                let target = self
                    .targets
                    .entry(id.clone())
                    .or_insert_with(|| Target::new(plan.clone()));
                if target.plan != plan {
                    *target = Target {
                        reported_works: target.reported_works,
                        asking: target.asking,
                        ..Target::new(plan)
                    };
                }
                None
            }
            Err(bad) => {
                let problem = bad.to_string();
                let target = self
                    .targets
                    .entry(id.clone())
                    .or_insert_with(|| Target::new(Plan::default()));
                target.plan = Plan::default();
                target.report(id, Some(problem))
            }
        }
    }

    /// A container is gone or does not run.
    pub fn forget(&mut self, id: &EngineId) {
        self.targets.remove(id);
    }

    /// Forgets all others.
    pub fn retain(&mut self, keep: impl Fn(&EngineId) -> bool) {
        self.targets.retain(|id, _target| keep(id));
    }

    /// The question to put to a container's probe now. `None` when it has none or has not answered the last one yet. Of one that is close to
    /// its limit, `is_armed`, more is asked.
    pub fn ask(&mut self, id: &EngineId, is_armed: bool) -> Option<Question> {
        let target = self.targets.get_mut(id)?;
        if target.asking || target.plan.candidates.is_empty() {
            return None;
        }
        target.asking = true;
        // The one that worked goes first.
        let mut urls = target.plan.candidates.clone();
        if let Some(working) = target
            .working
            .as_ref()
            .and_then(|url| urls.iter().position(|candidate| candidate == url))
        {
            urls[..=working].rotate_right(1);
        }
        let question = Question::new(self.client.clone(), id.clone(), target.plan.kind, urls);
        Some(if target.wants_profile(is_armed) {
            target.profiled_at = Some(Instant::now());
            question.with_profile()
        } else {
            question
        })
    }

    /// Takes the answer. Returns the health to report when it changed.
    pub fn heard(&mut self, reply: Reply) -> Option<ProbeHealth> {
        let target = self.targets.get_mut(&reply.container)?;
        target.asking = false;
        match reply.result {
            Ok(answer) => {
                target.answer = Some((Instant::now(), answer.count));
                target.working = Some(answer.url);
                target.report(&reply.container, None)
            }
            Err(problem) => target.report(&reply.container, Some(problem)),
        }
    }

    /// The newest answer, if it is fresh.
    pub fn tasks(&self, id: &EngineId, now: Instant) -> Tasks {
        self.targets.get(id).map_or(Tasks::Unprobed, |target| {
            Tasks::Probed(
                target
                    .answer
                    .filter(|(at, _count)| now.saturating_duration_since(*at) <= self.fresh_for)
                    .map(|(_at, count)| count),
            )
        })
    }
}

impl Target {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            working: None,
            asking: false,
            answer: None,
            reported_works: None,
            found_at: Instant::now(),
            profiled_at: None,
        }
    }

    fn wants_profile(&self, is_armed: bool) -> bool {
        let is_due = match self.profiled_at {
            None => is_armed || self.found_at.elapsed() >= FIRST_PROFILE,
            Some(at) if is_armed => at.elapsed() >= PROFILE_EVERY_ARMED,
            Some(at) => at.elapsed() >= PROFILE_EVERY,
        };
        is_due && self.plan.kind == Kind::Pprof
    }

    fn report(&mut self, id: &EngineId, problem: Option<String>) -> Option<ProbeHealth> {
        // Errors differ in detail from try to try; only the change between working and not is news.
        let works = Some(problem.is_none());
        if std::mem::replace(&mut self.reported_works, works) == works {
            return None;
        }
        Some(ProbeHealth {
            container: id.clone(),
            problem,
        })
    }
}

#[cfg(test)]
mod tests;
