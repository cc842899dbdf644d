//! Whatever is sent to a lending market or to an agent, it ends with a defined exit code and keeps its
//! state.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_loan_agent::api as agent;
use actor_loan_agent::error::Error as AgentError;
use fab::story::Lending;
use fvm_harness::{Call, atto, fil};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use shared::ext::INIT_ACTOR;
use shared::ext::miner::{ChangeMultiaddrsParams, ChangePeerIdParams, ChangeWorkerAddressParams};
use shared::method::Listed;
use shared::{Method, token};

use super::*;
use crate::bad_input::nonsense;
use crate::setup::{DAY, lending};

const PAYABLE: [MethodNum; 4] =
    [Deposit::NUMBER, Repay::NUMBER, PayOff::NUMBER, StakeCover::NUMBER];

/// Every method of the market and its token, and of an agent, each with whom it is sent to.
fn methods(m: &mut Lending) -> Vec<(Address, &'static Listed)> {
    let loan = m.loan(|_| {});
    let market = METHODS.iter().chain(token::METHODS).map(|method| (m.address, method));
    let agent = agent::METHODS.iter().chain(shared::ext::loan_agent::METHODS);
    market.chain(agent.map(|method| (Address::new_id(loan.agent), method))).collect()
}

/// Whom the table admits, if not everyone.
fn guard(method: MethodNum) -> Option<Address> {
    (method == Constructor::NUMBER).then_some(Address::new_id(INIT_ACTOR))
}

fn states(m: &Lending, to: Address) -> (actor_lending_market::state::State, Vec<u8>) {
    let root = m.net.actor(&to).expect("an actor").state;
    (m.state(), root.to_bytes())
}

#[test]
fn no_method_of_market_or_agent_makes_anything_of_nonsense() {
    let mut m = lending().lent(2_000);
    let keeper = m.keeper.address();
    for (to, method) in methods(&mut m) {
        let (number, before) = (method.number, states(&m, to));
        // Empty is what a method without parameters takes, and a plain payment to the token.
        let empty = method.params != "()" && number != token::InvokeEvm::NUMBER;
        for (what, input) in nonsense().into_iter().chain(empty.then_some(("nothing", vec![]))) {
            let mut sent = |from| {
                let call = Call::new(from, to).raw(number, &input);
                m.net.implicit(call).exit_code
            };
            let admitted = sent(guard(number).unwrap_or(keeper));
            assert_eq!(admitted, ExitCode::USR_SERIALIZATION, "{what} to {}", method.name);
            if guard(number).is_some() {
                assert_eq!(sent(keeper), ExitCode::USR_FORBIDDEN, "{what} to {}", method.name);
            }
        }
        assert_eq!(states(&m, to), before, "{}", method.name);
    }
    m.check_invariants();
}

#[test]
fn market_and_agent_take_fil_only_where_they_say_so_and_keep_none_where_they_fail() {
    let mut m = lending().lent(2_000);
    let keeper = m.keeper.address();
    for (to, method) in methods(&mut m) {
        let (from, before) = (guard(method.number).unwrap_or(keeper), states(&m, to));
        let balance = m.net.balance(to);
        m.net.fund(from, atto(1));
        let code = match PAYABLE.contains(&method.number) {
            true => ExitCode::USR_SERIALIZATION,
            false => ExitCode::USR_NOT_PAYABLE,
        };
        let call = Call::new(from, to).raw(method.number, &[0xff]).value(atto(1));
        m.net.implicit(call).refused(code);
        assert_eq!((states(&m, to), m.net.balance(to)), (before, balance), "{}", method.name);
    }
}

#[test]
fn a_method_that_does_not_exist_is_unhandled() {
    let mut m = lending().lent(2_000);
    let (keeper, loan) = (m.keeper.clone(), m.loan(|_| {}));
    for to in [m.address, Address::new_id(loan.agent)] {
        for method in [2, (1 << 24) - 1, shared::method_hash!("Upgrade"), u64::MAX] {
            let call = Call::new(&keeper, to).raw(method, &[0x80]);
            m.net.run(call).refused(ExitCode::USR_UNHANDLED_MESSAGE);
        }
    }
}

#[test]
fn what_the_governor_may_do_nobody_else_may() {
    let mut m = lending();
    let (keeper, underwriter) = (m.keeper.clone(), m.underwriter.address());
    let refused = code(Error::NotGovernor(0));
    let limits = Limits { ceiling: fil(1), per_period: fil(1), period: DAY };
    let appoint = SetUnderwriterParams { underwriter, limits };
    let keys =
        ChangeWorkerAddressParams { new_worker: keeper.robust, new_control_addresses: vec![] };
    let seize = SeizeParams { loan: 1, keys };
    m.call::<ChangeGovernor>(&keeper, &keeper.address()).refused(refused);
    m.call::<SetTreasury>(&keeper, &keeper.address()).refused(refused);
    m.call::<SetDepositCap>(&keeper, &fil(1)).refused(refused);
    m.call::<SetPaused>(&keeper, &true).refused(refused);
    m.call::<SetUnderwriter>(&keeper, &appoint).refused(refused);
    m.call::<Seize>(&keeper, &seize).refused(refused);
    m.check_invariants();
}

#[test]
fn what_the_borrower_may_do_nobody_else_may() {
    let mut m = lending().lent(4_000);
    let keeper = m.keeper.clone();
    let spec = m.spec();
    let signed = m.signed(&spec);
    let refused = code(Error::NotBorrower(0));
    m.call::<Submit>(&keeper, &signed).refused(refused);
    let submitted = m.submit(&spec).ok();
    m.propose(&spec, &submitted).ok();
    m.call::<Activate>(&keeper, &submitted.loan).refused(refused);
    let deadline = code(Error::Reserved(0));
    m.call::<FreeReserve>(&keeper, &submitted.loan).refused(deadline);
    m.activate(&spec, &submitted).ok();
    let loan = submitted.loan;
    m.call::<Draw>(&keeper, &DrawParams { loan, amount: fil(1) }).refused(refused);
    let all = PayOffParams { loan, from_miner: fil(2_000) };
    m.pay::<PayOff>(&keeper, &all, fil(2_000)).refused(refused);
    let income = WithdrawIncomeParams { loan, amount: fil(1) };
    m.call::<WithdrawIncome>(&keeper, &income).refused(refused);
    m.check_invariants();
}

#[test]
fn who_is_no_underwriter_lender_or_sponsor_is_told_so() {
    let mut m = lending().lent(2_000);
    let keeper = m.keeper.clone();
    let spec = m.spec();
    let hash = m.hash(&spec);
    m.call::<ApproveSpec>(&keeper, &hash).refused(code(Error::NotUnderwriter(0)));
    let trust = AttestParams { subject: m.sp.address(), trust: 10_000 };
    m.call::<Attest>(&keeper, &trust).refused(code(Error::NoWeight));
    m.loan(|_| {});
    let ann = m.ann.clone();
    let exit = m.redeem(&ann, fil(1_000)).ok().exit.expect("an exit that waits");
    m.call::<CancelExit>(&keeper, &exit).refused(code(Error::NotLender(0, 0)));
    let underwriter = m.underwriter.address();
    let none = code(Error::Stake(fil(0)));
    m.call::<UnstakeCover>(&keeper, &UnstakeCoverParams { underwriter, shares: fil(1) })
        .refused(none);
    m.call::<WithdrawCover>(&keeper, &underwriter).refused(none);
    m.pay::<StakeCover>(&keeper, &keeper.address(), fil(1)).refused(code(Error::NotUnderwriter(0)));
    m.check_invariants();
}

#[test]
fn an_agent_obeys_its_market_and_its_borrower_alone() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|_| {});
    let to = Address::new_id(loan.agent);
    let (keeper, owner, governor) = (m.keeper.clone(), m.sp.owner.clone(), m.governor.clone());
    let before = states(&m, to);
    let activate = agent::ActivateParams { from: owner.id, quota: fil(0), expiration: 0 };
    let give = agent::ReleaseParams { to: owner.id };
    let keys =
        ChangeWorkerAddressParams { new_worker: keeper.robust, new_control_addresses: vec![] };
    let market = code(AgentError::NotMarket(0));
    for caller in [&keeper, &owner, &governor] {
        m.net.call::<agent::Activate>(caller, to, &activate).refused(market);
        m.net.call::<agent::Collect>(caller, to, &fil(1)).refused(market);
        m.net.call::<agent::PayIncome>(caller, to, &fil(1)).refused(market);
        m.net.call::<agent::Release>(caller, to, &give).refused(market);
        m.net.call::<agent::Seize>(caller, to, &keys).refused(market);
    }
    let borrower = code(AgentError::NotBorrower(0));
    let peer = ChangePeerIdParams { new_id: vec![1] };
    let multiaddrs = ChangeMultiaddrsParams { new_multiaddrs: vec![] };
    for caller in [&keeper, &governor] {
        m.net.call::<agent::ChangeWorkerAddress>(caller, to, &keys).refused(borrower);
        m.net.call::<agent::ConfirmChangeWorkerAddress>(caller, to, &()).refused(borrower);
        m.net.call::<agent::ChangePeerID>(caller, to, &peer).refused(borrower);
        m.net.call::<agent::ChangeMultiaddrs>(caller, to, &multiaddrs).refused(borrower);
    }
    assert_eq!(states(&m, to), before);
    m.net.call::<agent::ChangePeerID>(&owner, to, &peer).ok();
    m.net.call::<agent::ChangeMultiaddrs>(&owner, to, &multiaddrs).ok();
    m.check_invariants();
}

#[test]
fn every_batch_and_page_of_the_market_is_bounded() {
    let mut m = lending();
    let keeper = m.keeper.clone();
    let batch = code(Error::Batch(0));
    for limit in [0, 33] {
        m.call::<PayExits>(&keeper, &limit).refused(batch);
    }
    m.call::<PayExits>(&keeper, &32).ok();
    m.call::<CancelNonces>(&keeper, &vec![1; 65]).refused(batch);
    m.call::<CancelNonces>(&keeper, &vec![1; 64]).ok();
    for limit in [0, 101] {
        let page = PageParams { from: 1, limit };
        m.call::<ListLoans>(&keeper, &page).refused(code(Error::Page(0)));
    }
    m.check_invariants();
}

#[test]
fn an_address_that_no_actor_has_is_refused() {
    let mut m = lending().lent(10);
    let (ann, governor) = (m.ann.clone(), m.governor.clone());
    let (nobody, missing) = (Address::new_id(9_999_999), ExitCode::USR_NOT_FOUND);
    let unborn = Address::new_secp256k1(&[7; 65]).expect("an address");
    let params = DepositParams { to: Some(nobody), min_shares: fil(0) };
    m.pay::<Deposit>(&ann, &params, fil(1)).refused(missing);
    m.call::<SetTreasury>(&governor, &nobody).refused(missing);
    let limits = Limits { ceiling: fil(1), per_period: fil(1), period: DAY };
    let appoint = SetUnderwriterParams { underwriter: nobody, limits };
    m.call::<SetUnderwriter>(&governor, &appoint).refused(missing);
    m.pay::<StakeCover>(&ann, &unborn, fil(1)).refused(missing);
    m.call::<Attest>(&ann, &AttestParams { subject: nobody, trust: 0 }).refused(missing);
    m.call::<GetCollateral>(&ann, &unborn).refused(missing);
    m.call::<GetCollateral>(&ann, &ann.address()).refused(code(Error::NotMiner(0)));
    m.check_invariants();
}
