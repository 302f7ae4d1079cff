//! Compiles `app/frontend` to WebAssembly and generates its JavaScript bindings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::workspace::{Workspace, cargo};

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler and its copy of the standard library's source (packages `rustc-web` and `rust-web-src`).
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library";

/// Builds the crate and returns the path of the `.wasm` that rustc wrote. Cargo skips what is unchanged.
pub(crate) fn compile(workspace: &Workspace, release: bool) -> Result<PathBuf> {
    // Its own directory: the two compilers that may be at work would evict each other's caches from a shared one.
    let target_dir = workspace.target.join("wasm");
    let profile = if release { "wasm-release" } else { "dev" };
    let mut build = cargo();
    build.current_dir(&workspace.root).args([
        "build",
        "--package",
        "frontend",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]);
    build.arg("--target-dir").arg(&target_dir);
    use_compiler_with_target(&mut build)?;
    ensure!(
        build.status().context("cannot start cargo")?.success(),
        "the WebAssembly build failed"
    );
    Ok(target_dir
        .join(TARGET)
        .join(if release { profile } else { "debug" })
        .join("frontend.wasm"))
}

/// Writes `NAME.js`, `NAME_bg.wasm` and, if crates bring any, `snippets/` to `out_dir`, which is emptied first.
///
/// The library is used instead of the `wasm-bindgen` command because the two halves must be of the very same version:
/// here Cargo.lock sees to that.
pub(crate) fn bind(wasm: &Path, name: &str, release: bool, out_dir: &Path) -> Result<()> {
    if out_dir.exists() {
        fs::remove_dir_all(out_dir)?;
    }
    Bindgen::new()
        .input_path(wasm)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(out_dir)
        .context("cannot generate the JavaScript bindings")
}

/// Points cargo to a compiler that has, or can build, a standard library for WebAssembly.
///
/// rustup's target is the normal case. Where rustup's server cannot be reached, `xtask/setup.sh` has installed Debian's
/// compiler with the library's source, and cargo builds that library itself (about half a minute, once).
fn use_compiler_with_target(build: &mut Command) -> Result<()> {
    let sysroot = sysroot()?;
    if sysroot
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    if !Path::new(DEBIAN_RUSTC).exists() || !Path::new(DEBIAN_LIBRARY).exists() {
        bail!(
            "no Rust standard library for {TARGET}: run `make setup` (or `rustup target add {TARGET}`)"
        );
    }
    build.env("RUSTC", DEBIAN_RUSTC);
    // `-Z build-std` on a stable compiler.
    build
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Z", "build-std=std,panic_abort"]);
    // Debian's lld is older than the LLVM that wrote the objects, and rustc-web brings none.
    build.env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
        rust_lld(&sysroot)?,
    );
    Ok(())
}

/// The directory of the toolchain that runs this task.
fn sysroot() -> Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .context("cannot start rustc")?;
    ensure!(output.status.success(), "`rustc --print sysroot` failed");
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

fn rust_lld(sysroot: &Path) -> Result<PathBuf> {
    fs::read_dir(sysroot.join("lib/rustlib"))?
        .filter_map(Result::ok)
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|path| path.exists())
        .context("the Rust toolchain has no rust-lld")
}
