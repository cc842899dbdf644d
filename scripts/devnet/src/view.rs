//! Reading a state of the chain, and trying calls on it.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cid::Cid;
use fvm::state_tree::{ActorState, StateTree};
use fvm_harness::{Actors, Network, Snapshot, Store};
use fvm_ipld_encoding::CborStore;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload, Protocol};
use fvm_shared::clock::ChainEpoch;
use lotus::json::Addr;
use serde::de::DeserializeOwned;
use shared::ext::EAM_ACTOR;

use crate::gate::{Gate, Simulation};
use crate::pool::SenderFacts;

/// A state of the chain, and the epoch whose messages would run on it.
#[derive(Clone)]
pub struct View {
    pub(crate) store: Store,
    pub(crate) actors: Actors,
    pub(crate) genesis_time: u64,
    pub(crate) simulations: Arc<Gate>,
    pub root: Cid,
    pub epoch: ChainEpoch,
}

impl View {
    fn tree(&self) -> Result<StateTree<Store>> {
        Ok(StateTree::new_from_root(self.store.clone(), &self.root)?)
    }

    /// The blocks of the state.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The ID of the actor with an address. That of an ID address is not looked up.
    pub fn resolve(&self, address: &Address) -> Result<Option<ActorID>> {
        match address.id() {
            Ok(id) => Ok(Some(id)),
            Err(_) => Ok(self.tree()?.lookup_id(address)?),
        }
    }

    /// The actor with an address.
    pub fn actor(&self, address: &Address) -> Result<Option<(ActorID, ActorState)>> {
        let tree = self.tree()?;
        let Some(id) = tree.lookup_id(address)? else { return Ok(None) };
        Ok(tree.get_actor(id)?.map(|actor| (id, actor)))
    }

    /// Every actor, in the order of the state tree.
    pub fn each_actor(&self, mut each: impl FnMut(ActorID, &ActorState)) -> Result<()> {
        self.tree()?.for_each(|address, actor| {
            each(address.id()?, actor);
            Ok(())
        })
    }

    /// The name of an actor's code in the manifest.
    #[must_use]
    pub fn kind(&self, actor: &ActorState) -> Option<&str> {
        self.actors.name(&actor.code)
    }

    /// The address by whose key an account signs: the f4 address of an actor that has one, the f1 or
    /// f3 address that an account's state holds. `None` for what has no key.
    pub fn key_address(&self, address: &Address) -> Result<Option<Address>> {
        if matches!(address.protocol(), Protocol::Secp256k1 | Protocol::BLS | Protocol::Delegated) {
            return Ok(Some(*address));
        }
        let Some((_, actor)) = self.actor(address)? else { return Ok(None) };
        if let Some(delegated) = actor.delegated_address {
            return Ok(Some(delegated));
        }
        if self.kind(&actor) != Some("account") {
            return Ok(None);
        }
        let (key,): (Address,) = self.state(&actor.state)?;
        Ok(Some(key))
    }

    /// The address by whose key the messages of an account are signed. Errors in the words of Lotus.
    pub fn signer(&self, address: &Address) -> Result<Address> {
        if address.protocol() == Protocol::Actor {
            bail!("cannot resolve actor address to key address");
        }
        if let Some(key) = self.key_address(address)? {
            return Ok(key);
        }
        let actor = self.actor(address)?;
        let (_, actor) =
            actor.with_context(|| format!("failed to find actor: {}", Addr(*address)))?;
        let kind = self.kind(&actor).unwrap_or("<unknown>");
        let context = format!("failed to get account actor state for {}", Addr(*address));
        bail!("{context}: actor code is not account: {kind}")
    }

    /// A block of a state, decoded.
    pub fn state<T: DeserializeOwned>(&self, cid: &Cid) -> Result<T> {
        self.store.get_cbor(cid)?.ok_or_else(|| lotus::block::not_found(cid))
    }

    /// What the message pool has to know of a sender.
    pub fn sender(&self, address: &Address) -> Result<Option<SenderFacts>> {
        let Some((_, actor)) = self.actor(address)? else { return Ok(None) };
        let kind = self.kind(&actor);
        let of_eth = actor.delegated_address.is_some_and(|address| {
            matches!(address.payload(), Payload::Delegated(f4) if f4.namespace() == EAM_ACTOR)
        });
        let may_send =
            matches!(kind, Some("account" | "ethaccount")) || kind == Some("placeholder") && of_eth;
        Ok(Some(SenderFacts { nonce: actor.sequence, balance: actor.balance, may_send }))
    }

    /// A network in this state, to try calls on, once there is a place for it. What they change is
    /// seen by nobody else.
    pub fn network(&self) -> Result<Simulation> {
        let pass = self.simulations.enter()?;
        let at = Snapshot { root: self.root, epoch: self.epoch };
        let store = Store::on(&self.actors, Arc::new(self.store.clone()));
        let network = Network::resume(&self.actors, store, at, self.genesis_time)?;
        Ok(Simulation { network, _pass: pass })
    }
}
