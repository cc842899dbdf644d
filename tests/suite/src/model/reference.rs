//! The model of the whole bundle: what a step should come to, and what is so after it.

use std::fmt;

use fvm_harness::TokenAmount;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use shared::Fault;

use super::cast::{Miner, OWNERS, Party};
use super::dao::Dao;
use super::deals::Deals;
use super::generate;
use super::lending::Lending;
use super::step::{Attack, DaoStep, Step};
use super::storage::Storage;

/// Whether a message goes through, or the exit code with which it is refused.
pub type Verdict = Result<(), ExitCode>;

/// Refuses with an error where a condition does not hold.
pub fn check(condition: bool, error: impl Fault) -> Verdict {
    if condition { Ok(()) } else { Err(error.exit_code()) }
}

/// Refusals that are the same everywhere.
pub mod funds {
    use super::*;

    pub fn code(error: impl Fault) -> ExitCode {
        error.exit_code()
    }

    /// A balance that has to cover so many whole tokens.
    pub fn cover(balance: &TokenAmount, whole: i64) -> Verdict {
        let enough = *balance >= TokenAmount::from_whole(whole);
        if enough { Ok(()) } else { Err(ExitCode::USR_INSUFFICIENT_FUNDS) }
    }
}

/// All that the model knows.
#[derive(Clone)]
pub struct Model {
    pub now: ChainEpoch,
    pub dao: Dao,
    pub deals: Deals,
    pub storage: Storage,
    pub lending: Lending,
    pub miners: Vec<Miner>,
    /// What the last step should have come to.
    pub verdict: Verdict,
    /// What the client should have said of the last proposal, if it was asked.
    pub answer: Option<Verdict>,
}

/// What failed is told by its steps.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a model at epoch {}", self.now)
    }
}

impl Model {
    /// The world as [`World`](super::world::World) founds it.
    pub fn new(now: ChainEpoch) -> Self {
        let mut model = Model {
            now,
            dao: Dao::default(),
            deals: Deals::default(),
            storage: Storage::default(),
            lending: Lending::default(),
            miners: OWNERS.map(Miner::of).to_vec(),
            verdict: Ok(()),
            answer: None,
        };
        for (of, amount) in generate::ENDOWED {
            model.perform(&Step::Dao(Party::Admin, DaoStep::Mint { to: of, amount })).unwrap();
        }
        model
    }

    /// Lets time pass.
    pub fn pass(&mut self, epochs: ChainEpoch) {
        self.now += epochs;
        self.dao.pass(self.now);
        self.deals.pass(self.now);
    }

    fn perform(&mut self, step: &Step) -> Verdict {
        let now = self.now;
        match step {
            Step::Wait(epochs) => {
                self.pass(*epochs);
                Ok(())
            }
            Step::Dao(by, step) => {
                self.dao.apply(now, *by, step)?;
                if let DaoStep::Refresh(ids) = step {
                    ids.iter().for_each(|id| self.refresh_dataset(*id));
                }
                Ok(())
            }
            Step::Vote(by, step) => self.dao.decide(now, *by, step),
            Step::Compute(by, step) => self.dao.compute(now, *by, step),
            Step::Owner(by, step) => self.own(*by, step),
            Step::Grant(by, step) => self.dao.grant(now, *by, step),
            Step::Deal(step) => self.trade(step),
            Step::Storage(by, step) => self.store(*by, step),
            Step::Lending(by, step) => self.lend(*by, step),
            Step::Attack(by, Attack::SetMood(mood)) => {
                debug_assert!(*by != Party::Eve);
                self.dao.mood = *mood;
                Ok(())
            }
            Step::Attack(_, attack) => Err(super::attacks::refusal(attack)),
        }
    }
}

/// A contract's call fails as the actor that it calls does, but for codes that are that actor's own.
fn forwarded(code: ExitCode) -> ExitCode {
    if (16..32).contains(&code.value()) { code } else { ExitCode::USR_UNSPECIFIED }
}

impl Step {
    pub fn by(&self) -> Option<Party> {
        match self {
            Step::Dao(by, _)
            | Step::Vote(by, _)
            | Step::Compute(by, _)
            | Step::Owner(by, _)
            | Step::Grant(by, _)
            | Step::Storage(by, _)
            | Step::Lending(by, _)
            | Step::Attack(by, _) => Some(*by),
            Step::Wait(_) | Step::Deal(_) => None,
        }
    }
}

/// Generates and shrinks what happens.
pub struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new(super::world::base().snapshot.epoch)).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        generate::steps(model)
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.answer = None;
        let verdict = model.perform(step);
        model.verdict = match step.by() {
            Some(Party::Eve) => verdict.map_err(forwarded),
            _ => verdict,
        };
        model
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        generate::is_known(model, step)
    }
}
