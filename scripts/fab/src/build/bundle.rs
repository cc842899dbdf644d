//! Packs modules in the CAR format of built-in actor bundles.

use std::path::Path;

use anyhow::{Context, Result};
use cid::Cid;
use fil_actor_bundler::Bundler;
use serde::Deserialize;
use serde_json::json;

use super::{Actor, Toolchain, validate::validate};

/// An actor in a bundle.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name in the manifest.
    pub name: String,
    pub code: Cid,
    /// Size of the WASM module.
    pub bytes: usize,
}

/// Validates the modules and writes the bundle. Positions in the manifest start at 1.
pub fn pack(modules: &Path, actors: &[Actor], car: &Path) -> Result<Vec<Entry>> {
    let mut bundler = Bundler::new(car);
    let mut entries = Vec::new();
    for (position, actor) in (1..).zip(actors) {
        let path = modules.join(format!("{}.wasm", actor.package));
        let mut module =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if actors.iter().filter(|other| other.package == actor.package).count() > 1 {
            name_module(&mut module, actor.name)?;
        }
        validate(&module).with_context(|| format!("actor {}", actor.name))?;
        let code = bundler
            .add_from_bytes(position, actor.name.to_owned(), None, &module)
            .with_context(|| format!("cannot bundle actor {}", actor.name))?;
        entries.push(Entry { name: actor.name.to_owned(), code, bytes: module.len() });
    }
    bundler.finish().with_context(|| format!("cannot write {}", car.display()))?;
    Ok(entries)
}

/// Appends a custom section with the actor's name, so that one module can stand in several
/// positions: a manifest tells its entries apart by code CID.
fn name_module(module: &mut Vec<u8>, name: &str) -> Result<()> {
    const SECTION: &[u8] = b"fab";
    // Lengths are LEB128, which is one byte for less than 128.
    let one_byte = |length: usize| {
        let byte = u8::try_from(length).ok().filter(|byte| *byte < 0x80);
        byte.with_context(|| format!("the name {name} is too long"))
    };
    let (total, section) = (1 + SECTION.len() + name.len(), SECTION.len());
    module.extend([0, one_byte(total)?, one_byte(section)?]);
    module.extend(SECTION);
    module.extend(name.bytes());
    Ok(())
}

/// The names and codes that [`write_manifest`] wrote.
pub fn read_manifest(path: &Path) -> Result<Vec<(String, Cid)>> {
    #[derive(Deserialize)]
    struct Manifest {
        actors: Vec<Listed>,
    }

    #[derive(Deserialize)]
    struct Listed {
        name: String,
        code: String,
    }

    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not whole: `cargo fab build`", path.display()))?;
    let entries = manifest.actors.into_iter();
    entries.map(|Listed { name, code }| Ok((name, code.parse::<Cid>()?))).collect()
}

/// Writes what the bundle holds, for people and for tools.
pub fn write_manifest(path: &Path, toolchain: &Toolchain, entries: &[Entry]) -> Result<()> {
    let actors: Vec<_> = entries
        .iter()
        .map(|e| json!({ "name": e.name, "code": e.code.to_string(), "bytes": e.bytes }))
        .collect();
    let manifest = json!({ "compiler": toolchain.rustc_version, "actors": actors });
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
