//! Reading the description from the actors' source.
//!
//! What is read: the tables of `methods!`, `dispatch!` and `errors!`, and the types that methods and
//! states name, with the serde derives and attributes that say how each lies in CBOR. What is compiled
//! only for some target or only for tests is not part of it, but for `dispatch!`. A CID in a state
//! leads to what its doc comment links to first: a type, an alias of `Map`, or after the words
//! `Array of` the entries of an AMT.

mod modules;
mod tables;
#[cfg(test)]
mod tests;
mod types;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::schema::{Abi, Actor, Method};
use modules::{Crate, Place, Sources};
use types::Types;

/// Where an actor's source is.
struct Spec {
    /// As the bundle's manifest has it.
    name: &'static str,
    package: &'static str,
    /// The file that has its `dispatch!`.
    dispatch: &'static str,
    /// Modules that have a table of its methods.
    tables: &'static [&'static str],
}

const ACTORS: &[Spec] = &[
    Spec {
        name: "init",
        package: "actor_init",
        dispatch: "actors/init/src/actor.rs",
        tables: &["actor_init::api"],
    },
    Spec {
        name: "datadao",
        package: "actor_datadao",
        dispatch: "actors/datadao/src/actor/mod.rs",
        tables: &["actor_datadao::api", "shared::token::api"],
    },
    Spec {
        name: "perpetual-storage",
        package: "actor_perpetual_storage",
        dispatch: "actors/perpetual_storage/src/actor/mod.rs",
        tables: &["actor_perpetual_storage::api"],
    },
    Spec {
        name: "lending-market",
        package: "actor_lending_market",
        dispatch: "actors/lending_market/src/actor/mod.rs",
        tables: &["actor_lending_market::api", "shared::token::api"],
    },
    Spec {
        name: "loan-agent",
        package: "actor_loan_agent",
        dispatch: "actors/loan_agent/src/actor/mod.rs",
        tables: &["shared::ext::loan_agent", "actor_loan_agent::api"],
    },
];

/// Crates of the workspace by name, and where their source is.
const CRATES: &[(&str, &str)] = &[
    ("shared", "shared/src"),
    ("actor_init", "actors/init/src"),
    ("actor_datadao", "actors/datadao/src"),
    ("actor_perpetual_storage", "actors/perpetual_storage/src"),
    ("actor_lending_market", "actors/lending_market/src"),
    ("actor_loan_agent", "actors/loan_agent/src"),
];

/// Types of crates that are not in the workspace and are made of others.
const FOREIGN: &[(&str, &str)] = &[
    ("frc46_token", include_str!("../../foreign/frc46_token.rs")),
    ("fvm_actor_utils", include_str!("../../foreign/fvm_actor_utils.rs")),
];

/// The directories that are read, for build scripts.
pub fn directories(workspace: &Path) -> impl Iterator<Item = PathBuf> {
    CRATES.iter().map(|(_, directory)| workspace.join(directory))
}

/// Reads the description of all actors of the workspace.
pub fn read(workspace: &Path) -> Result<Abi> {
    let mut crates = Vec::new();
    for (name, directory) in CRATES {
        crates.push(Crate::read(name, &workspace.join(directory))?);
    }
    for (name, text) in FOREIGN {
        crates.push(Crate::parse(name, text)?);
    }
    let sources = Sources::new(crates);
    let actors = ACTORS.iter().map(|spec| {
        actor(workspace, &sources, spec)
            .with_context(|| format!("cannot describe the actor {}", spec.name))
    });
    Ok(Abi { actors: actors.collect::<Result<_>>()? })
}

fn actor(workspace: &Path, sources: &Sources, spec: &Spec) -> Result<Actor> {
    let payable = tables::payable(&modules::parse_file(&workspace.join(spec.dispatch))?)?;
    let mut types = Types::new(sources);
    let mut methods = Vec::new();
    for table in spec.tables {
        let place = Place::of(table);
        for row in tables::methods(sources.module(&place)?)? {
            let described = method(sources, &mut types, &place, &row, payable.get(&row.ident));
            methods.push(described.with_context(|| format!("method {} of {table}", row.name))?);
        }
    }
    let state = types.named(&Place::of(spec.package).child("state"), "State")?;
    let error = Place::of(spec.package).child("error");
    let exits = tables::errors(sources.module(&error)?)?;
    let types = types.finish()?;
    Ok(Actor { name: spec.name.to_owned(), methods, exits, state, types })
}

fn method(
    sources: &Sources,
    types: &mut Types<'_>,
    at: &Place,
    row: &tables::Row,
    payable: Option<&bool>,
) -> Result<Method> {
    let number = match &row.number {
        Some(path) => sources.constant(at, path)?,
        None => tables::hash(&row.name)?,
    };
    Ok(Method {
        name: row.name.clone(),
        number,
        params: types.unless_unit(at, &row.params)?,
        reply: types.unless_unit(at, &row.reply)?,
        payable: *payable.context("dispatch! does not have it")?,
        docs: types::docs(&row.attributes),
    })
}
