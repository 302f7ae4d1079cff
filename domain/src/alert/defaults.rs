//! The rules that are there from the start.

use super::{Fields, Rule};

/// A field of a rule.
type Field = (&'static str, &'static str);

/// Acute and chronic restarting are apart: three in ten minutes is a loop, five in a day is a leak that comes back every few hours.
const RULES: [&[Field]; 8] = [
    &[
        ("name", "Memory close to its limit"),
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("clear", "85%"),
        ("for", "1m"),
        ("keep_firing_for", "5m"),
        ("grace", "2m"),
        ("severity", "warning"),
        ("text", "The kernel kills it at 100 % of its limit."),
    ],
    &[
        ("name", "Memory limit within 30 minutes"),
        ("when", "time_to_limit"),
        ("below", "30m"),
        ("clear", "45m"),
        ("for", "2m"),
        ("keep_firing_for", "5m"),
        ("grace", "5m"),
        ("severity", "warning"),
        (
            "text",
            "Restarting it in a quiet moment is better than being killed in a busy one.",
        ),
    ],
    &[
        ("name", "Restarting in a loop"),
        ("when", "restarts"),
        ("window", "10m"),
        ("above", "3"),
        ("clear", "1"),
        ("keep_firing_for", "5m"),
        ("severity", "page"),
        ("remind_every", "4h"),
    ],
    &[
        ("name", "Restarting again and again"),
        ("when", "restarts"),
        ("window", "24h"),
        ("above", "5"),
        ("clear", "2"),
        ("keep_firing_for", "30m"),
        ("severity", "warning"),
        ("remind_every", "24h"),
    ],
    &[
        ("name", "Out of memory"),
        ("when", "each_restart"),
        (
            "causes",
            "out_of_memory, node_out_of_memory, runtime_out_of_memory",
        ),
        ("severity", "page"),
    ],
    &[
        ("name", "A process was killed for memory"),
        ("when", "child_out_of_memory"),
        ("severity", "warning"),
    ],
    &[
        ("name", "A new panic"),
        ("when", "new_panic"),
        ("severity", "warning"),
    ],
    &[
        ("name", "Source does not answer"),
        ("when", "source_unreachable"),
        ("for", "2m"),
        ("keep_firing_for", "1m"),
        ("severity", "page"),
        ("remind_every", "4h"),
        (
            "text",
            "While it does not answer, restarts of its workloads may go unseen.",
        ),
    ],
];

/// The rules that are there from the start. Each can be changed and switched off.
pub fn defaults() -> Vec<Rule> {
    RULES
        .iter()
        .filter_map(|rule| Rule::read(&rule.iter().copied().collect::<Fields>()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_is_a_rule() {
        for rule in RULES {
            let fields: Fields = rule.iter().copied().collect();
            assert!(Rule::read(&fields).is_ok(), "{:?}", Rule::read(&fields));
        }
        assert_eq!(defaults().len(), RULES.len());
    }

    #[test]
    fn names_differ() {
        let mut names: Vec<String> = defaults().into_iter().map(|rule| rule.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
