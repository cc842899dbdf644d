//! Perpetual deals: what uploaders want kept, and the money for it.

use alloc::vec::Vec;
use core::mem;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::ensure;
use shared::map::{get_block, put_block};
use shared::page::MAX_PAGE;

use crate::ads::Reach;
use crate::api::{
    Ad, ChangePerpetualDealParams, CreatePerpetualDealParams, Funds, PageParams, PerpetualDealId,
    PerpetualDealInfo, PerpetualDealSummary, Replica, Terms,
};
use crate::error::Error;
use crate::escrow::ToEscrow;
use crate::policy;
use crate::state::{Message, State};

/// A perpetual deal. Amounts are attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Perpetual {
    /// [`Spec`].
    pub spec: Cid,
    pub uploader: ActorID,
    /// Bytes of the piece after padding.
    pub piece_size: u64,
    pub created: ChainEpoch,
    /// Whether it buys no more storage deals.
    pub closed: bool,
    /// Ads that were ever opened for it.
    pub last_ad: u64,
    /// What nothing is promised from yet.
    pub purse: TokenAmount,
    /// What providers and keepers were paid.
    pub spent: TokenAmount,
    /// What is in the market's escrow for it and no storage deal locks.
    pub escrow: TokenAmount,
    /// Bytes of DataCap that its deals have used up.
    pub datacap_used: u64,
    pub ads: Vec<Ad>,
    pub replicas: Vec<Replica>,
}

/// What is wanted.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub piece_cid: Cid,
    pub terms: Terms,
}

impl Perpetual {
    pub fn spec(&self, store: &impl Blockstore) -> Result<Spec, Error> {
        Ok(get_block(store, "spec", &self.spec)?)
    }

    /// All that it holds, where a step of a refresh costs such a tip.
    #[must_use]
    pub fn committed(&self, tip: &TokenAmount) -> TokenAmount {
        self.cash(tip)
            + &self.escrow
            + self.replicas.iter().map(Replica::locked).sum::<TokenAmount>()
    }

    /// What it holds of the storage's own balance.
    #[must_use]
    pub fn cash(&self, tip: &TokenAmount) -> TokenAmount {
        let ads = self.ads.iter().map(|ad| ad.reserve(tip)).sum::<TokenAmount>();
        let replicas =
            self.replicas.iter().map(|replica| replica.reserve(tip)).sum::<TokenAmount>();
        &self.purse + ads + replicas
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.closed && self.replicas.is_empty()
    }

    /// Buys no more storage deals.
    pub fn close(&mut self, tip: &TokenAmount) {
        self.closed = true;
        self.close_ads(tip);
    }

    /// Gives what a closed perpetual deal does not need to its uploader.
    pub fn sweep(&mut self, funds: &mut Funds) {
        if self.closed {
            funds.free += mem::take(&mut self.purse);
        }
    }
}

impl State {
    /// Has a piece kept for the caller.
    pub fn create(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: CreatePerpetualDealParams,
    ) -> Result<(PerpetualDealId, ToEscrow), Error> {
        policy::check_piece(&params.piece_cid, params.piece_size)?;
        policy::check_terms(&params.terms, &self.rules, message.now)?;
        let spec = Spec { piece_cid: params.piece_cid, terms: params.terms };
        let mut perpetual = Perpetual {
            spec: put_block(store, "spec", &spec)?,
            uploader: message.caller,
            piece_size: params.piece_size.0,
            created: message.now,
            closed: false,
            last_ad: 0,
            purse: TokenAmount::default(),
            spent: TokenAmount::default(),
            escrow: TokenAmount::default(),
            datacap_used: 0,
            ads: Vec::new(),
            replicas: Vec::new(),
        };
        let id = self.last.checked_add(1).ok_or(shared::Error::Overflow("perpetual deals"))?;
        self.last = id;
        let to_escrow =
            self.tend(store, message, id, &mut perpetual, |perpetual, state, funds| {
                let rules = &state.rules;
                perpetual.open_ads(id, &spec.terms, rules, funds, message.now, Reach::All)?;
                Ok(())
            })?;
        Ok((id, to_escrow))
    }

    /// Changes what the caller wants of a perpetual deal.
    pub fn change(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: ChangePerpetualDealParams,
    ) -> Result<ToEscrow, Error> {
        let ChangePerpetualDealParams { id, terms } = params;
        let mut perpetual = self.own(store, message, id)?;
        ensure!(!perpetual.closed, Error::Closed(id));
        policy::check_terms(&terms, &self.rules, message.now)?;
        let spec = Spec { terms, ..perpetual.spec(store)? };
        perpetual.spec = put_block(store, "spec", &spec)?;
        self.tend(store, message, id, &mut perpetual, |perpetual, state, funds| {
            let rules = &state.rules;
            perpetual.close_ads(&rules.tip);
            perpetual.open_ads(id, &spec.terms, rules, funds, message.now, Reach::Some)?;
            Ok(())
        })
    }

    /// Gives a perpetual deal the FIL of a message.
    pub fn top_up(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: PerpetualDealId,
    ) -> Result<(), Error> {
        ensure!(message.value.is_positive(), Error::NothingDeposited);
        let mut perpetual = self.perpetual(store, id)?;
        ensure!(!perpetual.closed, Error::Closed(id));
        perpetual.purse += &message.value;
        self.booked += &message.value;
        self.change_accounts(store, |state, accounts| {
            state.set_perpetual(store, accounts, id, &perpetual)
        })
    }

    /// Closes a perpetual deal of the caller.
    pub fn close(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: PerpetualDealId,
    ) -> Result<ToEscrow, Error> {
        let mut perpetual = self.own(store, message, id)?;
        ensure!(!perpetual.closed, Error::Closed(id));
        self.tend(store, message, id, &mut perpetual, |perpetual, state, _| {
            perpetual.close(&state.rules.tip);
            Ok(())
        })
    }

    /// A perpetual deal with all that is known of it.
    pub fn perpetual_info(
        &self,
        store: &impl Blockstore,
        id: PerpetualDealId,
    ) -> Result<PerpetualDealInfo, Error> {
        let perpetual = self.perpetual(store, id)?;
        let Spec { piece_cid, terms } = perpetual.spec(store)?;
        Ok(PerpetualDealInfo {
            uploader: perpetual.uploader,
            created: perpetual.created,
            piece_cid,
            piece_size: PaddedPieceSize(perpetual.piece_size),
            terms,
            closed: perpetual.closed,
            committed: perpetual.committed(&self.rules.tip),
            purse: perpetual.purse,
            escrow: perpetual.escrow,
            spent: perpetual.spent,
            uploader_free: self.funds(store, perpetual.uploader)?.free,
            datacap_used: perpetual.datacap_used,
            ads: perpetual.ads,
            replicas: perpetual.replicas,
        })
    }

    /// The perpetual deals of a page that are not over.
    pub fn list_perpetual(
        &self,
        store: &impl Blockstore,
        page: &PageParams,
    ) -> Result<Vec<PerpetualDealSummary>, Error> {
        let mut found = Vec::new();
        for id in page.numbers(self.last).ok_or(Error::Page(MAX_PAGE))? {
            let Some(perpetual) = self.find(store, id)? else { continue };
            let Spec { piece_cid, terms } = perpetual.spec(store)?;
            let count = |of: &dyn Fn(&&Replica) -> bool| {
                u32::try_from(perpetual.heads().filter(of).count()).unwrap_or(u32::MAX)
            };
            found.push(PerpetualDealSummary {
                id,
                uploader: perpetual.uploader,
                piece_cid,
                wanted: terms.replicas,
                current: count(&|_| true),
                active: count(&|replica| replica.active.is_some()),
                ads: u32::try_from(perpetual.ads.len()).unwrap_or(u32::MAX),
                expiry: terms.expiry,
                closed: perpetual.closed,
            });
        }
        Ok(found)
    }

    /// A perpetual deal of the caller.
    fn own(
        &self,
        store: &impl Blockstore,
        message: &Message,
        id: PerpetualDealId,
    ) -> Result<Perpetual, Error> {
        let perpetual = self.perpetual(store, id)?;
        let owned = perpetual.uploader == message.caller;
        ensure!(owned, Error::NotUploader(message.caller, id));
        Ok(perpetual)
    }

    /// Changes a perpetual deal for its uploader, whose FIL is deposited first, and puts it in its
    /// place with its escrow in balance.
    fn tend(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: PerpetualDealId,
        perpetual: &mut Perpetual,
        change: impl FnOnce(&mut Perpetual, &State, &mut Funds) -> Result<(), Error>,
    ) -> Result<ToEscrow, Error> {
        self.booked += &message.value;
        self.change_accounts(store, |state, accounts| {
            let mut funds = accounts.get(message.caller)?;
            funds.free += &message.value;
            change(perpetual, state, &mut funds)?;
            let to_escrow = state.settle_escrow(perpetual);
            perpetual.sweep(&mut funds);
            accounts.set(message.caller, &funds)?;
            state.set_perpetual(store, accounts, id, perpetual)?;
            Ok(to_escrow)
        })
    }
}
