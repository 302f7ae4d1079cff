//! What the driver tells its parent: one line of a file for each thing that is done. What was written to a file outlives a process.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    /// From now on things of this tick are tried, and the clock says so.
    Tick(u64),
    /// What a poll of the source saw in time is acknowledged.
    Poll { source: usize, tick: u64 },
    /// So is what was delivered late with that poll.
    Late { source: usize, tick: u64 },
    /// The restart of this tick is acknowledged.
    Restart(u64),
    /// Upkeep begins.
    Begin(Upkeep),
    /// Upkeep ended, well or not.
    End(Upkeep),
    /// Something went wrong that no kill explains.
    Failed(String),
}

/// What goes on beside the writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Upkeep {
    /// And merging of days.
    Sealing,
    Retention,
}

/// The driver's end.
#[derive(Debug)]
pub(super) struct Journal(File);

impl Journal {
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        OpenOptions::new().append(true).open(path).map(Self)
    }

    /// Writes a line, whole.
    pub(super) fn tell(&self, entry: &Entry) {
        let line = serde_json::to_string(entry).unwrap() + "\n";
        (&self.0).write_all(line.as_bytes()).unwrap();
    }
}

/// The parent's end.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) path: PathBuf,
    read: usize,
}

impl Reader {
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        File::create(&path)?;
        Ok(Self { path, read: 0 })
    }

    /// The lines that are new. One that a kill cut off is none.
    pub(super) fn news(&mut self) -> Vec<Entry> {
        let bytes = fs::read(&self.path).unwrap();
        let new = &bytes[self.read..];
        let whole = new
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        self.read += whole;
        let lines = str::from_utf8(&new[..whole]).unwrap().lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
