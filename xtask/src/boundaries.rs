//! Checks the invariants of ARCHITECTURE.md that crate boundaries alone do not enforce.

mod dependencies;
mod sources;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;

/// Reports every violation, then fails if there was one.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut violations = dependencies::violations(workspace)?;
    violations.extend(sources::violations(workspace)?);
    for violation in &violations {
        println!("boundaries: {violation}");
    }
    ensure!(
        violations.is_empty(),
        "{} violations of the architecture",
        violations.len()
    );
    println!("boundaries: hold");
    Ok(())
}
