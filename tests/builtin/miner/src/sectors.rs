//! Sectors from pre-commit to their end.

use alloc::vec::Vec;

use builtin_common::policy::{DEADLINES, EPOCHS_IN_DAY};
use builtin_common::{Exit, Result};
use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{RegisteredSealProof, SectorNumber, SectorSize, StoragePower};
use shared::{Map, MapSpec, ensure};

use crate::types::{Power, PreCommitInfo, SectorLocation, Termination, status};
use crate::{deadlines, queue};

/// Partition of every sector: a deadline of the stand-in has only one.
const PARTITION: u64 = 0;
const MAX_SECTOR_NUMBER: SectorNumber = SectorNumber::MAX >> 1;
/// Bounds of one termination.
const MAX_PARTITIONS: usize = 3_000;
const MAX_SECTORS: u64 = 25_000;

/// A sector is proven from the first of these to the second after its pre-commit.
const CHALLENGE_DELAY: ChainEpoch = 150;
pub const MAX_PROVE_DELAY: ChainEpoch = 30 * EPOCHS_IN_DAY + CHALLENGE_DELAY;
/// How long a deposit outlives its deadline.
const CLEAN_UP_DELAY: ChainEpoch = EPOCHS_IN_DAY / 3;
const MIN_LIFETIME: ChainEpoch = 180 * EPOCHS_IN_DAY;
const MAX_EXTENSION: ChainEpoch = 1_278 * EPOCHS_IN_DAY;
const MAX_RANDOMNESS_AGE: ChainEpoch = EPOCHS_IN_DAY + 900;

static PRE_COMMITS: MapSpec = MapSpec { name: "pre-committed sectors", bit_width: 5 };
static SECTORS: MapSpec = MapSpec { name: "sectors", bit_width: 5 };
type PreCommits<'s, BS> = Map<'s, BS, SectorNumber, PreCommit>;
type SectorMap<'s, BS> = Map<'s, BS, SectorNumber, Sector>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct Sectors {
    /// Numbers that are used up.
    pub allocated: BitField,
    pub pre_commits: Cid,
    /// Queue of the epochs at which deposits are lost.
    pub clean_ups: Cid,
    /// Sectors that are or were proven.
    pub proven: Cid,
    /// Queue of the epochs at which sectors expire.
    pub expirations: Cid,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PreCommit {
    pub info: PreCommitInfo,
    pub deposit: TokenAmount,
    pub epoch: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Sector {
    pub deadline: u64,
    pub activation: ChainEpoch,
    pub expiration: ChainEpoch,
    pub pledge: TokenAmount,
    /// Burnt at the end of each of its deadlines (FIP-0100).
    pub daily_fee: TokenAmount,
    #[serde(with = "bigint_ser")]
    pub quality_adjusted: StoragePower,
    /// Whether it has pieces, verified or not.
    pub has_data: bool,
    /// Whether it has been in a window proof, from which on it has power.
    pub proven: bool,
    /// Expired or terminated.
    pub dead: bool,
}

impl Sector {
    pub fn power(&self, size: SectorSize) -> Power {
        if !self.proven {
            return Power::default();
        }
        Power { raw: BigInt::from(size as u64), quality_adjusted: self.quality_adjusted.clone() }
    }
}

impl PreCommitInfo {
    pub fn check(&self, now: ChainEpoch) -> Result<()> {
        use RegisteredSealProof as Proof;
        let proof_allowed = matches!(
            self.seal_proof,
            Proof::StackedDRG32GiBV1P1
                | Proof::StackedDRG64GiBV1P1
                | Proof::StackedDRG32GiBV1P1_Feat_SyntheticPoRep
                | Proof::StackedDRG64GiBV1P1_Feat_SyntheticPoRep
        );
        let last_activation = now + MAX_PROVE_DELAY;
        for (sound, rule) in [
            (proof_allowed, "unsupported seal proof"),
            (self.sector_number <= MAX_SECTOR_NUMBER, "sector number out of range"),
            (is_commitment(&self.sealed_cid, SEALED), "the sealed CID has the wrong prefix"),
            (self.seal_rand_epoch < now, "the seal challenge is not in the past"),
            (self.seal_rand_epoch >= now - MAX_RANDOMNESS_AGE, "the seal challenge is too old"),
            (
                self.unsealed_cid.is_none_or(|cid| is_commitment(&cid, UNSEALED)),
                "the unsealed CID has the wrong prefix",
            ),
            (self.expiration >= last_activation + MIN_LIFETIME, "the sector expires too soon"),
            (self.expiration <= now + MAX_EXTENSION, "the sector expires too late"),
            (self.deal_ids.is_empty(), "deals go by notification, not by pre-commit"),
        ] {
            ensure!(sound, Exit::illegal_argument(rule));
        }
        Ok(())
    }
}

impl PreCommit {
    /// Whether the sector can be proven now: not too early, which is an error, nor too late.
    pub fn is_provable(&self, now: ChainEpoch) -> Result<bool> {
        ensure!(now > self.epoch + CHALLENGE_DELAY, Exit::forbidden("too early to prove sector"));
        Ok(now <= self.epoch + MAX_PROVE_DELAY)
    }
}

impl Sectors {
    pub fn new(store: &impl Blockstore) -> Result<Self> {
        let empty = queue::empty(store)?;
        Ok(Sectors {
            allocated: BitField::new(),
            pre_commits: PreCommits::empty(store, &PRE_COMMITS)?,
            clean_ups: empty,
            proven: SectorMap::empty(store, &SECTORS)?,
            expirations: empty,
        })
    }

    /// Records pre-commits, whose numbers can never be used again.
    pub fn pre_commit(
        &mut self,
        store: &impl Blockstore,
        infos: Vec<PreCommitInfo>,
        deposit: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<()> {
        let mut map = PreCommits::load(store, &self.pre_commits, &PRE_COMMITS)?;
        let clean_up = now + MAX_PROVE_DELAY + CLEAN_UP_DELAY;
        let numbers = infos.iter().map(|info| (clean_up, info.sector_number));
        self.clean_ups = queue::add(store, &self.clean_ups, numbers)?;
        for info in infos {
            let number = info.sector_number;
            ensure!(
                !self.allocated.get(number),
                Exit::illegal_argument("the sector number is used up")
            );
            self.allocated
                .try_set(number)
                .map_err(|_| Exit::illegal_argument("sector number out of range"))?;
            map.set(&number, PreCommit { info, deposit: deposit.clone(), epoch: now })?;
        }
        self.pre_commits = map.flush()?;
        Ok(())
    }

    pub fn get_pre_commit(
        &self,
        store: &impl Blockstore,
        number: SectorNumber,
    ) -> Result<PreCommit> {
        ensure!(number <= MAX_SECTOR_NUMBER, Exit::illegal_argument("sector number out of range"));
        let map = PreCommits::load(store, &self.pre_commits, &PRE_COMMITS)?;
        let found = map.get(&number)?.cloned();
        found.ok_or_else(|| Exit::not_found("the sector is not pre-committed"))
    }

    /// Turns pre-commits into sectors. Returns the deposits, which become free.
    pub fn activate(
        &mut self,
        store: &impl Blockstore,
        sectors: Vec<(SectorNumber, Sector)>,
        offset: ChainEpoch,
    ) -> Result<TokenAmount> {
        let mut pre_commits = PreCommits::load(store, &self.pre_commits, &PRE_COMMITS)?;
        let mut proven = SectorMap::load(store, &self.proven, &SECTORS)?;
        let expirations = sectors.iter().map(|(number, sector)| {
            (deadlines::expiry(offset, sector.deadline, sector.expiration), *number)
        });
        self.expirations = queue::add(store, &self.expirations, expirations)?;
        let mut deposits = TokenAmount::default();
        for (number, sector) in sectors {
            let lifetime = sector.expiration - sector.activation;
            ensure!(
                lifetime >= MIN_LIFETIME,
                Exit::illegal_argument("the sector expires too soon")
            );
            let pre_commit = pre_commits
                .delete(&number)?
                .ok_or_else(|| Exit::illegal_state("the sector is proven twice"))?;
            deposits += pre_commit.deposit;
            proven.set(&number, sector)?;
        }
        self.pre_commits = pre_commits.flush()?;
        self.proven = proven.flush()?;
        Ok(deposits)
    }

    /// Takes out the pre-commits that are too late. Returns their deposits, which are lost.
    pub fn clean_up(&mut self, store: &impl Blockstore, now: ChainEpoch) -> Result<TokenAmount> {
        let (clean_ups, due) = queue::take_due(store, &self.clean_ups, now)?;
        let mut map = PreCommits::load(store, &self.pre_commits, &PRE_COMMITS)?;
        let mut lost = TokenAmount::default();
        for number in due {
            if let Some(pre_commit) = map.delete(&number)? {
                lost += pre_commit.deposit;
            }
        }
        self.pre_commits = map.flush()?;
        self.clean_ups = clean_ups;
        Ok(lost)
    }

    /// Ends the sectors that are due, and returns them.
    pub fn expire(&mut self, store: &impl Blockstore, now: ChainEpoch) -> Result<Vec<Sector>> {
        let (expirations, due) = queue::take_due(store, &self.expirations, now)?;
        self.expirations = expirations;
        let mut map = SectorMap::load(store, &self.proven, &SECTORS)?;
        let mut expired = Vec::new();
        for number in due {
            if let Some(sector) = end(&mut map, number)? {
                expired.push(sector);
            }
        }
        self.proven = map.flush()?;
        Ok(expired)
    }

    /// Ends sectors before their time, and returns them with their numbers.
    pub fn terminate(
        &mut self,
        store: &impl Blockstore,
        terminations: &[Termination],
        offset: ChainEpoch,
        now: ChainEpoch,
    ) -> Result<Vec<(SectorNumber, Sector)>> {
        let mut map = SectorMap::load(store, &self.proven, &SECTORS)?;
        let mut ended = Vec::new();
        for Termination { deadline, partition, sectors } in terminations {
            ensure!(
                deadlines::is_mutable(offset, *deadline, now),
                Exit::illegal_argument("the deadline is immutable now")
            );
            ensure!(*partition == PARTITION, Exit::not_found("no such partition"));
            for number in sectors.iter() {
                let here = map.get(&number)?.is_some_and(|sector| sector.deadline == *deadline);
                let live = if here { end(&mut map, number)? } else { None };
                let sector =
                    live.ok_or_else(|| Exit::illegal_argument("can only terminate live sectors"))?;
                ended.push((number, sector));
            }
        }
        self.proven = map.flush()?;
        Ok(ended)
    }

    /// Proves the sectors of a deadline again, or for the first time, and returns those of the first
    /// time.
    pub fn prove(&mut self, store: &impl Blockstore, deadline: u64) -> Result<Vec<Sector>> {
        let live = self.of_deadline(store, deadline)?;
        ensure!(!live.is_empty(), Exit::not_found("no such partition"));
        let mut map = SectorMap::load(store, &self.proven, &SECTORS)?;
        let mut first = Vec::new();
        for (number, sector) in live.into_iter().filter(|(_, sector)| !sector.proven) {
            let sector = Sector { proven: true, ..sector };
            map.set(&number, sector.clone())?;
            first.push(sector);
        }
        self.proven = map.flush()?;
        Ok(first)
    }

    /// The sectors of a deadline that are alive.
    pub fn of_deadline(
        &self,
        store: &impl Blockstore,
        deadline: u64,
    ) -> Result<Vec<(SectorNumber, Sector)>> {
        let map = SectorMap::load(store, &self.proven, &SECTORS)?;
        let mut live = Vec::new();
        for number in queue::all(store, &self.expirations)? {
            let sector = map.get(&number)?.filter(|s| s.deadline == deadline && !s.dead);
            live.extend(sector.map(|sector| (number, sector.clone())));
        }
        Ok(live)
    }

    pub fn get(&self, store: &impl Blockstore, number: SectorNumber) -> Result<Option<Sector>> {
        Ok(SectorMap::load(store, &self.proven, &SECTORS)?.get(&number)?.cloned())
    }

    /// Where a sector is, and how. Such a location is what [`Sectors::has_status`] asks for.
    pub fn locate(
        &self,
        store: &impl Blockstore,
        number: SectorNumber,
    ) -> Result<(u8, SectorLocation)> {
        let Some(sector) = self.get(store, number)? else {
            let (deadline, partition) = (SectorLocation::NOWHERE, SectorLocation::NOWHERE);
            return Ok((status::DEAD, SectorLocation { deadline, partition }));
        };
        let deadline = i64::try_from(sector.deadline).map_err(Exit::illegal_state)?;
        let how = if sector.dead { status::DEAD } else { status::ACTIVE };
        Ok((how, SectorLocation { deadline, partition: 0 }))
    }

    /// Whether the sector, which has to be where the caller says, is how the caller says.
    pub fn has_status(
        &self,
        store: &impl Blockstore,
        number: SectorNumber,
        asserted: u8,
        location: &SectorLocation,
    ) -> Result<bool> {
        let nowhere = location.deadline == SectorLocation::NOWHERE;
        ensure!(
            nowhere == (location.partition == SectorLocation::NOWHERE),
            Exit::illegal_argument("half a location")
        );
        let in_range = u64::try_from(location.deadline).is_ok_and(|index| index < DEADLINES);
        ensure!(nowhere || in_range, Exit::illegal_argument("no such deadline"));
        let (how, actual) = self.locate(store, number)?;
        ensure!(*location == actual, Exit::not_found("the sector is not there"));
        Ok(how == asserted)
    }
}

/// Bounds on a termination that hold whatever the miner has.
pub fn check_terminations(terminations: &[Termination]) -> Result<()> {
    let in_range = terminations.iter().all(|termination| termination.deadline < DEADLINES);
    ensure!(in_range, Exit::illegal_argument("no such deadline"));
    let sectors = terminations.iter().try_fold(0u64, |sum, t| sum.checked_add(t.sectors.len()));
    ensure!(
        terminations.len() <= MAX_PARTITIONS && sectors.is_some_and(|sum| sum <= MAX_SECTORS),
        Exit::illegal_argument("too many sectors")
    );
    Ok(())
}

/// Marks a sector dead and returns it as it was; `None` if it is not alive.
fn end<BS: Blockstore>(
    map: &mut SectorMap<'_, BS>,
    number: SectorNumber,
) -> Result<Option<Sector>> {
    let Some(sector) = map.get(&number)?.filter(|sector| !sector.dead).cloned() else {
        return Ok(None);
    };
    map.set(&number, Sector { dead: true, ..sector.clone() })?;
    Ok(Some(sector))
}

/// Codec and hash function of a commitment.
const SEALED: (u64, u64) = (0xf102, 0xb401);
const UNSEALED: (u64, u64) = (0xf101, 0x1012);

fn is_commitment(cid: &Cid, (codec, hash): (u64, u64)) -> bool {
    cid.version() == cid::Version::V1
        && cid.codec() == codec
        && cid.hash().code() == hash
        && cid.hash().size() == 32
}
