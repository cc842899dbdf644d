//! Every target on stable Rust, over its inputs and over mutations of them.

use std::collections::BTreeSet;
use std::env;
use std::panic::catch_unwind;

use data_encoding::HEXLOWER;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::{TARGETS, Target, corpus};

/// Mutations of each target's inputs. `FUZZ_RUNS` says another number.
const RUNS: u32 = 20_000;
/// Integers and headers of CBOR with which decoders have gone wrong.
const BAD: [&[u8]; 12] = [
    &[0xff],
    &[0x9f],
    &[0x9b, 0, 0, 1, 0, 0, 0, 0, 0],
    &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x5b, 0, 0, 1, 0, 0, 0, 0, 0],
    &[0x7b, 0, 0, 1, 0, 0, 0, 0, 0],
    &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x18, 0],
    &[0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
    &[0xd8, 0x2a],
];

fn runs() -> u32 {
    env::var("FUZZ_RUNS").map_or(RUNS, |runs| runs.parse().expect("FUZZ_RUNS is a number"))
}

/// One to four changes.
fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=input.len());
        let to = rng.random_range(at..=input.len());
        match rng.random_range(0..8) {
            0 | 1 if at < input.len() => input[at] ^= 1 << rng.random_range(0..8),
            2 if at < input.len() => input[at] = rng.random(),
            3 => input.truncate(at),
            4 => drop(input.drain(at..to)),
            5 => drop(input.splice(at..at, input[at..to].to_vec())),
            6 => drop(
                input.splice(at..to.min(at + 9), BAD.choose(rng).copied().unwrap_or(&[]).to_vec()),
            ),
            _ => {
                let other = others.choose(rng).map_or(&[][..], Vec::as_slice);
                let from = rng.random_range(0..=other.len());
                drop(input.splice(at.., other[from..].to_vec()));
            }
        }
    }
}

/// Runs a target, and says of an input that breaks a rule how to keep and repeat it.
fn run(target: &Target, input: &[u8]) {
    if catch_unwind(|| (target.run)(input)).is_err() {
        panic!(
            "{0} breaks a rule, as said above. To keep this input, add to \
             tests/fuzz/corpus/{0}.hex:\n{1}",
            target.name,
            HEXLOWER.encode(input),
        );
    }
}

fn check(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let inputs: Vec<_> = corpus::inputs(target).expect("a readable corpus").into_iter().collect();
    inputs.iter().for_each(|input| run(target, input));
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..runs() {
        let mut input = inputs.choose(&mut rng).expect("inputs to start from").clone();
        mutate(&mut input, &inputs, &mut rng);
        run(target, &input);
    }
}

#[test]
fn parameters_of_any_bytes_are_one_value_or_refused() {
    check("params");
}

#[test]
fn replies_of_any_bytes_are_one_value_or_refused() {
    check("replies");
}

#[test]
fn any_json_is_what_the_actor_takes_or_refused() {
    check("json");
}

#[test]
fn any_calldata_is_what_solidity_makes_or_refused() {
    check("calldata");
}

#[test]
fn no_reply_vouches_but_true() {
    check("vouches");
}

#[test]
fn any_transaction_is_read_as_it_is_written_or_refused() {
    check("transactions");
}

#[test]
fn any_chain_is_read_whole_or_refused() {
    check("chains");
}

#[test]
fn a_loan_that_is_taken_can_be_repaid() {
    check("loans");
}

#[test]
fn no_messages_make_a_storage_unsound() {
    check("storage");
}

#[test]
fn no_messages_make_a_dao_unsound() {
    check("datadao");
}

#[test]
fn no_messages_make_a_market_unsound() {
    check("lending");
}

#[test]
fn every_target_has_a_binary_and_a_test() {
    let here = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| std::fs::read_to_string(format!("{here}/{path}")).unwrap();
    let (manifest, tests) = (read("Cargo.toml"), read("src/tests.rs"));
    for Target { name, .. } in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")));
        assert!(read(&format!("targets/{name}.rs")).contains(&format!("fuzz::{name}::run")));
        assert!(tests.contains(&format!("check(\"{name}\")")), "{name} has no test");
    }
    let names: BTreeSet<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names.len(), TARGETS.len());
}
