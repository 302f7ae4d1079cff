//! What may be written in one place only.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Text that must not appear in the Rust files under some directories.
struct Rule {
    within: &'static [&'static str],
    except: &'static [&'static str],
    forbidden: &'static [&'static str],
    because: &'static str,
}

const RULES: [Rule; 4] = [
    Rule {
        within: &["domain/src"],
        except: &[],
        forbidden: &[
            "::now(",
            "SystemTime",
            "Instant",
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "async fn",
        ],
        because: "domain is pure: no IO, no clock, no async",
    },
    Rule {
        within: &["server/src", "app/src", "domain/src"],
        except: &["server/src/store"],
        forbidden: &[
            "query!(",
            "query_as!(",
            "query_scalar!(",
            "sqlx::query",
            "QueryBuilder",
            "\"SELECT ",
            "\"INSERT INTO ",
            "\"UPDATE ",
            "\"DELETE FROM ",
            "\"CREATE ",
            "\"ALTER ",
            "\"DROP ",
        ],
        because: "SQL is written under server/src/store only",
    },
    Rule {
        within: &["server/src", "app/src"],
        except: &["server/src/collect"],
        forbidden: &["bollard::", "use bollard", "kube::", "k8s_openapi::"],
        because: "another system's wire format stops inside its source, under server/src/collect",
    },
    Rule {
        within: &["app/src"],
        except: &[],
        forbidden: &["sqlx::", "reqwest::", "std::fs", "std::net", "tokio::"],
        because: "app has no IO: it calls its Backend",
    },
];

/// One line, starting with file and line number, for each forbidden text found.
pub(super) fn violations(workspace: &Workspace) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for rule in RULES {
        for file in rule.files(&workspace.root)? {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.strip_prefix(&workspace.root)?.display();
            for (number, line) in text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"))
            {
                for forbidden in rule
                    .forbidden
                    .iter()
                    .filter(|forbidden| line.contains(**forbidden))
                {
                    violations.push(format!(
                        "{name}:{}: `{}`; {}",
                        number + 1,
                        forbidden.trim(),
                        rule.because
                    ));
                }
            }
        }
    }
    Ok(violations)
}

impl Rule {
    fn files(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let except: Vec<_> = self.except.iter().map(|dir| root.join(dir)).collect();
        let mut files = Vec::new();
        let mut dirs: Vec<_> = self.within.iter().map(|dir| root.join(dir)).collect();
        while let Some(dir) = dirs.pop() {
            for entry in
                fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?
            {
                let path = entry?.path();
                if except.contains(&path) || except.contains(&path.with_extension("")) {
                    continue;
                }
                if path.is_dir() {
                    dirs.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }
}
