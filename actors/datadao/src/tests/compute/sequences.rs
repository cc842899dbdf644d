use num_traits::Zero;
use proptest::prelude::*;

use super::*;

/// Something to try.
#[derive(Clone, Debug)]
enum Act {
    Request { currency: Currency, bounty: i64, term: ChainEpoch },
    Cancel,
    Accept,
    Deliver,
    Approve,
    Dispute,
    Rule,
    Settle,
    NewRules(ComputeRules),
    Wait(ChainEpoch),
}

#[derive(Clone, Debug)]
struct Try {
    /// `None` for whose turn it is.
    by: Option<ActorID>,
    /// How many requests before the newest.
    back: u64,
    /// `None` for what the request waits for.
    act: Option<Act>,
    share: BasisPoints,
}

fn tries() -> impl Strategy<Value = Try> {
    let request = (prop::bool::ANY, 1..50_i64, 1..150_i64).prop_map(|(fil, bounty, term)| {
        let currency = if fil { Currency::Fil } else { Currency::Data };
        Act::Request { currency, bounty, term }
    });
    let rules = (0..=10_000_u32, 1..30_i64, 1..30_i64)
        .prop_map(|(bond, review, arbitration)| ComputeRules { bond, review, arbitration });
    let act = prop_oneof![
        3 => request,
        2 => Just(Act::Settle),
        2 => (1..20_i64).prop_map(Act::Wait),
        1 => rules.prop_map(Act::NewRules),
        6 => prop::sample::select(vec![
            Act::Cancel, Act::Accept, Act::Deliver, Act::Approve, Act::Dispute, Act::Rule,
        ]),
    ];
    let by = prop::option::weighted(0.2, prop::sample::select(vec![ANN, BOB, EVE, ADMIN]));
    let share = prop_oneof![Just(0), 0..=10_000_u32, Just(10_000)];
    (by, 0..3_u64, prop::option::of(act), share).prop_map(|(by, back, act, share)| Try {
        by,
        back,
        act,
        share,
    })
}

/// What a request waits for.
fn next(request: Option<&ComputeRequest>) -> Act {
    match request.map(|request| &request.stage) {
        None | Some(ComputeStage::Open) => Act::Accept,
        Some(ComputeStage::Accepted { .. }) => Act::Deliver,
        Some(ComputeStage::Delivered { .. }) => Act::Dispute,
        Some(ComputeStage::Disputed { .. }) => Act::Rule,
    }
}

/// Who does this, as a rule.
fn actor(act: &Act, request: Option<&ComputeRequest>) -> ActorID {
    match (act, request) {
        (Act::Cancel | Act::Approve | Act::Dispute, Some(request)) => request.requester,
        (Act::Deliver, Some(request)) => request.worker().unwrap_or(BOB),
        (Act::Rule, _) => ADMIN,
        (Act::Request { .. }, _) => ANN,
        _ => BOB,
    }
}

impl World {
    /// Tries, bringing the FIL that is asked for; returns the FIL that the DAO kept.
    fn try_compute(&mut self, Try { by, back, act, share }: Try) -> TokenAmount {
        let id = self.state.cold(&self.store).unwrap().compute.last.saturating_sub(back);
        let request = self.state.compute_request(&self.store, id).ok();
        let act = act.unwrap_or_else(|| next(request.as_ref()));
        let by = by.unwrap_or_else(|| actor(&act, request.as_ref()));
        let brings = match (&act, request) {
            (Act::Request { currency, bounty, .. }, _) => Cash::of(*currency, atto(*bounty)).fil,
            (Act::Accept | Act::Dispute, Some(found)) => Cash::of(found.currency, found.bond).fil,
            _ => atto(0),
        };
        if let Act::Wait(epochs) = act {
            self.now += epochs;
        }
        let (message, now) = (self.paying(by, brings.clone()), self.now);
        let done = self.attempt(|state, store| match act {
            Act::Request { currency, bounty, term } => {
                let (job, deadline) = (DataCid(piece(7)), now + term);
                let bounty = atto(bounty);
                let params = RequestComputeParams { dataset: 1, job, currency, bounty, deadline };
                state.request_compute(store, &message, params).map(drop)
            }
            Act::Cancel => state.cancel_compute(store, &message, id).map(drop),
            Act::Accept => state.accept_compute(store, &message, id).map(drop),
            Act::Deliver => {
                let params = DeliverComputeParams { id, result: DataCid(piece(8)) };
                state.deliver_compute(store, &message, &params)
            }
            Act::Approve => state.approve_compute(store, &message, id).map(drop),
            Act::Dispute => state.dispute_compute(store, &message, id).map(drop),
            Act::Rule => {
                let params = RuleComputeParams { id, worker_share: share };
                state.rule_compute(store, &message, &params).map(drop)
            }
            Act::Settle => state.settle_compute(store, now, &[id, id + 1]).map(drop),
            Act::NewRules(rules) => {
                set_rules(state, store, rules);
                Ok(())
            }
            Act::Wait(_) => Ok(()),
        });
        done.map_or(atto(0), |()| brings)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_anyone_does_all_that_is_put_up_is_owed_to_someone_in_the_end(
        tries in prop::collection::vec(tries(), 1..60),
    ) {
        let mut desk = Desk::new(Currency::Data);
        let mut fil = TokenAmount::zero();
        for attempt in tries {
            fil += desk.world.try_compute(attempt);
            desk.world.check_invariants();
        }
        let last = desk.world.state.cold(&desk.world.store).unwrap().compute.last;
        let mut desk = desk.clone().at(desk.world.now + MAX_TERM);
        for id in 1..=last {
            desk.settle(&[id]).unwrap();
            prop_assert_eq!(code(desk.get(id)), 135);
        }
        desk.world.check_invariants();
        let mut owed = Cash::default();
        for account in [ANN, BOB, EVE, ADMIN] {
            owed += &desk.world.owed(account);
        }
        prop_assert_eq!(&owed, &desk.world.treasury().booked);
        prop_assert_eq!(owed, Cash { fil, data: desk.world.balance(DAO) });
    }
}
