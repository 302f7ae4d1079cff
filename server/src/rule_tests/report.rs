//! What was expected beside what was said, for people.

use std::fmt;

use chrono::TimeDelta;
use domain::alert::{Notice, Rule, duration_text, rehearsal::Line};

/// One rule in one test.
pub(super) struct Outcome<'a> {
    pub(super) rule: &'a Rule,
    pub(super) expected: &'a [(TimeDelta, Notice)],
    pub(super) said: Vec<Line>,
}

impl Outcome<'_> {
    pub(super) fn is_as_expected(&self) -> bool {
        let said = self.said.iter().map(|line| (line.at, line.notice));
        said.eq(self.expected.iter().copied())
    }
}

impl fmt::Display for Outcome<'_> {
    /// The rule, and a line for everything that was expected or said, in order: `-` is missing, `+` was not expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}: {}", self.rule.name, self.rule.summary())?;
        let said = |line: &Line| (line.at, line.notice);
        let mut lines: Vec<(TimeDelta, Notice, &str, Option<f64>)> = Vec::new();
        for line in &self.said {
            let mark = if self.expected.contains(&said(line)) {
                " "
            } else {
                "+"
            };
            lines.push((line.at, line.notice, mark, line.value));
        }
        for (at, notice) in self.expected {
            if !self.said.iter().any(|line| said(line) == (*at, *notice)) {
                lines.push((*at, *notice, "-", None));
            }
        }
        lines.sort_by_key(|(at, ..)| *at);
        for (at, notice, mark, value) in lines {
            let threshold = self.rule.condition.threshold();
            let shown = threshold
                .zip(value)
                .and_then(|(threshold, value)| threshold.show(value))
                .map(|value| format!(", {value}"))
                .unwrap_or_default();
            let word = match mark {
                "-" => "expected, not said",
                "+" => "said, not expected",
                _ => "as expected",
            };
            let (at, notice) = (duration_text(at), notice.name());
            writeln!(f, "  {mark} {at:>8}  {notice:<8}  {word}{shown}")?;
        }
        Ok(())
    }
}
