//! Finds Postgres' binaries. Debian and Red Hat keep the server out of the PATH, one folder for each major version.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::OLDEST_MAJOR;

/// One installed Postgres.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installation {
    /// Where `initdb` and `postgres` are.
    pub(super) bin: PathBuf,
    /// Its major version.
    pub(super) major: u32,
}

/// Folders that hold one folder for each version, and where the binaries are below that.
const ROOTS: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", "bin"), // Debian, Ubuntu
    ("/usr", "bin"),                // Red Hat: /usr/pgsql-17
    ("/usr/libexec", "."),          // Alpine: /usr/libexec/postgresql17
    ("/opt/homebrew/opt", "bin"),   // Homebrew: postgresql@17
    ("/usr/local/opt", "bin"),      // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];

/// Every usable installation, newest first; the one in the PATH before others of its version.
pub(super) fn find_all() -> Vec<Installation> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<Installation> = std::env::split_paths(&path)
        .chain(
            ROOTS
                .iter()
                .flat_map(|(root, bin)| versions(Path::new(root), bin)),
        )
        .filter_map(|bin| look_at(&bin))
        .filter(|installation| installation.major >= OLDEST_MAJOR)
        .collect();
    found.sort_by_key(|installation| std::cmp::Reverse(installation.major));
    found.dedup_by_key(|installation| installation.major);
    found
}

fn versions(root: &Path, bin: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("pgsql")
                || name.starts_with("postgresql")
                || name.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|entry| entry.path().join(bin))
        .collect()
}

fn look_at(bin: &Path) -> Option<Installation> {
    if !bin.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(bin.join("postgres"))
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(Installation {
        bin: bin.to_owned(),
        major: major(&String::from_utf8_lossy(&output.stdout))?,
    })
}

/// From `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` or `postgres (PostgreSQL) 18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split(") ").nth(1)?;
    let digits = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn versions_are_read() {
        assert_eq!(
            major("postgres (PostgreSQL) 17.2 (Debian 17.2-1.pgdg120+1)\n"),
            Some(17)
        );
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres: command not found"), None);
    }
}
