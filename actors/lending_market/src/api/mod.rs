//! The interface: every method with its parameters, reply and units.

mod cover;
mod exits;
mod lenders;
mod loans;
mod records;
mod roles;
mod rules;
mod spec;

use alloc::vec::Vec;

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
pub use shared::ext::loan_agent::{Control, Holding};
pub use shared::math::BasisPoints;
pub use shared::page::PageParams;

pub use cover::*;
pub use exits::*;
pub use lenders::*;
pub use loans::*;
pub use records::*;
pub use roles::*;
pub use rules::*;
pub use spec::*;

shared::methods! {
    /// Called by Init when the market is created. Its rules never change.
    "Constructor" Constructor(ConstructorParams) -> ();
    /// The rules.
    "GetRules" GetRules(()) -> Rules;
    /// Who governs the market and is paid its fees, and whether it is paused.
    "GetRoles" GetRoles(()) -> Roles;

    // Governor.
    /// Names the governor's successor, or takes that back with the governor itself; the successor
    /// confirms with its own address. Caller: the governor, or whom it named.
    "ChangeGovernor" ChangeGovernor(Address) -> ();
    /// Says to whom fees are paid. Caller: the governor.
    "SetTreasury" SetTreasury(Address) -> ();
    /// Says how much the pool takes: attoFIL of total assets after a deposit. Caller: the governor.
    "SetDepositCap" SetDepositCap(TokenAmount) -> ();
    /// Stops deposits, new loans, draws and the borrowers' income, or lets them go on. It never stops
    /// repayment, collection, exits or release. Caller: the governor.
    "SetPaused" SetPaused(bool) -> ();
    /// Lets an underwriter commit the pool's money, within limits, or changes these. At a ceiling of zero it
    /// is revoked at once: while it is, nothing more is activated or drawn on its word. Caller: the governor.
    "SetUnderwriter" SetUnderwriter(SetUnderwriterParams) -> ();
    /// Pays the treasury what it is owed. Anyone may call it.
    "PayTreasury" PayTreasury(()) -> TokenAmount;

    // Lenders.
    /// Deposits the FIL that comes with the message for shares of the pool.
    "Deposit" Deposit(DepositParams) -> DepositReturn;
    /// Gives up shares for FIL: from cash, or as cash comes in.
    "Redeem" Redeem(RedeemParams) -> RedeemReturn;
    /// Takes a request out of the queue of exits; its shares are the caller's again. Caller: whose it
    /// is.
    "CancelExit" CancelExit(ExitId) -> TokenAmount;
    /// Pays up to 32 exits from the head of the queue, as far as there is cash, or gives their shares
    /// back. Anyone may call it.
    "PayExits" PayExits(u32) -> Vec<PaidExit>;
    /// A request in the queue, with what it is worth now.
    "GetExit" GetExit(ExitId) -> Option<ExitInfo>;
    /// What the pool has, and what a share is worth.
    "GetPool" GetPool(()) -> Pool;
    /// What a lender has put in, taken out, earned and lost.
    "GetLender" GetLender(Address) -> LenderInfo;

    // Underwriting.
    /// Vouches for a specification by its hash, for underwriters that cannot sign. Caller: the
    /// underwriter of the specification.
    "ApproveSpec" ApproveSpec(SpecHash) -> ();
    /// Makes up to 64 nonces of the caller worthless, for good: what they stand in is no longer funded
    /// if it was not yet submitted.
    "CancelNonces" CancelNonces(Vec<u64>) -> ();
    /// An underwriter's limits, what it has out, and what stands behind it.
    "GetUnderwriter" GetUnderwriter(Address) -> Underwriter;
    /// What a miner is worth as collateral.
    "GetCollateral" GetCollateral(Address) -> Collateral;

    // Loans.
    /// Hands in a specification that its underwriter vouches for. The market creates the loan's agent
    /// and reserves the money until the specification's deadline. Caller: the borrower.
    "Submit" Submit(SubmitParams) -> Submitted;
    /// Has the agent take control of the miner, and starts the loan. Caller: the borrower.
    "Activate" Activate(LoanId) -> ();
    /// Draws a part of a loan that is lent against pledge. Caller: the borrower.
    "Draw" Draw(DrawParams) -> ();
    /// Frees what is reserved for a loan: once its deadline or its time to draw has passed for anyone,
    /// before that for the borrower.
    "FreeReserve" FreeReserve(LoanId) -> TokenAmount;
    /// Pulls what is due, and no more, out of the miner, and books what came. Anyone may call it.
    "Collect" Collect(LoanId) -> Payment;
    /// Repays with the FIL that comes with the message: what is due first; the rest is kept for what
    /// will be. Anyone may call it.
    "Repay" Repay(LoanId) -> Payment;
    /// Repays all of a loan, with the FIL that comes with the message, the loan's credit and what the
    /// miner has; what is over goes to the borrower. Caller: the borrower.
    "PayOff" PayOff(PayOffParams) -> Payment;
    /// Pays the borrower income of the miner that the loan can spare, of a loan with custody. Caller:
    /// the borrower.
    "WithdrawIncome" WithdrawIncome(WithdrawIncomeParams) -> TokenAmount;
    /// Has the agent give the miner back, as far as the agent can. Anyone may call it, once the debt is
    /// zero.
    "Release" Release(LoanId) -> Holding;
    /// A loan.
    "GetLoan" GetLoan(LoanId) -> LoanInfo;
    /// Every instalment of a loan.
    "GetSchedule" GetSchedule(LoanId) -> Vec<InstalmentInfo>;
    /// What is due, what is next, and what it takes to repay all.
    "GetDue" GetDue(LoanId) -> Due;
    /// Loans, a page of numbers at a time.
    "ListLoans" ListLoans(PageParams) -> Vec<LoanSummary>;

    // Distress.
    /// Collects, and where the loan is still overdue for longer than the rules allow, marks it as
    /// impaired: exits no longer count on it. Anyone may call it.
    "Impair" Impair(LoanId) -> Payment;
    /// Collects, and where the loan is still overdue for longer than its grace, writes it off against
    /// the cover and the pool. Anyone may call it.
    "DeclareDefault" DeclareDefault(LoanId) -> Payment;
    /// Puts the keys of a miner in custody, whose loan is in default, into the hands of a liquidator.
    /// Caller: the governor.
    "Seize" Seize(SeizeParams) -> ();

    // First-loss cover.
    /// Stakes the FIL that comes with the message behind an underwriter, for a share of the interest of
    /// its loans; it pays for their losses first.
    "StakeCover" StakeCover(Address) -> ();
    /// Asks for a stake, or a part of it, back. It stays behind the underwriter until it is withdrawn.
    "UnstakeCover" UnstakeCover(UnstakeCoverParams) -> ();
    /// Withdraws what was asked for and has waited long enough.
    "WithdrawCover" WithdrawCover(Address) -> TokenAmount;
    /// A stake.
    "GetCover" GetCover(GetCoverParams) -> CoverInfo;

    // Reputation.
    /// Says of a borrower or a miner how far a lender trusts it. Caller: a lender.
    "Attest" Attest(AttestParams) -> ();
    /// What a borrower or a miner has done with its loans, and the score that follows.
    "GetReputation" GetReputation(Address) -> Reputation;
}
