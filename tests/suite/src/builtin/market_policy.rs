//! The bounds of a proposal, each at its edge.

use fvm_harness::{TokenAmount, atto, fil};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::piece::PaddedPieceSize;
use num_traits::Zero;
use shared::ext::market::{DealProposal, GET_DEAL_LABEL, Label, PublishStorageDealsReturn};
use shared::ext::{POWER_ACTOR, REWARD_ACTOR};

use super::{DAY, Market, ask, is_testing_policy, positions};

type Change<'a> = &'a dyn Fn(&mut DealProposal);

impl Market {
    /// Changes a good proposal and expects the market to take or to drop it, beside another.
    #[track_caller]
    fn check(&mut self, cases: &[(&str, Change<'_>, bool)]) {
        let (before, good, other) = (self.net.snapshot(), self.proposal(1), self.proposal(2));
        for (what, change, taken) in cases {
            let mut proposal = good.clone();
            change(&mut proposal);
            let outcome = self.publish(&[proposal, other.clone()]);
            let published: PublishStorageDealsReturn = outcome.returned();
            let expected: &[u64] = if *taken { &[0, 1] } else { &[1] };
            assert_eq!(positions(&published), expected, "{what}");
            self.net.restore(&before);
        }
    }
}

#[test]
fn a_label_has_256_bytes_at_most() {
    let mut m = Market::open();
    let string = |s: String| move |p: &mut DealProposal| p.label = Label::String(s.clone());
    let bytes = |n| move |p: &mut DealProposal| p.label = Label::Bytes(vec![0xff; n]);
    m.check(&[
        ("256 letters", &string("x".repeat(256)), true),
        ("257 letters", &string("x".repeat(257)), false),
        ("128 letters of 2 bytes", &string("é".repeat(128)), true),
        ("129 letters of 2 bytes", &string("é".repeat(129)), false),
        ("no bytes", &bytes(0), true),
        ("256 bytes", &bytes(256), true),
        ("257 bytes", &bytes(257), false),
    ]);
}

#[test]
fn a_label_comes_back_as_the_kind_it_was() {
    let mut m = Market::open();
    for label in [
        Label::String(String::new()),
        Label::String("ad 7".into()),
        Label::Bytes(vec![]),
        Label::Bytes(b"ad 7".to_vec()),
        Label::Bytes(vec![0xff, 0x00]),
    ] {
        let deal = m.deal(&DealProposal { label: label.clone(), ..m.proposal(1) });
        assert_eq!(m.ask(GET_DEAL_LABEL, deal).returned::<Label>(), label);
    }
}

#[test]
fn a_deal_lasts_from_180_to_1278_days() {
    let mut m = Market::open();
    let lasting = |epochs| move |p: &mut DealProposal| p.end_epoch = p.start_epoch + epochs;
    m.check(&[
        ("nothing", &lasting(0), false),
        ("backwards", &lasting(-180 * DAY), false),
        ("one epoch short", &lasting(180 * DAY - 1), false),
        ("shortest", &lasting(180 * DAY), true),
        ("longest", &lasting(1_278 * DAY), true),
        ("one epoch long", &lasting(1_278 * DAY + 1), false),
    ]);
}

#[test]
fn a_deal_starts_now_or_at_any_time_to_come() {
    let mut m = Market::open();
    m.net.advance(5);
    let now = m.net.epoch();
    let starting = |start| {
        move |p: &mut DealProposal| (p.start_epoch, p.end_epoch) = (start, start + 200 * DAY)
    };
    m.check(&[
        ("in the past", &starting(now - 1), false),
        ("before time", &starting(-1), false),
        ("now", &starting(now), true),
        ("in ten years", &starting(now + 3_650 * DAY), true),
    ]);
}

/// From above they are bounded by what escrow covers, which is less than the market's own bounds.
#[test]
fn prices_and_collaterals_are_not_negative() {
    let mut m = Market::open();
    let minus = || atto(1) * -1;
    m.check(&[
        ("no price", &|p| p.storage_price_per_epoch = fil(0), true),
        ("one atto an epoch", &|p| p.storage_price_per_epoch = atto(1), true),
        ("a negative price", &|p| p.storage_price_per_epoch = minus(), false),
        ("a client's collateral", &|p| p.client_collateral = fil(5), true),
        ("a client's negative collateral", &|p| p.client_collateral = minus(), false),
    ]);
}

#[test]
fn a_piece_has_a_padded_size_and_a_commp() {
    let mut m = Market::open();
    let actor_code = m.net.actors().code("init");
    let sized = |bytes| {
        move |p: &mut DealProposal| {
            (p.piece_size, p.provider_collateral) = (PaddedPieceSize(bytes), fil(10));
        }
    };
    m.check(&[
        ("64 bytes", &sized(64), false),
        ("128 bytes", &sized(128), true),
        ("129 bytes", &sized(129), false),
        ("3,072 bytes", &sized(3_072), false),
        ("64 GiB", &sized(64 << 30), true),
        ("1 TiB", &sized(1 << 40), true),
        ("the hash of something else", &|p| p.piece_cid = actor_code, false),
    ]);
}

#[test]
fn the_provider_s_collateral_is_its_part_of_a_hundredth_of_the_supply() {
    let mut m = Market::open();
    let size: u64 = 32 << 30;
    let reward: ThisEpochReward = ask(&mut m.net, Address::new_id(REWARD_ACTOR), 3, &()).returned();
    let power: NetworkPower = ask(&mut m.net, Address::new_id(POWER_ACTOR), 9, &()).returned();
    let of = reward.baseline.max(power.raw).max(BigInt::from(size));
    let hundredth = fil(5_000_000);
    let least = match is_testing_policy(&mut m.net) {
        true => TokenAmount::zero(),
        false => TokenAmount::from_atto(hundredth.atto() * size / of),
    };
    let with = |amount: TokenAmount| {
        move |p: &mut DealProposal| {
            p.piece_size = PaddedPieceSize(size);
            p.provider_collateral = amount.clone();
        }
    };
    m.check(&[
        ("the least", &with(least.clone()), true),
        ("an atto less", &with(least - atto(1)), false),
        ("negative", &with(atto(1) * -1), false),
        ("all that is in escrow but one", &with(fil(999)), true),
    ]);
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Estimate {
    #[serde(with = "bigint_ser")]
    position: BigInt,
    #[serde(with = "bigint_ser")]
    velocity: BigInt,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct ThisEpochReward {
    smoothed: Estimate,
    #[serde(with = "bigint_ser")]
    baseline: BigInt,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct NetworkPower {
    #[serde(with = "bigint_ser")]
    raw: BigInt,
    #[serde(with = "bigint_ser")]
    quality_adjusted: BigInt,
    pledge: TokenAmount,
    smoothed: Estimate,
    ramp_start: i64,
    ramp_duration: u64,
}
