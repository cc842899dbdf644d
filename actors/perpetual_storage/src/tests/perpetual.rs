use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::escrow::ToEscrow;

/// What an ad of [`terms`] takes: the limit and two tips.
pub const RESERVE: i64 = 1_004;

impl World {
    fn create_with(
        &mut self,
        value: i64,
        terms: Terms,
    ) -> Result<(PerpetualDealId, ToEscrow), Error> {
        let params = CreatePerpetualDealParams { piece_cid: piece(0), piece_size: SIZE, terms };
        let message = self.paying(ANN, value);
        self.attempt(|state, store| state.create(store, &message, params))
    }

    pub fn change(
        &mut self,
        message: Message,
        replicas: u32,
        change: impl FnOnce(&mut Terms),
    ) -> Result<ToEscrow, Error> {
        let mut terms = terms(replicas);
        change(&mut terms);
        let params = ChangePerpetualDealParams { id: 1, terms };
        self.attempt(|state, store| state.change(store, &message, params))
    }

    pub fn close(&mut self, by: ActorID) -> Result<ToEscrow, Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.close(store, &message, 1))
    }

    pub fn top_up(&mut self, by: ActorID, amount: i64) -> Result<(), Error> {
        let message = self.paying(by, amount);
        self.attempt(|state, store| state.top_up(store, &message, 1))
    }

    /// The limits of the open ads of the first perpetual deal.
    pub fn limits(&self) -> Vec<TokenAmount> {
        self.perpetual(1).ads.iter().map(|ad| ad.limit.clone()).collect()
    }

    /// What Ann has, free and committed.
    fn wealth(&self) -> TokenAmount {
        let funds = self.funds(ANN);
        funds.free + funds.committed
    }
}

pub fn priced(price: i64) -> impl Fn(&mut Terms) {
    move |terms| terms.policy.max_price_per_epoch = atto(price)
}

#[test]
fn creation_sets_aside_the_limit_two_tips_and_the_price_of_each_replica() {
    let mut world = World::new().funded(2 * (RESERVE + 3 * TERM) + 5);
    let mut terms = terms(2);
    priced(3)(&mut terms);
    let to_escrow = ToEscrow::Add(atto(2 * 3 * TERM));
    assert_eq!(world.create_with(0, terms), Ok((1, to_escrow)));
    let ad = |id| Ad {
        id,
        opened: 1_000,
        duration: TERM,
        limit: atto(1_000),
        max_price_per_epoch: atto(3),
        renews: None,
    };
    let deal = world.perpetual(1);
    assert_eq!(deal.ads, [ad(1_000_000_001), ad(1_000_000_002)]);
    assert_eq!((deal.purse.clone(), deal.escrow.clone()), (atto(0), atto(6 * TERM)));
    let (free, committed) = (atto(5), atto(2 * RESERVE + 6 * TERM));
    assert_eq!(world.funds(ANN), Funds { free, committed, spent: atto(0) });
    assert_eq!(
        (world.state.booked.clone(), world.state.escrow.clone()),
        (atto(2_013), atto(6 * TERM))
    );
    world.check_invariants();
}

#[test]
fn creation_counts_the_fil_that_comes_with_it_first() {
    let mut world = World::new().funded(4);
    assert_eq!(world.create_with(RESERVE - 3, terms(1)), Ok((1, ToEscrow::Nothing)));
    assert_eq!(world.funds(ANN).free, atto(1));
    world.check_invariants();
}

#[test]
fn creation_wants_the_whole_first_term() {
    let mut world = World::new().funded(2 * RESERVE - 1);
    assert_eq!(world.create(ANN, 2, |_| {}), Err(Error::Missing(atto(1))));
    assert_eq!(code(world.create(ANN, 2, |_| {})), 53);
    assert_eq!(world.create(BOB, 1, |_| {}), Err(Error::Missing(atto(RESERVE))));
    assert_eq!(world.state.last, 0);
    world.deposit(ANN, 1);
    assert_eq!(world.create(ANN, 2, |_| {}), Ok(1));
}

#[test]
fn no_perpetual_deal_is_for_what_is_not_a_piece_or_on_terms_that_make_no_sense() {
    let mut world = World::new().funded(2 * RESERVE);
    let message = world.by(ANN);
    let mut create = |change: &dyn Fn(&mut CreatePerpetualDealParams)| {
        let (piece_cid, piece_size, terms) = (piece(0), SIZE, terms(1));
        let mut params = CreatePerpetualDealParams { piece_cid, piece_size, terms };
        change(&mut params);
        world.attempt(|state, store| state.create(store, &message, params))
    };
    assert_eq!(code(create(&|params| params.piece_size.0 = 129)), 34);
    assert_eq!(code(create(&|params| params.terms.urls.clear())), 35);
    assert_eq!(create(&|_| {}), Ok((1, ToEscrow::Nothing)));
}

#[test]
fn an_account_has_many_perpetual_deals_on_the_same_funds() {
    let mut world = World::new().funded(3 * RESERVE);
    assert_eq!([1, 2].map(|n| world.create(ANN, n, |_| {})), [Ok(1), Ok(2)]);
    assert_eq!(code(world.create(ANN, 1, |_| {})), 53);
    assert_eq!(world.funds(ANN).committed, atto(3 * RESERVE));
    world.check_invariants();
}

#[test]
fn only_the_uploader_of_an_open_perpetual_deal_changes_or_closes_it() {
    let mut world = World::new();
    assert_eq!(code(world.change(world.by(ANN), 1, |_| {})), 54);
    assert_eq!(code(world.close(ANN)), 54);
    assert_eq!(code(world.top_up(ANN, 1)), 54);
    world = world.keeping(1);
    assert_eq!(code(world.change(world.by(BOB), 1, |_| {})), 55);
    assert_eq!(code(world.close(BOB)), 55);
    let ad = world.ads(1)[0];
    world.take(ad, SP, OWNER);
    let _ = world.close(ANN).unwrap();
    assert_eq!(code(world.change(world.by(ANN), 1, |_| {})), 56);
    assert_eq!(code(world.close(ANN)), 56);
    assert_eq!(code(world.top_up(ANN, 1)), 56);
    world.check_invariants();
}

#[test]
fn a_change_is_to_terms_that_make_sense_now() {
    let mut world = World::new().keeping(1);
    assert_eq!(code(world.change(world.by(ANN), 17, |_| {})), 36);
    assert_eq!(code(world.change(world.by(ANN), 1, |terms| terms.expiry = Some(1_000))), 37);
    assert_eq!(code(world.change(world.by(ANN), 1, |t| t.policy.publish_share = 10_001)), 32);
}

#[test]
fn a_change_closes_all_ads_and_opens_others_on_the_new_terms() {
    let mut world = World::new().keeping(1).funded(2 * RESERVE);
    let before = world.wealth();
    world.now += 10;
    let changed = world.change(world.paying(ANN, 7), 3, |terms| {
        terms.policy.max_bounty = atto(900);
        priced(0)(terms);
    });
    assert_eq!(changed, Ok(ToEscrow::Nothing));
    assert_eq!(world.ads(1), [1_000_000_002, 1_000_000_003, 1_000_000_004]);
    assert_eq!(world.limits(), [900; 3].map(atto));
    assert!(world.perpetual(1).ads.iter().all(|ad| ad.opened == world.now));
    // What the first ad held comes first.
    assert_eq!(world.perpetual(1).purse, atto(0));
    assert_eq!(world.funds(ANN).free, atto(2 * RESERVE + 7 - 2 * 904 + RESERVE - 904));
    assert_eq!(world.wealth(), before + atto(7));
    let terms = world.state.perpetual_info(&world.store, 1).unwrap().terms;
    assert_eq!((terms.replicas, terms.policy.max_bounty), (3, atto(900)));
    world.check_invariants();
}

#[test]
fn what_a_change_does_not_need_stays_with_the_perpetual_deal() {
    let mut world = World::new().keeping_with(3, priced(2));
    assert_eq!(world.funds(ANN).free, atto(0));
    let withdrawn = ToEscrow::Withdraw(atto(2 * 2 * TERM));
    assert_eq!(world.change(world.by(ANN), 1, priced(2)), Ok(withdrawn));
    let deal = world.perpetual(1);
    assert_eq!((deal.purse, deal.escrow), (atto(2 * RESERVE + 4 * TERM), atto(2 * TERM)));
    assert_eq!(world.funds(ANN).free, atto(0));
    assert_eq!(world.funds(ANN).committed, atto(3 * RESERVE + 6 * TERM));
    world.check_invariants();
}

#[test]
fn a_change_can_spend_the_escrow_that_it_frees() {
    let mut world = World::new().keeping_with(1, priced(2));
    let freed = ToEscrow::Withdraw(atto(2 * TERM));
    assert_eq!(world.change(world.by(ANN), 2, |_| {}), Ok(freed));
    assert_eq!(world.limits(), [1_000; 2].map(atto));
    let deal = world.perpetual(1);
    assert_eq!((deal.purse, deal.escrow), (atto(2 * TERM - RESERVE), atto(0)));
    world.check_invariants();
}

#[test]
fn a_change_that_needs_more_escrow_adds_what_lacks() {
    let mut world = World::new().keeping_with(1, priced(2)).funded(TERM + 1);
    assert_eq!(world.change(world.by(ANN), 1, priced(3)), Ok(ToEscrow::Add(atto(TERM))));
    assert_eq!(world.perpetual(1).escrow, atto(3 * TERM));
    assert_eq!((world.funds(ANN).free, world.limits()), (atto(1), [atto(1_000)].to_vec()));
    world.check_invariants();
}

#[test]
fn anyone_tops_up_and_the_rest_is_the_uploader_s() {
    let mut world = World::new().keeping(1);
    assert_eq!(code(world.top_up(BOB, 0)), 50);
    world.top_up(BOB, 30).unwrap();
    world.top_up(ANN, 12).unwrap();
    assert_eq!(world.perpetual(1).purse, atto(42));
    assert_eq!(world.funds(ANN).committed, atto(RESERVE + 42));
    assert_eq!(
        (world.funds(BOB), world.state.booked.clone()),
        (Funds::default(), atto(RESERVE + 42))
    );
    world.check_invariants();
    let _ = world.close(ANN).unwrap();
    assert_eq!(world.funds(ANN).free, atto(RESERVE + 42));
    world.check_invariants();
}

#[test]
fn a_top_up_keeps_the_deals_that_were_just_published() {
    let mut world = World::new().keeping(2);
    let ad = world.ads(1)[0];
    let deal = world.take(ad, SP, OWNER);
    world.top_up(BOB, 30).unwrap();
    assert_eq!(world.perpetual(1).replicas[0].deal, deal);
    assert_eq!(world.perpetual(1).ads.len(), 1);
    world.check_invariants();
}

#[test]
fn what_is_closed_before_any_deal_gives_all_back_and_is_forgotten() {
    let mut world = World::new().funded(2 * (RESERVE + TERM));
    world.create(ANN, 2, priced(1)).unwrap();
    assert_eq!(world.close(ANN), Ok(ToEscrow::Withdraw(atto(2 * TERM))));
    let free = atto(2 * (RESERVE + TERM));
    assert_eq!(world.funds(ANN), Funds { free: free.clone(), ..Funds::default() });
    assert_eq!((world.state.booked.clone(), world.state.escrow.clone()), (free, atto(0)));
    assert_eq!(code(world.state.perpetual(&world.store, 1)), 54);
    assert_eq!(code(world.close(ANN)), 54);
    world.check_invariants();
}

#[test]
fn running_deals_keep_what_they_were_promised_when_theirs_is_closed() {
    let mut world = World::new().keeping_with(2, priced(1));
    let ad = world.ads(1)[0];
    let mut proposal = world.proposal(ad);
    proposal.storage_price_per_epoch = atto(1);
    world.publish(&proposal, SP, OWNER).unwrap();
    assert_eq!(world.close(ANN), Ok(ToEscrow::Withdraw(atto(TERM))));
    // A bounty of 400, two tips, and the price that the market has locked.
    let (free, committed) = (atto(RESERVE + TERM + 600), atto(404 + TERM));
    assert_eq!(world.funds(ANN), Funds { free, committed, spent: atto(0) });
    let deal = world.perpetual(1);
    assert_eq!((deal.closed, deal.ads.len(), deal.purse, deal.escrow), (true, 0, atto(0), atto(0)));
    assert_eq!(deal.replicas.len(), 1);
    world.check_invariants();
}

#[test]
fn what_runs_is_told_with_all_that_is_known_of_it() {
    let mut world = World::new().keeping(3).funded(50);
    let ad = world.ads(1)[0];
    let deal = world.take(ad, SP, OWNER);
    world.now += DAY;
    let _ = world.refresh(1, &[(deal, Standing::Active(1_000))]);
    let ad = world.ads(1)[0];
    world.take(ad, SP + 1, OWNER);
    let (info, deal) = (world.state.perpetual_info(&world.store, 1).unwrap(), world.perpetual(1));
    assert_eq!((info.uploader, info.created, info.piece_cid), (ANN, 1_000, piece(0)));
    assert_eq!((info.piece_size, info.terms, info.closed), (SIZE, terms(3), false));
    assert_eq!((info.uploader_free, info.committed), (atto(50), world.funds(ANN).committed));
    assert_eq!((info.purse, info.escrow, info.spent), (deal.purse, deal.escrow, deal.spent));
    assert_eq!((info.datacap_used, info.ads, info.replicas), (0, deal.ads, deal.replicas));
    let page = PageParams { from: 1, limit: 1 };
    let summary = PerpetualDealSummary {
        id: 1,
        uploader: ANN,
        piece_cid: piece(0),
        wanted: 3,
        current: 2,
        active: 1,
        ads: 1,
        expiry: None,
        closed: false,
    };
    assert_eq!(world.state.list_perpetual(&world.store, &page), Ok([summary].to_vec()));
}

#[test]
fn a_renewal_is_not_counted_beside_what_it_renews() {
    let mut world = World::new().keeping(1);
    let ad = world.ads(1)[0];
    let deal = world.take(ad, SP, OWNER);
    world.deposit(ANN, 10_000);
    world.now += TERM;
    let _ = world.refresh(1, &[(deal, Standing::Active(2_000))]);
    let ad = world.ads(1)[0];
    world.take(ad, SP, OWNER);
    let page = PageParams { from: 1, limit: 1 };
    let listed = world.state.list_perpetual(&world.store, &page).unwrap();
    assert_eq!((listed[0].current, listed[0].active, listed[0].ads), (1, 1, 0));
}

#[test]
fn perpetual_deals_are_listed_a_page_at_a_time_without_those_that_are_over() {
    let mut world = World::new().funded(4 * RESERVE);
    for _ in 1..=4 {
        world.create(ANN, 1, |_| {}).unwrap();
    }
    let _ = world.close(ANN).unwrap();
    let list = |from, limit| {
        let listed = world.state.list_perpetual(&world.store, &PageParams { from, limit });
        listed.map(|page| page.iter().map(|summary| summary.id).collect::<Vec<_>>())
    };
    assert_eq!((list(1, 3), list(4, 100)), (Ok([2, 3].to_vec()), Ok([4].to_vec())));
    assert_eq!((code(list(1, 0)), code(list(1, 101))), (40, 40));
}

proptest! {
    #[test]
    fn creation_takes_exactly_what_it_says_is_missing(
        replicas in 1..=16_u32,
        bounty in 1..1_000_000_i64,
        price in prop_oneof![Just(0), 0..1_000_i64],
        tip in 0..1_000_i64,
        funds in 0..5_000_000_000_i64,
    ) {
        let mut world = World::with(|rules| rules.tip = atto(tip));
        world.deposit(ANN, funds + 1);
        let rich = |terms: &mut Terms| {
            terms.policy.max_bounty = atto(bounty);
            terms.policy.max_price_per_epoch = atto(price);
        };
        let cost = i64::from(replicas) * (bounty + 2 * tip + price * TERM);
        let missing = cost - funds - 1;
        if missing > 0 {
            prop_assert_eq!(world.create(ANN, replicas, rich), Err(Error::Missing(atto(missing))));
            if missing > 1 {
                world.deposit(ANN, missing - 1);
                prop_assert_eq!(world.create(ANN, replicas, rich), Err(Error::Missing(atto(1))));
            }
            world.deposit(ANN, 1);
        }
        prop_assert_eq!(world.create(ANN, replicas, rich), Ok(1));
        prop_assert_eq!(world.funds(ANN).free, atto((-missing).max(0)));
        prop_assert_eq!(world.funds(ANN).committed, atto(cost));
        world.check_invariants();
    }

    #[test]
    fn changes_keep_all_money_and_what_is_closed_gives_it_back(
        changes in prop::collection::vec(
            (1..=16_u32, 1..3_000_i64, 0..3_i64, 0..20_000_i64, any::<bool>(), 0..400 * DAY),
            1..8,
        ),
    ) {
        let mut world = World::new().keeping(2);
        let mut wealth = atto(2 * RESERVE);
        for (replicas, bounty, price, value, gift, rest) in changes {
            world.now += 10;
            let message = world.paying(ANN, value);
            if gift && value > 0 {
                world.top_up(BOB, value).unwrap();
                wealth += atto(value);
            }
            let expiry = world.now + 1 + rest;
            let _ = world.change(message, replicas, |terms| {
                terms.policy.max_bounty = atto(bounty);
                terms.policy.max_price_per_epoch = atto(price);
                terms.expiry = Some(expiry);
            }).unwrap();
            wealth += atto(value);
            prop_assert_eq!(world.wealth(), wealth.clone());
            prop_assert!(!world.perpetual(1).purse.is_negative());
            prop_assert!(world.ads(1).len() <= replicas as usize);
            world.check_invariants();
        }
        let _ = world.close(ANN).unwrap();
        prop_assert_eq!(world.funds(ANN), Funds { free: wealth, ..Funds::default() });
        prop_assert_eq!(&world.state.escrow, &atto(0));
        world.check_invariants();
    }
}
