//! The data folder, and the lock that keeps two servers from sharing it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

/// A data folder that is ours as long as this value lives. The kernel drops the lock with the process, however it ends.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another server uses it.
    #[error(
        "the data folder {} is in use by another Inquest (process {holder}); stop that one, or give this one its own folder with --data-dir or INQUEST_DATA_DIR",
        path.display()
    )]
    InUse {
        /// Which.
        path: PathBuf,
        /// Whose.
        holder: String,
    },
    /// The file system refuses.
    #[error(
        "cannot use the data folder {}: {problem}; choose another one with --data-dir or INQUEST_DATA_DIR",
        path.display()
    )]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What it said.
        #[source]
        problem: std::io::Error,
    },
}

impl DataDir {
    /// Makes the folder if need be and locks it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |problem| DataDirError::Unusable {
            path: path.to_owned(),
            problem,
        };
        fs::create_dir_all(path).map_err(unusable)?;
        // Postgres gets this path as it is, and compares it.
        let path = path.canonicalize().map_err(unusable)?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("inquest.lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _unreadable_is_empty = lock.read_to_string(&mut holder);
                return Err(DataDirError::InUse {
                    path,
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(problem)) => return Err(unusable(problem)),
        }
        // Only for the message above.
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(unusable)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
impl DataDir {
    /// Opens it once it is free. A process that another test is just starting has a copy of every lock, from its fork until its exec.
    pub(crate) fn open_when_free(path: &Path) -> Result<Self, DataDirError> {
        for _ in 0..200 {
            match Self::open(path) {
                Err(DataDirError::InUse { .. }) => {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                outcome => return outcome,
            }
        }
        Self::open(path)
    }
}

#[cfg(test)]
mod tests {
    use super::{DataDir, DataDirError};

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let first = DataDir::open(dir.path()).expect("free");
        let Err(DataDirError::InUse { holder, .. }) = DataDir::open(dir.path()) else {
            panic!("the folder is in use");
        };
        assert_eq!(holder, std::process::id().to_string());
        drop(first);
        DataDir::open_when_free(dir.path()).expect("free again");
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        let error = DataDir::open(file.path()).expect_err("not a folder");
        assert!(error.to_string().contains("--data-dir"), "{error}");
    }
}
