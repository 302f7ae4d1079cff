//! Tables, properties and one whole picture.

use domain::metric::Unit;
use proptest::prelude::*;

use super::bands::{self, Band};
use super::calendar;
use super::coverage::{self, Span};
use super::markers::{self, Event, MIXED, Row};
use super::plot::{Deploy, Frame, Mark, Plot};
use super::range::{DEFAULT, RangeQuery, overview};
use super::scale::{HEIGHT, TimeScale, ValueScale, WIDTH};
use super::segments::{self, Segment};
use super::series::{Bucket, Series};
use super::{levels, path, ticks};
use crate::format::NBSP;

const MIB: f64 = 1024.0 * 1024.0;
const MINUTE: i64 = 60_000;

/// One sample per bucket of 10 s from the epoch on.
fn series(values: &[Option<f64>]) -> Series {
    Series {
        from_ms: 0,
        step_ms: 10_000,
        buckets: values.iter().map(|v| v.map(Bucket::one)).collect(),
    }
}

fn values(segments: &[Segment]) -> Vec<Vec<f64>> {
    segments
        .iter()
        .map(|s| s.iter().map(|(_, b)| b.last).collect())
        .collect()
}

fn labels(unit: Unit, highest: f64) -> Vec<String> {
    ticks::values(unit, highest)
        .into_iter()
        .map(|t| t.label.replace(NBSP, " "))
        .collect()
}

#[test]
fn bytes_are_divided_by_powers_of_two_of_the_limit() {
    assert_eq!(
        labels(Unit::Bytes, 512.0 * MIB),
        ["0", "128", "256", "384", "512 MiB"]
    );
    assert_eq!(labels(Unit::Bytes, 300.0 * MIB), ["0", "128", "256 MiB"]);
    assert_eq!(
        labels(Unit::Bytes, 1024.0 * MIB),
        ["0", "0.25", "0.5", "0.75", "1 GiB"]
    );
    assert_eq!(labels(Unit::Bytes, 0.0), ["0", "1 B"]);
}

#[test]
fn counts_and_ratios_have_round_ticks() {
    assert_eq!(labels(Unit::Count, 41_203.0), ["0", "20 k", "40 k"]);
    assert_eq!(labels(Unit::Count, 34.0), ["0", "10", "20", "30"]);
    assert_eq!(labels(Unit::Count, 2.0), ["0", "1", "2"]);
    assert_eq!(labels(Unit::Count, 3_500_000.0), ["0", "1 M", "2 M", "3 M"]);
    assert_eq!(labels(Unit::Ratio, 1.0), ["0", "50", "100 %"]);
    assert_eq!(labels(Unit::Ratio, 0.2), ["0", "50", "100 %"]);
}

#[test]
fn time_ticks_are_times_people_name() {
    let nine_hours = TimeScale::new(1_795_518_000_000, 1_795_518_000_000 + 540 * MINUTE);
    let at: Vec<_> = calendar::ticks(nine_hours, 12)
        .into_iter()
        .map(|t| t.label)
        .collect();
    assert_eq!(
        at,
        [
            "11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00", "18:00", "19:00",
            "20:00"
        ]
    );
    let three_days = TimeScale::new(1_795_518_000_000, 1_795_518_000_000 + 3 * 1440 * MINUTE);
    let at: Vec<_> = calendar::ticks(three_days, 4)
        .into_iter()
        .map(|t| t.label.replace(NBSP, " "))
        .collect();
    assert_eq!(at, ["25 Nov", "26 Nov", "27 Nov"]);
}

#[test]
fn a_line_breaks_at_gaps_and_at_the_end_of_a_run() {
    let with_gap = series(&[Some(1.0), Some(2.0), None, Some(4.0)]);
    assert_eq!(
        values(&segments::cut(&with_gap, &[])),
        [vec![1.0, 2.0], vec![4.0]]
    );

    // Samples of 10 s: the bucket of the death holds the first sample of the new run.
    let sawtooth = series(&[Some(80.0), Some(90.0), Some(10.0), Some(20.0)]);
    assert_eq!(
        values(&segments::cut(&sawtooth, &[22_000])),
        [vec![80.0, 90.0], vec![10.0, 20.0]]
    );

    // Wide buckets: the peak in the bucket of the death is the old run's, the rest the new one's.
    let wide = Series {
        buckets: vec![
            Some(Bucket::one(80.0)),
            Some(Bucket {
                min: 5.0,
                max: 100.0,
                last: 9.0,
            }),
            Some(Bucket::one(20.0)),
        ],
        ..series(&[])
    };
    assert_eq!(
        values(&segments::cut(&wide, &[14_000])),
        [vec![80.0, 100.0], vec![9.0, 20.0]]
    );

    // The end came after the last sample of its bucket: all of the bucket is the old run's.
    let late = Series {
        buckets: vec![
            Some(Bucket::one(80.0)),
            Some(Bucket {
                min: 81.0,
                max: 90.0,
                last: 90.0,
            }),
            Some(Bucket {
                min: 5.0,
                max: 20.0,
                last: 20.0,
            }),
        ],
        ..series(&[])
    };
    assert_eq!(
        values(&segments::cut(&late, &[19_000])),
        [vec![80.0, 90.0], vec![20.0]]
    );
}

#[test]
fn paths_are_relative_short_and_exact() {
    let time = TimeScale::new(0, 40_000);
    let value = ValueScale::new(92.0); // 100 at the top edge
    let cut = segments::cut(&series(&[Some(0.0), Some(50.0), None, Some(25.0)]), &[]);
    assert_eq!(path::line(&cut, time, value), "M125 100l250-50M875 75h1");
    assert_eq!(
        path::area(&cut, time, value),
        "M125 100l250-50v50ZM875 100v-25 25Z"
    );
}

#[test]
fn a_stretch_at_the_limit_reaches_to_the_death_it_explains() {
    let ratio = series(&[Some(0.5), Some(0.96), Some(0.99), Some(0.1), Some(0.2)]);
    let explained = Band {
        from: 10_000,
        to: 33_000,
        ended_run: true,
    };
    assert_eq!(bands::find(&ratio, &[33_000]), [explained]);
    // It let go by itself.
    let relieved = Band {
        from: 10_000,
        to: 30_000,
        ended_run: false,
    };
    assert_eq!(bands::find(&ratio, &[]), [relieved]);
    // It died well after it had left the limit.
    assert_eq!(bands::find(&ratio, &[45_000]), [relieved]);
    // Still there at the end of what is known.
    let ongoing = series(&[Some(0.5), Some(0.97)]);
    assert_eq!(
        bands::find(&ongoing, &[]),
        [Band {
            from: 10_000,
            to: 20_000,
            ended_run: false
        }]
    );
    // No sample in the last seconds: the silence belongs to the death.
    let silent = series(&[Some(0.97), None, Some(0.1)]);
    assert_eq!(
        bands::find(&silent, &[15_000]),
        [Band {
            from: 0,
            to: 15_000,
            ended_run: true
        }]
    );
}

fn event(at: i64, tone: &'static str) -> Event {
    Event {
        at,
        row: Row::Restart,
        tone,
        label: format!("restart at {at}"),
        href: format!("#r{at}"),
    }
}

#[test]
fn markers_too_close_become_one_with_a_count() {
    let time = TimeScale::new(0, 1000);
    let events = [
        event(500, "c-memory"),
        event(100, "c-memory"),
        event(105, "c-memory"),
        event(509, "c-person"),
        event(2000, "c-memory"),
    ];
    let placed = markers::place(&events, Row::Restart, time, 1.2);
    let seen: Vec<_> = placed
        .iter()
        .map(|m| (m.percent, m.count, m.tone))
        .collect();
    assert_eq!(seen, [(10.25, 2, "c-memory"), (50.45, 2, MIXED)]);
    assert!(markers::place(&events, Row::Deploy, time, 1.2).is_empty());
}

#[test]
fn coverage_is_the_range_without_the_gaps() {
    let time = TimeScale::new(0, 1000);
    let gaps = [
        Span { from: 300, to: 400 },
        Span { from: 200, to: 350 },
        Span {
            from: 900,
            to: 5000,
        },
    ];
    let strip = coverage::strip(time, &gaps, &[Span { from: 50, to: 100 }]);
    assert_eq!(strip.seen, [(0.0, 20.0), (40.0, 50.0)]);
    assert_eq!(strip.blind, [(20.0, 20.0), (90.0, 10.0)]);
    assert_eq!(strip.armed, [(5.0, 5.0)]);
    assert!((strip.share - 0.7).abs() < 1e-9);
}

#[test]
fn a_range_survives_the_url() {
    let fixed = RangeQuery::parse(
        None,
        Some("2026-11-23T11:00:00Z"),
        Some("2026-11-23T20:00:00Z"),
    );
    assert_eq!(
        fixed.to_query(),
        "?from=2026-11-23T11:00:00Z&to=2026-11-23T20:00:00Z"
    );
    assert_eq!(
        RangeQuery::parse(Some("9h"), None, None).to_query(),
        "?range=9h"
    );
    for mistyped in [
        RangeQuery::parse(Some("9x"), None, None),
        RangeQuery::parse(None, Some("yesterday"), None),
    ] {
        assert_eq!(mistyped, DEFAULT);
    }
    let backwards = RangeQuery::parse(
        None,
        Some("2026-11-23T20:00:00Z"),
        Some("2026-11-23T11:00:00Z"),
    );
    assert_eq!(backwards, DEFAULT);
    for range in [fixed, DEFAULT] {
        assert_eq!(RangeQuery::from(String::from(range)), range);
    }
}

#[test]
fn the_long_strip_contains_the_range() {
    let hour = 60 * MINUTE;
    let now = 10_000 * hour;
    let recent = TimeScale::new(now - 9 * hour, now);
    assert_eq!(overview(recent, now), TimeScale::new(now - 72 * hour, now));
    let month = TimeScale::new(now - 720 * hour, now);
    assert_eq!(overview(month, now), month);
    let long_ago = TimeScale::new(hour, 2 * hour);
    let around = overview(long_ago, now);
    assert!(around.contains(long_ago.start()) && around.contains(long_ago.end()));
    assert_eq!(around.span(), 24 * hour);
}

#[test]
fn zooming_keeps_the_centre_and_stays_in_bounds() {
    let time = TimeScale::new(0, 1000);
    assert_eq!(time.zoomed(250, 0.5), TimeScale::new(125, 625));
    assert_eq!(time.zoomed(500, 4.0).within(time), time);
    assert_eq!(
        time.shifted(0.5).within(TimeScale::new(0, 1200)),
        TimeScale::new(200, 1200)
    );
    assert_eq!(time.invert(time.fraction(333)), 333);
}

#[test]
fn one_whole_chart() {
    let memory = |i: usize| {
        Some(
            (!(60..=66).contains(&i))
                .then_some(40.0 + 8.0 * (i % 60) as f64)?
                .min(510.0)
                * MIB,
        )
    };
    let values: Vec<_> = (0..120).map(memory).collect();
    let ends = vec![600_000];
    let limit = series(&[Some(512.0 * MIB); 120]);
    let series = series(&values);
    let ratio = Series {
        buckets: series
            .buckets
            .iter()
            .map(|b| b.map(|b| Bucket::one(b.last / (512.0 * MIB))))
            .collect(),
        ..series.clone()
    };
    let time = TimeScale::new(0, 1_200_000);
    let frame = Frame {
        time,
        bands: bands::find(&ratio, &ends),
        ends,
        deploys: vec![Deploy {
            at: 900_000,
            label: "shop <2.14.2>".into(),
        }],
        strip: coverage::strip(
            time,
            &[Span {
                from: 610_000,
                to: 670_000,
            }],
            &[],
        ),
    };
    let plot = Plot {
        height: 176.0,
        unit: Unit::Bytes,
        stacked: None,
        series,
        limit: levels::of(&limit),
        marks: vec![Mark {
            value: 0.9 * 512.0 * MIB,
            label: "alert at 90 %".into(),
        }],
        filled: true,
        labelled: true,
    };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" height=\"{}\">{}</svg>",
        plot.outer_height(),
        plot.render(&frame)
    );
    insta::assert_snapshot!(svg.replace('>', ">\n"));
}

proptest! {
    #[test]
    fn decimation_keeps_the_extremes_of_every_segment(
        values in prop::collection::vec(prop::option::weighted(0.9, 0.0..1e9), 1..400),
        columns in 1u32..50,
    ) {
        let series = series(&values);
        let time = TimeScale::new(0, 10_000 * values.len() as i64);
        let whole = segments::cut(&series, &[]);
        let thinned = segments::decimate(whole.clone(), time, columns);
        prop_assert_eq!(whole.len(), thinned.len());
        for (before, after) in whole.iter().zip(&thinned) {
            let extremes = |s: &Segment| (
                s.iter().map(|(_, b)| b.min).fold(f64::INFINITY, f64::min),
                s.iter().map(|(_, b)| b.max).fold(f64::NEG_INFINITY, f64::max),
            );
            prop_assert_eq!(extremes(before), extremes(after));
            prop_assert_eq!(before.last().map(|(_, b)| b.last), after.last().map(|(_, b)| b.last));
            prop_assert!(after.len() <= columns as usize + 1);
        }
    }

    #[test]
    fn no_segment_spans_a_gap_or_the_end_of_a_run(
        values in prop::collection::vec(prop::option::weighted(0.8, 0.0..100.0), 1..200),
        mut ends in prop::collection::vec(0i64..2_000_000, 0..10),
    ) {
        ends.sort_unstable();
        let series = series(&values);
        for segment in segments::cut(&series, &ends) {
            let (from, to) = (segment[0].0, segment[segment.len() - 1].0);
            prop_assert!(segment.windows(2).all(|w| w[0].0 <= w[1].0));
            for (i, value) in values.iter().enumerate() {
                prop_assert!(value.is_some() || !(from..=to).contains(&series.middle(i)));
            }
            prop_assert!(!ends.iter().any(|&end| from < end && end + series.step_ms < to));
        }
    }

    #[test]
    fn paths_stay_on_the_plot(values in prop::collection::vec(0.0..1e6, 2..100)) {
        let series = series(&values.iter().copied().map(Some).collect::<Vec<_>>());
        let time = TimeScale::new(0, 10_000 * values.len() as i64);
        let value = ValueScale::new(series.highest().unwrap_or(1.0));
        for v in values {
            prop_assert!((0.0..=HEIGHT).contains(&value.y(v)));
        }
        for i in 0..series.buckets.len() {
            prop_assert!((0.0..=WIDTH).contains(&time.x(series.middle(i))));
        }
    }

    #[test]
    fn value_ticks_are_few_ascending_and_within_range(highest in 1.0..1e13, unit in prop::sample::select(vec![Unit::Bytes, Unit::Count])) {
        let ticks = ticks::values(unit, highest);
        prop_assert!((2..=5).contains(&ticks.len()), "{:?}", ticks);
        prop_assert!(ticks[0].value.abs() < f64::EPSILON);
        prop_assert!(ticks.windows(2).all(|w| w[0].value < w[1].value));
        prop_assert!(ticks[ticks.len() - 1].value <= highest * (1.0 + 1e-6));
    }

    #[test]
    fn time_ticks_are_few_and_within_range(from in 0i64..4_000_000_000_000, span in 1_000i64..40_000_000_000, most in 2u32..20) {
        let time = TimeScale::new(from, from + span);
        let ticks = calendar::ticks(time, most);
        prop_assert!(ticks.len() <= most as usize + 1);
        prop_assert!(ticks.iter().all(|t| time.contains(t.at)));
    }
}
