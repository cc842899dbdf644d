//! Writes what the actors' methods take and reply, as their source says it, for the command to hold.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let directory = |name| std::env::var_os(name).map(PathBuf::from).context(name);
    let workspace = directory("CARGO_MANIFEST_DIR")?.join("../..");
    for source in abi::source::directories(&workspace) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let abi = serde_json::to_string_pretty(&abi::source::read(&workspace)?)?;
    let out: &Path = &directory("OUT_DIR")?.join("abi.json");
    std::fs::write(out, abi + "\n").with_context(|| format!("cannot write {}", out.display()))
}
