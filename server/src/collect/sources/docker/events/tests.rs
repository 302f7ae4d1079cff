use super::*;
use domain::fact::Action;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
}

fn event(seconds: i64, action: Action) -> EngineEvent {
    EngineEvent {
        at: at(seconds),
        container: EngineId::from("c0ffee"),
        spec: None,
        action,
    }
}

#[test]
fn a_replay_overlaps_and_tells_nothing_twice() {
    let mut cursor = Cursor::after(None);
    assert_eq!(cursor.replay_from(), None);
    let (oom, die) = (event(10, Action::Oom), event(10, Action::died(137)));
    assert!(cursor.is_new(&oom));
    assert!(cursor.is_new(&die), "another event at the same instant");
    assert_eq!(
        cursor.replay_from(),
        None,
        "not before the replay is proven to be complete"
    );
    cursor.followed(at(10));
    assert_eq!(cursor.replay_from(), Some(at(9)));
    assert!(!cursor.is_new(&oom));
    assert!(!cursor.is_new(&die));
    assert!(cursor.is_new(&event(11, Action::Start)));
}

#[test]
fn a_memory_that_reaches_back_far_enough_leaves_no_gap() {
    assert_eq!(Away::default().missed(at(100), at(130), Some(at(40))), None);
}

#[test]
fn a_memory_that_turned_over_leaves_a_gap_up_to_its_oldest_event() {
    let gap = Away::default()
        .missed(at(100), at(130), Some(at(120)))
        .expect("a gap");
    assert_eq!(
        (gap.kind, gap.from, gap.to),
        (GapKind::Events, at(100), Some(at(120)))
    );
}

#[test]
fn an_empty_memory_leaves_a_gap_up_to_now() {
    let gap = Away::default()
        .missed(at(100), at(130), None)
        .expect("a gap");
    assert_eq!((gap.from, gap.to), (at(100), Some(at(130))));
}

#[test]
fn a_long_absence_is_reported_once_while_it_lasts_and_ended_when_it_is_over() {
    let mut cursor = Cursor::after(Some(at(100)));
    cursor.followed(at(110));
    let mut away = Away::default();
    let mut gaps = Vec::new();
    for second in 110..150 {
        gaps.extend(away.failed(at(second), &cursor, "refused"));
        away.pause();
    }
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].from, gaps[0].to), (at(110), None));
    let recovered = away
        .missed(at(110), at(150), Some(at(20)))
        .expect("the end of the gap");
    assert_eq!(
        (recovered.from, recovered.to),
        (at(110), Some(at(110))),
        "nothing was lost after all"
    );
    let lost = away
        .missed(at(110), at(150), Some(at(140)))
        .expect("the end of the gap");
    assert_eq!((lost.from, lost.to), (at(110), Some(at(140))));
}

#[test]
fn pauses_grow_and_are_bounded() {
    let mut away = Away::default();
    let pauses: Vec<_> = (0..20).map(|_| away.pause()).collect();
    assert_eq!(pauses[0], FIRST_PAUSE);
    assert_eq!(pauses[19], LONGEST_PAUSE);
}

#[test]
fn times_go_over_the_wire_to_the_nanosecond() {
    assert_eq!(
        wire_time(Timestamp::from_timestamp_nanos(1_800_000_000_000_000_042)),
        "1800000000.000000042"
    );
}
