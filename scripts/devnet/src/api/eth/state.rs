//! What the state has of an address.

use anyhow::{Context, Result, ensure};
use cid::Cid;
use fvm::state_tree::ActorState;
use fvm_harness::{Call, Outcome};
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::{BytesDe, BytesSer, from_slice, to_vec};
use fvm_shared::address::Address;
use fvm_shared::{ActorID, MethodNum};
use lotus::eth::block::BlockNumberOrHash;
use lotus::eth::call::{CALL_GAS, exit_name};
use lotus::eth::{EthAddress, EthBigInt, EthBytes, EthHash, EthUint64};
use serde::de::IgnoredAny;
use shared::ext::SYSTEM_ACTOR;

use super::names::{Null, any_tipset};
use super::{Table, is_pending};
use crate::node::Node;
use crate::view::View;

/// Methods of contracts that only the system may call.
const GET_BYTECODE: MethodNum = 3;
const GET_STORAGE_AT: MethodNum = 5;
/// Bytes of a word of Ethereum's machine.
const WORD: usize = 32;

/// The state of a contract. A contract that destroyed itself has a tombstone.
type Contract = (Cid, BytesDe, Cid, Option<IgnoredAny>, u64, Option<IgnoredAny>);

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthGetBalance", |node, (address, block): (EthAddress, BlockNumberOrHash)| {
        let (_, actor) = find(node, address, block)?;
        let balance = actor.map(|(_, actor)| EthBigInt::from(&actor.balance));
        Ok(balance.unwrap_or_default())
    });
    methods.add("EthGetTransactionCount", transaction_count);
    methods.add("EthGetCode", code);
    methods.add("EthGetStorageAt", storage);
}

type Found = (View, Option<(ActorID, ActorState)>);

/// The state after a tipset, and an actor in it.
fn find(node: &Node, address: EthAddress, block: BlockNumberOrHash) -> Result<Found> {
    let address = address.to_filecoin()?;
    let view = node.view_after(&*any_tipset(node, block, Null::Before)?);
    let actor = view.actor(&address)?;
    Ok((view, actor))
}

fn transaction_count(
    node: &Node,
    (address, block): (EthAddress, BlockNumberOrHash),
) -> Result<EthUint64> {
    if block.0.is_some_and(is_pending) {
        let address = address.to_filecoin()?;
        let key = node.view_after(&node.head()).key_address(&address)?.unwrap_or(address);
        let next = node.next_nonce(&key)?;
        let next = next.context("actor not found").context("failed to get nonce from mpool")?;
        return Ok(EthUint64(next));
    }
    let (view, actor) = find(node, address, block)?;
    let Some((_, actor)) = actor else { return Ok(EthUint64(0)) };
    if !is_contract(&view, &actor) {
        return Ok(EthUint64(actor.sequence));
    }
    let (_, _, _, _, nonce, tombstone): Contract = view.state(&actor.state)?;
    Ok(EthUint64(if tombstone.is_some() { 0 } else { nonce }))
}

fn is_contract(view: &View, actor: &ActorState) -> bool {
    view.kind(actor) == Some("evm")
}

fn code(node: &Node, (address, block): (EthAddress, BlockNumberOrHash)) -> Result<EthBytes> {
    let tipset = any_tipset(node, block, Null::Before)?;
    ensure!(tipset.height() > 0, "block param must not specify genesis block");
    let (view, actor) = find(node, address, block)?;
    let Some((id, _)) = actor.filter(|(_, actor)| is_contract(&view, actor)) else {
        return Ok(EthBytes::default());
    };
    let outcome = ask(&view, id, GET_BYTECODE, &[]).context("failed to call GetBytecode")?;
    ensure!(outcome.exit_code.is_success(), "GetBytecode failed: {}", exit_name(outcome.exit_code));
    let Some(code) = from_slice::<Option<Cid>>(&outcome.return_data)? else {
        return Ok(EthBytes::default());
    };
    let bytes = node.store().get(&code)?;
    Ok(EthBytes(bytes.ok_or_else(|| lotus::block::not_found(&code))?))
}

fn storage(
    node: &Node,
    (address, position, block): (EthAddress, EthBytes, BlockNumberOrHash),
) -> Result<EthHash> {
    let key = word(&position.0).context("supplied storage key is too long")?;
    let (view, actor) = find(node, address, block)?;
    let Some((id, _)) = actor.filter(|(_, actor)| is_contract(&view, actor)) else {
        return Ok(EthHash::default());
    };
    let outcome = ask(&view, id, GET_STORAGE_AT, &to_vec(&(BytesSer(&key.0),))?)?;
    ensure!(
        outcome.exit_code.is_success(),
        "failed to lookup storage slot: {}",
        exit_name(outcome.exit_code)
    );
    let BytesDe(value) = from_slice(&outcome.return_data)?;
    word(&value).context("a contract's storage holds words")
}

/// Bytes as a word, zeros in front.
fn word(bytes: &[u8]) -> Option<EthHash> {
    let mut word = EthHash::default();
    let place = word.0.get_mut(WORD.checked_sub(bytes.len())?..)?;
    place.copy_from_slice(bytes);
    Some(word)
}

/// Asks a contract as the system. What it changes is kept nowhere.
fn ask(view: &View, contract: ActorID, method: MethodNum, params: &[u8]) -> Result<Outcome> {
    let call = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(contract));
    let call = call.raw(method, params).gas_limit(CALL_GAS);
    view.network()?.perform(call.message(0))
}
