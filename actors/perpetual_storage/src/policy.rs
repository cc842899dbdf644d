//! Which rules, pieces and terms make sense, and whether a proposal is within its bounds.

use cid::Cid;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::cid_to_data_commitment_v1;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::ensure;
use shared::math::{BASIS_POINTS, BasisPoints};

use crate::api::{Policy, Providers, Rules, Terms};
use crate::error::Error;

pub const DAY: ChainEpoch = 2_880;
/// Epochs that a storage deal lasts, as the market requires.
pub const MIN_DURATION: ChainEpoch = 180 * DAY;
pub const MAX_DURATION: ChainEpoch = 1_278 * DAY;
/// Replicas that a perpetual deal can want: whoever changes one rewrites them all.
pub const MAX_REPLICAS: u32 = 16;
/// Under [`MIN_DURATION`], so that no deal is renewed before it stands for its replica itself.
const MAX_WINDOW: ChainEpoch = 120 * DAY;
const MAX_COOLDOWN: ChainEpoch = 365 * DAY;
const MAX_PIECE_SIZE: u64 = 64 << 30;
const MAX_URLS: usize = 8;
const MAX_URL_BYTES: usize = 256;
const MAX_REGION_BYTES: usize = 32;
/// Providers that a policy can name: it is read whole with every deal.
pub const MAX_PROVIDERS: usize = 32;
/// Bits of an amount: far from where sums of them would leave the range of a token amount.
const AMOUNT_MAX_BITS: u64 = 128;

/// Refuses rules that make no sense.
pub fn check_rules(rules: &Rules) -> Result<(), Error> {
    let bounty = &rules.bounty;
    share(bounty.floor, "the bounty's floor")?;
    share(bounty.scarcity, "the bounty for scarcity")?;
    share(bounty.urgency, "the bounty for urgency")?;
    share(bounty.auction, "the auction's rise")?;
    let whole = u64::from(bounty.floor.saturating_add(bounty.auction)) >= BASIS_POINTS;
    ensure!(whole, Error::Rule("the sum of the bounty's floor and the auction's rise"));
    epochs(bounty.auction_period, 1..=MAX_WINDOW, "the auction's period")?;
    epochs(rules.renewal_window, 1..=MAX_WINDOW, "the renewal window")?;
    epochs(rules.cooldown, 0..=MAX_COOLDOWN, "the cooldown")?;
    amount(&rules.tip, 0, "the tip")
}

/// Refuses what is not a piece.
pub fn check_piece(cid: &Cid, size: PaddedPieceSize) -> Result<(), Error> {
    cid_to_data_commitment_v1(cid).map_err(Error::PieceCid)?;
    check_size(size)
}

pub fn check_size(size: PaddedPieceSize) -> Result<(), Error> {
    size.validate().map_err(Error::PieceSize)?;
    ensure!(size.0 <= MAX_PIECE_SIZE, Error::PieceSize("more than 64 GiB"));
    Ok(())
}

/// Refuses terms that make no sense.
pub fn check_terms(terms: &Terms, rules: &Rules, now: ChainEpoch) -> Result<(), Error> {
    let urls = &terms.urls;
    ensure!(
        (1..=MAX_URLS).contains(&urls.len()) && urls.iter().all(|url| is_url(url)),
        Error::Urls
    );
    let replicas_fit = (1..=MAX_REPLICAS).contains(&terms.replicas);
    ensure!(replicas_fit, Error::Replicas(MAX_REPLICAS));
    if let Some(expiry) = terms.expiry {
        ensure!(expiry > now, Error::Expiry(expiry));
    }
    check_policy(&terms.policy, rules)
}

/// Refuses a policy that makes no sense.
pub fn check_policy(policy: &Policy, rules: &Rules) -> Result<(), Error> {
    let longest = MAX_DURATION.saturating_sub(rules.renewal_window);
    epochs(policy.duration, MIN_DURATION..=longest, "the duration of a deal")?;
    amount(&policy.max_bounty, 1, "the highest bounty")?;
    share(policy.publish_share, "the publish share")?;
    amount(&policy.max_price_per_epoch, 0, "the highest price")?;
    epochs(policy.max_start_delay, 1..=MAX_WINDOW, "the start delay")?;
    let per_owner = (1..=MAX_REPLICAS).contains(&policy.max_replicas_per_owner);
    ensure!(per_owner, Error::Rule("the number of replicas per owner"));
    let (Providers::Only(named) | Providers::Except(named)) = &policy.providers else {
        return check_demands(policy);
    };
    ensure!(named.len() <= MAX_PROVIDERS, Error::Providers(MAX_PROVIDERS));
    check_demands(policy)
}

fn check_demands(policy: &Policy) -> Result<(), Error> {
    if let Some(region) = &policy.region {
        check_region(&region.name)?;
    }
    match &policy.min_record {
        Some(record) => share(record.failed, "the part of deals that may have failed"),
        None => Ok(()),
    }
}

pub fn check_region(name: &str) -> Result<(), Error> {
    ensure!((1..=MAX_REGION_BYTES).contains(&name.len()), Error::RegionName);
    Ok(())
}

impl Providers {
    /// Whether the policy takes a provider.
    #[must_use]
    pub fn admit(&self, provider: ActorID) -> bool {
        match self {
            Providers::Any => true,
            Providers::Only(named) => named.contains(&provider),
            Providers::Except(named) => !named.contains(&provider),
        }
    }
}

fn is_url(url: &str) -> bool {
    let rest = ["https://", "ipfs://", "s3://"].into_iter().find_map(|kind| url.strip_prefix(kind));
    let printable = url.bytes().all(|byte| byte.is_ascii_graphic());
    rest.is_some_and(|rest| !rest.is_empty()) && printable && url.len() <= MAX_URL_BYTES
}

fn share(points: BasisPoints, what: &'static str) -> Result<(), Error> {
    ensure!(u64::from(points) <= BASIS_POINTS, Error::Rule(what));
    Ok(())
}

fn epochs(
    length: ChainEpoch,
    range: core::ops::RangeInclusive<ChainEpoch>,
    what: &'static str,
) -> Result<(), Error> {
    ensure!(range.contains(&length), Error::Rule(what));
    Ok(())
}

fn amount(amount: &TokenAmount, min: u64, what: &'static str) -> Result<(), Error> {
    let fits = *amount >= TokenAmount::from_atto(min) && amount.atto().bits() <= AMOUNT_MAX_BITS;
    ensure!(fits, Error::Rule(what));
    Ok(())
}
