//! What becomes of requests to compute: [`endings`] tells who is paid, [`sequences`] that everyone is.

mod endings;
mod sequences;

use shared::map::put_block;

use super::*;
use crate::compute::MAX_TERM;

/// Odd, so that its half is rounded; a bond is a tenth of it, rounded up.
const BOUNTY: i64 = 1_001;
const BOND: i64 = 101;
const DEADLINE: ChainEpoch = 1_100;
const BOTH: [Currency; 2] = [Currency::Fil, Currency::Data];

/// A DAO with a dataset, at epoch 1,000, and ANN's request 1 for BOB to work on it.
#[derive(Clone)]
struct Desk {
    world: World,
    currency: Currency,
}

impl Desk {
    /// With no request yet. Everyone has 10,000 attoDATA.
    fn new(currency: Currency) -> Self {
        let mut world = World::new().listing(1, 1);
        for account in [ANN, BOB, EVE, ADMIN] {
            world.give(account, 10_000);
        }
        Desk { world, currency }
    }

    fn requested(currency: Currency) -> Self {
        let mut desk = Self::new(currency);
        assert_eq!(desk.request(ANN, |_| {}), Ok(1));
        desk
    }

    fn accepted(currency: Currency) -> Self {
        let mut desk = Self::requested(currency);
        desk.accept(BOB).unwrap();
        desk
    }

    fn delivered(currency: Currency) -> Self {
        let mut desk = Self::accepted(currency);
        desk.deliver(BOB).unwrap();
        desk
    }

    fn disputed(currency: Currency) -> Self {
        let mut desk = Self::delivered(currency);
        desk.dispute(ANN).unwrap();
        desk
    }

    fn at(mut self, now: ChainEpoch) -> Self {
        self.world.now = now;
        self
    }

    /// A message that puts this up.
    fn with(&self, by: ActorID, amount: i64) -> Message {
        self.world.paying(by, Cash::of(self.currency, atto(amount)).fil)
    }

    fn params(&self) -> RequestComputeParams {
        RequestComputeParams {
            dataset: 1,
            job: DataCid(piece(7)),
            currency: self.currency,
            bounty: atto(BOUNTY),
            deadline: DEADLINE,
        }
    }

    fn request(
        &mut self,
        by: ActorID,
        change: impl FnOnce(&mut RequestComputeParams),
    ) -> Result<RequestId, Error> {
        let (message, mut params) = (self.with(by, BOUNTY), self.params());
        change(&mut params);
        self.world.attempt(|state, store| state.request_compute(store, &message, params))
    }

    fn cancel(&mut self, by: ActorID) -> Result<Settlement, Error> {
        let message = self.world.by(by);
        self.world.attempt(|state, store| state.cancel_compute(store, &message, 1))
    }

    fn accept(&mut self, by: ActorID) -> Result<Cash, Error> {
        let message = self.with(by, BOND);
        self.world.attempt(|state, store| state.accept_compute(store, &message, 1))
    }

    fn deliver(&mut self, by: ActorID) -> Result<(), Error> {
        let message = self.world.by(by);
        let params = DeliverComputeParams { id: 1, result: DataCid(piece(8)) };
        self.world.attempt(|state, store| state.deliver_compute(store, &message, &params))
    }

    fn approve(&mut self, by: ActorID) -> Result<Settlement, Error> {
        let message = self.world.by(by);
        self.world.attempt(|state, store| state.approve_compute(store, &message, 1))
    }

    fn dispute(&mut self, by: ActorID) -> Result<Cash, Error> {
        let message = self.with(by, BOND);
        self.world.attempt(|state, store| state.dispute_compute(store, &message, 1))
    }

    fn rule(&mut self, by: ActorID, worker_share: BasisPoints) -> Result<Settlement, Error> {
        let message = self.world.by(by);
        let params = RuleComputeParams { id: 1, worker_share };
        self.world.attempt(|state, store| state.rule_compute(store, &message, &params))
    }

    fn settle(&mut self, ids: &[RequestId]) -> Result<Vec<Option<Settlement>>, Error> {
        let now = self.world.now;
        self.world.attempt(|state, store| state.settle_compute(store, now, ids))
    }

    fn rules(&mut self, rules: ComputeRules) {
        set_rules(&mut self.world.state, &self.world.store, rules);
    }

    fn get(&self, id: RequestId) -> Result<ComputeRequest, Error> {
        self.world.state.compute_request(&self.world.store, id)
    }

    /// The request has ended so, and everything that was put up is owed to requester and worker.
    #[track_caller]
    fn ended(&self, ended: Settlement, ending: Ending, to_requester: i64, to_worker: i64) {
        let (to_requester, to_worker) = (atto(to_requester), atto(to_worker));
        let all = Cash::of(self.currency, &to_requester + &to_worker);
        assert_eq!(self.world.owed(ANN), Cash::of(self.currency, to_requester.clone()));
        assert_eq!(self.world.owed(BOB), Cash::of(self.currency, to_worker.clone()));
        assert_eq!(self.world.treasury(), GetTreasuryReturn { booked: all, free: Cash::default() });
        assert_eq!(ended, Settlement { ending, to_requester, to_worker });
        assert_eq!(code(self.get(1)), 135);
        self.world.check_invariants();
    }

    /// Left alone, the request ends so: not at its stage's last epoch, but at the next.
    #[track_caller]
    fn ends_after(self, until: ChainEpoch, ending: Ending, to_requester: i64, to_worker: i64) {
        let mut desk = self.at(until);
        assert_eq!(desk.settle(&[1]), Ok(vec![None]));
        let mut desk = desk.at(until + 1);
        let ended = desk.settle(&[1]).unwrap().remove(0).unwrap();
        desk.ended(ended, ending, to_requester, to_worker);
    }
}

#[test]
fn a_request_takes_its_bounty_in() {
    for currency in BOTH {
        let desk = Desk::requested(currency);
        let request = desk.get(1).unwrap();
        assert_eq!((request.requester, request.stage), (ANN, ComputeStage::Open));
        assert_eq!((request.bounty, request.bond), (atto(BOUNTY), atto(BOND)));
        let booked = desk.world.treasury().booked;
        assert_eq!(booked, Cash::of(currency, atto(BOUNTY)));
        assert_eq!(desk.world.balance(ANN), atto(10_000) - booked.data);
        desk.world.check_invariants();
    }
}

#[test]
fn a_request_names_a_dataset_that_there_is() {
    assert_eq!(code(Desk::new(Currency::Fil).request(ANN, |request| request.dataset = 2)), 33);
}

#[test]
fn a_bounty_is_more_than_zero() {
    for bounty in [0, -1] {
        let mut desk = Desk::new(Currency::Data);
        assert_eq!(code(desk.request(ANN, |request| request.bounty = atto(bounty))), 136);
    }
}

#[test]
fn a_deadline_is_after_now_and_within_a_year() {
    let mut desk = Desk::new(Currency::Fil);
    for deadline in [1_000, 1_000 + MAX_TERM + 1] {
        assert_eq!(code(desk.request(ANN, |request| request.deadline = deadline)), 137);
    }
    for deadline in [1_001, 1_000 + MAX_TERM] {
        desk.request(ANN, |request| request.deadline = deadline).unwrap();
    }
    desk.world.check_invariants();
}

#[test]
fn in_fil_the_message_brings_exactly_what_is_put_up() {
    for (bounty, bond) in [(BOUNTY - 1, BOND - 1), (BOUNTY + 1, BOND + 1)] {
        let mut desk = Desk::new(Currency::Fil);
        let (message, params) = (desk.with(ANN, bounty), desk.params());
        let refused =
            desk.world.attempt(|state, store| state.request_compute(store, &message, params));
        assert_eq!(code(refused), 126);
        let mut desk = Desk::requested(Currency::Fil);
        let message = desk.with(BOB, bond);
        let refused = desk.world.attempt(|state, store| state.accept_compute(store, &message, 1));
        assert_eq!(code(refused), 126);
        let mut desk = Desk::delivered(Currency::Fil);
        let message = desk.with(ANN, bond);
        let refused = desk.world.attempt(|state, store| state.dispute_compute(store, &message, 1));
        assert_eq!(code(refused), 126);
    }
}

#[test]
fn in_data_the_message_brings_no_fil() {
    let mut desk = Desk::requested(Currency::Data);
    let message = desk.world.paying(BOB, atto(BOND));
    let refused = desk.world.attempt(|state, store| state.accept_compute(store, &message, 1));
    assert_eq!(code(refused), 126);
}

#[test]
fn nobody_puts_up_data_that_it_does_not_have() {
    let mut desk = Desk::new(Currency::Data);
    let funds = fvm_shared::error::ExitCode::USR_INSUFFICIENT_FUNDS.value();
    assert_eq!(code(desk.request(ANN, |request| request.bounty = atto(10_001))), funds);
    assert_eq!(code(Desk::requested(Currency::Data).accept(SP)), funds);
}

#[test]
fn a_pause_stops_requests_and_acceptances_and_nothing_else() {
    let paused = |mut desk: Desk| {
        desk.world.state.paused_until = 1_001;
        desk
    };
    assert_eq!(code(paused(Desk::new(Currency::Fil)).request(ANN, |_| {})), 59);
    assert_eq!(code(paused(Desk::requested(Currency::Fil)).accept(BOB)), 59);
    paused(Desk::requested(Currency::Fil)).cancel(ANN).unwrap();
    paused(Desk::accepted(Currency::Fil)).deliver(BOB).unwrap();
    paused(Desk::delivered(Currency::Fil)).approve(ANN).unwrap();
    paused(Desk::delivered(Currency::Fil)).dispute(ANN).unwrap();
    paused(Desk::disputed(Currency::Fil)).rule(ADMIN, 1).unwrap();
}

#[test]
fn one_worker_accepts_a_request_that_is_not_its_own() {
    for currency in BOTH {
        let mut desk = Desk::requested(currency);
        assert_eq!(code(desk.accept(ANN)), 142);
        assert_eq!(desk.accept(BOB), Ok(Cash::of(currency, atto(BOND))));
        assert_eq!(desk.get(1).unwrap().stage, ComputeStage::Accepted { worker: BOB });
        assert_eq!(desk.world.treasury().booked, Cash::of(currency, atto(BOUNTY + BOND)));
        assert_eq!(code(desk.accept(EVE)), 139);
        desk.world.check_invariants();
    }
}

#[test]
fn a_request_is_accepted_until_the_deadline() {
    Desk::requested(Currency::Fil).at(DEADLINE).accept(BOB).unwrap();
    assert_eq!(code(Desk::requested(Currency::Fil).at(DEADLINE + 1).accept(BOB)), 140);
}

#[test]
fn the_worker_delivers_once() {
    let mut desk = Desk::accepted(Currency::Fil);
    assert_eq!(code(desk.deliver(ANN)), 143);
    desk.deliver(BOB).unwrap();
    let delivered =
        ComputeStage::Delivered { worker: BOB, result: DataCid(piece(8)), until: 1_020 };
    assert_eq!(desk.get(1).unwrap().stage, delivered);
    assert_eq!(code(desk.deliver(BOB)), 139);
    assert_eq!(code(Desk::requested(Currency::Fil).deliver(BOB)), 139);
    desk.world.check_invariants();
}

#[test]
fn a_result_is_delivered_until_the_deadline() {
    Desk::accepted(Currency::Fil).at(DEADLINE).deliver(BOB).unwrap();
    assert_eq!(code(Desk::accepted(Currency::Fil).at(DEADLINE + 1).deliver(BOB)), 140);
}

#[test]
fn the_requester_disputes_what_was_delivered_for_a_bond_of_its_own() {
    for currency in BOTH {
        let mut desk = Desk::delivered(currency);
        assert_eq!(code(desk.dispute(BOB)), 141);
        assert_eq!(desk.dispute(ANN), Ok(Cash::of(currency, atto(BOND))));
        let result = DataCid(piece(8));
        let disputed = ComputeStage::Disputed { worker: BOB, result, until: 1_040 };
        assert_eq!(desk.get(1).unwrap().stage, disputed);
        assert_eq!(desk.world.treasury().booked, Cash::of(currency, atto(BOUNTY + 2 * BOND)));
        assert_eq!(code(desk.dispute(ANN)), 139);
        assert_eq!(code(Desk::accepted(currency).dispute(ANN)), 139);
        desk.world.check_invariants();
    }
}

#[test]
fn a_result_is_disputed_until_the_review_is_over() {
    Desk::delivered(Currency::Fil).at(1_020).dispute(ANN).unwrap();
    assert_eq!(code(Desk::delivered(Currency::Fil).at(1_021).dispute(ANN)), 140);
}

#[test]
fn new_rules_do_not_change_a_request_there_is() {
    let mut desk = Desk::requested(Currency::Fil);
    desk.rules(ComputeRules { bond: 9_000, review: 1, arbitration: 1 });
    desk.accept(BOB).unwrap();
    desk.deliver(BOB).unwrap();
    assert_eq!(desk.get(1).unwrap().until(), 1_020);
    desk.dispute(ANN).unwrap();
    assert_eq!(desk.get(1).unwrap().until(), 1_040);
    let second = desk.request(ANN, |_| {}).unwrap();
    assert_eq!(desk.get(second).unwrap().bond, atto(901));
}

#[test]
fn without_a_bond_there_is_nothing_to_put_up() {
    for currency in BOTH {
        let mut desk = Desk::new(currency);
        desk.rules(ComputeRules { bond: 0, review: 20, arbitration: 40 });
        desk.request(ANN, |_| {}).unwrap();
        let nothing = desk.world.by(EVE);
        desk.world.attempt(|state, store| state.accept_compute(store, &nothing, 1)).unwrap();
        desk.world.check_invariants();
    }
}

#[test]
fn lists_show_the_requests_that_are_not_settled() {
    let mut desk = Desk::requested(Currency::Fil);
    desk.request(BOB, |_| {}).unwrap();
    desk.request(ANN, |_| {}).unwrap();
    desk.cancel(ANN).unwrap();
    let list = |from, limit| {
        let page = PageParams { from, limit };
        let listed = desk.world.state.list_compute(&desk.world.store, &page).unwrap();
        listed.into_iter().map(|(id, request)| (id, request.requester)).collect::<Vec<_>>()
    };
    assert_eq!(list(0, 100), [(2, BOB), (3, ANN)]);
    assert_eq!(list(1, 2), [(2, BOB)]);
    assert_eq!(list(4, 1), []);
}

#[test]
fn the_books_do_not_balance_without_a_request_that_holds_money() {
    let mut desk = Desk::requested(Currency::Fil);
    let mut cold = desk.world.state.cold(&desk.world.store).unwrap();
    cold.compute = crate::compute::Compute::new(shared::map::empty(&desk.world.store).unwrap());
    desk.world.state.set_cold(&desk.world.store, &cold).unwrap();
    let world = &desk.world;
    let broken = invariants::check(&world.state, &world.store, DAO, world.now).unwrap();
    assert!(broken.iter().any(|broken| broken.contains("is booked")), "{broken:?}");
}

fn set_rules(state: &mut State, store: &MemoryBlockstore, rules: ComputeRules) {
    let mut config = state.config(store).unwrap();
    config.rules.compute = rules;
    state.config = put_block(store, "config", &config).unwrap();
}
