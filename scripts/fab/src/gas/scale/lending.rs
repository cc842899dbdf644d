use actor_lending_market::api::Record;
use actor_lending_market::lenders::Lender;
use actor_lending_market::loan::{Loan, Terms};
use actor_lending_market::state::{
    LENDERS, LOANS, Lenders, Loans, MINERS, Miners, RECORDS, Records, Subject,
};
use anyhow::Result;
use fvm_harness::{Network, fil};
use shared::map::put_block;

use crate::story::Lending;

/// What a market of some size costs.
pub struct Step {
    pub deposit: u64,
    pub redeem: u64,
    pub collect: u64,
}

/// Deposits, redeems and collects in a market with so many lenders and as many loans.
pub fn measure(entries: u64) -> Result<Step> {
    let mut market = Lending::deploy(Network::new(crate::actors()?)?).lent(10_000);
    let loan = market.loan(|_| {}).loan;
    populate(&mut market, entries)?;
    let new = market.net.account("new");
    let deposit = market.deposit(&new, fil(10)).outcome.ok().gas_used;
    let redeem = market.redeem(&new, fil(5)).outcome.ok().gas_used;
    market.pass_to_due(loan);
    let collect = market.collect(loan).outcome.ok().gas_used;
    Ok(Step { deposit, redeem, collect })
}

/// Gives the market lenders, and loans of one FIL each, written straight into its state.
fn populate(market: &mut Lending, entries: u64) -> Result<()> {
    const FIRST: u64 = 1_000_000;
    market.net.snapshot();
    let (mut state, store) = (market.state(), market.net.store().clone());
    let now = market.net.epoch();
    let mut spec = market.spec();
    spec.amount = fil(1);
    let opened = state.open(&store, 1)?;
    let schedule = spec.schedule(&spec.amount, now, &opened.terms.dues, &state.rules(&store)?)?;
    let link = put_block(&store, "schedule", &schedule)?;
    let mut cold = state.cold(&store)?;
    let mut lenders = Lenders::load(&store, &state.lenders, &LENDERS)?;
    let mut loans = Loans::load(&store, &state.loans, &LOANS)?;
    let mut miners = Miners::load(&store, &cold.miners, &MINERS)?;
    let mut records = Records::load(&store, &state.records, &RECORDS)?;
    for n in 1..=entries {
        let lender = Lender { basis: fil(1), deposited: fil(1), ..Lender::default() };
        lenders.set(&(FIRST + n), lender)?;
        state.token.mint(&store, now, FIRST + n, &fil(1))?;
        let (borrower, miner) = (2 * FIRST + n, 3 * FIRST + n);
        spec.borrower = borrower;
        spec.miner = miner;
        spec.nonce = FIRST + n;
        let terms = Terms { spec: spec.clone(), ..opened.terms.clone() };
        let loan = Loan {
            terms: put_block(&store, "terms", &terms)?,
            schedules: vec![link],
            ..opened.loan.clone()
        };
        loans.set(&(state.last + n), put_block(&store, "loan", &loan)?)?;
        miners.set(&miner, state.last + n)?;
        let record = Record { loans: 1, borrowed: fil(1), ..Record::default() };
        let subject = Subject { record, ..Subject::default() };
        records.set(&borrower, subject.clone())?;
        records.set(&miner, subject)?;
    }
    state.last += entries;
    state.lenders = lenders.flush()?;
    state.loans = loans.flush()?;
    cold.miners = miners.flush()?;
    state.records = records.flush()?;
    state.set_cold(&store, &cold)?;
    state.cash += fil(1) * entries;
    market.net.fund(market.address, fil(1) * entries);
    market.net.set_state(&market.address, &state)
}
