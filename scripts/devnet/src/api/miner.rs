//! Miners, and money in the market, as those actors tell of themselves: only they know how their
//! states are laid out.

use anyhow::{Context, Result, anyhow, bail, ensure};
use cid::multibase::Base;
use cid::multihash::Multihash;
use fvm_harness::{Call, Network, TokenAmount};
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, from_slice};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use lotus::auth::Permission::Read;
use lotus::block::TipsetKey;
use lotus::json::{Addr, Atto, Base64};
use lotus::rpc::Methods;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::ext::market::{GET_BALANCE, GetBalanceReturn};
use shared::ext::miner::{
    GET_AVAILABLE_BALANCE, GET_BENEFICIARY, GET_OWNER, GetBeneficiaryReturn, GetOwnerReturn,
    PendingBeneficiaryChange,
};
use shared::ext::power::{MINER_POWER, MinerPowerReturn};
use shared::ext::{MARKET_ACTOR, POWER_ACTOR, SYSTEM_ACTOR};
use shared::method_hash;

use super::state::view;
use crate::gate::Simulation;
use crate::node::Node;
use crate::view::View;

/// Methods of before FRC-42, for callers that are built in.
const CONTROL_ADDRESSES: MethodNum = 2;
const CURRENT_TOTAL_POWER: MethodNum = 9;
const GET_PEER_ID: MethodNum = method_hash!("GetPeerID");
const GET_MULTIADDRS: MethodNum = method_hash!("GetMultiaddrs");
const GET_SECTOR_SIZE: MethodNum = method_hash!("GetSectorSize");
const MINER_RAW_POWER: MethodNum = method_hash!("MinerRawPower");

#[derive(Deserialize_tuple)]
struct ControlAddresses {
    _owner: Address,
    worker: Address,
    control: Vec<Address>,
}

/// Power of a miner, and whether it is enough to win blocks.
#[derive(Deserialize_tuple)]
struct RawPower {
    #[serde(with = "bigint_ser")]
    _raw: BigInt,
    enough: bool,
}

/// Power of the network, and what it is smoothed by.
#[derive(Deserialize_tuple)]
struct TotalPower {
    #[serde(with = "bigint_ser")]
    raw: BigInt,
    #[serde(with = "bigint_ser")]
    quality: BigInt,
    _pledge: TokenAmount,
    _smoothed: (BytesDe, BytesDe),
    _ramp_start: ChainEpoch,
    _ramp_epochs: u64,
}

type Of = (Addr, TipsetKey);

pub fn add(methods: &mut Methods<Node>) {
    methods.call("StateMarketBalance", Read, |node: &Node, (Addr(address), key): Of| {
        Ok(market_balance(&view(node, &key)?, address)?)
    });
    methods.call("StateMinerInfo", Read, |node: &Node, (Addr(miner), key): Of| {
        Ok(info(&view(node, &key)?, miner)?)
    });
    methods.call("StateMinerPower", Read, |node: &Node, (Addr(miner), key): Of| {
        Ok(power(&view(node, &key)?, miner)?)
    });
    methods.call("StateMinerAvailableBalance", Read, |node: &Node, (Addr(miner), key): Of| {
        let mut network = network_of(&view(node, &key)?, miner)?;
        let available: TokenAmount = ask(&mut network, miner, GET_AVAILABLE_BALANCE, &())?;
        Ok(Atto(available))
    });
}

/// What an actor's method returns to the system actor. Methods that only tell change nothing.
fn ask<P: Serialize + 'static, R: DeserializeOwned>(
    network: &mut Network,
    actor: Address,
    method: MethodNum,
    params: &P,
) -> Result<R> {
    let call = Call::new(Address::new_id(SYSTEM_ACTOR), actor).method(method, params);
    let outcome = network.perform(call.message(0))?;
    let (code, why) = (outcome.exit_code, outcome.backtrace.trim_end());
    ensure!(code.is_success(), "method {method} of {} exits with {code}: {why}", Addr(actor));
    Ok(from_slice(&outcome.return_data)?)
}

/// A network to ask a miner on, if it is one.
fn network_of(view: &View, miner: Address) -> Result<Simulation> {
    let context = "failed to load miner actor";
    let found = view.actor(&miner)?;
    let (_, actor) = found
        .ok_or_else(|| anyhow!("resolve address {}: actor not found", Addr(miner)))
        .context(context)?;
    match view.kind(&actor) {
        Some("storageminer") => view.network(),
        kind => {
            let kind = kind.unwrap_or("unknown");
            bail!("{context} state: actor code is not miner: {kind}")
        }
    }
}

fn market_balance(view: &View, address: Address) -> Result<Value> {
    if view.actor(&address)?.is_none() {
        bail!("resolve address {}: actor not found", Addr(address));
    }
    let (mut network, market) = (view.network()?, Address::new_id(MARKET_ACTOR));
    let balance: GetBalanceReturn = ask(&mut network, market, GET_BALANCE, &address)?;
    Ok(json!({ "Escrow": Atto(balance.balance), "Locked": Atto(balance.locked) }))
}

/// What a miner tells: all but a worker that is to come, the last consensus fault, and the sizes that
/// go with its proofs.
fn info(view: &View, miner: Address) -> Result<Value> {
    let network = &mut network_of(view, miner)?;
    let owner: GetOwnerReturn = ask(network, miner, GET_OWNER, &())?;
    let control: ControlAddresses = ask(network, miner, CONTROL_ADDRESSES, &())?;
    let (BytesDe(peer),): (BytesDe,) = ask(network, miner, GET_PEER_ID, &())?;
    let (multiaddrs,): (Vec<BytesDe>,) = ask(network, miner, GET_MULTIADDRS, &())?;
    let sector_size: u64 = ask(network, miner, GET_SECTOR_SIZE, &())?;
    let payee: GetBeneficiaryReturn = ask(network, miner, GET_BENEFICIARY, &())?;
    let term = payee.active.term;
    let list = |addresses: Vec<Address>| {
        let list: Vec<_> = addresses.into_iter().map(Addr).collect();
        Some(list).filter(|list| !list.is_empty())
    };
    let multiaddrs: Vec<_> = multiaddrs.into_iter().map(|BytesDe(bytes)| Base64(bytes)).collect();
    Ok(json!({
        "Owner": Addr(owner.owner),
        "Worker": Addr(control.worker),
        "ControlAddresses": list(control.control),
        "PeerId": peer_id(&peer),
        "Multiaddrs": Some(multiaddrs).filter(|list| !list.is_empty()),
        "SectorSize": sector_size,
        "PendingOwnerAddress": owner.proposed.map(Addr),
        "Beneficiary": Addr(payee.active.beneficiary),
        "BeneficiaryTerm": {
            "Quota": Atto(term.quota),
            "UsedQuota": Atto(term.used_quota),
            "Expiration": term.expiration,
        },
        "PendingBeneficiaryTerm": payee.proposed.map(pending_term),
    }))
}

fn pending_term(change: PendingBeneficiaryChange) -> Value {
    json!({
        "NewBeneficiary": Addr(change.new_beneficiary),
        "NewQuota": Atto(change.new_quota),
        "NewExpiration": change.new_expiration,
        "ApprovedByBeneficiary": change.approved_by_beneficiary,
        "ApprovedByNominee": change.approved_by_nominee,
    })
}

/// The ID of a peer, if the bytes are one.
fn peer_id(bytes: &[u8]) -> Option<String> {
    let peer: Result<Multihash<64>, _> = Multihash::from_bytes(bytes);
    peer.is_ok().then(|| Base::Base58Btc.encode(bytes))
}

/// Power of a miner and of the network. What is no miner has none.
fn power(view: &View, miner: Address) -> Result<Value> {
    let (mut network, actor) = (view.network()?, Address::new_id(POWER_ACTOR));
    let total: TotalPower = ask(&mut network, actor, CURRENT_TOTAL_POWER, &())?;
    let claim = |raw: &BigInt, quality: &BigInt| json!({ "RawBytePower": raw.to_string(), "QualityAdjPower": quality.to_string() });
    let is_miner =
        view.actor(&miner)?.filter(|(_, actor)| view.kind(actor) == Some("storageminer"));
    let (own, enough) = match is_miner {
        Some((id, _)) => {
            let own: MinerPowerReturn = ask(&mut network, actor, MINER_POWER, &id)?;
            let raw: RawPower = ask(&mut network, actor, MINER_RAW_POWER, &id)?;
            (claim(&own.raw_byte_power, &own.quality_adj_power), raw.enough)
        }
        None => (claim(&BigInt::ZERO, &BigInt::ZERO), false),
    };
    let total = claim(&total.raw, &total.quality);
    Ok(json!({ "MinerPower": own, "TotalPower": total, "HasMinPower": enough }))
}
