use alloc::vec;

use super::draws::against_pledge;
use super::loan::{bullet, milli, plain};
use super::*;
use crate::spec::Term;

const EVERY_PHASE: [Phase; 7] = [
    Phase::Submitted,
    Phase::Live,
    Phase::Impaired,
    Phase::Defaulted,
    Phase::Repaid,
    Phase::Recovered,
    Phase::Lapsed,
];

impl World {
    /// A loan in a phase.
    pub fn in_phase(phase: Phase, spec: LoanSpec) -> (World, LoanId) {
        let mut world = World::lent(2_000);
        let loan = world.submit(&spec).unwrap();
        match phase {
            Phase::Submitted => return (world, loan),
            Phase::Lapsed => {
                world.free(BORROWER, loan).unwrap();
                return (world, loan);
            }
            _ => world.activate(loan, 12_000).unwrap(),
        };
        if spec.draws != Draws::Whole {
            world.draw(loan, fil(100), fil(0)).unwrap();
        }
        if phase == Phase::Repaid {
            world.pay_off(loan, fil(1_200)).unwrap();
        }
        if phase == Phase::Impaired {
            world.at(36).impair(loan).unwrap();
        }
        if matches!(phase, Phase::Defaulted | Phase::Recovered) {
            world.at(61).write_off(loan).unwrap();
        }
        if phase == Phase::Recovered {
            world.pay(loan, fil(1_300)).unwrap();
        }
        assert_eq!(world.loan_info(loan).phase, phase);
        (world, loan)
    }

    /// Which phases a rule takes; of any other it must say so.
    #[track_caller]
    pub fn taken<R: core::fmt::Debug + PartialEq>(
        spec: &LoanSpec,
        mut rule: impl FnMut(&mut World, LoanId) -> Result<R, Error>,
    ) -> Vec<Phase> {
        let mut taken = vec![];
        for phase in EVERY_PHASE {
            let (mut world, loan) = World::in_phase(phase, spec.clone());
            match rule(&mut world, loan) {
                Err(Error::Phase(refused)) => assert_eq!(refused, phase),
                _ => taken.push(phase),
            }
        }
        taken
    }

    pub fn free(&mut self, by: ActorID, id: LoanId) -> Result<TokenAmount, Error> {
        let (freed, refund) =
            self.act(by, fil(0), |state, store, message| state.free_reserve(store, message, id))?;
        self.send(refund);
        Ok(freed)
    }

    pub fn pause(&mut self) {
        self.act(GOVERNOR, fil(0), |state, store, _| {
            state.govern(store, GOVERNOR, |roles| roles.paused = true)
        })
        .unwrap();
    }

    pub fn revoke(&mut self) {
        let none = Limits { ceiling: fil(0), ..limits() };
        self.act(GOVERNOR, fil(0), |state, store, _| {
            state.set_underwriter(store, GOVERNOR, UNDERWRITER, none)
        })
        .unwrap();
    }

    fn submit_by(&mut self, by: ActorID, spec: &LoanSpec) -> Result<LoanId, Error> {
        self.act(by, fil(0), |state, store, message| {
            state.submit(store, message, HERE, spec.clone(), hash(spec), true)
        })
    }

    fn activate_by(&mut self, by: ActorID, id: LoanId) -> Result<Activation, Error> {
        self.act(by, fil(0), |state, store, message| {
            state.activate(store, message, id, &collateral(12_000))
        })
    }

    /// Whether income may be asked for, and whether it may be had where the miner has so much left.
    fn income(&self, by: ActorID, id: LoanId, left: &Collateral) -> Result<(), Error> {
        let message = Message { now: self.now, caller: by, value: fil(0) };
        self.state.allow_income(&self.store, &message, id)?;
        self.state.check_income(&self.store, &message, id, left)
    }
}

#[test]
fn a_loan_that_is_submitted_has_its_money_reserved() {
    let mut world = World::lent(2_000);
    assert_eq!(world.submit(&spec()), Ok(1));
    let info = world.loan_info(1);
    assert_eq!((info.phase, info.reserved, info.drawn), (Phase::Submitted, fil(1_200), fil(0)));
    assert_eq!((info.agent, info.activated), (AGENTS + 1, None));
    assert_eq!(world.pool().reserved, fil(1_200));
    assert_eq!(world.state.free_cash(), fil(800));
    assert_eq!(world.underwriter().outstanding, fil(1_200));
    assert_eq!(world.record(BORROWER), Record::default());
    assert_eq!(world.submit(&LoanSpec { nonce: 2, amount: fil(800), ..spec() }), Ok(2));
}

#[test]
fn only_the_borrower_submits() {
    let mut world = World::lent(2_000);
    assert_eq!(world.submit_by(UNDERWRITER, &spec()), Err(Error::NotBorrower(UNDERWRITER)));
}

#[test]
fn no_loan_is_submitted_to_a_market_that_is_paused() {
    let mut world = World::lent(2_000);
    world.pause();
    assert_eq!(world.submit(&spec()), Err(Error::Paused));
}

#[test]
fn a_specification_is_checked_before_it_is_used() {
    let mut world = World::lent(2_000);
    world.now = 3 * DAY + 1;
    assert_eq!(world.submit(&spec()), Err(Error::Deadline(3 * DAY)));
}

#[test]
fn money_is_reserved_that_is_free() {
    let mut world = World::lent(1_199);
    assert_eq!(world.submit(&spec()), Err(Error::Cash(fil(1_199))));
    world.deposit(ANN, 1).unwrap();
    assert_eq!(world.submit(&spec()), Ok(1));
    assert_eq!(world.submit(&LoanSpec { nonce: 2, ..spec() }), Err(Error::Cash(fil(0))));
}

#[test]
fn exits_that_wait_come_before_new_loans() {
    let mut world = World::lent(1_200);
    world.submit(&spec()).unwrap();
    world.redeem(ANN, fil(100), true).unwrap();
    assert_eq!(world.submit(&LoanSpec { nonce: 2, ..spec() }), Err(Error::ExitsWait));
}

#[test]
fn a_nonce_is_used_once_and_by_what_succeeds() {
    let mut world = World::lent(1_000);
    assert_eq!(world.submit(&spec()), Err(Error::Cash(fil(1_000))));
    world.deposit(ANN, 2_000).unwrap();
    assert_eq!(world.submit(&spec()), Ok(1));
    world.free(BORROWER, 1).unwrap();
    assert_eq!(world.submit(&spec()), Err(Error::Nonce(1)));
    assert_eq!(world.submit(&LoanSpec { nonce: 2, ..spec() }), Ok(2));
}

#[test]
fn a_beneficiarys_term_suffices_until_the_deadline() {
    let mut world = World::lent(2_000);
    let spec = LoanSpec { control: Control::Beneficiary, ..spec() };
    let id = world.submit_by(BORROWER, &spec).unwrap();
    let term = world
        .act(BORROWER, fil(0), |state, store, _| state.set_agent(store, id, AGENTS + id))
        .unwrap();
    for now in [0, 1, DAY - 1, DAY, DAY + 1, 2 * DAY + 1, 3 * DAY] {
        let mut world = world.clone();
        world.now = now;
        let Term { quota, expiration } = world.activate(id, 12_000).unwrap().term;
        assert!(quota <= term.quota && expiration <= term.expiration, "{now}");
    }
}

#[test]
fn a_loan_that_is_activated_owes_what_is_paid_out() {
    let mut world = World::lent(2_000);
    let loan = world.submit(&LoanSpec { origination_fee: 100, ..spec() }).unwrap();
    world.now = 5;
    let started = world.activate(loan, 1_500).unwrap();
    let payout = Some(Payout { to: MINER, amount: fil(1_188) });
    assert_eq!((started.agent, started.from), (AGENTS + loan, BORROWER));
    assert_eq!((started.payout, started.refinanced), (payout, None));
    let info = world.loan_info(loan);
    assert_eq!((info.phase, info.activated), (Phase::Live, Some(5)));
    assert_eq!((info.drawn, info.reserved), (fil(1_200), fil(0)));
    let pool = world.pool();
    assert_eq!((pool.principal, pool.reserved), (fil(1_200), fil(0)));
    // 10 percent of the fee is the treasury's; nobody stakes cover.
    assert_eq!((pool.cash, pool.fees), (milli(810_800), milli(1_200)));
    assert_eq!(world.underwriter().outstanding, fil(1_200));
    for subject in [BORROWER, MINER] {
        let record = world.record(subject);
        assert_eq!((record.loans, record.borrowed), (1, fil(1_200)));
    }
}

#[test]
fn the_fee_for_origination_is_rounded_up() {
    let mut world = World::lent(2);
    let spec = LoanSpec { amount: fil(1) + atto(1), origination_fee: 1_000, ..plain() };
    let loan = world.submit(&spec).unwrap();
    let payout = world.activate(loan, 12).unwrap().payout.unwrap();
    assert_eq!(payout.amount, milli(900));
}

#[test]
fn a_payee_has_the_principal_instead_of_the_miner() {
    let mut world = World::lent(2_000);
    let loan = world.submit(&LoanSpec { payee: Some(BOB), ..spec() }).unwrap();
    let payout = world.activate(loan, 12_000).unwrap().payout;
    assert_eq!(payout, Some(Payout { to: BOB, amount: fil(1_200) }));
}

#[test]
fn only_the_borrower_activates_and_only_what_is_submitted() {
    let activate = |world: &mut World, loan| world.activate_by(BORROWER, loan);
    assert_eq!(World::taken(&plain(), activate), [Phase::Submitted]);
    let (mut world, loan) = World::in_phase(Phase::Submitted, plain());
    assert_eq!(world.activate_by(ANN, loan), Err(Error::NotBorrower(ANN)));
    assert_eq!(world.activate_by(BORROWER, 2), Err(Error::NoLoan(2)));
}

#[test]
fn a_loan_is_activated_by_its_deadline() {
    let (mut world, loan) = World::in_phase(Phase::Submitted, plain());
    world.now = 3 * DAY + 1;
    assert_eq!(world.activate_by(BORROWER, loan), Err(Error::Deadline(3 * DAY)));
    world.now = 3 * DAY;
    assert!(world.activate_by(BORROWER, loan).is_ok());
}

#[test]
fn no_loan_is_activated_while_paused_or_once_its_underwriter_is_revoked() {
    let (mut world, loan) = World::in_phase(Phase::Submitted, plain());
    let mut paused = world.clone();
    paused.pause();
    assert_eq!(paused.activate_by(BORROWER, loan), Err(Error::Paused));
    world.revoke();
    assert_eq!(world.activate_by(BORROWER, loan), Err(Error::NotUnderwriter(UNDERWRITER)));
}

#[test]
fn a_miner_has_one_loan() {
    let mut world = World::lent(2_000);
    let small = LoanSpec { amount: fil(12), ..plain() };
    let first = world.loan(small.clone());
    let second = world.submit(&LoanSpec { nonce: 2, ..small.clone() }).unwrap();
    assert_eq!(world.activate(second, 12_000), Err(Error::MinerHasLoan(MINER, first)));
    let other = world.submit(&LoanSpec { nonce: 3, miner: MINER + 1, ..small }).unwrap();
    assert!(world.activate(other, 12_000).is_ok());
    world.pay_off(first, fil(12)).unwrap();
    assert!(world.activate(second, 12_000).is_ok());
}

#[test]
fn a_miner_is_not_free_before_its_debt_in_default_is_recovered() {
    let small = LoanSpec { amount: fil(12), ..plain() };
    let (mut world, first) = World::in_phase(Phase::Defaulted, small.clone());
    let second = LoanSpec { nonce: 2, deadline: world.now, ..small };
    let second = world.submit(&second).unwrap();
    assert_eq!(world.activate(second, 120), Err(Error::MinerHasLoan(MINER, first)));
    world.pay(first, fil(13)).unwrap();
    assert!(world.activate(second, 120).is_ok());
}

#[test]
fn principal_is_up_to_a_part_of_the_collateral() {
    let (mut world, loan) = World::in_phase(Phase::Submitted, plain());
    let limit = Error::Collateral(milli(1_199_200));
    assert_eq!(world.activate(loan, 1_499), Err(limit));
    assert!(world.activate(loan, 1_500).is_ok());
}

#[test]
fn collateral_is_what_is_left_after_termination_and_never_less_than_nothing() {
    let value = |fee| Collateral::new(fil(-1), fil(2), fil(4), fil(fee)).value;
    assert_eq!([0, 3, 5, 6].map(value), [5, 2, 0, 0].map(fil));
}

#[test]
fn what_is_reserved_is_free_again_after_the_deadline_and_for_the_borrower_before() {
    let (mut world, loan) = World::in_phase(Phase::Submitted, plain());
    let mut early = world.clone();
    assert_eq!(early.free(BORROWER, loan), Ok(fil(1_200)));
    world.now = 3 * DAY;
    assert_eq!(world.free(ANN, loan), Err(Error::Reserved(3 * DAY)));
    world.now += 1;
    assert_eq!(world.free(ANN, loan), Ok(fil(1_200)));
    for world in [early, world] {
        assert_eq!(world.state.free_cash(), fil(2_000));
        assert_eq!(world.underwriter().outstanding, fil(0));
        let info = world.loan_info(loan);
        assert_eq!((info.phase, info.reserved), (Phase::Lapsed, fil(0)));
    }
}

#[test]
fn only_what_waits_for_a_loan_is_freed() {
    let free = |world: &mut World, loan| world.free(BORROWER, loan);
    assert_eq!(World::taken(&plain(), free), [Phase::Submitted]);
    let open = [Phase::Submitted, Phase::Live, Phase::Impaired];
    assert_eq!(World::taken(&against_pledge(), free), open);
}

#[test]
fn income_is_the_borrowers_of_a_live_loan_in_custody() {
    let plenty = collateral(12_000);
    let income = |world: &mut World, loan| world.income(BORROWER, loan, &plenty);
    assert_eq!(World::taken(&plain(), income), [Phase::Live]);
    let (mut world, loan) = World::running(plain());
    let rich = Collateral::new(fil(12_000), fil(0), fil(0), fil(0));
    assert_eq!(world.income(BORROWER, loan, &rich), Ok(()));
    assert_eq!(world.income(ANN, loan, &rich), Err(Error::NotBorrower(ANN)));
    world.pause();
    assert_eq!(world.income(BORROWER, loan, &rich), Err(Error::Paused));
    let (world, loan) = World::running(LoanSpec { control: Control::Beneficiary, ..plain() });
    assert_eq!(world.income(BORROWER, loan, &rich), Err(Error::NotInCustody(loan)));
}

#[test]
fn there_is_no_income_in_arrears() {
    let (mut world, loan) = World::running(plain());
    let rich = Collateral::new(fil(12_000), fil(0), fil(0), fil(0));
    world.pay(loan, fil(100) - atto(1)).unwrap();
    assert_eq!(world.at(30).income(BORROWER, loan, &rich), Err(Error::Arrears));
    world.pay(loan, atto(1)).unwrap();
    assert_eq!(world.income(BORROWER, loan, &rich), Ok(()));
}

#[test]
fn income_leaves_the_next_instalment_with_the_miner() {
    let (mut world, loan) = World::running(plain());
    let left = |available| Collateral::new(available, fil(0), fil(12_000), fil(0));
    let short = Error::NextInstalment(fil(100));
    assert_eq!(world.income(BORROWER, loan, &left(fil(100) - atto(1))), Err(short));
    assert_eq!(world.income(BORROWER, loan, &left(fil(100))), Ok(()));
    world.pay(loan, fil(160)).unwrap();
    assert_eq!(world.income(BORROWER, loan, &left(fil(0))), Ok(()));
    // Of the credit 100 FIL are for what is due, and 60 for what is next.
    let short = Error::NextInstalment(fil(40));
    assert_eq!(world.at(30).income(BORROWER, loan, &left(fil(39))), Err(short));
    assert_eq!(world.income(BORROWER, loan, &left(fil(40))), Ok(()));
}

#[test]
fn income_leaves_collateral_for_the_debt() {
    let (mut world, loan) = World::running(LoanSpec { late_rate: 0, ..plain() });
    let left = |value| Collateral::new(fil(value), fil(0), fil(0), fil(0));
    let short = Error::Collateral(milli(1_199_200));
    assert_eq!(world.income(BORROWER, loan, &left(1_499)), Err(short));
    assert_eq!(world.income(BORROWER, loan, &left(1_500)), Ok(()));
    world.at(30).pay(loan, fil(100)).unwrap();
    assert_eq!(world.income(BORROWER, loan, &left(1_375)), Ok(()));
    let (mut world, loan) = World::running(bullet());
    // 12 FIL of interest have accrued.
    assert!(world.at(10).income(BORROWER, loan, &left(1_514)).is_err());
    assert_eq!(world.income(BORROWER, loan, &left(1_515)), Ok(()));
}
