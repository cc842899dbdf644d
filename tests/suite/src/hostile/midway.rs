//! What changes while a message is under way: owners of miners, and the escrow of another client of the
//! same publish.

use actor_perpetual_storage::api::*;
use fab::story::{Dao, PIECE_SIZE, Storage, on_publish, piece, storage_terms};
use fvm_harness::{Call, Outcome, Provider, TokenAmount, atto, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use hostile_puppet::{Forward, Message, Step};
use shared::Method;
use shared::ext::account::RECEIVE;
use shared::ext::market::{DealProposal, PUBLISH_STORAGE_DEALS};
use shared::ext::miner::CHANGE_OWNER_ADDRESS;

use super::puppet::{self, Attack, message, tries};
use super::table::Table;
use crate::hostile_owners::give;
use crate::setup::{HOOK_GAS, network, pushing_with_gas_to_spare};

/// The hook of the first deal's reward gives the miner to an accomplice.
#[test]
fn a_miner_that_changes_hands_between_two_deals_of_a_publish_earns_each_owner_its_own() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1).listing(2, 1);
    let admin = dao.admin.clone();
    let [seller, heir] = [0, 1].map(|_| puppet::create(&mut dao.net, &admin));
    let sp = dao.sp.clone();
    give(&mut dao.net, &sp, seller);
    let take = Message {
        to: sp.address(),
        method: CHANGE_OWNER_ADDRESS,
        params: RawBytes::serialize(heir).unwrap(),
        value: fil(0),
    };
    let confirm = message::<Forward>(heir, &take);
    puppet::tell(&mut dao.net, seller, RECEIVE, tries([take, confirm]));
    let deals = [dao.proposal(1), dao.proposal(2)];
    sp.publish_all(&mut dao.net, &deals);
    assert_eq!([seller, heir].map(|owner| dao.balance(owner)), [fil(100), fil(100)]);
    let owners = [1, 2].map(|id| dao.dataset(id).replicas[0].owner);
    assert_eq!(owners.map(Address::new_id), [seller, heir]);
    dao.check_invariants();
}

/// A perpetual storage in one network with a DAO, and a provider that the puppet owns. A publish of a
/// deal for each pays the puppet for the DAO's before the storage hears of its own. The second perpetual
/// deal is the puppet's.
struct Stage {
    storage: Storage,
    puppet: Address,
    /// For the DAO, for the uploader's perpetual deal and for the puppet's.
    deals: [DealProposal; 3],
}

/// AttoFIL per epoch.
const PRICE: u64 = 1_000_000;

fn price(terms: &mut Terms) {
    terms.policy.max_price_per_epoch = atto(PRICE);
}

impl Stage {
    fn new() -> Self {
        Self::after(|_| {})
    }

    /// The same, after this has happened to the storage.
    fn after(story: impl FnOnce(&mut Storage)) -> Self {
        let rewards =
            actor_datadao::api::RewardRules { hook_gas_limit: 25 * HOOK_GAS, ..on_publish() };
        let Dao { net, admin, address: dao, .. } = Dao::deploy(network(), rewards).listing(1, 1);
        let mut storage = Storage::deploy(net);
        let puppet = puppet::create(&mut storage.net, &admin);
        let sp = storage.sp.clone();
        give(&mut storage.net, &sp, puppet);
        storage = storage.keeping_with(2, price);
        let uploader = storage.uploader.clone();
        storage.pay::<Deposit>(&uploader, &Some(puppet), fil(500)).ok();
        let call = Call::new(puppet, storage.address);
        storage.net.implicit(call.method(CreatePerpetualDeal::NUMBER, &create(2))).ok();
        story(&mut storage);
        storage.net.set_tracing(true);
        let [of_uploader, own] = [1, 2].map(|id| at_price(&mut storage, &sp, id));
        let of_dao = sp.proposal(&storage.net, dao, piece(1), PIECE_SIZE);
        Stage { storage, puppet, deals: [of_dao, of_uploader, own] }
    }

    /// Publishes the DAO's deal and one for the storage.
    fn publish(&mut self, ad: usize, hook: Vec<Step>) -> Outcome {
        let Stage { storage, puppet, deals } = self;
        puppet::tell(&mut storage.net, *puppet, RECEIVE, hook);
        let call = storage.sp.publish_call(&[deals[0].clone(), deals[ad].clone()]);
        let outcome = puppet::run(&mut storage.net, call);
        storage.check_invariants();
        outcome
    }

    fn attacks(&self) -> Vec<Attack> {
        let at = self.storage.address;
        let refresh = |ids: &[u64]| message::<Refresh>(at, &ids.to_vec());
        let close = message::<ClosePerpetualDeal>(at, &2);
        let withdraw = |amount: TokenAmount| message::<Withdraw>(at, &amount);
        let terms = ChangePerpetualDealParams {
            id: 2,
            terms: {
                let mut terms = storage_terms(1);
                price(&mut terms);
                terms
            },
        };
        let sp = &self.storage.sp;
        let again = sp.publish_call(&self.deals[1..2]);
        let publish = Message {
            to: again.to,
            method: PUBLISH_STORAGE_DEALS,
            params: again.params,
            value: fil(0),
        };
        vec![
            ("does nothing", vec![]),
            ("has both perpetual deals refreshed", tries([refresh(&[1, 2])])),
            ("closes its own, and withdraws", tries([close, withdraw(fil(400))])),
            ("withdraws more than is free", tries([withdraw(fil(501))])),
            ("wants fewer replicas of its own", {
                tries([message::<ChangePerpetualDeal>(at, &terms)])
            }),
            ("has another kept", tries([message::<CreatePerpetualDeal>(at, &create(3))])),
            ("publishes a deal for another's ad itself", tries([publish])),
        ]
    }

    /// The free FIL of the uploader, who has nothing to do with this.
    fn free(&mut self) -> TokenAmount {
        let uploader = self.storage.uploader.address();
        self.storage.funds(uploader).free
    }
}

/// What a provider proposes who wants the first ad of a perpetual deal at its price.
fn at_price(storage: &mut Storage, sp: &Provider, id: PerpetualDealId) -> DealProposal {
    let ad = storage.ads(id)[0];
    DealProposal { storage_price_per_epoch: atto(PRICE), ..storage.proposal(sp, ad) }
}

fn create(n: u64) -> CreatePerpetualDealParams {
    let mut terms = storage_terms(2);
    price(&mut terms);
    CreatePerpetualDealParams { piece_cid: piece(n), piece_size: PIECE_SIZE, terms }
}

#[test]
fn whatever_a_hook_does_in_a_publish_the_storage_that_hears_later_has_what_its_books_say() {
    let mut stage = Stage::new();
    let start = stage.storage.net.snapshot();
    let head = ["The hook", "with a deal for another's ad", "with a deal for its own ad"];
    let mut table = Table::new("midway", &head);
    let free = stage.free();
    for (attack, steps) in stage.attacks() {
        let mut cells = vec![attack.to_owned()];
        for ad in [1, 2] {
            stage.storage.net.restore(&start);
            let outcome = stage.publish(ad, steps.clone());
            cells.push(puppet::told(&outcome, stage.puppet.id().unwrap()));
            assert_eq!(stage.free(), free, "{attack}");
        }
        table.row(cells);
    }
    table.verify();
}

/// The market has a refund for a deal that was never proven, and has locked as much for one that the
/// storage has not heard of: who looks now would see no refund.
#[test]
fn a_refund_waits_while_the_market_has_locked_what_the_storage_has_not_heard_of() {
    let mut stage = Stage::after(|storage| {
        let other = Provider::create(&mut storage.net, "other");
        let missed = at_price(storage, &other, 1);
        other.publish_all(&mut storage.net, std::slice::from_ref(&missed));
        storage.pass_to(missed.start_epoch + 1);
    });
    let refresh = message::<Refresh>(stage.storage.address, &vec![1]);
    let outcome = stage.publish(2, tries([refresh]));
    assert_eq!(puppet::told(&outcome, stage.puppet.id().unwrap()), "0 [100]");
    let work = stage.storage.refresh(1);
    assert_eq!((work.missed, stage.storage.perpetual(1).spent), (1, work.tip));
    stage.storage.check_invariants();
}

/// Its reward waits for it, and nobody else's does.
#[test]
fn an_owner_that_is_no_more_blocks_no_publish() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let (admin, sp) = (dao.admin.clone(), dao.sp.clone());
    let owner = puppet::create(&mut dao.net, &admin);
    give(&mut dao.net, &sp, owner);
    puppet::destroy(&mut dao.net, owner);
    let deal = dao.proposal(1);
    sp.publish_all(&mut dao.net, &[deal]);
    assert_eq!((dao.balance(owner), dao.owed(owner).data), (fil(0), fil(100)));
    dao.check_invariants();
}
