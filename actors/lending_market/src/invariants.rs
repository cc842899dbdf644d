//! What always holds. Checked by tests, over the whole state.

#![expect(clippy::arithmetic_side_effects, reason = "tests alone call it")]

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::map::{decode_id, decode_pair};

use crate::api::{LoanId, Phase, Record};
use crate::book::Book;
use crate::error::Error;
use crate::loan::Opened;
use crate::state::{
    COVER, EXITS, Exits, LENDERS, Lenders, MINERS, Miners, NONCES, Nonces, RECORDS, Records,
    Stakes, State, UNDERWRITERS, Underwriters,
};

/// Every invariant that is broken, in words. `market` is the actor itself.
pub fn check(
    state: &State,
    store: &impl Blockstore,
    market: ActorID,
) -> Result<Vec<String>, Error> {
    let mut broken = state.token.check_invariants(store)?;
    let mut loans = Vec::new();
    for id in 1..=state.last {
        loans.push((id, state.open(store, id)?));
    }
    check_money(state, store, &loans, &mut broken)?;
    check_books(state, store, &loans, &mut broken)?;
    check_queue(state, store, market, &mut broken)?;
    check_loans(state, store, &loans, &mut broken)?;
    check_records(state, store, &loans, &mut broken)?;
    Ok(broken)
}

fn expect<T: PartialEq + core::fmt::Debug>(broken: &mut Vec<String>, what: &str, is: T, should: T) {
    if is != should {
        broken.push(format!("{what}: {is:?} instead of {should:?}"));
    }
}

fn sum<'a>(
    loans: &'a [(LoanId, Opened)],
    amount: impl Fn(&'a Opened) -> TokenAmount,
) -> TokenAmount {
    loans.iter().map(|(_, opened)| amount(opened)).sum()
}

fn check_money(
    state: &State,
    store: &impl Blockstore,
    loans: &[(LoanId, Opened)],
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    expect(broken, "reserved", &state.reserved, &sum(loans, |o| o.loan.reserved.clone()));
    if state.reserved.is_negative() || state.reserved > state.cash {
        broken.push(format!("{} reserved of {}", state.reserved, state.cash));
    }
    let mut cover = TokenAmount::default();
    let mut shares = BTreeMap::<ActorID, TokenAmount>::new();
    let stakes = Stakes::load(store, &state.cold(store)?.cover, &COVER)?;
    stakes.for_each(|key, stake| {
        let (underwriter, _) = decode_pair(key).unwrap_or_default();
        *shares.entry(underwriter).or_default() += &stake.shares;
        if stake.leaving > stake.shares || !stake.shares.is_positive() {
            broken.push(format!("{stake:?}"));
        }
    })?;
    let underwriters = Underwriters::load(store, &state.underwriters, &UNDERWRITERS)?;
    underwriters.for_each(|key, underwriter| {
        let id = decode_id(key).unwrap_or_default();
        cover += &underwriter.cover;
        let staked = shares.remove(&id).unwrap_or_default();
        expect(broken, "shares of cover", &underwriter.cover_shares, &staked);
        let of = |o: &Opened| if o.spec().underwriter == id { out(o) } else { Default::default() };
        expect(broken, "outstanding", &underwriter.outstanding, &sum(loans, of));
        let impaired = |o: &&(LoanId, Opened)| {
            o.1.loan.phase == Phase::Impaired && o.1.spec().underwriter == id
        };
        let impaired = loans.iter().filter(impaired).count();
        expect(broken, "impaired loans", underwriter.impaired as usize, impaired);
        if underwriter.cover.is_negative() {
            broken.push(format!("cover of {}", underwriter.cover));
        }
    })?;
    if !shares.is_empty() {
        broken.push(format!("stakes behind nobody: {shares:?}"));
    }
    let credit = sum(loans, |o| o.loan.credit.clone());
    expect(broken, "held", &state.held, &(credit + cover));
    if state.fees.is_negative() {
        broken.push(format!("fees of {}", state.fees));
    }
    Ok(())
}

/// Principal that is out or reserved, and not written off.
fn out(opened: &Opened) -> TokenAmount {
    match opened.loan.phase {
        Phase::Live | Phase::Impaired => opened.principal() + &opened.loan.reserved,
        _ => opened.loan.reserved.clone(),
    }
}

/// A book has what its loans say, and will have recognised exactly all of their interest in the end.
fn check_books(
    state: &State,
    store: &impl Blockstore,
    loans: &[(LoanId, Opened)],
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    expect(broken, "epoch of the books", state.performing.at, state.impaired.at);
    expect(broken, "epoch of what is spread", state.performing.at, state.spreading.at);
    let mut spread = state.spreading.clone();
    spread.accrue(store, end_of(spread.at, &[]))?;
    let nothing = TokenAmount::default();
    let left = [&spread.value(), &spread.rate];
    expect(broken, "what is spread in the end", left, [&nothing, &nothing]);
    if state.spreading.interest > nothing || state.entry_assets().is_negative() {
        broken.push(format!("{:?}, assets of {}", state.spreading, state.entry_assets()));
    }
    for (phase, book) in [(Phase::Live, &state.performing), (Phase::Impaired, &state.impaired)] {
        let of = |o: &Opened, amount: TokenAmount| {
            if o.loan.phase == phase { amount } else { TokenAmount::default() }
        };
        let principal = sum(loans, |o| of(o, o.principal()));
        expect(broken, "principal", &book.principal, &principal);
        let end = end_of(book.at, loans);
        let mut later: Book = book.clone();
        later.accrue(store, end)?;
        expect(broken, "rate in the end", &later.rate, &TokenAmount::default());
        let interest = sum(loans, |o| of(o, o.total().interest - &o.loan.paid.interest));
        expect(broken, "interest in the end", &later.interest, &interest);
        if book.rate.is_negative() {
            broken.push(format!("a rate of {}", book.rate));
        }
    }
    Ok(())
}

/// An epoch after which nothing accrues.
fn end_of(now: ChainEpoch, loans: &[(LoanId, Opened)]) -> ChainEpoch {
    let dues = loans.iter().filter_map(|(_, opened)| opened.terms.dues.last());
    dues.copied().max().unwrap_or(now).max(now) + 10 * crate::schedule::DAY
}

fn check_queue(
    state: &State,
    store: &impl Blockstore,
    market: ActorID,
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let queue = &state.queue;
    let exits = Exits::load(store, &queue.exits, &EXITS)?;
    let mut count = 0_u64;
    exits.for_each(|_, _| count += 1)?;
    let mut waiting = BTreeMap::<ActorID, TokenAmount>::new();
    let (mut before, mut id, mut shares) = (0, queue.head, TokenAmount::default());
    while let Some(exit) = exits.get(&id)? {
        expect(broken, "the exit before", exit.before, before);
        if !exit.shares.is_positive() || count == 0 {
            broken.push(format!("exit {id}: {exit:?}"));
            break;
        }
        shares += &exit.shares;
        *waiting.entry(exit.lender).or_default() += &exit.shares;
        (before, id, count) = (id, exit.after, count - 1);
    }
    expect(broken, "the end of the queue", (queue.tail, id, count), (before, 0, 0));
    expect(broken, "queued shares", &queue.shares, &shares);
    expect(broken, "shares of the market", &state.token.balance(store, market)?, &shares);
    let lenders = Lenders::load(store, &state.lenders, &LENDERS)?;
    lenders.for_each(|key, lender| {
        let id = decode_id(key).unwrap_or_default();
        let queued = waiting.remove(&id).unwrap_or_default();
        expect(broken, "a lender's queued shares", &lender.queued, &queued);
        if lender.basis.is_negative() {
            broken.push(format!("a basis of {}", lender.basis));
        }
    })?;
    expect(broken, "exits of nobody", waiting.len(), 0);
    Ok(())
}

fn check_loans(
    state: &State,
    store: &impl Blockstore,
    loans: &[(LoanId, Opened)],
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let cold = state.cold(store)?;
    let nonces = Nonces::load(store, &cold.nonces, &NONCES)?;
    let mut held = BTreeMap::new();
    for (id, opened) in loans {
        let (loan, spec) = (&opened.loan, opened.spec());
        if !nonces.contains(&(spec.underwriter, spec.nonce))? {
            broken.push(format!("the nonce of loan {id} is new"));
        }
        let holds = loan.phase.runs() || loan.phase == Phase::Defaulted;
        if holds && held.insert(spec.miner, *id).is_some() {
            broken.push(format!("miner {} has two loans", spec.miner));
        }
        let total = opened.total();
        let paid = &loan.paid;
        let within = paid.principal <= total.principal
            && paid.interest <= total.interest
            && paid.charge <= total.charge;
        let amounts =
            [&loan.reserved, &loan.credit, &loan.late, &loan.loss, &loan.slashed, &loan.fees_paid];
        if !within || amounts.iter().any(|amount| amount.is_negative()) {
            broken.push(format!("loan {id}: {loan:?}"));
        }
        let done = loan.reserved.is_zero() && loan.credit.is_zero();
        if loan.phase.is_over() && !done {
            broken.push(format!("loan {id} is over and has money"));
        }
        if loan.phase == Phase::Repaid && opened.principal().is_positive() {
            broken.push(format!("loan {id} is repaid, with principal out"));
        }
    }
    let miners = Miners::load(store, &cold.miners, &MINERS)?;
    miners.for_each(|key, id| {
        let miner = decode_id(key).unwrap_or_default();
        expect(broken, "the loan of a miner", held.remove(&miner), Some(*id));
    })?;
    expect(broken, "miners without their loan", held.len(), 0);
    Ok(())
}

/// What is known of everybody is what its loans add up to.
fn check_records(
    state: &State,
    store: &impl Blockstore,
    loans: &[(LoanId, Opened)],
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let mut expected = BTreeMap::<ActorID, Record>::new();
    for (_, opened) in loans.iter().filter(|(_, opened)| opened.terms.activated.is_some()) {
        for id in [opened.spec().borrower, opened.spec().miner] {
            let record = expected.entry(id).or_default();
            record.loans += 1;
            let repaid = opened.loan.phase == Phase::Repaid && opened.drawn().is_positive();
            record.repaid += u32::from(repaid);
            record.defaults += u32::from(opened.terms.defaulted.is_some());
            record.borrowed += opened.drawn();
            record.returned += &opened.loan.paid.principal;
            record.lost += &opened.loan.loss + &opened.loan.slashed;
        }
    }
    let records = Records::load(store, &state.records, &RECORDS)?;
    records.for_each(|key, subject| {
        let id = decode_id(key).unwrap_or_default();
        let record = &subject.record;
        let should = expected.remove(&id).unwrap_or_default();
        let should = Record { on_time: record.on_time, late: record.late, ..should };
        expect(broken, "a record", record, &should);
    })?;
    expect(broken, "records that are missing", expected.len(), 0);
    Ok(())
}
