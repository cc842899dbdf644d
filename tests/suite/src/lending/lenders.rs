//! Deposits, shares as a token, exits and the queue, and who governs.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fab::story::Lending;
use fvm_harness::{Account, Outcome, Provider, TokenAmount, atto, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use hostile_owner::{Message, Mood, Received, SetMood};
use shared::Method;
use shared::token::erc20::{self, EthAddress};
use shared::token::{InvokeEvm, Transfer, TransferParams};

use super::*;
use crate::erc20::events::{Log, assert_logs};
use crate::setup::{fields, lending};

fn masked(id: ActorID) -> EthAddress {
    EthAddress::from_id(id)
}

/// Moves shares by FRC-46.
fn transfer(m: &mut Lending, from: &Account, to: Address, amount: TokenAmount) -> Outcome {
    let params = TransferParams { to, amount, operator_data: RawBytes::default() };
    m.call::<Transfer>(from, &params).outcome
}

/// Moves shares by ERC-20.
fn transfer_by_abi(m: &mut Lending, from: &Account, to: Address, amount: TokenAmount) -> Outcome {
    let to = masked(m.net.resolve(&to).expect("an actor"));
    let calldata = erc20::Call::Transfer { to, amount }.encode().expect("calldata");
    m.call::<InvokeEvm>(from, &RawBytes::new(calldata)).outcome
}

fn deposit_for(m: &mut Lending, from: &Account, to: Address, amount: TokenAmount) -> Outcome {
    let params = DepositParams { to: Some(to), min_shares: fil(0) };
    m.pay::<Deposit>(from, &params, amount).outcome
}

/// An actor that does with tokens that it receives what its mood says.
fn receiver(m: &mut Lending, mood: Mood) -> Address {
    let owner = m.keeper.clone();
    let receiver = m.net.create(&owner, "hostile-owner", &()).ok().id_address;
    m.net.call::<SetMood>(&owner, receiver, &mood).ok();
    receiver
}

#[test]
fn a_deposit_buys_shares_at_the_price_and_an_exit_sells_them() {
    let mut m = lending().lent(2_000);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    assert_eq!(m.lender(&ann).shares, fil(2_000));
    m.loan(|_| {});
    m.pass(15);
    let (entry, exit) = prices(&mut m);
    assert!(exit > fil(1) && &entry - &exit <= atto(1));
    let shares = m.deposit(&bob, fil(100)).ok().shares;
    assert_about(&shares, (fil(100) * 10_u64.pow(18)).div_floor(entry.atto().clone()));
    let paid = m.redeem(&bob, shares).ok().paid;
    assert!(paid <= fil(100) && paid >= fil(100) - atto(2), "{paid}");
    let known = m.lender(&bob);
    assert_eq!((known.shares, known.deposited, &known.withdrawn), (fil(0), fil(100), &paid));
    assert_eq!(known.realised, paid - fil(100));
    m.check_invariants();
}

/// Half of what Ann has goes to Bob, with half of what it cost; what was earned before stays Ann's.
#[track_caller]
fn assert_shares_carry_cost_and_income(
    send: fn(&mut Lending, &Account, Address, TokenAmount) -> Outcome,
) {
    let mut m = lending().lent(2_000);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.loan(|_| {});
    m.pass(15);
    let earned = m.lender(&ann).income;
    assert!(earned > fil(4));
    send(&mut m, &ann, bob.address(), fil(1_000)).ok();
    for lender in [&ann, &bob] {
        let known = m.lender(lender);
        assert_eq!((known.shares, known.basis), (fil(1_000), fil(1_000)));
    }
    assert_eq!((m.lender(&ann).income, m.lender(&bob).income), (earned.clone(), fil(0)));
    m.pass(10);
    let more = m.lender(&bob).income;
    assert!(more > fil(1));
    assert_about(&(m.lender(&ann).income - earned), more);
    // What Bob has gained on paper is more than it has earned: it got its shares at cost.
    let known = m.lender(&bob);
    assert!(known.unrealised > known.income);
    m.check_invariants();
}

#[test]
fn shares_that_are_transferred_take_their_cost_and_later_income_along() {
    assert_shares_carry_cost_and_income(transfer);
}

#[test]
fn shares_that_are_transferred_by_the_abi_do_so_too() {
    assert_shares_carry_cost_and_income(transfer_by_abi);
}

#[test]
fn a_receiver_that_refuses_shares_undoes_a_deposit_for_it() {
    let mut m = lending().lent(10);
    let ann = m.ann.clone();
    let friend = receiver(&mut m, Mood::FRIENDLY);
    deposit_for(&mut m, &ann, friend, fil(3)).ok();
    assert_eq!(m.net.view::<Received>(friend, &()), 1);
    assert_eq!(m.view::<GetLender>(&friend).shares, fil(3));
    let foe = receiver(&mut m, Mood { refuses: true, ..Mood::FRIENDLY });
    let (state, balance) = (m.state(), m.net.balance(&ann));
    deposit_for(&mut m, &ann, foe, fil(3)).refused(ExitCode::USR_UNSPECIFIED);
    assert_eq!((m.state(), m.net.balance(&ann)), (state, balance));
    m.check_invariants();
}

#[test]
fn a_receiver_that_redeems_in_its_hook_gets_what_was_deposited() {
    let mut m = lending().lent(10);
    let ann = m.ann.clone();
    let redeem = RedeemParams { shares: fil(3), min_amount: fil(0), wait: true };
    let message = Message {
        to: m.address,
        method: Redeem::NUMBER,
        params: RawBytes::serialize(&redeem).expect("parameters that encode"),
    };
    let hasty = receiver(&mut m, Mood { sends: Some(message), ..Mood::FRIENDLY });
    deposit_for(&mut m, &ann, hasty, fil(3)).ok();
    assert_eq!((m.net.balance(hasty), m.pool().total_assets), (fil(3), fil(10)));
    m.check_invariants();
}

/// It would be the queue's keeper and its own lender. It has no receiver hook.
#[test]
fn shares_cannot_be_sent_to_the_market_or_to_a_miner() {
    let mut m = lending().lent(10);
    let ann = m.ann.clone();
    let state = m.state();
    for nobody in [m.address, m.sp.address()] {
        let unhandled = ExitCode::USR_UNHANDLED_MESSAGE;
        transfer(&mut m, &ann, nobody, fil(1)).refused(unhandled);
        transfer_by_abi(&mut m, &ann, nobody, fil(1)).refused(unhandled);
        deposit_for(&mut m, &ann, nobody, fil(1)).refused(unhandled);
    }
    assert_eq!(m.state(), state);
}

#[test]
fn nobody_deposits_or_exits_at_a_worse_price_than_it_allows() {
    let mut m = lending().lent(2_000);
    let ann = m.ann.clone();
    m.loan(|_| {});
    m.pass(15);
    let wanted = DepositParams { to: None, min_shares: fil(100) };
    m.pay::<Deposit>(&ann, &wanted, fil(100)).refused(code(Error::MinShares(fil(0))));
    let exact = |min_amount| RedeemParams { shares: fil(100), min_amount, wait: false };
    let worth = m.redeem(&ann, fil(100)).ok().paid;
    let more = exact(worth.clone() + atto(10));
    m.call::<Redeem>(&ann, &more).refused(code(Error::MinAmount(fil(0))));
    assert!(m.call::<Redeem>(&ann, &exact(worth.clone())).ok().paid >= worth);
    m.deposit(&ann, fil(0)).refused(code(Error::NothingSent));
    m.redeem(&ann, fil(0)).refused(code(Error::NoShares));
    m.redeem(&ann, fil(-1)).refused(code(Error::NoShares));
    m.redeem(&ann, atto(1)).ok();
    m.check_invariants();
}

#[test]
fn nobody_redeems_shares_of_others() {
    let mut m = lending().lent(100);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.redeem(&bob, fil(1)).refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    m.loan(|spec| spec.amount = fil(50));
    // Neither from cash nor through the queue.
    let all = m.redeem(&ann, fil(101));
    all.refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    m.redeem(&bob, fil(60)).refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    m.check_invariants();
}

#[test]
fn the_pool_takes_as_much_as_its_governor_says() {
    let mut m = lending().lent(2_000);
    let (ann, governor) = (m.ann.clone(), m.governor.clone());
    m.call::<SetDepositCap>(&governor, &fil(2_500)).ok();
    m.deposit(&ann, fil(500) + atto(1)).refused(code(Error::DepositCap(fil(0))));
    m.deposit(&ann, fil(500)).ok();
    m.call::<SetDepositCap>(&governor, &fil(100)).ok();
    m.deposit(&ann, atto(1)).refused(code(Error::DepositCap(fil(0))));
    // It is no limit to what is there.
    assert_eq!(m.redeem(&ann, fil(2_500)).ok().paid, fil(2_500));
    m.check_invariants();
}

#[test]
fn exits_are_paid_in_turn_by_later_deposits_and_payments() {
    let mut m = lending().lent(1_200);
    let (ann, bob, eve) = (m.ann.clone(), m.net.account("bob"), m.net.account("eve"));
    transfer(&mut m, &ann, bob.address(), fil(100)).ok();
    let loan = m.loan(|_| {}).loan;
    let no_wait = RedeemParams { shares: fil(300), min_amount: fil(0), wait: false };
    m.call::<Redeem>(&ann, &no_wait).refused(code(Error::Cash(fil(0))));
    m.redeem(&ann, fil(1) - atto(1)).refused(code(Error::MinExit(fil(0))));
    assert_eq!(m.redeem(&ann, fil(150)).ok().exit, Some(1));
    assert_eq!(m.redeem(&bob, fil(20)).ok().exit, Some(2));
    let first = m.view::<GetExit>(&1).expect("an exit");
    assert_eq!((first.lender, first.value, first.is_next), (ann.id, fil(150), true));
    assert!(!m.view::<GetExit>(&2).expect("an exit").is_next);
    let other = Provider::create(&mut m.net, "other");
    let spec = m.spec_for(&other);
    m.submit(&spec).refused(code(Error::ExitsWait));

    // A deposit pays what it can of the first, and nothing of the second.
    let deposited = m.deposit(&eve, fil(100)).outcome.ok();
    assert_eq!(fields::<u64>(&deposited, "exit-paid", "exit"), [1]);
    assert_eq!(fields::<bool>(&deposited, "exit-paid", "done"), [false]);
    assert_eq!((m.lender(&ann).withdrawn, m.lender(&bob).withdrawn), (fil(100), fil(0)));
    assert_eq!(m.view::<GetExit>(&1).expect("an exit").shares, fil(50));
    // Whoever comes later waits, be there cash or not.
    m.pass_to_due(loan);
    let paid = m.collect(loan).outcome.ok();
    assert_eq!(fields::<u64>(&paid, "exit-paid", "exit"), [1, 2]);
    assert_eq!(fields::<bool>(&paid, "exit-paid", "done"), [true, true]);
    // The shares that waited earned what all shares did.
    assert!(m.lender(&ann).withdrawn > fil(150) && m.lender(&bob).withdrawn > fil(20));
    assert_eq!((m.pool().queued, m.view::<GetExit>(&1)), (fil(0), None));
    let spec = m.spec_for(&other);
    m.submit(&spec).refused(code(Error::Cash(fil(0))));
    m.check_invariants();
}

#[test]
fn an_exit_is_cancelled_by_its_lender_and_leaves_no_gap() {
    let mut m = lending().lent(1_200);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.loan(|_| {});
    for _ in 0..3 {
        m.redeem(&ann, fil(10)).ok();
    }
    m.call::<CancelExit>(&bob, &2).refused(code(Error::NotLender(0, 0)));
    assert_eq!(m.call::<CancelExit>(&ann, &2).ok(), fil(10));
    m.call::<CancelExit>(&ann, &2).refused(code(Error::NoExit(0)));
    m.call::<CancelExit>(&ann, &4).refused(code(Error::NoExit(0)));
    let deposited = m.deposit(&bob, fil(50)).outcome.ok();
    assert_eq!(fields::<u64>(&deposited, "exit-paid", "exit"), [1, 3]);
    assert_eq!(m.lender(&ann).queued, fil(0));
    m.check_invariants();
}

#[test]
fn a_deposit_pays_four_exits_and_anyone_the_others() {
    let mut m = lending().lent(1_200);
    let (ann, bob, keeper) = (m.ann.clone(), m.net.account("bob"), m.keeper.clone());
    m.loan(|_| {});
    for _ in 0..7 {
        m.redeem(&ann, fil(10)).ok();
    }
    m.deposit(&bob, fil(1_000)).ok();
    assert_eq!(m.pool().queued, fil(30));
    // There is cash, but it is for those who came first.
    let no_wait = RedeemParams { shares: fil(5), min_amount: fil(0), wait: false };
    m.call::<Redeem>(&bob, &no_wait).refused(code(Error::Cash(fil(0))));
    let before = m.net.balance(&ann);
    let paid = m.call::<PayExits>(&keeper, &2).ok();
    assert!(paid.iter().map(|exit| exit.id).eq([5, 6]));
    for exit in paid {
        assert_eq!((exit.lender, exit.done), (ann.id, true));
        assert_eq!((exit.shares, exit.paid), (fil(10), fil(10)));
    }
    assert_eq!(m.net.balance(&ann), before + fil(20));
    let last = m.call::<PayExits>(&keeper, &32).ok();
    assert!(last.iter().map(|exit| exit.id).eq([7]));
    assert_eq!(m.call::<PayExits>(&keeper, &32).ok(), []);
    m.check_invariants();
}

#[test]
fn every_movement_of_shares_is_a_transfer_to_ethereum_s_tools() {
    let mut m = lending();
    let (ann, market) = (m.ann.clone(), m.id());
    let (a, q, null) = (masked(ann.id), masked(market), EthAddress::NULL);
    let at = m.address;
    let minted = m.deposit(&ann, fil(1_300)).outcome.ok();
    assert_logs(at, &minted, &[Log::transfer(null, a, fil(1_300))]);
    m.loan(|_| {});
    let paid = m.redeem(&ann, fil(30)).outcome.ok();
    assert_logs(at, &paid, &[Log::transfer(a, null, fil(30))]);
    let queued = m.redeem(&ann, fil(100)).outcome.ok();
    let partly = Log::transfer(q, null, fil(70));
    assert_logs(at, &queued, &[Log::transfer(a, q, fil(100)), partly]);
    let cancelled = m.call::<CancelExit>(&ann, &1).outcome.ok();
    assert_logs(at, &cancelled, &[Log::transfer(q, a, fil(30))]);
    m.redeem(&ann, fil(20)).ok();
    let bob = m.net.account("bob");
    let deposited = m.deposit(&bob, fil(50)).outcome.ok();
    let minted = Log::transfer(null, masked(bob.id), fil(50));
    assert_logs(at, &deposited, &[minted, Log::transfer(q, null, fil(20))]);
    m.check_invariants();
}

#[test]
fn fil_that_is_sent_to_the_market_changes_nothing() {
    let mut m = lending().lent(2_000);
    let keeper = m.keeper.clone();
    m.loan(|_| {});
    m.pass(15);
    let (state, before) = (m.state(), m.pool());
    let at = m.address;
    donate(&mut m, &keeper, at, fil(50_000));
    assert_eq!((m.state(), m.pool()), (state, before));
    m.check_invariants();
}

#[test]
fn fil_that_is_sent_to_an_agent_is_the_borrower_s_payment_and_moves_no_price() {
    let mut m = lending().lent(2_000);
    let (keeper, loan) = (m.keeper.clone(), m.loan(|_| {}));
    m.pass(15);
    let before = prices(&mut m);
    donate(&mut m, &keeper, Address::new_id(loan.agent), fil(500));
    let payment = m.collect(loan.loan).ok();
    assert_eq!((payment.received, payment.credit), (fil(500), fil(500)));
    assert_eq!(prices(&mut m), before);
    m.check_invariants();
}

#[test]
fn the_governor_hands_over_to_whom_it_named_and_who_confirms() {
    let mut m = lending();
    let (governor, bob, eve) = (m.governor.clone(), m.net.account("bob"), m.net.account("eve"));
    let refused = code(Error::NotGovernor(0));
    m.call::<ChangeGovernor>(&eve, &eve.address()).refused(refused);
    m.call::<ChangeGovernor>(&governor, &bob.robust).ok();
    m.call::<ChangeGovernor>(&eve, &eve.address()).refused(refused);
    m.call::<ChangeGovernor>(&bob, &eve.address()).refused(refused);
    m.call::<SetPaused>(&bob, &true).refused(refused);
    // Taken back, and named again.
    m.call::<ChangeGovernor>(&governor, &governor.address()).ok();
    m.call::<ChangeGovernor>(&bob, &bob.address()).refused(refused);
    m.call::<ChangeGovernor>(&governor, &bob.address()).ok();
    let confirmed = m.call::<ChangeGovernor>(&bob, &bob.robust).outcome.ok();
    assert_eq!(fields::<u64>(&confirmed, "governor-named", "governor"), [bob.id]);
    let roles = m.view::<GetRoles>(&());
    assert_eq!((roles.governor, roles.successor), (bob.id, None));
    m.call::<SetPaused>(&governor, &true).refused(refused);
    m.call::<SetPaused>(&bob, &true).ok();
    let nobody = Address::new_id(9_999_999);
    m.call::<ChangeGovernor>(&bob, &nobody).refused(ExitCode::USR_NOT_FOUND);
    m.check_invariants();
}

#[test]
fn anyone_has_the_treasury_paid_what_it_is_owed_once() {
    let mut m = lending().lent(2_000);
    let (governor, keeper, loan) = (m.governor.clone(), m.keeper.clone(), m.loan(|_| {}).loan);
    m.pass_to_due(loan);
    let interest = m.due(loan).arrears.interest;
    m.collect(loan).ok();
    let (before, pool) = (m.net.balance(&m.treasury.clone()), m.pool());
    let charge = (&interest * 1_500).div_floor(10_000);
    assert_eq!(pool.fees, (&charge * 1_000).div_floor(1_500));
    assert_eq!(m.call::<PayTreasury>(&keeper, &()).ok(), pool.fees.clone());
    assert_eq!(m.net.balance(&m.treasury.clone()), before + &pool.fees);
    assert_eq!(m.pool(), Pool { fees: fil(0), ..pool });
    assert_eq!(m.call::<PayTreasury>(&keeper, &()).ok(), fil(0));
    m.call::<SetTreasury>(&governor, &keeper.address()).ok();
    m.pass(30);
    m.collect(loan).ok();
    let before = m.net.balance(&keeper);
    let paid = m.call::<PayTreasury>(&keeper, &()).ok();
    assert!(paid.is_positive());
    assert_eq!(m.net.balance(&keeper), before + paid);
    m.check_invariants();
}
