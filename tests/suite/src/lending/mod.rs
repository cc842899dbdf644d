//! The lending market and its agents.

mod activation;
mod agent;
mod audits_consensys;
mod audits_others;
mod audits_sherlock;
mod bad_input;
mod collection;
mod distress;
mod lenders;
mod life;
mod liquidation;
mod miner;
mod pause;
mod release;
mod signatures;
mod two_years;
mod underwrite;

use actor_lending_market::api::*;
use fab::story::{Lending, PIECE_SIZE, piece};
use fvm_harness::{Account, Call, Outcome, Reply, TokenAmount, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::SectorNumber;
use shared::Fault;
use shared::ext::market::PublishStorageDealsReturn;
use shared::ext::{REWARD_ACTOR, SYSTEM_ACTOR};

use crate::setup::lending;

const MODELS: [Control; 2] = [Control::Custody, Control::Beneficiary];

/// The exit code of an error, whatever it carries.
fn code(error: impl Fault) -> ExitCode {
    error.exit_code()
}

/// The story's loan, controlled so, in a market with 5,000 FIL.
fn lent(control: Control) -> (Lending, Submitted) {
    let mut m = lending().lent(5_000);
    let loan = m.loan(|spec| spec.control = control);
    (m, loan)
}

/// Whether an amount is so many FIL, but for roundings and virtual shares.
#[track_caller]
fn assert_about(amount: &TokenAmount, whole: TokenAmount) {
    let off = amount - &whole;
    assert!(off.atto().magnitude() < atto(10_000_000).atto().magnitude(), "{amount} for {whole}");
}

/// The network fines the story's miner for all that it has free and some 300 FIL more.
fn ruin(m: &mut Lending) {
    let miner = m.sp.address();
    let third = m.net.balance(miner).div_ceil(3) + fil(100);
    let params = (miner, third, fil(0), 1_i64);
    let call = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(REWARD_ACTOR));
    m.net.implicit(call.method(2, &params)).ok();
    assert!(available(m).is_negative());
}

fn available(m: &mut Lending) -> TokenAmount {
    let miner = m.sp.address();
    m.view::<GetCollateral>(&miner).available
}

/// Gives the story's miner so much that it has this amount free.
fn endow(m: &mut Lending, amount: &TokenAmount) {
    let missing = amount - available(m);
    let miner = m.sp.address();
    m.net.fund(miner, missing);
}

/// The story's provider proves a sector, whose pledge is about a FIL.
fn seal(m: &mut Lending) -> SectorNumber {
    let client = m.net.account("client");
    m.net.add_escrow(&client, &client, fil(1)).ok();
    let proposal = m.sp.proposal(&m.net, client.address(), piece(1), PIECE_SIZE);
    let signed = vec![client.sign_deal(&proposal)];
    let deals: PublishStorageDealsReturn = m.sp.publish_signed(&mut m.net, signed).returned();
    m.sp.activate(&mut m.net, deals.ids[0], &proposal)
}

/// Lends 1,200 FIL on the story's miner, which loses all it has, and goes to when the first instalment is
/// due.
fn overdue(m: &mut Lending) -> LoanId {
    let loan = m.loan(|_| {}).loan;
    ruin(m);
    m.pass_to_due(loan);
    loan
}

/// Goes to when an overdue loan can be impaired.
fn pass_to_impairment(m: &mut Lending, loan: LoanId) {
    let from = m.due(loan).impaired_from.expect("an overdue loan");
    m.pass_to(from);
}

/// Goes to when an overdue loan can be declared in default.
fn pass_to_default(m: &mut Lending, loan: LoanId) {
    let from = m.due(loan).default_from.expect("an overdue loan");
    m.pass_to(from);
}

fn repay(m: &mut Lending, loan: LoanId, amount: TokenAmount) -> Reply<Payment> {
    let keeper = m.keeper.clone();
    m.pay::<Repay>(&keeper, &loan, amount)
}

fn impair(m: &mut Lending, loan: LoanId) -> Reply<Payment> {
    let keeper = m.keeper.clone();
    m.call::<Impair>(&keeper, &loan)
}

fn declare_default(m: &mut Lending, loan: LoanId) -> Reply<Payment> {
    let keeper = m.keeper.clone();
    m.call::<DeclareDefault>(&keeper, &loan)
}

/// The borrower repays all, with enough FIL of its own.
fn pay_off(m: &mut Lending, loan: LoanId) -> Reply<Payment> {
    let owner = m.sp.owner.clone();
    let amount = m.due(loan).payoff.total();
    m.pay::<PayOff>(&owner, &PayOffParams { loan, from_miner: fil(0) }, amount)
}

fn release(m: &mut Lending, loan: LoanId) -> Reply<Holding> {
    let keeper = m.keeper.clone();
    m.call::<Release>(&keeper, &loan)
}

fn pause(m: &mut Lending) {
    let governor = m.governor.clone();
    m.call::<SetPaused>(&governor, &true).ok();
}

/// Stakes cover behind the underwriter.
fn stake(m: &mut Lending, sponsor: &Account, amount: TokenAmount) {
    let underwriter = m.underwriter.address();
    m.pay::<StakeCover>(sponsor, &underwriter, amount).ok();
}

fn known_underwriter(m: &mut Lending) -> Underwriter {
    let underwriter = m.underwriter.address();
    m.view::<GetUnderwriter>(&underwriter)
}

/// What a share is worth to those who deposit and to those who exit: attoFIL for 10^18.
fn prices(m: &mut Lending) -> (TokenAmount, TokenAmount) {
    let pool = m.pool();
    (pool.entry_price, pool.exit_price)
}

/// Sends FIL without a method.
fn donate(m: &mut Lending, from: &Account, to: Address, amount: TokenAmount) -> Outcome {
    m.net.run(Call::new(from, to).value(amount)).ok()
}
