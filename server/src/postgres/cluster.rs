//! The cluster in the data folder: made once, checked at every start, freed of what a killed server left behind.

use std::{
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::{
    PostgresError,
    installation::{self, Installation},
    owner::Owner,
};
use crate::data_dir::DataDir;

/// The longest path a unix socket can have on Linux is 107 bytes, on macOS 103.
const SOCKET_PATH_MAX: usize = 103;

/// Postgres names its socket after the port, even when it listens on none.
const SOCKET: &str = ".s.PGSQL.5432";

/// How long a Postgres that was left behind gets to stop.
const ORPHAN_STOP: Duration = Duration::from_secs(30);

/// A cluster that is ready to be started.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) folder: PathBuf,
    pub(super) log: PathBuf,
    socket_dir: PathBuf,
    installation: Installation,
    owner: Owner,
    log_compression: &'static str,
}

impl Cluster {
    /// Finds or makes the cluster of a data folder. Nothing else runs on it afterwards.
    pub(super) async fn open(data_dir: &DataDir) -> Result<Self, PostgresError> {
        let folder = data_dir.path().join("postgres");
        let owner = Owner::of(&folder)?;
        let made_by = made_by(&folder)?;
        let installation = choose(&folder, made_by)?;
        let mut cluster = Self {
            log_compression: LOG_COMPRESSION,
            socket_dir: socket_dir(&folder),
            log: data_dir.path().join("postgres.log"),
            folder,
            installation,
            owner,
        };
        cluster.check_reachable(data_dir.path())?;
        if made_by.is_none() {
            cluster.create(data_dir.path()).await?;
        }
        if !cluster.understands(LOG_COMPRESSION)? {
            cluster.log_compression = LOG_COMPRESSION_OF_OLD;
        }
        cluster.make_socket_dir()?;
        cluster.stop_orphan().await?;
        Ok(cluster)
    }

    /// The command that runs Postgres. Settings are given here, so that those of this version are always in force.
    pub(super) fn postgres(&self) -> Command {
        let mut command = self.owner.command(&self.installation.bin.join("postgres"));
        command.arg("-D").arg(&self.folder);
        let socket_dir = format!("unix_socket_directories={}", self.socket_dir.display());
        for setting in SETTINGS
            .into_iter()
            .chain([self.log_compression, &socket_dir])
        {
            command.args(["-c", setting]);
        }
        command
    }

    /// Whether this Postgres has a setting's value: it is asked to name another one beside it.
    fn understands(&self, setting: &str) -> Result<bool, PostgresError> {
        let mut probe = self.owner.command(&self.installation.bin.join("postgres"));
        probe.arg("-C").arg("port").arg("-D").arg(&self.folder);
        let output = probe
            .args(["-c", setting])
            .output()
            .map_err(io_error("read the settings of", &self.folder))?;
        Ok(output.status.success())
    }

    /// How to connect. The database `postgres`, which every cluster has: nobody else lives here.
    pub(super) fn url(&self) -> String {
        let mut host = String::new();
        for byte in self.socket_dir.display().to_string().bytes() {
            if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
                host.push(byte.into());
            } else {
                let _infallible = write!(host, "%{byte:02X}");
            }
        }
        format!("postgres:///postgres?host={host}&user={USER}")
    }

    /// What Postgres notes about itself while it runs: process id in the first line, `ready` in the eighth.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.folder.join("postmaster.pid")
    }

    /// The owner must be able to walk to the folder.
    fn check_reachable(&self, data_dir: &Path) -> Result<(), PostgresError> {
        let mut probe = self.owner.command(&self.installation.bin.join("postgres"));
        match probe.arg("--version").current_dir(data_dir).output() {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(PostgresError::NotReachable {
                    user: self.owner.name().to_owned(),
                    folder: data_dir.to_owned(),
                })
            }
            Err(problem) => Err(io_error("enter", data_dir)(problem)),
        }
    }

    /// Made aside and moved into place, so that a cluster is either whole or not there.
    async fn create(&self, data_dir: &Path) -> Result<(), PostgresError> {
        let unfinished = data_dir.join("postgres.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(io_error("remove", &unfinished))?;
        }
        self.owner
            .create_private_dir(&unfinished)
            .map_err(io_error("make", &unfinished))?;
        let mut initdb = self.owner.command(&self.installation.bin.join("initdb"));
        initdb
            .arg("--pgdata")
            .arg(&unfinished)
            // Trust is enough: the socket lies in a folder that only its owner can enter.
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
            ])
            .arg(format!("--username={USER}"));
        let output = tokio::process::Command::from(initdb)
            .output()
            .await
            .map_err(io_error("start initdb for", &unfinished))?;
        if !output.status.success() {
            return Err(PostgresError::Command {
                command: "initdb",
                problem: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            });
        }
        if self.folder.exists() {
            // Empty, else it would have been taken for a cluster.
            fs::remove_dir(&self.folder).map_err(io_error("replace", &self.folder))?;
        }
        fs::rename(&unfinished, &self.folder).map_err(io_error("make", &self.folder))
    }

    fn make_socket_dir(&self) -> Result<(), PostgresError> {
        let dir = &self.socket_dir;
        match self.owner.create_private_dir(dir) {
            Ok(()) => Ok(()),
            // In a folder for everyone, somebody else could have made it to catch our connections.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.owner.owns(dir) => {
                Ok(())
            }
            Err(problem) => Err(io_error("make", dir)(problem)),
        }
    }

    /// Stops the Postgres of a server that was killed, and removes the note of one that was killed itself.
    async fn stop_orphan(&self) -> Result<(), PostgresError> {
        let pid_file = self.pid_file();
        let Some(pid) = fs::read_to_string(&pid_file)
            .ok()
            .and_then(|text| pid_in(&text))
        else {
            return Ok(());
        };
        if !self.is_postmaster(pid) {
            // The number may belong to anyone by now; in a container even to us, which Postgres would take for itself.
            return match fs::remove_file(&pid_file) {
                Err(problem) if problem.kind() != ErrorKind::NotFound => {
                    Err(io_error("remove", &pid_file)(problem))
                }
                _ => Ok(()),
            };
        }
        tracing::info!(
            pid = pid.as_raw_nonzero(),
            "stopping the Postgres that an earlier Inquest left behind"
        );
        let deadline = tokio::time::Instant::now() + ORPHAN_STOP;
        // SIGINT is Postgres' fast shutdown, SIGQUIT its immediate one.
        let mut signal = Signal::INT;
        while self.is_postmaster(pid) {
            let _gone_already = kill_process(pid, signal);
            if tokio::time::Instant::now() > deadline {
                signal = Signal::QUIT;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Whether a process is the Postgres of this very cluster: it works in the cluster's folder.
    fn is_postmaster(&self, pid: Pid) -> bool {
        if !Path::new("/proc/self/cwd").exists() {
            return test_kill_process(pid).is_ok();
        }
        fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()))
            .is_ok_and(|cwd| cwd == self.folder)
    }
}

/// The role that `initdb` makes and we connect as.
const USER: &str = "inquest";

/// For a machine that has other things to do.
const SETTINGS: [&str; 10] = [
    "listen_addresses=",
    "port=5432",
    "max_connections=60",
    "shared_buffers=128MB",
    "max_wal_size=512MB",
    // Many small queries on small partitions: compiling them takes longer than running them.
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    // To the file that we give it.
    "logging_collector=off",
    "log_line_prefix=%m [%p] ",
];

/// Whole pages are half of the log. Postgres' own compression, the only one before version 15 and in builds without libraries, takes
/// several times as long as LZ4, and a sixth of all that Postgres does for a poll.
const LOG_COMPRESSION: &str = "wal_compression=lz4";
const LOG_COMPRESSION_OF_OLD: &str = "wal_compression=on";

/// The major version that made the cluster; `None` when there is none yet.
fn made_by(folder: &Path) -> Result<Option<u32>, PostgresError> {
    let corrupt = |problem: String| PostgresError::Corrupt {
        folder: folder.to_owned(),
        problem,
    };
    match fs::read_to_string(folder.join("PG_VERSION")) {
        Ok(version) => match version.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(corrupt(format!("PG_VERSION says `{}`", version.trim()))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match fs::read_dir(folder).map(Iterator::count) {
                Ok(1..) => Err(corrupt(
                    "it is not empty, yet it has no PG_VERSION as a Postgres data folder has"
                        .to_owned(),
                )),
                _ => Ok(None),
            }
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(corrupt("it is not a folder".to_owned()))
        }
        Err(error) => Err(io_error("read", &folder.join("PG_VERSION"))(error)),
    }
}

/// The installation that made the cluster, or the newest for a new one.
fn choose(folder: &Path, made_by: Option<u32>) -> Result<Installation, PostgresError> {
    let installed = installation::find_all();
    let Some(newest) = installed.first() else {
        return Err(PostgresError::NotInstalled);
    };
    let Some(made_by) = made_by else {
        return Ok(newest.clone());
    };
    let same = installed
        .iter()
        .find(|installation| installation.major == made_by);
    same.cloned().ok_or_else(|| PostgresError::WrongVersion {
        folder: folder.to_owned(),
        made_by,
        found: installed
            .iter()
            .map(|installation| installation.major.to_string())
            .collect::<Vec<_>>()
            .join(", "),
    })
}

/// Inside the cluster, or in the system's folder for temporary files when the path would be too long for a socket.
fn socket_dir(folder: &Path) -> PathBuf {
    let inside = folder.join("socket");
    if inside.as_os_str().len() + 1 + SOCKET.len() <= SOCKET_PATH_MAX {
        return inside;
    }
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    PathBuf::from(format!("/tmp/inquest-{:016x}", hasher.finish()))
}

/// The process in the first line of `postmaster.pid`.
fn pid_in(text: &str) -> Option<Pid> {
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PostgresError + use<> {
    let path = path.to_owned();
    move |problem| PostgresError::Io {
        doing,
        path,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::socket_dir;

    #[test]
    fn a_socket_fits_however_deep_the_data_folder_is() {
        assert_eq!(
            socket_dir(Path::new("/data/postgres")),
            Path::new("/data/postgres/socket")
        );
        let deep = Path::new("/data").join("d".repeat(100)).join("postgres");
        assert!(socket_dir(&deep).starts_with("/tmp"));
        assert_eq!(socket_dir(&deep), socket_dir(&deep));
    }
}
