//! How far an export is, on standard error.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use app::format;

use super::Part;

/// How often a terminal is told; a log is told rarely.
const TERMINAL: Duration = Duration::from_millis(200);
const LOG: Duration = Duration::from_secs(10);

/// Counts, and says so from time to time.
pub(super) struct Progress {
    is_terminal: bool,
    said_at: Instant,
    bytes: u64,
}

impl Progress {
    pub(super) fn on_stderr() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            said_at: Instant::now(),
            bytes: 0,
        }
    }

    /// Takes note of what was written.
    pub(super) fn add(&mut self, part: &Part) {
        self.bytes += part.text.len() as u64;
        let every = if self.is_terminal { TERMINAL } else { LOG };
        if self.said_at.elapsed() < every {
            return;
        }
        self.said_at = Instant::now();
        let place = part
            .place
            .as_ref()
            .map_or_else(String::new, |(name, until)| {
                format!("  {name} until {}", until.format("%F %R UTC"))
            });
        let line = format!("{:5.1} %  {}{place}", part.done * 100.0, self.size());
        self.say(&line, if self.is_terminal { "\r" } else { "\n" });
    }

    /// Says how much it was.
    pub(super) fn finish(self) {
        self.say(&format!("exported {}", self.size()), "\n");
    }

    fn size(&self) -> String {
        format::bytes_precise(self.bytes as f64)
    }

    fn say(&self, line: &str, end: &str) {
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        // An export is not worse for nobody being told how far it is.
        let _untold = write!(io::stderr(), "{clear}{line}{end}");
    }
}
