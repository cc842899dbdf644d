use super::loan::{bullet, milli, plain};
use super::*;

/// A loan of 1,500 FIL on the same miner.
fn larger(old: LoanId) -> LoanSpec {
    LoanSpec { nonce: 2, amount: fil(1_500), refinances: Some(old), ..plain() }
}

fn world(spec: LoanSpec) -> (World, LoanId) {
    let mut world = World::lent(3_000);
    let old = world.loan(spec);
    (world, old)
}

impl World {
    fn refinance(&mut self, spec: LoanSpec) -> Result<(LoanId, Activation), Error> {
        let id = self.submit(&LoanSpec { deadline: self.now, ..spec })?;
        Ok((id, self.activate(id, 12_000)?))
    }
}

#[test]
fn a_loan_that_refinances_repays_the_old_one_and_pays_out_the_rest() {
    let (mut world, old) = world(LoanSpec { prepayment_fee: 100, ..bullet() });
    world.at(10);
    let (new, started) = world.refinance(larger(old)).unwrap();
    // 1,200 FIL, 12 of interest and 12 for prepayment.
    assert_eq!(started.payout, Some(Payout { to: MINER, amount: fil(276) }));
    assert_eq!((started.from, started.agent), (AGENTS + old, AGENTS + new));
    let (closed, receipt) = started.refinanced.unwrap();
    assert_eq!((closed, receipt.payment.received), (old, fil(1_224)));
    assert_eq!((receipt.was, receipt.payment.phase), (Phase::Live, Phase::Repaid));
    assert_eq!(world.loan_info(old).phase, Phase::Repaid);
    assert_eq!(world.loan_info(new).phase, Phase::Live);
    assert_eq!(world.pool().principal, fil(1_500));
    let third = world.submit(&LoanSpec { nonce: 3, deadline: world.now, ..plain() }).unwrap();
    assert_eq!(world.activate(third, 12_000), Err(Error::MinerHasLoan(MINER, new)));
}

#[test]
fn refinancing_counts_the_old_loans_credit() {
    let (mut world, old) = world(plain());
    world.pay(old, fil(50)).unwrap();
    let (_, started) = world.refinance(larger(old)).unwrap();
    assert_eq!(started.payout.unwrap().amount, fil(350));
}

#[test]
fn credit_that_is_more_than_the_old_debt_is_the_borrowers() {
    let (mut world, old) = world(plain());
    world.pay(old, fil(1_207)).unwrap();
    let (_, started) = world.refinance(larger(old)).unwrap();
    assert_eq!(started.payout.unwrap().amount, fil(1_500));
    let refund = Some(Payout { to: BORROWER, amount: fil(7) });
    assert_eq!(started.refinanced.unwrap().1.refund, refund);
}

#[test]
fn an_impaired_loan_is_refinanced_with_its_late_fees() {
    let (mut world, old) = world(plain());
    world.at(36).impair(old).unwrap();
    let (_, started) = world.refinance(larger(old)).unwrap();
    assert_eq!(started.payout.unwrap().amount, fil(300) - milli(600));
    assert_eq!(world.pool().unrealised_loss, fil(0));
}

#[test]
fn a_loan_that_refinances_is_enough_for_the_old_one() {
    let (mut world, old) = world(plain());
    let same = LoanSpec { amount: fil(1_200), ..larger(old) };
    let mut short = world.clone();
    let less = LoanSpec { amount: fil(1_200) - atto(1), ..same.clone() };
    assert_eq!(short.refinance(less), Err(Error::Missing(atto(1))));
    let (_, started) = world.refinance(same).unwrap();
    assert_eq!(started.payout.unwrap().amount, fil(0));
}

#[test]
fn the_rest_goes_to_the_payee() {
    let (mut world, old) = world(plain());
    let (_, started) = world.refinance(LoanSpec { payee: Some(BOB), ..larger(old) }).unwrap();
    assert_eq!(started.payout, Some(Payout { to: BOB, amount: fil(300) }));
}

#[test]
fn a_loan_is_refinanced_for_the_same_borrower_miner_and_control() {
    let (mut world, old) = world(plain());
    let changes: [fn(&mut LoanSpec); 3] = [
        |spec| spec.borrower = BOB,
        |spec| spec.miner += 1,
        |spec| spec.control = Control::Beneficiary,
    ];
    for change in changes {
        let mut spec = larger(old);
        change(&mut spec);
        assert_eq!(world.refinance(spec), Err(Error::Refinance(old)));
    }
    assert!(world.refinance(larger(old)).is_ok());
}

#[test]
fn a_loan_that_runs_is_refinanced() {
    let refinance = |world: &mut World, old| {
        let small = LoanSpec { amount: fil(1), ..larger(old) };
        match world.submit(&LoanSpec { deadline: world.now, ..small }) {
            Err(Error::Refinance(_)) => Err(Error::Phase(world.loan_info(old).phase)),
            submitted => submitted,
        }
    };
    assert_eq!(World::taken(&plain(), refinance), [Phase::Live, Phase::Impaired]);
    let mut none = World::lent(2_000);
    assert_eq!(none.submit(&larger(7)), Err(Error::NoLoan(7)));
}

#[test]
fn a_loan_that_has_ended_since_is_not_refinanced() {
    let (mut world, old) = world(plain());
    let new = world.submit(&larger(old)).unwrap();
    world.pay_off(old, fil(1_200)).unwrap();
    assert_eq!(world.activate(new, 12_000), Err(Error::Refinance(old)));
    assert_eq!(world.free(BORROWER, new), Ok(fil(1_500)));
}
