//! Claims of power and their sums.

use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;
use num_traits::{Signed, Zero};
use shared::map::{get_block, put_block};
use shared::{Map, MapSpec, ensure};

use crate::queue::{Event, Queue};
use crate::types::{CurrentTotalPower, FilterEstimate, MinerRawPowerReturn, Power};

/// Raw power from which a miner takes part in consensus.
const CONSENSUS_MINIMUM: i64 = 10 << 40;
/// While fewer miners than this have the consensus minimum, any power will do.
const CONSENSUS_MINERS: i64 = 4;
/// The first estimate of the network's quality-adjusted power, and of its growth per epoch.
const FIRST_ESTIMATE: (i64, i64) = (750_000 << 30, 3_840 << 30);

static CLAIMS: MapSpec = MapSpec { name: "claims", bit_width: 5 };
type Claims<'s, BS> = Map<'s, BS, ActorID, Power>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct State {
    /// Power of all miners.
    pub committed: Power,
    /// Power of the miners with the consensus minimum.
    pub qualified: Power,
    pub pledge: TokenAmount,
    /// What the network had at the last tick, which is what others see until the next.
    pub last_tick: Snapshot,
    pub miner_count: i64,
    pub qualified_miners: i64,
    pub claims: Cid,
    /// Block of a [`Queue`].
    pub queue: Cid,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct Snapshot {
    pub power: Power,
    pub pledge: TokenAmount,
    pub quality_adj_smoothed: FilterEstimate,
}

impl State {
    pub fn new(store: &impl Blockstore) -> Result<Self> {
        let (position, velocity) = FIRST_ESTIMATE;
        Ok(State {
            committed: Power::default(),
            qualified: Power::default(),
            pledge: TokenAmount::zero(),
            last_tick: Snapshot {
                power: Power::default(),
                pledge: TokenAmount::zero(),
                quality_adj_smoothed: FilterEstimate::new(position.into(), velocity.into()),
            },
            miner_count: 0,
            qualified_miners: 0,
            claims: Claims::empty(store, &CLAIMS)?,
            queue: put_block(store, "cron queue", &Queue::default())?,
        })
    }

    pub fn add_miner(&mut self, store: &impl Blockstore, miner: ActorID) -> Result<()> {
        let mut claims = self.claims(store)?;
        claims.set(&miner, Power::default())?;
        self.claims = claims.flush()?;
        self.miner_count += 1;
        Ok(())
    }

    /// Changes a claim; power never falls below zero.
    pub fn add_power(
        &mut self,
        store: &impl Blockstore,
        miner: ActorID,
        delta: &Power,
    ) -> Result<()> {
        let old = self.claim(store, miner)?.ok_or_else(|| Exit::not_found("no such claim"))?;
        let mut new = old.clone();
        new += delta;
        ensure!(
            !new.raw.is_negative() && !new.quality_adjusted.is_negative(),
            Exit::illegal_state("claimed power would be negative")
        );
        self.committed += delta;
        if is_qualified(&old) {
            self.qualified -= &old;
            self.qualified_miners -= 1;
        }
        if is_qualified(&new) {
            self.qualified += &new;
            self.qualified_miners += 1;
        }
        let mut claims = self.claims(store)?;
        claims.set(&miner, new)?;
        self.claims = claims.flush()?;
        Ok(())
    }

    /// Takes a miner's claim away: it keeps no power and is woken no more.
    pub fn drop_miner(&mut self, store: &impl Blockstore, miner: ActorID) -> Result<()> {
        let Some(claim) = self.claim(store, miner)? else { return Ok(()) };
        let mut delta = Power::default();
        delta -= &claim;
        self.add_power(store, miner, &delta)?;
        let mut claims = self.claims(store)?;
        claims.delete(&miner)?;
        self.claims = claims.flush()?;
        self.miner_count -= 1;
        Ok(())
    }

    pub fn add_pledge(
        &mut self,
        store: &impl Blockstore,
        miner: ActorID,
        delta: &TokenAmount,
    ) -> Result<()> {
        let known = self.claim(store, miner)?.is_some();
        ensure!(known, Exit::forbidden("the miner has no claim"));
        self.pledge += delta;
        ensure!(!self.pledge.is_negative(), Exit::illegal_state("total pledge would be negative"));
        Ok(())
    }

    pub fn enroll(
        &mut self,
        store: &impl Blockstore,
        epoch: ChainEpoch,
        event: Event,
    ) -> Result<()> {
        ensure!(epoch >= 0, Exit::illegal_argument("a cron event before the first epoch"));
        let mut queue: Queue = get_block(store, "cron queue", &self.queue)?;
        queue.add(epoch, event);
        self.queue = put_block(store, "cron queue", &queue)?;
        Ok(())
    }

    /// Takes the due events of miners that have a claim.
    pub fn take_due(&mut self, store: &impl Blockstore, now: ChainEpoch) -> Result<Vec<Event>> {
        let mut queue: Queue = get_block(store, "cron queue", &self.queue)?;
        let due = queue.take_due(now);
        self.queue = put_block(store, "cron queue", &queue)?;
        let claims = self.claims(store)?;
        let mut known = Vec::new();
        for event in due {
            if claims.contains(&event.miner)? {
                known.push(event);
            }
        }
        Ok(known)
    }

    /// Freezes what others see until the next tick.
    pub fn tick(&mut self) {
        let power = if self.qualified_miners < CONSENSUS_MINERS {
            self.committed.clone()
        } else {
            self.qualified.clone()
        };
        let quality_adj_smoothed =
            self.last_tick.quality_adj_smoothed.next(&power.quality_adjusted, 1);
        self.last_tick = Snapshot { power, pledge: self.pledge.clone(), quality_adj_smoothed };
    }

    pub fn claim(&self, store: &impl Blockstore, miner: ActorID) -> Result<Option<Power>> {
        Ok(self.claims(store)?.get(&miner)?.cloned())
    }

    /// A miner's raw power, and whether it takes part in consensus.
    pub fn raw_power(
        &self,
        store: &impl Blockstore,
        miner: ActorID,
    ) -> Result<MinerRawPowerReturn> {
        let claim =
            self.claim(store, miner)?.ok_or_else(|| Exit::illegal_argument("no such claim"))?;
        let meets_consensus_minimum = is_qualified(&claim)
            || self.qualified_miners < CONSENSUS_MINERS && claim.raw.is_positive();
        Ok(MinerRawPowerReturn { raw_byte_power: claim.raw, meets_consensus_minimum })
    }

    pub fn network_raw_power(&self) -> StoragePower {
        self.last_tick.power.raw.clone()
    }

    pub fn current_total(self) -> CurrentTotalPower {
        CurrentTotalPower {
            raw_byte_power: self.last_tick.power.raw,
            quality_adj_power: self.last_tick.power.quality_adjusted,
            pledge_collateral: self.last_tick.pledge,
            quality_adj_power_smoothed: self.last_tick.quality_adj_smoothed,
            ramp_start_epoch: 0,
            ramp_duration_epochs: 0,
        }
    }

    fn claims<'s, BS: Blockstore>(&self, store: &'s BS) -> Result<Claims<'s, BS>> {
        Ok(Claims::load(store, &self.claims, &CLAIMS)?)
    }
}

fn is_qualified(claim: &Power) -> bool {
    claim.raw >= BigInt::from(CONSENSUS_MINIMUM)
}

#[cfg(test)]
mod tests {
    use fvm_ipld_blockstore::MemoryBlockstore;

    use super::*;

    fn power(tebibytes: i64) -> Power {
        Power {
            raw: BigInt::from(tebibytes << 40),
            quality_adjusted: BigInt::from(tebibytes << 40) * 10,
        }
    }

    #[test]
    fn once_four_miners_have_the_minimum_only_such_miners_count() {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store).unwrap();
        for miner in 100..105 {
            state.add_miner(&store, miner).unwrap();
            state.add_power(&store, miner, &power(9)).unwrap();
        }
        state.tick();
        assert_eq!(state.network_raw_power(), power(45).raw);
        assert!(state.raw_power(&store, 104).unwrap().meets_consensus_minimum);
        for miner in 100..104 {
            state.add_power(&store, miner, &power(1)).unwrap();
        }
        state.tick();
        assert_eq!(state.network_raw_power(), power(40).raw);
        assert!(!state.raw_power(&store, 104).unwrap().meets_consensus_minimum);
        state.drop_miner(&store, 100).unwrap();
        state.tick();
        assert_eq!(state.network_raw_power(), power(39).raw);
        assert_eq!((state.miner_count, state.qualified_miners), (4, 3));
    }

    #[test]
    fn a_miner_without_a_claim_changes_nothing() {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store).unwrap();
        let code = |result: Result<()>| result.unwrap_err().code.value();
        assert_eq!(code(state.add_power(&store, 100, &power(1))), 17);
        assert_eq!(code(state.add_pledge(&store, 100, &TokenAmount::from_atto(1))), 18);
        let event = Event { miner: 100, payload: Default::default() };
        state.enroll(&store, 5, event).unwrap();
        assert!(state.take_due(&store, 5).unwrap().is_empty());
    }
}
