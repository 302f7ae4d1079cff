//! What people see while data are loaded.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Instant,
};

use crate::fleet::Shape;

/// One line that is written over and over.
pub(crate) struct Progress {
    what: &'static str,
    done: u64,
    all: u64,
    began: Instant,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str, shape: Shape) -> Self {
        Self::of(what, shape.containers as u64 * shape.polls as u64)
    }

    /// Of so many steps.
    pub(crate) fn of(what: &'static str, all: u64) -> Self {
        Self {
            what,
            done: 0,
            all: all.max(1),
            began: Instant::now(),
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// So many polls of containers are done.
    pub(crate) fn add(&mut self, polls: u64) {
        self.done += polls;
        if self.is_terminal {
            let percent = (self.done * 100 / self.all).min(100);
            let _unseen = write!(std::io::stderr(), "\r  {} … {percent} %", self.what);
        }
    }

    pub(crate) fn end(&self) {
        let start = if self.is_terminal { "\r" } else { "" };
        eprintln!(
            "{start}  {} loaded in {:.0} s",
            self.what,
            self.began.elapsed().as_secs_f32()
        );
    }
}
