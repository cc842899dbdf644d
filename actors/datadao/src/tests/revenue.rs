//! How income is shared; and the money of stakes and access together, in any order.

use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::access::paid;
use super::*;
use crate::revenue::Parties;
use shared::math::share_down;

impl World {
    /// With an active replica of the first dataset for each owner, until epoch 1,060.
    fn stored_by(mut self, owners: &[ActorID]) -> Self {
        let mut active = vec![];
        for (deal, owner) in (1..).zip(owners) {
            let proposal = DealProposal { start_epoch: 1_000, ..self.proposal(0) };
            let _ = self.record(&proposal, deal, SP + deal, *owner).unwrap();
            active.push((deal, Standing::Active(1_000)));
        }
        self.refresh(1, &active).unwrap();
        self
    }

    /// FIL that the DAO owes an account.
    fn fil_owed(&self, account: ActorID) -> TokenAmount {
        self.owed(account).fil
    }
}

/// A dataset that wants eight replicas, for 1,000 attoFIL: 30, 10 and 20 percent of them for stakers,
/// the curator and providers.
fn on_sale() -> World {
    let mut world = World::new().listing(1, 8);
    world.set_access(1, paid(Currency::Fil, 1_000, 10)).unwrap();
    world
}

#[test]
fn income_is_shared_as_the_rules_say() {
    let mut world = on_sale().staking(ANN, 10).stored_by(&[900, 901]);
    world.buy_access(EVE, 1, 1, 1_000).unwrap();
    assert_eq!(world.stake_earned(ANN), cash(300, 0));
    assert_eq!(world.fil_owed(ADMIN), atto(100));
    assert_eq!((world.fil_owed(900), world.fil_owed(901)), (atto(100), atto(100)));
    assert_eq!(world.treasury().free.fil, atto(400));
    world.check_invariants();
}

#[test]
fn the_treasury_has_the_parts_that_nobody_is_there_for() {
    let mut world = World::new();
    let admin = world.by(ADMIN);
    world.attempt(|s, store| s.grant_role(store, &admin, Role::Provider, SP)).unwrap();
    let _ = world.record(&world.proposal(0), 1, SP, OWNER).unwrap();
    world.set_access(1, paid(Currency::Fil, 1_000, 10)).unwrap();
    world.buy_access(EVE, 1, 1, 1_000).unwrap();
    assert_eq!(world.treasury().free.fil, atto(1_000));
    world.check_invariants();
}

#[test]
fn a_dataset_that_the_dao_listed_itself_has_no_curator() {
    let mut world = World::new();
    let params = AddDatasetParams { piece_cid: piece(0), piece_size: SIZE, terms: terms(0, 1) };
    let dao = world.by(DAO);
    world.attempt(|state, store| state.add_dataset(store, &dao, params)).unwrap();
    world.set_access(1, paid(Currency::Fil, 1_000, 10)).unwrap();
    world.buy_access(EVE, 1, 1, 1_000).unwrap();
    assert_eq!((world.fil_owed(DAO), world.treasury().free.fil), (atto(0), atto(1_000)));
    world.check_invariants();
}

#[test]
fn every_active_replica_earns_its_payee_a_part() {
    let mut world = on_sale().stored_by(&[900, 901, 900]);
    world.buy_access(EVE, 1, 1, 1_000).unwrap();
    assert_eq!((world.fil_owed(900), world.fil_owed(901)), (atto(132), atto(66)));
    world.check_invariants();
}

#[test]
fn a_replica_earns_from_its_activation_to_its_end() {
    let mut world = on_sale();
    let proposal = DealProposal { start_epoch: 1_000, ..world.proposal(0) };
    let _ = world.record(&proposal, 1, SP, OWNER).unwrap();
    let earns = |world: &mut World, now| {
        world.now = now;
        let before = world.fil_owed(OWNER);
        world.buy_access(EVE, 1, 1, 1_000).unwrap();
        world.fil_owed(OWNER) - before
    };
    assert_eq!(earns(&mut world, 1_000), atto(0));
    world.refresh(1, &[(1, Standing::Active(1_000))]).unwrap();
    assert_eq!(earns(&mut world, 1_059), atto(200));
    assert_eq!(earns(&mut world, 1_060), atto(0));
    world.check_invariants();
}

proptest! {
    #[test]
    fn income_is_shared_to_the_atto(
        amount in 1..1_000_000_000_i64,
        stakers in 0..=5_000_u32,
        curator in 0..=2_500_u32,
        providers in 0..=2_500_u32,
        staked in 0..100_i64,
        curated in any::<bool>(),
        replicas in 0..8_usize,
        currency in prop_oneof![Just(Currency::Fil), Just(Currency::Data)],
    ) {
        let mut world = World::new();
        if staked > 0 {
            world = world.staking(ANN, staked);
        }
        let rules = RevenueRules { stakers, curator, providers };
        let payees = (900..).take(replicas).collect();
        let parties = Parties { curator: curated.then_some(ADMIN), payees };
        let mut cold = world.state.cold(&world.store).unwrap();
        cold.share(&world.store, &rules, &parties, currency, &atto(amount)).unwrap();
        world.state.set_cold(&world.store, &cold).unwrap();
        let part = |points| share_down(&atto(amount), points).unwrap();
        let credit = |to| world.owed(to).get(currency).clone();
        let for_stakers = if staked > 0 { part(stakers) } else { atto(0) };
        prop_assert_eq!(cold.staking.pool.get(currency), &for_stakers);
        prop_assert_eq!(credit(ADMIN), if curated { part(curator) } else { atto(0) });
        let credits: Vec<TokenAmount> = parties.payees.iter().map(|payee| credit(*payee)).collect();
        for part_of_one in &credits {
            prop_assert_eq!(part_of_one, &part(providers).div_floor(replicas));
        }
        let free = cold.books.treasury.get(currency);
        prop_assert!(!free.is_negative());
        let shared = free + cold.staking.pool.get(currency) + credit(ADMIN);
        prop_assert_eq!(shared + credits.iter().sum::<TokenAmount>(), atto(amount));
    }
}

#[derive(Clone, Debug)]
enum Act {
    Stake(ActorID, i64),
    Unstake(ActorID, i64),
    Release(ActorID),
    Claim(ActorID),
    Withdraw(ActorID),
    Buy(ActorID, DatasetId, u32),
    Grant(ActorID, DatasetId, ChainEpoch),
    Revoke(ActorID, DatasetId),
    Expire(DatasetId),
    Wait(ChainEpoch),
}

const ACCOUNTS: [ActorID; 3] = [ANN, BOB, EVE];
/// Prices of the two datasets, in FIL and in $DATA.
const PRICES: [(Currency, i64); 2] = [(Currency::Fil, 997), (Currency::Data, 101)];

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = || prop::sample::select(ACCOUNTS.to_vec());
    let dataset = || 1..=2_u64;
    prop::collection::vec(
        prop_oneof![
            3 => (who(), 1..400_i64).prop_map(|(who, amount)| Act::Stake(who, amount)),
            2 => (who(), 1..400_i64).prop_map(|(who, amount)| Act::Unstake(who, amount)),
            1 => who().prop_map(Act::Release),
            2 => who().prop_map(Act::Claim),
            1 => who().prop_map(Act::Withdraw),
            4 => (who(), dataset(), 1..4_u32).prop_map(|(who, id, n)| Act::Buy(who, id, n)),
            1 => (who(), dataset(), 0..40_i64).prop_map(|(who, id, n)| Act::Grant(who, id, n)),
            1 => (who(), dataset()).prop_map(|(who, id)| Act::Revoke(who, id)),
            1 => dataset().prop_map(Act::Expire),
            2 => (1..20_i64).prop_map(Act::Wait),
        ],
        1..30,
    )
}

/// What should be so, of each account and dataset.
#[derive(Default)]
struct Model {
    staked: BTreeMap<ActorID, i64>,
    /// What the stakes were to share, and what was claimed of it, in each currency.
    distributed: Cash,
    claimed: BTreeMap<ActorID, Cash>,
    /// What each stake should earn in FIL and in $DATA, times 2^40.
    earned: BTreeMap<ActorID, [i128; 2]>,
    granted: BTreeMap<(ActorID, DatasetId), ChainEpoch>,
    bought: BTreeMap<(ActorID, DatasetId), ChainEpoch>,
    /// AttoFIL that came in and did not go out.
    fil: TokenAmount,
}

impl Model {
    fn income(&mut self, currency: Currency, amount: i64) {
        let (share, total) = (amount * 3 / 10, self.staked.values().sum::<i64>());
        if total == 0 {
            return;
        }
        *self.distributed.get_mut(currency) += atto(share);
        for (account, staked) in &self.staked {
            let part = (i128::from(share * staked) << 40) / i128::from(total);
            self.earned.entry(*account).or_default()[currency as usize] += part;
        }
    }

    fn bought(&mut self, key: (ActorID, DatasetId), periods: u32, now: ChainEpoch) {
        let end = self.bought.entry(key).or_default();
        *end = now.max(*end) + 10 * i64::from(periods);
    }
}

fn step(world: &mut World, model: &mut Model, act: &Act) {
    match *act {
        Act::Stake(who, amount) => {
            let lawful = atto(amount) <= world.balance(who);
            assert_eq!(world.stake(who, amount).is_ok(), lawful);
            *model.staked.entry(who).or_default() += if lawful { amount } else { 0 };
        }
        Act::Unstake(who, amount) => {
            let staked = model.staked.entry(who).or_default();
            if world.unstake(who, amount).is_ok() {
                assert!(*staked >= amount);
                *staked -= amount;
            }
        }
        Act::Release(who) => {
            let before = world.owed(who).data;
            let released = world.release_unstaked(who);
            assert_eq!(world.owed(who).data, before + released);
            assert_eq!(world.release_unstaked(who), atto(0));
        }
        Act::Claim(who) => {
            let promised = world.stake_earned(who);
            let claimed = world.claim_revenue(who);
            assert_eq!(claimed, promised);
            *model.claimed.entry(who).or_default() += &claimed;
            assert_eq!(world.claim_revenue(who), cash(0, 0));
        }
        Act::Withdraw(who) => {
            let message = world.by(who);
            let paid = world.attempt(|state, store| state.withdraw(store, &message, who)).unwrap();
            model.fil -= paid.unwrap_or_default().fil;
        }
        Act::Buy(who, dataset, periods) => {
            let (currency, price) = PRICES[usize::try_from(dataset - 1).unwrap()];
            let total = price * i64::from(periods);
            let value = if currency == Currency::Fil { total } else { 0 };
            if world.buy_access(who, dataset, periods, value).is_ok() {
                model.fil += atto(value);
                model.income(currency, total);
                model.bought((who, dataset), periods, world.now);
            }
        }
        Act::Grant(who, dataset, epochs) => {
            let until = world.now + epochs;
            assert_eq!(world.grant_access(dataset, who, until).is_ok(), epochs > 0);
            if epochs > 0 {
                model.granted.insert((who, dataset), until);
            }
        }
        Act::Revoke(who, dataset) => {
            let granted = model.granted.remove(&(who, dataset)).unwrap_or_default();
            assert_eq!(world.revoke_access(dataset, who).is_ok(), granted > world.now);
        }
        Act::Expire(dataset) => _ = world.expire_access(dataset, &ACCOUNTS),
        Act::Wait(epochs) => world.now += epochs,
    }
}

/// `steps` bounds what rounding can have kept.
fn check(world: &World, model: &Model, steps: i64) {
    world.check_invariants();
    let booked = world.treasury().booked;
    assert_eq!(booked, Cash { fil: model.fil.clone(), data: world.balance(DAO) });
    let (mut claimed, mut claimable) = (cash(0, 0), cash(0, 0));
    for who in ACCOUNTS {
        let theirs = model.claimed.get(&who).cloned().unwrap_or_default();
        claimed += &theirs;
        claimable += &world.stake_earned(who);
        for currency in [Currency::Fil, Currency::Data] {
            let earned = theirs.get(currency) + world.stake_earned(who).get(currency);
            let due = model.earned.get(&who).map_or(0, |earned| earned[currency as usize] >> 40);
            let due = TokenAmount::from_atto(due);
            let lost = &due - &earned;
            assert!(atto(-1) <= lost && lost <= atto(steps), "f0{who}: {earned} of {due}");
        }
        for dataset in 1..=2 {
            let ends = [&model.granted, &model.bought].map(|ends| ends.get(&(who, dataset)));
            let has = ends.into_iter().flatten().any(|end| world.now < *end);
            assert_eq!(world.has_access(who, dataset), has);
        }
    }
    let pool = world.state.cold(&world.store).unwrap().staking.pool;
    for currency in [Currency::Fil, Currency::Data] {
        let dust = pool.get(currency) - claimable.get(currency);
        let found = claimed.get(currency) + claimable.get(currency) + &dust;
        assert_eq!(&found, model.distributed.get(currency));
        assert!(!dust.is_negative() && dust <= atto(3 * (steps + 1)), "dust of {dust}");
    }
}

proptest! {
    #[test]
    fn every_atto_of_stakes_and_revenue_is_somebody_s(acts in acts()) {
        let mut world = World::new().listing(2, 8).stored_by(&[900, 901, ANN]);
        let mut model = Model::default();
        for (dataset, (currency, price)) in (1..).zip(PRICES) {
            world.set_access(dataset, paid(currency, price, 10)).unwrap();
        }
        for who in ACCOUNTS {
            world.give(who, 1_000);
        }
        for (steps, act) in (1..).zip(&acts) {
            step(&mut world, &mut model, act);
            check(&world, &model, steps);
        }
        for who in ACCOUNTS {
            let staked = world.stake_of(who).staked;
            world.now += 30;
            world.release_unstaked(who);
            if staked.is_positive() {
                let message = world.by(who);
                world.attempt(|state, store| state.unstake(store, &message, &staked)).unwrap();
            }
            world.now += 30;
            world.release_unstaked(who);
            world.claim_revenue(who);
            prop_assert_eq!(world.stake_of(who), GetStakeReturn::default());
        }
        let staking = world.state.cold(&world.store).unwrap().staking;
        prop_assert_eq!(staking.total, atto(0));
        world.check_invariants();
    }
}
