//! `inquest rules test`: rules tried on made-up courses of things.

use std::{fs, path::Path};

use crate::support::{folder, inquest, run};

/// Code, what it said, and what it complained of.
fn tried(dir: &Path, text: &str) -> (Option<i32>, String, String) {
    let path = dir.join("rules.test.toml");
    fs::write(&path, text).expect("written");
    let output = run(inquest(dir)
        .current_dir(dir)
        .args(["rules", "test", "rules.test.toml"]));
    (
        output.status.code(),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

const MEMORY: &str = "
[[rule]]
name = 'Memory'
when = 'memory_ratio'
above = '90%'
for = '1m'
";

#[test]
fn the_example_in_the_documentation_passes() {
    let dir = folder();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/alert-rules.test.toml");
    let output = run(inquest(dir.path()).args(["rules", "test", example]));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("8 tests, all passed"), "{said}");
}

#[test]
fn what_is_said_otherwise_is_shown_beside_what_was_expected() {
    let dir = folder();
    let test = "
[[test]]
name = 'too late'
memory_ratio = ['50% for 5m', '95% for 10m', '50% for 1m']
says.Memory = ['5m fired', '15m10s resolved']
";
    let (code, said, _) = tried(dir.path(), &format!("{MEMORY}{test}"));
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(said, @r"
    FAILED: too late
      Memory: Memory ≥ 90 % of the limit for 1 min
      -       5m  fired     expected, not said
      +       6m  fired     said, not expected, 95 % of the limit
          15m10s  resolved  as expected, 50 % of the limit
    rules.test.toml: 1 test, 1 failed
    ");
}

#[test]
fn rules_of_a_configuration_and_those_from_the_start_can_be_tested() {
    let dir = folder();
    fs::write(
        dir.path().join("inquest.toml"),
        format!("listen = '127.0.0.1:0'\n{MEMORY}"),
    )
    .expect("written");
    let test = "
[[test]]
name = 'quiet'
memory_ratio = ['50% for 5m']
";
    let (code, said, _) = tried(
        dir.path(),
        &format!("rule_files = ['inquest.toml']\n{test}"),
    );
    assert_eq!(code, Some(0), "{said}");
    let defaults = "
[[test]]
name = 'each is told'
restarts = ['5m out_of_memory', '12m out_of_memory']
until = '3h'
says.'Out of memory' = ['5m fired', '12m again', '1h12m resolved']
";
    let (code, said, _) = tried(dir.path(), defaults);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn everything_that_is_wrong_in_a_file_is_said_at_once() {
    let dir = folder();
    let wrong = "
rule_files = ['nowhere.toml']
[[rule]]
name = 'Memory'
when = 'memory'
[[test]]
name = 'a'
memory_ratio = ['0.5 for 5m']
restarts = ['5m oom', 'crash']
unseen = ['5m to 4m']
says.Other = ['5m fired']
[[test]]
name = 'b'
";
    let (code, _, complaint) = tried(dir.path(), wrong);
    assert_eq!(code, Some(2), "{complaint}");
    for part in [
        "rules.test.toml: rule Memory: when: `memory` is nothing that can be looked at",
        "rule_files: nowhere.toml: ",
        "test a: memory_ratio: `0.5` is no percentage",
        "test a: restarts: `oom` is no cause",
        "test a: restarts: `crash` has no time and word",
        "test a: unseen: `5m to 4m` is no stretch of time",
        "test a: says: `Other` is no rule",
        "test b: until: says how long it goes on",
    ] {
        assert!(complaint.contains(part), "{part} is not in\n{complaint}");
    }
    let (code, _, complaint) = tried(dir.path(), "[[test]]\nnam = 'a'");
    assert_eq!(code, Some(2));
    assert!(
        complaint.contains("line 2") && complaint.contains("nam"),
        "{complaint}"
    );
}
