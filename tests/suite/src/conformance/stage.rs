//! Where a scenario plays: a network that keeps its messages, and who takes part.

use fvm_harness::{Account, Call, Entry, Network, Outcome, Provider, TokenAmount};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::sector::SectorNumber;
use serde::Serialize;
use shared::ext::market::{DealProposal, PublishStorageDealsReturn};
use shared::ext::miner::{WITHDRAW_BALANCE, WithdrawBalanceParams};

use crate::setup::{PIECE_SIZE, network, piece};

pub struct Stage {
    pub net: Network,
    /// Whose money and names the transcript tells, beside those of the singletons.
    pub cast: Vec<(String, Address)>,
    /// What was played until the chapter that is playing.
    played: Vec<Part>,
}

/// A part of what was played.
pub enum Part {
    Chapter(&'static str),
    Messages(Vec<Entry>),
}

impl Stage {
    pub fn new() -> Self {
        let mut net = network();
        net.keep_journal();
        Stage { net, cast: vec![], played: vec![] }
    }

    /// Begins a chapter of this title.
    pub fn chapter(&mut self, title: &'static str) {
        self.end_chapter();
        self.played.push(Part::Chapter(title));
    }

    fn end_chapter(&mut self) {
        let messages = self.net.take_journal();
        self.played.push(Part::Messages(messages));
    }

    /// All that was played.
    pub fn take_played(&mut self) -> Vec<Part> {
        self.end_chapter();
        std::mem::take(&mut self.played)
    }

    // Who takes part. How they come to be is not told.

    fn untold<R>(&mut self, act: impl FnOnce(&mut Network) -> R) -> R {
        self.end_chapter();
        let done = act(&mut self.net);
        self.net.take_journal();
        done
    }

    /// Tells of an actor by this name from the start.
    pub fn name(&mut self, name: impl Into<String>, address: impl Into<Address>) {
        self.cast.push((name.into(), address.into()));
    }

    /// A secp256k1 account with 100,000 FIL.
    pub fn account(&mut self, name: &str) -> Account {
        let account = self.untold(|net| net.account(name));
        self.name(name, &account);
        account
    }

    /// A BLS account with 100,000 FIL.
    pub fn bls_account(&mut self, name: &str) -> Account {
        let account = self.untold(|net| net.bls_account(name));
        self.name(name, &account);
        account
    }

    /// A provider as [`Provider::create`] makes it, with its owner and worker.
    pub fn provider(&mut self, name: &str) -> Provider {
        let provider = self.untold(|net| Provider::create(net, name));
        self.name(name, provider.address());
        self.name(format!("{name}/owner"), &provider.owner);
        self.name(format!("{name}/worker"), &provider.worker);
        provider
    }

    /// An actor that is not built in.
    pub fn user_actor(&mut self, name: &str, creator: &Account) -> Address {
        let create = |net: &mut Network| net.create(creator, "hostile-owner", &()).ok().id_address;
        let address = self.untold(create);
        self.name(name, address);
        address
    }

    // What they do

    pub fn call<P: Serialize + 'static>(
        &mut self,
        from: &Account,
        to: impl Into<Address>,
        method: MethodNum,
        params: &P,
    ) -> Outcome {
        self.net.run(Call::new(from, to).method(method, params))
    }

    pub fn pay<P: Serialize + 'static>(
        &mut self,
        from: &Account,
        to: impl Into<Address>,
        method: MethodNum,
        params: &P,
        value: TokenAmount,
    ) -> Outcome {
        self.net.run(Call::new(from, to).method(method, params).value(value))
    }

    /// Calls as any actor, without nonce.
    pub fn call_as<P: Serialize + 'static>(
        &mut self,
        from: Address,
        to: impl Into<Address>,
        method: MethodNum,
        params: &P,
    ) -> Outcome {
        self.net.implicit(Call::new(from, to).method(method, params))
    }

    /// Withdraws so many FIL from a miner.
    pub fn withdraw(&mut self, sp: &Provider, caller: &Account, amount: i64) {
        let params = WithdrawBalanceParams { amount_requested: TokenAmount::from_whole(amount) };
        self.call(caller, sp.address(), WITHDRAW_BALANCE, &params);
    }

    // Deals

    /// A proposal of a client's for the n-th piece, for nothing.
    pub fn proposal(&self, sp: &Provider, client: &Account, n: u64) -> DealProposal {
        sp.proposal(&self.net, client.address(), piece(n), PIECE_SIZE)
    }

    /// The same for 3,472,222,222,222 attoFIL an epoch, and a collateral of 2 FIL.
    pub fn paid(&self, sp: &Provider, client: &Account, n: u64) -> DealProposal {
        DealProposal {
            storage_price_per_epoch: TokenAmount::from_atto(3_472_222_222_222_u64),
            client_collateral: TokenAmount::from_whole(2),
            ..self.proposal(sp, client, n)
        }
    }

    /// Publishes proposals that their client signs.
    pub fn publish(
        &mut self,
        sp: &Provider,
        client: &Account,
        proposals: &[DealProposal],
    ) -> Outcome {
        let deals = proposals.iter().map(|proposal| client.sign_deal(proposal)).collect();
        sp.publish_signed(&mut self.net, deals)
    }

    /// Publishes a proposal that becomes a deal.
    pub fn deal(&mut self, sp: &Provider, client: &Account, proposal: &DealProposal) -> DealID {
        let outcome = self.publish(sp, client, std::slice::from_ref(proposal));
        outcome.returned::<PublishStorageDealsReturn>().ids[0]
    }

    /// Skips ahead with a sector proven every day. The tries until its deadline opens are not told:
    /// they are many, and change nothing.
    pub fn skip_proving(&mut self, sp: &Provider, sector: SectorNumber, epochs: i64) {
        self.end_chapter();
        sp.skip_proving(&mut self.net, sector, epochs);
        let mut messages = self.net.take_journal();
        messages.retain(|entry| entry.outcome.exit_code.is_success());
        self.played.push(Part::Messages(messages));
    }

    /// Goes to an epoch by far steps.
    pub fn skip_to(&mut self, epoch: i64) {
        self.net.skip(epoch - self.net.epoch());
    }
}
