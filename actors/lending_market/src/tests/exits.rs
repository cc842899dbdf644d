use super::*;
use crate::exits::PAID_BY_OTHERS;

const CAROL: ActorID = 132;
const DAVE: ActorID = 133;
/// What is lent without interest, by number of the loan.
const LOANS: [i64; 4] = [100, 300, 600, 3_000];

impl World {
    /// A pool of 4,000 FIL of four lenders that is lent out whole.
    fn lent_out(rules: Rules) -> Self {
        let mut world = World::with(rules);
        for lender in [ANN, BOB, CAROL, DAVE] {
            world.deposit(lender, 1_000).unwrap();
        }
        for (nonce, amount) in (1..).zip(LOANS) {
            let miner = MINER + nonce;
            world.loan(LoanSpec { amount: fil(amount), rate: 0, nonce, miner, ..spec() });
        }
        world
    }

    /// Where these ask for so many FIL, in this order.
    fn waiting(exits: &[(ActorID, i64)]) -> Self {
        let mut world = World::lent_out(rules());
        for (id, (lender, amount)) in (1..).zip(exits) {
            let reply = world.redeem(*lender, fil(*amount), true).unwrap();
            assert_eq!(reply, RedeemReturn { paid: fil(0), exit: Some(id) });
        }
        world
    }

    fn cancel_exit(&mut self, lender: ActorID, id: ExitId) -> Result<TokenAmount, Error> {
        self.act(lender, fil(0), |state, store, message| {
            state.cancel_exit(store, message, id, MARKET)
        })
    }

    fn exit(&self, id: ExitId) -> Option<ExitInfo> {
        self.accrued().exit(&self.store, id).unwrap()
    }

    /// Brings the cash of a loan back, and pays no exits with it.
    fn repaid(&mut self, loan: LoanId) {
        let payoff = self.due(loan).payoff.total();
        self.pay_off(loan, payoff).unwrap();
    }

    /// Gives the pool cash, or takes it, so that shares have another price.
    fn hand(&mut self, amount: i128) {
        self.state.cash += atto(amount);
        self.balance += atto(amount);
    }

    /// Lets so many days pass in which nobody pays for the loan of 3,000 FIL, and marks it.
    fn impaired(&mut self) {
        self.pass(40);
        self.impair(4).unwrap();
    }

    /// Who is paid how many FIL, and whether nothing of it waits any more.
    #[track_caller]
    fn pays(&mut self, expected: &[(ExitId, i64, bool)]) {
        let exits = self.pay_exits(32).unwrap();
        let paid: Vec<_> =
            exits.iter().map(|exit| (exit.id, exit.paid.clone(), exit.done)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(id, amount, done)| (*id, fil(*amount), *done)).collect();
        assert_eq!(paid, expected);
    }
}

#[test]
fn exits_are_paid_in_turn_as_far_as_there_is_cash() {
    let mut world = World::waiting(&[(ANN, 50), (BOB, 100), (CAROL, 10)]);
    world.pays(&[]);
    world.repaid(1);
    world.pays(&[(1, 50, true), (2, 50, false)]);
    assert_eq!((world.exit(1), world.exit(2).unwrap().shares), (None, fil(50)));
    world.repaid(2);
    world.pays(&[(2, 50, true), (3, 10, true)]);
    let pool = world.pool();
    assert_eq!((pool.cash, pool.queued, pool.shares), (fil(240), fil(0), fil(3_840)));
    assert_eq!(world.lender(BOB).withdrawn, fil(100));
}

#[test]
fn whoever_leaves_the_queue_leaves_no_gap() {
    let three = [(ANN, 10), (BOB, 20), (CAROL, 30)];
    for gone in 1..=3 {
        let mut world = World::waiting(&three);
        let (lender, amount) = three[gone - 1];
        assert_eq!(world.cancel_exit(lender, gone as ExitId), Ok(fil(amount)));
        assert_eq!(world.pool().queued, fil(60 - amount));
        // Whoever comes next stands behind those who stayed.
        assert_eq!(world.redeem(DAVE, fil(40), true).unwrap().exit, Some(4));
        world.repaid(1);
        let stayed = (1..).zip([10, 20, 30, 40]).filter(|(id, _)| *id != gone as ExitId);
        world.pays(&stayed.map(|(id, amount)| (id, amount, true)).collect::<Vec<_>>());
    }
}

#[test]
fn all_can_leave_the_queue_in_any_order() {
    let three = [(ANN, 10), (BOB, 20), (CAROL, 30)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut world = World::waiting(&three);
        for index in order {
            world.cancel_exit(three[index].0, index as ExitId + 1).unwrap();
        }
        let queue = &world.state.queue;
        assert_eq!((queue.head, queue.tail, queue.is_empty()), (0, 0, true));
        assert_eq!(world.redeem(ANN, fil(10), true).unwrap().exit, Some(4));
    }
}

#[test]
fn only_a_lender_takes_its_own_exit_out_of_the_queue_and_once() {
    let mut world = World::waiting(&[(ANN, 50), (BOB, 50)]);
    assert_eq!(world.cancel_exit(BOB, 1), Err(Error::NotLender(BOB, 1)));
    for unknown in [0, 3] {
        assert_eq!(world.cancel_exit(ANN, unknown), Err(Error::NoExit(unknown)));
    }
    world.cancel_exit(ANN, 1).unwrap();
    assert_eq!(world.cancel_exit(ANN, 1), Err(Error::NoExit(1)));
    world.repaid(1);
    world.pays(&[(2, 50, true)]);
    assert_eq!(world.cancel_exit(BOB, 2), Err(Error::NoExit(2)));
}

#[test]
fn what_waits_is_the_lender_s_and_comes_back_as_far_as_it_was_not_paid() {
    let mut world = World::waiting(&[(ANN, 400)]);
    let lender = world.lender(ANN);
    assert_eq!((lender.shares, lender.queued), (fil(600), fil(400)));
    assert_eq!((lender.value, lender.basis), (fil(1_000), fil(1_000)));
    world.repaid(1);
    world.pays(&[(1, 100, false)]);
    assert_eq!(world.cancel_exit(ANN, 1), Ok(fil(300)));
    let lender = world.lender(ANN);
    assert_eq!((lender.shares, lender.queued, lender.basis), (fil(900), fil(0), fil(900)));
}

#[test]
fn one_call_pays_1_to_32_exits() {
    let mut world = World::new();
    for bad in [0, 33, u32::MAX] {
        assert_eq!(world.pay_exits(bad), Err(Error::Batch(32)));
    }
    assert_eq!(world.pay_exits(32), Ok(Vec::new()));
}

#[test]
fn a_call_pays_no_more_exits_than_it_is_asked_for() {
    let mut world = World::waiting(&[(ANN, 1), (BOB, 1), (CAROL, 1)]);
    world.repaid(1);
    assert_eq!(world.pay_exits(2).unwrap().len(), 2);
    world.pays(&[(3, 1, true)]);
}

#[test]
fn a_deposit_pays_a_few_exits_on_its_way() {
    let mut world = World::waiting(&[(ANN, 1); 6]);
    world.deposit(BOB, 100).unwrap();
    assert_eq!(world.pool().queued, fil(6 - i64::from(PAID_BY_OTHERS)));
    assert_eq!(world.lender(ANN).withdrawn, fil(i64::from(PAID_BY_OTHERS)));
}

#[test]
fn exits_that_wait_are_paid_before_one_that_comes_now() {
    let mut world = World::waiting(&[(ANN, 200)]);
    world.repaid(2);
    assert_eq!(world.redeem(BOB, fil(50), false), Err(Error::Cash(fil(0))));
    let reply = world.redeem(BOB, fil(200), true).unwrap();
    assert_eq!(reply.exit, Some(2));
    // That call has paid what there was, in turn.
    assert_eq!((world.lender(ANN).withdrawn, world.lender(BOB).withdrawn), (fil(200), fil(100)));
}

#[test]
fn exits_leave_what_is_reserved_for_loans() {
    let mut world = World::lent(1_000);
    world.submit(&LoanSpec { amount: fil(600), ..spec() }).unwrap();
    assert_eq!(world.redeem(ANN, fil(400) + atto(1), false), Err(Error::Cash(fil(400))));
    world.redeem(ANN, fil(500), true).unwrap();
    assert_eq!((world.lender(ANN).withdrawn, world.pool().cash), (fil(400), fil(600)));
}

#[test]
fn what_waits_is_worth_a_minimum_at_first() {
    let mut world = World::lent_out(rules());
    assert_eq!(world.redeem(ANN, fil(1) - atto(1), true), Err(Error::MinExit(fil(1))));
    world.redeem(ANN, fil(1), true).unwrap();
    // Whoever does not wait may have less.
    let mut world = World::lent(1);
    assert_eq!(world.redeem(ANN, atto(1), false).unwrap().paid, atto(1));
}

#[test]
fn what_waits_earns_and_loses_like_other_shares() {
    let mut world = World::waiting(&[(ANN, 1_000)]);
    world.pass(61);
    world.write_off(4).unwrap();
    world.deposit(CAROL, 1_000).unwrap();
    // A quarter is left of each share.
    assert_near(&world.lender(ANN).withdrawn, &fil(250), 1_000_000);
    assert_near(&world.lender(ANN).losses, &fil(750), 1_000_000);
    let mut world = World::lent(1_000);
    let loan = world.loan(LoanSpec { amount: fil(1_000), ..spec() });
    world.redeem(ANN, fil(1_000), true).unwrap();
    world.pass(10);
    let interest = world.pool().interest;
    assert_near(&world.exit(1).unwrap().value, &(fil(1_000) + &interest), 1_000_000);
    world.repaid(loan);
    world.pay_exits(1).unwrap();
    let lender = world.lender(ANN);
    assert_near(&lender.realised, &interest, 1_000_000);
    assert_near(&lender.income, &interest, 1_000_000);
}

#[test]
fn an_exit_is_paid_with_all_interest_up_to_now() {
    let mut world = World::lent(1_000);
    world.loan(LoanSpec { amount: fil(600), ..spec() });
    let other = world.loan(LoanSpec { amount: fil(400), nonce: 2, miner: MINER + 1, ..spec() });
    world.redeem(ANN, fil(100), true).unwrap();
    world.repaid(other);
    world.pass(10);
    let value = world.exit(1).unwrap().value;
    assert!(value > fil(100));
    assert_eq!(world.pay_exits(1).unwrap()[0].paid, value);
}

/// A pool of so many attoFIL, all lent, behind 4,000,000 shares of Ann's.
fn tiny(assets: i128) -> World {
    let mut world = World::with(Rules { min_exit: atto(1), ..rules() });
    world.deposit_atto(ANN, 4_000_000).unwrap();
    world.hand(assets - 4_000_000);
    let amount = atto(assets);
    let id = world.submit(&LoanSpec { amount, instalments: 1, rate: 0, ..spec() }).unwrap();
    world.activate(id, 1).unwrap();
    world
}

#[test]
fn an_exit_is_done_where_there_is_just_as_much_as_it_is_worth() {
    // A share for an atto and a half.
    let mut world = tiny(6_500_000);
    world.redeem(ANN, atto(3), true).unwrap();
    world.hand(4);
    let exits = world.pay_exits(1).unwrap();
    assert_eq!((&exits[0].shares, &exits[0].paid, exits[0].done), (&atto(3), &atto(4), true));
}

#[test]
fn no_shares_are_bought_for_nothing_where_there_is_too_little_cash() {
    // Three quarters of an attoFIL a share: the cash is worth a share, which is not worth the cash.
    let mut world = tiny(3_000_000);
    world.redeem(ANN, atto(8), true).unwrap();
    world.hand(1);
    assert_eq!(world.pay_exits(1), Ok(Vec::new()));
    assert_eq!(world.exit(1).unwrap().shares, atto(8));
}

#[test]
fn exits_of_one_call_are_paid_at_one_price() {
    let mut world = World::waiting(&[(ANN, 100), (BOB, 100), (CAROL, 100)]);
    world.impaired();
    world.repaid(1);
    let paid: Vec<_> = world.pay_exits(32).unwrap().into_iter().map(|exit| exit.paid).collect();
    for amount in &paid {
        assert_near(amount, &fil(25), 1_000_000);
    }
    assert_eq!(paid.len(), 3);
}

#[test]
fn shares_are_given_back_that_would_bring_less_than_was_asked_for() {
    let mut world = World::lent_out(rules());
    world.redeem_for(ANN, fil(100), fil(100), true).unwrap();
    world.redeem_for(BOB, fil(100), fil(25), true).unwrap();
    world.impaired();
    world.repaid(1);
    let exits = world.pay_exits(32).unwrap();
    let ann = PaidExit {
        id: 1,
        lender: ANN,
        shares: fil(0),
        paid: fil(0),
        returned: fil(100),
        done: true,
    };
    assert_eq!(exits[0], ann);
    assert_eq!((exits[1].lender, &exits[1].shares, &exits[1].returned), (BOB, &fil(100), &fil(0)));
    let lender = world.lender(ANN);
    assert_eq!((lender.shares, lender.queued, lender.basis), (fil(1_000), fil(0), fil(1_000)));
    assert_eq!((lender.withdrawn, lender.realised), (fil(0), fil(0)));
}

#[test]
fn a_minimum_is_for_all_that_an_exit_brings() {
    // Of 400 shares 100 are paid; what is left is worth some 69 FIL once 3,000 of 3,900 are impaired.
    for (min, comes_back) in [(160, false), (180, true)] {
        let mut world = World::lent_out(rules());
        world.redeem_for(ANN, fil(400), fil(min), true).unwrap();
        world.repaid(1);
        world.pays(&[(1, 100, false)]);
        assert_eq!(world.exit(1).unwrap().min_amount, fil(min - 100));
        world.impaired();
        world.repaid(2);
        let exits = world.pay_exits(1).unwrap();
        assert_eq!(exits[0].returned.is_positive(), comes_back);
    }
}

#[test]
fn shares_that_are_worth_nothing_are_given_back_and_not_bought_for_nothing() {
    let mut world = World::waiting(&[(ANN, 1_000)]);
    world.pass(40);
    for loan in 1..=4 {
        world.impair(loan).unwrap();
    }
    assert_eq!(world.exit(1).unwrap().value, fil(0));
    let exits = world.pay_exits(32).unwrap();
    assert_eq!((&exits[0].shares, &exits[0].returned), (&fil(0), &fil(1_000)));
    assert_eq!(world.lender(ANN).shares, fil(1_000));
    // Nor for an attoFIL where there is not one.
    assert_eq!(world.redeem(ANN, fil(1_000), true), Err(Error::MinAmount(fil(0))));
}

#[test]
fn an_exit_tells_what_it_is_worth_and_whether_it_is_next() {
    let mut world = World::lent_out(rules());
    world.redeem_for(ANN, fil(400), fil(390), true).unwrap();
    world.redeem(BOB, fil(1), true).unwrap();
    let (shares, min_amount, value) = (fil(400), fil(390), fil(400));
    let ann = ExitInfo { lender: ANN, shares, min_amount, value, is_next: true };
    assert_eq!(world.exit(1), Some(ann));
    assert!(!world.exit(2).unwrap().is_next);
    assert_eq!((world.exit(0), world.exit(3)), (None, None));
}
