//! `inquest export` as a program.

use std::fs;

use crate::support::{folder, inquest, run};

#[test]
fn a_file_appears_when_it_is_complete() {
    let dir = folder();
    let file = dir.path().join("samples.om");
    let arguments = [
        "export",
        "samples",
        "--format",
        "openmetrics",
        "--metrics",
        "memory_ratio",
    ];
    let output = run(inquest(dir.path())
        .args(arguments)
        .arg("--output")
        .arg(&file));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("exported"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(&file).expect("written"),
        "# TYPE inquest_memory_ratio gauge\n\
         # UNIT inquest_memory_ratio ratio\n\
         # HELP inquest_memory_ratio Working set divided by the limit.\n\
         # EOF\n"
    );
    assert!(!dir.path().join("samples.om.partial").exists());

    let output = run(inquest(dir.path()).args(["export", "samples", "--workload", "999"]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("no workload has the id 999"),
        "{said}"
    );
}
