//! An actor alone on a chain, to which messages come one after the other.

use std::fmt::Debug;
use std::thread::LocalKey;

use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::{Error, Fault, Method};

use crate::messages::{self, Message};

/// Whether a message did something.
pub type Outcome = Option<()>;

/// An actor, and what is around it as far as its rules ask for it.
pub trait World: Clone {
    /// The actor's name in the bundle.
    const ACTOR: &'static str;

    fn new() -> Self;

    fn pass(&mut self, epochs: ChainEpoch);

    /// A message as the actor runs it. None where its parameters do not decode or its rules refuse
    /// it: then it leaves no trace.
    fn step(&mut self, message: &Message<'_>) -> Outcome;

    /// Panics where an invariant is broken.
    fn check(&self);
}

/// Runs the messages of an input from a beginning on, with all checks after each that does something.
pub fn run<W: World>(beginning: &'static LocalKey<W>, input: &[u8]) {
    let mut world = beginning.with(W::clone);
    for message in messages::read(W::ACTOR, input) {
        world.pass(message.wait());
        if world.step(&message).is_some() {
            world.check();
        }
    }
}

/// The state of an actor, and the FIL that it has.
#[derive(Clone, Debug)]
pub struct Deployed<S> {
    pub store: MemoryBlockstore,
    pub state: S,
    pub now: ChainEpoch,
    pub balance: TokenAmount,
}

impl<S: Clone + Debug + PartialEq + Serialize + DeserializeOwned> Deployed<S> {
    pub fn new<E: Debug>(
        now: ChainEpoch,
        create: impl FnOnce(&MemoryBlockstore) -> Result<S, E>,
    ) -> Self {
        let store = MemoryBlockstore::default();
        let state = create(&store).expect("an actor that can be created");
        Deployed { store, state, now, balance: TokenAmount::default() }
    }

    /// Runs a rule as a message that brings FIL. What fails leaves no trace, and what succeeds leaves
    /// a state that the next message can read.
    pub fn attempt<R, E: Fault>(
        &mut self,
        value: TokenAmount,
        rule: impl FnOnce(&mut S, &MemoryBlockstore) -> Result<R, E>,
    ) -> Option<R> {
        let mut state = self.state.clone();
        let result = unless_refused(rule(&mut state, &self.store))?;
        let written = to_vec(&state).expect("a state encodes");
        assert_eq!(from_slice(&written).ok().as_ref(), Some(&state), "written as {written:02x?}");
        self.state = state;
        self.balance += value;
        Some(result)
    }

    pub fn look<R, E: Fault>(
        &self,
        view: impl FnOnce(&S, &MemoryBlockstore) -> Result<R, E>,
    ) -> Option<R> {
        unless_refused(view(&self.state, &self.store))
    }

    /// A method that changes nothing, with the parameters of a message.
    pub fn view<M: Method, R, E: Fault>(
        &self,
        message: &Message<'_>,
        view: impl FnOnce(&S, &MemoryBlockstore, M::Params) -> Result<R, E>,
    ) -> Outcome {
        let params = message.params::<M>()?;
        self.look(|state, store| view(state, store, params)).map(drop)
    }

    /// Sends FIL away.
    pub fn pay(&mut self, amount: &TokenAmount) {
        let has = &self.balance;
        assert!(!amount.is_negative() && amount <= has, "{amount} are paid out of {has}");
        self.balance -= amount;
    }
}

/// An actor may refuse what it likes. That it cannot read its own state is no refusal.
fn unless_refused<R, E: Fault>(result: Result<R, E>) -> Option<R> {
    let refused = |error: &E| assert_ne!(error.exit_code(), ExitCode::USR_ILLEGAL_STATE, "{error}");
    result.inspect_err(refused).ok()
}

/// The actor that an address stands for: here only ID addresses stand for any.
pub fn id(address: &Address) -> Result<ActorID, Error> {
    address.id().map_err(|_| Error::Unresolved(*address))
}

/// Every message of the seeds is accepted, and with them every method but those that need more than
/// the rules.
#[cfg(test)]
pub fn check_seeds<W: World>(seeds: &[Vec<u8>], without: &[&str]) {
    let mut accepted = std::collections::BTreeSet::new();
    for (nth, seed) in seeds.iter().enumerate() {
        let mut world = W::new();
        world.check();
        for message in messages::read(W::ACTOR, seed) {
            world.pass(message.wait());
            assert!(world.step(&message).is_some(), "{message:?} of seed {nth}");
            world.check();
            accepted.insert(message.method);
        }
    }
    let methods = abi::actors::methods(W::ACTOR);
    let missing: Vec<_> = methods
        .filter(|listed| !accepted.contains(&listed.number))
        .map(|listed| listed.name)
        .collect();
    assert_eq!(missing, without);
}
