//! Every file in `scenarios/`: facts in, ledger and verdicts out. The format is described in `scenarios/README.md`.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use domain::restart::Restart;
use support::{Scenario, play, seconds};

fn scenarios() -> BTreeMap<String, Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files: BTreeMap<_, _> = fs::read_dir(folder)
        .expect("the scenarios' folder")
        .map(|file| file.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path).expect("a readable file");
            let scenario = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, scenario)
        })
        .collect();
    assert!(files.len() >= 60, "scenarios are missing");
    files
}

fn said(entry: &Restart) -> String {
    let evidence: Vec<_> = entry
        .verdict
        .evidence
        .iter()
        .map(|evidence| format!("    {:?}: {}", evidence.stance, plain(&evidence.text)))
        .collect();
    format!(
        "{} run {:.3} ended {:.3} next {:?} exit {:?} kind {} cause {} ({})\n{}",
        entry.container,
        seconds(entry.run_started_at),
        seconds(entry.ended_at),
        entry.started_at.map(seconds),
        entry.exit_code,
        entry.kind.name(),
        entry.verdict.cause.name(),
        entry.verdict.confidence.name(),
        evidence.join("\n")
    )
}

fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

fn differs(scenario: &Scenario) -> Option<String> {
    let kept = play(scenario, 1, None);
    let mut entries: Vec<&Restart> = kept.entries.values().collect();
    entries.sort_by_key(|entry| (entry.ended_at, entry.run_started_at));
    let found: Vec<_> = entries.iter().map(|entry| said(entry)).collect();
    let mut problems = Vec::new();
    if entries.len() != scenario.expect.len() {
        problems.push(format!(
            "{} entries instead of {}",
            entries.len(),
            scenario.expect.len()
        ));
    }
    for (entry, expect) in entries.iter().zip(&scenario.expect) {
        let near = |a: f64, b: f64| (a - b).abs() < 0.001;
        let mut check = |what: &str, right: bool| {
            if !right {
                problems.push(format!("end at {}: {what}", expect.ended));
            }
        };
        check("ended", near(seconds(entry.ended_at), expect.ended));
        check(
            "started",
            match (entry.started_at.map(seconds), expect.started) {
                (Some(a), Some(b)) => near(a, b),
                (None, None) => true,
                _ => false,
            },
        );
        check("cause", entry.verdict.cause.name() == expect.cause);
        check(
            "confidence",
            entry.verdict.confidence.name() == expect.confidence,
        );
        check("kind", entry.kind.name() == expect.kind);
        check("exit", entry.exit_code == expect.exit);
        check(
            "of",
            expect.of.as_ref().is_none_or(|of| entry.container.0 == *of),
        );
        check(
            "counts",
            expect.counts.is_none_or(|counts| entry.counts() == counts),
        );
        for sentence in &expect.evidence {
            let told = entry
                .verdict
                .evidence
                .iter()
                .any(|evidence| plain(&evidence.text).contains(sentence.as_str()));
            check(&format!("evidence `{sentence}`"), told);
        }
    }
    let child_ooms: Vec<_> = kept.child_ooms.iter().map(|(_, at)| seconds(*at)).collect();
    if child_ooms != scenario.child_ooms {
        problems.push(format!("child OOM kills {child_ooms:?}"));
    }
    (!problems.is_empty()).then(|| format!("{}\n  {}", problems.join("\n"), found.join("\n  ")))
}

#[test]
fn every_scenario_has_the_expected_verdict() {
    let wrong: Vec<_> = scenarios()
        .iter()
        .filter_map(|(name, scenario)| {
            differs(scenario).map(|problem| format!("== {name}: {}\n{problem}", scenario.about))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

type Outline = Vec<(String, f64, f64, Option<f64>, &'static str)>;

fn outline(kept: &support::Kept) -> Outline {
    kept.entries
        .values()
        .map(|entry| {
            (
                entry.container.0.clone(),
                seconds(entry.run_started_at),
                seconds(entry.ended_at),
                entry.started_at.map(seconds),
                entry.kind.name(),
            )
        })
        .collect()
}

#[test]
fn hearing_everything_twice_changes_nothing() {
    for (name, scenario) in scenarios() {
        let once = play(&scenario, 1, None);
        let twice = play(&scenario, 2, None);
        assert_eq!(outline(&once), outline(&twice), "{name}");
        assert_eq!(once.child_ooms, twice.child_ooms, "{name}");
    }
}

/// What was only inspected, and had not settled, is not kept over a restart: how an end was learnt may differ, but not that it happened.
#[test]
fn a_restart_of_inquest_neither_loses_nor_invents_an_end() {
    let runs = |kept: &support::Kept| -> Vec<_> {
        kept.entries
            .values()
            .map(|entry| {
                (
                    entry.container.clone(),
                    entry.run_started_at,
                    entry.started_at,
                )
            })
            .collect()
    };
    for (name, scenario) in scenarios() {
        let whole = play(&scenario, 1, None);
        for split in 1..scenario.timeline.len() {
            let resumed = play(&scenario, 1, Some(split));
            assert_eq!(runs(&whole), runs(&resumed), "{name}, before line {split}");
            assert_eq!(
                whole.child_ooms, resumed.child_ooms,
                "{name}, before line {split}"
            );
        }
    }
}

#[test]
fn every_trap_is_covered_by_scenarios_that_exist() {
    let readme = include_str!("scenarios/README.md");
    let (_, traps) = readme.split_once("## Traps").expect("the list of traps");
    let scenarios = scenarios();
    let mut covered = BTreeSet::new();
    for row in traps.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [numbers, _, files] = cells[..] else {
            panic!("three columns: {row}");
        };
        for file in files.split(", ").filter(|file| *file != "files") {
            let name = file.trim_matches('`');
            assert!(scenarios.contains_key(name), "there is no {name}.toml");
        }
        covered.extend(
            numbers
                .split(", ")
                .filter_map(|number| number.parse::<u32>().ok()),
        );
    }
    assert_eq!(covered, (1..=25).collect::<BTreeSet<_>>());
}
