//! Failures that long runs found, as the steps that they shrank to. A seed would lead elsewhere as soon as
//! there is a new kind of step.

use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::Bundle;
use super::cast::Party::{Ann, Keeper, Sam};
use super::reference::{Model, Reference};
use super::step::LendingStep::{Activate, Collect, Deposit, Ruin, Submit};
use super::step::Step::{self, Lending, Wait};
use super::world::base;
use crate::setup::DAY;

/// Takes steps with all the checks of the model.
fn replay(steps: impl IntoIterator<Item = Step>) {
    if super::is_skipped() {
        return;
    }
    let mut model = Model::new(base().snapshot.epoch);
    let mut world = Bundle::init_test(&model);
    for step in steps {
        model = Reference::apply(model, &step);
        world = Bundle::apply(world, &model, step);
    }
}

#[test]
fn the_reward_of_a_block_outlives_its_penalty_and_is_collected() {
    replay([
        Lending(Ann, Deposit(1_257)),
        Lending(Sam, Submit { miner: 0, forged: None }),
        Lending(Sam, Activate { loan: 1, proposes: true }),
        Lending(Keeper, Ruin(0)),
        Wait(31 * DAY),
        Lending(Keeper, Collect(1)),
    ]);
}
