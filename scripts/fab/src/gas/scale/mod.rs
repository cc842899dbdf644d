//! How gas grows with what an actor keeps.

pub mod dao;
pub mod lending;
pub mod storage;

use anyhow::Result;
use fvm_harness::Outcome;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::MARKET_NOTIFY_DEAL;

use crate::table::{self, thousands};

const SIZES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];

/// What a publish costs a client of some size.
pub struct Step {
    pub entries: u64,
    /// Gas of AuthenticateMessage, of all deals together.
    pub asked: u64,
    /// Gas of MarketNotifyDeal, of all deals together.
    pub told: u64,
    /// Gas of the whole message.
    pub message: u64,
}

impl Step {
    fn of(entries: u64, published: &Outcome) -> Self {
        let gas = |method| published.calls.of_method(method).iter().map(|call| call.gas).sum();
        let (asked, told) = (gas(AUTHENTICATE_MESSAGE), gas(MARKET_NOTIFY_DEAL));
        Step { entries, asked, told, message: published.gas_used }
    }
}

pub fn command() -> Result<()> {
    println!("Gas of one deal for a DAO that has so many datasets, each with one deal.\n");
    print("datasets and deals", &dao::measure)?;
    let deals = storage::DEALS;
    println!(
        "\nGas of {deals} deals for a perpetual storage that keeps so many pieces, each with one deal.\n"
    );
    print("perpetual deals", &storage::measure)?;
    println!("\nGas of a lending market that has so many lenders, and as many loans.\n");
    let row = |entries| {
        let lending::Step { deposit, redeem, collect } = lending::measure(entries)?;
        Ok([entries, deposit, redeem, collect].map(thousands).to_vec())
    };
    let rows = SIZES.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    table::print(&["lenders and loans", "Deposit", "Redeem", "Collect"], &rows);
    Ok(())
}

fn print(entries: &str, measure: &dyn Fn(u64) -> Result<Step>) -> Result<()> {
    let row = |entries| {
        let Step { entries, asked, told, message } = measure(entries)?;
        Ok([entries, asked, told, asked + told, message].map(thousands).to_vec())
    };
    let rows = SIZES.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    table::print(
        &[entries, "AuthenticateMessage", "MarketNotifyDeal", "both", "whole message"],
        &rows,
    );
    Ok(())
}
