//! Writes `.sqlx`: what the database says about each query, so that the server compiles without one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::{Workspace, cargo};

/// What to do with the answers.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Compare with the committed files instead of replacing them
    #[arg(long)]
    check: bool,
    /// `DATABASE_URL` names an empty database for this purpose; without this flag one is started
    #[arg(long, hide = true)]
    scratch: bool,
}

/// Migrates an empty database, compiles the server against it, and keeps what sqlx's macros learnt.
pub(crate) fn prepare(workspace: &Workspace, options: &Options) -> Result<()> {
    if !options.scratch {
        return with_scratch_database(workspace, options);
    }
    migrate(&workspace.root.join("migrations"))?;

    let learnt = workspace.target.join("sqlx-prepare");
    if learnt.exists() {
        fs::remove_dir_all(&learnt)?;
    }
    fs::create_dir_all(&learnt)?;
    // Cargo does not know that the macros read a database, so it has to be told that the crate changed.
    File::options()
        .append(true)
        .open(workspace.root.join("server/src/lib.rs"))?
        .set_modified(SystemTime::now())?;
    let check = cargo()
        .current_dir(&workspace.root)
        .args(["check", "--quiet", "--all-targets"])
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &learnt)
        .status()?;
    ensure!(
        check.success(),
        "the server does not compile against the migrated database"
    );

    let committed = workspace.root.join(".sqlx");
    let (old, new) = (read_queries(&committed)?, read_queries(&learnt)?);
    if options.check {
        ensure!(
            old == new,
            ".sqlx does not match the migrations and queries: run `cargo xtask sqlx-prepare` and commit it"
        );
    } else {
        write_queries(&committed, &old, &new)?;
    }
    println!("sqlx: {} queries", new.len());
    Ok(())
}

fn with_scratch_database(workspace: &Workspace, options: &Options) -> Result<()> {
    let status = Command::new(workspace.root.join("xtask/with-postgres.sh"))
        .arg(std::env::current_exe()?)
        .args(["sqlx-prepare", "--scratch"])
        .args(options.check.then_some("--check"))
        .status()
        .context("cannot start xtask/with-postgres.sh")?;
    ensure!(status.success(), "preparing the queries failed");
    Ok(())
}

/// Applies the migrations in the order of their names, as the server does at start.
fn migrate(dir: &Path) -> Result<()> {
    let database = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .with_context(|| format!("cannot read {}", dir.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    for file in files {
        let status = Command::new("psql")
            .args([
                "--quiet",
                "--no-psqlrc",
                "--set=ON_ERROR_STOP=1",
                "--dbname",
                &database,
                "--file",
            ])
            .arg(&file)
            .env("PGOPTIONS", "--client-min-messages=warning")
            .status()
            .context("cannot start psql")?;
        ensure!(status.success(), "{} failed", file.display());
    }
    Ok(())
}

type Queries = BTreeMap<String, String>;

fn read_queries(dir: &Path) -> Result<Queries> {
    let mut queries = Queries::new();
    if !dir.is_dir() {
        return Ok(queries);
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            bail!("unexpected file in {}", dir.display())
        };
        queries.insert(name, fs::read_to_string(entry.path())?);
    }
    Ok(queries)
}

fn write_queries(dir: &Path, old: &Queries, new: &Queries) -> Result<()> {
    fs::create_dir_all(dir)?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(dir.join(name))?;
    }
    for (name, content) in new {
        fs::write(dir.join(name), content)?;
    }
    Ok(())
}
