//! The tail itself, and how it is made.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{LogLine, LogMissing, MOST_BYTES, MOST_LINES, Stream, clean};
use crate::{
    Timestamp,
    ids::EngineId,
    panic::{self, Panic},
    redact,
};

/// What a run wrote before its end, or why that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTail {
    container: EngineId,
    ended_at: Timestamp,
    lines: Vec<LogLine>,
    is_cut: bool,
    redacted: u32,
    missing: Option<LogMissing>,
}

/// Lines as they are read, of which the last ones are kept. Memory is bounded, however much is read.
#[derive(Debug, Default)]
pub struct Raw {
    lines: VecDeque<(Option<Timestamp>, Stream, String)>,
    bytes: usize,
    is_cut: bool,
}

impl Raw {
    /// Takes the next line.
    pub fn push(&mut self, at: Option<Timestamp>, stream: Stream, line: &[u8]) {
        let text = clean(line);
        self.bytes += text.len();
        self.lines.push_back((at, stream, text));
        while self.bytes > MOST_BYTES || self.lines.len() > MOST_LINES {
            if let Some((_, _, text)) = self.lines.pop_front() {
                self.bytes -= text.len();
            }
            self.is_cut = true;
        }
    }

    /// There was more than is here.
    pub fn cut(&mut self) {
        self.is_cut = true;
    }
}

impl LogTail {
    /// The tail of a run that ended at a moment. Secrets are taken out here, before anyone gets to see them.
    pub fn read(container: EngineId, ended_at: Timestamp, raw: Raw) -> Self {
        let (mut times, mut texts) = (Vec::new(), Vec::new());
        for (at, stream, text) in raw.lines {
            times.push((at, stream));
            texts.push(text);
        }
        let redacted = redact::lines(&mut texts);
        let lines = times.into_iter().zip(texts);
        Self {
            container,
            ended_at,
            lines: lines
                .map(|((at, stream), text)| LogLine { at, stream, text })
                .collect(),
            is_cut: raw.is_cut,
            redacted,
            missing: None,
        }
    }

    /// The log of a run that ended at a moment could not be had.
    pub fn missing(container: EngineId, ended_at: Timestamp, reason: LogMissing) -> Self {
        Self {
            container,
            ended_at,
            lines: Vec::new(),
            is_cut: false,
            redacted: 0,
            missing: Some(reason),
        }
    }

    /// Without the lines of the run before, where the engine told when lines were written; see [`super::begins_at`].
    #[must_use]
    pub fn of_run(mut self, run_started_at: Timestamp, ended_before: Option<Timestamp>) -> Self {
        let begin = super::begins_at(run_started_at, ended_before);
        self.lines
            .retain(|line| line.at.is_none_or(|at| at >= begin));
        self
    }

    /// The same without its lines, and why they are not here.
    #[must_use]
    pub fn without_lines(&self, reason: LogMissing) -> Self {
        Self::missing(self.container.clone(), self.ended_at, reason)
    }

    /// Whose it is.
    pub fn container(&self) -> &EngineId {
        &self.container
    }

    /// When the run ended, as the engine told it.
    pub fn ended_at(&self) -> Timestamp {
        self.ended_at
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// Whether the run wrote more than this.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// How many secrets were taken out.
    pub fn redacted(&self) -> u32 {
        self.redacted
    }

    /// Why there are no lines; `None` when they were read, even if there were none.
    pub fn reason(&self) -> Option<LogMissing> {
        self.missing
    }

    /// The last panic in it.
    pub fn panic(&self) -> Option<Panic> {
        let texts: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
        panic::find(&texts)
    }

    /// About how many bytes it takes in memory.
    pub fn size(&self) -> usize {
        let lines = self.lines.iter();
        size_of::<Self>()
            + lines
                .map(|line| size_of::<LogLine>() + line.text.len())
                .sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + second, 0).expect("in range")
    }

    fn tail(raw: Raw) -> LogTail {
        LogTail::read(EngineId::from("c1"), at(100), raw)
    }

    #[test]
    fn the_last_lines_are_kept() {
        let mut raw = Raw::default();
        for number in 0..MOST_LINES as i64 + 5 {
            raw.push(Some(at(number)), Stream::Out, number.to_string().as_bytes());
        }
        let tail = tail(raw);
        assert!(tail.is_cut());
        assert_eq!(tail.lines().len(), MOST_LINES);
        assert_eq!(tail.lines()[0].text, "5");
    }

    #[test]
    fn many_long_lines_are_bounded_in_bytes() {
        let mut raw = Raw::default();
        for _ in 0..100 {
            raw.push(None, Stream::Err, &vec![b'x'; 100_000]);
        }
        let tail = tail(raw);
        assert!(tail.size() < MOST_BYTES + (16 << 10), "{}", tail.size());
        assert!(!tail.lines().is_empty());
    }

    #[test]
    fn no_secret_gets_into_a_tail() {
        let mut raw = Raw::default();
        raw.push(None, Stream::Out, b"password=\x1b[1mhunter2secret\x1b[0m");
        let tail = tail(raw);
        assert_eq!(tail.lines()[0].text, "password=[redacted: password]");
        assert_eq!(tail.redacted(), 1);
    }

    #[test]
    fn lines_of_the_run_before_are_not_this_ones() {
        let mut raw = Raw::default();
        raw.push(Some(at(1)), Stream::Err, b"panic: of the run before");
        raw.push(Some(at(60)), Stream::Out, b"starting");
        let tail = tail(raw).of_run(at(60), Some(at(2)));
        assert_eq!(tail.lines().len(), 1);
        assert_eq!(tail.panic(), None);
    }

    #[test]
    fn first_lines_that_are_older_than_the_start_are_kept_but_not_those_of_an_end_just_before() {
        let ms = |ms| at(60) + TimeDelta::milliseconds(ms);
        let lines = |ended_before| {
            let mut raw = Raw::default();
            raw.push(Some(ms(-400)), Stream::Err, b"bye");
            raw.push(Some(ms(-3)), Stream::Out, b"starting");
            let tail = tail(raw).of_run(at(60), ended_before);
            tail.lines()
                .iter()
                .map(|line| line.text.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(Some(ms(-200))), ["starting"]);
        assert_eq!(lines(None), ["bye", "starting"]);
        assert_eq!(
            lines(Some(ms(100))),
            ["bye", "starting"],
            "no end of a run before"
        );
    }
}
