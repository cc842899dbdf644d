//! The whole bundle against a model: random users, storage providers, bots and attackers do anything in
//! any order with all actors on one network, as WASM. The model says of every message whether it goes
//! through or with which exit code it is refused. After each of them every actor's invariants hold, no FIL
//! has come or gone, and the actors agree with the model.
//!
//! A failure shrinks to a few steps, and its seed is kept in `tests/suite/proptest-regressions/model.txt`,
//! which is tried first from then on. A seed leads elsewhere once there are new kinds of step, so whoever
//! mends a failure writes its steps down in [`replays`].
//!
//! The same [`CASES`] run every time, so that nobody's change fails by chance. `MODEL_CASES=1000 cargo test
//! -p suite model` runs as many others, new ones each time, or with `MODEL_SEED=7` those of a seed. A failure
//! tells its seed.

mod act_dao;
mod act_deals;
mod act_grants;
mod act_lending;
mod act_owners;
mod act_storage;
mod attacks;
mod cast;
mod checks;
mod compute;
mod coverage;
mod dao;
mod deals;
mod fairness;
mod generate;
mod grants;
mod kinds;
mod lending;
mod owners;
mod reference;
mod replays;
mod step;
mod storage;
mod votes;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;

use actor_lending_market::pool::VIRTUAL;
use fvm_harness::Outcome;
use fvm_shared::bigint::BigInt;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use rand::RngExt;

use reference::{Model, Reference, Verdict};
use step::{LendingStep, Step};
use world::World;

use crate::setup::skipped;

/// Sequences that are tried, and steps of each.
const CASES: u32 = 32;
const STEPS: usize = 150;
const SEED: u64 = 33;
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/model.txt");
/// Tries to shrink a failure.
const SHRINKS: u32 = 400;

thread_local! {
    /// How often each kind of step of this test was accepted, and refused.
    static DONE: RefCell<BTreeMap<String, [u32; 2]>> = RefCell::default();
}

/// What can only be accepted, or only refused.
const ALWAYS: [&str; 15] = [
    "Grant::Expire",
    "Compute::Settle",
    "Wait",
    "Dao::ReleaseUnstaked",
    "Dao::ClaimRevenue",
    "Dao::Fund",
    "Dao::Withdraw",
    "Dao::Donate",
    "Deal::Terminate",
    "Deal::Settle",
    "Lending::CancelExit",
    "Lending::Ruin",
    "Lending::PayTreasury",
    "Attack::SetMood",
    "Dao::Delegate",
];
const NEVER: [&str; 4] =
    ["Attack::Trespass", "Attack::Overpay", "Attack::Garble", "Attack::Unknown"];

/// The bundle on a network.
struct Bundle;

impl StateMachineTest for Bundle {
    type SystemUnderTest = World;
    type Reference = Reference;

    fn init_test(model: &Model) -> World {
        let mut world = World::fork();
        world.check(model);
        world
    }

    /// The checks come here, as they need the network to themselves.
    fn apply(mut world: World, model: &Model, step: Step) -> World {
        let before = world.price();
        let outcome = world.act(model, &step);
        let verdict: Verdict = match &outcome {
            Some(outcome) if !outcome.exit_code.is_success() => Err(outcome.exit_code),
            _ => Ok(()),
        };
        let told = outcome.map(|outcome| outcome.to_string()).unwrap_or_default();
        assert_eq!(verdict, model.verdict, "{step:?}: {told}");
        world.check(model);
        world.check_fairness(model);
        let after = world.price();
        // What nobody has a share of is swept.
        let owned = before.1 > BigInt::from(VIRTUAL);
        let falls = owned && &after.0 * &before.1 < &before.0 * &after.1;
        let writes_off = matches!(
            step,
            Step::Lending(_, LendingStep::Impair(_) | LendingStep::DeclareDefault(_))
        );
        assert!(!falls || writes_off, "{step:?}: a share is worth {after:?} instead of {before:?}");

        DONE.with_borrow_mut(|done| {
            done.entry(step.kind()).or_default()[usize::from(verdict.is_err())] += 1;
        });
        world
    }
}

impl World {
    fn act(&mut self, model: &Model, step: &Step) -> Option<Outcome> {
        match step {
            Step::Wait(epochs) => {
                self.net.leap(*epochs);
                None
            }
            Step::Dao(by, step) => Some(self.act_in_dao(*by, step)),
            Step::Vote(by, step) => Some(self.vote(*by, step)),
            Step::Compute(by, step) => Some(self.compute(model, *by, step)),
            Step::Owner(by, step) => Some(self.own(*by, step)),
            Step::Grant(by, step) => Some(self.grant(*by, step)),
            Step::Deal(step) => self.trade(model, step),
            Step::Storage(by, step) => Some(self.act_in_storage(model, *by, step)),
            Step::Lending(by, step) => self.act_in_market(*by, step),
            Step::Attack(by, attack) => Some(self.attack(*by, attack)),
        }
    }
}

/// A number by the environment.
fn asked<N: FromStr<Err: Debug>>(name: &str) -> Option<N> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

/// Cases by the environment, each time others, or those that are always the same.
fn config() -> (u64, Config) {
    let cases = asked("MODEL_CASES");
    let usual = if cases.is_some() { TestRunner::default().rng().random() } else { SEED };
    let seed = asked("MODEL_SEED").unwrap_or(usual);
    let default = Config::default();
    let config = Config {
        max_shrink_iters: default.max_shrink_iters.min(SHRINKS),
        cases: cases.unwrap_or(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        rng_seed: RngSeed::Fixed(seed),
        ..default
    };
    (seed, config)
}

/// Official miners lose sectors that are not proven every day, which takes a message for each of them
/// and each day of the years that the steps wait.
fn is_skipped() -> bool {
    let official = fab::official_bundle().is_some();
    if official {
        skipped("the model", "its sectors are not proven every day");
    }
    official
}

#[test]
fn the_bundle_does_what_the_model_says() {
    if is_skipped() {
        return;
    }
    let (seed, config) = config();
    let mut runner = TestRunner::new(config.clone());
    let strategy = Reference::sequential_strategy(STEPS..=STEPS);
    DONE.take();
    coverage::begin();
    let tried = runner.run(&strategy, |(model, steps, seen)| {
        Bundle::test_sequential(config.clone(), model, steps, seen);
        Ok(())
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(why, (_, steps, _))) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
            panic!("{why}\nof seed {seed}, after\n{}", steps.join("\n"))
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
    let done = DONE.take();
    let steps: u32 = done.values().flatten().sum();
    println!("{steps} steps of seed {seed}, accepted and refused:");
    done.iter().for_each(|(kind, times)| println!("{kind} {times:?}"));
    if config.cases < CASES {
        return;
    }
    coverage::check();
    let one_sided = done.iter().filter(|(kind, [accepted, refused])| {
        let never = *accepted == 0 && !NEVER.contains(&kind.as_str());
        never || *refused == 0 && !ALWAYS.contains(&kind.as_str())
    });
    let one_sided: Vec<_> = one_sided.collect();
    assert!(one_sided.is_empty(), "always accepted or always refused: {one_sided:?}");
}
