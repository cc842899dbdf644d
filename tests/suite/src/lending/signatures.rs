//! Whose word counts, for what, and how often.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_lending_market::spec::message;
use fab::story::{Lending, lending_rules};
use fvm_harness::{Account, Call, TokenAmount, atto, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_owner::{Forward, Message};
use shared::Method;
use shared::ext::init::{EXEC4, Exec4Params, ExecReturn};
use shared::ext::loan_agent as agent;
use shared::ext::{BURNT_FUNDS_ACTOR, INIT_ACTOR};

use super::code;
use crate::setup::{DAY, lending, official};

const FORBIDDEN: ExitCode = ExitCode::USR_FORBIDDEN;

fn market() -> Lending {
    lending().lent(5_000)
}

/// Lets somebody else underwrite too.
fn appoint(m: &mut Lending, underwriter: Address) {
    let ceiling = fil(2_400);
    let limits = Limits { per_period: ceiling.clone(), ceiling, period: DAY };
    let governor = m.governor.clone();
    m.call::<SetUnderwriter>(&governor, &SetUnderwriterParams { underwriter, limits }).ok();
}

/// Asserts that the borrower cannot submit this, and that trying changes nothing.
#[track_caller]
fn refused(m: &mut Lending, params: &SubmitParams, code: ExitCode) {
    let before = m.net.snapshot();
    let call = Call::new(Address::new_id(params.spec.borrower), m.address);
    m.net.implicit(call.method(Submit::NUMBER, params)).refused(code);
    assert_eq!(m.net.snapshot(), before);
}

fn sign(signer: &Account, message: &[u8]) -> Vec<u8> {
    signer.key.sign(message).unwrap().bytes
}

fn unsigned(spec: &LoanSpec) -> SubmitParams {
    SubmitParams { spec: spec.clone(), signature: vec![] }
}

#[test]
fn a_signed_specification_funds_one_loan() {
    let mut m = market();
    let spec = m.spec();
    let (params, owner) = (m.signed(&spec), m.sp.owner.clone());
    let loan = m.submit(&spec).ok().loan;
    refused(&mut m, &params, code(Error::Nonce(0)));
    let other = LoanSpec { amount: fil(1), ..spec.clone() };
    let same_nonce = m.signed(&other);
    refused(&mut m, &same_nonce, code(Error::Nonce(0)));
    m.call::<FreeReserve>(&owner, &loan).ok();
    refused(&mut m, &params, code(Error::Nonce(0)));
    // A nonce is its underwriter's own.
    let keeper = m.keeper.clone();
    appoint(&mut m, keeper.address());
    let spec = LoanSpec { underwriter: keeper.id, ..spec };
    let signature = sign(&keeper, &message(&spec).unwrap());
    m.call::<Submit>(&owner, &SubmitParams { spec, signature }).ok();
    m.check_invariants();
}

#[test]
fn a_specification_is_good_only_as_it_was_signed() {
    let mut m = market();
    let signed = {
        let spec = m.spec();
        m.signed(&spec)
    };
    let flips: [fn(&mut LoanSpec); 21] = [
        |spec| spec.chain_id += 1,
        |spec| spec.market += 1,
        |spec| spec.underwriter += 1,
        |spec| spec.borrower += 1,
        |spec| spec.miner += 1,
        |spec| spec.amount += atto(1),
        |spec| spec.plan = Plan::Bullet,
        |spec| spec.instalments += 1,
        |spec| spec.days_between += 1,
        |spec| spec.rate += 1,
        |spec| spec.late_rate += 1,
        |spec| spec.origination_fee += 1,
        |spec| spec.prepayment_fee += 1,
        |spec| spec.grace += 1,
        |spec| spec.control = Control::Beneficiary,
        |spec| spec.max_debt -= 1,
        |spec| spec.draws = Draws::Pledge(PledgeDraws { max_draw: fil(1), window: 1 }),
        |spec| spec.payee = Some(spec.borrower),
        |spec| spec.refinances = Some(1),
        |spec| spec.nonce += 1,
        |spec| spec.deadline += 1,
    ];
    let cbor = fvm_ipld_encoding::to_vec(&signed.spec).unwrap();
    assert_eq!(usize::from(cbor[0]), 0x80 + flips.len(), "every field");
    for (field, flip) in flips.into_iter().enumerate() {
        let mut params = signed.clone();
        flip(&mut params.spec);
        assert_ne!(params.spec, signed.spec, "field {field}");
        refused(&mut m, &params, FORBIDDEN);
    }
    for byte in [0, 31, 64] {
        let mut params = signed.clone();
        params.signature[byte] ^= 1;
        refused(&mut m, &params, FORBIDDEN);
    }
    m.call::<Submit>(&m.sp.owner.clone(), &signed).ok();
    m.check_invariants();
}

#[test]
fn a_signature_for_another_purpose_vouches_for_nothing() {
    let mut m = market();
    let spec = m.spec();
    let cbor = fvm_ipld_encoding::to_vec(&spec).unwrap();
    let other = [b"fvm-blueprints/lending-market/loan-specification/2\n", cbor.as_slice()].concat();
    let hash = m.hash(&spec).hash;
    for message in [cbor, other, hash] {
        let signature = sign(&m.underwriter, &message);
        refused(&mut m, &SubmitParams { spec: spec.clone(), signature }, FORBIDDEN);
    }
    m.submit(&spec).ok();
}

#[test]
fn a_specification_is_for_one_chain_and_one_market() {
    let mut m = market();
    let spec = m.spec();
    let params = ConstructorParams {
        governor: m.governor.address(),
        treasury: m.treasury.address(),
        deposit_cap: fil(5_000),
        rules: lending_rules(&m.net),
    };
    let other = m.net.create(&m.governor.clone(), "lending-market", &params).ok().id_address;
    let elsewhere = m.signed(&LoanSpec { chain_id: spec.chain_id + 1, ..spec.clone() });
    refused(&mut m, &elsewhere, code(Error::OtherChain(0)));
    let theirs = m.signed(&LoanSpec { market: other.id().unwrap(), ..spec.clone() });
    refused(&mut m, &theirs, code(Error::OtherMarket(0)));
    let ours = m.signed(&spec);
    let there = Call::new(&m.sp.owner, other).method(Submit::NUMBER, &ours);
    m.net.run(there).refused(code(Error::OtherMarket(0)));
    m.submit(&spec).ok();
}

#[test]
fn an_underwriter_signs_for_itself_while_it_is_one() {
    let mut m = market();
    let (spec, eve) = (m.spec(), m.keeper.clone());
    let signature = sign(&eve, &message(&spec).unwrap());
    refused(&mut m, &SubmitParams { spec: spec.clone(), signature }, FORBIDDEN);
    let of_eve = LoanSpec { underwriter: eve.id, ..spec.clone() };
    let signature = sign(&eve, &message(&of_eve).unwrap());
    refused(&mut m, &SubmitParams { spec: of_eve, signature }, code(Error::NotUnderwriter(0)));
    let params = m.signed(&spec);
    m.appoint(fil(0));
    refused(&mut m, &params, code(Error::NotUnderwriter(0)));
    m.appoint(fil(1_200));
    m.submit(&spec).ok();
    m.check_invariants();
}

/// They all end AuthenticateMessage with exit code 0 and no reply, or have no such method.
#[test]
fn actors_that_only_seem_to_vouch_for_everything_sign_nothing() {
    let mut m = market();
    let keeper = m.keeper.clone();
    let [placeholder, ethereum] =
        [7, 8].map(|byte| Address::new_delegated(10, &[byte; 20]).unwrap());
    for address in [placeholder, ethereum] {
        m.net.fund(address, fil(1));
    }
    m.net.run(Call::new(ethereum, Address::new_id(BURNT_FUNDS_ACTOR))).ok();
    let actor = m.net.create(&keeper, "hostile-owner", &()).ok().id_address;
    for address in [placeholder, ethereum, actor, m.sp.address(), m.address] {
        let underwriter = m.net.resolve(&address).unwrap();
        appoint(&mut m, address);
        let spec = LoanSpec { underwriter, ..m.spec() };
        let signature = sign(&keeper, &message(&spec).unwrap());
        refused(&mut m, &SubmitParams { spec: spec.clone(), signature }, FORBIDDEN);
        refused(&mut m, &unsigned(&spec), code(Error::NotApproved(0)));
    }
    m.check_invariants();
}

#[test]
fn an_actor_without_a_key_approves_a_specification_for_one_loan() {
    let mut m = market();
    let (keeper, owner) = (m.keeper.clone(), m.sp.owner.clone());
    let actor = m.net.create(&keeper, "hostile-owner", &()).ok().id_address;
    appoint(&mut m, actor);
    let spec = LoanSpec { underwriter: actor.id().unwrap(), ..m.spec() };
    let approve = Message {
        to: m.address,
        method: ApproveSpec::NUMBER,
        params: RawBytes::serialize(m.hash(&spec)).unwrap(),
    };
    refused(&mut m, &unsigned(&spec), code(Error::NotApproved(0)));
    m.net.call::<Forward>(&keeper, actor, &approve).ok();
    for other in [LoanSpec { amount: fil(1), ..spec.clone() }, m.spec()] {
        refused(&mut m, &unsigned(&other), code(Error::NotApproved(0)));
    }
    m.call::<Submit>(&owner, &unsigned(&spec)).ok();
    refused(&mut m, &unsigned(&spec), code(Error::NotApproved(0)));
    m.net.call::<Forward>(&keeper, actor, &approve).ok();
    refused(&mut m, &unsigned(&spec), code(Error::Nonce(0)));
    m.check_invariants();
}

#[test]
fn an_approval_is_of_an_underwriter_and_for_its_own_specifications() {
    let mut m = market();
    let (spec, keeper, underwriter) = (m.spec(), m.keeper.clone(), m.underwriter.clone());
    let hash = m.hash(&spec);
    m.call::<ApproveSpec>(&keeper, &hash).refused(code(Error::NotUnderwriter(0)));
    appoint(&mut m, keeper.address());
    m.call::<ApproveSpec>(&keeper, &hash).ok();
    refused(&mut m, &unsigned(&spec), code(Error::NotApproved(0)));
    let short = SpecHash { hash: hash.hash[1..].to_vec() };
    m.call::<ApproveSpec>(&underwriter, &short).refused(code(Error::Spec("")));
    m.call::<ApproveSpec>(&underwriter, &hash).ok();
    m.appoint(fil(0));
    refused(&mut m, &unsigned(&spec), code(Error::NotUnderwriter(0)));
    m.call::<ApproveSpec>(&underwriter, &hash).refused(code(Error::NotUnderwriter(0)));
    m.appoint(fil(1_200));
    m.call::<Submit>(&m.sp.owner.clone(), &unsigned(&spec)).ok();
    m.check_invariants();
}

#[test]
fn a_multisig_underwrites_by_approval() {
    if !official("lending::signatures::a_multisig_underwrites_by_approval") {
        return;
    }
    let mut m = market();
    let keeper = m.keeper.clone();
    let constructor = (vec![keeper.address()], 1_u64, 0_i64, 0_i64);
    let multisig = m.net.create(&keeper, "multisig", &constructor).ok().id_address;
    appoint(&mut m, multisig);
    let spec = LoanSpec { underwriter: multisig.id().unwrap(), ..m.spec() };
    let signature = sign(&keeper, &message(&spec).unwrap());
    refused(&mut m, &SubmitParams { spec: spec.clone(), signature }, FORBIDDEN);
    let hash = RawBytes::serialize(m.hash(&spec)).unwrap();
    let transaction = (m.address, TokenAmount::default(), ApproveSpec::NUMBER, hash);
    let propose = 2;
    m.net.run(Call::new(&keeper, multisig).method(propose, &transaction)).ok();
    m.call::<Submit>(&m.sp.owner.clone(), &unsigned(&spec)).ok();
    m.check_invariants();
}

#[test]
fn a_cancelled_nonce_funds_nothing_and_only_its_owner_cancels_it() {
    let mut m = market();
    let (keeper, underwriter) = (m.keeper.clone(), m.underwriter.clone());
    let [kept, cancelled] = [0, 1].map(|_| m.spec());
    m.call::<CancelNonces>(&keeper, &vec![kept.nonce, cancelled.nonce]).ok();
    m.call::<CancelNonces>(&underwriter, &vec![cancelled.nonce]).ok();
    let params = m.signed(&cancelled);
    refused(&mut m, &params, code(Error::Nonce(0)));
    m.submit(&kept).ok();
    m.call::<CancelNonces>(&underwriter, &vec![1; 65]).refused(code(Error::Batch(0)));
    m.check_invariants();
}

/// The same words are good later, signed or approved.
#[test]
fn a_submission_that_fails_uses_nothing_up() {
    let mut m = lending();
    let (ann, governor, underwriter) = (m.ann.clone(), m.governor.clone(), m.underwriter.clone());
    let [signed, approved] = [0, 1].map(|_| m.spec());
    let hash = m.hash(&approved);
    m.call::<ApproveSpec>(&underwriter, &hash).ok();
    for params in [m.signed(&signed), unsigned(&approved)] {
        refused(&mut m, &params, code(Error::Cash(fil(0))));
        m.call::<SetPaused>(&governor, &true).ok();
        refused(&mut m, &params, code(Error::Paused));
        m.call::<SetPaused>(&governor, &false).ok();
        m.call::<Submit>(&ann, &params).refused(code(Error::NotBorrower(0)));
        m.appoint(fil(1_199));
        refused(&mut m, &params, code(Error::Ceiling(fil(0))));
        m.appoint(fil(2_400));
        m.deposit(&ann, fil(1_200)).ok();
        m.call::<Submit>(&m.sp.owner.clone(), &params).ok();
    }
    m.check_invariants();
}

#[test]
fn lenders_that_wait_for_cash_come_before_new_loans() {
    let mut m = market();
    m.loan(|spec| spec.amount = fil(5_000));
    let ann = m.ann.clone();
    let shares = m.lender(&ann).shares;
    m.redeem(&ann, shares).ok();
    let params = {
        let spec = m.spec();
        m.signed(&spec)
    };
    refused(&mut m, &params, code(Error::ExitsWait));
    m.check_invariants();
}

#[test]
fn an_agent_s_address_is_known_before_and_only_the_market_makes_an_actor_of_it() {
    let mut m = market();
    let (spec, eve) = (m.spec(), m.keeper.clone());
    let address = Address::new_delegated(m.id(), &m.hash(&spec).hash).unwrap();
    assert_eq!(m.net.resolve(&address), None);
    // The network makes no placeholder in a namespace of ours.
    let early = m.net.run(Call::new(&eve, address).value(fil(3)));
    early.refused(ExitCode::SYS_INVALID_RECEIVER);
    let submitted = m.submit(&spec).ok();
    assert_eq!(submitted.agent_address, address);
    assert_eq!(m.net.resolve(&address), Some(submitted.agent));
    let agent = m.net.actor(&address).unwrap();
    assert_eq!(agent.code, m.net.actors().code("loan-agent"));
    m.check_invariants();
}

/// What a market tells the agent of a loan.
fn agent_params(spec: &LoanSpec) -> agent::ConstructorParams {
    let LoanSpec { borrower, miner, control, .. } = *spec;
    agent::ConstructorParams { borrower, miner, control }
}

/// Whoever creates an agent is its market, and nobody else's loan is ever its own.
#[test]
fn an_agent_that_an_attacker_creates_obeys_the_attacker_alone() {
    let mut m = market();
    let (spec, eve) = (m.spec(), m.keeper.clone());
    let params = Exec4Params {
        constructor_params: RawBytes::serialize(agent_params(&spec)).unwrap(),
        ..m.net.exec4_params("loan-agent", &m.hash(&spec).hash)
    };
    let call = Call::new(&eve, Address::new_id(INIT_ACTOR)).method(EXEC4, &params);
    let made: ExecReturn = m.net.run(call).returned();
    let fake = made.id_address;
    let at = Address::new_delegated(eve.id, &m.hash(&spec).hash).unwrap();
    assert_eq!(m.net.resolve(&at), fake.id().ok());
    let info = m.net.view::<actor_loan_agent::api::GetAgent>(fake, &());
    assert_eq!(info.market, eve.id);
    let collect = Call::new(m.address, fake).method(agent::Collect::NUMBER, &fil(1));
    m.net.implicit(collect).refused(code(actor_loan_agent::error::Error::NotMarket(0)));
    // The market's own is another, and the attacker's is of no use to it.
    let submitted = m.submit(&spec).ok();
    assert_ne!(Address::new_id(submitted.agent), fake);
    let lure = Submitted { agent: fake.id().unwrap(), ..submitted.clone() };
    m.propose(&spec, &lure).ok();
    m.activate(&spec, &submitted).refused(ExitCode::USR_UNSPECIFIED);
    m.net.run(Call::new(&eve, fake).value(fil(1))).ok();
    m.net.call::<agent::Collect>(&eve, fake, &fil(0)).ok();
    assert_eq!(m.net.balance(fake), fil(0));
    m.check_invariants();
}

#[test]
fn an_agent_without_a_market_is_not_created() {
    let mut m = market();
    let (spec, eve) = (m.spec(), m.keeper.clone());
    let outcome = m.net.create(&eve, "loan-agent", &agent_params(&spec)).outcome;
    assert!(outcome.backtrace.contains("in the market's own f4 namespace"), "{outcome}");
    assert!(!outcome.exit_code.is_success());
}
