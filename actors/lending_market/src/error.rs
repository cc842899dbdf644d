//! Everything that the market refuses, with its exit code.

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::BasisPoints;

use crate::api::{ExitId, LoanId, Phase};

shared::errors! {
    // Parameters.
    32 => Rule(&'static str): "{0} is out of range",
    33 => Schedule(&'static str): "no schedule of instalments: {0}",
    34 => Page(u64): "a page has 1 to {0} entries",
    35 => Batch(u32): "1 to {0} in a batch",
    36 => Paused: "the market is paused",
    37 => NotGovernor(ActorID): "f0{0} does not govern the market",
    // Lenders.
    40 => NothingSent: "the message brings no FIL",
    41 => DepositCap(TokenAmount): "the pool takes {0} FIL in all",
    42 => MinShares(TokenAmount): "the deposit comes to {0} shares",
    43 => NoShares: "more than nothing is redeemed",
    44 => MinAmount(TokenAmount): "the shares are worth {0} FIL",
    45 => Cash(TokenAmount): "{0} FIL are free",
    46 => MinExit(TokenAmount): "what waits in the queue is worth {0} FIL at the least",
    47 => NoExit(ExitId): "exit {0} does not wait",
    48 => NotLender(ActorID, ExitId): "f0{0} did not ask for exit {1}",
    50 => Ruined: "nearly all is lost, and what is recovered belongs to the shares that there are",
    51 => Unowned: "there are loans of which nobody has a share: wait until they are over",
    // Underwriting.
    60 => OtherChain(u64): "the specification is for chain {0}",
    61 => OtherMarket(ActorID): "the specification is for market f0{0}",
    62 => Deadline(ChainEpoch): "the specification was good until epoch {0}",
    63 => Spec(&'static str): "the specification's {0} is out of range",
    64 => NotApproved(ActorID): "f0{0} has neither signed nor approved the specification",
    65 => Nonce(u64): "nonce {0} is used or cancelled",
    66 => NotUnderwriter(ActorID): "f0{0} is not an underwriter",
    67 => Ceiling(TokenAmount): "the underwriter may have {0} FIL out",
    68 => PeriodLimit(TokenAmount): "the underwriter may commit {0} FIL in a period",
    69 => MinCover(TokenAmount): "the underwriter needs {0} FIL of cover",
    // Loans.
    80 => NoLoan(LoanId): "there is no loan {0}",
    81 => NotBorrower(ActorID): "f0{0} is not the borrower",
    82 => Phase(Phase): "not of a loan that is {0:?}",
    83 => ExitsWait: "lenders wait for cash, and come first",
    84 => MinerHasLoan(ActorID, LoanId): "miner f0{0} has loan {1}",
    85 => NotMiner(ActorID): "f0{0} is not a storage miner",
    86 => Collateral(TokenAmount): "the collateral carries a debt of {0} FIL",
    87 => Refinance(LoanId): "loan {0} is not one that this borrower can refinance so",
    88 => Missing(TokenAmount): "{0} FIL are missing to repay all",
    89 => NoDraws(LoanId): "loan {0} has nothing more to draw",
    90 => Draw(TokenAmount): "a draw is of up to {0} FIL, and of what is left",
    91 => NotPledged(TokenAmount): "not all of the {0} FIL that were drawn is pledged",
    92 => Arrears: "the loan is overdue",
    93 => Reserved(ChainEpoch): "the money is reserved until epoch {0}",
    94 => NotInCustody(LoanId): "loan {0} leaves the miner with its owner",
    95 => NextInstalment(TokenAmount): "{0} FIL must stay with the miner for the next instalment",
    96 => NotHeld(ActorID): "the agent no longer holds miner f0{0} as it should",
    // Distress.
    100 => NotOverdue(Option<ChainEpoch>): "not before the loan is overdue for longer (epoch {0:?})",
    // Cover.
    110 => Stake(TokenAmount): "the stake has {0} shares",
    111 => CoverWaits(ChainEpoch, ChainEpoch): "the cover is withdrawn from epoch {0} to {1}",
    112 => CoverHeld(u32): "the cover stays while {0} loans of its underwriter are impaired",
    // Reputation.
    120 => Trust(BasisPoints): "trust is 0 to 10,000, not {0}",
    121 => OwnReputation: "nobody speaks for itself",
    122 => NoWeight: "the caller has had no shares for any time",
}
