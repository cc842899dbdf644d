//! Deals that the DAO takes on, and those that it does not.

use std::slice::from_ref;

use actor_datadao::api::AddDatasetParams;
use actor_datadao::api::{AddDataset, DatasetTerms, GetDeal};
use fvm_harness::{Call, Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::MARKET_ACTOR;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::{
    DealProposal, GET_DEAL_ACTIVATION, GetDealActivationReturn, Label, MARKET_NOTIFY_DEAL,
    MarketNotifyDealParams,
};

use crate::setup::{
    DAY, PIECE_SIZE, constructor_params, dataset, network, on_publish, piece, pushing,
};

#[test]
fn a_published_deal_fills_a_slot_and_mints_data_for_the_provider_s_owner() {
    let mut dao = pushing().listing(1, 2);
    let proposal = dao.proposal(1);
    let outcome = dao.sp.publish(&mut dao.net, from_ref(&proposal)).ok();
    assert_eq!(outcome.events_of("deal-recorded").len(), 1);
    let owner = dao.sp.owner.clone();
    assert_eq!(dao.balance(&owner), fil(100));
    let dataset = dao.dataset(1);
    let [replica] = &dataset.replicas[..] else { panic!("{dataset:?}") };
    assert_eq!((replica.provider, replica.owner), (dao.sp.id, owner.id));
    let term = (replica.start_epoch, replica.end_epoch);
    assert_eq!(term, (proposal.start_epoch, proposal.end_epoch));
    let deal = dao.net.view::<GetDeal>(dao.address, &replica.deal);
    assert_eq!((deal.dataset, &deal.replica), (1, replica));
    dao.check_invariants();
}

#[test]
fn a_deal_of_the_dao_can_be_proven_and_becomes_active() {
    let mut dao = pushing().listing(1, 1);
    let proposal = dao.proposal(1);
    let deal = dao.sp.publish_all(&mut dao.net, from_ref(&proposal))[0];
    dao.sp.activate(&mut dao.net, deal, &proposal);
    let ask =
        Call::new(&dao.admin, Address::new_id(MARKET_ACTOR)).method(GET_DEAL_ACTIVATION, &deal);
    let activation: GetDealActivationReturn = dao.net.dry_run(ask).returned();
    assert_eq!(activation.activated, dao.net.epoch());
    assert_eq!(activation.terminated, -1);
}

/// The rules of acceptance, one by one: what is wrong with a proposal, and the exit code it gets.
#[test]
fn the_dao_says_why_it_refuses_a_proposal() {
    let mut dao = pushing().listing(1, 1);
    let good = dao.proposal(1);
    assert!(dao.asked(&good).returned::<bool>());
    let admin = dao.admin.address();
    let now = dao.net.epoch();
    let end = |start| start + 180 * DAY;
    let late = now + 14 * DAY;
    type Change<'a> = &'a dyn Fn(&mut DealProposal);
    let refusals: [(&str, Change<'_>, u32); 9] = [
        ("foreign client", &|p| p.client = admin, 48),
        ("unlisted piece", &|p| p.piece_cid = piece(9), 49),
        ("other size", &|p| p.piece_size = PaddedPieceSize(1_024), 50),
        ("verified", &|p| p.verified_deal = true, 53),
        ("too short", &|p| p.end_epoch -= 1, 54),
        ("too long", &|p| p.end_epoch = p.start_epoch + 540 * DAY + 1, 54),
        ("starts too late", &|p| (p.start_epoch, p.end_epoch) = (late + 1, end(late + 1)), 55),
        ("price", &|p| p.storage_price_per_epoch = fvm_harness::atto(1), 56),
        ("collateral", &|p| p.client_collateral = fvm_harness::atto(1), 57),
    ];
    for (what, change, code) in refusals {
        let mut bad = good.clone();
        change(&mut bad);
        let exit = dao.asked(&bad).exit_code;
        assert_eq!(exit, ExitCode::new(code), "{what}");
    }
    let mut latest = good.clone();
    (latest.start_epoch, latest.end_epoch) = (late, end(late));
    assert!(dao.asked(&latest).returned::<bool>());
}

#[test]
fn a_proposal_names_the_dao_by_any_of_its_addresses() {
    let mut dao = pushing().listing(1, 2);
    let robust = dao.net.robust_address(&dao.address).expect("an f2 address");
    let mut proposal = dao.proposal(1);
    proposal.client = robust;
    dao.sp.publish_all(&mut dao.net, &[proposal]);
    assert_eq!(dao.dataset(1).replicas.len(), 1);
}

#[test]
fn a_filled_dataset_takes_no_further_deal() {
    let mut dao = pushing().listing(1, 1);
    let proposal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[proposal]);
    let other = Provider::create(&mut dao.net, "other");
    let proposal = other.proposal(&dao.net, dao.address, piece(1), PIECE_SIZE);
    dao.asked(&proposal).refused(ExitCode::new(51));
    other.publish(&mut dao.net, &[proposal]).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert_eq!(dao.balance(&other.owner), fil(0));
    dao.check_invariants();
}

#[test]
fn a_provider_stores_one_replica_of_a_dataset_under_whatever_address() {
    let mut dao = pushing().listing(1, 3);
    let proposal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, from_ref(&proposal));
    let robust = dao.net.robust_address(&dao.sp.address()).expect("an f2 address");
    for provider in [dao.sp.address(), robust] {
        let again =
            DealProposal { provider, label: Label::String("again".into()), ..proposal.clone() };
        dao.asked(&again).refused(ExitCode::new(52));
    }
    assert_eq!(dao.balance(&dao.sp.owner.clone()), fil(100));
}

/// The market asks about all proposals before it publishes one, so both are told "yes": what stops
/// the second is the notice, which fails the batch.
#[test]
fn proposals_of_one_batch_cannot_fill_two_slots_of_a_dataset() {
    let mut dao = pushing().listing(1, 2);
    let first = dao.proposal(1);
    let second = DealProposal { label: Label::String("twice".into()), ..first.clone() };
    let outcome = dao.sp.publish(&mut dao.net, &[first, second]);
    let outcome = outcome.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(outcome.backtrace.contains("has a replica of the dataset already"), "{outcome}");
    assert!(dao.dataset(1).replicas.is_empty());
    assert_eq!(dao.balance(&dao.sp.owner.clone()), fil(0));
}

#[test]
fn a_batch_for_several_datasets_is_recorded_deal_by_deal() {
    let mut dao = pushing().listing(1, 1).listing(2, 1).listing(3, 1);
    let deals = [dao.proposal(1), dao.proposal(2), dao.proposal(3)];
    dao.sp.publish_all(&mut dao.net, &deals);
    assert_eq!(dao.balance(&dao.sp.owner.clone()), fil(300));
    dao.check_invariants();
}

#[test]
fn only_the_market_may_ask_or_notify() {
    let mut dao = pushing().listing(1, 1);
    let proposal = fvm_ipld_encoding::to_vec(&dao.proposal(1)).unwrap();
    let notice = MarketNotifyDealParams { proposal, deal_id: 7 };
    let stranger = dao.sp.owner.clone();
    for method in [MARKET_NOTIFY_DEAL, AUTHENTICATE_MESSAGE] {
        let call = Call::new(&stranger, dao.address).method(method, &notice);
        dao.net.run(call).refused(ExitCode::USR_FORBIDDEN);
    }
    assert!(dao.dataset(1).replicas.is_empty());
}

#[test]
fn a_dataset_without_reward_is_stored_without_a_word_to_the_owner() {
    let mut dao = pushing();
    let good = dataset(1, 1);
    let terms = DatasetTerms { reward: fil(0), ..good.terms };
    let params = AddDatasetParams { terms, ..good };
    dao.net.call::<AddDataset>(&dao.admin, dao.address, &params).ok();
    let deal = dao.proposal(1);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!(outcome.events_of("deal-recorded").len(), 1);
    assert!(outcome.events_of("payment-refused").is_empty());
    dao.check_invariants();
}

#[test]
fn an_admin_that_is_not_born_yet_is_refused() {
    let mut net = network();
    let ann = net.account("ann");
    let mut params = constructor_params(&ann, on_publish());
    params.admin = Address::new_id(ann.id + 7);
    net.create(&ann, "datadao", &params).refused(ExitCode::USR_NOT_FOUND);
}

#[test]
fn only_a_curator_lists_datasets() {
    let mut dao = pushing();
    let stranger = dao.sp.owner.clone();
    dao.net.call::<AddDataset>(&stranger, dao.address, &dataset(1, 1)).refused(ExitCode::new(67));
    assert_eq!(dao.list(1, 1), 1);
}
