//! An image of one file: the victim, compiled statically, since no registry is needed then.

use std::{fs, path::Path, process::Command, sync::OnceLock};

/// A tar archive with `/victim` in it.
pub(crate) fn archive() -> Vec<u8> {
    static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();
    ARCHIVE.get_or_init(|| pack("victim", &compile())).clone()
}

fn compile() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let program = dir.path().join("victim");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/victim.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args([
            "--edition=2024",
            "-Ctarget-feature=+crt-static",
            "-Copt-level=1",
            "-Cstrip=symbols",
            "-o",
        ])
        .args([&program, &source])
        .status()
        .expect("there is a rustc");
    assert!(status.success(), "the victim compiles");
    fs::read(program).expect("it was written")
}

/// A tar archive of one executable file in the old format that everything reads: a header of 512 bytes, the file, both padded.
fn pack(name: &str, content: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 512;
    let mut header = [0_u8; BLOCK];
    let mut put =
        |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000755\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, "00000000000\0");
    // The sum of the header counts its own place as blanks.
    put(148, "        ");
    put(156, "0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend_from_slice(content);
    // Two empty blocks end an archive.
    archive.resize(archive.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    archive
}
