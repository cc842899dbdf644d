//! Builds, bundles, measures and demonstrates the actors. The `fab` command is a thin shell over
//! this library; the test suite uses it to have the actors ready.

pub mod bench;
pub mod build;
pub mod commp;
pub mod demo;
pub mod gas;
pub mod methods;
pub mod node;
pub mod story;
mod table;
pub mod underwrite;
mod units;
pub mod worker;

use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use fvm_harness::{Actors, Bundle};

/// Names the official bundle of built-in actors to run on instead of the stand-ins.
pub const BUILTIN_ACTORS_CAR: &str = "BUILTIN_ACTORS_CAR";

/// The official bundle that the environment names, if any.
#[must_use]
pub fn official_bundle() -> Option<PathBuf> {
    std::env::var_os(BUILTIN_ACTORS_CAR).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Builds what changed and returns the actors of a network: the built-in ones (the official bundle
/// where the environment names one, else the stand-ins), ours, and the attackers of the test suite.
/// Built once per process.
pub fn actors() -> Result<&'static Actors> {
    static ACTORS: LazyLock<Result<Actors>> = LazyLock::new(load);
    ACTORS.as_ref().map_err(|error| anyhow!("{error:#}"))
}

fn load() -> Result<Actors> {
    let bundles = build::build()?;
    let builtin = official_bundle().unwrap_or(bundles.builtin);
    Actors::merge(
        Bundle::read(&builtin)?,
        Bundle::read(&bundles.shipped)?,
        Bundle::read(&bundles.hostile)?,
    )
}
