//! The methods, and the system calls around the rules.

mod agent;
mod cover;
mod distress;
mod lenders;
mod loans;
mod payments;
mod records;
mod roles;
mod token;
mod underwriting;
mod views;

use fvm_shared::econ::TokenAmount;
use shared::ext::INIT_ACTOR;
use shared::token::erc20;
use shared::token::methods as frc46;
use shared::{Caller, Method, host};

use crate::api::*;
use crate::error::Error;
use crate::state::{Message, Payout, State};

const GOVERNOR: Caller = Caller::Role("governor");
const BORROWER: Caller = Caller::Role("borrower");

shared::dispatch! {
    Constructor::NUMBER => Caller::Only(INIT_ACTOR) => roles::constructor,
    GetRules::NUMBER => Caller::Anyone => roles::get_rules,
    GetRoles::NUMBER => Caller::Anyone => roles::get_roles,
    ChangeGovernor::NUMBER => Caller::Role("governor, or its successor") => roles::change_governor,
    SetTreasury::NUMBER => GOVERNOR => roles::set_treasury,
    SetDepositCap::NUMBER => GOVERNOR => roles::set_deposit_cap,
    SetPaused::NUMBER => GOVERNOR => roles::set_paused,
    SetUnderwriter::NUMBER => GOVERNOR => roles::set_underwriter,
    PayTreasury::NUMBER => Caller::Anyone => roles::pay_treasury,

    Deposit::NUMBER => Caller::Anyone => [payable] lenders::deposit,
    Redeem::NUMBER => Caller::Anyone => lenders::redeem,
    CancelExit::NUMBER => Caller::Role("lender of the exit") => lenders::cancel_exit,
    PayExits::NUMBER => Caller::Anyone => lenders::pay_exits,
    GetExit::NUMBER => Caller::Anyone => views::get_exit,
    GetPool::NUMBER => Caller::Anyone => views::get_pool,
    GetLender::NUMBER => Caller::Anyone => views::get_lender,

    ApproveSpec::NUMBER => Caller::Role("underwriter") => underwriting::approve_spec,
    CancelNonces::NUMBER => Caller::Anyone => underwriting::cancel_nonces,
    GetUnderwriter::NUMBER => Caller::Anyone => views::get_underwriter,
    GetCollateral::NUMBER => Caller::Anyone => views::get_collateral,

    Submit::NUMBER => BORROWER => loans::submit,
    Activate::NUMBER => BORROWER => loans::activate,
    Draw::NUMBER => BORROWER => loans::draw,
    FreeReserve::NUMBER => Caller::Anyone => loans::free_reserve,
    Collect::NUMBER => Caller::Anyone => payments::collect,
    Repay::NUMBER => Caller::Anyone => [payable] payments::repay,
    PayOff::NUMBER => BORROWER => [payable] payments::pay_off,
    WithdrawIncome::NUMBER => BORROWER => payments::withdraw_income,
    Release::NUMBER => Caller::Anyone => loans::release,
    GetLoan::NUMBER => Caller::Anyone => views::get_loan,
    GetSchedule::NUMBER => Caller::Anyone => views::get_schedule,
    GetDue::NUMBER => Caller::Anyone => views::get_due,
    ListLoans::NUMBER => Caller::Anyone => views::list_loans,

    Impair::NUMBER => Caller::Anyone => distress::impair,
    DeclareDefault::NUMBER => Caller::Anyone => distress::declare_default,
    Seize::NUMBER => GOVERNOR => distress::seize,

    StakeCover::NUMBER => Caller::Anyone => [payable] cover::stake,
    UnstakeCover::NUMBER => Caller::Anyone => cover::unstake,
    WithdrawCover::NUMBER => Caller::Anyone => cover::withdraw,
    GetCover::NUMBER => Caller::Anyone => cover::get,

    Attest::NUMBER => Caller::Role("lender") => records::attest,
    GetReputation::NUMBER => Caller::Anyone => records::get_reputation,

    shared::token::Name::NUMBER => Caller::Anyone => frc46::name::<State>,
    shared::token::Symbol::NUMBER => Caller::Anyone => frc46::symbol::<State>,
    shared::token::Granularity::NUMBER => Caller::Anyone => frc46::granularity,
    shared::token::TotalSupply::NUMBER => Caller::Anyone => frc46::total_supply::<State>,
    shared::token::Balance::NUMBER | shared::token::BalanceOf::NUMBER
        => Caller::Anyone => frc46::balance::<State>,
    shared::token::Allowance::NUMBER => Caller::Anyone => frc46::allowance::<State>,
    shared::token::Transfer::NUMBER => Caller::Anyone => frc46::transfer::<State>,
    shared::token::TransferFrom::NUMBER => Caller::Anyone => frc46::transfer_from::<State>,
    shared::token::IncreaseAllowance::NUMBER
        => Caller::Anyone => frc46::increase_allowance::<State>,
    shared::token::DecreaseAllowance::NUMBER
        => Caller::Anyone => frc46::decrease_allowance::<State>,
    shared::token::RevokeAllowance::NUMBER => Caller::Anyone => frc46::revoke_allowance::<State>,
    shared::token::Burn::NUMBER => Caller::Anyone => frc46::burn::<State>,
    shared::token::BurnFrom::NUMBER => Caller::Anyone => frc46::burn_from::<State>,
    shared::token::InvokeEvm::NUMBER => Caller::Anyone => erc20::invoke::<State>,
}

fn load() -> Result<State, Error> {
    Ok(host::load()?)
}

fn message() -> Message {
    Message { now: host::epoch(), caller: host::caller(), value: host::value() }
}

/// Runs one rule on the state and commits what it changed.
fn change<R>(rule: impl FnOnce(&mut State, &Message) -> Result<R, Error>) -> Result<R, Error> {
    let mut state = load()?;
    let result = rule(&mut state, &message())?;
    host::commit(&state)?;
    Ok(result)
}

/// The state as it is now, with all interest recognised, for methods that change nothing.
fn accrued() -> Result<State, Error> {
    let mut state = load()?;
    state.accrue(&host::Store, host::epoch())?;
    Ok(state)
}

/// Pays an actor. No code of it runs.
fn pay(payout: &Payout) -> Result<(), Error> {
    Ok(host::pay(payout.to, &payout.amount)?)
}

/// Pays a lender in the queue, or the borrower whose loan somebody repays, if it is still there.
fn pay_bystander(payout: &Payout) -> Result<(), Error> {
    Ok(host::pay_bystander(payout.to, &payout.amount)?)
}

fn zero() -> TokenAmount {
    TokenAmount::default()
}
