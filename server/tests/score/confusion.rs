//! Who said what of which cause: precision, recall, and the table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// How often each cause was said of each true one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confusion(BTreeMap<(String, String), u64>);

/// What has no entry in the ledger is said to be this.
pub(crate) const LOST: &str = "(lost)";
/// What has no true end is truly this.
pub(crate) const INVENTED: &str = "(invented)";

impl Confusion {
    pub(crate) fn note(&mut self, truth: &str, said: &str) {
        *self
            .0
            .entry((truth.to_owned(), said.to_owned()))
            .or_default() += 1;
    }

    fn count(&self, fits: impl Fn(&str, &str) -> bool) -> u64 {
        self.0
            .iter()
            .filter(|((truth, said), _)| fits(truth, said))
            .map(|(_, count)| count)
            .sum()
    }

    /// The causes that truly occurred.
    pub(crate) fn causes(&self) -> BTreeSet<&str> {
        let truths = self.0.keys().map(|(truth, _)| truth.as_str());
        truths.filter(|truth| *truth != INVENTED).collect()
    }

    pub(crate) fn of(&self, cause: &str) -> u64 {
        self.count(|truth, _| truth == cause)
    }

    /// Of what was said to be this cause, the share that was. Nothing said: none was wrong.
    pub(crate) fn precision(&self, cause: &str) -> f64 {
        let said = self.count(|_, said| said == cause);
        share(
            self.count(|truth, said| truth == cause && said == cause),
            said,
        )
        .unwrap_or(1.0)
    }

    /// Of what was this cause, the share of which it was said.
    pub(crate) fn recall(&self, cause: &str) -> f64 {
        let true_ones = self.of(cause);
        share(
            self.count(|truth, said| truth == cause && said == cause),
            true_ones,
        )
        .unwrap_or(1.0)
    }

    /// The harmonic mean of both.
    pub(crate) fn f1(&self, cause: &str) -> f64 {
        let said = self.count(|_, said| said == cause);
        let hits = self.count(|truth, said| truth == cause && said == cause);
        share(2 * hits, said + self.of(cause)).unwrap_or(0.0)
    }

    /// The mean over all causes that occurred: the rare ones count as much as the common ones.
    pub(crate) fn macro_f1(&self) -> f64 {
        let causes = self.causes();
        causes.iter().map(|cause| self.f1(cause)).sum::<f64>() / causes.len().max(1) as f64
    }

    /// The table: true causes down, said ones across.
    pub(crate) fn table(&self) -> String {
        let said: BTreeSet<&str> = self.0.keys().map(|(_, said)| said.as_str()).collect();
        let truths: BTreeSet<&str> = self.0.keys().map(|(truth, _)| truth.as_str()).collect();
        let mut table = String::from("| truly \\ said |");
        for said in &said {
            let _ = write!(table, " {said} |");
        }
        table.push_str("\n|---|");
        table.push_str(&"---:|".repeat(said.len()));
        for truth in truths {
            let _ = write!(table, "\n| {truth} |");
            for said in &said {
                match self.count(|t, s| t == truth && s == *said) {
                    0 => table.push_str(" · |"),
                    count => {
                        let _ = write!(table, " {count} |");
                    }
                }
            }
        }
        table.push('\n');
        table
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_are_those_of_the_table() {
        let mut confusion = Confusion::default();
        for (truth, said, times) in [
            ("crash", "crash", 8),
            ("crash", "stopped", 2),
            ("stopped", "stopped", 6),
            (INVENTED, "crash", 2),
            ("stopped", LOST, 4),
        ] {
            for _ in 0..times {
                confusion.note(truth, said);
            }
        }
        assert_eq!(confusion.causes().len(), 2);
        assert!((confusion.precision("crash") - 0.8).abs() < 1e-9);
        assert!((confusion.recall("crash") - 0.8).abs() < 1e-9);
        assert!((confusion.precision("stopped") - 0.75).abs() < 1e-9);
        assert!((confusion.recall("stopped") - 0.6).abs() < 1e-9);
        let f1 = 2.0 * 6.0 / (8.0 + 10.0);
        assert!((confusion.f1("stopped") - f1).abs() < 1e-9);
        assert!((confusion.macro_f1() - f64::midpoint(0.8, f1)).abs() < 1e-9);
    }
}
