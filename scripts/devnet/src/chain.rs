//! The chain: its head, and how the next tipset is made.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use bls_signatures::Serialize as _;
use cid::Cid;
use fvm_harness::{
    Actors, EPOCH_SECONDS, Network, Outcome, Provider, Snapshot, Store, TokenAmount,
};
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::to_vec;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::BLS_SIG_LEN;
use fvm_shared::receipt::Receipt;
use lotus::block::{
    BeaconEntry, BlockHeader, ElectionProof, MessageRoots, Ticket, write_events, write_receipts,
};
use lotus::cid_of;
use lotus::message::{Signature, SignatureType, SignedMessage};
use num_traits::Zero;
use shared::ext::SYSTEM_ACTOR;
use thiserror::Error;

use crate::car::{Imported, import};
use crate::controls::Proven;
use crate::db::{Batch, Db, Placement};
use crate::gas::next_base_fee;
use crate::tipset::Tipset;

/// AttoFIL that a unit of gas burns at first, as on every Filecoin chain.
const FIRST_BASE_FEE: u64 = 100_000_000;
const DAY: ChainEpoch = 2_880;
pub(crate) const BELOW_GENESIS: ChainEpoch = -1;
/// Names in the store. One with a genesis time has a chain; tipsets without are none.
const ACTORS: &str = "actors";
const GENESIS_TIME: &str = "genesis time";

/// What a chain is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The network's name, of a new chain.
    pub name: String,
    /// Seconds since the epoch of Unix at which epoch 0 begins, of a new chain.
    pub genesis_time: u64,
    /// What a unit of gas burns, where it shall not follow demand.
    pub base_fee: Option<TokenAmount>,
    /// The CAR of another chain, which a new one goes on with under its old name.
    pub import: Option<PathBuf>,
}

/// A chain and the state after its last tipset.
pub struct Chain {
    db: Arc<Db>,
    store: Store,
    actors: Actors,
    genesis_time: u64,
    base_fee: Option<TokenAmount>,
    net: Network,
    head: Arc<Tipset>,
}

impl Chain {
    /// The chain that a store has, or a new one with these actors. An old chain keeps the actors that
    /// it was made with.
    pub fn open(db: Arc<Db>, actors: &Actors, settings: &Settings) -> Result<Self> {
        match (db.single(GENESIS_TIME)?, &settings.import) {
            (Some(genesis_time), None) => {
                let head = db.tipset_at_or_below(ChainEpoch::MAX)?;
                let head = Tipset::read(&head.context("the chain's store has no tipset")?)?;
                let entries = db.single(ACTORS)?.context("the chain's store lists no actors")?;
                Self::resume(db, head, entries, genesis_time, settings)
            }
            (None, None) => Self::found(db, actors, settings),
            (None, Some(car)) => {
                let Imported { head, parent, actors, genesis_time } = import(&db, car)?;
                let single = origin(&actors, genesis_time)?;
                let mut chain = Self::resume(db, parent, actors, genesis_time, settings)?;
                chain.whole(|chain| {
                    let mut batch = Batch { single, ..Batch::default() };
                    let tipset = chain.try_produce(&[], &mut batch, &mut None)?;
                    ensure!(tipset.block == head, "the tipset {head} is of another node");
                    chain.commit(batch, tipset)
                })?;
                Ok(chain)
            }
            (Some(_), Some(_)) => bail!("there is a chain already: import into another directory"),
        }
    }

    fn resume(
        db: Arc<Db>,
        head: Tipset,
        actors: Vec<(String, Cid)>,
        genesis_time: u64,
        settings: &Settings,
    ) -> Result<Self> {
        let actors = Actors::stored(actors, |cid| db.get(cid))?;
        let store = Store::on(&actors, db.clone());
        let at = Snapshot { root: head.state, epoch: head.height() + 1 };
        let mut net = Network::resume(&actors, store.clone(), at, genesis_time)?;
        net.set_base_fee(head.next_base_fee.clone());
        let base_fee = settings.base_fee.clone();
        Ok(Chain { db, store, actors, genesis_time, base_fee, net, head: Arc::new(head) })
    }

    fn found(db: Arc<Db>, actors: &Actors, settings: &Settings) -> Result<Self> {
        let Settings { name, genesis_time, base_fee, .. } = settings.clone();
        let store = Store::on(actors, db.clone());
        let mut net = Network::found_on(actors, store.clone(), &name, genesis_time)?;
        let state = net.snapshot().root;
        let next_base_fee =
            base_fee.clone().unwrap_or_else(|| TokenAmount::from_atto(FIRST_BASE_FEE));
        net.set_base_fee(next_base_fee.clone());
        let receipts = write_receipts(&store, &[])?;
        let header = BlockHeader {
            miner: Address::new_id(SYSTEM_ACTOR),
            ticket: Some(Ticket { vrf_proof: cid_of(name.as_bytes()).hash().digest().to_vec() }),
            election_proof: Some(ElectionProof { win_count: 0, vrf_proof: vec![] }),
            beacon_entries: vec![BeaconEntry { round: 0, data: vec![0; 32] }],
            win_post_proof: vec![],
            parents: vec![],
            parent_weight: BigInt::zero(),
            height: 0,
            parent_state_root: state,
            parent_message_receipts: receipts,
            messages: MessageRoots::write(&store, &[], &[])?,
            bls_aggregate: None,
            timestamp: genesis_time,
            block_sig: None,
            fork_signaling: 0,
            parent_base_fee: next_base_fee.clone(),
        };
        let (block, before) = (header.cid()?, state);
        let head = Tipset { block, header, before, state, receipts, next_base_fee };
        let mut chain = Chain {
            db,
            store,
            actors: actors.clone(),
            genesis_time,
            base_fee,
            net,
            head: Arc::new(head.clone()),
        };
        let batch = Batch {
            blocks: actors.blocks().map(|(cid, block)| (*cid, block.clone())).collect(),
            // An import that was refused or cut off may have left something.
            cut: Some(BELOW_GENESIS),
            single: origin(&actors.entries, genesis_time)?,
            ..Batch::default()
        };
        chain.commit(batch, head)?;
        Ok(chain)
    }

    #[must_use]
    pub fn head(&self) -> &Arc<Tipset> {
        &self.head
    }

    /// Whether an empty tipset would show nothing new: no receipts of the head's messages, and no base
    /// fee other than that of the head.
    pub fn is_concluded(&self) -> Result<bool> {
        let fee = &self.head.next_base_fee;
        let fee_stays = self.base_fee.as_ref().is_none_or(|fixed| fixed == fee);
        Ok(fee_stays && self.head.message_cids(&self.store)?.is_empty())
    }

    /// All blocks: those of states and those of the chain itself.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    #[must_use]
    pub fn actors(&self) -> &Actors {
        &self.actors
    }

    /// Seconds since the epoch of Unix at which epoch 0 began.
    #[must_use]
    pub fn genesis_time(&self) -> u64 {
        self.genesis_time
    }

    /// Lets epochs pass without a tipset: null rounds, each with its cron tick. Nothing of it is kept
    /// before the next tipset.
    pub fn pass(&mut self, epochs: ChainEpoch) -> Result<()> {
        self.by_days(epochs, Network::advance)
    }

    /// Lets epochs pass with those cron ticks only that end deadlines of miners, and with the daily
    /// proofs of the sectors that the node proved.
    pub fn skip(&mut self, epochs: ChainEpoch) -> Result<()> {
        for miner in self.net.all("storageminer") {
            self.net.follow_deadlines_of(miner);
        }
        let find = |(proven, _): (Proven, _)| {
            Some((Provider::of(&mut self.net, proven.miner)?, proven.sector))
        };
        let sectors: Vec<_> = self.db.sectors()?.into_iter().filter_map(find).collect();
        self.by_days(epochs, |net, step| net.skip_proving(&sectors, step))
    }

    fn by_days(
        &mut self,
        epochs: ChainEpoch,
        step: impl Fn(&mut Network, ChainEpoch),
    ) -> Result<()> {
        let end = self.net.epoch() + epochs;
        while self.net.epoch() < end {
            let left = end - self.net.epoch();
            step(&mut self.net, DAY.min(left));
            // Nobody will ask for the states in between.
            let root = self.net.snapshot().root;
            self.store.keep_reachable(root)?;
        }
        Ok(())
    }

    /// Makes the next tipset, of these messages. Where anything fails, the chain is as it was.
    ///
    /// `settle` adds to what is written with the tipset. What it returns lives until that is done: a
    /// lock, say.
    pub fn produce<G>(
        &mut self,
        messages: &[Arc<SignedMessage>],
        settle: impl FnOnce(&mut Batch) -> Result<G>,
    ) -> Result<G, Failure> {
        let mut running = None;
        let made = self.whole(|chain| {
            let mut batch = Batch::default();
            let tipset = chain.try_produce(messages, &mut batch, &mut running)?;
            let settled = settle(&mut batch)?;
            chain.commit(batch, tipset)?;
            Ok(settled)
        });
        made.map_err(|error| Failure { message: running, error })
    }

    /// Makes the next tipset, of no messages, after `work` was done to the state. Where anything fails,
    /// the chain is as it was.
    pub fn change<T, G>(
        &mut self,
        work: impl FnOnce(&mut Network, &mut Batch) -> Result<T>,
        settle: impl FnOnce(&mut Batch) -> Result<G>,
    ) -> Result<(T, G)> {
        self.whole(|chain| {
            let (mut batch, height) = (Batch::default(), chain.net.epoch());
            let done = work(&mut chain.net, &mut batch)?;
            ensure!(chain.net.epoch() == height, "work on the state must not pass the time");
            let tipset = chain.try_produce(&[], &mut batch, &mut None)?;
            let settled = settle(&mut batch)?;
            chain.commit(batch, tipset)?;
            Ok((done, settled))
        })
    }

    /// Does something to the chain whole, or not at all. Work on a state that is not as it expects may
    /// panic.
    pub(crate) fn whole<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let done = catch_unwind(AssertUnwindSafe(|| work(self)));
        let done = done.unwrap_or_else(|panic| Err(told(&*panic)));
        if done.is_err() {
            self.rewind();
        }
        done
    }

    /// Goes back to the state after the head.
    fn rewind(&mut self) {
        let root = self.head.state;
        self.net.restore(&Snapshot { root, epoch: self.head.height() + 1 });
        self.net.set_base_fee(self.head.next_base_fee.clone());
    }

    /// The next tipset, of these messages. Which of them it is about is known at any time, so that none
    /// stops the others.
    fn try_produce(
        &mut self,
        messages: &[Arc<SignedMessage>],
        batch: &mut Batch,
        running: &mut Option<Cid>,
    ) -> Result<Tipset> {
        let height = self.net.epoch();
        let before = self.net.snapshot().root;
        let (bls, secp): (Vec<_>, Vec<_>) =
            messages.iter().map(|signed| &**signed).partition(|signed| signed.is_bls());
        let (mut cids, mut receipts, mut signatures) = (vec![], vec![], vec![]);
        for (index, signed) in (0..).zip(bls.iter().chain(&secp)) {
            let bytes = signed.chain_bytes()?;
            *running = Some(cid_of(&bytes));
            let outcome = execute(&mut self.net, signed, bytes.len())?;
            let events_root = write_events(&self.store, &outcome.events)?;
            let cid = batch.add(signed, Placement { height, index }, outcome.events)?;
            ensure!(events_root == outcome.events_root, "the events of {cid} have another root");
            receipts.push(Receipt {
                exit_code: outcome.exit_code,
                return_data: outcome.return_data,
                gas_used: outcome.gas_used,
                events_root,
            });
            cids.push(cid);
            if signed.is_bls() {
                signatures.push(bls_signature(signed)?);
            }
            *running = None;
        }
        let (bls_cids, secp_cids) = cids.split_at(bls.len());
        let roots = MessageRoots::write(&self.store, bls_cids, secp_cids)?;
        let header = self.header(height, roots, aggregate(&signatures)?)?;
        let next_base_fee = match &self.base_fee {
            Some(fixed) => fixed.clone(),
            None => next_base_fee(
                &header.parent_base_fee,
                messages.iter().map(|signed| &signed.message),
            ),
        };
        self.net.next_epoch(next_base_fee.clone());
        let state = self.net.snapshot().root;
        let receipts = write_receipts(&self.store, &receipts)?;
        let block = header.cid()?;
        Ok(Tipset { block, header, before, state, receipts, next_base_fee })
    }

    fn header(
        &self,
        height: ChainEpoch,
        messages: Cid,
        bls_aggregate: Signature,
    ) -> Result<BlockHeader> {
        let parent = &*self.head;
        let drawn = cid_of(&to_vec(&(height, parent.block))?).hash().digest().to_vec();
        let round = height.unsigned_abs();
        Ok(BlockHeader {
            miner: Address::new_id(SYSTEM_ACTOR),
            ticket: Some(Ticket { vrf_proof: drawn.clone() }),
            election_proof: Some(ElectionProof { win_count: 1, vrf_proof: drawn.clone() }),
            beacon_entries: vec![BeaconEntry { round, data: drawn }],
            win_post_proof: vec![],
            parents: vec![parent.block],
            parent_weight: parent.weight(),
            height,
            parent_state_root: parent.state,
            parent_message_receipts: parent.receipts,
            messages,
            bls_aggregate: Some(bls_aggregate),
            timestamp: self.genesis_time + round * EPOCH_SECONDS,
            block_sig: None,
            fork_signaling: 0,
            parent_base_fee: parent.next_base_fee.clone(),
        })
    }

    /// Writes a tipset and all that it brought about, and makes it the head.
    fn commit(&mut self, mut batch: Batch, tipset: Tipset) -> Result<()> {
        self.store.put_keyed(&tipset.block, &tipset.header.bytes()?)?;
        let (key, block) = tipset.key().block()?;
        self.store.put_keyed(&key, &block)?;
        batch.tipsets.push((tipset.height(), tipset.bytes()?));
        self.store.drain(|blocks| {
            batch.blocks.extend(blocks.iter().map(|(cid, block)| (*cid, block.clone())));
            self.db.commit(&batch)
        })?;
        self.head = Arc::new(tipset);
        Ok(())
    }

    /// Goes back to the tipset at a height. Messages above it are on no chain, and none waits.
    pub fn revert(&mut self, height: ChainEpoch) -> Result<()> {
        let at = self.db.tipset_at_or_below(height)?.context("no tipset so low")?;
        let head = Tipset::read(&at)?;
        if head.height() != height {
            bail!("there is no tipset at epoch {height}");
        }
        self.db.commit(&Batch { cut: Some(height), cleared: true, ..Batch::default() })?;
        self.head = Arc::new(head);
        self.rewind();
        Ok(())
    }
}

/// What a store has of a chain from its first tipset on.
fn origin(actors: &[(String, Cid)], genesis_time: u64) -> Result<Vec<(&'static str, Vec<u8>)>> {
    Ok(vec![(ACTORS, to_vec(&actors)?), (GENESIS_TIME, to_vec(&genesis_time)?)])
}

/// Why a tipset could not be made.
#[derive(Debug, Error)]
#[error("{error:#}")]
pub struct Failure {
    /// The message that the machine broke on, if it was one.
    pub message: Option<Cid>,
    pub error: anyhow::Error,
}

/// What a panic says.
fn told(panic: &(dyn Any + Send)) -> anyhow::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow!("{}", text.unwrap_or("the machine broke"))
}

/// Runs a message that is `length` bytes long on chain. One without a signature acts for its sender:
/// no nonce, no fee.
pub fn execute(net: &mut Network, signed: &SignedMessage, length: usize) -> Result<Outcome> {
    let message = signed.message.clone();
    match is_acting(signed) {
        false => net.execute(message, length),
        true => net.perform(message),
    }
}

/// Whether a message is made by the node's own controls for a sender that does not sign.
#[must_use]
pub fn is_acting(signed: &SignedMessage) -> bool {
    !signed.is_bls() && signed.signature.bytes.is_empty()
}

fn bls_signature(signed: &SignedMessage) -> Result<bls_signatures::Signature> {
    bls_signatures::Signature::from_bytes(&signed.signature.bytes)
        .context("a signature that was checked")
}

/// Signatures together; the point at infinity for none.
fn aggregate(signatures: &[bls_signatures::Signature]) -> Result<Signature> {
    if signatures.is_empty() {
        let mut infinity = vec![0; BLS_SIG_LEN];
        infinity[0] = 0xc0;
        return Ok(Signature::new(SignatureType::BLS, infinity));
    }
    let together = bls_signatures::aggregate(signatures).context("signatures that aggregate")?;
    Ok(Signature::new(SignatureType::BLS, together.as_bytes()))
}
