use alloc::vec::Vec;

use fvm_shared::address::Address;
use shared::host;

use super::{accrued, agent, load};
use crate::api::{
    Collateral, Due, ExitId, ExitInfo, InstalmentInfo, LenderInfo, LoanId, LoanInfo, LoanSummary,
    PageParams, Pool, Underwriter,
};
use crate::error::Error;

pub fn get_pool((): ()) -> Result<Pool, Error> {
    accrued()?.pool()
}

pub fn get_lender(lender: Address) -> Result<LenderInfo, Error> {
    accrued()?.lender(&host::Store, host::resolve(&lender)?)
}

pub fn get_exit(id: ExitId) -> Result<Option<ExitInfo>, Error> {
    accrued()?.exit(&host::Store, id)
}

pub fn get_underwriter(underwriter: Address) -> Result<Underwriter, Error> {
    load()?.underwriter(&host::Store, host::resolve(&underwriter)?)
}

pub fn get_collateral(miner: Address) -> Result<Collateral, Error> {
    agent::collateral(host::resolve(&miner)?)
}

pub fn get_loan(id: LoanId) -> Result<LoanInfo, Error> {
    load()?.loan_info(&host::Store, id)
}

pub fn get_schedule(id: LoanId) -> Result<Vec<InstalmentInfo>, Error> {
    load()?.schedule(&host::Store, id)
}

pub fn get_due(id: LoanId) -> Result<Due, Error> {
    load()?.due(&host::Store, id, host::epoch())
}

pub fn list_loans(page: PageParams) -> Result<Vec<LoanSummary>, Error> {
    load()?.list_loans(&host::Store, &page, host::epoch())
}
