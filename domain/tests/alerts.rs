//! The state machine over looks made at random: what it must never do, whatever is seen and however long nobody looks.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Timestamp,
    alert::{
        Change, Fields, Look, Phase, Reading, Rule, Standing,
        preview::{End, episodes, over_ends, over_moments, over_series},
    },
    metric::{Metric, Unit},
    verdict::Cause,
    view::SeriesView,
};
use proptest::{collection::vec, prelude::*};

fn rule(given: &[(&str, &str)]) -> Rule {
    let fields: Fields = given.iter().copied().collect();
    Rule::read(&fields).expect("is one")
}

/// Memory at 90 %, clear below 85 %.
fn memory(hold: &str, keep_firing: &str) -> Rule {
    rule(&[
        ("name", "memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("clear", "85%"),
        ("for", hold),
        ("keep_firing_for", keep_firing),
    ])
}

fn at(seconds: i64) -> Timestamp {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + seconds)
}

/// A look after so many seconds; the flag says that all of them were blind.
#[derive(Clone, Copy, Debug)]
struct Seen {
    after_s: i64,
    is_blind: bool,
    in_grace: bool,
    reading: Reading,
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        4 => (90_u32..=100).prop_map(|percent| Reading::Value(f64::from(percent) / 100.0)),
        2 => (85_u32..90).prop_map(|percent| Reading::Value(f64::from(percent) / 100.0)),
        3 => (0_u32..85).prop_map(|percent| Reading::Value(f64::from(percent) / 100.0)),
        1 => Just(Reading::Absent),
        1 => Just(Reading::Unknown),
        1 => Just(Reading::Value(f64::NAN)),
    ]
}

fn seen() -> impl Strategy<Value = Seen> {
    (
        1_i64..120,
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
        reading(),
    )
        .prop_map(|(after_s, is_blind, in_grace, reading)| Seen {
            after_s,
            is_blind: is_blind || reading == Reading::Unknown,
            in_grace,
            reading,
        })
}

fn looks(seen: &[Seen]) -> Vec<Look> {
    let mut now = 0;
    seen.iter()
        .map(|seen| {
            now += seen.after_s;
            Look {
                at: at(now),
                blind: TimeDelta::seconds(if seen.is_blind { seen.after_s } else { 0 }),
                in_grace: seen.in_grace,
                reading: seen.reading,
            }
        })
        .collect()
}

fn is_met(reading: Reading) -> bool {
    matches!(reading, Reading::Value(value) if value >= 0.9)
}

fn is_clear(reading: Reading) -> bool {
    matches!(reading, Reading::Absent) || matches!(reading, Reading::Value(value) if value < 0.85)
}

/// Nothing can be told from it: not seen, or not a number.
fn says_nothing(reading: Reading) -> bool {
    matches!(reading, Reading::Unknown)
        || matches!(reading, Reading::Value(value) if value.is_nan())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whenever it fires, the looks before it were all of interest for at least `for` of time that was seen.
    #[test]
    fn it_never_fires_before_it_held_for_long_enough(seen in vec(seen(), 0..200), hold in 0_i64..600) {
        let rule = memory(&format!("{hold}s"), "30s");
        let looks = looks(&seen);
        let mut standing = Standing::default();
        for (index, look) in looks.iter().enumerate() {
            if standing.look(&rule, *look) != Some(Change::Fired) {
                continue;
            }
            prop_assert!(is_met(look.reading) && !look.in_grace);
            let mut held = TimeDelta::zero();
            for pair in looks[..=index].windows(2).rev() {
                let [before, after] = pair else { unreachable!() };
                if held >= rule.hold() || !(is_met(before.reading) || says_nothing(before.reading)) {
                    break;
                }
                held += after.at - before.at - after.blind;
                if before.in_grace {
                    break;
                }
            }
            prop_assert!(held >= rule.hold(), "held {held}, for {hold} s");
        }
    }

    /// From one end of it to the next it fires once, and every end was clear for as long as was asked.
    #[test]
    fn it_resolves_exactly_once_for_each_time_it_fired(seen in vec(seen(), 0..200), hold in 0_i64..120, keep in 0_i64..300) {
        let rule = memory(&format!("{hold}s"), &format!("{keep}s"));
        let mut standing = Standing::default();
        let mut is_open = false;
        for look in looks(&seen) {
            match standing.look(&rule, look) {
                Some(Change::Fired) => {
                    prop_assert!(!is_open);
                    is_open = true;
                }
                Some(Change::Resolved) => {
                    prop_assert!(is_open);
                    prop_assert!(is_clear(look.reading));
                    is_open = false;
                }
                Some(Change::Pending | Change::Dropped) => prop_assert!(!is_open),
                Some(Change::Again) => prop_assert!(false, "nothing happened"),
                None => {}
            }
            prop_assert_eq!(is_open, standing.is_firing());
        }
    }

    /// Between the thresholds, nothing that fires ends and nothing that does not fire begins.
    #[test]
    fn it_never_flaps_between_the_thresholds(before in vec(seen(), 0..50), within in vec(85_u32..90, 1..200)) {
        let rule = memory("0s", "0s");
        let mut standing = Standing::default();
        let mut now = at(0);
        for look in looks(&before) {
            standing.look(&rule, look);
            now = look.at;
        }
        let firing = standing.is_firing();
        for percent in within {
            now += TimeDelta::seconds(10);
            let reading = Reading::Value(f64::from(percent) / 100.0);
            let change = standing.look(&rule, Look { at: now, blind: TimeDelta::zero(), in_grace: false, reading });
            prop_assert!(matches!(change, None | Some(Change::Dropped)));
            prop_assert_eq!(standing.is_firing(), firing);
        }
    }

    /// While nothing is seen nothing changes, and the first look after it goes on where the last one before it was.
    #[test]
    fn time_that_was_not_seen_changes_nothing(before in vec(seen(), 0..50), blind_s in vec(1_i64..1_000_000, 1..20), after in vec(seen(), 0..50)) {
        let rule = memory("60s", "120s");
        let told: Vec<Look> = looks(&before);
        let (mut paused, mut watched) = (Standing::default(), Standing::default());
        for look in &told {
            paused.look(&rule, *look);
            watched.look(&rule, *look);
        }
        let mut now = told.last().map_or(at(0), |look| look.at);
        let mut away = TimeDelta::zero();
        for seconds in blind_s {
            let blind = TimeDelta::seconds(seconds);
            now += blind;
            away += blind;
            let change = paused.look(&rule, Look { at: now, blind, in_grace: false, reading: Reading::Unknown });
            prop_assert_eq!(change, None);
        }
        let base = now - away;
        for look in looks(&after) {
            let offset = look.at - at(0);
            let changed = paused.look(&rule, Look { at: now + offset, ..look });
            prop_assert_eq!(changed, watched.look(&rule, Look { at: base + offset, ..look }));
        }
    }

    /// The looks may stop for any time: the look that ends such a pause tells it as blind, and does not fire or resolve by itself.
    #[test]
    fn a_paused_clock_neither_fires_nor_resolves(pause_s in 60_i64..10_000_000, value in prop_oneof![Just(0.95), Just(0.5)]) {
        let rule = memory("60s", "60s");
        let mut standing = Standing::default();
        let look = |at, blind, value| Look { at, blind, in_grace: false, reading: Reading::Value(value) };
        if value < 0.85 {
            standing.phase = Phase::Firing { since: at(-500), clear_since: None };
        }
        standing.look(&rule, look(at(0), TimeDelta::zero(), value));
        let blind = TimeDelta::seconds(pause_s);
        prop_assert_eq!(standing.look(&rule, look(at(pause_s), blind, value)), None);
        let change = standing.look(&rule, look(at(pause_s + 60), TimeDelta::zero(), value));
        prop_assert_eq!(change, Some(if value < 0.85 { Change::Resolved } else { Change::Fired }));
    }

    /// A clock that is set back makes no wait shorter and breaks nothing.
    #[test]
    fn a_clock_that_runs_backwards_fires_nothing_early(back_s in 1_i64..100_000) {
        let rule = memory("60s", "0s");
        let mut standing = Standing::default();
        let look = |at| Look { at, blind: TimeDelta::zero(), in_grace: false, reading: Reading::Value(0.95) };
        standing.look(&rule, look(at(0)));
        prop_assert_eq!(standing.look(&rule, look(at(-back_s))), None);
        prop_assert_eq!(standing.look(&rule, look(at(59))), None);
        prop_assert_eq!(standing.look(&rule, look(at(60))), Some(Change::Fired));
    }

    /// What happens in a moment is told each time, fires once, and is over once, a quiet time after the last.
    #[test]
    fn every_happening_is_told_and_the_alert_ends_once(gaps_s in vec(1_i64..7_200, 1..30)) {
        let rule = rule(&[("name", "oom"), ("when", "each_restart"), ("causes", "out_of_memory"), ("keep_firing_for", "1h")]);
        let mut ends = Vec::new();
        let mut now = at(0);
        for gap in &gaps_s {
            now += TimeDelta::seconds(*gap);
            ends.push(End { at: now, cause: Cause::OutOfMemory, came_back: true });
        }
        let to = now + TimeDelta::hours(2);
        let episodes = over_ends(&rule, &ends, &[], at(0), to);
        // Quiet is noticed at the next look, which here is at most five minutes later.
        let apart = |limit: i64| 1 + gaps_s[1..].iter().filter(|gap| **gap >= limit).count();
        prop_assert!(episodes.len() <= apart(3_600) && episodes.len() >= apart(3_900));
        prop_assert!(episodes.iter().all(|episode| episode.resolved_at.is_some()));
    }
}

#[test]
fn a_deploy_silences_what_begins_within_its_grace() {
    let rule = rule(&[
        ("name", "memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("for", "1m"),
        ("grace", "5m"),
    ]);
    let look = |seconds, in_grace| Look {
        at: at(seconds),
        blind: TimeDelta::zero(),
        in_grace,
        reading: Reading::Value(0.95),
    };
    let mut standing = Standing::default();
    for seconds in (0..300).step_by(10) {
        assert_eq!(standing.look(&rule, look(seconds, true)), None);
    }
    assert_eq!(
        standing.look(&rule, look(300, false)),
        Some(Change::Pending)
    );
    assert_eq!(standing.look(&rule, look(359, false)), None);
    assert_eq!(standing.look(&rule, look(360, false)), Some(Change::Fired));
    // What fires already is not ended by a deploy, only by what is seen after it.
    assert_eq!(standing.look(&rule, look(370, true)), None);
    assert!(standing.is_firing());
}

#[test]
fn the_peak_is_the_worst_value_of_the_alert() {
    let rule = memory("0s", "0s");
    let looks = [0.91, 0.99, 0.93, 0.5]
        .iter()
        .enumerate()
        .map(|(index, value)| Look {
            at: at(index as i64 * 10),
            blind: TimeDelta::zero(),
            in_grace: false,
            reading: Reading::Value(*value),
        });
    let episodes = episodes(&rule, looks);
    assert_eq!(episodes.len(), 1);
    assert_eq!(episodes[0].peak, Some(0.99));
    assert_eq!(episodes[0].resolved_at, Some(at(30)));
}

fn series(columns: &[(Option<f64>, Option<f64>, Option<f64>)]) -> SeriesView {
    SeriesView {
        metric: Metric::MemoryRatio,
        unit: Unit::Ratio,
        kind: None,
        from: at(0),
        step_ms: 300_000,
        min: columns.iter().map(|(min, _, _)| *min).collect(),
        max: columns.iter().map(|(_, max, _)| *max).collect(),
        last: columns.iter().map(|(_, _, last)| *last).collect(),
    }
}

#[test]
fn a_preview_sees_the_spike_in_a_bucket_and_nothing_in_a_gap() {
    let bucket = |min, max, last| (Some(min), Some(max), Some(last));
    let gap = (None, None, None);
    let stored = series(&[bucket(0.2, 0.95, 0.3), bucket(0.2, 0.3, 0.3), gap, gap]);
    assert_eq!(over_series(&memory("0s", "0s"), &stored, &[]).len(), 1);
    assert_eq!(
        over_series(&memory("1m", "0s"), &stored, &[]).len(),
        0,
        "it did not last a minute as far as is known"
    );

    let lasting = series(&[bucket(0.91, 0.95, 0.95), gap, gap]);
    let found = over_series(&memory("1m", "0s"), &lasting, &[]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].resolved_at, None,
        "what was not seen does not end it"
    );
}

#[test]
fn restarts_are_counted_over_the_window_and_deploys_are_not_counted() {
    let rule = rule(&[
        ("name", "loop"),
        ("when", "restarts"),
        ("window", "10m"),
        ("above", "3"),
        ("clear", "1"),
    ]);
    let end = |seconds, cause| End {
        at: at(seconds),
        cause,
        came_back: true,
    };
    let crashes = [
        end(60, Cause::Crash),
        end(120, Cause::Crash),
        end(180, Cause::Crash),
    ];
    let found = over_ends(&rule, &crashes, &[], at(0), at(7_200));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fired_at, at(180));
    assert_eq!(
        found[0].resolved_at,
        Some(at(180 + 600)),
        "when the last one leaves the window"
    );
    assert_eq!(found[0].peak, Some(3.0));

    let deploys = [
        end(60, Cause::Deployed),
        end(120, Cause::Stopped),
        end(180, Cause::Crash),
    ];
    assert_eq!(over_ends(&rule, &deploys, &[], at(0), at(7_200)), []);

    let gap = [(at(200), at(7_200))];
    let found = over_ends(&rule, &crashes, &gap, at(0), at(7_000));
    assert_eq!(found[0].resolved_at, None, "nobody saw that it is over");
}

#[test]
fn a_preview_of_what_happens_in_a_moment_leaves_out_graces_and_ends_when_it_is_quiet() {
    let rule = rule(&[
        ("name", "child"),
        ("when", "child_out_of_memory"),
        ("keep_firing_for", "10m"),
        ("grace", "5m"),
    ]);
    let deploy = End {
        at: at(10_000),
        cause: Cause::Deployed,
        came_back: true,
    };
    let moments = [at(60), at(300), at(5_000), at(10_100)];
    let found = over_moments(&rule, &moments, &[deploy], &[], at(0), at(20_000));
    let fired: Vec<_> = found.iter().map(|episode| episode.fired_at).collect();
    assert_eq!(fired, [at(60), at(5_000)]);
    assert_eq!(found[0].resolved_at, Some(at(300 + 600)));
    let gap = [(at(5_010), at(20_000))];
    let found = over_moments(&rule, &moments[2..3], &[], &gap, at(0), at(19_000));
    assert_eq!(found[0].resolved_at, None, "nobody saw that it is over");
}
