//! Proposals, votes and movements of $DATA in any order, against a model that remembers everything.

use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const HOLDERS: [ActorID; 5] = [ANN, BOB, EVE, OWNER, SP];

/// Holders are positions in [`HOLDERS`], proposals those made so far, modulo how many.
#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Give(usize, i64),
    Burn(usize, i64),
    Move(usize, usize, i64),
    Delegate(usize, usize),
    Propose(usize),
    Vote(usize, u64, Choice),
    Cancel(usize, u64),
    Veto(u64),
    Execute(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (holder, id) = (0..HOLDERS.len(), 0..8_u64);
    let choice = prop_oneof![
        3 => Just(Choice::For),
        1 => Just(Choice::Against),
        1 => Just(Choice::Abstain),
    ];
    prop_oneof![
        6 => (1..9_i64).prop_map(Step::Wait),
        2 => (holder.clone(), 1..50_i64).prop_map(|(to, n)| Step::Give(to, n)),
        1 => (holder.clone(), 1..50_i64).prop_map(|(from, n)| Step::Burn(from, n)),
        4 => (holder.clone(), holder.clone(), 1..300_i64)
            .prop_map(|(from, to, n)| Step::Move(from, to, n)),
        2 => (holder.clone(), holder.clone()).prop_map(|(by, to)| Step::Delegate(by, to)),
        3 => holder.clone().prop_map(Step::Propose),
        9 => (holder.clone(), id.clone(), choice).prop_map(|(by, id, c)| Step::Vote(by, id, c)),
        1 => (holder, id.clone()).prop_map(|(by, id)| Step::Cancel(by, id)),
        1 => id.clone().prop_map(Step::Veto),
        3 => id.prop_map(Step::Execute),
    ]
}

/// Who has what and who votes for whom, now and at the end of every epoch that is over.
#[derive(Default)]
struct Model {
    balances: BTreeMap<ActorID, i64>,
    delegates: BTreeMap<ActorID, ActorID>,
    weights: BTreeMap<ChainEpoch, (BTreeMap<ActorID, i64>, i64)>,
}

impl Model {
    fn change(&mut self, of: ActorID, by: i64) {
        *self.balances.entry(of).or_default() += by;
    }

    /// Ends the epochs before `now`.
    fn pass(&mut self, from: ChainEpoch, now: ChainEpoch) {
        let mut weights = BTreeMap::new();
        for (holder, balance) in &self.balances {
            *weights.entry(*self.delegates.get(holder).unwrap_or(holder)).or_default() += balance;
        }
        let supply = self.balances.values().sum();
        self.weights.extend((from..now).map(|epoch| (epoch, (weights.clone(), supply))));
    }
}

struct Run {
    w: World,
    model: Model,
    made: u64,
}

impl Run {
    fn begin() -> Self {
        let (w, mut model) = (World::voters(), Model::default());
        for (holder, amount) in [(ANN, 600), (BOB, 300), (EVE, 100)] {
            model.change(holder, amount);
        }
        Run { w, model, made: 0 }
    }

    fn id(&self, n: u64) -> ProposalId {
        1 + n % self.made.max(1)
    }

    /// Does one step in both worlds; whether it was refused, and rightly, is the other tests' affair,
    /// but for votes.
    fn step(&mut self, step: Step) {
        let (now, w) = (self.w.now, &mut self.w);
        match step {
            Step::Wait(epochs) => {
                w.now += epochs;
                self.model.pass(now, w.now);
            }
            Step::Give(to, amount) => {
                w.give(HOLDERS[to], amount);
                self.model.change(HOLDERS[to], amount);
            }
            Step::Burn(from, amount) => {
                let burnt = w.state.token.burn(&w.store, now, HOLDERS[from], &atto(amount));
                if burnt.is_ok() {
                    self.model.change(HOLDERS[from], -amount);
                }
            }
            Step::Move(from, to, amount) => {
                let (from, to) = (HOLDERS[from], HOLDERS[to]);
                if w.state.token.transfer(&w.store, now, from, to, &atto(amount)).is_ok() {
                    self.model.change(from, -amount);
                    self.model.change(to, amount);
                }
            }
            Step::Delegate(by, to) => {
                w.delegate(HOLDERS[by], Some(HOLDERS[to]));
                self.model.delegates.insert(HOLDERS[by], HOLDERS[to]);
            }
            Step::Propose(by) => {
                if w.propose(HOLDERS[by], vec![mint(HOLDERS[by], 10)]).is_ok() {
                    self.made += 1;
                }
            }
            Step::Vote(by, n, choice) => self.vote(HOLDERS[by], self.id(n), choice),
            Step::Cancel(by, n) => _ = self.w.cancel_proposal(HOLDERS[by], self.id(n)),
            Step::Veto(n) => _ = self.w.veto(ADMIN, self.id(n)),
            Step::Execute(n) => {
                let id = self.id(n);
                if self.w.execute(id).is_ok() {
                    self.model.change(DAO, 10);
                }
            }
        }
    }

    fn vote(&mut self, by: ActorID, id: ProposalId, choice: Choice) {
        let result = self.w.cast(by, id, choice);
        if matches!(result, Err(Error::NoProposal(_) | Error::NotActive(..) | Error::Voted(..))) {
            return;
        }
        let snapshot = self.w.proposal_of(id).summary.snapshot;
        let (weights, supply) = &self.model.weights[&snapshot];
        match weights.get(&by).filter(|weight| **weight > 0) {
            Some(weight) => assert_eq!(result.unwrap().weight, atto(*weight)),
            None => assert_eq!(result, Err(Error::NoWeight(by, snapshot))),
        }
        if let Some(quorum) = self.w.proposal_of(id).quorum {
            assert_eq!(quorum, atto((supply * 2_000 + 9_999) / 10_000));
        }
        assert!(self.w.proposal_of(id).summary.tally.total() <= atto(*supply));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn votes_count_what_the_model_remembers(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = Run::begin();
        for step in steps {
            run.step(step);
        }
        run.w.check_invariants();
    }
}
