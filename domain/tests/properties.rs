//! Histories made at random, told with the delays of a real engine: the ledger must find each end once, whatever the order in which it hears.

mod support;

use domain::workload::ContainerState;
use proptest::prelude::*;
use support::{
    ContainerLine, EventLine, Line, ObserveLine, PollLine, Scenario, moment, play, seconds,
};

/// How a life ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    OutOfMemory,
    OutOfMemoryToldLate,
    Panic,
    Done,
    Restarted,
}

/// One life: how long it lasts, how it ends, how long until the next, and how late each of its events arrives. In seconds.
#[derive(Clone, Debug)]
struct Life {
    lasts: f64,
    ending: Ending,
    pause: f64,
    delay: f64,
}

fn life() -> impl Strategy<Value = Life> {
    let ending = prop_oneof![
        Just(Ending::OutOfMemory),
        Just(Ending::OutOfMemoryToldLate),
        Just(Ending::Panic),
        Just(Ending::Done),
        Just(Ending::Restarted),
    ];
    (4_u32..400, ending, 3_u32..60, 0_u32..9).prop_map(|(lasts, ending, pause, delay)| Life {
        lasts: f64::from(lasts) / 10.0,
        ending,
        pause: f64::from(pause) / 10.0,
        delay: f64::from(delay) / 10.0,
    })
}

/// An event near an end: how far from it, and which.
type Around = (f64, &'static str);

/// What truly happened: start, end, exit code.
type Truth = (f64, f64, i32);

fn history(lives: &[Life]) -> (Scenario, Vec<Truth>) {
    let mut truth: Vec<Truth> = Vec::new();
    let mut told: Vec<EventLine> = Vec::new();
    let mut started = -60.0;
    let mut now = 1.0;
    let mut heard = 0.0_f64;
    for life in lives {
        let end = now + life.lasts;
        let (exit, before, after): (i32, Vec<Around>, Vec<Around>) = match life.ending {
            Ending::OutOfMemory => (137, vec![(0.2, "oom")], vec![]),
            Ending::OutOfMemoryToldLate => (137, vec![], vec![(0.2, "oom")]),
            Ending::Panic => (2, vec![], vec![]),
            Ending::Done => (0, vec![], vec![]),
            Ending::Restarted => (143, vec![(0.1, "kill")], vec![(0.01, "stop")]),
        };
        truth.push((started, end, exit));
        started = end + life.pause;
        let mut say = |at: f64, event: &str| {
            // A stream keeps its order.
            heard = heard.max(at + life.delay);
            told.push(EventLine {
                at,
                event: event.to_owned(),
                of: None,
                exit: (event == "die").then_some(exit),
                oom_killed: false,
                signal: (event == "kill").then_some(15),
                arrives: Some(heard),
            });
        };
        for (earlier, event) in before {
            say(end - earlier, event);
        }
        say(end, "die");
        for (later, event) in after {
            say(end + later, event);
        }
        say(started + 0.05, "start");
        if matches!(life.ending, Ending::Restarted) {
            say(started + 0.07, "restart");
        }
        now = started;
    }
    let mut timeline: Vec<Line> = told.into_iter().map(Line::Event).collect();
    let mut at = 0.0;
    while at < now + 15.0 {
        timeline.push(Line::Poll(PollLine {
            at,
            poll: vec![look(&truth, started, at)],
        }));
        at += 10.0;
    }
    timeline.sort_by(|a, b| a.arrives().total_cmp(&b.arrives()));
    let scenario = Scenario {
        about: "made at random".to_owned(),
        engine: "docker".to_owned(),
        containers: vec![ContainerLine {
            id: "c1".to_owned(),
            workload: "web".to_owned(),
            image: "shop/web:1".to_owned(),
            digest: String::new(),
            limit_mib: Some(64),
            policy: "always".to_owned(),
        }],
        memory: Vec::new(),
        timeline,
        expect: Vec::new(),
        child_ooms: Vec::new(),
        logs: Vec::new(),
    };
    (scenario, truth)
}

/// What inspect says at a moment.
fn look(truth: &[Truth], last_started: f64, at: f64) -> ObserveLine {
    let ended: Vec<&Truth> = truth.iter().filter(|(_, end, _)| *end <= at).collect();
    let running_since = truth
        .iter()
        .map(|(start, ..)| *start)
        .chain([last_started])
        .rfind(|start| *start <= at);
    let finished = ended.last().map(|(_, end, _)| *end);
    let dead = finished > running_since;
    ObserveLine {
        at,
        observe: if dead {
            ContainerState::Restarting
        } else {
            ContainerState::Running
        },
        of: None,
        started: running_since,
        finished,
        exit: if dead {
            ended.last().map(|(.., exit)| *exit)
        } else {
            Some(0)
        },
        oom_killed: false,
        restarts: None,
    }
}

/// The ledger's ends: time to the tenth of a second, and exit code.
fn ends(kept: &support::Kept) -> Vec<(i64, Option<i32>)> {
    let mut ends: Vec<_> = kept
        .entries
        .values()
        .map(|entry| {
            (
                (seconds(entry.ended_at) * 10.0).round() as i64,
                entry.exit_code,
            )
        })
        .collect();
    ends.sort_unstable();
    ends
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_end_is_found_once(lives in prop::collection::vec(life(), 1..12)) {
        let (scenario, truth) = history(&lives);
        let kept = play(&scenario, 1, None);
        let expected: Vec<_> = truth
            .iter()
            .map(|(_, end, exit)| ((end * 10.0).round() as i64, Some(*exit)))
            .collect();
        prop_assert_eq!(ends(&kept), expected);
        prop_assert!(kept.child_ooms.is_empty());
        for entry in kept.entries.values() {
            prop_assert!(entry.ended_at >= entry.run_started_at);
            prop_assert!(entry.started_at >= Some(entry.ended_at));
        }
    }

    #[test]
    fn long_lives_are_judged_rightly(lives in prop::collection::vec(life(), 1..8)) {
        let lives: Vec<_> = lives
            .into_iter()
            .map(|life| Life { lasts: life.lasts + 5.0, ..life })
            .collect();
        let (scenario, truth) = history(&lives);
        let kept = play(&scenario, 1, None);
        for (entry, (life, _)) in kept.entries.values().zip(lives.iter().zip(&truth)) {
            let cause = match life.ending {
                Ending::OutOfMemory | Ending::OutOfMemoryToldLate => "out_of_memory",
                Ending::Panic => "crash",
                Ending::Done => "completed",
                Ending::Restarted => "stopped",
            };
            prop_assert_eq!(entry.verdict.cause.name(), cause);
            prop_assert_eq!(entry.verdict.confidence.name(), "confirmed");
        }
    }

    #[test]
    fn hearing_twice_and_restarting_change_nothing(
        lives in prop::collection::vec(life(), 1..8),
        split in any::<prop::sample::Index>(),
    ) {
        let (scenario, _) = history(&lives);
        let once = play(&scenario, 1, None);
        prop_assert_eq!(ends(&play(&scenario, 2, None)), ends(&once));
        let split = split.index(scenario.timeline.len()).max(1);
        prop_assert_eq!(ends(&play(&scenario, 1, Some(split))), ends(&once));
    }

    /// Nonsense must not upset it either: no entry ends before it began.
    #[test]
    fn nonsense_is_survived(facts in prop::collection::vec((0_u32..300, 0_u8..8), 0..60)) {
        let (mut scenario, _) = history(&[]);
        scenario.timeline = facts.iter().map(|(at, what)| nonsense(f64::from(*at) / 10.0, *what)).collect();
        let once = play(&scenario, 1, None);
        for entry in once.entries.values() {
            prop_assert!(entry.ended_at >= entry.run_started_at);
            prop_assert!(entry.run_started_at >= moment(-60.0));
        }
    }
}

fn nonsense(at: f64, what: u8) -> Line {
    let event = |event: &str| {
        Line::Event(EventLine {
            at,
            event: event.to_owned(),
            of: None,
            exit: (event == "die").then_some(137),
            oom_killed: false,
            signal: (event == "kill").then_some(9),
            arrives: None,
        })
    };
    match what {
        0 => event("start"),
        1 => event("die"),
        2 => event("oom"),
        3 => event("kill"),
        4 => event("destroy"),
        5 => Line::Poll(PollLine {
            at,
            poll: Vec::new(),
        }),
        6 => Line::Observe(look(&[(-60.0, at - 1.0, 1)], at - 0.5, at)),
        _ => Line::Observe(look(&[(-60.0, at - 1.0, 1)], at + 9.0, at)),
    }
}
