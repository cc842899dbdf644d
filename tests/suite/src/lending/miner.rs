//! What these stories do to the borrower's miner, and ask of it.

use actor_lending_market::api::WithdrawIncome;
use fab::story::Lending;
use fvm_harness::{Account, Call, Outcome, TokenAmount};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::ext::miner::*;
use shared::ext::{REWARD_ACTOR, SYSTEM_ACTOR};

pub fn call<P: Serialize + 'static>(
    m: &mut Lending,
    from: &Account,
    method: MethodNum,
    params: &P,
) -> Outcome {
    m.net.run(Call::new(from, m.sp.address()).method(method, params))
}

pub fn ask<R: DeserializeOwned>(m: &mut Lending, method: MethodNum) -> R {
    m.net.dry_run(Call::new(&m.keeper, m.sp.address()).method(method, &())).returned()
}

pub fn is_controlled_by(m: &mut Lending, who: &Account) -> bool {
    let ask = Call::new(&m.keeper, m.sp.address()).method(IS_CONTROLLING_ADDRESS, &who.address());
    m.net.dry_run(ask).returned()
}

pub fn change_owner(m: &mut Lending, from: &Account, to: impl Into<Address>) -> Outcome {
    call(m, from, CHANGE_OWNER_ADDRESS, &to.into())
}

/// Proposes a beneficiary as the owner, or approves one as whoever else is asked.
pub fn change_beneficiary(
    m: &mut Lending,
    from: &Account,
    to: impl Into<Address>,
    quota: &TokenAmount,
    expiration: ChainEpoch,
) -> Outcome {
    let params = ChangeBeneficiaryParams {
        new_beneficiary: to.into(),
        new_quota: quota.clone(),
        new_expiration: expiration,
    };
    call(m, from, CHANGE_BENEFICIARY, &params)
}

/// Has the owner withdraw so much at the most. Returns what came.
pub fn withdraw(m: &mut Lending, amount: &TokenAmount) -> TokenAmount {
    let (owner, params) =
        (m.sp.owner.clone(), WithdrawBalanceParams { amount_requested: amount.clone() });
    call(m, &owner, WITHDRAW_BALANCE, &params).returned()
}

pub fn withdraw_all(m: &mut Lending) -> TokenAmount {
    withdraw(m, &TokenAmount::from_whole(1_000_000))
}

/// What the miner would pay now: what is available, and what has vested.
pub fn at_hand(m: &mut Lending) -> TokenAmount {
    let GetVestingFundsReturn { vesting_funds } = ask(m, GET_VESTING_FUNDS);
    let now = m.net.epoch();
    let vested = vesting_funds.into_iter().filter(|(epoch, _)| *epoch < now);
    let vested: TokenAmount = vested.map(|(_, amount)| amount).sum();
    ask::<TokenAmount>(m, GET_AVAILABLE_BALANCE) + vested
}

/// A won block with a gas reward, of which three quarters vest over 180 days.
pub fn earn(m: &mut Lending, gas_reward: TokenAmount) {
    m.net.block_reward(m.sp.address(), gas_reward).ok();
}

/// A won block with a penalty: burnt from what vests, then from what is available, and owed beyond
/// that.
pub fn penalise(m: &mut Lending, penalty: TokenAmount) {
    // The reward actor triples it.
    let params = (m.sp.address(), penalty.div_floor(3), TokenAmount::default(), 1_i64);
    let call = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(REWARD_ACTOR));
    m.net.implicit(call.method(2, &params)).ok();
}

/// The borrower asks for income of the story's miner.
pub fn income(m: &mut Lending, loan: u64, amount: TokenAmount) -> fvm_harness::Reply<TokenAmount> {
    let owner = m.sp.owner.clone();
    let params = actor_lending_market::api::WithdrawIncomeParams { loan, amount };
    m.call::<WithdrawIncome>(&owner, &params)
}
