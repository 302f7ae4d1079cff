//! Which stretch of time the charts of an incident show.

use chrono::TimeDelta;

use crate::Timestamp;

/// Runs on one chart: more of them are too narrow to see how each one went. Of a longer incident the last ones are shown.
const RUNS: usize = 24;
/// Before the first end, the run that led to it is shown, as far as this.
const LEAD: TimeDelta = TimeDelta::hours(6);
/// Beside what happened, this share of it is left free.
const MARGIN: i32 = 20;
/// And at least this.
const LEAST_MARGIN: TimeDelta = TimeDelta::minutes(5);
/// The longest chart that is drawn: two weeks are as much as a page can tell apart.
const MOST: TimeDelta = TimeDelta::days(14);

/// From when to when. `span` is the incident's first and newest end, `runs` the newest of its runs with begin and end, newest first; none when
/// they are no longer kept.
pub fn charted(
    span: (Timestamp, Timestamp),
    runs: &[(Timestamp, Timestamp)],
    now: Timestamp,
) -> (Timestamp, Timestamp) {
    let shown = &runs[..runs.len().min(RUNS)];
    let earliest = shown
        .iter()
        .map(|(began, ended)| (*began).max(*ended - LEAD));
    let newest = span.1;
    let from = earliest.min().unwrap_or(span.0).max(newest - MOST);
    let margin = ((newest - from) / MARGIN).max(LEAST_MARGIN);
    (
        from - margin,
        (newest + margin).min(now.max(newest + LEAST_MARGIN)),
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    /// A run for each pair of begin and end in minutes.
    fn runs(ends: &[(i64, i64)]) -> Vec<(Timestamp, Timestamp)> {
        ends.iter().map(|(from, to)| (at(*from), at(*to))).collect()
    }

    #[rstest]
    #[case::one_short_run(&[(90, 100)], (100, 100), (85, 105))]
    #[case::one_long_run_is_cut(&[(0, 10_000)], (10_000, 10_000), (10_000 - 360 - 18, 10_018))]
    #[case::some_runs(&[(200, 300), (100, 200), (0, 100)], (100, 300), (-15, 315))]
    #[case::the_runs_are_gone(&[], (0, 100), (-5, 105))]
    fn the_runs_that_ended_are_shown_with_a_margin(
        #[case] ran: &[(i64, i64)],
        #[case] span: (i64, i64),
        #[case] shown: (i64, i64),
    ) {
        let (from, to) = charted((at(span.0), at(span.1)), &runs(ran), at(1_000_000));
        assert_eq!((from, to), (at(shown.0), at(shown.1)));
    }

    #[test]
    fn of_a_long_loop_the_last_runs_are_shown_and_nothing_of_the_future() {
        let loop_of_minutes: Vec<_> = (0..200).rev().map(|run| (run, run + 1)).collect();
        let (from, to) = charted((at(1), at(200)), &runs(&loop_of_minutes), at(201));
        assert_eq!((from, to), (at(200 - 24 - 5), at(205)));
        let (from, to) = charted((at(0), at(100)), &runs(&[(0, 100)]), at(100));
        assert_eq!((from, to), (at(-5), at(105)));
    }
}
