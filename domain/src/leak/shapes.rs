//! What memory does in real programs, and what must be made of each.

use proptest::prelude::*;
use rstest::rstest;

use super::{
    Course, Forecast, Growth, NotGrowing, Reading, Scale, TooLittle,
    backtest::{self, PastRun},
    cost,
};

const MIB: f64 = 1_048_576.0;
const LIMIT: f64 = 512.0 * MIB;

/// The same sequence of numbers in 0..1 for the same seed.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Readings of every ten seconds for some hours, in MiB by the age in hours, with 1 % of noise.
fn run(hours: f64, seed: u64, mib: impl Fn(f64) -> f64) -> Vec<Reading> {
    let mut noise = noise(seed);
    (0..(hours * 360.0) as u32)
        .map(|index| {
            let age_s = f64::from(index) * 10.0;
            let value = mib(age_s / 3600.0) * (1.0 + 0.01 * (noise() - 0.5));
            Reading::of(age_s, value * MIB)
        })
        .collect()
}

fn judged(hours: f64, mib: impl Fn(f64) -> f64) -> Growth {
    let readings = run(hours, 7, mib);
    Growth::of(
        &Course::of(&readings, hours * 3600.0),
        Scale::of_memory(Some(LIMIT)),
    )
}

fn teeth(hours: f64, period: f64, height: f64) -> f64 {
    (hours / period).fract() * height
}

#[rstest]
#[case::steady(6.0, |_| 200.0, NotGrowing::Level)]
#[case::falling(6.0, |h: f64| 300.0 - 10.0 * h, NotGrowing::ComesBack)]
#[case::garbage_collected(6.0, |h: f64| 120.0 + teeth(h, 0.4, 150.0), NotGrowing::ComesBack)]
#[case::slow_teeth(24.0, |h: f64| 120.0 + teeth(h, 5.0, 250.0), NotGrowing::ComesBack)]
#[case::hours_of_the_day(60.0, |h: f64| 200.0 + 80.0 * (h / 24.0 * std::f64::consts::TAU).sin(), NotGrowing::ComesBack)]
#[case::cache_warms_up(12.0, |h: f64| 80.0 + 300.0 * (1.0 - (-h / 2.0).exp()), NotGrowing::Flattens)]
#[case::job_every_hour(12.0, |h: f64| 100.0 + if h.fract() < 0.2 { 200.0 } else { 0.0 }, NotGrowing::ComesBack)]
fn what_must_not_be_called_a_leak(
    #[case] hours: f64,
    #[case] mib: fn(f64) -> f64,
    #[case] why: NotGrowing,
) {
    assert_eq!(judged(hours, mib), Growth::Flat(why));
}

#[test]
fn a_step_is_no_leak() {
    let stepped = judged(8.0, |h| if h < 4.0 { 150.0 } else { 320.0 });
    assert!(matches!(stepped, Growth::Flat(_)), "{stepped:?}");
}

#[rstest]
#[case::straight(4.0, |h: f64| 60.0 + 90.0 * h)]
#[case::slow(48.0, |h: f64| 60.0 + 4.0 * h)]
#[case::under_teeth(6.0, |h: f64| 60.0 + 40.0 * h + teeth(h, 0.3, 60.0))]
#[case::under_the_day(72.0, |h: f64| 100.0 + 4.0 * h + 20.0 * (h / 24.0 * std::f64::consts::TAU).sin())]
#[case::within_minutes(0.1, |h: f64| 30.0 + 3_000.0 * h)]
fn what_must_be_called_a_leak(#[case] hours: f64, #[case] mib: fn(f64) -> f64) {
    let said = judged(hours, mib);
    assert!(said.growing().is_some(), "{said:?}");
}

#[test]
fn what_was_not_seen_is_not_judged() {
    assert_eq!(
        judged(0.02, |h| 60.0 + 9_000.0 * h),
        Growth::Unknown(TooLittle::Young)
    );
    let mut half = run(6.0, 1, |h| 60.0 + 40.0 * h);
    half.retain(|reading| reading.age_s < 4_000.0 || reading.age_s > 14_000.0);
    let course = Course::of(&half, 6.0 * 3600.0);
    assert_eq!(
        Growth::of(&course, Scale::of_memory(Some(LIMIT))),
        Growth::Unknown(TooLittle::Gaps)
    );
}

#[test]
fn growing_page_cache_is_no_leak() {
    let course = |readings: &[Reading]| Course::of(readings, 6.0 * 3600.0);
    let memory = course(&run(6.0, 1, |h| 60.0 + 40.0 * h));
    let anon = course(&run(6.0, 2, |_| 50.0));
    assert_eq!(
        Growth::of_memory(&memory, Some(&anon), Some(LIMIT)),
        Growth::Flat(NotGrowing::Cache)
    );
    assert!(
        Growth::of_memory(&memory, None, Some(LIMIT))
            .growing()
            .is_some()
    );
    assert!(
        Growth::of_memory(&memory, Some(&memory), Some(LIMIT))
            .growing()
            .is_some()
    );
}

/// A leak under a garbage collector's teeth that ends at the limit.
fn leak(rate: f64, seed: u64) -> PastRun {
    let mib = move |h: f64| 60.0 + rate * h + teeth(h, 0.3, 30.0);
    let readings = run(470.0 / rate, seed, mib);
    let end = readings.iter().position(|reading| reading.max >= LIMIT);
    let end = end.unwrap_or(readings.len() - 1);
    PastRun {
        lifetime_s: readings[end].age_s,
        readings: readings[..end].to_vec(),
    }
}

#[test]
fn the_range_holds_the_true_end_and_is_narrow() {
    let mut held = 0;
    let mut widths = Vec::new();
    for seed in 1..=60_u32 {
        let run = leak(20.0 + f64::from(seed), u64::from(seed));
        for share in [0.34, 0.5, 0.8] {
            let age_s = run.lifetime_s * share;
            let growth = Growth::of(
                &Course::of(&run.readings, age_s),
                Scale::of_memory(Some(LIMIT)),
            );
            let told = Forecast::of(growth.growing().expect("a leak"), LIMIT).expect("a forecast");
            held += u32::from(told.holds(run.lifetime_s - age_s));
            widths.push((told.latest_s - told.earliest_s) / (run.lifetime_s - age_s));
        }
    }
    assert!(held >= 144, "{held} of 180: four in five must hold");
    let width = crate::stats::median(&widths).unwrap();
    assert!(width <= 0.3, "{width}");
}

#[test]
fn past_runs_set_the_margins() {
    let past: Vec<PastRun> = (1..=6).map(|seed| leak(40.0, seed)).collect();
    let record = backtest::record(&past, LIMIT, 0.5).expect("enough of them");
    assert_eq!(record.of, 18);
    assert!(record.hits >= 15, "{record:?}");
    assert!(record.low > 0.8 && record.high < 1.2, "{record:?}");
    assert_eq!(backtest::record(&past[..1], LIMIT, 0.5), None);
}

/// A run that grows ever more slowly (`bend` below 1) or faster (above) and ends at its limit after so many hours.
fn bent(hours: f64, bend: f64, seed: u64) -> PastRun {
    let mib = move |h: f64| 51.2 + 460.8 * (h / hours).powf(bend);
    PastRun {
        readings: run(hours, seed, mib),
        lifetime_s: hours * 3600.0,
    }
}

fn asked(run: &PastRun, share: f64, past: &[PastRun]) -> Forecast {
    let age_s = run.lifetime_s * share;
    let growth = Growth::of(
        &Course::of(&run.readings, age_s),
        Scale::of_memory(Some(LIMIT)),
    );
    let growing = growth.growing().copied().expect("a leak");
    let (told, _) = backtest::forecast(&growing, LIMIT, past);
    told.expect("a forecast")
}

#[rstest]
#[case::slower(0.85)]
#[case::straight(1.0)]
#[case::faster(1.2)]
fn growth_that_bends_is_followed(#[case] bend: f64) {
    for (seed, share) in [(1, 0.34), (2, 0.5), (3, 0.66), (4, 0.8)] {
        let run = bent(9.0, bend, seed);
        let told = asked(&run, share, &[]);
        let truth = run.lifetime_s * (1.0 - share);
        assert!(told.holds(truth), "{share}: {truth} s, told {told:?}");
    }
}

#[test]
fn past_runs_correct_what_is_told_and_narrow_it() {
    let past: Vec<PastRun> = (1..=6)
        .map(|seed| bent(6.0 + seed as f64, 1.2, seed))
        .collect();
    let run = bent(10.0, 1.2, 9);
    let truth = run.lifetime_s * 0.6;
    let (alone, backed) = (asked(&run, 0.4, &[]), asked(&run, 0.4, &past));
    assert!(backed.holds(truth), "{backed:?}");
    let off = |told: &Forecast| (told.likely_s / truth - 1.0).abs();
    assert!(off(&backed) < 0.04, "{backed:?}");
    assert!(off(&backed) < off(&alone), "{alone:?} {backed:?}");
    assert!(
        backed.relative_width() < alone.relative_width(),
        "{alone:?} {backed:?}"
    );
}

#[test]
fn the_hours_of_the_day_after_a_quiet_night_are_no_leak() {
    let said = judged(41.0, |h| {
        150.0 + h + 80.0 * (1.0 - (h / 24.0 * std::f64::consts::TAU).cos())
    });
    assert!(said.growing().is_none(), "{said:?}");
}

#[test]
fn tasks_that_leak_explain_the_memory_they_hold() {
    let memory = Course::of(&run(6.0, 1, |h| 60.0 + 40.0 * h), 6.0 * 3600.0);
    let tasks: Vec<Reading> = (0..2_160)
        .map(|index| Reading::of(f64::from(index) * 10.0, 12.0 + f64::from(index) * 2.0))
        .collect();
    let tasks = Course::of(&tasks, 6.0 * 3600.0);
    let cost = cost::of(&memory, &tasks).expect("memory follows the tasks");
    // 40 MiB an hour by 720 tasks an hour.
    assert!(
        (cost.bytes_per_task / (40.0 * MIB / 720.0) - 1.0).abs() < 0.1,
        "{cost:?}"
    );
    assert!(cost.explained > 0.85, "{cost:?}");
    let said = cost.text(crate::metric::TaskKind::Goroutines);
    assert!(said.starts_with("each goroutine costs 5"), "{said}");
    let level = Course::of(&run(6.0, 3, |_| 12.0 / MIB), 6.0 * 3600.0);
    assert_eq!(cost::of(&memory, &level), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn noise_around_a_level_is_never_a_leak(seed: u64, level in 50.0..400.0_f64, hours in 1.0..30.0_f64) {
        let readings = run(hours, seed, |_| level);
        let growth = Growth::of(&Course::of(&readings, hours * 3600.0), Scale::of_memory(Some(LIMIT)));
        prop_assert_eq!(growth.growing(), None);
    }
}
