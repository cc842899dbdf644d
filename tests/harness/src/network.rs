//! A network: its state, its clock, and the messages it runs.

use std::collections::BTreeSet;
use std::io::Write;
use std::marker::PhantomData;

use anyhow::Result;
use cid::Cid;
use fvm::executor::{ApplyKind, DefaultExecutor, Executor as _, ThreadedExecutor};
use fvm::machine::{DefaultMachine, Machine, NetworkConfig};
use fvm_ipld_encoding::{RawBytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use serde::Serialize;
use shared::Method;
use shared::ext::init::{EXEC, Exec4Params, ExecParams, ExecReturn};
use shared::ext::{CRON_ACTOR, INIT_ACTOR, REWARD_ACTOR, SYSTEM_ACTOR};

use crate::account::{Account, Key};
use crate::bundle::Actors;
use crate::genesis::{self, Founders};
use crate::journal::Entry;
use crate::machine::{self, Executor, NETWORK_VERSION, NetworkMachine, Randomness};
use crate::message::{Call, SignedMessage};
use crate::outcome::{Outcome, Reply};
use crate::store::Store;

/// Gas that a block holds, and so the most that a message can have.
pub const BLOCK_GAS_LIMIT: u64 = 10_000_000_000;
/// Epochs of a miner's deadline.
const DEADLINE: ChainEpoch = 60;
/// What `chain_id` tells actors: the one of a local development network.
pub const CHAIN_ID: u64 = 31_415_926;
/// Seconds from one epoch to the next.
pub const EPOCH_SECONDS: u64 = 30;
/// FIL in circulation, for the rules that depend on it.
const CIRCULATING_FIL: i64 = 500_000_000;
/// Where the nonces of implicit messages start: far from those of accounts. They have no effect but
/// on the f2 addresses of actors that a message creates.
const IMPLICIT_NONCES: u64 = 1 << 40;
/// Room among them for the implicit messages of an epoch, so that a network that goes on where another
/// one was does not use its nonces again.
const IMPLICIT_NONCES_PER_EPOCH: u64 = 1 << 16;
/// FIL that a new account starts with.
const ACCOUNT_FUNDS: i64 = 100_000;

/// A Filecoin network in process.
///
/// Methods that run messages panic where the machine itself breaks, which no message can bring
/// about; whatever a message can bring about is in its [`Outcome`].
pub struct Network {
    pub(crate) store: Store,
    pub(crate) actors: Actors,
    pub(crate) executor: Executor,
    epoch: ChainEpoch,
    base_fee: TokenAmount,
    /// Seconds since the epoch of Unix at which the network's epoch 0 began.
    genesis_time: u64,
    tracing: bool,
    implicit_nonce: u64,
    founders: Founders,
    /// Remainders by a deadline's length of the epochs at which deadlines end.
    deadline_ends: BTreeSet<ChainEpoch>,
    pub(crate) journal: Option<Vec<Entry>>,
}

/// A state of a network to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub root: Cid,
    pub epoch: ChainEpoch,
}

impl Network {
    /// A network with these actors at epoch 1, all singletons constructed. Gas costs nothing until
    /// [`Network::set_base_fee`].
    pub fn new(actors: &Actors) -> Result<Self> {
        Self::found_on(actors, Store::over(actors.blocks.clone()), "fab", 0)
    }

    /// A network of this name whose blocks are in `store`, and whose epoch 0 began `genesis_time`
    /// seconds after the epoch of Unix.
    pub fn found_on(actors: &Actors, store: Store, name: &str, genesis_time: u64) -> Result<Self> {
        let (root, _) = genesis::state_tree(&store, actors, name)?;
        let mut network = Self::resume(actors, store, Snapshot { root, epoch: 0 }, genesis_time)?;
        let root = network.founders.verifreg_root.clone();
        genesis::construct(&mut network, &root);
        network.advance(1);
        Ok(network)
    }

    /// A network that goes on where another one was.
    pub fn resume(actors: &Actors, store: Store, at: Snapshot, genesis_time: u64) -> Result<Self> {
        machine::compile(actors)?;
        let base_fee = TokenAmount::default();
        let executor = executor(&store, &at, &base_fee, genesis_time, false)?;
        let founders =
            Founders::of(|address| executor.0.state_tree().lookup_id(address).ok().flatten())?;
        Ok(Network {
            store,
            actors: actors.clone(),
            executor,
            epoch: at.epoch,
            base_fee,
            genesis_time,
            tracing: false,
            implicit_nonce: IMPLICIT_NONCES + at.epoch.unsigned_abs() * IMPLICIT_NONCES_PER_EPOCH,
            founders,
            deadline_ends: BTreeSet::new(),
            journal: None,
        })
    }

    /// The actors that run here.
    #[must_use]
    pub fn actors(&self) -> &Actors {
        &self.actors
    }

    /// The epoch whose messages are running.
    #[must_use]
    pub fn epoch(&self) -> ChainEpoch {
        self.epoch
    }

    /// AttoFIL that a unit of gas burns.
    #[must_use]
    pub fn base_fee(&self) -> &TokenAmount {
        &self.base_fee
    }

    /// Sets what a unit of gas burns from now on.
    pub fn set_base_fee(&mut self, base_fee: TokenAmount) {
        self.base_fee = base_fee;
        let here = self.snapshot();
        self.enter(here);
    }

    /// Records the calls of every message from now on ([`Outcome::calls`]), at some cost in time.
    pub fn set_tracing(&mut self, tracing: bool) {
        self.tracing = tracing;
        let here = self.snapshot();
        self.enter(here);
    }

    // Time

    /// Advances epoch by epoch, with a cron tick at the end of each.
    pub fn advance(&mut self, epochs: ChainEpoch) {
        for _ in 0..epochs {
            self.tick();
            self.jump(1);
        }
    }

    /// Advances far: with a cron tick at the end of each deadline of each [`crate::Provider`], or
    /// every 60 epochs where there is none, instead of every epoch. What else is scheduled for an
    /// epoch in between runs up to 60 epochs late.
    pub fn skip(&mut self, epochs: ChainEpoch) {
        let end = self.epoch + epochs;
        for epoch in self.epoch..end {
            let of_deadline = epoch.rem_euclid(DEADLINE);
            let none = self.deadline_ends.is_empty() && of_deadline == DEADLINE - 1;
            if none || self.deadline_ends.contains(&of_deadline) {
                self.jump(epoch - self.epoch);
                self.tick();
            }
        }
        self.jump(end - self.epoch);
    }

    /// Advances at once, with one cron tick at the end. Only for networks whose miners need not prove
    /// their sectors every day, which is those of the stand-ins.
    pub fn leap(&mut self, epochs: ChainEpoch) {
        self.jump(epochs - 1);
        self.tick();
        self.jump(1);
    }

    /// Lets [`Network::skip`] tick at the last epochs of deadlines that begin with this one: a miner
    /// takes any later tick for the end of the deadline that is open then, and faults its sectors.
    pub(crate) fn follow_deadlines(&mut self, first_epoch: ChainEpoch) {
        self.deadline_ends.insert((first_epoch - 1).rem_euclid(DEADLINE));
    }

    /// Ends the epoch, with the cron tick at its end, and enters the next one at this base fee.
    pub fn next_epoch(&mut self, base_fee: TokenAmount) {
        self.tick();
        self.base_fee = base_fee;
        self.jump(1);
    }

    fn tick(&mut self) {
        let cron = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(CRON_ACTOR));
        self.implicit(cron.method(2, &())).ok();
    }

    fn jump(&mut self, epochs: ChainEpoch) {
        let Snapshot { root, epoch } = self.snapshot();
        self.enter(Snapshot { root, epoch: epoch + epochs });
    }

    // Messages

    /// Runs a message of an account, with the account's next nonce, as if its signature had been
    /// checked.
    ///
    /// A call that offers nothing for gas pays the base fee.
    pub fn run(&mut self, mut call: Call) -> Outcome {
        if call.gas_fee_cap.is_zero() {
            call.gas_fee_cap = &self.base_fee + &call.gas_premium;
        }
        let sequence = self.nonce(&call.from);
        let message = call.message(sequence);
        let length = to_vec(&message).expect("a message that encodes").len();
        self.apply(message, ApplyKind::Explicit, length)
    }

    /// Runs a signed message as a node does: an invalid signature is refused before anything runs.
    pub fn submit(&mut self, message: SignedMessage) -> Result<Outcome> {
        message.verify()?;
        let length = message.chain_length()?;
        Ok(self.apply(message.message, ApplyKind::Explicit, length))
    }

    /// Runs a message as any actor, as the chain itself does for cron and rewards: no signature, no
    /// nonce, no fee.
    pub fn implicit(&mut self, call: Call) -> Outcome {
        self.implicit_nonce += 1;
        self.apply(call.message(self.implicit_nonce), ApplyKind::Implicit, 0)
    }

    /// Calls a method and keeps nothing of what it changed, like a node's `StateCall`.
    pub fn dry_run(&mut self, call: Call) -> Outcome {
        self.executor.0.state_tree_mut().begin_transaction();
        let message = call.message(self.implicit_nonce + 1);
        let outcome = self.perform(message).expect("a working machine");
        self.executor.0.state_tree_mut().end_transaction(true).expect("an open transaction");
        outcome
    }

    /// Calls a method of an actor's interface from an account.
    pub fn call<M: Method>(
        &mut self,
        from: impl Into<Address>,
        to: Address,
        params: &M::Params,
    ) -> Reply<M::Return> {
        self.run_as::<M>(Call::new(from, to).method(M::NUMBER, params))
    }

    /// Runs a call of a method of an actor's interface, made by hand, whose reply is to be decoded.
    pub fn run_as<M: Method>(&mut self, call: Call) -> Reply<M::Return> {
        Reply { outcome: self.run(call), kind: PhantomData }
    }

    /// Asks a method of an actor's interface and keeps nothing of what it changed.
    pub fn view<M: Method>(&mut self, to: Address, params: &M::Params) -> M::Return {
        let call = Call::new(Address::new_id(SYSTEM_ACTOR), to).method(M::NUMBER, params);
        Reply::<M::Return> { outcome: self.dry_run(call), kind: PhantomData }.ok()
    }

    /// Runs a message whose signature is known to be its sender's, and that is `length` bytes long
    /// on chain. An error means that the machine broke: a block is missing, say.
    pub fn execute(&mut self, message: Message, length: usize) -> Result<Outcome> {
        self.executor.execute_message(message, ApplyKind::Explicit, length).map(Outcome::new)
    }

    /// Runs a message as any actor: nothing but what it does is looked at. An error means that the
    /// machine broke.
    pub fn perform(&mut self, message: Message) -> Result<Outcome> {
        self.executor.execute_message(message, ApplyKind::Implicit, 0).map(Outcome::new)
    }

    fn apply(&mut self, message: Message, kind: ApplyKind, length: usize) -> Outcome {
        let kept = self.journal.is_some().then(|| message.clone());
        let ret = self.executor.execute_message(message, kind, length).expect("a working machine");
        let outcome = Outcome::new(ret);
        if let Some(message) = kept {
            let (implicit, after) = (kind == ApplyKind::Implicit, self.snapshot());
            let entry = Entry { message, implicit, outcome: outcome.clone(), after };
            self.journal.get_or_insert_default().push(entry);
        }
        outcome
    }

    // Actors

    /// A new secp256k1 account of this name with 100,000 FIL.
    pub fn account(&mut self, name: &str) -> Account {
        self.found(Key::secp256k1(name))
    }

    /// A new BLS account of this name with 100,000 FIL.
    pub fn bls_account(&mut self, name: &str) -> Account {
        self.found(Key::bls(name))
    }

    fn found(&mut self, key: Key) -> Account {
        let robust = key.address().expect("a key with an address");
        self.fund(robust, TokenAmount::from_whole(ACCOUNT_FUNDS));
        let id = self.resolve(&robust).expect("an account that was funded");
        Account { id, robust, key }
    }

    /// Sends FIL from the faucet.
    pub fn fund(&mut self, to: Address, amount: TokenAmount) {
        let faucet = self.founders.faucet.address();
        self.implicit(Call::new(faucet, to).value(amount)).ok();
    }

    /// The account that appoints verifiers.
    #[must_use]
    pub fn verifreg_root(&self) -> &Account {
        &self.founders.verifreg_root
    }

    /// Creates one of this network's own actors through Init.Exec.
    pub fn create<P: Serialize + 'static>(
        &mut self,
        from: impl Into<Address>,
        actor: &str,
        constructor_params: &P,
    ) -> Reply<ExecReturn> {
        let encoded = shared::dispatch::encode(constructor_params).expect("parameters that encode");
        let params = ExecParams {
            code_cid: self.actors.code(actor),
            constructor_params: RawBytes::new(encoded.map(|block| block.data).unwrap_or_default()),
        };
        let call = Call::new(from, Address::new_id(INIT_ACTOR)).method(EXEC, &params);
        Reply { outcome: self.run(call), kind: PhantomData }
    }

    /// Parameters to create one of this network's own actors through Init.Exec4.
    #[must_use]
    pub fn exec4_params(&self, actor: &str, subaddress: &[u8]) -> Exec4Params {
        Exec4Params {
            code_cid: self.actors.code(actor),
            constructor_params: RawBytes::default(),
            subaddress: RawBytes::new(subaddress.to_vec()),
        }
    }

    /// Pays a block reward to a miner, with the gas reward on top, as for one won block.
    pub fn block_reward(&mut self, miner: Address, gas_reward: TokenAmount) -> Outcome {
        let params = (miner, TokenAmount::default(), gas_reward, 1_i64);
        let call = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(REWARD_ACTOR));
        self.implicit(call.method(2, &params))
    }

    // Where it is

    /// The current state, to go back to.
    pub fn snapshot(&mut self) -> Snapshot {
        let root = self.executor.flush().expect("a working machine");
        Snapshot { root, epoch: self.epoch }
    }

    /// Goes back to a snapshot of this network.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.enter(snapshot.clone());
    }

    /// Writes the whole state as a CAR with the state root as its root, and returns that root.
    pub fn export_car(&mut self, out: impl Write) -> Result<Cid> {
        let Snapshot { root, .. } = self.snapshot();
        car::export(&self.store, &[root], out)?;
        Ok(root)
    }

    pub(crate) fn enter(&mut self, at: Snapshot) {
        self.epoch = at.epoch;
        self.executor = executor(&self.store, &at, &self.base_fee, self.genesis_time, self.tracing)
            .expect("a state that was flushed");
    }
}

fn executor(
    store: &Store,
    at: &Snapshot,
    base_fee: &TokenAmount,
    genesis_time: u64,
    tracing: bool,
) -> Result<Executor> {
    let mut config = NetworkConfig::new(NETWORK_VERSION);
    config.chain_id(CHAIN_ID.into());
    let timestamp = genesis_time + u64::try_from(at.epoch).unwrap_or(0) * EPOCH_SECONDS;
    let mut context = config.for_epoch(at.epoch, timestamp, at.root);
    context.set_base_fee(base_fee.clone());
    context.set_circulating_supply(TokenAmount::from_whole(CIRCULATING_FIL));
    context.tracing = tracing;
    let machine: NetworkMachine = DefaultMachine::new(&context, store.clone(), Randomness)?;
    Ok(ThreadedExecutor(DefaultExecutor::new(machine::engine()?, machine)?))
}
