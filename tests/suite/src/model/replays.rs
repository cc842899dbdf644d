//! Steps in a fixed order: what failures that long runs found shrank to, as a seed would lead elsewhere as
//! soon as there is a new kind of step, and what steps at random hardly reach.

use fvm_harness::fil;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::Bundle;
use super::cast::Party::{Admin, Ann, Keeper, Sam};
use super::owners::AT_RISK;
use super::reference::{Model, Reference};
use super::step::LendingStep::{Activate, Collect, Deposit, Ruin, Submit};
use super::step::Step::{self, Dao, Deal, Lending, Owner, Wait};
use super::step::{DaoStep, DealStep, OwnerStep};
use super::world::base;
use crate::setup::DAY;

/// Takes steps with all the checks of the model, which accepts each.
fn replay(steps: impl IntoIterator<Item = Step>) -> Model {
    let mut model = Model::new(base().snapshot.epoch);
    let mut world = Bundle::init_test(&model);
    for step in steps {
        model = Reference::apply(model, &step);
        assert_eq!(model.verdict, Ok(()), "{step:?}");
        world = Bundle::apply(world, &model, step);
    }
    model
}

#[test]
fn the_reward_of_a_block_outlives_its_penalty_and_is_collected() {
    if super::is_skipped() {
        return;
    }
    replay([
        Lending(Ann, Deposit(1_257)),
        Lending(Sam, Submit { miner: 0, forged: None }),
        Lending(Sam, Activate { loan: 1, proposes: true }),
        Lending(Keeper, Ruin(0)),
        Wait(31 * DAY),
        Lending(Keeper, Collect(1)),
    ]);
}

#[test]
fn a_deal_that_fails_costs_its_part_of_the_bond_and_no_more() {
    if super::is_skipped() {
        return;
    }
    let bonded = [
        Dao(Ann, DaoStep::Transfer { to: Sam, amount: 60 }),
        Owner(Sam, OwnerStep::Bond { miner: 0, amount: 60 }),
        Dao(Admin, DaoStep::List { wanted: 1, again: false }),
        Deal(DealStep::Publish { miner: 0, datasets: vec![1], flaw: None }),
        Deal(DealStep::Activate(0)),
        Dao(Keeper, DaoStep::Refresh(vec![1])),
    ];
    let failed = [Deal(DealStep::Terminate(0)), Dao(Keeper, DaoStep::Refresh(vec![1]))];
    let rest = OwnerStep::Unbond { miner: 0, amount: 60 - AT_RISK };
    let model = replay(bonded.into_iter().chain(failed).chain([Owner(Sam, rest)]));
    assert_eq!(model.dao.treasury_data, fil(AT_RISK));
}
