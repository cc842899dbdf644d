//! All rules in any order, by anyone, at any time: whatever is done, the state stays sound, the books
//! agree with a model that is kept beside them, no price falls but by impairment and default, and in the
//! end everybody has what is theirs.

mod found;
mod lenders;
mod loans;
mod model;
mod probes;
mod steps;
mod winding_up;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::RefCell;

use proptest::prelude::*;

use super::*;
use crate::exits::PAID_BY_OTHERS;
use crate::loan::Opened;
use model::{Flow, Model, Snapshot};
use steps::{LENDERS, SPONSORS, Setting, Step, UNDERWRITERS, steps};

/// Random sequences that are tried. What fails is kept under `proptest-regressions` and tried first.
const CASES: u32 = 1_000;
/// Loans that are ever submitted.
const MAX_LOANS: u64 = 8;

/// What has to succeed or to happen once in a hundred sequences at the least.
const OFTEN: [&str; 31] = [
    "deposit",
    "redeem",
    "queue",
    "cancel exit",
    "pay exits",
    "transfer",
    "burn",
    "stake",
    "unstake",
    "withdraw cover",
    "set underwriter",
    "revoke",
    "pause",
    "submit",
    "approve",
    "activate",
    "refinance",
    "draw",
    "free reserve",
    "receive",
    "repaid",
    "credit",
    "pay off",
    "impair",
    "restore",
    "write off",
    "recover",
    "recovered",
    "attest",
    "pay treasury",
    "cancel nonces",
];

struct Whole {
    world: World,
    unit: TokenAmount,
    model: Model,
    flow: Flow,
    /// The market after the last step.
    last: Snapshot,
    nonce: u64,
    /// How often what succeeded.
    done: BTreeMap<&'static str, u32>,
}

type Done = Result<Option<&'static str>, Error>;

impl Whole {
    fn new(setting: Setting) -> Self {
        let world = World::with(setting.rules());
        let last = Snapshot::of(&world);
        let unit = setting.unit();
        let mut whole = Whole {
            world,
            unit,
            model: Model::default(),
            flow: Flow::default(),
            last,
            nonce: 0,
            done: BTreeMap::new(),
        };
        for underwriter in UNDERWRITERS {
            whole.limit(underwriter, limits()).unwrap();
        }
        whole.run(Step { method: 7, by: 0, of: 0, part: 999, choice: 11 });
        whole.run(Step { method: 19, by: 0, of: 0, part: 300, choice: 11 });
        whole
    }

    /// Tries one step and checks what it did, and what the time before it did.
    fn run(&mut self, step: Step) {
        let now = self.pass(step);
        self.world.now = now;
        let before = Snapshot::of(&self.world);
        self.model.passed(&self.last, &before);
        self.flow = Flow::default();
        let paused = self.world.state.cold(&self.world.store).unwrap().roles.paused;
        match self.step(step, &before) {
            Ok(what) => what.into_iter().for_each(|what| self.count(what)),
            Err(error) => check_error(&error, step, paused),
        }
        for payout in core::mem::take(&mut self.world.paid) {
            assert!(!payout.amount.is_negative(), "{payout:?}");
        }
        self.compare(&before);
    }

    /// Checks what a step did, against the model.
    fn compare(&mut self, before: &Snapshot) {
        self.world.check_balance();
        let after = Snapshot::of(&self.world);
        self.model.stepped(before, &after, &self.flow);
        self.model.check_books(&after);
        self.model.check_loans(&after);
        self.model.check_lenders(&after, &self.world.store);
        self.last = after;
    }

    fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    /// The epoch to which a step lets time pass: for most, none does.
    fn pass(&self, step: Step) -> ChainEpoch {
        let Step { method, of, part, choice, .. } = step;
        let now = self.world.now;
        let running = |opened: &Opened| opened.loan.phase.runs();
        match method {
            0 => now + part,
            1 | 2 => now + part % 41 * DAY + i64::try_from(choice).unwrap(),
            3..=6 => {
                let Some(due) = self.pick(of, running).map(|id| self.world.due(id)) else {
                    return now;
                };
                let next = due.next.map(|next| next.due);
                let to = match choice {
                    0..=2 => next,
                    3 => next.map(|next| next + part % 5 - 2),
                    4..=7 => due.impaired_from.or(next),
                    _ => due.default_from.or(next),
                };
                to.unwrap_or(now).max(now)
            }
            _ => now,
        }
    }

    /// A loan that is as it should be, if there is one.
    fn pick(&self, of: usize, should: impl Fn(&Opened) -> bool) -> Option<LoanId> {
        let loans = self.last.loans.iter().filter(|(_, opened)| should(opened));
        let ids: Vec<_> = loans.map(|(id, _)| *id).collect();
        (!ids.is_empty()).then(|| ids[of % ids.len()])
    }

    /// A loan that is as it should be, or any, or none that there is.
    fn any(&self, of: usize, should: impl Fn(&Opened) -> bool) -> LoanId {
        let id = self.pick(of, should);
        id.filter(|_| !of.is_multiple_of(8)).unwrap_or(of as u64 % (self.last.state.last + 2))
    }

    fn step(&mut self, step: Step, market: &Snapshot) -> Done {
        let Step { method, of, part, choice, .. } = step;
        let now = self.world.now;
        let phase = |wanted: Phase| move |opened: &Opened| opened.loan.phase == wanted;
        let runs = |opened: &Opened| opened.loan.phase.runs();
        match method {
            0..=6 => Ok(Some("wait")),
            7..=9 => {
                let (lender, amount) =
                    (step.one_of(&LENDERS), step.some(&(&self.unit * 1_000_u64)));
                self.deposit(lender, amount, if of.is_multiple_of(4) { PAID_BY_OTHERS } else { 0 })
            }
            10..=13 => self.redeem(step, method > 10),
            14 if choice > 3 => self.cancel_exit(step),
            16 => self.transfer(step),
            17 if choice > 7 => self.burn(step),
            18 | 19 => {
                let (by, behind) = (step.one_of(&SPONSORS), UNDERWRITERS[of % 3]);
                let amount = step.some(&(&self.unit * 100_u64));
                self.world.act(by, amount, |s, store, m| s.stake_cover(store, m, behind))?;
                Ok(Some("stake"))
            }
            20 | 21 => self.unstake(step, now),
            22 if choice > 5 => self.underwriter(step),
            23 => {
                let paused = choice == 0;
                self.world.act(GOVERNOR, fil(0), |s, store, m| {
                    s.govern(store, m.caller, |roles| roles.paused = paused)
                })?;
                Ok(Some(if paused { "pause" } else { "resume" }))
            }
            24..=28 => {
                let submitted = self.submit(step)?;
                let id = self.world.state.last;
                match submitted {
                    Some(_) if method > 25 => self.activate(id, step),
                    _ => Ok(submitted),
                }
            }
            29..=34 => {
                let id = self.any(of, phase(Phase::Submitted));
                self.activate(id, step)
            }
            35..=37 => self.draw(step),
            38 => {
                let waits = |opened: &Opened| opened.loan.reserved.is_positive();
                self.free_reserve(self.any(of, waits), choice.is_multiple_of(2))
            }
            39..=42 => {
                let id = self.any(of, runs);
                let owed = self.owed(id, now);
                self.receive(id, step.some(&owed), market)
            }
            43 => self.pay_off(step),
            44..=46 => {
                let late = |opened: &Opened| {
                    phase(Phase::Live)(opened) && opened.overdue_since(now).is_some()
                };
                self.impair(self.any(of, late))
            }
            47 | 48 => {
                let late = |opened: &Opened| {
                    let from = opened.default_from(now);
                    runs(opened) && from.is_some_and(|from| from <= now)
                };
                self.write_off(self.any(of, late))
            }
            49..=51 => {
                let id = self.any(of, phase(Phase::Defaulted));
                let owed = self.owed(id, now);
                self.receive(id, step.some(&owed), market)
            }
            52 => {
                let (by, trust) = (step.one_of(&LENDERS), u32::try_from(part * 11).unwrap());
                self.world.act(by, fil(0), |s, store, m| s.attest(store, m, MINER, trust))?;
                Ok(Some("attest"))
            }
            53 => {
                let payout = self.world.act(ANN, fil(0), |s, store, _| s.pay_treasury(store))?;
                self.world.send([payout]);
                Ok(Some("pay treasury"))
            }
            54 if choice == 0 => {
                let (by, nonces) = (UNDERWRITERS[of % 3], [self.nonce + 1]);
                self.world
                    .act(by, fil(0), |s, store, m| s.cancel_nonces(store, m.caller, &nonces))?;
                Ok(Some("cancel nonces"))
            }
            14 | 15 | 17 | 22 | 54 => self.pay_exits(u32::try_from(1 + choice).unwrap()),
            _ => self.look(step),
        }
    }

    /// What a message pays: to somebody, and to those whose exits it pays.
    fn pay(&mut self, payouts: impl IntoIterator<Item = Payout>, exits: &[PaidExit]) {
        // What is given back stays its lender's.
        for PaidExit { lender, shares, paid, .. } in exits.iter().filter(|e| e.returned.is_zero()) {
            self.took_out(*lender, shares, paid);
        }
        let exits = exits.iter().map(|e| Payout { to: e.lender, amount: e.paid.clone() });
        self.world.send(payouts.into_iter().chain(exits));
    }

    fn took_out(&mut self, lender: ActorID, shares: &TokenAmount, paid: &TokenAmount) {
        assert!(!paid.is_negative() && shares.is_positive());
        let account = self.model.accounts.entry(lender).or_default();
        account.shares -= shares;
        account.withdrawn += paid;
        self.flow.withdrawn += paid;
    }
}

/// No rule fails by a fault of the market itself, and a pause stops nobody from paying or leaving.
fn check_error(error: &Error, step: Step, paused: bool) {
    if let Error::Shared(error) = error {
        let asked = matches!(error, shared::Error::Funds(_) | shared::Error::Argument(_));
        assert!(asked, "{error}");
    }
    if *error == Error::Paused {
        let new = matches!(step.method, 7..=9 | 24..=37);
        assert!(paused && new, "{step:?}");
    }
}

#[test]
fn the_market_stays_sound_whatever_anyone_does() {
    let done = RefCell::new(BTreeMap::<&str, u32>::new());
    let config = ProptestConfig { cases: CASES, ..ProptestConfig::default() };
    proptest!(config, |((setting, steps) in steps())| {
        let mut whole = Whole::new(setting);
        steps.iter().for_each(|step| whole.run(*step));
        whole.wind_up();
        for (what, times) in whole.done {
            *done.borrow_mut().entry(what).or_default() += times;
        }
    });
    for what in OFTEN {
        let times = done.borrow().get(what).copied().unwrap_or_default();
        assert!(times >= CASES / 100, "{what}: {times} times in all");
    }
}
