//! Storage deals that take ads, and those that do not.

use std::slice::from_ref;

use actor_perpetual_storage::api::{AdId, GetAd};
use fvm_harness::{Call, Provider, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PaddedPieceSize;
use shared::Method;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::{DealProposal, Label, MARKET_NOTIFY_DEAL, MarketNotifyDealParams};

use crate::setup::{DAY, PIECE_SIZE, fields, piece, storage};

#[test]
fn a_published_deal_takes_an_ad_and_keeps_a_replica() {
    let mut storage = storage().keeping(2);
    let [ad, other] = storage.ads(1)[..] else { panic!("two ads") };
    let bounty = storage.ad(ad).bounty;
    let sp = storage.sp.clone();
    let proposal = storage.proposal(&sp, ad);
    let outcome = sp.publish(&mut storage.net, from_ref(&proposal)).ok();
    assert_eq!(fields::<AdId>(&outcome, "deal-recorded", "ad"), [ad]);
    let [replica] = &storage.replicas(1)[..] else { panic!("one replica") };
    assert_eq!((replica.provider, replica.owner), (sp.id, sp.owner.id));
    let term = (replica.start_epoch, replica.end_epoch);
    assert_eq!(term, (proposal.start_epoch, proposal.end_epoch));
    assert_eq!((&replica.bounty, &replica.paid), (&bounty, &fil(0)));
    assert_eq!(storage.ads(1), [other]);
    let gone = Call::new(&storage.keeper, storage.address).method(GetAd::NUMBER, &ad);
    storage.net.dry_run(gone).refused(ExitCode::new(62));
    storage.check_invariants();
}

#[test]
fn a_label_is_the_ad_s_number_as_text_or_as_bytes() {
    let mut storage = storage().keeping(2);
    let [text, bytes] = storage.ads(1)[..] else { panic!("two ads") };
    let other = Provider::create(&mut storage.net, "other");
    let mut second = storage.proposal(&other, bytes);
    second.label = Label::Bytes(bytes.to_string().into_bytes());
    storage.take(text);
    other.publish_all(&mut storage.net, &[second]);
    assert_eq!((storage.replicas(1).len(), storage.ads(1).len()), (2, 0));
    storage.check_invariants();
}

/// Attack 10: every label that is not exactly the number of an open ad for the piece.
#[test]
fn no_other_label_is_taken() {
    let mut storage = storage().keeping(1);
    storage.create(2, 1, |_| {}).ok();
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let [foreign] = storage.ads(2)[..] else { panic!("one ad") };
    let sp = storage.sp.clone();
    let good = storage.proposal(&sp, ad);
    let texts =
        [String::new(), format!("0{ad}"), format!("+{ad}"), format!(" {ad}"), format!("{ad}\n")];
    let overflow = [format!("{ad}00000000000000000000"), "-1".into(), "0".into(), "x".repeat(256)];
    for text in texts.into_iter().chain(overflow) {
        for label in [Label::Bytes(text.clone().into_bytes()), Label::String(text.clone())] {
            let bad = DealProposal { label, ..good.clone() };
            storage.asked(&bad).refused(ExitCode::new(61));
        }
    }
    let number = Label::Bytes(ad.to_be_bytes().to_vec());
    storage.asked(&DealProposal { label: number, ..good.clone() }).refused(ExitCode::new(61));
    for (label, code) in [(ad + 1, 62), (3_000_000_001, 62), (7, 62), (foreign, 63)] {
        let bad = DealProposal { label: Label::String(label.to_string()), ..good.clone() };
        storage.asked(&bad).refused(ExitCode::new(code));
    }
    assert!(storage.asked(&good).returned::<bool>());
}

/// The rules of acceptance, one by one: what is wrong with a proposal, and the exit code it gets.
#[test]
fn the_storage_says_why_it_refuses_a_proposal() {
    let mut storage = storage().keeping(1);
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let sp = storage.sp.clone();
    let good = storage.proposal(&sp, ad);
    let collateral = storage.ad(ad).min_provider_collateral;
    let uploader = storage.uploader.address();
    let latest = storage.net.epoch() + 14 * DAY;
    type Change<'a> = &'a dyn Fn(&mut DealProposal);
    let refusals: [(&str, Change<'_>, u32); 10] = [
        ("foreign client", &|p| p.client = uploader, 60),
        ("other piece", &|p| p.piece_cid = piece(9), 63),
        ("other size", &|p| p.piece_size = PaddedPieceSize(PIECE_SIZE.0 / 2), 64),
        (
            "late start",
            &|p| (p.start_epoch, p.end_epoch) = (latest + 1, latest + 1 + 200 * DAY),
            65,
        ),
        ("too short", &|p| p.end_epoch -= 1, 66),
        ("too long", &|p| p.end_epoch += 1, 66),
        ("price", &|p| p.storage_price_per_epoch = atto(1), 67),
        ("client collateral", &|p| p.client_collateral = atto(1), 68),
        ("collateral", &|p| p.provider_collateral = &collateral - atto(1), 69),
        ("verified", &|p| p.verified_deal = true, 70),
    ];
    for (what, change, code) in refusals {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(storage.asked(&bad).exit_code, ExitCode::new(code), "{what}");
    }
    let start = DealProposal { start_epoch: latest, end_epoch: latest + 200 * DAY, ..good.clone() };
    let covered = DealProposal { provider_collateral: collateral, ..good };
    for proposal in [start, covered] {
        assert!(storage.asked(&proposal).returned::<bool>());
    }
}

/// Attack 3: the market asks about all proposals before it publishes one, so both are told "yes":
/// what stops the second is the notice, which fails the batch.
#[test]
fn proposals_of_one_batch_cannot_take_one_ad_twice() {
    let mut storage = storage().keeping(2);
    let ads = storage.ads(1);
    let sp = storage.sp.clone();
    let first = storage.proposal(&sp, ads[0]);
    let bytes = Label::Bytes(ads[0].to_string().into_bytes());
    let second = DealProposal { label: bytes, ..first.clone() };
    let outcome = sp.publish(&mut storage.net, &[first, second]);
    let outcome = outcome.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(outcome.backtrace.contains("is not open"), "{outcome}");
    assert_eq!((storage.replicas(1).len(), storage.ads(1)), (0, ads));
    storage.check_invariants();
}

/// Attack 4: a provider is one under whatever address, and so is an owner with many miners.
#[test]
fn a_provider_keeps_one_replica_under_whatever_address_and_an_owner_as_many_as_the_policy_allows() {
    let mut storage = storage().keeping(4);
    let ads = storage.ads(1);
    storage.take(ads[0]);
    let sp = storage.sp.clone();
    let robust = storage.net.robust_address(&sp.address()).expect("an f2 address");
    for provider in [sp.address(), robust] {
        let again = DealProposal { provider, ..storage.proposal(&sp, ads[1]) };
        storage.asked(&again).refused(ExitCode::new(75));
    }
    let owner = sp.owner.clone();
    let miners =
        ["second", "third"].map(|name| Provider::owned_by(&mut storage.net, name, owner.clone()));
    let second = storage.proposal(&miners[0], ads[1]);
    miners[0].publish_all(&mut storage.net, &[second]);
    let third = storage.proposal(&miners[1], ads[2]);
    let refused = miners[1].publish(&mut storage.net, &[third]);
    let refused = refused.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(refused.backtrace.contains("one owner may have"), "{refused}");
    storage.check_invariants();
}

/// Attack 1: hooks by anyone but the market and the DataCap actor.
#[test]
fn only_the_market_may_ask_or_notify() {
    let mut storage = storage().keeping(1);
    let ads = storage.ads(1);
    let sp = storage.sp.clone();
    let proposal = fvm_ipld_encoding::to_vec(&storage.proposal(&sp, ads[0])).unwrap();
    let notice = MarketNotifyDealParams { proposal, deal_id: 7 };
    for method in [MARKET_NOTIFY_DEAL, AUTHENTICATE_MESSAGE] {
        for caller in [sp.owner.address(), storage.uploader.address()] {
            let call = Call::new(caller, storage.address).method(method, &notice);
            storage.net.run(call).refused(ExitCode::USR_FORBIDDEN);
        }
    }
    assert_eq!(storage.ads(1), ads);
}

/// Attack 2: what is not exactly one proposal.
#[test]
fn a_message_that_is_no_proposal_is_refused() {
    use shared::ext::MARKET_ACTOR;
    use shared::ext::account::AuthenticateMessageParams;
    let mut storage = storage().keeping(1);
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let sp = storage.sp.clone();
    let proposal = fvm_ipld_encoding::to_vec(&storage.proposal(&sp, ad)).unwrap();
    let trailing = [proposal.clone(), vec![0]].concat();
    let short = [&[0x8a][..], &proposal[1..]].concat();
    for message in [vec![], vec![0xf6], trailing, short] {
        let params = AuthenticateMessageParams { signature: vec![], message };
        let call = Call::new(Address::new_id(MARKET_ACTOR), storage.address);
        let outcome = storage.net.dry_run(call.method(AUTHENTICATE_MESSAGE, &params));
        outcome.refused(ExitCode::USR_SERIALIZATION);
    }
}

#[test]
fn a_batch_takes_the_ads_of_several_perpetual_deals() {
    let mut storage = storage().keeping(1);
    for n in 2..=5 {
        storage.create(n, 1, |_| {}).ok();
    }
    let sp = storage.sp.clone();
    let ads: Vec<_> = (1..=5).flat_map(|id| storage.ads(id)).collect();
    let deals: Vec<_> = ads.iter().map(|ad| storage.proposal(&sp, *ad)).collect();
    sp.publish_all(&mut storage.net, &deals);
    for id in 1..=5 {
        assert_eq!((storage.replicas(id).len(), storage.ads(id).len()), (1, 0));
    }
    storage.check_invariants();
}
