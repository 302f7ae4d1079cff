//! As whom Postgres runs. It refuses to be root, so root hands the cluster to another user.

use std::{
    fs, io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use super::PostgresError;

/// Who owns the cluster and runs Postgres.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    /// Whoever runs Inquest.
    Ourselves,
    /// Another user, because we are root.
    Other {
        /// For messages.
        name: String,
        uid: u32,
        gid: u32,
    },
}

impl Owner {
    /// The owner of an existing cluster, or the user to give a new one to.
    pub(super) fn of(cluster: &Path) -> Result<Self, PostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        if let Ok(meta) = fs::metadata(cluster)
            && meta.uid() != 0
        {
            return Ok(Self::Other {
                name: format!("with the number {}", meta.uid()),
                uid: meta.uid(),
                gid: meta.gid(),
            });
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                Some(Self::Other {
                    name: name.to_owned(),
                    uid: id("-u", name)?,
                    gid: id("-g", name)?,
                })
            })
            .ok_or(PostgresError::NoUser)
    }

    /// For messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Ourselves => "who runs Inquest",
            Self::Other { name, .. } => name,
        }
    }

    /// A command that runs as the owner, in a folder that the owner can surely enter, deaf to the keyboard: Ctrl-C is for us,
    /// and Postgres is stopped when we have finished.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .process_group(0);
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Makes a folder that only the owner can enter.
    pub(super) fn create_private_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        if let Self::Other { uid, gid, .. } = self {
            std::os::unix::fs::chown(path, Some(*uid), Some(*gid))?;
        }
        Ok(())
    }

    /// Whether a folder is the owner's.
    pub(super) fn owns(&self, path: &Path) -> bool {
        let uid = match self {
            Self::Ourselves => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => *uid,
        };
        fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == uid)
    }
}

/// Asks `id`, which knows every user directory that the machine uses.
fn id(what: &str, name: &str) -> Option<u32> {
    let output = Command::new("id")
        .args([what, name])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
