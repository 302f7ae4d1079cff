//! Who is killed.

use std::{fs, path::Path};

use rustix::process::{Pid, Signal, kill_process};

use super::dice::Dice;

/// Processes that end together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    /// Inquest.
    Server,
    /// The first process of Postgres, whose children then end by themselves.
    Postmaster,
    /// Any one of its children: a connection, the checkpointer, the writer of the log.
    Child,
    /// Postgres as a whole, as when the machine is switched off.
    Cluster,
    /// Postgres as a whole, and Inquest.
    Everything,
}

impl Victim {
    /// One that leaves Inquest alive.
    pub(super) const fn of_postgres(dice: &mut Dice) -> Self {
        match dice.throw(3) {
            0 => Self::Postmaster,
            1 => Self::Child,
            _ => Self::Cluster,
        }
    }

    /// One that does not.
    pub(super) const fn with_server(dice: &mut Dice) -> Self {
        match dice.throw(3) {
            0 => Self::Everything,
            _ => Self::Server,
        }
    }

    /// Kills those that are Postgres'. Whether there were any.
    pub(super) fn kill_postgres(self, data_dir: &Path, dice: &mut Dice) -> bool {
        let Some(postmaster) = postmaster(data_dir) else {
            return false;
        };
        let children = children(postmaster);
        let mut victims = match self {
            Self::Server => Vec::new(),
            Self::Postmaster => vec![postmaster],
            Self::Child if children.is_empty() => vec![postmaster],
            Self::Child => vec![children[dice.throw(children.len() as u64) as usize]],
            Self::Cluster | Self::Everything => [vec![postmaster], children].concat(),
        };
        victims.retain(|pid| kill_process(*pid, Signal::KILL).is_ok());
        !victims.is_empty()
    }
}

fn postmaster(data_dir: &Path) -> Option<Pid> {
    let cluster = data_dir.join("postgres");
    let note = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid = pid(note.lines().next()?)?;
    // The note outlives the process, and its number may be another's by now.
    let works_in = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).ok()?;
    (works_in == cluster.canonicalize().ok()?).then_some(pid)
}

fn children(parent: Pid) -> Vec<Pid> {
    let pid_of_parent = parent.as_raw_nonzero();
    let list = format!("/proc/{pid_of_parent}/task/{pid_of_parent}/children");
    let list = fs::read_to_string(list).unwrap_or_default();
    list.split_whitespace().filter_map(pid).collect()
}

fn pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.trim().parse().ok()?)
}
