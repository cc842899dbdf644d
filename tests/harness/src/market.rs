//! The storage market as its clients see it.

use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{ActorID, MethodNum};
use serde::de::DeserializeOwned;
use shared::ext::MARKET_ACTOR;
use shared::ext::market::{
    self, ClientDealProposal, DealProposal, GetBalanceReturn, GetDealDataCommitmentReturn,
    GetDealTermReturn, PublishStorageDealsParams, SettleDealPaymentsReturn, WithdrawBalanceParams,
};

use crate::account::Account;
use crate::message::Call;
use crate::network::Network;
use crate::outcome::Outcome;
use crate::provider::Provider;

impl Account {
    /// Signs a proposal as its client, for the market to check.
    #[must_use]
    pub fn sign_deal(&self, proposal: &DealProposal) -> ClientDealProposal {
        let message = to_vec(proposal).expect("a proposal that encodes");
        let client_signature = self.key.sign(&message).expect("a key that signs");
        ClientDealProposal { proposal: proposal.clone(), client_signature }
    }
}

impl Network {
    /// What an actor has in escrow, and how much of that deals lock.
    pub fn escrow(&mut self, of: impl Into<Address>) -> GetBalanceReturn {
        let market = Address::new_id(MARKET_ACTOR);
        let call = Call::new(market, market).method(market::GET_BALANCE, &of.into());
        self.dry_run(call).returned()
    }

    /// Adds to an actor's escrow from an account's funds.
    pub fn add_escrow(
        &mut self,
        from: impl Into<Address>,
        to: impl Into<Address>,
        amount: TokenAmount,
    ) -> Outcome {
        let call = Call::new(from, Address::new_id(MARKET_ACTOR));
        self.run(call.method(market::ADD_BALANCE, &to.into()).value(amount))
    }

    /// Takes from an actor's escrow.
    pub fn withdraw_escrow(
        &mut self,
        caller: impl Into<Address>,
        of: impl Into<Address>,
        amount: TokenAmount,
    ) -> Outcome {
        let params = WithdrawBalanceParams { provider_or_client: of.into(), amount };
        let call = Call::new(caller, Address::new_id(MARKET_ACTOR));
        self.run(call.method(market::WITHDRAW_BALANCE, &params))
    }

    /// A deal that is published, as the market tells it; `None` where it knows no such deal.
    pub fn deal(&mut self, deal: DealID) -> Option<DealProposal> {
        let GetDealDataCommitmentReturn { data, size } =
            self.told(deal, market::GET_DEAL_DATA_COMMITMENT)?;
        let GetDealTermReturn { start, duration } = self.told(deal, market::GET_DEAL_TERM)?;
        let price: TokenAmount = self.told(deal, market::GET_DEAL_TOTAL_PRICE)?;
        let provider: ActorID = self.told(deal, market::GET_DEAL_PROVIDER)?;
        let client: ActorID = self.told(deal, market::GET_DEAL_CLIENT)?;
        Some(DealProposal {
            piece_cid: data,
            piece_size: size,
            verified_deal: self.told(deal, market::GET_DEAL_VERIFIED)?,
            client: Address::new_id(client),
            provider: Address::new_id(provider),
            label: self.told(deal, market::GET_DEAL_LABEL)?,
            start_epoch: start,
            end_epoch: start + duration,
            storage_price_per_epoch: price.div_floor(duration.max(1)),
            provider_collateral: self.told(deal, market::GET_DEAL_PROVIDER_COLLATERAL)?,
            client_collateral: self.told(deal, market::GET_DEAL_CLIENT_COLLATERAL)?,
        })
    }

    fn told<R: DeserializeOwned>(&mut self, deal: DealID, method: MethodNum) -> Option<R> {
        let market = Address::new_id(MARKET_ACTOR);
        let outcome = self.dry_run(Call::new(market, market).method(method, &deal));
        outcome.exit_code.is_success().then(|| from_slice(&outcome.return_data).ok())?
    }

    /// Settles deals, which anybody may.
    pub fn settle(
        &mut self,
        caller: impl Into<Address>,
        deals: &[DealID],
    ) -> SettleDealPaymentsReturn {
        let ids = BitField::try_from_bits(deals.iter().copied()).expect("deal ids in range");
        let call = Call::new(caller, Address::new_id(MARKET_ACTOR));
        self.run(call.method(market::SETTLE_DEAL_PAYMENTS, &ids)).returned()
    }
}

impl Provider {
    /// Publishes deals with the signatures of their clients.
    pub fn publish_signed(&self, network: &mut Network, deals: Vec<ClientDealProposal>) -> Outcome {
        let call = Call::new(&self.worker, Address::new_id(MARKET_ACTOR));
        let params = PublishStorageDealsParams { deals };
        network.run(call.method(market::PUBLISH_STORAGE_DEALS, &params))
    }
}
