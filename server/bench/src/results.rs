//! Figures: one JSON object a line, appended to `target/bench/results.jsonl`. `bench table` prints the newest of each name.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Serialize;

/// One figure of one run.
#[derive(Debug, Serialize)]
struct Figure<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    /// Whom we are compared with.
    peer: Option<&'a str>,
    /// Ours divided by theirs: the same as `value` where a peer is named.
    ratio: Option<f64>,
    ours: Option<f64>,
    theirs: Option<f64>,
    /// What `ours` and `theirs` are counted in.
    of: Option<&'a str>,
    /// `full`, or what a smaller run is called: its figures are not for comparing.
    scale: &'a str,
    at: chrono::DateTime<chrono::Utc>,
}

/// The file that figures are appended to.
#[derive(Debug)]
pub(crate) struct Results {
    file: PathBuf,
    scale: String,
}

/// `target/bench` of this checkout: results, programs of the peers, data of a run.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench")
}

/// The file in it.
pub(crate) fn file() -> PathBuf {
    folder().join("results.jsonl")
}

impl Results {
    /// The file, made if need be.
    pub(crate) fn open(scale: &str) -> anyhow::Result<Self> {
        let folder = folder();
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self {
            file: file(),
            scale: scale.to_owned(),
        })
    }

    /// A figure of ours.
    pub(crate) fn figure(&self, name: &str, value: f64, unit: &str) -> anyhow::Result<()> {
        self.append(&Figure {
            name,
            value,
            unit,
            peer: None,
            ratio: None,
            ours: None,
            theirs: None,
            of: None,
            scale: &self.scale,
            at: chrono::Utc::now(),
        })
    }

    /// Ours beside a peer's, both in `unit`.
    pub(crate) fn versus(
        &self,
        name: &str,
        peer: &str,
        (ours, theirs): (f64, f64),
        unit: &str,
    ) -> anyhow::Result<()> {
        let ratio = ours / theirs;
        self.append(&Figure {
            name,
            value: ratio,
            unit: "ratio",
            peer: Some(peer),
            ratio: Some(ratio),
            ours: Some(ours),
            theirs: Some(theirs),
            of: Some(unit),
            scale: &self.scale,
            at: chrono::Utc::now(),
        })
    }

    fn append(&self, figure: &Figure<'_>) -> anyhow::Result<()> {
        match (figure.ours.zip(figure.theirs), figure.peer) {
            (Some((ours, theirs)), Some(peer)) => eprintln!(
                "  {:<38} {:.3}   ({ours:.3} against {theirs:.3} {} of {peer})",
                figure.name,
                figure.value,
                figure.of.unwrap_or_default()
            ),
            _ => eprintln!("  {:<38} {:.3} {}", figure.name, figure.value, figure.unit),
        }
        let mut line = serde_json::to_vec(figure)?;
        line.push(b'\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .and_then(|mut file| file.write_all(&line))
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}
