//! The bundle of a Lotus devnet on which native actors can be created: an official one with Init
//! replaced and ours added. It is handed out only once it has been read back, compared and run.

mod smoke;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use fvm_harness::{Actors, Bundle, OFFICIAL};

use crate::table::{self, thousands};

#[derive(Args)]
pub struct Options {
    /// The official bundle of built-in actors to start from, a CAR file. For a devnet of Lotus: that of
    /// actors v18 for devnets.
    #[arg(long, value_name = "CAR")]
    base: PathBuf,
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
    let merged = make(&options.base, shipped, &out)?;
    table::print(&["position", "actor", "whose", "bytes of WASM", "code CID"], &rows(&merged));
    let path = out.canonicalize().unwrap_or(out);
    println!("\n{}", exports(&path));
    Ok(())
}

/// Merges two bundles into a file, which is there only if it passed every check.
pub fn make(base: &Path, shipped: &Path, out: &Path) -> Result<Actors> {
    let (base, shipped) = (Bundle::read(base)?, Bundle::read(shipped)?);
    let actors = Actors::merge(base.clone(), shipped.clone(), Bundle::default())?;
    let unchecked = out.with_extension("unchecked");
    let checked = write(&actors, &unchecked).and_then(|()| check(&unchecked, &base, &shipped));
    let named = checked.and_then(|merged| {
        fs::rename(&unchecked, out).with_context(|| format!("cannot write {}", out.display()))?;
        Ok(merged)
    });
    if named.is_err() {
        // What is wrong with the bundle is worth more than that it cannot be removed either.
        let _ = fs::remove_file(&unchecked);
    }
    named
}

fn write(actors: &Actors, path: &Path) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let file = File::create(path).with_context(cannot)?;
    let mut out = BufWriter::new(file);
    actors.write(&mut out).with_context(cannot)?;
    let file = out.into_inner().map_err(|error| error.into_error()).with_context(cannot)?;
    file.sync_all().with_context(cannot)
}

/// Reads a merged bundle back, compares it with what it was made of, and runs it.
fn check(path: &Path, base: &Bundle, shipped: &Bundle) -> Result<Actors> {
    let merged = Bundle::read(path)?;
    compare(&merged, base, shipped)?;
    let actors = Actors::of(merged)?;
    smoke::run(&actors).context("the merged bundle does not work")?;
    Ok(actors)
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

fn rows(actors: &Actors) -> Vec<Vec<String>> {
    let row = |(position, (name, code)): (usize, &(String, _))| {
        let whose = if position > OFFICIAL.len() || name == "init" { "ours" } else { "official" };
        let bytes = thousands(actors.size(code) as u64);
        vec![position.to_string(), name.clone(), whose.into(), bytes, code.to_string()]
    };
    (1..).zip(&actors.entries).map(row).collect()
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
