//! FVM Blueprints: the blueprints of Filecoin's documentation as native actors, with what it takes to
//! build, run, test and deploy them. This is the front page. The crate itself is the tool, `cargo fab`:
//! the command is a thin shell over this library, and the test suite uses it to have the actors ready.
//!
//! # The actors
//!
//! An actor is a smart contract of Filecoin's virtual machine: a WASM module with methods, a state and a
//! balance. There are five. The interface of each is its `api`, with every method, unit and range; its
//! README in `actors/` has the rules, callers, events, exit codes, assumptions and invariants.
//!
//! | actor | what it does | interface |
//! |---|---|---|
//! | [DataDAO] | keeps data that is listed, for a token that votes | [api](../actor_datadao/api/index.html) |
//! | [PerpetualStorage] | keeps data, deal after deal | [api](../actor_perpetual_storage/api/index.html) |
//! | [LendingMarket] | lends to providers on their miners | [api](../actor_lending_market/api/index.html) |
//! | [LoanAgent] | holds a miner until its loan is repaid | [api](../actor_loan_agent/api/index.html) |
//! | [Init] | creates actors, on networks of one's own | [api](../actor_init/api/index.html) |
//!
//! What always holds of the first three is in their `invariants`: of [the DAO], of [the storage] and of
//! [the market]. What must hold before a miner changes hands is in [`control`] of the agent, and who may
//! create what in [`admission`] of Init.
//!
//! [DataDAO]: ../actor_datadao/index.html
//! [PerpetualStorage]: ../actor_perpetual_storage/index.html
//! [LendingMarket]: ../actor_lending_market/index.html
//! [LoanAgent]: ../actor_loan_agent/index.html
//! [Init]: ../actor_init/index.html
//! [the DAO]: ../actor_datadao/invariants/index.html
//! [the storage]: ../actor_perpetual_storage/invariants/index.html
//! [the market]: ../actor_lending_market/invariants/index.html
//! [`control`]: ../actor_loan_agent/control/index.html
//! [`admission`]: ../actor_init/admission/index.html
//!
//! # How they fit together
//!
//! ```text
//!   token holders     uploaders            lenders      underwriters
//!        │ vote           │ deposit           │ deposit      │ sign
//!        ▼                ▼                   ▼              ▼
//!   ┌─────────┐  ┌──────────────────┐  ┌─────────────────────────┐  creates  ┌───────────┐
//!   │ DataDAO │  │ PerpetualStorage │  │      LendingMarket      │ ────────▶ │ LoanAgent │
//!   └─────────┘  └──────────────────┘  └─────────────────────────┘  orders   └───────────┘
//!        ▲                ▲                        │ lends               owns it, or │
//!        │ asks about proposals,                   │                  is its payee   │
//!        │ tells of deals │                        ▼                                 ▼
//!   ┌─────────────────────────┐  publishes  ┌────────────────────────────────────────────┐
//!   │  storage market (f05)   │ ◀────────── │             a provider's miner             │
//!   └─────────────────────────┘             └────────────────────────────────────────────┘
//! ```
//!
//! The DataDAO and the PerpetualStorage are clients of storage deals: the market asks them about each
//! proposal, read-only, and tells them of each deal; what became of it they ask the market, when anyone
//! has them do so. The LendingMarket creates an agent for each loan, at an address in its own namespace,
//! and the agent obeys it alone. Otherwise the actors neither know nor call each other.
//!
//! # Conventions
//!
//! | what | how |
//! |---|---|
//! | money | attoFIL, 10^-18 FIL, and the like for tokens: `TokenAmount` |
//! | time | epochs of 30 seconds; a day is 2,880 of them, a year 365 days |
//! | parts | basis points, hundredths of a percent |
//! | rounding | in the name of every [division](../shared/math/index.html) of money that is paid; sums are exact |
//! | actors | any `Address` goes in; what is kept and told is the `ActorID` |
//! | methods | numbered by FRC-42, the hash of the name: [`method`](../shared/method/index.html) |
//! | callers | who may call is in one table for each actor: [`dispatch`](../shared/dispatch/index.html) |
//! | parameters, replies | CBOR, strictly decoded, mostly tuples |
//! | exit codes | from 32 the actor's own, for good; below, [those of all](../shared/error/index.html) |
//! | tokens | FRC-46, and ERC-20 by InvokeEVM: [`token`](../shared/token/index.html) |
//! | signatures | AuthenticateMessage, which must reply `true`: [`auth`](../shared/auth/index.html) |
//!
//! # The other crates
//!
//! | crate | what |
//! |---|---|
//! | [`shared`](../shared/index.html) | what two or more actors need |
//! | [`fvm_harness`](../fvm_harness/index.html) | a Filecoin network in process, on the real FVM |
//! | [`abi`](../abi/index.html) | what methods take and reply, from the actors' source; JSON to CBOR and back |
//! | [`car`](../car/index.html) | chains in files: a walk of links, and no link into nothing |
//! | [`lotus`](../lotus/index.html) | what nodes and clients say to each other |
//! | [`devnet`](../devnet/index.html) | a node that says it, over the embedded network |
//! | `builtin_…` | stand-ins for the network's own actors, for machines without an official bundle |
//! | `hostile_…` | attackers, for the tests |
//! | [`fuzz`](../fuzz/index.html) | targets for fuzzers: parameters, calldata and what else strangers send |
//! | `suite` | the tests that run everything as WASM in the FVM |
//!
//! # Where the tests are
//!
//! Rules are plain Rust and have their tests beside them, in the `tests` of each actor. `tests/suite` runs
//! every actor as WASM in the FVM: stories, attacks (`tests/hostile/README.md` has the tables), the whole
//! bundle against a model, and the stand-ins against what official actors did. `SECURITY.md` says what is
//! relied on, what is not, and how that is tested; each README which test guards which invariant.
//!
//! # In this crate
//!
//! [`build`](mod@build) makes the bundle and [`bundle`] merges it into others. [`deploy`], [`invoke`] and
//! [`inspect`] work on a [`node`]. [`worker`] keeps a perpetual storage, [`underwrite`] assesses a loan.
//! [`story`] starts what [`demo`], [`gas`] and the tests tell.

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

/// The official bundle that the environment names, if any. A relative path is one from here or, as cargo
/// runs tests in their own directories, from the workspace.
#[must_use]
pub fn official_bundle() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(BUILTIN_ACTORS_CAR).filter(|path| !path.is_empty())?);
    Some(if path.exists() { path } else { build::workspace_root().join(path) })
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
