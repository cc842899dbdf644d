//! Reputation: what borrowers and miners have done with their loans, what lenders say of them, and the
//! score that follows.

use alloc::string::ToString;
use alloc::vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::{BASIS_POINTS, BasisPoints, mul_div_down};

use crate::api::{Attestations, LoanSpec, Record, Reputation, ScorePart};
use crate::error::Error;
use crate::schedule::DAY;
use crate::state::{
    ATTESTATIONS, AttestationMap, LENDERS, Lenders, Message, RECORDS, Records, State, Subject,
};

/// Epochs in which the weight of what lenders say halves.
pub const HALF_LIFE: ChainEpoch = 180 * DAY;
/// Epochs for which a lender must have had its shares to speak with their full weight.
pub const FULL_WEIGHT: ChainEpoch = 90 * DAY;
/// Score of somebody without loans: half of the most.
const BASE: i64 = 5_000;

/// What one lender said of somebody.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// AttoFIL, as it was at `at`.
    pub weight: TokenAmount,
    pub trust: BasisPoints,
    pub at: ChainEpoch,
}

/// What is left at one epoch of a weight at another, not after it, rounded down: it halves with every
/// [`HALF_LIFE`]. All weights fall along one line, which is straight from each multiple of
/// [`HALF_LIFE`] to the next: a sum falls as its parts do, however often it is brought up to date.
#[must_use]
pub fn decayed_down(weight: &TokenAmount, from: ChainEpoch, to: ChainEpoch) -> TokenAmount {
    let height = |epoch: ChainEpoch| {
        BigInt::from((2 * HALF_LIFE).saturating_sub(epoch.rem_euclid(HALF_LIFE)))
    };
    let halvings = to.div_euclid(HALF_LIFE).saturating_sub(from.div_euclid(HALF_LIFE));
    let whole = height(from) << halvings.clamp(0, 512);
    mul_div_down(weight, &height(to), &whole).unwrap_or_default()
}

impl Attestations {
    fn decay(&mut self, now: ChainEpoch) {
        self.weight = decayed_down(&self.weight, self.at, now);
        self.weighted_trust = decayed_down(&self.weighted_trust, self.at, now);
        self.at = now;
    }

    /// The trust of all lenders on average, in basis points.
    #[must_use]
    pub fn trust(&self) -> Option<BasisPoints> {
        if !self.weight.is_positive() {
            return None;
        }
        let trust = self.weighted_trust.atto() / self.weight.atto();
        BasisPoints::try_from(trust.min(BASIS_POINTS.into())).ok()
    }
}

impl State {
    /// Changes the records of a loan's borrower and of its miner.
    pub fn change_subjects(
        &mut self,
        store: &impl Blockstore,
        spec: &LoanSpec,
        change: impl Fn(&mut Record),
    ) -> Result<(), Error> {
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        for id in [spec.borrower, spec.miner] {
            let mut subject = records.get(&id)?.cloned().unwrap_or_default();
            change(&mut subject.record);
            records.set(&id, subject)?;
        }
        self.records = records.flush()?;
        Ok(())
    }

    /// Books what a lender says of somebody, in place of what it said before. Its weight is what its
    /// shares are worth, and less if it has not had them for long.
    pub fn attest(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        subject: ActorID,
        trust: BasisPoints,
    ) -> Result<TokenAmount, Error> {
        let now = message.now;
        ensure!(u64::from(trust) <= BASIS_POINTS, Error::Trust(trust));
        ensure!(subject != message.caller, Error::OwnReputation);
        self.accrue(store, now)?;
        let weight = self.weight(store, message.caller, now)?;
        ensure!(weight.is_positive(), Error::NoWeight);
        let mut cold = self.cold(store)?;
        let mut said = AttestationMap::load(store, &cold.attestations, &ATTESTATIONS)?;
        let new = Attestation { weight: weight.clone(), trust, at: now };
        let before = said.set(&(subject, message.caller), new)?;
        cold.attestations = said.flush()?;
        self.set_cold(store, &cold)?;
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        let mut known = records.get(&subject)?.cloned().unwrap_or_default();
        let sums = &mut known.attestations;
        sums.decay(now);
        if let Some(before) = before {
            let left = decayed_down(&before.weight, before.at, now);
            let trusted = decayed_down(&(&before.weight * before.trust), before.at, now);
            sums.weight = (&sums.weight - left).max(TokenAmount::default());
            sums.weighted_trust = (&sums.weighted_trust - trusted).max(TokenAmount::default());
        }
        sums.weight += &weight;
        sums.weighted_trust += &weight * trust;
        records.set(&subject, known)?;
        self.records = records.flush()?;
        Ok(weight)
    }

    /// What a lender's word weighs: the worth of its shares, rising evenly over [`FULL_WEIGHT`] from
    /// when it got them, so that nobody buys a word for a moment.
    fn weight(
        &self,
        store: &impl Blockstore,
        lender: ActorID,
        now: ChainEpoch,
    ) -> Result<TokenAmount, Error> {
        let value = self.value_down(&self.token.balance(store, lender)?)?;
        let lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
        let since = lenders.get(&lender)?.map_or(now, |known| known.since);
        let held = now.saturating_sub(since).clamp(0, FULL_WEIGHT);
        let part = mul_div_down(&value, &BigInt::from(held), &BigInt::from(FULL_WEIGHT));
        Ok(part.unwrap_or_default())
    }

    pub fn reputation(
        &self,
        store: &impl Blockstore,
        subject: ActorID,
        now: ChainEpoch,
    ) -> Result<Reputation, Error> {
        let records = Records::load(store, &self.records, &RECORDS)?;
        let Subject { record, mut attestations } =
            records.get(&subject)?.cloned().unwrap_or_default();
        attestations.decay(now);
        let parts = score(&record, attestations.trust());
        let sum: i64 = parts.iter().map(|part| part.points).sum();
        let score = BasisPoints::try_from(sum.clamp(0, 2 * BASE)).unwrap_or_default();
        Ok(Reputation { record, attestations, score, parts })
    }
}

/// The parts of a score: what everybody starts with, what was paid on time and late, loans repaid and
/// in default, and what lenders say.
#[must_use]
pub fn score(record: &Record, trust: Option<BasisPoints>) -> vec::Vec<ScorePart> {
    let part = |reason: &str, points| ScorePart { reason: reason.to_string(), points };
    let (on_time, late) = (i64::from(record.on_time), i64::from(record.late));
    let (repaid, defaults) = (i64::from(record.repaid), i64::from(record.defaults));
    let said = trust.map_or(0, |trust| i64::from(trust).saturating_sub(5_000) / 5);
    vec![
        part("everybody starts with", BASE),
        part("instalments on time, 100 each, to 2,000", on_time.saturating_mul(100).min(2_000)),
        part("instalments late, 200 less each", late.saturating_mul(-200)),
        part("loans repaid, 500 each, to 2,000", repaid.saturating_mul(500).min(2_000)),
        part("loans in default, 3,000 less each", defaults.saturating_mul(-3_000)),
        part("what lenders say, from 1,000 less to 1,000 more", said),
    ]
}
