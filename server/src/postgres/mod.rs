//! A private Postgres for those who have none: installed binaries, a cluster in the data folder, a unix socket only its owner
//! can reach.
//!
//! One server owns one data folder ([`crate::data_dir`]), so whatever Postgres still runs on its cluster was left behind by a
//! server that was killed: it is stopped and started anew rather than adopted, so that there is only one way to run.

mod cluster;
mod installation;
mod owner;
mod supervisor;
#[cfg(test)]
mod tests;

use std::{io, path::PathBuf};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::{cluster::Cluster, supervisor::Supervisor};
use crate::data_dir::DataDir;

/// The oldest major version our SQL runs on.
pub const OLDEST_MAJOR: u32 = 14;

/// A running private Postgres. It is started again when it dies, until [`PrivatePostgres::stop`].
#[derive(Debug)]
pub struct PrivatePostgres {
    url: String,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

/// Why there is no private Postgres.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No binaries.
    #[error(
        "no Postgres found: Inquest keeps its data in Postgres {OLDEST_MAJOR} or newer; install it (Debian, Ubuntu: apt-get install postgresql) or set DATABASE_URL to one that runs elsewhere"
    )]
    NotInstalled,
    /// Binaries, but not of the version that made the data.
    #[error(
        "the data in {} were made by Postgres {made_by}, which is not installed (found: {found}); install Postgres {made_by}, or convert the folder with pg_upgrade",
        folder.display()
    )]
    WrongVersion {
        /// The cluster.
        folder: PathBuf,
        /// Its major version.
        made_by: u32,
        /// What is installed.
        found: String,
    },
    /// Something is there, but it is no cluster.
    #[error(
        "{} is damaged: {problem}; restore it from a backup, or move it away and Inquest starts with an empty one",
        folder.display()
    )]
    Corrupt {
        /// The cluster.
        folder: PathBuf,
        /// How that shows.
        problem: String,
    },
    /// Postgres refused to start.
    #[error(
        "Postgres does not start on {}: {problem}\nthe whole story is in {}; if the folder is damaged, restore it from a backup, or move it away and Inquest starts with an empty one",
        folder.display(), log.display()
    )]
    DoesNotStart {
        /// The cluster.
        folder: PathBuf,
        /// Its last words.
        problem: String,
        /// Postgres' log.
        log: PathBuf,
    },
    /// Postgres must not run as root, and the user it runs as instead cannot get to the folder.
    #[error(
        "the user {user}, as whom Postgres runs when Inquest is root, cannot enter {}; choose a data folder below one that all users may enter, such as /var/lib/inquest, with --data-dir or INQUEST_DATA_DIR",
        folder.display()
    )]
    NotReachable {
        /// Who.
        user: String,
        /// Where.
        folder: PathBuf,
    },
    /// There is nobody to drop to.
    #[error(
        "Postgres refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as; start Inquest as another user"
    )]
    NoUser,
    /// A command failed.
    #[error("{command} failed: {problem}")]
    Command {
        /// Which.
        command: &'static str,
        /// What it said.
        problem: String,
    },
    /// The file system or the kernel refused.
    #[error("cannot {doing} {}: {problem}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What was said.
        #[source]
        problem: io::Error,
    },
}

impl PrivatePostgres {
    /// Makes the cluster if there is none, and starts it.
    pub async fn start(data_dir: &DataDir) -> Result<Self, PostgresError> {
        let cluster = Cluster::open(data_dir).await?;
        let url = cluster.url();
        let supervisor = Supervisor::start(cluster).await?;
        let stop = CancellationToken::new();
        Ok(Self {
            url,
            supervisor: tokio::spawn(supervisor.run(stop.clone())),
            stop,
        })
    }

    /// How to connect to it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections and stops, within 8 s.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the supervisor of Postgres failed");
        }
    }
}
