//! What only a network of one's own does: time at will, funds, miners, and going back.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use bls_signatures::Serialize as _;
use cid::Cid;
use fvm_harness::{BLOCK_GAS_LIMIT, Network, Provider, TokenAmount};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::message::Message;
use fvm_shared::sector::SectorNumber;
use lotus::keys::Key;
use lotus::message::{Signature, SignatureType, SignedMessage};
use shared::ext::market::DealProposal;

use crate::chain::Chain;
use crate::node::Node;

/// Epochs from a sector's pre-commitment to its proof, and one more.
const SEALING: ChainEpoch = 151;
/// The name of miners' code.
const MINER: &str = "storageminer";
/// Where the nonces of messages begin that nobody signs.
const ACTING_NONCES: u64 = 1 << 41;
/// Epochs that a node passes at one go, at the most: ten years.
const MOST_EPOCHS: ChainEpoch = 10 * 365 * 2_880;

/// A miner that the node made, whose keys its wallet has.
#[derive(Clone, Debug)]
pub struct Miner {
    pub id: ActorID,
    pub owner: Address,
    pub worker: Address,
}

/// A sector that the node proved, and keeps proving while it skips time.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    pub miner: ActorID,
    pub sector: SectorNumber,
}

impl Node {
    /// Makes tipsets out of the messages that wait.
    pub fn mine_some(&self, tipsets: u64) -> Result<()> {
        (0..tipsets).try_for_each(|_| self.mine())
    }

    /// Lets epochs pass, with the cron tick of each, and makes the tipset at their end.
    pub fn advance(&self, epochs: ChainEpoch) -> Result<()> {
        self.pass(epochs, Chain::pass)
    }

    /// Lets epochs pass fast: with the cron ticks that end deadlines of miners, and the daily proofs of
    /// the sectors that the node proved. What else is due in between runs up to 60 epochs late.
    pub fn skip(&self, epochs: ChainEpoch) -> Result<()> {
        self.pass(epochs, Chain::skip)
    }

    fn pass(
        &self,
        epochs: ChainEpoch,
        how: impl Fn(&mut Chain, ChainEpoch) -> Result<()>,
    ) -> Result<()> {
        ensure!(
            (1..=MOST_EPOCHS).contains(&epochs),
            "time passes forwards, by 1 to {MOST_EPOCHS} epochs: this is epoch {}",
            self.head().height()
        );
        self.produce_after(|chain| how(chain, epochs - 1))
    }

    /// Sends FIL from the faucet, which is a genesis account with 500 million.
    pub fn fund(&self, to: Address, amount: TokenAmount) -> Result<()> {
        ensure!(amount.is_positive(), "the faucet gives more than nothing");
        self.intervene(|net| {
            net.fund(to, amount);
            Ok(())
        })
    }

    /// Pays a miner the reward of one won block.
    pub fn block_reward(&self, miner: Address) -> Result<()> {
        self.intervene(|net| {
            let winner = net.resolve(&miner).filter(|id| net.all(MINER).contains(id));
            ensure!(winner.is_some(), "{miner} is no miner: `cargo fab dev miner` makes one");
            let outcome = net.block_reward(miner, TokenAmount::default());
            ensure!(outcome.exit_code.is_success(), "no reward for {miner}: {outcome}");
            Ok(())
        })
    }

    /// Makes a miner of 32 GiB sectors, with an owner, a BLS worker, and funds for pledge and escrow. The
    /// keys follow from the name, and go into the wallet.
    pub fn make_miner(&self, name: &str) -> Result<Miner> {
        ensure!(
            (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric()),
            "a miner's name has 1 to 32 letters and digits"
        );
        let [owner, worker] = Provider::keys(name).map(|key| key_of(&key));
        let (owner, worker) = (owner?, worker?);
        // First the keys: a miner whose keys nobody has could not be made again.
        for key in [&owner, &worker] {
            self.wallet().provide(key)?;
        }
        let (owner, worker) = (owner.address(), worker.address());
        let id = self.intervene(|net| {
            if net.resolve(&worker).is_some() {
                let miners = net.all(MINER);
                let works = |id: &ActorID| {
                    Provider::of(net, *id).is_some_and(|made| made.worker.robust == worker)
                };
                let there = miners.into_iter().find(works);
                let which = there.map(|id| format!(": t0{id}")).unwrap_or_default();
                bail!("there is a miner of the name {name}{which}");
            }
            Ok(Provider::create(net, name).id)
        })?;
        Ok(Miner { id, owner, worker })
    }

    /// Seals a published deal in a sector of its provider, which the node must have made, and proves the
    /// sector. 151 epochs pass between the two.
    pub fn prove_sector(&self, deal: DealID) -> Result<Proven> {
        let sector = self.intervene(|net| {
            let (mut provider, proposal) = parties(net, deal)?;
            Ok(provider.pre_commit(net, &proposal))
        })?;
        self.advance(SEALING)?;
        self.change(|net, batch| {
            let (provider, proposal) = parties(net, deal)?;
            let outcome = provider.prove(net, sector, deal, &proposal);
            ensure!(outcome.exit_code.is_success(), "deal {deal} cannot be activated: {outcome}");
            let proven = Proven { miner: provider.id, sector };
            batch.sectors.push((proven, net.epoch()));
            Ok(proven)
        })
    }

    /// Sends a message for a sender that does not sign: no nonce, no fee. Its receipt is on the chain as
    /// any other's.
    pub fn act_as(&self, message: Message) -> Result<Cid> {
        let gas_limit = if message.gas_limit == 0 { BLOCK_GAS_LIMIT } else { message.gas_limit };
        self.act(|head| {
            // The nonce tells the message from others like it, and is far from those of accounts.
            let sequence = ACTING_NONCES + head.height().unsigned_abs();
            SignedMessage {
                message: Message { sequence, gas_limit, ..message },
                signature: Signature::new(SignatureType::Secp256k1, vec![]),
            }
        })
    }

    /// A number by which [`Node::revert_to`] finds the present tipset again, as long as this node runs.
    pub fn snapshot(&self) -> u64 {
        let mut snapshots = self.snapshots();
        snapshots.last += 1;
        let number = snapshots.last;
        snapshots.heights.insert(number, self.head().height());
        number
    }

    /// Goes back to a snapshot, and returns the epoch of its tipset. Later ones are gone, with all that came
    /// after; so are the messages that wait.
    pub fn revert_to(&self, snapshot: u64) -> Result<ChainEpoch> {
        let mut snapshots = self.snapshots();
        let height = snapshots.heights.get(&snapshot).copied().with_context(|| {
            let there: Vec<_> = snapshots.heights.keys().map(u64::to_string).collect();
            match there.is_empty() {
                true => format!(
                    "there is no snapshot {snapshot}: nobody made any since the node started"
                ),
                false => format!("there is no snapshot {snapshot}, but {}", there.join(", ")),
            }
        })?;
        self.revert(height)?;
        snapshots.heights.retain(|number, _| *number <= snapshot);
        Ok(height)
    }
}

/// Heights of tipsets to go back to, by numbers that are never used again.
#[derive(Default)]
pub struct Snapshots {
    last: u64,
    heights: BTreeMap<u64, ChainEpoch>,
}

/// A key of the harness, for the wallet.
pub(crate) fn key_of(key: &fvm_harness::Key) -> Result<Key> {
    Ok(match key {
        fvm_harness::Key::Secp256k1(key) => {
            Key::from_bytes(SignatureType::Secp256k1, &key.to_bytes())?
        }
        fvm_harness::Key::Bls(key) => Key::from_bytes(SignatureType::BLS, &key.as_bytes())?,
    })
}

/// The provider of a deal, and the deal.
fn parties(net: &mut Network, deal: DealID) -> Result<(Provider, DealProposal)> {
    let proposal = net.deal(deal).with_context(|| format!("the market knows no deal {deal}"))?;
    let miner = proposal.provider.id()?;
    let provider = Provider::of(net, miner).with_context(|| {
        format!(
            "the node did not make miner f0{miner} and cannot seal for it: see `cargo fab dev miner`"
        )
    })?;
    Ok((provider, proposal))
}
