//! Conformance: the actors in use do what the official ones were recorded to do.
//!
//! A scenario is a story on the harness network. Each of its messages, those of the chain included,
//! becomes a line of `tests/snapshots/builtin/<scenario>.json`: who called what, exit code, decoded
//! reply, events, and the balances that it changed. Gas is left out, as it differs between codes.
//!
//! A transcript is recorded from an official bundle alone, and replayed on whatever is in use:
//!
//! ```text
//! UPDATE_SNAPSHOTS=1 BUILTIN_ACTORS_CAR=builtin-actors-mainnet.car cargo test -p suite conformance
//! cargo test -p suite conformance
//! ```
//!
//! and only from one that the transcript names already, by its manifest; `UPDATE_SNAPSHOTS=new` adds one.

mod accounts;
mod comparison;
mod init;
mod market_escrow;
mod market_publish;
mod market_settlement;
mod market_termination;
mod miner_beneficiary;
mod miner_funds;
mod miner_owner;
mod names;
mod power;
mod stage;
mod tell;
mod transcript;
mod verified_deals;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use fvm_harness::Bundle;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use serde_json::Value;
use shared::ext::MARKET_ACTOR;

use crate::setup::{UPDATE, updating};
use stage::Stage;
use tell::{Line, tell};
use transcript::{Official, Transcript, compare};

const DAY: i64 = 2_880;
const MARKET: Address = address(MARKET_ACTOR);
/// An address that no actor has.
const NOBODY: Address = address(9_999_999);

const fn address(id: ActorID) -> Address {
    Address::new_id(id)
}

/// What [`UPDATE`] is to be to record a bundle, or a scenario, for the first time.
const FIRST: &str = "new";

/// Plays a scenario and compares it with its transcript, or records it.
#[track_caller]
fn check(scenario: &str, play: fn(&mut Stage)) {
    let played = tell(play);
    let done = if updating() { record(scenario, &played) } else { replay(scenario, &played) };
    done.unwrap_or_else(|error| panic!("{error:#}"));
}

fn file(scenario: &str) -> PathBuf {
    fab::build::workspace_root().join(format!("tests/snapshots/builtin/{scenario}.json"))
}

fn replay(scenario: &str, played: &[Line]) -> Result<()> {
    hold_to(scenario, &Transcript::read(&file(scenario)).with_context(how_to_record)?, played)
}

fn hold_to(scenario: &str, transcript: &Transcript, played: &[Line]) -> Result<()> {
    let got: Vec<Value> = played.iter().map(|line| line.json.clone()).collect();
    compare(transcript.expected(in_use()?.as_ref())?, &got).map_err(|difference| {
        let why = played.get(difference.line).map_or("", |line| &line.why);
        anyhow!("{scenario} differs {}\n{why}\n{}", difference.told, how_to_record())
    })
}

fn record(scenario: &str, played: &[Line]) -> Result<()> {
    let bundle = in_use()?.with_context(how_to_record)?;
    let path = file(scenario);
    let mut transcript =
        if path.exists() { Transcript::read(&path)? } else { Transcript::default() };
    let first = std::env::var(UPDATE).is_ok_and(|value| value == FIRST);
    ensure!(
        first || transcript.knows(&bundle),
        "{scenario} has no bundle {} of the manifest {}: to record one for the first time, set \
         {UPDATE}={FIRST}",
        bundle.name,
        bundle.manifest
    );
    transcript.record(bundle, played.iter().map(|line| line.json.clone()).collect());
    // Written beside it and renamed, as another test may read it meanwhile.
    let written = path.with_extension("json.new");
    std::fs::write(&written, transcript.text())?;
    Ok(std::fs::rename(written, path)?)
}

fn how_to_record() -> String {
    let car = fab::BUILTIN_ACTORS_CAR;
    format!(
        "Only official actors are recorded: run `{UPDATE}=1 {car}=<bundle> cargo test -p suite \
         conformance` for each of the bundles that tests/snapshots/builtin names, and read the diff."
    )
}

/// The official bundle whose actors are in use, if they are those of one.
fn in_use() -> Result<Option<Official>> {
    fab::official_bundle().map_or(Ok(None), |path| official(&path))
}

/// The official bundle of a path. Stand-ins are none, wherever they lie.
fn official(path: &Path) -> Result<Option<Official>> {
    let manifest = |path: &Path| Bundle::read(path)?.write(std::io::sink());
    let own = manifest(path)?;
    let is_official = own != manifest(&fab::bundles()?.builtin)?;
    Ok(is_official.then(|| Official::new(path, own)))
}
