use rstest::rstest;

use super::*;
use crate::alert::{FieldProblem, Fields, Happening, defaults};

fn fields(given: &[(&str, &str)]) -> Fields {
    given.iter().copied().collect()
}

fn rule(given: &[(&str, &str)]) -> Result<Rule, Vec<FieldProblem>> {
    Rule::read(&fields(given))
}

#[test]
fn every_default_is_read_back_as_it_was_written() {
    for rule in defaults() {
        assert_eq!(Rule::read(&rule.write()), Ok(rule));
    }
}

#[test]
fn a_scope_is_read_back_as_it_was_written() {
    let given = rule(&[
        ("name", "a"),
        ("when", "each_restart"),
        ("workloads", "shop/*"),
        ("sources", "edge-*"),
        ("images", "shop/*"),
        ("labels", "team=payments, team=search, tier"),
    ])
    .expect("is one");
    assert_eq!(Rule::read(&given.write()), Ok(given));
}

#[test]
fn what_is_left_out_has_a_default() {
    let rule = rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
    ])
    .expect("is one");
    assert!(rule.enabled && rule.scope.is_everything());
    assert_eq!(rule.hold_s, 0);
    assert_eq!(rule.channels, Channels::All);
    let threshold = rule.condition.threshold().expect("has one");
    assert_eq!((threshold.raise, threshold.clear), (0.9, 0.9));
}

/// The field that is wrong, what it says, and a rule that is right but for it.
#[rstest]
#[case("name", "is missing", &[("when", "memory_ratio"), ("above", "90%")])]
#[case("when", "is missing", &[("name", "a")])]
#[case("when", "nothing that can be looked at; known are memory_ratio", &[("name", "a"), ("when", "cpu"), ("above", "90%")])]
#[case("above", "is missing; write for example 90%", &[("name", "a"), ("when", "memory_ratio")])]
#[case("above", "out of range", &[("name", "a"), ("when", "memory_ratio"), ("above", "900%")])]
#[case("below", "keep one of them", &[("name", "a"), ("when", "tasks"), ("above", "5"), ("below", "4")])]
#[case("clear", "would end above it", &[("name", "a"), ("when", "memory_ratio"), ("above", "90%"), ("clear", "95%")])]
#[case("clear", "would end below it", &[("name", "a"), ("when", "time_to_limit"), ("below", "30m"), ("clear", "10m")])]
#[case("above", "use below", &[("name", "a"), ("when", "time_to_limit"), ("above", "30m")])]
#[case("for", "too long", &[("name", "a"), ("when", "memory_ratio"), ("above", "90%"), ("for", "3650d")])]
#[case("for", "no length of time", &[("name", "a"), ("when", "memory_ratio"), ("above", "90%"), ("for", "10 years")])]
#[case("for", "out of range", &[("name", "a"), ("when", "memory_ratio"), ("above", "90%"), ("for", "30d")])]
#[case("for", "does not last", &[("name", "a"), ("when", "each_restart"), ("for", "1m")])]
#[case("pick", "hides spikes", &[("name", "a"), ("when", "memory_ratio"), ("above", "90%"), ("pick", "avg")])]
#[case("window", "is missing", &[("name", "a"), ("when", "restarts"), ("above", "3")])]
#[case("window", "out of range", &[("name", "a"), ("when", "restarts"), ("above", "3"), ("window", "60d")])]
#[case("window", "means nothing for tasks", &[("name", "a"), ("when", "tasks"), ("above", "3"), ("window", "10m")])]
#[case("above", "whole number", &[("name", "a"), ("when", "restarts"), ("above", "2.5"), ("window", "10m")])]
#[case("causes", "no cause", &[("name", "a"), ("when", "each_restart"), ("causes", "gremlins")])]
#[case("workloads", "no pattern", &[("name", "a"), ("when", "tasks"), ("above", "3"), ("workloads", "shop/*, web[0-9]")])]
#[case("workloads", "about sources", &[("name", "a"), ("when", "source_unreachable"), ("workloads", "shop/*")])]
#[case("labels", "no name of a label", &[("name", "a"), ("when", "tasks"), ("above", "3"), ("labels", "team=payments, my team=b")])]
#[case("labels", "has no value; write team", &[("name", "a"), ("when", "tasks"), ("above", "3"), ("labels", "team=")])]
#[case("labels", "about sources", &[("name", "a"), ("when", "source_unreachable"), ("labels", "team=payments")])]
#[case("severity", "no severity", &[("name", "a"), ("when", "each_restart"), ("severity", "critical")])]
#[case("runbook", "no link", &[("name", "a"), ("when", "each_restart"), ("runbook", "javascript:alert(1)")])]
#[case("remind_every", "out of range", &[("name", "a"), ("when", "each_restart"), ("remind_every", "1s")])]
#[case("grace", "out of range", &[("name", "a"), ("when", "each_restart"), ("grace", "2d")])]
#[case("enabled", "neither true nor false", &[("name", "a"), ("when", "each_restart"), ("enabled", "maybe")])]
#[case("threshold", "nothing a rule has", &[("name", "a"), ("when", "each_restart"), ("threshold", "9")])]
fn one_wrong_field_is_told_alone(
    #[case] field: &str,
    #[case] says: &str,
    #[case] given: &[(&str, &str)],
) {
    let problems = rule(given).expect_err("is wrong");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].field, field, "{problems:?}");
    assert!(problems[0].problem.contains(says), "{problems:?}");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let problems = rule(&[
        ("when", "memory_ratio"),
        ("above", "x"),
        ("for", "y"),
        ("severity", "z"),
    ])
    .expect_err("is wrong");
    let wrong: Vec<&str> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(wrong, ["name", "above", "for", "severity"]);
}

#[test]
fn a_group_of_causes_is_all_of_them() {
    let rule = rule(&[
        ("name", "a"),
        ("when", "each_restart"),
        ("causes", "memory, crash"),
    ])
    .expect("is one");
    let Condition::Happens(Happening::Restart(causes)) = rule.condition else {
        panic!("happens in a moment");
    };
    assert_eq!(causes.iter().count(), 5);
}
