//! Assembles what the browser loads: `pkg/inquest.{js,wasm,css}` and the public files, each with `.gz` and `.br` in a release.
//!
//! File names carry no hash. The server sends them with `Cache-Control: no-cache`, so a browser revalidates each by its
//! modification time, and a page never meets the WebAssembly of another build. For this to be cheap, a file whose content
//! did not change is not written again.

mod compress;
mod files;
mod style;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use self::files::Files;
use crate::wasm;
use crate::workspace::Workspace;

/// As in `[[workspace.metadata.leptos]]`, `.cargo/config.toml` and the server's Leptos options.
const OUTPUT_NAME: &str = "inquest";

/// What the first visit may cost in WebAssembly: 300 KB (10^3 bytes), as sent (brotli).
const WASM_BUDGET_BYTES: usize = 300_000;

/// What to build.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Optimise for size, and write compressed copies
    #[arg(long)]
    release: bool,
}

/// Builds the site; when nothing changed since the last time it only finds that out.
pub(crate) fn build(workspace: &Workspace, options: &Options) -> Result<()> {
    let started = Instant::now();
    let wasm = wasm::compile(workspace, options.release)?;
    let style = style::bundle(&workspace.root.join("style/main.css"))?;
    let public = Files::read(&workspace.root.join("app/public"))?;

    let stamp_file = workspace.target.join("wasm/site.stamp");
    let stamp = stamp(&wasm, &style, &public, options.release)?;
    if workspace.site().is_dir() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        println!("site: unchanged ({:.1} s)", started.elapsed().as_secs_f32());
        return Ok(());
    }

    let bindings = workspace.target.join("wasm/bindings");
    wasm::bind(&wasm, OUTPUT_NAME, options.release, &bindings)?;

    let mut files = public;
    files.add_all("pkg", Files::read(&bindings)?);
    files.rename(
        &format!("pkg/{OUTPUT_NAME}_bg.wasm"),
        &format!("pkg/{OUTPUT_NAME}.wasm"),
    );
    files.add(format!("pkg/{OUTPUT_NAME}.css"), style.into_bytes());
    if options.release {
        compress::add_compressed(&mut files)?;
    }
    files.write_to(&workspace.site())?;
    fs::write(&stamp_file, stamp)?;

    println!(
        "site: {} files in {} ({:.1} s)",
        files.len(),
        workspace.site().display(),
        started.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Fails when the WebAssembly, as sent to the browser, is over its budget.
pub(crate) fn check_budget(workspace: &Workspace) -> Result<()> {
    let file = workspace.site().join(format!("pkg/{OUTPUT_NAME}.wasm.br"));
    let sent = fs::metadata(&file)
        .with_context(|| format!("no {}: run `cargo xtask site --release`", file.display()))?
        .len();
    let raw = fs::metadata(file.with_extension(""))?.len();
    println!(
        "budget: WebAssembly is {sent} bytes as sent (brotli), {raw} raw; the budget is {WASM_BUDGET_BYTES}"
    );
    ensure!(
        sent <= WASM_BUDGET_BYTES as u64,
        "the WebAssembly is over its budget"
    );
    Ok(())
}

/// Changes when any input of the site, or the code that assembles it, changes.
fn stamp(wasm: &Path, style: &str, public: &Files, release: bool) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let wasm = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let assembler = fs::metadata(std::env::current_exe()?)?.modified()?;
    (wasm, style, public, release, assembler).hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}
