use domain::{
    Timestamp,
    ids::EngineId,
    log::{LogLine, LogTail, Stream},
};
use proptest::prelude::*;

use super::{wire::Splitter, *};

fn frame(stream: u8, text: &str) -> Vec<u8> {
    let mut frame = vec![stream, 0, 0, 0];
    frame.extend((text.len() as u32).to_be_bytes());
    frame.extend(text.as_bytes());
    frame
}

fn tail(splitter: Splitter) -> LogTail {
    LogTail::read(
        EngineId::from("c1"),
        Timestamp::UNIX_EPOCH,
        splitter.finish(),
    )
}

fn split(chunks: &[&[u8]]) -> Vec<LogLine> {
    let mut splitter = Splitter::default();
    for chunk in chunks {
        splitter.take(chunk);
    }
    tail(splitter).lines().to_vec()
}

fn line(at: &str, stream: Stream, text: &str) -> LogLine {
    LogLine {
        at: Some(at.parse().expect("a time")),
        stream,
        text: text.to_owned(),
    }
}

const T1: &str = "2026-11-26T01:00:00.123456789Z";
const T2: &str = "2026-11-26T01:00:01Z";

#[test]
fn frames_are_taken_apart_wherever_chunks_end() {
    let bytes = [
        frame(1, &format!("{T1} starting\n")),
        frame(2, &format!("{T2} panic: at 12:00\n")),
        frame(1, &format!("{T2} \n")),
    ]
    .concat();
    let expected = [
        line(T1, Stream::Out, "starting"),
        line(T2, Stream::Err, "panic: at 12:00"),
        line(T2, Stream::Out, ""),
    ];
    for cut in 0..bytes.len() {
        assert_eq!(split(&[&bytes[..cut], &bytes[cut..]]), expected, "{cut}");
    }
}

#[test]
fn a_terminal_sends_no_frames() {
    let bytes = format!("{T1} \x1b[32mready\x1b[0m\r\n{T2} bye\r\n");
    assert_eq!(
        split(&[bytes.as_bytes()]),
        [line(T1, Stream::Out, "ready"), line(T2, Stream::Out, "bye")]
    );
}

#[test]
fn a_line_that_the_engine_has_split_is_one_again() {
    let bytes = [
        frame(1, &format!("{T1} the first half, ")),
        frame(2, &format!("{T1} between them\n")),
        frame(1, &format!("{T2} the second\n")),
    ]
    .concat();
    let expected = [
        line(T1, Stream::Err, "between them"),
        line(T1, Stream::Out, "the first half, the second"),
    ];
    for cut in 0..bytes.len() {
        assert_eq!(split(&[&bytes[..cut], &bytes[cut..]]), expected, "{cut}");
    }
}

#[test]
fn a_frame_that_lies_about_its_length_costs_no_memory() {
    let mut bytes = vec![2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    bytes.extend(format!("{T1} short\n").into_bytes());
    assert_eq!(split(&[&bytes]), [line(T1, Stream::Err, "short")]);
}

proptest! {
    #[test]
    fn any_bytes_are_read(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)) {
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        split(&chunks);
    }
}

fn refused(status_code: u16, message: &str) -> Failure {
    Failure::Failed(Box::new(Error::DockerResponseServerError {
        status_code,
        message: message.to_owned(),
    }))
}

#[test]
fn why_there_is_no_log_is_told() {
    for (failure, expected) in [
        (Failure::Timeout, LogMissing::Timeout),
        (refused(404, "No such container: c1"), LogMissing::Removed),
        (refused(403, ""), LogMissing::Forbidden),
        (
            refused(501, "configured logging driver does not support reading"),
            LogMissing::DriverCannotRead,
        ),
        (
            refused(500, "configured logging driver does not support reading"),
            LogMissing::DriverCannotRead,
        ),
        (refused(500, "disk on fire"), LogMissing::Failed),
    ] {
        assert_eq!(reason(&failure), expected, "{failure:?}");
    }
}

#[test]
fn a_run_is_asked_for_by_its_times() {
    let wanted = Wanted {
        container: EngineId::from("c1"),
        since: Some(T1.parse().expect("a time")),
        ended_at: T2.parse().expect("a time"),
    };
    assert_eq!(
        path(&wanted),
        "/containers/c1/logs?stdout=true&stderr=true&timestamps=true&tail=1000&since=1795654800.123456789&until=1795654801.000000000"
    );
}
