//! Figures as a table, for people and for docs/BENCHMARKS.md.

use std::{collections::BTreeMap, fs};

use anyhow::Context as _;
use serde::Deserialize;

use crate::results;

/// What other benchmarks may leave out is optional.
#[derive(Debug, Deserialize)]
struct Figure {
    name: String,
    value: f64,
    unit: String,
    peer: Option<String>,
    ours: Option<f64>,
    theirs: Option<f64>,
    of: Option<String>,
    scale: Option<String>,
}

/// Prints the newest figure of each name.
#[expect(clippy::print_stdout, reason = "the table goes where it is piped to")]
pub(crate) fn print() -> anyhow::Result<()> {
    let file = results::file();
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut newest = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let figure: Figure = serde_json::from_str(line)
            .with_context(|| format!("{}, line {}", file.display(), number + 1))?;
        newest.insert(figure.name.clone(), figure);
    }
    println!("| Figure | Value | Inquest | Peer |\n|---|---:|---:|---:|");
    for figure in newest.values() {
        println!("{}", row(figure));
    }
    Ok(())
}

fn row(figure: &Figure) -> String {
    let Figure {
        name,
        value,
        unit,
        peer,
        ours,
        theirs,
        of,
        scale,
    } = figure;
    let scale = match scale.as_deref() {
        None | Some("full") => String::new(),
        Some(scale) => format!(" ({scale})"),
    };
    let number = |value: f64| match value.abs() {
        0.0 => "0".to_owned(),
        large if large >= 1000.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    };
    match (ours, theirs, peer) {
        (Some(ours), Some(theirs), Some(peer)) => {
            let of = of.as_deref().unwrap_or_default();
            format!(
                "| `{name}`{scale} | {} | {} {of} | {} {of} ({peer}) |",
                number(*value),
                number(*ours),
                number(*theirs)
            )
        }
        _ => format!("| `{name}`{scale} | {} {unit} | | |", number(*value)),
    }
}
