//! What is encoded, the actors' own types decode.

use actor_datadao as dao;
use actor_lending_market as market;
use actor_perpetual_storage as storage;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use shared::method::{Recode, recode};

use super::{ABI, actor, arbitrary};
use crate::actors::methods;
use crate::schema::{Abi, Actor, Type};

const ROUNDS: usize = 64;

/// Any JSON of the type encodes; the actor's type takes the bytes and writes the same; and what is
/// printed of them can be fed back.
fn check(actor: &Actor, ty: &Type, recode: Recode, rng: &mut StdRng) {
    for _ in 0..ROUNDS {
        let json = arbitrary::value(actor, ty, rng);
        let about = || format!("{}: {ty} of {json}", actor.name);
        let cbor = actor.encode(ty, &json, "value").unwrap_or_else(|e| panic!("{}: {e}", about()));
        let again = recode(&cbor).unwrap_or_else(|e| panic!("{}: {e}", about()));
        assert_eq!(again, cbor, "{}", about());
        let printed =
            actor.cbor_to_json(ty, &cbor, "value").unwrap_or_else(|e| panic!("{}: {e}", about()));
        assert_eq!(actor.encode(ty, &printed, "value").unwrap(), cbor, "{}", about());
    }
}

#[test]
fn every_method_is_described_under_its_number() {
    for actor in &ABI.actors {
        let described: Vec<_> = actor.methods.iter().map(|m| (m.name.as_str(), m.number)).collect();
        let built: Vec<_> = methods(&actor.name).map(|m| (m.name, m.number)).collect();
        assert_eq!(described, built, "{}", actor.name);
        assert!(actor.methods.iter().all(|method| !method.docs.is_empty()));
    }
}

#[test]
fn parameters_and_replies_are_written_as_the_actors_write_them() {
    let mut rng = StdRng::seed_from_u64(1);
    for actor in &ABI.actors {
        for (method, listed) in actor.methods.iter().zip(methods(&actor.name)) {
            let both =
                [(&method.params, listed.recode_params), (&method.reply, listed.recode_reply)];
            for (ty, recode) in both {
                match ty {
                    Some(ty) => check(actor, ty, recode, &mut rng),
                    None => assert_eq!(recode(&[]), Ok(Vec::new()), "{}", method.name),
                }
            }
        }
    }
}

#[test]
fn blocks_of_states_are_written_as_the_actors_write_them() {
    type Block = (&'static str, &'static str, Recode);
    let blocks: &[Block] = &[
        ("init", "State", recode::<actor_init::state::State>),
        ("loan-agent", "State", recode::<actor_loan_agent::state::State>),
        ("datadao", "State", recode::<dao::state::State>),
        ("datadao", "Config", recode::<dao::state::Config>),
        ("datadao", "Cold", recode::<dao::state::Cold>),
        ("datadao", "RoleSet", recode::<dao::roles::RoleSet>),
        ("datadao", "Listing", recode::<dao::datasets::Listing>),
        ("datadao", "Detail", recode::<dao::datasets::Detail>),
        ("datadao", "Slots", recode::<dao::slots::Slots>),
        ("datadao", "Poll", recode::<dao::governance::Poll>),
        ("datadao", "Motion", recode::<dao::governance::Motion>),
        ("datadao", "Grant", recode::<dao::access::Grant>),
        ("datadao", "Holder", recode::<shared::token::Holder>),
        ("lending-market", "State", recode::<market::state::State>),
        ("lending-market", "Cold", recode::<market::state::Cold>),
        ("lending-market", "Subject", recode::<market::state::Subject>),
        ("lending-market", "Lender", recode::<market::lenders::Lender>),
        ("lending-market", "Exit", recode::<market::exits::Exit>),
        ("lending-market", "Loan", recode::<market::loan::Loan>),
        ("lending-market", "Terms", recode::<market::loan::Terms>),
        ("lending-market", "Schedule", recode::<market::schedule::Schedule>),
        ("lending-market", "Step", recode::<market::book::Step>),
        ("lending-market", "Stake", recode::<market::cover::Stake>),
        ("lending-market", "Attestation", recode::<market::records::Attestation>),
        ("perpetual-storage", "State", recode::<storage::state::State>),
        ("perpetual-storage", "Cold", recode::<storage::state::Cold>),
        ("perpetual-storage", "Perpetual", recode::<storage::perpetual::Perpetual>),
        ("perpetual-storage", "Spec", recode::<storage::perpetual::Spec>),
    ];
    let mut rng = StdRng::seed_from_u64(2);
    for (name, ty, recode) in blocks {
        check(actor(name), &Type::Named((*ty).to_owned()), *recode, &mut rng);
    }
}

#[test]
fn an_example_of_every_method_encodes() {
    for actor in &ABI.actors {
        for (method, listed) in actor.methods.iter().zip(methods(&actor.name)) {
            let example = actor.example(method).unwrap();
            let cbor = actor.params_to_cbor(method, Some(&example)).unwrap();
            assert_eq!((listed.recode_params)(&cbor).unwrap(), cbor, "{}", method.name);
        }
    }
}

#[test]
fn a_method_without_parameters_or_reply_has_no_bytes() {
    let dao = actor("datadao");
    let accept = dao.method("AcceptAdmin").unwrap();
    assert_eq!(dao.params_to_cbor(accept, None).unwrap().len(), 0);
    assert_eq!(dao.params_to_cbor(accept, Some(&Value::Null)).unwrap().len(), 0);
    assert_eq!(dao.params_to_json(accept, &[]).unwrap(), Value::Null);
    assert_eq!(dao.reply_to_json(accept, &[]).unwrap(), Value::Null);
}

#[test]
fn a_description_is_kept_as_json() {
    let text = serde_json::to_string(&*ABI).unwrap();
    assert_eq!(serde_json::from_str::<Abi>(&text).unwrap(), *ABI);
}
