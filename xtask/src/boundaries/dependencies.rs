//! What a crate may not depend on, directly or through others.

use anyhow::{Context, Result, ensure};

use crate::workspace::{Workspace, cargo};

/// A crate, how it is built, and what must then not be in its dependency tree.
struct Rule {
    package: &'static str,
    /// The host when `None`.
    target: Option<&'static str>,
    features: &'static str,
    forbidden: &'static [&'static str],
    because: &'static str,
}

const WASM: &str = "wasm32-unknown-unknown";

const RULES: [Rule; 4] = [
    Rule {
        package: "domain",
        target: Some(WASM),
        features: "",
        forbidden: &[
            "async-trait",
            "axum",
            "bollard",
            "futures",
            "kube",
            "leptos",
            "reqwest",
            "sqlx",
            "tokio",
            "tracing",
            "web-sys",
        ],
        because: "domain is pure: no IO, no async, no framework",
    },
    Rule {
        package: "domain",
        target: Some(WASM),
        features: "",
        forbidden: &["chrono feature \"clock\"", "chrono feature \"now\""],
        because: "domain has no clock: the time is an argument",
    },
    Rule {
        package: "app",
        target: None,
        features: "ssr",
        forbidden: &["bollard", "kube", "reqwest", "server", "sqlx"],
        because: "app reaches data through its Backend trait only",
    },
    Rule {
        package: "frontend",
        target: Some(WASM),
        features: "",
        forbidden: &["axum", "leptos_axum", "tokio", "utoipa"],
        because: "the browser downloads what frontend depends on",
    },
];

/// One line for each forbidden package found.
pub(super) fn violations(workspace: &Workspace) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for rule in RULES {
        let tree = tree(workspace, &rule)?;
        for forbidden in rule.forbidden {
            if tree.lines().any(|line| names(line, forbidden)) {
                violations.push(format!(
                    "{} depends on {forbidden}; {}",
                    rule.package, rule.because
                ));
            }
        }
    }
    Ok(violations)
}

/// A line is `name vVERSION …`, or `name feature "feature"`.
fn names(line: &str, wanted: &str) -> bool {
    line.strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(" v") || rest.starts_with(" ("))
}

fn tree(workspace: &Workspace, rule: &Rule) -> Result<String> {
    let mut tree = cargo();
    tree.current_dir(&workspace.root)
        .args([
            "tree",
            "--locked",
            "--edges",
            "normal,features",
            "--prefix",
            "none",
        ])
        .args(["--package", rule.package, "--features", rule.features]);
    if let Some(target) = rule.target {
        tree.args(["--target", target]);
    }
    let output = tree.output().context("cannot start cargo tree")?;
    ensure!(
        output.status.success(),
        "cargo tree failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_matched_whole() {
        assert!(names("sqlx v0.9.0", "sqlx"));
        assert!(!names("sqlx-core v0.9.0", "sqlx"));
        assert!(names(
            "chrono feature \"clock\"",
            "chrono feature \"clock\""
        ));
        assert!(names(
            "chrono feature \"clock\" (*)",
            "chrono feature \"clock\""
        ));
        assert!(!names("chrono v0.4.42", "chrono feature \"clock\""));
    }
}
