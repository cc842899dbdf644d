//! What a network's state says, and what is put into it by other means than messages.

use anyhow::{Context, Result, ensure};
use cid::Cid;
use fvm::machine::Machine;
use fvm::state_tree::ActorState;
use fvm_ipld_encoding::CborStore;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::econ::TokenAmount;
use multihash_codetable::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::Map;
use shared::ext::INIT_ACTOR;

use crate::genesis;
use crate::network::Network;
use crate::store::Store;

impl Network {
    /// The ID of the actor with this address.
    #[must_use]
    pub fn resolve(&self, address: &Address) -> Option<ActorID> {
        self.executor.0.state_tree().lookup_id(address).expect("a readable state tree")
    }

    /// The f2 address of the actor with this address, if it has one. Reads the whole address map.
    pub fn robust_address(&mut self, address: &Address) -> Option<Address> {
        let id = self.resolve(address)?;
        let (map, _, _): (Cid, ActorID, String) =
            self.state(&Address::new_id(INIT_ACTOR)).expect("a readable Init");
        let store = self.executor.0.blockstore();
        let map = Map::<_, Address, ActorID>::load(store, &map, &genesis::ADDRESSES)
            .expect("a readable address map");
        let mut found = None;
        map.for_each(|key, mapped| {
            let address = Address::from_bytes(key).ok();
            if *mapped == id && address.is_some_and(|a| a.protocol() == Protocol::Actor) {
                found = address;
            }
        })
        .expect("a readable address map");
        found
    }

    /// The actor with this address.
    #[must_use]
    pub fn actor(&self, address: &Address) -> Option<ActorState> {
        let id = self.resolve(address)?;
        self.executor.0.state_tree().get_actor(id).expect("a readable state tree")
    }

    /// Every actor with the code of this name.
    pub fn all(&mut self, actor: &str) -> Vec<ActorID> {
        let (code, mut found) = (self.actors.code(actor), vec![]);
        self.snapshot();
        let add = |address: Address, state: &ActorState| {
            if state.code == code {
                found.push(address.id()?);
            }
            Ok(())
        };
        self.executor.0.state_tree().for_each(add).expect("a readable state tree");
        found
    }

    /// What an address holds; nothing where there is no actor.
    #[must_use]
    pub fn balance(&self, address: impl Into<Address>) -> TokenAmount {
        self.actor(&address.into()).map(|actor| actor.balance).unwrap_or_default()
    }

    /// The next nonce of an account.
    #[must_use]
    pub fn nonce(&self, address: &Address) -> u64 {
        self.actor(address).map_or(0, |actor| actor.sequence)
    }

    /// The state of an actor, decoded.
    pub fn state<S: DeserializeOwned>(&self, address: &Address) -> Result<S> {
        let actor = self.actor(address).with_context(|| format!("no actor {address}"))?;
        let machine = &self.executor.0;
        let state = machine.blockstore().get_cbor(&actor.state)?;
        state.with_context(|| format!("no state of {address}"))
    }

    /// Gives an actor a state whose blocks are in [`Network::store`]: the short way to a state that
    /// messages would take hours to make.
    pub fn set_state<S: Serialize>(&mut self, address: &Address, state: &S) -> Result<()> {
        let id = self.resolve(address).with_context(|| format!("no actor {address}"))?;
        let actor = self.actor(address).with_context(|| format!("no actor {address}"))?;
        let state = self.store.put_cbor(state, Code::Blake2b256)?;
        self.set_actor(id, ActorState { state, ..actor });
        Ok(())
    }

    /// Puts an actor into the state as a genesis does: under an ID of its own, without a constructor.
    pub fn place<S: Serialize>(&mut self, id: ActorID, actor: &str, state: &S) -> Result<Address> {
        let address = Address::new_id(id);
        ensure!(self.actor(&address).is_none(), "there is an actor {address}");
        let state = self.store.put_cbor(state, Code::Blake2b256)?;
        let code = self.actors.code(actor);
        self.set_actor(id, ActorState::new(code, state, TokenAmount::default(), 0, None));
        Ok(address)
    }

    fn set_actor(&mut self, id: ActorID, actor: ActorState) {
        let here = self.snapshot();
        self.enter(here);
        self.executor.0.state_tree_mut().set_actor(id, actor);
        let changed = self.snapshot();
        self.enter(changed);
    }

    /// The blocks of this network, up to the last epoch or snapshot.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// All FIL that exists: the sum of all balances. No message changes it.
    pub fn total_supply(&mut self) -> TokenAmount {
        self.snapshot();
        let mut total = TokenAmount::default();
        let add = |_, actor: &ActorState| {
            total += &actor.balance;
            Ok(())
        };
        self.executor.0.state_tree().for_each(add).expect("a readable state tree");
        total
    }
}
