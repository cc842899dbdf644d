//! What the market should have come to, kept beside it from what came in and went out.

use alloc::collections::BTreeMap;

use fvm_shared::bigint::BigInt;

use super::*;
use crate::book::SPREAD_DAYS;
use crate::lenders::INDEX_SCALE;
use crate::loan::Opened;
use crate::pool::VIRTUAL;
use crate::schedule::day_end;

/// The market at an epoch, all interest recognised.
#[derive(Clone)]
pub struct Snapshot {
    pub now: ChainEpoch,
    pub state: State,
    pub loans: BTreeMap<LoanId, Opened>,
}

/// What a share is worth, as a quotient.
#[derive(Clone, Debug)]
pub struct Price {
    pub assets: BigInt,
    pub shares: BigInt,
}

impl Price {
    fn new(assets: &TokenAmount, shares: &TokenAmount) -> Self {
        // With less than nothing, the pool sells no shares and pays nothing for any.
        let assets = assets.max(&fil(0)).clone();
        Price { assets: assets.atto() + VIRTUAL, shares: shares.atto() + VIRTUAL }
    }

    pub fn is_below(&self, other: &Price) -> bool {
        &self.assets * &other.shares < &other.assets * &self.shares
    }

    /// What some shares cost, rounded up.
    pub fn cost_up(&self, shares: u64) -> TokenAmount {
        self.of_up(&atto(shares.into()))
    }

    /// What shares are worth, rounded up.
    pub fn of_up(&self, shares: &TokenAmount) -> TokenAmount {
        TokenAmount::from_atto(&self.assets * shares.atto()).div_ceil(self.shares.clone())
    }
}

impl Snapshot {
    pub fn of(world: &World) -> Self {
        let state = world.accrued();
        let open = |id| (id, state.open(&world.store, id).unwrap());
        let loans = (1..=state.last).map(open).collect();
        Snapshot { now: world.now, state, loans }
    }

    pub fn entry(&self) -> Price {
        Price::new(&self.state.entry_assets(), &self.state.token.supply)
    }

    /// What shares are worth without what is still to be spread.
    pub fn worth(&self) -> Price {
        Price::new(&self.state.total_assets(), &self.state.token.supply)
    }

    pub fn exit(&self) -> Price {
        let assets = self.state.total_assets() - self.state.unrealised_loss();
        Price::new(&assets, &self.state.token.supply)
    }

    fn drawn(&self) -> TokenAmount {
        self.loans.values().map(Opened::drawn).sum()
    }

    fn running(&self) -> impl Iterator<Item = (&LoanId, &Opened)> {
        self.loans.iter().filter(|(_, opened)| opened.loan.phase.runs())
    }
}

/// What a step moved.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Lent to the pool, and paid to lenders.
    pub deposited: TokenAmount,
    pub withdrawn: TokenAmount,
}

#[derive(Clone, Debug, Default)]
pub struct Account {
    pub shares: TokenAmount,
    pub deposited: TokenAmount,
    pub withdrawn: TokenAmount,
    /// Worth of shares that others sent it, less that of those that it sent.
    pub moved: TokenAmount,
}

/// What came in for a loan, and went back to its borrower.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub received: TokenAmount,
    pub refunded: TokenAmount,
    pub defaulted: Option<TokenAmount>,
}

/// Income that came at once.
#[derive(Clone, Debug)]
struct Spread {
    amount: TokenAmount,
    from: ChainEpoch,
    to: ChainEpoch,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub accounts: BTreeMap<ActorID, Account>,
    pub loans: BTreeMap<LoanId, Ledger>,
    spreads: Vec<Spread>,
    /// What the pool recognised, what repayments of running periods were rounded up by, and what was
    /// written off.
    gained: TokenAmount,
    rounded: TokenAmount,
    lost: TokenAmount,
    /// Most by which one lender's books may be off by rounding.
    slack: TokenAmount,
    /// Whether some gave others something: by exits at the price of an impaired pool, or by a burn.
    pub gifts: bool,
}

/// Parts in which one step can spread income: fees, charges, and what is recovered, of two loans.
const PARTS: i64 = 12;

impl Model {
    /// Checks what time alone did.
    pub fn passed(&mut self, last: &Snapshot, now: &Snapshot) {
        let gained = now.state.total_assets() - last.state.total_assets();
        assert!(!gained.is_negative(), "time took {gained}");
        assert!(!now.exit().is_below(&last.exit()), "an exit's price fell with time");
        self.gained += gained;
        self.slack += TokenAmount::from_atto(now.state.token.supply.atto() / INDEX_SCALE) + atto(1);
    }

    /// Checks what one step did.
    pub fn stepped(&mut self, before: &Snapshot, after: &Snapshot, flow: &Flow) {
        let (mut lost, mut slashed, mut rounded, mut repaid) = (fil(0), fil(0), fil(0), fil(0));
        let drawn = after.drawn() - before.drawn();
        let mut fell = (false, false);
        for (id, was) in &before.loans {
            let is = &after.loans[id];
            if !was.loan.phase.runs() {
                continue;
            }
            let interest = &is.loan.paid.interest - &was.loan.paid.interest;
            repaid += &is.loan.paid.principal - &was.loan.paid.principal + &interest;
            match is.loan.phase {
                Phase::Repaid => {
                    let more = interest - was.interest(before.now);
                    let most: i64 = was.schedules.iter().map(|s| s.maturity() - s.from).sum();
                    assert!(!more.is_negative() && more <= atto(most.into()), "{more} rounded up");
                    rounded += more;
                }
                Phase::Defaulted => {
                    assert_eq!(&is.loan.loss + &is.loan.slashed, {
                        was.principal() + was.interest(before.now)
                    });
                    lost += &is.loan.loss;
                    slashed += &is.loan.slashed;
                    fell.0 = true;
                    fell.1 |= was.loan.phase == Phase::Live;
                }
                Phase::Impaired => fell.1 |= was.loan.phase == Phase::Live,
                _ => {}
            }
        }
        let (was, is) = (&before.state, &after.state);
        let Flow { deposited, withdrawn } = flow;
        // What nobody has a share of goes to the treasury when somebody comes.
        let comes = was.token.supply.is_zero() && deposited.is_positive();
        let swept = if comes { &is.fees - &was.fees } else { fil(0) };
        let mut moved = deposited - withdrawn + &rounded - &lost;
        if swept.is_positive() {
            moved -= was.total_assets();
            fell = (true, true);
            self.spreads.clear();
        }
        assert_eq!(is.total_assets(), was.total_assets() + moved, "a lump");
        // Where exits count on nothing, new shares have a part of what is virtual.
        fell.1 |= !was.exit_assets().is_positive();
        assert!(fell.0 || !after.entry().is_below(&before.entry()), "the price of an entry fell");
        assert!(fell.1 || !after.exit().is_below(&before.exit()), "the price of an exit fell");
        let spread =
            &is.cash - &was.cash - deposited + withdrawn + drawn - repaid - slashed + &swept;
        assert!(!spread.is_negative(), "{spread} spread");
        if spread.is_positive() {
            let to = day_end(after.now + SPREAD_DAYS * DAY).unwrap();
            self.spreads.push(Spread { amount: spread, from: after.now, to });
        }
        self.gifts |= withdrawn.is_positive() && was.unrealised_loss().is_positive();
        self.slack += before.entry().cost_up(1) + after.entry().cost_up(1) + &rounded + atto(2);
        // Shares that lost would have a part of the virtual assets, if those were there: after a loss, and
        // in what those who come leave to others.
        if lost.is_positive() || deposited.is_positive() {
            self.slack += atto(VIRTUAL.into());
        }
        self.rounded += rounded;
        self.lost += lost;
    }

    /// The books know, at any epoch, what each loan says has accrued, less income still to be spread.
    pub fn check_books(&mut self, market: &Snapshot) {
        self.spreads.retain(|spread| spread.to > market.now);
        let mut interest: TokenAmount =
            market.running().map(|(_, opened)| opened.interest(market.now)).sum();
        let mut slack = 0;
        for Spread { amount, from, to } in &self.spreads {
            let elapsed = market.now - from;
            interest -= amount - amount.div_floor(to - from) * elapsed;
            slack += PARTS * elapsed;
        }
        let State { performing, impaired, spreading, .. } = &market.state;
        let books = &performing.interest + &impaired.interest + &spreading.interest;
        let off = &interest - &books;
        assert!(off.atto().magnitude() <= atto(slack.into()).atto().magnitude(), "books off {off}");
    }

    /// Everything that came in for a loan is there, and no more than it owed was taken.
    pub fn check_loans(&self, market: &Snapshot) {
        for (id, opened) in &market.loans {
            let Ledger { received, refunded, defaulted } =
                self.loans.get(id).cloned().unwrap_or_default();
            let loan = &opened.loan;
            let booked = &loan.fees_paid + loan.paid.total() + &loan.credit + refunded;
            assert_eq!(received, booked, "loan {id}");
            assert_eq!(defaulted.is_some(), opened.terms.defaulted.is_some());
            if let Some(debt) = defaulted {
                let left = opened.debt(market.now).total();
                assert!(left <= debt, "a debt in default grew");
            }
        }
    }

    pub fn check_lenders(&self, market: &Snapshot, store: &MemoryBlockstore) {
        let (mut put_in, mut taken, mut taken_out, mut basis) = (fil(0), fil(0), fil(0), fil(0));
        for (id, account) in &self.accounts {
            let info = market.state.lender(store, *id).unwrap();
            let LenderInfo { shares, queued, value, deposited, withdrawn, .. } = &info;
            assert_eq!(shares + queued, account.shares);
            assert_eq!((deposited, withdrawn), (&account.deposited, &account.withdrawn));
            put_in += deposited;
            taken += value + withdrawn;
            taken_out += withdrawn;
            basis += &info.basis + withdrawn - &info.realised;
            let worth = value + withdrawn - deposited - &account.moved;
            let off = worth - (&info.income - &info.losses);
            let priced = market.state.exit_assets() == market.state.total_assets();
            let clean = !self.gifts && priced && !market.state.exit_assets().is_negative();
            assert!(
                !clean || off.atto().magnitude() <= self.slack.atto().magnitude(),
                "lender {id} off {off}, {} allowed",
                self.slack
            );
        }
        assert_eq!(basis, put_in);
        let all = put_in + &self.gained + &self.rounded - &self.lost;
        // Shares that lost are worth a part of the virtual assets, each by itself.
        let all = all.max(taken_out) + atto(VIRTUAL.into());
        assert!(taken <= all, "lenders have {taken} of {all}");
    }
}
