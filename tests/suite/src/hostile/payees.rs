//! Whom plain sends pay: one that would refuse everything, and one that is no more. A plain send runs
//! no code of the first; it fails for the second, which must harm nobody else.

use actor_datadao::api::{Action, Currency, Withdraw};
use actor_lending_market::api::*;
use actor_perpetual_storage::api as storage_api;
use fab::story::{Dao, Lending, Storage};
use fvm_harness::{Account, Call, Network, Provider, fil};
use fvm_shared::METHOD_SEND;
use fvm_shared::address::Address;
use hostile_puppet::Step;
use shared::Method;

use super::puppet;
use super::sites;
use super::table::Table;
use crate::hostile_owners::give;
use crate::setup::{DAY, lending, pushing, storage};

/// A story that has come to where a message pays the puppet.
trait Story {
    fn net(&mut self) -> &mut Network;
    fn check(&mut self);
    /// Whether the actor still owes what it could not pay.
    fn owes(&mut self, _puppet: Address) -> bool {
        false
    }
}

impl Story for Dao {
    fn net(&mut self) -> &mut Network {
        &mut self.net
    }

    fn check(&mut self) {
        self.check_invariants();
    }

    fn owes(&mut self, puppet: Address) -> bool {
        !self.owed(puppet).is_zero()
    }
}

impl Story for Storage {
    fn net(&mut self) -> &mut Network {
        &mut self.net
    }

    fn check(&mut self) {
        self.check_invariants();
    }
}

impl Story for Lending {
    fn net(&mut self) -> &mut Network {
        &mut self.net
    }

    fn check(&mut self) {
        self.check_invariants();
    }
}

struct Case {
    name: &'static str,
    story: Box<dyn Story>,
    puppet: Address,
    call: Call,
}

fn case(name: &'static str, story: impl Story + 'static, puppet: Address, call: Call) -> Case {
    Case { name, story: Box::new(story), puppet, call }
}

fn withdraw_from_dao() -> Case {
    let mut dao = pushing();
    let (admin, ann) = (dao.admin.clone(), dao.holder("ann", fil(1_000)));
    let puppet = puppet::create(&mut dao.net, &admin);
    dao.fund(fil(3));
    let spend = Action::Spend { to: puppet, currency: Currency::Fil, amount: fil(3) };
    dao.decide(&ann, vec![spend]);
    let call = Call::new(&ann, dao.address).method(Withdraw::NUMBER, &vec![puppet]);
    case("DataDAO: Withdraw", dao, puppet, call)
}

fn withdraw_from_storage() -> Case {
    let mut storage = storage();
    let uploader = storage.uploader.clone();
    let puppet = puppet::create(&mut storage.net, &uploader);
    storage.pay::<storage_api::Deposit>(&uploader, &Some(puppet), fil(5)).ok();
    let call = Call::new(puppet, storage.address);
    let call = call.method(storage_api::Withdraw::NUMBER, &fil(5));
    case("PerpetualStorage: Withdraw, its own", storage, puppet, call)
}

/// A pool without cash, in which the puppet waits for 10 FIL and Ann for 5 after it; and Ann before it
/// for a FIL, so many times.
fn queued(before: usize) -> (Lending, Address) {
    let mut m = lending().lent(1_200);
    let (ann, keeper) = (m.ann.clone(), m.keeper.clone());
    let puppet = puppet::create(&mut m.net, &keeper);
    let deposit = DepositParams { to: Some(puppet), min_shares: fil(0) };
    m.pay::<Deposit>(&keeper, &deposit, fil(10)).ok();
    m.loan(|spec| spec.amount = fil(1_210));
    for _ in 0..before {
        m.redeem(&ann, fil(1)).ok();
    }
    let exit = RedeemParams { shares: fil(10), min_amount: fil(0), wait: true };
    m.net.implicit(Call::new(puppet, m.address).method(Redeem::NUMBER, &exit)).ok();
    m.redeem(&ann, fil(5)).ok();
    (m, puppet)
}

fn to_pool<M: Method>(m: &Lending, from: &Account, params: &M::Params, value: i64) -> Call {
    Call::new(from, m.address).method(M::NUMBER, params).value(fil(value))
}

fn exits() -> Vec<Case> {
    let (m, puppet) = queued(0);
    let params = DepositParams { to: None, min_shares: fil(0) };
    let call = to_pool::<Deposit>(&m, &m.keeper, &params, 20);
    let deposit = case("LendingMarket: Deposit, an exit", m, puppet, call);

    let (mut m, puppet) = queued(0);
    m.pass_to_due(1);
    let call = to_pool::<Repay>(&m, &m.keeper, &1, 20);
    let repay = case("LendingMarket: Repay, an exit", m, puppet, call);

    let (mut m, puppet) = queued(0);
    m.pass_to_due(1);
    let call = to_pool::<Collect>(&m, &m.keeper, &1, 0);
    let collect = case("LendingMarket: Collect, an exit", m, puppet, call);

    let (mut m, puppet) = queued(4);
    let ann = m.ann.clone();
    m.deposit(&ann, fil(30)).ok();
    let call = to_pool::<PayExits>(&m, &m.keeper, &32, 0);
    vec![deposit, repay, collect, case("LendingMarket: PayExits", m, puppet, call)]
}

fn redeem() -> Case {
    let mut m = lending().lent(10);
    let keeper = m.keeper.clone();
    let puppet = puppet::create(&mut m.net, &keeper);
    let deposit = DepositParams { to: Some(puppet), min_shares: fil(0) };
    m.pay::<Deposit>(&keeper, &deposit, fil(10)).ok();
    let redeem = RedeemParams { shares: fil(10), min_amount: fil(0), wait: false };
    let call = Call::new(puppet, m.address).method(Redeem::NUMBER, &redeem);
    case("LendingMarket: Redeem, its own", m, puppet, call)
}

fn cover() -> Case {
    let mut m = lending().lent(10);
    let keeper = m.keeper.clone();
    let puppet = puppet::create(&mut m.net, &keeper);
    m.net.fund(puppet, fil(5));
    let underwriter = m.underwriter.address();
    let call = |m: &Lending| Call::new(puppet, m.address);
    let stake = call(&m).method(StakeCover::NUMBER, &underwriter).value(fil(5));
    m.net.implicit(stake).ok();
    let params = GetCoverParams { underwriter, sponsor: puppet };
    let shares = m.view::<GetCover>(&params).shares;
    let leave = call(&m).method(UnstakeCover::NUMBER, &UnstakeCoverParams { underwriter, shares });
    m.net.implicit(leave).ok();
    let free_at = m.view::<GetCover>(&params).free_at;
    m.pass_to(free_at);
    let withdraw = call(&m).method(WithdrawCover::NUMBER, &underwriter);
    case("LendingMarket: WithdrawCover, its own", m, puppet, withdraw)
}

fn tip() -> Case {
    let mut storage = storage().keeping(1);
    let uploader = storage.uploader.clone();
    let puppet = puppet::create(&mut storage.net, &uploader);
    let ad = storage.ads(1)[0];
    let (_, missed) = storage.take(ad);
    storage.pass_to(missed.start_epoch + 1);
    let call = Call::new(puppet, storage.address);
    let call = call.method(storage_api::Refresh::NUMBER, &vec![1_u64]);
    case("PerpetualStorage: Refresh, its own tip", storage, puppet, call)
}

fn treasury() -> Case {
    let mut m = lending().lent(2_000);
    let governor = m.governor.clone();
    let puppet = puppet::create(&mut m.net, &governor);
    m.call::<SetTreasury>(&governor, &puppet).ok();
    let loan = m.loan(|_| {}).loan;
    m.pass_to_due(loan);
    m.collect(loan).ok();
    let call = to_pool::<PayTreasury>(&m, &m.keeper, &(), 0);
    case("LendingMarket: PayTreasury", m, puppet, call)
}

fn payee() -> Case {
    let mut m = lending().lent(2_000);
    let (keeper, owner) = (m.keeper.clone(), m.sp.owner.clone());
    let puppet = puppet::create(&mut m.net, &keeper);
    let spec = LoanSpec { payee: Some(puppet.id().unwrap()), ..m.spec() };
    let submitted = m.submit(&spec).ok();
    m.propose(&spec, &submitted).ok();
    let call = to_pool::<Activate>(&m, &owner, &submitted.loan, 0);
    case("LendingMarket: Activate, the payee", m, puppet, call)
}

fn in_parts() -> Draws {
    Draws::Pledge(PledgeDraws { max_draw: fil(600), window: 20 * DAY })
}

/// A loan whose borrower is the puppet.
fn borrowed() -> (Lending, Address, Submitted) {
    borrowed_with(|_| {})
}

/// The same with other terms.
fn borrowed_with(change: impl FnOnce(&mut LoanSpec)) -> (Lending, Address, Submitted) {
    let mut m = lending().lent(2_000);
    let (keeper, sp): (Account, Provider) = (m.keeper.clone(), m.sp.clone());
    let puppet = puppet::create(&mut m.net, &keeper);
    give(&mut m.net, &sp, puppet);
    let mut spec = LoanSpec { borrower: puppet.id().unwrap(), ..m.spec() };
    change(&mut spec);
    let submit = Call::new(puppet, m.address).method(Submit::NUMBER, &m.signed(&spec));
    let submitted: Submitted = m.net.implicit(submit).returned();
    let agent = Address::new_id(submitted.agent);
    let method = shared::ext::miner::CHANGE_OWNER_ADDRESS;
    m.net.implicit(Call::new(puppet, sp.address()).method(method, &agent)).ok();
    let activate = Call::new(puppet, m.address).method(Activate::NUMBER, &submitted.loan);
    m.net.implicit(activate).ok();
    (m, puppet, submitted)
}

/// A loan of the puppet's with 250 FIL of credit: what the keeper has repaid of it, of which nothing is
/// due.
fn in_credit() -> (Lending, Address, Submitted) {
    let (mut m, puppet, submitted) = borrowed_with(|spec| {
        spec.draws = in_parts();
        spec.instalments = 2;
    });
    let params = DrawParams { loan: submitted.loan, amount: fil(100) };
    m.net.implicit(Call::new(puppet, m.address).method(Draw::NUMBER, &params)).ok();
    let keeper = m.keeper.clone();
    m.pay::<Repay>(&keeper, &submitted.loan, fil(250)).ok();
    (m, puppet, submitted)
}

fn credit() -> Case {
    let (mut m, puppet, submitted) = in_credit();
    for _ in 0..2 {
        m.pass_to_due(submitted.loan);
        m.collect(submitted.loan).ok();
    }
    let keeper = m.keeper.clone();
    let call = to_pool::<FreeReserve>(&m, &keeper, &submitted.loan, 0);
    case("LendingMarket: FreeReserve, the borrower's credit", m, puppet, call)
}

fn refinanced() -> Case {
    let (mut m, puppet, old) = in_credit();
    let borrower = puppet.id().unwrap();
    let spec = LoanSpec { borrower, refinances: Some(old.loan), amount: fil(300), ..m.spec() };
    let submit = Call::new(puppet, m.address).method(Submit::NUMBER, &m.signed(&spec));
    let new: Submitted = m.net.implicit(submit).returned();
    let call = Call::new(puppet, m.address).method(Activate::NUMBER, &new.loan);
    case("LendingMarket: Activate, its own credit of the loan before", m, puppet, call)
}

/// The same, repaid by the borrower with what the miner has.
fn repaid() -> (Lending, Address, Submitted) {
    let (mut m, puppet, submitted) = borrowed();
    let owed = m.due(submitted.loan).payoff.total();
    let params = PayOffParams { loan: submitted.loan, from_miner: owed };
    m.net.implicit(Call::new(puppet, m.address).method(PayOff::NUMBER, &params)).ok();
    (m, puppet, submitted)
}

fn income() -> Case {
    let (m, puppet, submitted) = borrowed();
    let params = WithdrawIncomeParams { loan: submitted.loan, amount: fil(1) };
    let call = Call::new(puppet, m.address).method(WithdrawIncome::NUMBER, &params);
    case("LoanAgent: PayIncome, the borrower", m, puppet, call)
}

fn refund() -> Case {
    let (m, puppet, submitted) = repaid();
    let call = to_pool::<Repay>(&m, &m.keeper, &submitted.loan, 11);
    case("LendingMarket: Repay, what the borrower does not owe", m, puppet, call)
}

/// The last instalment of a loan, and more.
fn surplus() -> Case {
    let (mut m, puppet, submitted) = borrowed_with(|spec| spec.instalments = 1);
    m.pass_to_due(submitted.loan);
    let call = to_pool::<Repay>(&m, &m.keeper, &submitted.loan, 1_500);
    case("LendingMarket: Repay, more than is owed", m, puppet, call)
}

fn released() -> Case {
    let (mut m, puppet, submitted) = repaid();
    m.net.fund(Address::new_id(submitted.agent), fil(4));
    let call = to_pool::<Release>(&m, &m.keeper, &submitted.loan, 0);
    case("LoanAgent: Release, the borrower", m, puppet, call)
}

/// What fails where its payee is no more, as nobody else waits for it.
const NOBODY_WAITS: [&str; 3] = [
    "LendingMarket: PayTreasury",
    "LendingMarket: Activate, the payee",
    "LendingMarket: Repay, what the borrower does not owe",
];

#[test]
fn a_payee_runs_no_code_and_one_that_is_no_more_stops_nobody_else() {
    let mut cases = vec![withdraw_from_dao(), withdraw_from_storage(), tip(), redeem(), cover()];
    cases.extend(exits());
    cases.extend([credit(), surplus(), refund(), treasury(), payee(), refinanced()]);
    cases.extend([income(), released()]);
    let mut table = Table::new("payees", &["Who is paid", "would refuse", "is no more"]);
    for Case { name, mut story, puppet, call } in cases {
        story.net().set_tracing(true);
        let start = story.net().snapshot();
        let paid = |story: &mut Box<dyn Story>| {
            let before = story.net().balance(puppet);
            let outcome = puppet::run(story.net(), call.clone());
            story.check();
            let paid = story.net().balance(puppet) > before;
            if paid {
                sites::assert_attacked(story.net(), name, &outcome.calls, &puppet);
            }
            let exit = outcome.exit_code.value().to_string();
            let ends = [(paid, ", paid"), (story.owes(puppet), ", owed")];
            ends.into_iter().filter(|(is, _)| *is).fold(exit, |cell, (_, end)| cell + end)
        };
        puppet::tell(story.net(), puppet, METHOD_SEND, vec![puppet::exit(90)]);
        let would_refuse = paid(&mut story);
        assert_eq!(would_refuse, "0, paid", "{name}");
        story.net().restore(&start);
        let is_no_more = if call.from == puppet {
            let last = vec![Step::SelfDestruct, Step::Try(puppet::as_message(&call))];
            let outcome = puppet::act(story.net(), puppet, last);
            story.check();
            puppet::told(&outcome, puppet.id().unwrap())
        } else {
            puppet::destroy(story.net(), puppet);
            let cell = paid(&mut story);
            let goes_on = cell.starts_with('0');
            assert_eq!(goes_on, !NOBODY_WAITS.contains(&name), "{name}: {cell}");
            cell
        };
        table.row(vec![name.to_owned(), would_refuse, is_no_more]);
    }
    table.verify();
}

/// Every deposit and every payment pays those who wait: one who cannot be paid would stop the market.
#[test]
fn a_lender_that_destroyed_itself_in_the_queue_stops_neither_exits_nor_payments() {
    let (mut m, puppet) = queued(0);
    puppet::destroy(&mut m.net, puppet);
    let (ann, keeper) = (m.ann.clone(), m.keeper.clone());
    let before = m.net.balance(&ann);
    let deposited = m.deposit(&keeper, fil(15)).outcome.ok();
    assert_eq!(deposited.events_of("unpaid").len(), 1);
    assert_eq!(m.net.balance(&ann), before + fil(5));
    assert_eq!((m.pool().queued, m.pool().cash), (fil(0), fil(0)));
    // What could not be paid is nobody's, and in no price.
    let (booked, balance) = (m.state().booked(), m.net.balance(m.address));
    assert_eq!(balance - booked, fil(10));
    m.check_invariants();
    m.pass_to_due(1);
    m.collect(1).ok();
    m.check_invariants();
}
