//! A miner's money: rewards and how they vest, withdrawals, penalties and fee debt.

use fvm_harness::{Account, Provider, TokenAmount, fil};
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::sector::SectorNumber;
use shared::ext::miner::*;
use shared::ext::{POWER_ACTOR, REWARD_ACTOR, SYSTEM_ACTOR};

use super::names::{
    APPLY_REWARDS, AWARD_BLOCK_REWARD, CURRENT_TOTAL_POWER, THIS_EPOCH_REWARD, UPDATE_NETWORK_KPI,
};
use super::stage::Stage;
use super::{DAY, NOBODY, address, check};

#[test]
fn vesting_and_withdrawals_do_as_recorded() {
    check("miner-vesting", play_vesting);
}

#[test]
fn fee_debt_does_as_recorded() {
    check("miner-fee-debt", play_debt);
}

#[test]
fn pledge_and_fees_of_sectors_do_as_recorded() {
    check("miner-pledge", play_pledge);
}

#[test]
fn block_rewards_do_as_recorded() {
    check("block-rewards", play_rewards);
}

fn funds(s: &mut Stage, sp: &Provider) {
    for method in [GET_AVAILABLE_BALANCE, GET_VESTING_FUNDS] {
        s.call(&sp.worker, sp.address(), method, &());
    }
}

/// A won block, with what it earns in gas and a penalty.
fn block(s: &mut Stage, sp: &Provider, gas_reward: i64, penalty: i64) {
    let params = (sp.address(), fil(penalty), fil(gas_reward), 1_i64);
    s.call_as(address(SYSTEM_ACTOR), address(REWARD_ACTOR), AWARD_BLOCK_REWARD, &params);
}

fn play_vesting(s: &mut Stage) {
    let sp = s.provider("sp");
    let eve = s.account("eve");
    s.chapter("Owner and beneficiary withdraw, and nobody else");
    s.call(&eve, sp.address(), GET_AVAILABLE_BALANCE, &());
    for (caller, amount) in [(&sp.worker, 1), (&eve, 1), (&sp.owner, -1), (&sp.owner, 5)] {
        s.withdraw(&sp, caller, amount);
    }
    s.withdraw(&sp, &sp.owner, 1_000_000);
    s.withdraw(&sp, &sp.owner, 1);
    s.chapter("A quarter of a reward is free, and the rest vests over 180 days");
    block(s, &sp, 100, 0);
    funds(s, &sp);
    s.withdraw(&sp, &sp.owner, 1_000_000);
    s.net.skip(10 * DAY);
    s.call(&eve, sp.address(), GET_AVAILABLE_BALANCE, &());
    s.withdraw(&sp, &sp.owner, 1);
    s.call(&eve, sp.address(), GET_AVAILABLE_BALANCE, &());
    s.withdraw(&sp, &sp.owner, 1_000_000);
    s.net.skip(171 * DAY);
    s.withdraw(&sp, &sp.owner, 1_000_000);
    funds(s, &sp);
    s.withdraw(&sp, &sp.owner, 1_000_000);
}

fn play_debt(s: &mut Stage) {
    let sp = s.provider("sp");
    let (eve, lender) = (s.account("eve"), s.account("lender"));
    s.chapter("A penalty is burnt from unvested rewards first");
    s.withdraw(&sp, &sp.owner, 1_000_000);
    block(s, &sp, 100, 0);
    block(s, &sp, 0, 10);
    s.call(&eve, sp.address(), GET_AVAILABLE_BALANCE, &());
    s.chapter("What is not covered is owed");
    block(s, &sp, 0, 100);
    funds(s, &sp);
    s.withdraw(&sp, &sp.owner, 1);
    s.withdraw(&sp, &sp.owner, 0);
    s.chapter("A controlling address repays what can be repaid");
    for caller in [&eve, &lender, &sp.worker] {
        s.call(caller, sp.address(), REPAY_DEBT, &());
    }
    s.net.fund(sp.address(), fil(10));
    s.call(&sp.owner, sp.address(), REPAY_DEBT, &());
    funds(s, &sp);
    s.chapter("A block pays the debt first, and a withdrawal the rest of it");
    block(s, &sp, 20, 0);
    funds(s, &sp);
    s.net.fund(sp.address(), fil(1_000));
    s.withdraw(&sp, &sp.owner, 1);
    s.call(&sp.owner, sp.address(), REPAY_DEBT, &());
    funds(s, &sp);
}

fn play_pledge(s: &mut Stage) {
    let mut sp = s.provider("sp");
    let client = s.account("client");
    s.chapter("A sector locks a deposit, and then a pledge");
    let proposal = s.proposal(&sp, &client, 1);
    let deal = s.deal(&sp, &client, &proposal);
    s.call(&client, sp.address(), GET_AVAILABLE_BALANCE, &());
    let sector = sp.pre_commit(&mut s.net, &proposal);
    amounts(s, &sp, &client);
    s.net.advance(151);
    sp.prove(&mut s.net, sector, deal, &proposal);
    amounts(s, &sp, &client);
    s.chapter("A sector is proven while its deadline is open, once a day");
    let (deadline, partition) = sp.locate(&mut s.net, sector);
    for (deadline, partition) in [(deadline, partition), (deadline, 1), (48, 0)] {
        sp.prove_window(&mut s.net, deadline, partition);
    }
    s.chapter("A proven sector costs a fee every day, and has power");
    for _ in 0..3 {
        day(s, &sp, sector, &client);
    }
    s.chapter("Its early end costs a fee");
    sp.end_sector(&mut s.net, sector);
    amounts(s, &sp, &client);
}

fn day(s: &mut Stage, sp: &Provider, sector: SectorNumber, asker: &Account) {
    s.skip_proving(sp, sector, DAY);
    s.call(asker, sp.address(), GET_AVAILABLE_BALANCE, &());
    s.call(asker, address(POWER_ACTOR), CURRENT_TOTAL_POWER, &());
}

fn amounts(s: &mut Stage, sp: &Provider, asker: &Account) {
    s.call(asker, sp.address(), GET_AVAILABLE_BALANCE, &());
    s.call(asker, sp.address(), INITIAL_PLEDGE, &());
    let most = (BigIntDe((32_u64 << 30).into()), fil(1));
    s.call(asker, sp.address(), MAX_TERMINATION_FEE, &most);
}

fn play_rewards(s: &mut Stage) {
    let sp = s.provider("sp");
    let (ann, reward) = (s.account("ann"), address(REWARD_ACTOR));
    let system = address(SYSTEM_ACTOR);
    let award = |s: &mut Stage, to, penalty: i64, gas: i64, wins: i64| {
        let params = (to, fil(penalty), fil(gas), wins);
        s.call_as(system, reward, AWARD_BLOCK_REWARD, &params);
    };
    s.chapter("A block pays its miner by its wins, and gas on top");
    for wins in [1, 2, 5] {
        award(s, sp.address(), 0, 3, wins);
    }
    s.call(&ann, reward, THIS_EPOCH_REWARD, &());
    s.chapter("Rewards shrink with the epochs");
    for epochs in [1, 1, 100, 1_000] {
        s.net.advance(epochs);
        award(s, sp.address(), 0, 0, 1);
        s.call(&ann, reward, THIS_EPOCH_REWARD, &());
    }
    s.chapter("A reward that nobody can take is burnt");
    award(s, ann.address(), 0, 1, 1);
    award(s, address(POWER_ACTOR), 0, 1, 1);
    award(s, NOBODY, 0, 1, 1);
    s.chapter("An award makes sense");
    award(s, sp.address(), 0, 0, 0);
    award(s, sp.address(), 0, 0, -1);
    award(s, sp.address(), -1, 0, 1);
    award(s, sp.address(), 0, -1, 1);
    award(s, sp.address(), 0, 2_000_000_000, 1);
    s.chapter("Only the system awards, and only the reward actor tells a miner of it");
    let params = (sp.address(), TokenAmount::default(), TokenAmount::default(), 1_i64);
    s.call(&ann, reward, AWARD_BLOCK_REWARD, &params);
    s.call(&ann, reward, UPDATE_NETWORK_KPI, &BigIntDe(1.into()));
    s.call(&sp.owner, sp.address(), APPLY_REWARDS, &(fil(1), fil(0)));
    s.call(&ann, reward, 1_000, &());
}
