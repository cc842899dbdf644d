//! A loan as it is offered: the specification, what names it, and the messages that bring it on chain.

use actor_lending_market::api::{
    ApproveSpec, BasisPoints, Draws, LoanSpec, SpecHash, Submit, SubmitParams, Submitted,
};
use actor_lending_market::schedule::Schedule;
use actor_lending_market::spec::{self, Here};
use anyhow::{Context, Result, ensure};
use fvm_harness::Call;
use fvm_shared::address::Address;
use shared::Method;
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};

use super::Wish;
use super::facts::Facts;
use crate::node::Node;

/// A specification with all that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub spec: LoanSpec,
    pub hash: SpecHash,
    /// What the underwriter signs.
    pub message: Vec<u8>,
    /// f4⟨market⟩⟨hash⟩: what the loan's agent will be.
    pub agent: Address,
    /// As it is if the loan is activated now.
    pub schedule: Schedule,
}

/// How an underwriter vouches for a specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    Signed(Vec<u8>),
    /// By ApproveSpec, before the loan is submitted.
    Approved,
}

impl Offer {
    /// Writes the specification at a rate, and checks it as the market does.
    pub fn new(facts: &Facts, wish: &Wish, rate: BasisPoints) -> Result<Self> {
        let Facts { now, chain_id, market, rules, .. } = facts;
        let spec = LoanSpec {
            chain_id: *chain_id,
            market: *market,
            underwriter: facts.underwriter,
            borrower: facts.borrower,
            miner: facts.miner,
            amount: wish.amount.clone(),
            plan: wish.plan,
            instalments: wish.instalments,
            days_between: wish.days_between,
            rate,
            late_rate: wish.late_rate,
            origination_fee: 0,
            prepayment_fee: 0,
            grace: wish.grace,
            control: wish.control,
            max_debt: wish.max_debt,
            draws: Draws::Whole,
            payee: None,
            refinances: None,
            nonce: wish.nonce,
            deadline: now + wish.valid_for,
        };
        spec.check(Here { chain_id: *chain_id, market: *market }, rules, *now)?;
        let hash = spec::hash(&spec)?;
        Ok(Offer {
            message: spec::message(&spec)?,
            agent: Address::new_delegated(*market, &hash.hash)?,
            schedule: spec.schedule(&spec.amount, *now, &spec.dues(*now)?, rules)?,
            spec,
            hash,
        })
    }

    /// The borrower's message that submits the loan.
    #[must_use]
    pub fn submit(&self, vouched: &Vouched) -> Call {
        let signature = match vouched {
            Vouched::Signed(signature) => signature.clone(),
            Vouched::Approved => vec![],
        };
        let params = SubmitParams { spec: self.spec.clone(), signature };
        self.to_market(self.spec.borrower).method(Submit::NUMBER, &params)
    }

    /// The underwriter's message that approves the specification.
    #[must_use]
    pub fn approve(&self) -> Call {
        self.to_market(self.spec.underwriter).method(ApproveSpec::NUMBER, &self.hash)
    }

    fn to_market(&self, from: u64) -> Call {
        Call::new(Address::new_id(from), Address::new_id(self.spec.market))
    }

    /// Has a node try what comes next, and keep nothing of it: a signed loan must be one that the
    /// market takes now, with the agent where it is said to be; an approval one that it takes.
    pub fn rehearse(&self, node: &mut impl Node, vouched: &Vouched) -> Result<()> {
        let Vouched::Signed(signature) = vouched else {
            let receipt = node.dry_run(&self.approve())?;
            ensure!(receipt.exit_code.is_success(), "ApproveSpec: {}", receipt.failure());
            return Ok(());
        };
        self.authenticate(node, signature)?;
        let submitted: Submitted =
            node.dry_run(&self.submit(vouched))?.reply().context("Submit")?;
        let other = submitted.agent_address;
        ensure!(other == self.agent, "the market would create another agent, {other}");
        Ok(())
    }

    /// Has the underwriter say that a signature is its own, as the market does.
    fn authenticate(&self, node: &mut impl Node, signature: &[u8]) -> Result<()> {
        let underwriter = Address::new_id(self.spec.underwriter);
        let params = AuthenticateMessageParams {
            signature: signature.to_vec(),
            message: self.message.clone(),
        };
        let call = Call::new(self.to_market(self.spec.borrower).to, underwriter)
            .method(AUTHENTICATE_MESSAGE, &params);
        // Multisigs end with OK and reply nothing.
        ensure!(
            node.dry_run(&call)?.reply() == Ok(true),
            "{underwriter} does not take the signature for its own: use its key, or --approve for a \
             multisig"
        );
        Ok(())
    }
}
