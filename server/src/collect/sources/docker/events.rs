//! Follows the engine's event stream, over reconnects, and knows when something was missed.
//!
//! The engine keeps its last 256 events in memory. On every opening we ask for those since the last moment we followed, and
//! prove that its memory reaches back that far: its oldest event must be older. If it is not, or its memory is empty as after a
//! restart of the engine, events may be lost, and that is reported as a gap.

mod cursor;

use std::{collections::HashMap, pin::pin, time::Duration};

use bollard::{errors::Error, models::EventMessage, query_parameters::EventsOptionsBuilder};
use domain::{
    Timestamp,
    fact::{EngineEvent, Gap, GapKind},
    ids::EngineId,
};
use futures::StreamExt;
use tokio::{sync::mpsc::UnboundedSender, time::Instant};

pub(super) use self::cursor::Cursor;
use super::{
    connect::Engine,
    map::{self, Told},
    problem::Problem,
};

/// What following brings.
#[derive(Debug)]
pub(super) enum Feed {
    /// Something happened.
    Event(EngineEvent),
    /// Something changed that has no name in our vocabulary.
    Changed(EngineId),
    /// Events were lost, or could not be followed for a while.
    Gap(Gap),
    /// The stream is open and what was missed meanwhile has been told.
    CaughtUp,
    /// The stream is closed; it will be opened again.
    Closed(Problem),
}

/// The replay follows the opening at once. When nothing came for this long, it is over.
const REPLAY_PAUSE: Duration = Duration::from_millis(300);
/// How long the engine may take to tell the oldest event it remembers.
const OLDEST_WITHIN: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// A stream that is away for longer is reported while it is away.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// Container events that carry causes or changes. The `exec_*` entries of health checks are three for each check: filtered
/// on the engine's side.
const NAMES: [&str; 13] = [
    "create",
    "start",
    "die",
    "oom",
    "kill",
    "stop",
    "restart",
    "destroy",
    "pause",
    "unpause",
    "update",
    "rename",
    "health_status",
];

/// Follows until dropped. A closed channel means that nobody listens any more; then it just goes on until dropped.
pub(super) async fn follow(
    engine: &Engine,
    cursor: &mut Cursor,
    feed: &UnboundedSender<Feed>,
) -> std::convert::Infallible {
    let mut away = Away::default();
    loop {
        let error = follow_once(engine, cursor, feed, &mut away).await;
        let problem = error.map_or_else(
            || Problem::closed(&engine.endpoint),
            |error| Problem::from_error(&engine.endpoint, "its events", &error),
        );
        if let Some(gap) = away.failed(engine.now(), cursor, &problem.text) {
            let _nobody_listens = feed.send(Feed::Gap(gap));
        }
        let _nobody_listens = feed.send(Feed::Closed(problem));
        tokio::time::sleep(away.pause()).await;
    }
}

/// Opens the stream and follows it to its end. `None` when the engine ended it in good order.
async fn follow_once(
    engine: &Engine,
    cursor: &mut Cursor,
    feed: &UnboundedSender<Feed>,
    away: &mut Away,
) -> Option<Error> {
    let opened_at = engine.now();
    let mut stream = pin!(
        engine
            .docker
            .events(Some(options(engine, cursor.replay_from())))
    );
    let mut replayed_by = Some(Instant::now() + REPLAY_PAUSE);
    loop {
        let next = match replayed_by {
            Some(deadline) => tokio::time::timeout_at(deadline, stream.next()).await,
            None => Ok(stream.next().await),
        };
        let live = match next {
            Ok(Some(Ok(message))) => {
                tell(&message, cursor, feed);
                let at = map::event_time(&message);
                if replayed_by.is_some() {
                    // A replayed event proves nothing about those before it.
                    replayed_by = Some(Instant::now() + REPLAY_PAUSE);
                } else if let Some(at) = at {
                    cursor.followed(at);
                }
                at > Some(opened_at)
            }
            Ok(ended) => {
                if replayed_by.is_none() {
                    cursor.followed(engine.now());
                }
                return ended.and_then(Result::err);
            }
            Err(_quiet) => true,
        };
        if live && replayed_by.take().is_some() {
            if let Some(until) = cursor.followed_until() {
                match oldest(engine, opened_at).await {
                    Ok(oldest) => {
                        if let Some(gap) = away.missed(until, opened_at, oldest) {
                            let _nobody_listens = feed.send(Feed::Gap(gap));
                        }
                    }
                    Err(error) => return Some(error),
                }
            }
            cursor.followed(opened_at);
            let _nobody_listens = feed.send(Feed::CaughtUp);
            *away = Away::default();
        }
    }
}

fn tell(message: &EventMessage, cursor: &mut Cursor, feed: &UnboundedSender<Feed>) {
    let news = match map::event(message) {
        Some(Told::Event(event)) if cursor.is_new(&event) => Feed::Event(*event),
        Some(Told::Changed(id)) => Feed::Changed(id),
        _ => return,
    };
    let _nobody_listens = feed.send(news);
}

fn options(engine: &Engine, since: Option<Timestamp>) -> bollard::query_parameters::EventsOptions {
    let mut filters = HashMap::from([("type", vec!["container"])]);
    // Podman refuses names it does not know.
    if !engine.is_podman() {
        filters.insert("event", NAMES.to_vec());
    }
    let mut options = EventsOptionsBuilder::new().filters(&filters);
    if let Some(since) = since {
        options = options.since(&wire_time(since));
    }
    options.build()
}

/// When the oldest event happened that the engine remembers, of any type. `None` when it remembers none.
async fn oldest(engine: &Engine, until: Timestamp) -> Result<Option<Timestamp>, Error> {
    let options = EventsOptionsBuilder::new()
        .since("1")
        .until(&wire_time(until))
        .build();
    let mut stream = pin!(engine.docker.events(Some(options)));
    match tokio::time::timeout(OLDEST_WITHIN, stream.next()).await {
        Ok(Some(first)) => first.map(|event| map::event_time(&event)),
        Ok(None) => Ok(None),
        Err(_elapsed) => Err(Error::RequestTimeoutError),
    }
}

/// Seconds and nanoseconds, as the API wants it.
pub(super) fn wire_time(at: Timestamp) -> String {
    format!("{}.{:09}", at.timestamp(), at.timestamp_subsec_nanos())
}

/// The stream is not open.
#[derive(Debug, Default)]
struct Away {
    since: Option<Timestamp>,
    reported: bool,
    tries: u32,
}

impl Away {
    /// Opening failed, or an open stream was lost. Returns the gap to report when it has lasted.
    fn failed(&mut self, now: Timestamp, cursor: &Cursor, problem: &str) -> Option<Gap> {
        let since = *self
            .since
            .get_or_insert_with(|| cursor.followed_until().unwrap_or(now));
        let lasting = (now - since)
            .to_std()
            .is_ok_and(|away| away >= REPORT_AFTER)
            && self.tries > 2;
        if self.reported || !lasting {
            return None;
        }
        self.reported = true;
        Some(Gap {
            kind: GapKind::Events,
            from: since,
            to: None,
            reason: problem.to_owned(),
        })
    }

    /// The stream is open again. Returns the gap to report, or the end of the one that was: an end at its own beginning means that
    /// everything was recovered.
    fn missed(
        &self,
        followed_until: Timestamp,
        opened_at: Timestamp,
        oldest: Option<Timestamp>,
    ) -> Option<Gap> {
        let from = self
            .since
            .filter(|_| self.reported)
            .unwrap_or(followed_until);
        let (to, reason) = match oldest {
            Some(oldest) if oldest <= followed_until => {
                return self.reported.then(|| Gap {
                    kind: GapKind::Events,
                    from,
                    to: Some(from),
                    reason: "The engine remembered every event".to_owned(),
                });
            }
            Some(oldest) => (
                oldest.clamp(from, opened_at.max(from)),
                "The engine no longer remembered all events: it keeps the last 256, and none over its own restart",
            ),
            None => (
                opened_at.max(from),
                "The engine remembered no events, as after its own restart; Podman never does",
            ),
        };
        Some(Gap {
            kind: GapKind::Events,
            from,
            to: Some(to),
            reason: reason.to_owned(),
        })
    }

    fn pause(&mut self) -> Duration {
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.tries.min(10))
            .min(LONGEST_PAUSE);
        self.tries += 1;
        pause
    }
}

#[cfg(test)]
mod tests;
