//! The form in which engines send logs: frames of a header of eight bytes (stream, three zeros, length) and what was written, or, of
//! a container with a terminal, what was written and nothing else. Engines before API 1.42 do not say which it is, but each line
//! begins with its time, a digit, which no header does.

use chrono::{DateTime, Utc};
use domain::log::{LONGEST_LINE, Raw, Stream};

const HEADER: usize = 8;
/// Bytes that are kept of a line, with its time and what is cleaned away later, such as colours.
const KEPT: usize = 2 * LONGEST_LINE;

/// Takes an answer apart, chunk by chunk.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    form: Form,
    raw: Raw,
    /// A line of each stream that is not ended.
    open: [Open; 2],
}

#[derive(Debug, Default)]
enum Form {
    #[default]
    Unknown,
    /// As it was written.
    Plain,
    /// In frames; the header that is being read.
    Framed(Vec<u8>),
    /// In a frame of this stream, of which so many bytes are left.
    Frame(Stream, usize),
}

/// A line that is not ended.
#[derive(Debug, Default)]
struct Open {
    bytes: Vec<u8>,
    /// The next bytes continue a line that the engine has split: they begin with the time again.
    at_time: bool,
    /// Bytes of the time that is left out.
    skipped: usize,
}

impl Splitter {
    /// Takes the next bytes.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            match &mut self.form {
                Form::Unknown => {
                    self.form = if *first <= 2 {
                        Form::Framed(Vec::new())
                    } else {
                        Form::Plain
                    };
                }
                Form::Plain => {
                    self.write(Stream::Out, bytes);
                    return;
                }
                Form::Framed(header) => {
                    let (taken, rest) = bytes.split_at(bytes.len().min(HEADER - header.len()));
                    header.extend_from_slice(taken);
                    bytes = rest;
                    if let [stream, _, _, _, a, b, c, d] = header[..] {
                        let stream = if stream == 2 {
                            Stream::Err
                        } else {
                            Stream::Out
                        };
                        let length = u32::from_be_bytes([a, b, c, d]) as usize;
                        let open = &mut self.open[stream as usize];
                        open.at_time = !open.bytes.is_empty();
                        open.skipped = 0;
                        self.form = Form::Frame(stream, length);
                    }
                }
                Form::Frame(stream, left) => {
                    let stream = *stream;
                    let (content, rest) = bytes.split_at(bytes.len().min(*left));
                    *left -= content.len();
                    if *left == 0 {
                        self.form = Form::Framed(Vec::new());
                    }
                    bytes = rest;
                    self.write(stream, content);
                }
            }
        }
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let open = &mut self.open[stream as usize];
            let mut content = piece;
            if open.at_time {
                content = open.without_time(content);
            }
            let is_ended = content.ends_with(b"\n");
            let room = KEPT.saturating_sub(open.bytes.len());
            open.bytes
                .extend_from_slice(&content[..content.len().min(room)]);
            if is_ended {
                self.end(stream);
            }
        }
    }

    fn end(&mut self, stream: Stream) {
        let open = std::mem::take(&mut self.open[stream as usize]);
        let line = open.bytes.strip_suffix(b"\n").unwrap_or(&open.bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (at, text) = timed(line);
        self.raw.push(at, stream, text);
    }

    /// What was read. A last line that is not ended counts too.
    pub(super) fn finish(mut self) -> Raw {
        for stream in [Stream::Out, Stream::Err] {
            if !self.open[stream as usize].bytes.is_empty() {
                self.end(stream);
            }
        }
        self.raw
    }
}

impl Open {
    /// Leaves out a time that begins a continuation. What does not look like one is content.
    fn without_time<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        /// `2026-11-26T01:23:45.123456789+00:00` is the longest form, and a space follows.
        const LONGEST: usize = 36;
        let end = bytes.iter().position(|byte| *byte == b' ');
        match end {
            Some(end) if self.skipped + end <= LONGEST => {
                self.at_time = false;
                &bytes[end + 1..]
            }
            None if self.skipped + bytes.len() <= LONGEST => {
                self.skipped += bytes.len();
                &[]
            }
            _ => {
                self.at_time = false;
                bytes
            }
        }
    }
}

/// The time in front of a line, and the line.
fn timed(line: &[u8]) -> (Option<DateTime<Utc>>, &[u8]) {
    let Some(end) = line.iter().take(40).position(|byte| *byte == b' ') else {
        // An empty line may come without the space.
        let at = std::str::from_utf8(line).ok().and_then(moment);
        return if at.is_some() {
            (at, &[])
        } else {
            (None, line)
        };
    };
    match std::str::from_utf8(&line[..end]).ok().and_then(moment) {
        Some(at) => (Some(at), &line[end + 1..]),
        None => (None, line),
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.to_utc())
}
