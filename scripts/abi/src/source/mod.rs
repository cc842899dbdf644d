//! Reading the description from the actors' source.
//!
//! What is read: the tables of `methods!`, `dispatch!` and `errors!` (of built-in actors `methods!` and
//! the constants `EX_…`), and the types that methods and
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
    code: Code,
    /// Modules that have a table of its methods.
    tables: &'static [&'static str],
}

/// Where an actor's code is.
enum Code {
    /// In this package, with its `dispatch!` in this file.
    Ours { package: &'static str, dispatch: &'static str },
    /// In every network: of it only what ours call is known, by this module. Its methods refuse no FIL.
    BuiltIn { module: &'static str },
}

const ACTORS: &[Spec] = &[
    Spec {
        name: "init",
        code: Code::Ours { package: "actor_init", dispatch: "actors/init/src/actor.rs" },
        tables: &["actor_init::api"],
    },
    Spec {
        name: "datadao",
        code: Code::Ours { package: "actor_datadao", dispatch: "actors/datadao/src/actor/mod.rs" },
        tables: &["actor_datadao::api", "shared::token::api"],
    },
    Spec {
        name: "perpetual-storage",
        code: Code::Ours {
            package: "actor_perpetual_storage",
            dispatch: "actors/perpetual_storage/src/actor/mod.rs",
        },
        tables: &["actor_perpetual_storage::api"],
    },
    Spec {
        name: "lending-market",
        code: Code::Ours {
            package: "actor_lending_market",
            dispatch: "actors/lending_market/src/actor/mod.rs",
        },
        tables: &["actor_lending_market::api", "shared::token::api"],
    },
    Spec {
        name: "loan-agent",
        code: Code::Ours {
            package: "actor_loan_agent",
            dispatch: "actors/loan_agent/src/actor/mod.rs",
        },
        tables: &["shared::ext::loan_agent", "actor_loan_agent::api"],
    },
    Spec {
        name: "account",
        code: Code::BuiltIn { module: "shared::ext::account" },
        tables: &["shared::ext::account::methods"],
    },
    Spec {
        name: "storagepower",
        code: Code::BuiltIn { module: "shared::ext::power" },
        tables: &["shared::ext::power::methods"],
    },
    Spec {
        name: "storageminer",
        code: Code::BuiltIn { module: "shared::ext::miner" },
        tables: &["shared::ext::miner::methods"],
    },
    Spec {
        name: "storagemarket",
        code: Code::BuiltIn { module: "shared::ext::market" },
        tables: &["shared::ext::market::methods"],
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

/// Reads the description of all actors of the workspace, and of the built-in ones that they call.
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
    let payable = match spec.code {
        Code::Ours { dispatch, .. } => {
            Some(tables::payable(&modules::parse_file(&workspace.join(dispatch))?)?)
        }
        Code::BuiltIn { .. } => None,
    };
    let mut types = Types::new(sources);
    let mut methods = Vec::new();
    for table in spec.tables {
        let place = Place::of(table);
        for row in tables::methods(sources.module(&place)?)? {
            let payable = payable.as_ref().map_or(Some(&true), |payable| payable.get(&row.ident));
            let described = method(sources, &mut types, &place, &row, payable);
            methods.push(described.with_context(|| format!("method {} of {table}", row.name))?);
        }
    }
    let (state, exits) = match spec.code {
        Code::Ours { package, .. } => {
            let package = Place::of(package);
            let state = types.named(&package.child("state"), "State")?;
            (Some(state), tables::errors(sources.module(&package.child("error"))?)?)
        }
        Code::BuiltIn { module } => {
            (None, tables::exit_constants(sources.module(&Place::of(module))?)?)
        }
    };
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
