//! The bundle of a Lotus devnet on which native actors can be created: an official one with Init
//! replaced and ours added. It is handed out only once it has been read back, compared and run.

mod ipc;
mod smoke;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use fvm_harness::{Actors, Bundle};

use crate::table::{self, thousands};

#[derive(Args)]
pub struct Options {
    /// The official bundle of built-in actors to start from, a CAR file. For a devnet of Lotus: that of
    /// actors v18 for devnets.
    #[arg(long, value_name = "CAR")]
    base: PathBuf,
    /// The base is a bundle of the custom actors of an IPC subnet: ours follow, and Init stays the subnet's.
    #[arg(long)]
    ipc: bool,
    /// Where to write the merged bundle. Default: target/bundle/merged.car.
    #[arg(long, value_name = "CAR")]
    out: Option<PathBuf>,
}

pub fn command(options: &Options) -> Result<()> {
    let shipped = &crate::bundles()?.shipped;
    let out = match &options.out {
        Some(out) => out.clone(),
        None => shipped.with_file_name("merged.car"),
    };
    let base = Bundle::read(&options.base)
        .context("--base takes a bundle of built-in actors, as Lotus has in build/actors")?;
    let ours = Bundle::read(shipped)?;
    let merged = match options.ipc {
        true => {
            hand_out(&ipc::merge(&base, &ours)?, &out, |merged| ipc::check(merged, &base, &ours))?
        }
        false => make(&base, &ours, &out)?,
    };
    let rows = rows(&merged, &ours);
    table::print(&["position", "actor", "whose", "bytes of WASM", "code CID"], &rows);
    let path = out.canonicalize().unwrap_or(out);
    println!("\n{}", if options.ipc { ipc::next(&path) } else { exports(&path) });
    Ok(())
}

/// Merges two bundles into a file, which is there only if it passed every check.
pub fn make(base: &Bundle, shipped: &Bundle, out: &Path) -> Result<Bundle> {
    let actors = Actors::merge(base.clone(), shipped.clone(), Bundle::default())?;
    hand_out(&actors.bundle(), out, |merged| check(merged, base, shipped))
}

/// Writes a bundle to a file, which is there only if what is read back passes.
fn hand_out(
    merged: &Bundle,
    out: &Path,
    check: impl FnOnce(&Bundle) -> Result<()>,
) -> Result<Bundle> {
    let unchecked = out.with_extension("unchecked");
    let cannot = || format!("cannot write {}", out.display());
    let written = || -> Result<Bundle> {
        write(merged, &unchecked).with_context(cannot)?;
        let read = Bundle::read(&unchecked)?;
        check(&read)?;
        fs::rename(&unchecked, out).with_context(cannot)?;
        Ok(read)
    };
    let written = written();
    if written.is_err() {
        // What is wrong with the bundle is worth more than that it cannot be removed either.
        let _ = fs::remove_file(&unchecked);
    }
    written
}

fn write(bundle: &Bundle, path: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    bundle.write(&mut out)?;
    Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
}

/// Compares a merged bundle with what it was made of, and runs it.
fn check(merged: &Bundle, base: &Bundle, shipped: &Bundle) -> Result<()> {
    compare(merged, base, shipped)?;
    smoke::run(&Actors::of(merged.clone())?).context("the merged bundle does not work")
}

/// That every entry of the base but Init is where it was with the bytes that it had, and that the rest
/// is what is shipped.
fn compare(merged: &Bundle, base: &Bundle, shipped: &Bundle) -> Result<()> {
    let init = shipped.entries.iter().filter(|(name, _)| name == "init");
    let ours = shipped.entries.iter().filter(|(name, _)| name != "init");
    let official = base.entries.iter().map(|entry| (base, entry)).map(|(of, entry)| {
        let replaced = init.clone().find(|(name, _)| *name == entry.0);
        replaced.map_or((of, entry), |init| (shipped, init))
    });
    let expected: Vec<_> = official.chain(ours.map(|entry| (shipped, entry))).collect();
    ensure!(merged.entries.len() == expected.len(), "it has other entries than were merged");
    for (entry, (from, was)) in merged.entries.iter().zip(expected) {
        let (name, code) = was;
        let module = from.module(code);
        let same = entry == was && module.is_some() && merged.module(code) == module;
        ensure!(same, "the entry {name} is not what was merged");
    }
    Ok(())
}

fn rows(merged: &Bundle, shipped: &Bundle) -> Vec<Vec<String>> {
    let row = |(position, entry): (usize, &(String, _))| {
        let (name, code) = entry;
        let whose = if shipped.entries.contains(entry) { "ours" } else { "the base's" };
        let bytes = merged.module(code).map_or(0, <[u8]>::len);
        let cells = [position.to_string(), name.clone(), whose.into(), thousands(bytes as u64)];
        cells.into_iter().chain([code.to_string()]).collect()
    };
    (1..).zip(&merged.entries).map(row).collect()
}

/// What every process of a Lotus devnet needs in its environment.
fn exports(path: &Path) -> String {
    format!(
        "for every process of the devnet, command line and miner included:\n\n\
         export LOTUS_BUILTIN_ACTORS_V18_BUNDLE={}\n\
         export LOTUS_XX_HEIGHT=100000000    # no upgrade to actors v19, which do not have ours\n\
         export LOTUS_SKIP_GENESIS_CHECK=_yes_",
        path.display()
    )
}
