//! Where the WASM standard library comes from, and the flags that every actor is compiled with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const TARGET: &str = "wasm32-unknown-unknown";

/// Flags of every actor: the first WASM with the extensions that the FVM accepts (rustc's default
/// has others, which it does not). A stack of 64 KiB instead of Rust's default 1 MiB saves the gas
/// of clearing it at each call.
const RUST_FLAGS: [&str; 3] = [
    "-Ctarget-cpu=mvp",
    "-Ctarget-feature=+bulk-memory,+mutable-globals,+sign-ext",
    "-Clink-arg=-zstack-size=65536",
];

/// A Rust toolchain that can compile actors.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// How it was found, in a few words.
    pub route: &'static str,
    /// The version of the compiler. Code CIDs depend on it.
    pub rustc_version: String,
    pub(super) cargo: PathBuf,
    /// What takes `clippy` as its first argument.
    pub(super) clippy: PathBuf,
    pub(super) args: Vec<&'static str>,
    pub(super) env: Vec<(&'static str, String)>,
    rust_flags: Vec<String>,
    remap: Vec<PathBuf>,
}

impl Toolchain {
    /// The active toolchain where it has the WASM standard library, else Debian's `rustc-web` with
    /// the standard library built from `rust-web-src`. `scripts/setup` installs one of them.
    pub fn find() -> Result<Self> {
        let sysroot = PathBuf::from(output("rustc", &["--print", "sysroot"])?);
        if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            return Ok(Toolchain {
                route: "the active toolchain's own WASM target",
                rustc_version: output("rustc", &["--version"])?,
                cargo: "cargo".into(),
                clippy: "cargo".into(),
                args: vec![],
                env: vec![],
                rust_flags: vec![],
                remap: vec![sysroot],
            });
        }
        let (cargo, rustc) = ("/usr/bin/cargo", "/usr/bin/rustc");
        if Path::new(cargo).exists() && Path::new(rustc).exists() {
            let sysroot_web = PathBuf::from(output(rustc, &["--print", "sysroot"])?);
            if sysroot_web.join("lib/rustlib/src/rust/library/std").is_dir() {
                return Ok(Toolchain {
                    route: "Debian's rustc-web, with the standard library built from source",
                    rustc_version: output(rustc, &["--version"])?,
                    cargo: cargo.into(),
                    // Not by way of cargo, which would find rustup's first.
                    clippy: "/usr/bin/cargo-clippy".into(),
                    args: vec!["-Zbuild-std=std,panic_abort"],
                    env: vec![("RUSTC", rustc.to_owned()), ("RUSTC_BOOTSTRAP", "1".to_owned())],
                    rust_flags: vec![format!("-Clinker={}", linker(&sysroot)?.display())],
                    remap: vec![sysroot_web],
                });
            }
        }
        bail!(
            "no WASM standard library for Rust: run scripts/setup, or install one by hand with \
             `rustup target add {TARGET}` or Debian's packages rustc-web, cargo-web and rust-web-src"
        )
    }

    /// The flags for `CARGO_ENCODED_RUSTFLAGS`. Paths are remapped, so that the same source gives
    /// the same code wherever it is built.
    pub(super) fn rust_flags(&self, root: &Path) -> String {
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
        let mut flags = RUST_FLAGS.map(str::to_owned).to_vec();
        flags.extend(self.rust_flags.iter().cloned());
        let registry = home.map(|home| home.join("registry/src"));
        let remap = [(Some(root.to_owned()), "/fab"), (registry, "/crates")];
        let sysroot = self.remap.iter().map(|path| (Some(path.clone()), "/rust"));
        for (from, to) in remap.into_iter().chain(sysroot) {
            if let Some(from) = from {
                flags.push(format!("--remap-path-prefix={}={to}", from.display()));
            }
        }
        flags.join("\x1f")
    }
}

/// A linker for WASM: Debian's compiler has none of its own, rustup's toolchains do.
fn linker(sysroot: &Path) -> Result<PathBuf> {
    let rustlib = sysroot.join("lib/rustlib");
    let found = std::fs::read_dir(&rustlib)
        .ok()
        .into_iter()
        .flatten()
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|path| path.is_file());
    match found {
        Some(path) => Ok(path),
        None => {
            let path = PathBuf::from(output("which", &["wasm-ld"]).unwrap_or_default());
            if path.is_file() {
                return Ok(path);
            }
            bail!("no WASM linker: install a rustup toolchain (it has rust-lld) or Debian's lld")
        }
    }
}

fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(args)
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        bail!("{program} {} failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
