//! `inquest rules test FILE`: what goes on in, what is said out, so that people can test their rules as they test their code.
//!
//! The file is read in `file`, tried by `domain::alert::rehearsal` with the state machine that runs, and compared in `report`.

mod file;
mod report;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use domain::alert::{Rule, rehearsal::rehearse};

use self::{
    file::{Suite, Test},
    report::Outcome,
};

/// Tries the tests of some files and writes how they went; whether all passed.
///
/// # Errors
/// A file that cannot be read or is wrong, with everything that is wrong in it.
pub fn run(files: &[PathBuf], out: &mut impl Write) -> anyhow::Result<bool> {
    let mut all_passed = true;
    for path in files {
        let suite = read(path)?;
        let mut failed = 0;
        for test in &suite.tests {
            let outcomes = try_out(&suite.rules, test);
            if outcomes.iter().any(|outcome| !outcome.is_as_expected()) {
                failed += 1;
                writeln!(out, "FAILED: {}", test.name)?;
                for outcome in outcomes.iter().filter(|one| !one.is_as_expected()) {
                    write!(out, "{outcome}")?;
                }
            }
        }
        all_passed &= failed == 0;
        let (count, path) = (suite.tests.len(), path.display());
        let tests = if count == 1 { "test" } else { "tests" };
        if failed == 0 {
            writeln!(out, "{path}: {count} {tests}, all passed")?;
        } else {
            writeln!(out, "{path}: {count} {tests}, {failed} failed")?;
        }
    }
    Ok(all_passed)
}

fn read(path: &Path) -> anyhow::Result<Suite> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Suite::read(&text, folder).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {problem}", path.display()))
            .collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })
}

/// What every rule says, beside what it should.
fn try_out<'a>(rules: &'a [Rule], test: &'a Test) -> Vec<Outcome<'a>> {
    let one = |rule: &'a Rule| Outcome {
        rule,
        expected: test.says.get(&rule.name).map_or(&[][..], Vec::as_slice),
        said: match test.script(rule) {
            Some(script) => rehearse(rule, &script),
            None => Vec::new(),
        },
    };
    rules.iter().map(one).collect()
}
