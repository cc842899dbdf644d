//! Whom the agent of a loan obeys: its market, its borrower as the miner's operator, and after default
//! whoever liquidates.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_loan_agent::api as agent;
use actor_loan_agent::error::Error as AgentError;
use fab::story::Lending;
use fvm_harness::{Account, Call, fil};
use fvm_ipld_encoding::{BytesDe, RawBytes};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use shared::ext::INIT_ACTOR;
use shared::ext::init::{EXEC4, Exec4Params, ExecReturn};
use shared::ext::miner::{
    ChangeMultiaddrsParams, ChangePeerIdParams, ChangeWorkerAddressParams, REPAY_DEBT,
    WITHDRAW_BALANCE, WithdrawBalanceParams,
};
use shared::{Method, method_hash};

use super::{MODELS, code, lent, miner};
use crate::setup::lending;

const FORBIDDEN: ExitCode = ExitCode::USR_FORBIDDEN;
/// Epochs until a new worker may be put in place.
const WORKER_DELAY: i64 = 900;

fn held(control: Control) -> (Lending, Submitted, Address) {
    let (m, loan) = lent(control);
    let agent = Address::new_id(loan.agent);
    (m, loan, agent)
}

/// A loan in default on a miner that owes the network more than it has.
fn defaulted() -> (Lending, Submitted, Address) {
    let (mut m, loan, agent) = held(Control::Custody);
    miner::penalise(&mut m, fil(30_000));
    default(&mut m, &loan);
    (m, loan, agent)
}

fn default(m: &mut Lending, loan: &Submitted) {
    m.pass_to_due(loan.loan);
    m.pass(31);
    let keeper = m.keeper.clone();
    assert_eq!(m.call::<DeclareDefault>(&keeper, &loan.loan).ok().phase, Phase::Defaulted);
}

fn keys(worker: &Account, control: &[&Account]) -> ChangeWorkerAddressParams {
    ChangeWorkerAddressParams {
        new_worker: worker.address(),
        new_control_addresses: control.iter().map(|account| account.address()).collect(),
    }
}

fn peer(id: &[u8]) -> ChangePeerIdParams {
    ChangePeerIdParams { new_id: id.to_vec() }
}

fn multiaddrs(address: &[u8]) -> ChangeMultiaddrsParams {
    ChangeMultiaddrsParams { new_multiaddrs: vec![BytesDe(address.to_vec())] }
}

/// Asserts that an actor cannot call a method of the agent's, and that trying changes nothing.
#[track_caller]
fn refuses<P: Serialize + 'static>(
    m: &mut Lending,
    agent: Address,
    from: Address,
    method: MethodNum,
    params: &P,
    code: ExitCode,
) {
    let before = m.net.snapshot();
    m.net.implicit(Call::new(from, agent).method(method, params)).refused(code);
    assert_eq!(m.net.snapshot(), before);
}

/// Asserts that an actor cannot operate the miner through the agent.
#[track_caller]
fn operates_nothing(m: &mut Lending, agent: Address, from: Address, code: ExitCode) {
    let worker = keys(&m.sp.worker.clone(), &[]);
    refuses(m, agent, from, agent::ChangeWorkerAddress::NUMBER, &worker, code);
    refuses(m, agent, from, agent::ChangePeerID::NUMBER, &peer(b"eve"), code);
    refuses(m, agent, from, agent::ChangeMultiaddrs::NUMBER, &multiaddrs(b"eve"), code);
}

#[test]
fn an_agent_knows_its_market_borrower_miner_and_what_became_of_them() {
    for control in MODELS {
        let mut m = lending().lent(5_000);
        let spec = LoanSpec { control, ..m.spec() };
        let loan = m.submit(&spec).ok();
        let agent = Address::new_id(loan.agent);
        let mut info = agent::AgentInfo {
            market: m.id(),
            borrower: spec.borrower,
            miner: spec.miner,
            control,
            holding: Holding::Waiting,
            seized: false,
        };
        assert_eq!(m.net.view::<agent::GetAgent>(agent, &()), info);
        assert!(!m.net.view::<agent::HoldsMiner>(agent, &()));
        m.propose(&spec, &loan).ok();
        m.activate(&spec, &loan).ok();
        info.holding = Holding::Held;
        assert_eq!(m.net.view::<agent::GetAgent>(agent, &()), info);
        assert!(m.net.view::<agent::HoldsMiner>(agent, &()));
    }
}

#[test]
fn an_agent_obeys_its_market_alone() {
    for control in MODELS {
        let (mut m, loan, agent) = held(control);
        let (sp, governor) = (m.sp.clone(), m.governor.address());
        let activate = agent::ActivateParams { from: sp.owner.id, quota: fil(0), expiration: 0 };
        let release = agent::ReleaseParams { to: sp.owner.id };
        let seize = keys(&sp.worker, &[&sp.owner]);
        let everybody = [sp.owner.address(), sp.address(), governor, m.keeper.address(), agent];
        let not_market = code(AgentError::NotMarket(0));
        for from in everybody {
            refuses(&mut m, agent, from, agent::Activate::NUMBER, &activate, not_market);
            refuses(&mut m, agent, from, agent::Collect::NUMBER, &fil(1), not_market);
            refuses(&mut m, agent, from, agent::PayIncome::NUMBER, &fil(1), not_market);
            refuses(&mut m, agent, from, agent::Release::NUMBER, &release, not_market);
            refuses(&mut m, agent, from, agent::Seize::NUMBER, &seize, not_market);
        }
        let again = agent::ConstructorParams { borrower: m.keeper.id, miner: sp.id, control };
        let market = m.address;
        refuses(&mut m, agent, market, agent::Constructor::NUMBER, &again, FORBIDDEN);
        refuses(
            &mut m,
            agent,
            market,
            agent::Activate::NUMBER,
            &activate,
            code(AgentError::NotWaiting),
        );
        assert!(m.net.view::<agent::HoldsMiner>(agent, &()));
        assert_eq!(m.info(loan.loan).phase, Phase::Live);
        m.check_invariants();
    }
}

/// Anything else could say what it likes. Eve is the market of these agents herself.
#[test]
fn an_agent_takes_nothing_but_a_miner() {
    let mut m = lending();
    let eve = m.keeper.clone();
    let fake = m.net.create(&eve, "hostile-owner", &()).ok().id_address.id().unwrap();
    for (name, miner) in [(b"a", eve.id), (b"b", fake), (b"c", 9_999_999)] {
        let constructor =
            agent::ConstructorParams { borrower: eve.id, miner, control: Control::Custody };
        let params = Exec4Params {
            constructor_params: RawBytes::serialize(constructor).unwrap(),
            ..m.net.exec4_params("loan-agent", name)
        };
        let call = Call::new(&eve, Address::new_id(INIT_ACTOR)).method(EXEC4, &params);
        let made: ExecReturn = m.net.run(call).returned();
        let activate = agent::ActivateParams { from: eve.id, quota: fil(0), expiration: 0 };
        let activated = m.net.call::<agent::Activate>(&eve, made.id_address, &activate);
        activated.refused(code(AgentError::NotMiner(0)));
    }
}

#[test]
fn only_the_borrower_operates_the_miner() {
    let (mut m, _, agent) = held(Control::Custody);
    let confirm = agent::ConfirmChangeWorkerAddress::NUMBER;
    for from in [m.keeper.address(), m.governor.address(), m.address, m.sp.worker.address()] {
        operates_nothing(&mut m, agent, from, code(AgentError::NotBorrower(0)));
        refuses(&mut m, agent, from, confirm, &(), code(AgentError::NotBorrower(0)));
    }
    m.check_invariants();
}

#[test]
fn in_custody_the_borrower_changes_workers_and_where_the_miner_is_found() {
    let (mut m, _, agent) = held(Control::Custody);
    let (sp, control) = (m.sp.clone(), m.keeper.clone());
    let worker = m.net.bls_account("next");
    let owner = &sp.owner;
    m.net.call::<agent::ChangeWorkerAddress>(owner, agent, &keys(&worker, &[&control])).ok();
    assert!(miner::is_controlled_by(&mut m, &control) && !miner::is_controlled_by(&mut m, &worker));
    m.net.advance(WORKER_DELAY - 1);
    m.net.call::<agent::ConfirmChangeWorkerAddress>(owner, agent, &()).ok();
    assert!(miner::is_controlled_by(&mut m, &sp.worker));
    m.net.advance(1);
    m.net.call::<agent::ConfirmChangeWorkerAddress>(owner, agent, &()).ok();
    assert!(miner::is_controlled_by(&mut m, &worker));
    assert!(!miner::is_controlled_by(&mut m, &sp.worker));
    m.net.call::<agent::ChangePeerID>(owner, agent, &peer(b"new peer")).ok();
    m.net.call::<agent::ChangeMultiaddrs>(owner, agent, &multiaddrs(b"new address")).ok();
    let (peer,): (BytesDe,) = miner::ask(&mut m, method_hash!("GetPeerID"));
    let (addresses,): (Vec<BytesDe>,) = miner::ask(&mut m, method_hash!("GetMultiaddrs"));
    assert_eq!((peer.0, addresses[0].0.clone()), (b"new peer".to_vec(), b"new address".to_vec()));
    assert!(m.net.view::<agent::HoldsMiner>(agent, &()));
    // The owner is the agent: the borrower does it through that or not at all.
    miner::change_owner(&mut m, owner, owner).refused(FORBIDDEN);
    m.check_invariants();
}

#[test]
fn nobody_operates_a_miner_that_the_agent_does_not_own() {
    let (mut m, _, agent) = held(Control::Beneficiary);
    let owner = m.sp.owner.address();
    operates_nothing(&mut m, agent, owner, code(AgentError::NotCustody));
    let mut m = lending().lent(5_000);
    let spec = m.spec();
    let loan = m.submit(&spec).ok();
    let agent = Address::new_id(loan.agent);
    operates_nothing(&mut m, agent, owner, code(AgentError::NotHeld));
    m.propose(&spec, &loan).ok();
    m.activate(&spec, &loan).ok();
    let all = PayOffParams { loan: loan.loan, from_miner: fil(3_000) };
    m.call::<PayOff>(&m.sp.owner.clone(), &all).ok();
    m.call::<Release>(&m.keeper.clone(), &loan.loan).ok();
    operates_nothing(&mut m, agent, owner, code(AgentError::NotHeld));
    m.check_invariants();
}

#[test]
fn the_governor_seizes_a_miner_in_default_and_nobody_else_and_no_other() {
    let (mut m, loan, agent) = held(Control::Custody);
    let (governor, keeper) = (m.governor.clone(), m.keeper.clone());
    let params = SeizeParams { loan: loan.loan, keys: keys(&m.sp.worker, &[&keeper]) };
    m.call::<Seize>(&governor, &params).refused(code(Error::Phase(Phase::Live)));
    miner::penalise(&mut m, fil(30_000));
    default(&mut m, &loan);
    for from in [&keeper, &m.sp.owner.clone(), &m.underwriter.clone()] {
        m.call::<Seize>(from, &params).refused(code(Error::NotGovernor(0)));
    }
    assert!(!miner::is_controlled_by(&mut m, &keeper));
    m.call::<Seize>(&governor, &params).ok();
    assert!(miner::is_controlled_by(&mut m, &keeper));
    assert!(m.net.view::<agent::GetAgent>(agent, &()).seized);
    m.check_invariants();
}

#[test]
fn a_miner_that_stayed_with_its_owner_is_not_seized() {
    let (mut m, loan, _) = held(Control::Beneficiary);
    let governor = m.governor.clone();
    miner::penalise(&mut m, fil(30_000));
    default(&mut m, &loan);
    let params = SeizeParams { loan: loan.loan, keys: keys(&m.sp.worker, &[&governor]) };
    let outcome = m.call::<Seize>(&governor, &params).refused(ExitCode::USR_UNSPECIFIED);
    assert!(outcome.backtrace.contains("the borrower is the miner's owner"), "{outcome}");
    m.check_invariants();
}

#[test]
fn a_liquidator_acts_at_once_and_its_worker_when_anyone_confirms_it() {
    let (mut m, loan, agent) = defaulted();
    let (sp, keeper, governor) = (m.sp.clone(), m.keeper.clone(), m.governor.clone());
    let (liquidator, worker) = (m.net.account("liquidator"), m.net.bls_account("worker"));
    miner::call(&mut m, &liquidator, REPAY_DEBT, &()).refused(FORBIDDEN);
    let params = SeizeParams { loan: loan.loan, keys: keys(&worker, &[&liquidator]) };
    m.call::<Seize>(&governor, &params).ok();
    miner::call(&mut m, &liquidator, REPAY_DEBT, &()).ok();
    let all = WithdrawBalanceParams { amount_requested: fil(1) };
    miner::call(&mut m, &liquidator, WITHDRAW_BALANCE, &all).refused(FORBIDDEN);
    operates_nothing(&mut m, agent, sp.owner.address(), code(AgentError::Seized));
    m.net.advance(WORKER_DELAY);
    assert!(miner::is_controlled_by(&mut m, &sp.worker));
    m.net.call::<agent::ConfirmChangeWorkerAddress>(&keeper, agent, &()).ok();
    assert!(miner::is_controlled_by(&mut m, &worker));
    assert!(!miner::is_controlled_by(&mut m, &sp.worker));
    // What the liquidation brings is collected as ever, and what is over is the borrower's.
    let owed = -miner::at_hand(&mut m);
    m.net.fund(m.sp.address(), owed + fil(2_000));
    let debt = m.due(loan.loan).payoff.total();
    let payment = m.collect(loan.loan).ok();
    assert_eq!((payment.received, payment.phase), (debt, Phase::Recovered));
    assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Offered);
    miner::change_owner(&mut m, &sp.owner, &sp.owner).ok();
    assert!(miner::is_controlled_by(&mut m, &sp.owner));
    m.check_invariants();
}

/// A miner keeps one that waits until it is confirmed, whoever comes later.
#[test]
fn a_worker_that_the_borrower_had_named_delays_the_liquidator_s_and_no_more() {
    let (mut m, loan, agent) = held(Control::Custody);
    miner::penalise(&mut m, fil(30_000));
    m.pass_to_due(loan.loan);
    m.pass(31);
    let (sp, keeper, governor) = (m.sp.clone(), m.keeper.clone(), m.governor.clone());
    let [trojan, worker] = ["trojan", "worker"].map(|name| m.net.bls_account(name));
    m.net.call::<agent::ChangeWorkerAddress>(&sp.owner, agent, &keys(&trojan, &[])).ok();
    m.call::<DeclareDefault>(&keeper, &loan.loan).ok();
    let params = SeizeParams { loan: loan.loan, keys: keys(&worker, &[&keeper]) };
    m.call::<Seize>(&governor, &params).ok();
    assert!(miner::is_controlled_by(&mut m, &keeper));
    // The second time confirms the one that waited, and names the liquidator's.
    m.net.advance(WORKER_DELAY);
    m.call::<Seize>(&governor, &params).ok();
    assert!(miner::is_controlled_by(&mut m, &trojan));
    m.net.advance(WORKER_DELAY);
    m.net.call::<agent::ConfirmChangeWorkerAddress>(&keeper, agent, &()).ok();
    assert!(miner::is_controlled_by(&mut m, &worker));
    assert!(!miner::is_controlled_by(&mut m, &trojan));
    m.check_invariants();
}
