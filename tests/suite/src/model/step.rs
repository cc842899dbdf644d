//! All that can happen, one message each, or time.

use actor_datadao::api::{Choice, Currency};
use fvm_shared::clock::ChainEpoch;

use super::cast::Party;

/// What happens next. Amounts are whole FIL or $DATA.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many epochs pass.
    Wait(ChainEpoch),
    Dao(Party, DaoStep),
    Vote(Party, VoteStep),
    Compute(Party, ComputeStep),
    Owner(Party, OwnerStep),
    Grant(Party, GrantStep),
    Deal(DealStep),
    Storage(Party, StorageStep),
    Lending(Party, LendingStep),
    Attack(Party, Attack),
}

#[derive(Clone, Debug)]
pub enum DaoStep {
    Mint {
        to: Party,
        amount: i64,
    },
    Transfer {
        to: Party,
        amount: i64,
    },
    Burn(i64),
    Stake(i64),
    Unstake(i64),
    ReleaseUnstaked(Party),
    ClaimRevenue(Party),
    Delegate(Option<Party>),
    /// Lists a new piece, or the first one again.
    List {
        wanted: u32,
        again: bool,
    },
    Update {
        dataset: u64,
        wanted: u32,
    },
    Retire(u64),
    /// Sells access to a dataset, for 10 FIL a month.
    Sell(u64),
    Buy {
        dataset: u64,
        periods: u32,
        pays: i64,
    },
    Fund(i64),
    Withdraw(Party),
    /// FIL that comes without a method.
    Donate(i64),
    BookDonations,
    Pause {
        days: i64,
    },
    Unpause,
    Refresh(Vec<u64>),
}

#[derive(Clone, Debug)]
pub enum VoteStep {
    Propose(Motion),
    Cast { proposal: u64, choice: Choice },
    Execute(u64),
    Cancel(u64),
    Veto(u64),
}

/// What a proposal does.
#[derive(Clone, Debug)]
pub enum Motion {
    Spend { to: Party, fil: i64 },
    Mint { to: Party, amount: i64 },
}

#[derive(Clone, Debug)]
pub enum ComputeStep {
    /// Asks for work within so many days, and brings the bounty, or more.
    Request {
        dataset: u64,
        currency: Currency,
        bounty: i64,
        days: i64,
        exact: bool,
    },
    Cancel(u64),
    Accept(u64),
    Deliver(u64),
    Approve(u64),
    Dispute(u64),
    /// Adjudges the worker so many hundredths of the bounty.
    Rule {
        request: u64,
        percent: u32,
    },
    Settle(Vec<u64>),
}

/// What some let others do, with $DATA and with datasets.
#[derive(Clone, Debug)]
pub enum GrantStep {
    Allow { operator: Party, amount: i64 },
    Lower { operator: Party, amount: i64 },
    Forbid(Party),
    TransferFrom { from: Party, to: Party, amount: i64 },
    BurnFrom { from: Party, amount: i64 },
    Access { dataset: u64, to: Party, days: i64 },
    Revoke { dataset: u64, from: Party },
    Expire { dataset: u64, of: Party },
}

/// What an owner does for one of its miners.
#[derive(Clone, Debug)]
pub enum OwnerStep {
    Bond {
        miner: usize,
        amount: i64,
    },
    Unbond {
        miner: usize,
        amount: i64,
    },
    /// Answers for it to the perpetual storage.
    Vouch(usize),
}

#[derive(Clone, Debug)]
pub enum DealStep {
    /// A miner publishes deals for datasets, in one batch.
    Publish {
        miner: usize,
        datasets: Vec<u64>,
        flaw: Option<Flaw>,
    },
    /// A miner takes the first ad of a perpetual deal that renews nothing.
    Take {
        miner: usize,
        perpetual: u64,
        flaw: Option<Flaw>,
    },
    /// Seals a sector with a deal, by the place of the deal among those made, and proves it.
    Activate(usize),
    Terminate(usize),
    Settle(usize),
}

/// What is wrong with a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Client,
    Piece,
    Size,
    Start,
    Duration,
    Price,
    Collateral,
    Label,
}

#[derive(Clone, Debug)]
pub enum StorageStep {
    Deposit(i64),
    /// Takes all that is free, or more.
    Withdraw {
        over: bool,
    },
    /// Has a new piece kept, with FIL for the first term and for the deal's purse, or without any.
    Create {
        replicas: u32,
        pays: bool,
    },
    Change {
        perpetual: u64,
        replicas: u32,
    },
    TopUp {
        perpetual: u64,
        amount: i64,
    },
    Close(u64),
    Refresh(Vec<u64>),
}

#[derive(Clone, Debug)]
pub enum LendingStep {
    Deposit(i64),
    /// Gives up so many thousandths of the shares at hand, or more than there are.
    Redeem {
        part: i64,
        over: bool,
    },
    CancelExit,
    PayExits(u32),
    Submit {
        miner: usize,
        forged: Option<Forgery>,
    },
    /// The owner proposes the agent, or does not, and the loan is activated.
    Activate {
        loan: u64,
        proposes: bool,
    },
    FreeReserve(u64),
    Collect(u64),
    Repay {
        loan: u64,
        amount: i64,
    },
    PayOff(u64),
    Impair(u64),
    DeclareDefault(u64),
    Release(u64),
    /// A miner's first owner takes it back.
    TakeBack(usize),
    /// A penalty takes what a miner has.
    Ruin(usize),
    StakeCover(i64),
    /// Asks for all of a stake, or for more.
    UnstakeCover {
        over: bool,
    },
    WithdrawCover,
    Pause(bool),
    PayTreasury,
}

/// What is wrong with a signed specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Changed after it was signed.
    Altered,
    /// Signed by somebody else.
    Signer,
    /// Used before.
    Replayed,
    Chain,
    Late,
}

#[derive(Clone, Debug)]
pub enum Attack {
    /// Calls a method that is not the caller's to call.
    Trespass(usize),
    /// Sends FIL with a method that takes none.
    Overpay(usize),
    /// Calls a method with parameters that mean nothing.
    Garble(usize),
    /// Calls a method that there is not.
    Unknown(usize),
    /// Tells Eve how to meet tokens. No attack by itself.
    SetMood(Mood),
}

/// What Eve does when tokens come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Friendly,
    Refuses,
    /// Moves so many on to Cem before the hook is over, and is friendly again.
    PassesOn(i64),
}

impl Step {
    /// What is done, without by whom and with what.
    pub fn kind(&self) -> String {
        let (what, of) = match self {
            Step::Wait(_) => return "Wait".into(),
            Step::Dao(_, step) => ("Dao", format!("{step:?}")),
            Step::Vote(_, step) => ("Vote", format!("{step:?}")),
            Step::Compute(_, step) => ("Compute", format!("{step:?}")),
            Step::Owner(_, step) => ("Owner", format!("{step:?}")),
            Step::Grant(_, step) => ("Grant", format!("{step:?}")),
            Step::Deal(step) => ("Deal", format!("{step:?}")),
            Step::Storage(_, step) => ("Storage", format!("{step:?}")),
            Step::Lending(_, step) => ("Lending", format!("{step:?}")),
            Step::Attack(_, step) => ("Attack", format!("{step:?}")),
        };
        let name = of.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        format!("{what}::{name}")
    }
}
