//! What an underwriter knows of a market and a miner before it lends: all of it from the chain.

use actor_lending_market::api::{
    Collateral, GetCollateral, GetPool, GetReputation, GetRoles, GetRules, GetUnderwriter,
    ListLoans, LoanSummary, PageParams, Phase, Pool, Reputation, Roles, Rules, Underwriter,
};
use actor_loan_agent::api::{AgentInfo, GetAgent};
use fvm_harness::{Call, TokenAmount};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::{ActorID, MethodNum};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::Method;
use shared::ext::POWER_ACTOR;
use shared::ext::miner::{
    GET_BENEFICIARY, GET_OWNER, GET_VESTING_FUNDS, GetBeneficiaryReturn, GetOwnerReturn,
    GetVestingFundsReturn,
};
use shared::ext::power::{MINER_POWER, MinerPowerReturn};
use shared::page::MAX_PAGE;

use crate::node::{Chain, Sectors, Trouble};

/// Who is to lend to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    pub market: Address,
    pub miner: Address,
    pub underwriter: Address,
}

/// What the chain says at one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: ChainEpoch,
    pub chain_id: u64,
    pub market: ActorID,
    pub rules: Rules,
    pub roles: Roles,
    pub pool: Pool,
    pub underwriter: ActorID,
    pub standing: Underwriter,
    pub miner: ActorID,
    pub collateral: Collateral,
    /// When how much of the locked rewards vests, in the order of epochs.
    pub vesting: Vec<(ChainEpoch, TokenAmount)>,
    pub power: MinerPowerReturn,
    /// `None` where the node does not know.
    pub sectors: Option<Sectors>,
    /// The miner's owner, who is to borrow.
    pub borrower: ActorID,
    /// Whom the owner proposes as the next.
    pub next_owner: Option<Address>,
    pub beneficiary: GetBeneficiaryReturn,
    /// What the owner is, where it is the agent of a loan.
    pub agent: Option<AgentInfo>,
    pub of_miner: Reputation,
    pub of_borrower: Reputation,
    /// Loans in this market that the borrower or the miner has and that are not over.
    pub loans: Vec<LoanSummary>,
}

/// Asks a node for all of it.
pub fn gather(node: &mut impl Chain, parties: &Parties) -> Result<Facts, Trouble> {
    let market = node.id_of(&parties.market)?;
    let miner = node.id_of(&parties.miner)?;
    let underwriter = node.id_of(&parties.underwriter)?;
    let mut desk = Desk { from: Address::new_id(underwriter), market, node };
    let rules = desk.view::<GetRules>(&())?;
    let address = Address::new_id(miner);
    let collateral = desk.view::<GetCollateral>(&address)?;
    let owner: GetOwnerReturn = desk.ask("GetOwner", address, GET_OWNER, &())?;
    let borrower = desk.node.id_of(&owner.owner)?;
    let vesting: GetVestingFundsReturn =
        desk.ask("GetVestingFunds", address, GET_VESTING_FUNDS, &())?;
    let of_miner = desk.view::<GetReputation>(&address)?;
    let of_borrower = desk.view::<GetReputation>(&owner.owner)?;
    let known = of_miner.record.loans > 0 || of_borrower.record.loans > 0;
    let theirs = |loan: &LoanSummary| loan.borrower == borrower || loan.miner == miner;
    Ok(Facts {
        now: desk.node.epoch()?,
        chain_id: desk.node.chain_id()?,
        market,
        rules,
        roles: desk.view::<GetRoles>(&())?,
        pool: desk.view::<GetPool>(&())?,
        underwriter,
        standing: desk.view::<GetUnderwriter>(&Address::new_id(underwriter))?,
        miner,
        collateral,
        vesting: vesting.vesting_funds,
        power: desk.ask("MinerPower", Address::new_id(POWER_ACTOR), MINER_POWER, &miner)?,
        sectors: desk.node.sectors(miner)?,
        borrower,
        next_owner: owner.proposed,
        beneficiary: desk.ask("GetBeneficiary", address, GET_BENEFICIARY, &())?,
        agent: desk.agent(owner.owner)?,
        of_miner,
        of_borrower,
        loans: if known { desk.loans(theirs)? } else { vec![] },
    })
}

/// A node with who asks it about which market.
struct Desk<'a, N> {
    node: &'a mut N,
    from: Address,
    market: ActorID,
}

impl<N: Chain> Desk<'_, N> {
    /// Asks the market.
    fn view<M: Method>(&mut self, params: &M::Params) -> Result<M::Return, Trouble> {
        self.ask(M::NAME, Address::new_id(self.market), M::NUMBER, params)
    }

    fn ask<P: Serialize + 'static, R: DeserializeOwned>(
        &mut self,
        name: &str,
        to: Address,
        method: MethodNum,
        params: &P,
    ) -> Result<R, Trouble> {
        let receipt = self.node.dry_run(&Call::new(self.from, to).method(method, params))?;
        receipt.reply().map_err(|trouble| {
            Trouble::Refused(format!(
                "{name} of {to}: {trouble}. `cargo fab inspect {to}` tells what is there"
            ))
        })
    }

    /// What an actor is, where it is an agent: others fail, or reply nothing.
    fn agent(&mut self, address: Address) -> Result<Option<AgentInfo>, Trouble> {
        let call = Call::new(self.from, address).method(GetAgent::NUMBER, &());
        Ok(self.node.dry_run(&call)?.reply().ok())
    }

    /// Loans of all pages that are activated, not over, and meant.
    fn loans(&mut self, meant: impl Fn(&LoanSummary) -> bool) -> Result<Vec<LoanSummary>, Trouble> {
        let stands = |loan: &LoanSummary| loan.phase.runs() || loan.phase == Phase::Defaulted;
        let (mut found, mut from) = (vec![], 1);
        loop {
            let page = self.view::<ListLoans>(&PageParams { from, limit: MAX_PAGE })?;
            let last = (page.len() as u64) < MAX_PAGE;
            found.extend(page.into_iter().filter(|loan| stands(loan) && meant(loan)));
            if last {
                return Ok(found);
            }
            from += MAX_PAGE;
        }
    }
}
