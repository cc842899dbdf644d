//! From source to bundles: every actor to WASM, checked against what the FVM accepts, packed in
//! CAR files. Cargo rebuilds only what changed.

mod bundle;
mod reproduce;
mod toolchain;
mod validate;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};

use anyhow::{Context, Result, bail};
use cid::Cid;

use crate::table::{self, thousands};
use crate::typed::ABI;

pub use bundle::Entry;
pub use reproduce::reproduce;
pub use toolchain::Toolchain;

/// An actor of a bundle: its name in the manifest and the crate that it is built from.
struct Actor {
    name: &'static str,
    package: &'static str,
}

const fn actor(name: &'static str, package: &'static str) -> Actor {
    Actor { name, package }
}

/// What the project ships.
const SHIPPED: &[Actor] = &[
    actor("init", "actor_init"),
    actor("datadao", "actor_datadao"),
    actor("perpetual-storage", "actor_perpetual_storage"),
    actor("lending-market", "actor_lending_market"),
    actor("loan-agent", "actor_loan_agent"),
];

/// Stand-ins for the official built-in actors, in the order of the official manifest: positions are
/// binding. Init is ours.
const BUILTIN: &[Actor] = &[
    actor("system", "builtin_system"),
    actor("init", "actor_init"),
    actor("cron", "builtin_cron"),
    actor("account", "builtin_account"),
    actor("storagepower", "builtin_power"),
    actor("storageminer", "builtin_miner"),
    actor("storagemarket", "builtin_market"),
    actor("paymentchannel", "builtin_inert"),
    actor("multisig", "builtin_inert"),
    actor("reward", "builtin_reward"),
    actor("verifiedregistry", "builtin_verifreg"),
    actor("datacap", "builtin_datacap"),
    actor("placeholder", "builtin_placeholder"),
    actor("evm", "builtin_inert"),
    actor("eam", "builtin_inert"),
    actor("ethaccount", "builtin_ethaccount"),
];

/// Attackers, for the test suite.
const HOSTILE: &[Actor] =
    &[actor("hostile-owner", "hostile_owner"), actor("hostile-puppet", "hostile_puppet")];

/// What says what the bundle holds.
const MANIFEST: &str = "target/bundle/manifest.json";

/// The bundles that a build makes, under `target/bundle`.
#[derive(Clone, Debug)]
pub struct Bundles {
    /// What the project ships.
    pub shipped: PathBuf,
    /// Stand-in built-in actors, for machines without an official bundle.
    pub builtin: PathBuf,
    /// Attackers, for the test suite.
    pub hostile: PathBuf,
    /// Every entry of `shipped`.
    pub entries: Vec<Entry>,
}

/// Builds what changed and writes the bundles, `manifest.json` and `abi.json`.
pub fn build() -> Result<Bundles> {
    let root = workspace_root();
    let toolchain = Toolchain::find()?;
    let (shipped, entries) = build_shipped(&root, &toolchain)?;
    let ours = packages(&[SHIPPED]);
    let stand_ins = packages(&[BUILTIN]).into_iter().filter(|package| !ours.contains(package));
    cargo(&root, &toolchain, &toolchain.cargo, &["build"], stand_ins, &[])?;
    compile_alone(&root, &toolchain, HOSTILE)?;
    Ok(Bundles {
        shipped,
        builtin: pack(&root, BUILTIN, "builtin.car")?.0,
        hostile: pack(&root, HOSTILE, "hostile.car")?.0,
        entries,
    })
}

/// Builds what the project ships, from the source in a directory.
fn build_shipped(root: &Path, toolchain: &Toolchain) -> Result<(PathBuf, Vec<Entry>)> {
    compile_alone(root, toolchain, SHIPPED)?;
    let (bundle, entries) = pack(root, SHIPPED, "bundle.car")?;
    bundle::write_manifest(&root.join(MANIFEST), toolchain, &entries)?;
    let abi = bundle.with_file_name("abi.json");
    std::fs::write(&abi, ABI).with_context(|| format!("cannot write {}", abi.display()))?;
    Ok((bundle, entries))
}

/// Compiles actors whose crates are libraries of the host too, as modules and nothing else: what cargo
/// compiles as both in one go it leaves without link-time optimisation.
fn compile_alone(root: &Path, toolchain: &Toolchain, actors: &[Actor]) -> Result<()> {
    let command = ["rustc", "--crate-type=cdylib"];
    packages(&[actors])
        .into_iter()
        .try_for_each(|package| cargo(root, toolchain, &toolchain.cargo, &command, [package], &[]))
}

/// Packs modules that are built.
fn pack(root: &Path, actors: &[Actor], file: &str) -> Result<(PathBuf, Vec<Entry>)> {
    let out = root.join("target/bundle");
    std::fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    let (modules, bundle) = (root.join("target/wasm/wasm32-unknown-unknown/wasm"), out.join(file));
    let entries = bundle::pack(&modules, actors, &bundle)?;
    Ok((bundle, entries))
}

/// The crates of actors, each once.
fn packages(actors: &[&[Actor]]) -> BTreeSet<&'static str> {
    actors.iter().copied().flatten().map(|actor| actor.package).collect()
}

/// Names and codes of the actors as they were built here last; none where they never were.
pub fn built() -> Result<Vec<(String, Cid)>> {
    let manifest = workspace_root().join(MANIFEST);
    if manifest.exists() { bundle::read_manifest(&manifest) } else { Ok(Vec::new()) }
}

/// `fab build`.
pub fn command() -> Result<()> {
    let bundles = build()?;
    let row = |e: &Entry| vec![e.name.clone(), thousands(e.bytes as u64), e.code.to_string()];
    let rows: Vec<_> = bundles.entries.iter().map(row).collect();
    table::print(&["actor", "bytes of WASM", "code CID"], &rows);
    println!("\npacked in {}", bundles.shipped.display());
    Ok(())
}

/// `fab lint`: Clippy over the code that exists on WASM only. Warnings are errors.
pub fn lint() -> Result<()> {
    let toolchain = Toolchain::find()?;
    let command = ["clippy", "--no-deps", "--keep-going"];
    let packages = packages(&[SHIPPED, BUILTIN, HOSTILE]);
    let last = ["--", "-D", "warnings"];
    cargo(&workspace_root(), &toolchain, &toolchain.clippy, &command, packages, &last)
}

/// The directory of the workspace that this command was built from.
#[must_use]
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_default()
}

/// Runs cargo over actors with the toolchain and the flags of actors.
fn cargo(
    root: &Path,
    toolchain: &Toolchain,
    program: &Path,
    command: &[&str],
    packages: impl IntoIterator<Item = &'static str>,
    last: &[&str],
) -> Result<()> {
    let packages: Vec<_> = packages.into_iter().collect();
    let mut cargo = Command::new(program);
    cargo
        .current_dir(root)
        .args(command)
        .args(["--locked", "--profile=wasm", "--target=wasm32-unknown-unknown"])
        .args(&toolchain.args)
        .args(packages.iter().map(|package| format!("--package={package}")))
        .args(last)
        .env("CARGO_TARGET_DIR", root.join("target/wasm"))
        .env("CARGO_ENCODED_RUSTFLAGS", toolchain.rust_flags(root))
        .envs(toolchain.env.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    // What the outer cargo sets for its own toolchain must not reach the inner one.
    for key in ["RUSTUP_TOOLCHAIN", "RUSTFLAGS", "LD_LIBRARY_PATH"] {
        if !toolchain.env.iter().any(|(name, _)| *name == key) {
            cargo.env_remove(key);
        }
    }
    let is_set = |key| std::env::var_os(key).is_some();
    if std::io::stderr().is_terminal() && !is_set("CARGO_TERM_COLOR") && !is_set("NO_COLOR") {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = cargo.spawn().with_context(|| format!("cannot run {}", program.display()))?;
    relay(child.stderr.take().context("cargo's errors are piped")?);
    let status = child.wait()?;
    if !status.success() {
        let (command, packages) = (command.join(" "), packages.join(", "));
        bail!("cargo {command} failed over {packages} ({status}); it says above why");
    }
    Ok(())
}

/// Passes on what cargo says, but that it has finished: it is asked of one crate after the other, most of
/// which are as they were. Not by `eprintln!`, which a test captures.
fn relay(says: ChildStderr) {
    for line in BufReader::new(says).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if !(line.contains("Finished") && line.contains("`wasm` profile")) {
            // What nobody can be told stops no build.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}
