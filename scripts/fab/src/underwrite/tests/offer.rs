//! What is signed, and what is said of it.

use actor_lending_market::api::{ApproveSpec, SpecHash, Submit, SubmitParams};
use data_encoding::HEXLOWER;
use fvm_ipld_encoding::from_slice;
use shared::Method;

use super::super::offer::{Offer, Vouched};
use super::super::report::Report;
use super::*;

fn offer(wish: &Wish) -> Offer {
    Offer::new(&facts(), wish, 959).unwrap()
}

/// All that is said of a loan that is lent.
fn told(vouched: &Vouched) -> (String, serde_json::Value) {
    let (facts, wish) = (facts(), wish());
    let (assessment, offer) = (assess(&facts, &wish).unwrap(), offer(&wish));
    let offer = Some((&offer, vouched));
    let report = Report { facts: &facts, wish: &wish, assessment: &assessment, offer };
    (report.text(), report.json())
}

fn bytes(message: &serde_json::Value) -> Vec<u8> {
    HEXLOWER.decode(message["params_hex"].as_str().unwrap().as_bytes()).unwrap()
}

#[test]
fn the_agent_s_address_is_of_the_market_and_the_hash() {
    let offer = offer(&wish());
    assert_eq!(offer.agent, Address::new_delegated(MARKET, &offer.hash.hash).unwrap());
    assert!(offer.agent.to_string().starts_with("f41003f"), "{}", offer.agent);
    assert_eq!(offer.spec.deadline, 1_000 + 2 * DAY);
}

#[test]
fn what_the_market_would_refuse_is_not_offered() {
    let bad = Wish { grace: DAY, ..wish() };
    let told = Offer::new(&facts(), &bad, 959).unwrap_err().to_string();
    assert!(told.contains("grace before impairment"), "{told}");
}

#[test]
fn a_signed_loan_is_submitted_by_its_borrower() {
    let (text, json) = told(&Vouched::Signed(vec![1, 2, 3]));
    let submit = &json["offer"]["submit"];
    let params: SubmitParams = from_slice(&bytes(submit)).unwrap();
    assert_eq!((params.spec, params.signature), (offer(&wish()).spec, vec![1, 2, 3]));
    assert_eq!((&submit["from"], &submit["to"]), (&"f0200".into(), &"f01003".into()));
    assert_eq!(submit["method"], Submit::NUMBER);
    assert!(json["offer"]["approve"].is_null());
    let line = format!("lotus send --from f0200 --method {} --params-hex ", Submit::NUMBER);
    assert!(text.contains(&line), "{text}");
}

#[test]
fn a_multisig_approves_the_hash_before() {
    let (text, json) = told(&Vouched::Approved);
    let approve = &json["offer"]["approve"];
    let hash: SpecHash = from_slice(&bytes(approve)).unwrap();
    assert_eq!((hash, &approve["method"]), (offer(&wish()).hash, &ApproveSpec::NUMBER.into()));
    let params: SubmitParams = from_slice(&bytes(&json["offer"]["submit"])).unwrap();
    assert!(params.signature.is_empty());
    let line = format!("lotus msig propose f0201 f01003 0 {} ", ApproveSpec::NUMBER);
    assert!(text.contains(&line), "{text}");
}

#[test]
fn a_refusal_is_told_with_all_its_reasons_and_nothing_to_send() {
    let (facts, wish) = (facts(), Wish { amount: fil(50_000), ..wish() });
    let assessment = assess(&facts, &wish).unwrap();
    let report = Report { facts: &facts, wish: &wish, assessment: &assessment, offer: None };
    let json = report.json();
    assert_eq!(json["limit"]["binding"], "income");
    assert_eq!(json["refused"].as_array().unwrap().len(), 1);
    assert!(json["offer"].is_null());
    assert!(report.text().contains("income ←"), "{}", report.text());
}
