//! A miner's money: what is available, what vests, what is owed, and who is paid.

use fvm_harness::{Account, Call, Network, Outcome, TokenAmount, fil};
use fvm_shared::address::Address;
use shared::ext::miner::*;
use shared::ext::{BURNT_FUNDS_ACTOR, REWARD_ACTOR, SYSTEM_ACTOR};
use shared::method_hash;

use super::miner_terms::Mine;
use super::{DAY, FORBIDDEN, ILLEGAL_ARGUMENT, INSUFFICIENT_FUNDS, Market, ask};

const INITIAL_PLEDGE: u64 = method_hash!("InitialPledge");
const MAX_TERMINATION_FEE: u64 = method_hash!("MaxTerminationFee");
/// The least that a block pays in the first days of a network.
const BLOCK_REWARD: i64 = 7;

impl Mine {
    fn available(&mut self) -> TokenAmount {
        self.ask(GET_AVAILABLE_BALANCE, &()).returned()
    }

    fn vesting(&mut self) -> Vec<(i64, TokenAmount)> {
        let GetVestingFundsReturn { vesting_funds } = self.ask(GET_VESTING_FUNDS, &()).returned();
        vesting_funds
    }

    fn locked(&mut self) -> TokenAmount {
        self.vesting().into_iter().map(|(_, amount)| amount).sum()
    }

    fn balance(&self) -> TokenAmount {
        self.net.balance(self.sp.address())
    }

    /// A won block with a gas reward and a penalty, which the reward actor triples. Returns the
    /// reward.
    fn block(&mut self, gas_reward: TokenAmount, penalty: TokenAmount) -> TokenAmount {
        let reserve = self.net.balance(Address::new_id(REWARD_ACTOR));
        let params = (self.sp.address(), penalty, gas_reward, 1_i64);
        let call = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(REWARD_ACTOR));
        self.net.implicit(call.method(2, &params)).ok();
        reserve - self.net.balance(Address::new_id(REWARD_ACTOR))
    }

    fn repay(&mut self, caller: &Account) -> Outcome {
        self.call(caller, REPAY_DEBT, &())
    }
}

fn burnt(net: &Network) -> TokenAmount {
    net.balance(Address::new_id(BURNT_FUNDS_ACTOR))
}

#[test]
fn a_new_miner_s_deposit_vests_like_a_reward() {
    let mut m = Mine::new();
    let (vesting, locked) = (m.vesting(), m.locked());
    assert!(locked > fil(0));
    assert_eq!(m.available(), m.balance() - locked);
    assert!(vesting.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let last = vesting.last().unwrap().0;
    assert!((180 * DAY..181 * DAY).contains(&(last - 1)), "{last}");
}

#[test]
fn owner_and_beneficiary_withdraw_and_nobody_else() {
    let mut m = Mine::new();
    let (owner, worker, eve) = (m.sp.owner.clone(), m.sp.worker.clone(), m.net.account("eve"));
    for caller in [&worker, &eve] {
        m.withdraw(caller, fil(1)).refused(FORBIDDEN);
    }
    m.withdraw(&owner, fil(-1)).refused(ILLEGAL_ARGUMENT);
    let (before, available) = (m.net.balance(&owner), m.available());
    assert_eq!(m.withdraw(&owner, fil(5)).returned::<TokenAmount>(), fil(5));
    let rest: TokenAmount = m.withdraw(&owner, fil(1_000_000)).returned();
    assert_eq!(rest, &available - fil(5));
    assert_eq!(m.net.balance(&owner), before + available);
    assert_eq!(m.available(), fil(0));
    assert_eq!(m.withdraw(&owner, fil(1)).returned::<TokenAmount>(), fil(0));
}

#[test]
fn a_withdrawal_goes_to_the_beneficiary_whoever_asks_up_to_its_quota() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    let owner = m.sp.owner.clone();
    let (of_owner, of_lender) = (m.net.balance(&owner), m.net.balance(&lender));
    assert_eq!(m.withdraw(&owner, fil(30)).returned::<TokenAmount>(), fil(30));
    assert_eq!(m.withdraw(&lender, fil(0)).returned::<TokenAmount>(), fil(0));
    assert_eq!(m.withdraw(&lender, fil(500)).returned::<TokenAmount>(), fil(70));
    assert_eq!(m.net.balance(&owner), of_owner);
    assert_eq!(m.net.balance(&lender), of_lender + fil(100));
    assert_eq!(m.active(), (lender.address(), fil(100), fil(100), 5_000));
    for caller in [&owner, &lender] {
        m.withdraw(caller, fil(1)).refused(FORBIDDEN);
        m.withdraw(caller, fil(0)).refused(FORBIDDEN);
    }
}

#[test]
fn after_the_term_nobody_withdraws_until_the_owner_takes_over() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 200);
    let owner = m.sp.owner.clone();
    m.net.advance(199 - m.net.epoch());
    m.withdraw(&lender, fil(1)).ok();
    m.net.advance(1);
    for caller in [&owner, &lender] {
        m.withdraw(caller, fil(1)).refused(FORBIDDEN);
    }
    m.name(&owner, &owner, 0, 0).ok();
    m.withdraw(&owner, fil(1)).ok();
    m.withdraw(&lender, fil(1)).refused(FORBIDDEN);
}

#[test]
fn an_empty_miner_pays_nothing_and_uses_no_quota() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 1_000_000, 5_000);
    m.withdraw(&lender, fil(1_000_000)).ok();
    let (used, paid) = (m.active().2, m.withdraw(&lender, fil(1)).returned::<TokenAmount>());
    assert_eq!((paid, m.active().2), (fil(0), used));
}

#[test]
fn a_quarter_of_a_reward_is_free_and_the_rest_vests_over_180_days() {
    let mut m = Mine::new();
    m.net.advance(10);
    let (balance, available, deposit) = (m.balance(), m.available(), m.locked());
    let reward = m.block(fil(1), fil(0));
    assert!(reward > fil(1 + BLOCK_REWARD));
    assert_eq!(m.balance() - balance, reward);
    let locked = (&reward * 3).div_floor(4);
    assert_eq!(m.locked(), deposit + &locked);
    assert_eq!(m.available(), available + reward - locked);
}

#[test]
fn what_has_vested_becomes_available_when_it_is_withdrawn() {
    let mut m = Mine::new();
    let owner = m.sp.owner.clone();
    m.withdraw(&owner, fil(1_000_000)).ok();
    m.block(fil(100), fil(0));
    let (quarter, vesting) = (m.available(), m.vesting());
    m.net.skip(90 * DAY);
    let now = m.net.epoch();
    // Nobody has vested anything yet.
    assert_eq!((m.available(), m.vesting()), (quarter.clone(), vesting.clone()));
    let vested: TokenAmount =
        vesting.iter().filter(|(epoch, _)| *epoch < now).map(|(_, amount)| amount).sum();
    let locked = m.locked();
    assert!(&vested * 100 > &locked * 49 && &vested * 100 < &locked * 51);
    let paid: TokenAmount = m.withdraw(&owner, fil(1_000_000)).returned();
    assert_eq!(paid, quarter + &vested);
    assert_eq!(m.locked(), locked - vested);
    m.net.skip(92 * DAY);
    let rest = m.locked();
    assert_eq!(m.withdraw(&owner, fil(1_000_000)).returned::<TokenAmount>(), rest);
    assert_eq!((m.vesting(), m.balance()), (vec![], fil(0)));
}

#[test]
fn a_penalty_is_burnt_from_unvested_rewards_first() {
    let mut m = Mine::new();
    m.block(fil(100), fil(0));
    let (available, locked, before) = (m.available(), m.locked(), burnt(&m.net));
    let gain = m.block(fil(0), fil(10));
    assert_eq!(burnt(&m.net), before + fil(30));
    let kept = (&gain * 3).div_floor(4);
    assert_eq!(m.locked(), locked + &kept - fil(30));
    assert_eq!(m.available(), available + gain - kept);
}

#[test]
fn a_miner_in_debt_pays_nobody_until_the_debt_is_repaid() {
    let mut m = Mine::new();
    let (owner, worker, eve) = (m.sp.owner.clone(), m.sp.worker.clone(), m.net.account("eve"));
    m.withdraw(&owner, fil(1_000_000)).ok();
    let (balance, before) = (m.balance(), burnt(&m.net));
    let paid = balance + m.block(fil(0), fil(100));
    assert_eq!(burnt(&m.net), before + &paid);
    let debt = fil(300) - paid;
    assert_eq!((m.available(), m.locked()), (debt.clone() * -1, fil(0)));
    m.withdraw(&owner, fil(1)).refused(INSUFFICIENT_FUNDS);
    m.withdraw(&owner, fil(0)).refused(INSUFFICIENT_FUNDS);

    m.repay(&eve).refused(FORBIDDEN);
    m.repay(&worker).ok();
    assert_eq!(m.available(), debt.clone() * -1);
    m.net.fund(m.sp.address(), fil(10));
    assert_eq!(m.available(), fil(10) - &debt);
    m.repay(&worker).ok();
    assert_eq!((m.available(), m.balance()), (fil(10) - &debt, fil(0)));
    m.net.fund(m.sp.address(), fil(1_000));
    let free = fil(1_010) - &debt;
    assert_eq!(m.available(), free);
    let before = burnt(&m.net);
    assert_eq!(m.withdraw(&owner, fil(1)).returned::<TokenAmount>(), fil(1));
    assert_eq!(burnt(&m.net), before + debt - fil(10));
    assert_eq!(m.available(), free - fil(1));
}

/// FIP-0100.
#[test]
fn a_sector_costs_a_fee_every_day() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let (_, sector) = m.active(&proposal);
    let (miner, sp) = (m.sp.address(), m.sp.clone());
    let (held, before) = (m.net.balance(miner), burnt(&m.net));
    sp.skip_proving(&mut m.net, sector, 5 * DAY);
    // 5.56 parts in 10^15 of the supply for 32 GiB.
    let supply = fil(500_000_000);
    let day =
        TokenAmount::from_atto((supply.atto() * 161_817_u64 * (32_u64 << 30)) / 10_u128.pow(30));
    assert_eq!(burnt(&m.net) - before, &day * 5);
    assert_eq!(m.net.balance(miner), held - day * 5);
}

#[test]
fn the_beneficiary_does_not_repay() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    m.repay(&lender).refused(FORBIDDEN);
    let owner = m.sp.owner.clone();
    m.repay(&owner).ok();
}

#[test]
fn a_sector_locks_a_deposit_then_a_pledge_and_its_end_costs_a_fee() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let deal = m.deal(&proposal);
    let (sp, net) = (&mut m.sp, &mut m.net);
    let miner = sp.address();
    let amount = |net: &mut Network, method| ask(net, miner, method, &()).returned::<TokenAmount>();
    let free = amount(net, GET_AVAILABLE_BALANCE);
    let sector = sp.pre_commit(net, &proposal);
    let deposit = free.clone() - amount(net, GET_AVAILABLE_BALANCE);
    assert!(deposit > fil(0));
    assert_eq!(amount(net, INITIAL_PLEDGE), fil(0));
    net.advance(151);
    let vested = amount(net, GET_AVAILABLE_BALANCE) - (free.clone() - &deposit);
    sp.prove(net, sector, deal, &proposal).ok();
    let pledge = amount(net, INITIAL_PLEDGE);
    // A FIL for 32 GiB at most, rounded down for each byte.
    assert_eq!(pledge, TokenAmount::from_atto(29_103_830_i64) * (32_i64 << 30));
    let with_sector = free + vested - &pledge;
    assert_eq!(amount(net, GET_AVAILABLE_BALANCE), with_sector);

    let power = fvm_shared::bigint::bigint_ser::BigIntDe((32_u64 << 30).into());
    let most: TokenAmount =
        ask(net, miner, MAX_TERMINATION_FEE, &(power, pledge.clone())).returned();
    let before = (net.balance(miner), burnt(net));
    sp.end_sector(net, sector).ok();
    let fee = before.0 - net.balance(miner);
    assert!(fee > fil(0) && fee <= most, "{fee} of {most}");
    // One FIL of collateral left the escrow.
    assert_eq!(burnt(net) - before.1, fee + fil(1));
    assert_eq!(amount(net, INITIAL_PLEDGE), fil(0));
}
