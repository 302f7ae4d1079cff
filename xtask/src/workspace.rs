//! Where things are in this checkout.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The directories the tasks read and write.
pub(crate) struct Workspace {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's output directory.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks the environment that `cargo run` sets, so that one binary serves any checkout that shares a target directory.
    pub(crate) fn locate() -> Result<Self> {
        let manifest_dir =
            env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = PathBuf::from(manifest_dir)
            .parent()
            .context("xtask lies in the workspace")?
            .to_owned();
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |dir| root.join(dir));
        Ok(Self { root, target })
    }

    /// What the server serves: fixed, because the server looks for it relative to the directory it is started in.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }
}

/// The cargo that started this task.
pub(crate) fn cargo() -> std::process::Command {
    std::process::Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
