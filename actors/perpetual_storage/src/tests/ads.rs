use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::ads::{ADS_PER_DEAL, Reach, named_by, perpetual_deal};
use crate::policy::MIN_DURATION;

pub const NOW: ChainEpoch = 1_000;

/// What an ad renews, and its duration.
type Gap = (Option<DealID>, ChainEpoch);

/// A running storage deal; it renews another, or not.
pub fn replica(deal: DealID, end_epoch: ChainEpoch, renews: Option<DealID>) -> Replica {
    Replica {
        deal,
        provider: SP,
        owner: OWNER,
        start_epoch: 0,
        end_epoch,
        from: 0,
        active: None,
        bounty: atto(0),
        on_publish: atto(0),
        paid: atto(0),
        price_per_epoch: atto(0),
        verified: false,
        renews,
    }
}

/// A perpetual deal without ads, with deals from number 1 that end then.
pub fn keeping(ends: &[ChainEpoch]) -> Perpetual {
    let mut perpetual = World::new().keeping(1).perpetual(1);
    perpetual.close_ads(&atto(2));
    perpetual.replicas = (1..).zip(ends).map(|(deal, end)| replica(deal, *end, None)).collect();
    perpetual
}

impl Perpetual {
    /// Opens all ads that are missing now, with funds for them.
    pub fn open(&mut self, terms: &Terms) -> Vec<Gap> {
        let mut funds = Funds { free: atto(1_000_000_000), ..Funds::default() };
        let before = self.ads.len();
        let opened = self.open_ads(1, terms, &rules(), &mut funds, NOW, Reach::Some).unwrap();
        assert_eq!(self.ads.len(), before + opened as usize);
        self.ads[before..].iter().map(|ad| (ad.renews, ad.duration)).collect()
    }
}

impl World {
    fn list(
        &self,
        from: u64,
        scan: u64,
        limit: u64,
        order: AdOrder,
    ) -> Result<ListAdsReturn, Error> {
        self.state.list_ads(&self.store, &ListAdsParams { from, scan, limit, order }, self.now)
    }

    fn listed(&self, from: u64, scan: u64, limit: u64) -> (Vec<AdId>, Option<PerpetualDealId>) {
        let found = self.list(from, scan, limit, AdOrder::Deal).unwrap();
        (found.ads.iter().map(|ad| ad.id).collect(), found.next)
    }
}

#[test]
fn a_label_is_the_number_of_an_ad_in_decimal_and_nothing_else() {
    assert_eq!(named_by(b"1000000001"), Ok(1_000_000_001));
    assert_eq!(named_by(b"9"), Ok(9));
    assert_eq!(named_by(b"18446744073709551615"), Ok(u64::MAX));
    let bad: [&[u8]; 12] = [
        b"",
        b"0",
        b"01",
        b"+1",
        b"-1",
        b" 1",
        b"1 ",
        b"1.",
        b"1+1",
        b"0x1",
        b"\xff",
        b"18446744073709551616",
    ];
    for label in bad {
        assert_eq!(code(named_by(label)), 61, "{label:?}");
    }
}

#[test]
fn a_label_may_be_text_or_bytes() {
    let world = World::new().keeping(1);
    let mut proposal = world.proposal(world.ads(1)[0]);
    for label in [Label::String("1000000001".into()), Label::Bytes(b"1000000001".to_vec())] {
        proposal.label = label;
        assert_eq!(world.ask(&proposal, SP), Ok(()));
    }
    proposal.label = Label::Bytes(b"1000000001\0".to_vec());
    assert_eq!(code(world.ask(&proposal, SP)), 61);
}

#[test]
fn an_ad_s_number_tells_its_perpetual_deal() {
    let mut world = World::new().funded(10_000);
    world.create(ANN, 1, |_| {}).unwrap();
    world.create(ANN, 2, |_| {}).unwrap();
    assert_eq!(world.ads(2), [2_000_000_001, 2_000_000_002]);
    let of = [1_999_999_999, 2_000_000_000, 2_999_999_999, 3_000_000_000].map(perpetual_deal);
    assert_eq!(of, [1, 2, 2, 3]);
}

#[test]
fn ads_are_numbered_up_to_the_next_perpetual_deal_s() {
    let mut perpetual = keeping(&[]);
    perpetual.last_ad = ADS_PER_DEAL - 2;
    perpetual.open(&terms(1));
    assert_eq!(perpetual.ads[0].id, 1_999_999_999);
    let mut open = |id| {
        let mut funds = Funds { free: atto(10_000), ..Funds::default() };
        perpetual.open_ads(id, &terms(2), &rules(), &mut funds, NOW, Reach::Some)
    };
    let overflow = Error::from(shared::Error::Overflow("the number of an ad"));
    assert_eq!(open(1), Err(overflow.clone()));
    perpetual.last_ad = 1;
    let mut funds = Funds { free: atto(10_000), ..Funds::default() };
    let far = perpetual.open_ads(u64::MAX, &terms(2), &rules(), &mut funds, NOW, Reach::Some);
    assert_eq!(far, Err(overflow));
}

#[test]
fn there_is_an_ad_for_each_replica_that_is_missing() {
    let far = NOW + TERM;
    assert_eq!(keeping(&[]).open(&terms(3)), [(None, TERM); 3]);
    assert_eq!(keeping(&[far]).open(&terms(3)), [(None, TERM); 2]);
    assert_eq!(keeping(&[far; 3]).open(&terms(3)), []);
    assert_eq!(keeping(&[far; 4]).open(&terms(3)), []);
    let mut perpetual = keeping(&[far]);
    perpetual.open(&terms(2));
    assert_eq!(perpetual.open(&terms(2)), []);
    assert_eq!(perpetual.open(&terms(4)), [(None, TERM); 2]);
}

#[test]
fn a_deal_is_renewed_from_the_window_before_its_end_on() {
    let renewal = [(Some(1), TERM)];
    assert_eq!(keeping(&[NOW + WINDOW + 1]).open(&terms(1)), []);
    assert_eq!(keeping(&[NOW + WINDOW]).open(&terms(1)), renewal);
    assert_eq!(keeping(&[NOW]).open(&terms(1)), renewal);
    assert_eq!(keeping(&[NOW - 1]).open(&terms(1)), renewal);
}

#[test]
fn a_deal_is_renewed_once_by_an_ad_or_by_a_deal() {
    let mut perpetual = keeping(&[NOW + 1]);
    perpetual.open(&terms(1));
    assert_eq!(perpetual.open(&terms(1)), []);
    let mut perpetual = keeping(&[NOW + 1]);
    perpetual.replicas.push(replica(2, NOW + 2, Some(1)));
    assert_eq!(perpetual.open(&terms(1)), []);
    // Nor does a renewal stand for a replica while what it renews does.
    assert_eq!(perpetual.open(&terms(2)), [(None, TERM)]);
}

#[test]
fn what_is_missing_comes_before_what_ends() {
    let gaps = [(None, TERM), (Some(1), TERM), (Some(3), TERM)];
    assert_eq!(keeping(&[NOW + 1, NOW + TERM, NOW + 2]).open(&terms(4)), gaps);
}

#[test]
fn no_more_is_renewed_than_is_wanted_in_the_end() {
    let (far, soon) = (NOW + TERM, NOW + 1);
    assert_eq!(keeping(&[soon; 3]).open(&terms(2)), [(Some(1), TERM), (Some(2), TERM)]);
    assert_eq!(keeping(&[far, soon, soon]).open(&terms(2)), [(Some(2), TERM)]);
    assert_eq!(keeping(&[far, far, soon]).open(&terms(2)), []);
    let mut perpetual = keeping(&[soon; 3]);
    perpetual.open(&terms(2));
    assert_eq!(perpetual.open(&terms(2)), []);
    assert_eq!(perpetual.open(&terms(3)), [(Some(3), TERM)]);
    let mut perpetual = keeping(&[soon; 2]);
    perpetual.replicas.push(replica(3, far, Some(1)));
    assert_eq!(perpetual.open(&terms(1)), []);
}

#[test]
fn what_lasts_until_the_expiry_is_not_renewed() {
    let open = |end| {
        let mut terms = terms(1);
        terms.expiry = Some(NOW + 500);
        keeping(&[end]).open(&terms)
    };
    assert_eq!(open(NOW + 499), [(Some(1), MIN_DURATION)]);
    assert_eq!((open(NOW + 500), open(NOW + 501)), ([].to_vec(), [].to_vec()));
}

#[test]
fn what_outlasts_the_expiry_keeps_its_replica() {
    let mut terms = terms(2);
    terms.expiry = Some(NOW + 500);
    assert_eq!(keeping(&[NOW + 499, NOW + 499, NOW + 500]).open(&terms), [(Some(1), MIN_DURATION)]);
}

#[test]
fn the_last_term_before_the_expiry_is_shorter_and_pays_as_much_less() {
    let ad = |rest: ChainEpoch, head: &[ChainEpoch]| {
        let (mut perpetual, mut terms) = (keeping(head), terms(1));
        terms.expiry = Some(NOW + rest);
        perpetual.open(&terms);
        (perpetual.ads[0].duration, perpetual.ads[0].limit.clone())
    };
    assert_eq!(ad(1, &[]), (MIN_DURATION, atto(900)));
    assert_eq!(ad(MIN_DURATION, &[]), (MIN_DURATION, atto(900)));
    // 900 and a fraction.
    assert_eq!(ad(MIN_DURATION + 1, &[]), (MIN_DURATION + 1, atto(900)));
    assert_eq!(ad(TERM - 1, &[]), (TERM - 1, atto(999)));
    assert_eq!(ad(TERM, &[]), (TERM, atto(1_000)));
    assert_eq!(ad(TERM + 1, &[]), (TERM, atto(1_000)));
    assert_eq!(ad(ChainEpoch::MAX - NOW, &[]), (TERM, atto(1_000)));
    // A renewal's begins where the deal before it ends.
    assert_eq!(ad(7 + TERM - 1, &[NOW + 7]), (TERM - 1, atto(999)));
    assert_eq!(ad(7 + TERM, &[NOW + 7]), (TERM, atto(1_000)));
}

#[test]
fn an_open_ad_is_told_with_all_that_a_provider_needs() {
    let mut world = World::new().keeping_with(1, |terms| {
        terms.policy.datacap = SIZE.0;
        terms.policy.locked = false;
    });
    world.now += 50;
    let id = world.ads(1)[0];
    let (info, terms) = (world.info(id), terms(1));
    assert_eq!((info.ad, info.perpetual_deal), (world.perpetual(1).ads[0].clone(), 1));
    assert_eq!((info.piece_cid, info.piece_size), (piece(0), SIZE));
    assert_eq!((info.payload_cid, info.urls), (terms.payload_cid, terms.urls));
    assert_eq!((info.bounty, info.publish_share, info.locked), (atto(800), 2_000, false));
    assert_eq!((info.renews_until, info.latest_start), (None, world.now + 2 * DAY));
    // A fifth of the bounty, and three tips.
    assert_eq!((info.min_provider_collateral, info.verified), (atto(160 + 6), true));
}

#[test]
fn what_is_not_open_is_no_ad() {
    let mut world = World::new().keeping(1);
    let id = world.ads(1)[0];
    let refused = |world: &World, id| code(world.state.ad_info(&world.store, id, world.now));
    for other in [0, id - 1, id + 1, id + ADS_PER_DEAL, u64::MAX] {
        assert_eq!(refused(&world, other), 62, "{other}");
    }
    world.take(id, SP, OWNER);
    assert_eq!(refused(&world, id), 62);
}

#[test]
fn a_list_of_ads_is_of_1_to_1000_perpetual_deals_and_16_to_100_ads() {
    let world = World::new().keeping(1);
    for order in [AdOrder::Deal, AdOrder::Bounty] {
        for (scan, limit) in [(0, 16), (1_001, 16), (1, 15), (1, 101)] {
            assert_eq!(code(world.list(1, scan, limit, order)), 32);
        }
        for (scan, limit) in [(1, 16), (1_000, 100)] {
            assert_eq!(world.list(1, scan, limit, order).unwrap().ads.len(), 1);
        }
    }
}

#[test]
fn ads_are_listed_from_perpetual_deal_to_perpetual_deal() {
    let mut world = World::new().funded(1_000_000);
    for _ in 1..=5 {
        world.create(ANN, 1, |_| {}).unwrap();
    }
    let message = world.by(ANN);
    let _ = world.attempt(|state, store| state.close(store, &message, 2)).unwrap();
    let ad = |deal: u64| deal * ADS_PER_DEAL + 1;
    let all = [1, 3, 4, 5].map(ad).to_vec();
    assert_eq!(world.listed(1, 1_000, 100), (all.clone(), None));
    assert_eq!(world.listed(0, 5, 100), (all, None));
    assert_eq!(world.listed(1, 4, 100), ([1, 3, 4].map(ad).to_vec(), Some(5)));
    assert_eq!(world.listed(3, 2, 100), ([3, 4].map(ad).to_vec(), Some(5)));
    assert_eq!(world.listed(2, 1, 100), ([].to_vec(), Some(3)));
    assert_eq!(world.listed(5, 1, 100), ([ad(5)].to_vec(), None));
    assert_eq!(world.listed(6, 1, 100), ([].to_vec(), None));
    assert_eq!(world.listed(u64::MAX, 1_000, 100), ([].to_vec(), None));
}

#[test]
fn a_list_ends_before_the_perpetual_deal_whose_ads_do_not_fit() {
    let mut world = World::new().funded(1_000_000);
    for _ in 1..=7 {
        world.create(ANN, 16, |_| {}).unwrap();
    }
    let found = |limit, order| {
        let found = world.list(1, 100, limit, order).unwrap();
        (found.ads.len(), found.next)
    };
    assert_eq!(found(100, AdOrder::Deal), (96, Some(7)));
    assert_eq!(found(96, AdOrder::Deal), (96, Some(7)));
    assert_eq!(found(95, AdOrder::Deal), (80, Some(6)));
    assert_eq!(found(16, AdOrder::Deal), (16, Some(2)));
    assert_eq!(found(100, AdOrder::Bounty), (100, None));
}

#[test]
fn the_best_ads_pay_most_for_a_byte_and_an_epoch() {
    let mut world = World::new().funded(1_000_000);
    let mut create = |size: u64, bounty, duration| {
        let (piece_size, mut terms) = (PaddedPieceSize(size), terms(1));
        (terms.policy.max_bounty, terms.policy.duration) = (atto(bounty), duration);
        let params = CreatePerpetualDealParams { piece_cid: piece(0), piece_size, terms };
        let message = world.by(ANN);
        world.attempt(|state, store| state.create(store, &message, params)).unwrap().0
    };
    let short = 190 * DAY;
    create(2_048, 1_000, 2 * short);
    create(2_048, 1_000, short);
    create(1_024, 1_000, short);
    create(1_024, 500, short);
    create(2_048, 2_500, short);
    let ads = |world: &World, scan| {
        let found = world.list(1, scan, 16, AdOrder::Bounty).unwrap();
        found.ads.iter().map(|ad| perpetual_deal(ad.id)).collect::<Vec<_>>()
    };
    assert_eq!(ads(&world, 100), [5, 3, 2, 4, 1]);
    assert_eq!(ads(&world, 4), [3, 2, 4, 1]);
    assert_eq!(world.list(1, 4, 16, AdOrder::Bounty).unwrap().next, Some(5));
    let first = world.list(1, 100, 16, AdOrder::Bounty).unwrap().ads[0].clone();
    let summary = AdSummary {
        id: 5_000_000_001,
        piece_size: SIZE,
        duration: short,
        bounty: atto(1_000),
        limit: atto(2_500),
        renews: None,
    };
    assert_eq!(first, summary);
}

#[test]
fn the_best_of_too_many_ads_are_listed() {
    let mut world = World::new().funded(1_000_000);
    world.create(ANN, 16, |_| {}).unwrap();
    world.create(ANN, 1, |terms| terms.policy.max_bounty = atto(1_001 * 3)).unwrap();
    let found = world.list(1, 2, 16, AdOrder::Bounty).unwrap();
    assert_eq!((found.ads[0].id, found.ads.len()), (2_000_000_001, 16));
    assert_eq!(found.ads[15].id, 1_000_000_015);
}

#[test]
fn an_ad_is_for_less_as_the_expiry_nears() {
    let expiry = NOW + 220 * DAY;
    let mut world = World::new().keeping_with(1, |terms| {
        (terms.expiry, terms.policy.duration) = (Some(expiry), 200 * DAY);
    });
    let ad = world.ads(1)[0];
    for (left, days) in [(220, 200), (200, 200), (190, 190), (180, 180), (1, 180)] {
        world.now = expiry - left * DAY;
        let info = world.info(ad).ad;
        let expected = (days * DAY, atto(1_000 * days / 200));
        assert_eq!((info.duration, info.limit.clone()), expected, "{left}");
        let listed = world.list(1, 1, 16, AdOrder::Deal).unwrap().ads.remove(0);
        assert_eq!((listed.duration, listed.limit), (info.duration, info.limit));
        let proposal = world.proposal(ad);
        assert_eq!(world.ask(&proposal, SP), Ok(()));
        let long = DealProposal { end_epoch: proposal.end_epoch + 1, ..proposal.clone() };
        assert_eq!(world.ask(&long, SP), Err(Error::End(proposal.end_epoch)));
    }
    world.take(ad, SP, OWNER);
    world.check_invariants();
}

#[test]
fn where_more_is_kept_than_wanted_one_that_fails_leaves_the_others_to_be_renewed() {
    let mut world = World::new().keeping(3).funded(10_000);
    let ads = world.ads(1);
    let deals = [0, 1, 2].map(|n| world.take(ads[n], SP + n as u64, OWNER + n as u64));
    world.now += TERM;
    let message = world.by(ANN);
    let params = ChangePerpetualDealParams { id: 1, terms: terms(2) };
    let _ = world.attempt(|state, store| state.change(store, &message, params)).unwrap();
    assert_eq!(world.perpetual(1).ads[0].renews, Some(deals[0]));
    let active = [1, 2].map(|n| (deals[n], Standing::Active(2_000)));
    let _ = world.refresh(1, &[(deals[0], Standing::Gone), active[0], active[1]]);
    let renews: Vec<_> = world.perpetual(1).ads.iter().map(|ad| ad.renews).collect();
    assert_eq!(renews, [Some(deals[1]), Some(deals[2])]);
    world.check_invariants();
}

proptest! {
    #[test]
    fn ads_and_deals_come_to_what_is_wanted_and_no_more(
        ends in prop::collection::vec(0..2 * WINDOW, 0..=16),
        before in 1..=16_u32,
        wanted in 1..=16_u32,
        expiry in prop::option::of(1..2 * WINDOW),
    ) {
        let ends: Vec<_> = ends.iter().map(|left| NOW + left).collect();
        let mut perpetual = keeping(&ends);
        let mut terms = terms(before);
        perpetual.open(&terms);
        perpetual.close_ads(&atto(2));
        terms.replicas = wanted;
        terms.expiry = expiry.map(|rest| NOW + rest);
        let gaps = perpetual.open(&terms);
        let wanted = wanted as usize;
        let missing = gaps.iter().filter(|(renews, _)| renews.is_none()).count();
        prop_assert_eq!(missing, wanted.saturating_sub(ends.len()));
        let ending = |end: &ChainEpoch| *end <= NOW + WINDOW && terms.expiry.is_none_or(|e| *end < e);
        let ending = ends.iter().filter(|end| ending(end)).count();
        let lasting = ends.len() - ending;
        prop_assert_eq!(gaps.len(), wanted.saturating_sub(lasting).min(ending + missing));
        prop_assert_eq!(perpetual.open(&terms), []);
    }
}
