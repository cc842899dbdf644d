use super::*;
use crate::access::{Bought, MAX_EXPIRED, MAX_PERIODS, Notice};
use crate::rules::MAX_EPOCHS;

impl World {
    /// With a dataset that costs so much of a currency for a period of ten epochs.
    pub fn selling(mut self, currency: Currency, amount: i64) -> Self {
        self.list(0, 1).unwrap();
        self.set_access(1, paid(currency, amount, 10)).unwrap();
        self
    }

    pub fn set_access(&mut self, dataset: DatasetId, policy: AccessPolicy) -> Result<(), Error> {
        let message = self.by(ADMIN);
        self.attempt(|state, store| state.set_access(store, &message, dataset, &policy))?;
        Ok(())
    }

    /// Buys for the caller itself, at any price that the message covers.
    pub fn buy_access(
        &mut self,
        caller: ActorID,
        dataset: DatasetId,
        periods: u32,
        fil: i64,
    ) -> Result<Bought, Error> {
        let params = purchase(dataset, periods);
        let message = self.paying(caller, atto(fil));
        self.attempt(|state, store| state.buy_access(store, &message, &params, caller))
    }

    pub fn grant_access(
        &mut self,
        dataset: DatasetId,
        to: ActorID,
        until: ChainEpoch,
    ) -> Result<Notice, Error> {
        let message = self.by(ADMIN);
        self.attempt(|state, store| state.grant_access(store, &message, dataset, to, until))
    }

    pub fn revoke_access(&mut self, dataset: DatasetId, from: ActorID) -> Result<Notice, Error> {
        let message = self.by(ADMIN);
        self.attempt(|state, store| state.revoke_access(store, &message, dataset, from))
    }

    pub fn expire_access(
        &mut self,
        dataset: DatasetId,
        accounts: &[ActorID],
    ) -> Vec<(ActorID, Notice)> {
        let message = self.by(EVE);
        self.attempt(|state, store| state.expire_access(store, &message, dataset, accounts))
            .unwrap()
    }

    pub fn has_access(&self, account: ActorID, dataset: DatasetId) -> bool {
        self.state.has_access(&self.store, self.now, Some(account), dataset).unwrap()
    }

    /// The ends of what was granted and of what was bought.
    fn access_ends(&self, account: ActorID) -> (ChainEpoch, ChainEpoch) {
        let access = self.state.access(&self.store, self.now, Some(account), 1).unwrap();
        (access.granted_until, access.bought_until)
    }
}

pub fn paid(currency: Currency, amount: i64, period: ChainEpoch) -> AccessPolicy {
    AccessPolicy::Paid(AccessPrice { currency, amount: atto(amount), period })
}

fn purchase(dataset: DatasetId, periods: u32) -> BuyAccessParams {
    let (to, max_price) = (Address::new_id(0), atto(i64::MAX));
    BuyAccessParams { dataset, to, periods, max_price, min_period: 0 }
}

#[test]
fn nothing_is_open_by_accident() {
    let world = World::new().listing(1, 1);
    assert!(!world.has_access(ANN, 1));
    let access = world.state.access(&world.store, world.now, Some(ANN), 1).unwrap();
    assert_eq!(access.policy, AccessPolicy::Granted);
}

#[test]
fn what_is_open_is_open_to_everyone_even_to_nobody() {
    let mut world = World::new().listing(1, 1);
    world.set_access(1, AccessPolicy::Open).unwrap();
    assert!(world.has_access(ANN, 1));
    assert_eq!(world.state.has_access(&world.store, world.now, None, 1), Ok(true));
    world.set_access(1, AccessPolicy::Members).unwrap();
    assert_eq!(world.state.has_access(&world.store, world.now, None, 1), Ok(false));
}

#[test]
fn nobody_has_access_to_what_does_not_exist() {
    let world = World::new().listing(1, 1);
    for unknown in [0, 2] {
        assert!(!world.has_access(ANN, unknown));
        assert_eq!(code(world.state.access(&world.store, world.now, Some(ANN), unknown)), 33);
    }
}

#[test]
fn members_have_access_while_they_are_members() {
    let mut world = World::new().listing(1, 1);
    world.set_access(1, AccessPolicy::Members).unwrap();
    assert!(!world.has_access(ANN, 1));
    let admin = world.by(ADMIN);
    world.attempt(|state, store| state.grant_role(store, &admin, Role::Member, ANN)).unwrap();
    assert!(world.has_access(ANN, 1) && !world.has_access(BOB, 1));
    world.attempt(|state, store| state.revoke_role(store, &admin, Role::Member, ANN)).unwrap();
    assert!(!world.has_access(ANN, 1));
}

#[test]
fn only_curators_and_the_dao_say_who_has_access() {
    let mut world = World::new().listing(1, 1);
    let (stranger, dao) = (world.by(ANN), world.by(DAO));
    let open = AccessPolicy::Open;
    assert_eq!(code(world.attempt(|s, store| s.set_access(store, &stranger, 1, &open))), 67);
    assert_eq!(code(world.attempt(|s, store| s.grant_access(store, &stranger, 1, ANN, 1_001))), 67);
    world.grant_access(1, ANN, 1_001).unwrap();
    assert_eq!(code(world.attempt(|s, store| s.revoke_access(store, &stranger, 1, ANN))), 67);
    let payload = world.attempt(|s, store| s.set_access(store, &dao, 1, &open));
    assert_eq!(payload, Ok(Some(DataCid(piece(0)))));
}

#[test]
fn access_is_set_sold_and_granted_only_to_what_exists() {
    let mut world = World::new();
    assert_eq!(code(world.set_access(1, AccessPolicy::Open)), 33);
    assert_eq!(code(world.grant_access(1, ANN, 1_001)), 33);
    assert_eq!(code(world.revoke_access(1, ANN)), 33);
    assert_eq!(code(world.buy_access(ANN, 1, 1, 0)), 33);
}

#[test]
fn a_price_and_its_period_are_in_range() {
    let mut world = World::new().listing(1, 1);
    let mut set = |amount: TokenAmount, period| {
        let price = AccessPrice { currency: Currency::Fil, amount, period };
        world.set_access(1, AccessPolicy::Paid(price))
    };
    let limit = TokenAmount::from_atto(fvm_shared::bigint::BigInt::from(1) << 128);
    assert_eq!(set(&limit - atto(1), MAX_EPOCHS), Ok(()));
    for amount in [atto(-1), atto(0), limit] {
        assert_eq!(code(set(amount, 1)), 121);
    }
    for period in [-1, 0, MAX_EPOCHS + 1] {
        assert_eq!(code(set(atto(1), period)), 122);
    }
    world.check_invariants();
}

#[test]
fn what_is_bought_lasts_for_its_periods_and_is_added_to() {
    let mut world = World::new().selling(Currency::Fil, 7);
    let bought = world.buy_access(ANN, 1, 2, 14).unwrap();
    let notice = Notice { until: 1_020, payload_cid: Some(DataCid(piece(0))) };
    assert_eq!(bought, Bought { notice, paid: cash(14, 0) });
    world.now = 1_005;
    world.buy_access(ANN, 1, 1, 7).unwrap();
    assert_eq!(world.access_ends(ANN), (0, 1_030));
    world.now = 1_029;
    assert!(world.has_access(ANN, 1) && !world.has_access(BOB, 1));
    world.now = 1_030;
    assert!(!world.has_access(ANN, 1));
    world.now = 1_040;
    world.buy_access(ANN, 1, 1, 7).unwrap();
    assert_eq!(world.access_ends(ANN), (0, 1_050));
    world.check_invariants();
}

#[test]
fn one_account_can_pay_for_another() {
    let mut world = World::new().selling(Currency::Fil, 7);
    let message = world.paying(BOB, atto(7));
    let bought = world.attempt(|s, store| s.buy_access(store, &message, &purchase(1, 1), ANN));
    assert_eq!(bought.unwrap().notice.until, 1_010);
    assert!(world.has_access(ANN, 1) && !world.has_access(BOB, 1));
}

#[test]
fn a_price_in_fil_comes_with_the_message_to_the_atto() {
    let mut world = World::new().selling(Currency::Fil, 7);
    for value in [0, 13, 15] {
        assert_eq!(code(world.buy_access(ANN, 1, 2, value)), 126);
    }
    world.buy_access(ANN, 1, 2, 14).unwrap();
    assert_eq!(world.treasury().booked, cash(14, 0));
    world.check_invariants();
}

#[test]
fn a_price_in_data_is_taken_from_the_caller_and_no_fil_with_it() {
    let mut world = World::new().selling(Currency::Data, 7);
    assert_eq!(code(world.buy_access(ANN, 1, 2, 0)), 19);
    world.give(ANN, 20);
    assert_eq!(code(world.buy_access(ANN, 1, 2, 14)), 126);
    world.buy_access(ANN, 1, 2, 0).unwrap();
    assert_eq!((world.balance(ANN), world.treasury().booked), (atto(6), cash(0, 14)));
    world.check_invariants();
}

#[test]
fn a_buyer_gets_no_less_for_no_more_than_it_agreed_to() {
    let mut world = World::new().selling(Currency::Data, 7);
    world.give(ANN, 100);
    let message = world.by(ANN);
    let mut buy = |max_price, min_period| {
        let params = BuyAccessParams { max_price: atto(max_price), min_period, ..purchase(1, 2) };
        world.attempt(|state, store| state.buy_access(store, &message, &params, ANN))
    };
    assert_eq!(code(buy(13, 10)), 124);
    assert_eq!(code(buy(14, 11)), 125);
    assert!(buy(14, 10).is_ok());
}

#[test]
fn a_hundred_periods_are_bought_at_a_time_and_at_least_one() {
    let mut world = World::new().selling(Currency::Fil, 1);
    assert_eq!(code(world.buy_access(ANN, 1, 0, 0)), 123);
    assert_eq!(code(world.buy_access(ANN, 1, MAX_PERIODS + 1, 101)), 123);
    world.buy_access(ANN, 1, MAX_PERIODS, 100).unwrap();
}

#[test]
fn only_what_has_a_price_is_for_sale() {
    let mut world = World::new().listing(1, 1);
    for policy in [AccessPolicy::Granted, AccessPolicy::Open, AccessPolicy::Members] {
        world.set_access(1, policy).unwrap();
        assert_eq!(code(world.buy_access(ANN, 1, 1, 0)), 120);
        world.check_invariants();
    }
}

#[test]
fn access_ends_ten_years_from_now_at_the_latest() {
    let mut world = World::new().listing(1, 1);
    world.set_access(1, paid(Currency::Fil, 1, MAX_EPOCHS / 10)).unwrap();
    world.buy_access(ANN, 1, 10, 10).unwrap();
    assert_eq!(code(world.buy_access(ANN, 1, 1, 1)), 127);
    assert_eq!(code(world.buy_access(BOB, 1, 11, 11)), 127);
    assert_eq!(code(world.grant_access(1, ANN, world.now + MAX_EPOCHS + 1)), 127);
    world.grant_access(1, ANN, world.now + MAX_EPOCHS).unwrap();
}

#[test]
fn a_grant_is_for_later_and_takes_the_place_of_an_earlier_one() {
    let mut world = World::new().listing(1, 1);
    assert_eq!(code(world.grant_access(1, ANN, 1_000)), 128);
    assert_eq!(world.grant_access(1, ANN, 1_010).unwrap().until, 1_010);
    world.grant_access(1, ANN, 1_005).unwrap();
    world.now = 1_004;
    assert!(world.has_access(ANN, 1) && !world.has_access(BOB, 1));
    world.now = 1_005;
    assert!(!world.has_access(ANN, 1));
    world.check_invariants();
}

#[test]
fn a_grant_is_revoked_and_a_purchase_never() {
    let mut world = World::new().selling(Currency::Fil, 7);
    world.buy_access(ANN, 1, 1, 7).unwrap();
    assert_eq!(code(world.revoke_access(1, ANN)), 129);
    for account in [ANN, BOB] {
        world.grant_access(1, account, 1_100).unwrap();
    }
    assert_eq!(world.revoke_access(1, ANN).unwrap().until, 1_010);
    assert_eq!(world.revoke_access(1, BOB).unwrap().until, 0);
    assert!(world.has_access(ANN, 1) && !world.has_access(BOB, 1));
    world.check_invariants();
    world.grant_access(1, BOB, 1_001).unwrap();
    world.now = 1_001;
    assert_eq!(code(world.revoke_access(1, BOB)), 129);
    world.check_invariants();
}

#[test]
fn a_policy_shortens_nothing_that_was_bought_or_granted() {
    let mut world = World::new().selling(Currency::Fil, 7);
    world.buy_access(ANN, 1, 1, 7).unwrap();
    world.grant_access(1, BOB, 1_010).unwrap();
    for policy in [AccessPolicy::Members, AccessPolicy::Granted, paid(Currency::Data, 1, 1)] {
        world.set_access(1, policy).unwrap();
        assert!(world.has_access(ANN, 1) && world.has_access(BOB, 1));
    }
}

#[test]
fn what_has_lapsed_is_forgotten_once_and_nothing_else() {
    let mut world = World::new().selling(Currency::Fil, 7);
    world.buy_access(ANN, 1, 1, 7).unwrap();
    world.buy_access(BOB, 1, 2, 14).unwrap();
    world.grant_access(1, EVE, 1_005).unwrap();
    world.buy_access(EVE, 1, 1, 7).unwrap();
    world.now = 1_009;
    assert_eq!(world.expire_access(1, &[ANN, BOB, EVE, SP]), []);
    world.now = 1_010;
    let notice = Notice { until: 1_010, payload_cid: Some(DataCid(piece(0))) };
    let expired = world.expire_access(1, &[ANN, BOB, EVE, SP, ANN]);
    assert_eq!(expired, [(ANN, notice), (EVE, notice)]);
    assert_eq!(world.access_ends(ANN), (0, 0));
    assert!(world.has_access(BOB, 1));
    world.check_invariants();
}

#[test]
fn a_batch_of_lapsed_access_is_bounded() {
    let mut world = World::new().listing(1, 1);
    let (message, accounts) = (world.by(EVE), [ANN; MAX_EXPIRED + 1]);
    let expired = world.attempt(|state, store| state.expire_access(store, &message, 1, &accounts));
    assert_eq!(code(expired), 74);
    world.expire_access(1, &accounts[1..]);
}

#[test]
fn a_pause_stops_purchases_and_nobody_s_access() {
    let mut world = World::new().selling(Currency::Fil, 7);
    world.buy_access(ANN, 1, 1, 7).unwrap();
    let guardian = world.by(ADMIN);
    world.attempt(|state, store| state.pause(store, &guardian, 100)).unwrap();
    assert_eq!(code(world.buy_access(BOB, 1, 1, 7)), 59);
    assert!(world.has_access(ANN, 1));
}

#[test]
fn the_dao_buys_nothing_of_itself() {
    let mut world = World::new().selling(Currency::Data, 7).staking(ANN, 100);
    assert_eq!(code(world.buy_access(DAO, 1, 1, 0)), 130);
    world.check_invariants();
}
