//! Builds, bundles, measures and demonstrates the actors. The `fab` command is a thin shell over
//! this library; the test suite uses it to have the actors ready.

pub mod bench;
pub mod build;
pub mod bundle;
pub mod cli;
pub mod commp;
pub mod decode;
pub mod demo;
pub mod deploy;
pub mod dev;
pub mod devnet;
pub mod encode;
pub mod gas;
pub mod inspect;
pub mod invoke;
pub mod methods;
pub mod node;
pub mod story;
mod table;
pub mod typed;
pub mod underwrite;
mod units;
pub mod voice;
pub mod worker;

use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use build::Bundles;
use fvm_harness::{Actors, Bundle};

/// Names the official bundle of built-in actors to run on instead of the stand-ins.
pub const BUILTIN_ACTORS_CAR: &str = "BUILTIN_ACTORS_CAR";

/// The official bundle that the environment names, if any.
#[must_use]
pub fn official_bundle() -> Option<PathBuf> {
    std::env::var_os(BUILTIN_ACTORS_CAR).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Builds what changed, once per process.
pub fn bundles() -> Result<&'static Bundles> {
    static BUNDLES: LazyLock<Result<Bundles>> = LazyLock::new(build::build);
    BUNDLES.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// Builds what changed and returns the actors of a network: the built-in ones (the official bundle
/// where the environment names one, else the stand-ins), ours, and the attackers of the test suite.
/// Built once per process.
pub fn actors() -> Result<&'static Actors> {
    static ACTORS: LazyLock<Result<Actors>> = LazyLock::new(load);
    ACTORS.as_ref().map_err(|error| anyhow!("{error:#}"))
}

fn load() -> Result<Actors> {
    let bundles = bundles()?;
    let builtin = official_bundle().unwrap_or_else(|| bundles.builtin.clone());
    Actors::merge(
        Bundle::read(&builtin)?,
        Bundle::read(&bundles.shipped)?,
        Bundle::read(&bundles.hostile)?,
    )
}
