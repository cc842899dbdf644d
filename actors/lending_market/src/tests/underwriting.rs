use alloc::vec;

use super::*;
use crate::underwriting::MAX_CANCELLED;

/// A loan of so many FIL, with this nonce.
fn of(amount: i64, nonce: u64) -> LoanSpec {
    LoanSpec { amount: fil(amount), nonce, miner: MINER + nonce, deadline: 20 * DAY, ..spec() }
}

impl World {
    fn underwritten(change: impl FnOnce(&mut Limits)) -> Self {
        let mut world = World::lent(100_000);
        world.limited(change);
        world
    }

    fn limited(&mut self, change: impl FnOnce(&mut Limits)) {
        let mut limits = limits();
        change(&mut limits);
        self.act(GOVERNOR, fil(0), |state, store, message| {
            state.set_underwriter(store, message.caller, UNDERWRITER, limits)
        })
        .unwrap();
    }

    fn approve(&mut self, caller: ActorID, hash: &SpecHash) -> Result<(), Error> {
        self.act(caller, fil(0), |state, store, message| {
            state.approve_spec(store, message.caller, hash)
        })
    }

    fn submit_approved(&mut self, spec: &LoanSpec) -> Result<LoanId, Error> {
        self.act(spec.borrower, fil(0), |state, store, message| {
            state.submit(store, message, HERE, spec.clone(), hash(spec), false)
        })
    }

    fn cancel_nonces(&mut self, caller: ActorID, nonces: &[u64]) -> Result<(), Error> {
        self.act(caller, fil(0), |state, store, message| {
            state.cancel_nonces(store, message.caller, nonces)
        })
    }
}

#[test]
fn an_underwriter_has_no_more_out_than_its_ceiling() {
    let mut world = World::underwritten(|limits| limits.ceiling = fil(1_000));
    world.submit(&of(600, 1)).unwrap();
    let above = LoanSpec { amount: fil(400) + atto(1), ..of(400, 2) };
    assert_eq!(world.submit(&above), Err(Error::Ceiling(fil(1_000))));
    world.submit(&of(400, 2)).unwrap();
    assert_eq!(world.underwriter().outstanding, fil(1_000));
    assert_eq!(world.submit(&of(1, 3)), Err(Error::Ceiling(fil(1_000))));
}

#[test]
fn what_is_repaid_or_freed_is_out_no_more_but_stays_committed_for_the_period() {
    let mut world = World::underwritten(|limits| limits.per_period = fil(2_400));
    let loan = world.loan(of(1_200, 1));
    let freed = world.submit(&of(1_200, 2)).unwrap();
    world
        .act(BORROWER, fil(0), |state, store, message| state.free_reserve(store, message, freed))
        .unwrap();
    let payoff = world.due(loan).payoff.total();
    world.pay_off(loan, payoff).unwrap();
    let known = world.underwriter();
    assert_eq!((known.outstanding, known.period_used), (fil(0), fil(2_400)));
    assert_eq!(world.submit(&of(1, 3)), Err(Error::PeriodLimit(fil(2_400))));
}

#[test]
fn an_underwriter_commits_no_more_in_a_period_than_its_limit() {
    let mut world = World::underwritten(|limits| {
        (limits.per_period, limits.period) = (fil(1_000), 10 * DAY);
    });
    world.now = 10 * DAY;
    world.submit(&of(600, 1)).unwrap();
    let above = LoanSpec { amount: fil(400) + atto(1), ..of(400, 2) };
    assert_eq!(world.submit(&above), Err(Error::PeriodLimit(fil(1_000))));
    world.submit(&of(400, 2)).unwrap();
    // The next period begins with the first loan after the end of this one, and not before.
    world.now = 20 * DAY - 1;
    assert_eq!(world.submit(&of(1, 3)), Err(Error::PeriodLimit(fil(1_000))));
    world.now = 20 * DAY;
    world.submit(&of(1_000, 3)).unwrap();
    let known = world.underwriter();
    assert_eq!((known.period_start, known.period_used), (20 * DAY, fil(1_000)));
}

#[test]
fn a_loan_within_a_period_does_not_begin_another() {
    let mut world = World::underwritten(|_| ());
    world.now = 30 * DAY;
    world.submit(&LoanSpec { deadline: world.now, ..of(1, 1) }).unwrap();
    world.pass(29);
    world.submit(&LoanSpec { deadline: world.now, ..of(1, 2) }).unwrap();
    let known = world.underwriter();
    assert_eq!((known.period_start, known.period_used), (30 * DAY, fil(2)));
}

#[test]
fn an_underwriter_that_is_revoked_or_was_never_set_commits_nothing() {
    let mut world = World::underwritten(|limits| limits.ceiling = fil(0));
    assert_eq!(world.submit(&of(1, 1)), Err(Error::NotUnderwriter(UNDERWRITER)));
    let stranger = LoanSpec { underwriter: BOB, ..of(1, 1) };
    assert_eq!(world.submit(&stranger), Err(Error::NotUnderwriter(BOB)));
    let approval = world.approve(UNDERWRITER, &hash(&of(1, 1)));
    assert_eq!(approval, Err(Error::NotUnderwriter(UNDERWRITER)));
}

#[test]
fn a_loan_of_an_underwriter_that_is_revoked_cannot_be_activated() {
    let mut world = World::underwritten(|_| ());
    let loan = world.submit(&of(1, 1)).unwrap();
    world.limited(|limits| limits.ceiling = fil(0));
    let refused = world.activate(loan, 10).map(|_| ());
    assert_eq!(refused, Err(Error::NotUnderwriter(UNDERWRITER)));
}

#[test]
fn an_underwriter_needs_cover_for_all_that_it_has_out() {
    let mut world = World::with(Rules { min_cover: 1_000, ..rules() });
    world.deposit(ANN, 10_000).unwrap();
    assert_eq!(world.submit(&of(1_000, 1)), Err(Error::MinCover(fil(100))));
    world.cover(SPONSOR, 100).unwrap();
    world.submit(&of(600, 1)).unwrap();
    // Rounded up.
    let above = LoanSpec { amount: fil(400) + atto(1), ..of(400, 2) };
    assert_eq!(world.submit(&above), Err(Error::MinCover(fil(100) + atto(1))));
    world.submit(&of(400, 2)).unwrap();
}

#[test]
fn a_specification_that_is_not_signed_needs_the_approval_of_its_underwriter() {
    let mut world = World::underwritten(|_| ());
    let spec = of(1, 1);
    assert_eq!(world.submit_approved(&spec), Err(Error::NotApproved(UNDERWRITER)));
    // Another's approval, and that of another specification, are none.
    world
        .act(GOVERNOR, fil(0), |state, store, message| {
            state.set_underwriter(store, message.caller, BOB, limits())
        })
        .unwrap();
    world.approve(BOB, &hash(&spec)).unwrap();
    world.approve(UNDERWRITER, &hash(&of(2, 2))).unwrap();
    assert_eq!(world.submit_approved(&spec), Err(Error::NotApproved(UNDERWRITER)));
    world.approve(UNDERWRITER, &hash(&spec)).unwrap();
    world.submit_approved(&spec).unwrap();
}

#[test]
fn an_approval_is_used_once() {
    let mut world = World::underwritten(|_| ());
    world.approve(UNDERWRITER, &hash(&of(1, 1))).unwrap();
    world.submit_approved(&of(1, 1)).unwrap();
    assert_eq!(world.submit_approved(&of(1, 1)), Err(Error::NotApproved(UNDERWRITER)));
}

#[test]
fn an_approval_is_of_a_hash_of_32_bytes() {
    let mut world = World::underwritten(|_| ());
    for length in [0, 31, 33] {
        let approval = world.approve(UNDERWRITER, &SpecHash { hash: vec![7; length] });
        assert_eq!(approval, Err(Error::Spec("hash")));
    }
}

#[test]
fn a_nonce_is_used_once_and_by_nobody_else() {
    let mut world = World::underwritten(|_| ());
    world.submit(&of(1, 1)).unwrap();
    let again = LoanSpec { miner: MINER, ..of(2, 1) };
    assert_eq!(world.submit(&again), Err(Error::Nonce(1)));
    world
        .act(GOVERNOR, fil(0), |state, store, message| {
            state.set_underwriter(store, message.caller, BOB, limits())
        })
        .unwrap();
    world.submit(&LoanSpec { underwriter: BOB, miner: MINER, ..of(2, 1) }).unwrap();
}

#[test]
fn what_fails_uses_up_nothing() {
    let mut world = World::underwritten(|_| ());
    world.approve(UNDERWRITER, &hash(&of(60_000, 1))).unwrap();
    assert_eq!(world.submit_approved(&of(60_000, 1)), Err(Error::PeriodLimit(fil(50_000))));
    world.limited(|limits| limits.per_period = fil(60_000));
    world.submit_approved(&of(60_000, 1)).unwrap();
}

#[test]
fn a_nonce_that_is_cancelled_is_never_used() {
    let mut world = World::underwritten(|_| ());
    world.approve(UNDERWRITER, &hash(&of(1, 2))).unwrap();
    // Nonces are each underwriter's own, and to cancel one twice is no harm.
    world.cancel_nonces(BOB, &[1]).unwrap();
    world.cancel_nonces(UNDERWRITER, &[2, 3]).unwrap();
    world.cancel_nonces(UNDERWRITER, &[2]).unwrap();
    world.submit(&of(1, 1)).unwrap();
    assert_eq!(world.submit_approved(&of(1, 2)), Err(Error::Nonce(2)));
    assert_eq!(world.submit(&of(1, 3)), Err(Error::Nonce(3)));
}

#[test]
fn a_message_cancels_64_nonces_at_the_most() {
    let mut world = World::new();
    let nonces: Vec<_> = (0..=u64::from(MAX_CANCELLED)).collect();
    assert_eq!(world.cancel_nonces(UNDERWRITER, &nonces), Err(Error::Batch(64)));
    world.cancel_nonces(UNDERWRITER, &nonces[1..]).unwrap();
}
