//! The smoke test of a bundle: what a network must do on which the actors are to be created.

use anyhow::{Context, Result, ensure};
use cid::Cid;
use fvm_harness::{Account, Actors, Call, Network, Outcome, atto};
use fvm_ipld_encoding::{RawBytes, from_slice};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use shared::ext::INIT_ACTOR;
use shared::ext::init::{EXEC, EXEC4, Exec4Params, ExecParams, ExecReturn};
use shared::ext::loan_agent::{ConstructorParams, Control};

use crate::deploy::defaults;
use crate::story;

const INIT: Address = Address::new_id(INIT_ACTOR);

/// Starts a network on these actors and has it send FIL, create each of ours, and refuse other code.
pub fn run(actors: &Actors) -> Result<()> {
    let mut net = Network::new(actors)?;
    let ann = net.account("ann");
    send(&mut net, &ann)?;
    let (who, agent) = (ann.address(), actors.code("loan-agent"));
    create(&mut net, &ann, "datadao", &defaults::datadao(who))?;
    create(&mut net, &ann, "perpetual-storage", &defaults::perpetual_storage())?;
    let params = defaults::lending_market(who, who, agent);
    let market = create(&mut net, &ann, "lending-market", &params)?;
    create_agent(&mut net, &ann, market)?;
    refuse(&mut net, &ann)
}

fn send(net: &mut Network, ann: &Account) -> Result<()> {
    let bob = net.account("bob");
    let before = net.balance(&bob);
    succeeded(net.run(Call::new(ann, &bob).value(atto(7)))).context("a plain send")?;
    ensure!(net.balance(&bob) == before + atto(7), "a plain send does not arrive");
    Ok(())
}

/// Creates an actor by Exec, and returns its f0 address.
fn create(
    net: &mut Network,
    from: &Account,
    actor: &str,
    params: &impl Serialize,
) -> Result<Address> {
    let code_cid = net.actors().code(actor);
    let params = ExecParams { code_cid, constructor_params: RawBytes::serialize(params)? };
    let outcome = net.run(Call::new(from, INIT).method(EXEC, &params));
    created(net, outcome, code_cid).with_context(|| format!("Exec of {actor}"))
}

/// Creates a loan agent by Exec4 as its market does.
fn create_agent(net: &mut Network, borrower: &Account, market: Address) -> Result<()> {
    let code_cid = net.actors().code("loan-agent");
    let constructor_params = RawBytes::serialize(ConstructorParams {
        borrower: borrower.id,
        miner: borrower.id,
        control: Control::Custody,
    })?;
    let subaddress = RawBytes::new(b"smoke".to_vec());
    let params = Exec4Params { code_cid, constructor_params, subaddress };
    let outcome = net.implicit(Call::new(market, INIT).method(EXEC4, &params));
    created(net, outcome, code_cid).context("Exec4 of loan-agent by its market")?;
    Ok(())
}

/// Code that the manifest does not list, and official code that only the chain creates.
fn refuse(net: &mut Network, from: &Account) -> Result<()> {
    for code_cid in [story::piece(0), net.actors().code("account")] {
        let params = ExecParams { code_cid, constructor_params: RawBytes::default() };
        let outcome = net.run(Call::new(from, INIT).method(EXEC, &params));
        let refused = outcome.exit_code == ExitCode::USR_FORBIDDEN;
        ensure!(refused, "Exec of {code_cid} is not refused: {outcome}");
    }
    Ok(())
}

fn created(net: &Network, outcome: Outcome, code: Cid) -> Result<Address> {
    let made: ExecReturn = from_slice(&succeeded(outcome)?.return_data)?;
    let actor = net.actor(&made.robust_address).context("there is no actor")?;
    ensure!(actor.code == code, "the actor has the code {}", actor.code);
    Ok(made.id_address)
}

fn succeeded(outcome: Outcome) -> Result<Outcome> {
    ensure!(outcome.exit_code.is_success(), "{outcome}");
    Ok(outcome)
}
