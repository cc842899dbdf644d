//! The pool and its lenders. Amounts are attoFIL; shares have 18 decimals.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

use super::ExitId;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DepositParams {
    /// Whose the shares are; null for the caller.
    pub to: Option<Address>,
    /// Shares that the deposit must come to, at the least.
    pub min_shares: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DepositReturn {
    pub shares: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RedeemParams {
    pub shares: TokenAmount,
    /// AttoFIL that the shares must bring, at the least.
    pub min_amount: TokenAmount,
    /// Whether to wait in the queue where there is not enough cash. What waits is paid what shares are
    /// worth then, and given back where they would bring less than the minimum.
    pub wait: bool,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RedeemReturn {
    /// What was paid at once.
    pub paid: TokenAmount,
    /// Where the rest waits.
    pub exit: Option<ExitId>,
}

/// The pool.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What is not lent out.
    pub cash: TokenAmount,
    /// What of it is reserved for loans.
    pub reserved: TokenAmount,
    /// Principal that is out, and not written off.
    pub principal: TokenAmount,
    /// Interest that is recognised and not paid.
    pub interest: TokenAmount,
    /// Income that came at once and is still to be spread. Deposits are priced with it, exits without.
    pub unspread: TokenAmount,
    /// Cash, principal and interest, less what is still to be spread.
    pub total_assets: TokenAmount,
    /// Principal and interest of impaired loans: exits are priced without it.
    pub unrealised_loss: TokenAmount,
    /// Shares that there are.
    pub shares: TokenAmount,
    /// Shares that wait in the queue of exits.
    pub queued: TokenAmount,
    /// AttoFIL for 10^18 shares: to enter, rounded up, and to exit, rounded down.
    pub entry_price: TokenAmount,
    pub exit_price: TokenAmount,
    /// What the treasury is owed.
    pub fees: TokenAmount,
    /// Interest that accrues for lenders, attoFIL per epoch.
    pub rate: TokenAmount,
}

/// A lender.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct LenderInfo {
    /// Shares that the lender has at hand.
    pub shares: TokenAmount,
    /// Shares that wait in the queue of exits.
    pub queued: TokenAmount,
    /// What all of them are worth on exit now.
    pub value: TokenAmount,
    /// What they cost: deposits, and the cost of shares that were transferred to the lender.
    pub basis: TokenAmount,
    /// All that was deposited for the lender.
    pub deposited: TokenAmount,
    /// All that was paid to the lender for shares.
    pub withdrawn: TokenAmount,
    /// Gain by exits since entry; negative for a loss.
    pub realised: TokenAmount,
    /// Gain that exits would bring now: `value` less `basis`; negative for a loss.
    pub unrealised: TokenAmount,
    /// The lender's part of the pool's income since entry: interest, fees, recoveries, and what others
    /// gave up who left while loans were impaired.
    pub income: TokenAmount,
    /// The lender's part of what was written off since entry, and what it gave up so itself.
    pub losses: TokenAmount,
}
