//! Publication: which proposals of a batch become deals.

use fvm_harness::{Account, Call, Key, Provider, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::*;
use shared::ext::miner::{CHANGE_WORKER_ADDRESS, ChangeWorkerAddressParams};

use super::names::OLD_PUBLISH_STORAGE_DEALS;
use super::stage::Stage;
use super::{DAY, MARKET, NOBODY, check};

#[test]
fn publication_does_as_recorded() {
    check("market-publish", play);
}

fn play(s: &mut Stage) {
    let sp = s.provider("sp");
    let (ann, bea) = (s.account("ann"), s.bls_account("bea"));
    s.net.add_escrow(&ann, &ann, fil(1_000));
    signatures(s, &sp, &ann, &bea);
    duplicates(s, &sp, &ann);
    escrow(s, &sp, &ann);
    bounds(s, &sp, &ann);
    callers(s, &sp, &ann);
    providers(s, &sp, &ann);
    clients(s, &sp, &ann);
}

fn signatures(s: &mut Stage, sp: &Provider, ann: &Account, bea: &Account) {
    s.chapter("Accounts of both kinds sign their deals");
    let (first, of_bea) = (s.proposal(sp, ann, 1), s.proposal(sp, bea, 1));
    let both = vec![ann.sign_deal(&first), bea.sign_deal(&of_bea)];
    sp.publish_signed(&mut s.net, both);
    s.chapter("A deal that its client did not sign is dropped");
    let (good, other) = (s.proposal(sp, ann, 2), s.proposal(sp, ann, 3));
    let with = |client_signature| ClientDealProposal { proposal: other.clone(), client_signature };
    let bad = vec![
        with(Signature::new_secp256k1(vec![])),
        with(Signature::new_secp256k1(vec![7; 65])),
        with(bea.sign_deal(&other).client_signature),
        with(ann.sign_deal(&good).client_signature),
    ];
    for deal in bad.clone() {
        sp.publish_signed(&mut s.net, vec![deal]);
    }
    sp.publish_signed(&mut s.net, [bad, vec![ann.sign_deal(&good)]].concat());
    s.chapter("A signature is read as one of the client's kind");
    let mut deal = ann.sign_deal(&s.proposal(sp, ann, 4));
    deal.client_signature = Signature::new_bls(deal.client_signature.bytes);
    sp.publish_signed(&mut s.net, vec![deal]);
    s.chapter("A client signs the addresses that the proposal names");
    let robust = s.net.robust_address(&sp.address()).expect("an f2 address");
    let plain = s.proposal(sp, ann, 5);
    let named = DealProposal { client: ann.robust, provider: robust, ..plain.clone() };
    let client_signature = ann.sign_deal(&plain).client_signature;
    let mixed = ClientDealProposal { proposal: named.clone(), client_signature };
    sp.publish_signed(&mut s.net, vec![mixed]);
    s.publish(sp, ann, &[named]);
    s.publish(sp, ann, &[plain]);
}

fn duplicates(s: &mut Stage, sp: &Provider, ann: &Account) {
    s.chapter("A proposal is published once");
    let (first, second) = (s.proposal(sp, ann, 11), s.proposal(sp, ann, 12));
    let labelled = DealProposal { label: Label::String("again".into()), ..first.clone() };
    s.publish(sp, ann, &[first.clone(), first.clone(), second.clone()]);
    s.publish(sp, ann, &[first]);
    s.publish(sp, ann, &[second, labelled]);
}

fn escrow(s: &mut Stage, sp: &Provider, ann: &Account) {
    s.chapter("Escrow covers the deals of a batch together");
    let bob = s.account("bob");
    let cost = |s: &Stage, n, fils| DealProposal {
        client_collateral: fil(fils),
        ..s.proposal(sp, &bob, n)
    };
    let batch = [cost(s, 21, 5), cost(s, 22, 7), cost(s, 23, 6), cost(s, 24, 1)];
    s.publish(sp, &bob, &batch);
    s.net.add_escrow(&bob, &bob, fil(12));
    s.publish(sp, &bob, &batch);
    s.publish(sp, &bob, &batch[3..]);
    s.chapter("A client covers price and collateral to the last atto");
    let cleo = s.account("cleo");
    let paid = s.paid(sp, &cleo, 25);
    let lockup = &paid.storage_price_per_epoch * (180 * DAY) + fil(2);
    s.net.add_escrow(&cleo, &cleo, lockup - atto(1));
    s.publish(sp, &cleo, std::slice::from_ref(&paid));
    s.net.add_escrow(&cleo, &cleo, atto(1));
    s.publish(sp, &cleo, &[paid]);
    s.chapter("The provider covers its collaterals together");
    let with = |s: &Stage, n, fils| DealProposal {
        provider_collateral: fil(fils),
        ..s.proposal(sp, ann, n)
    };
    let batch = [with(s, 26, 600), with(s, 27, 401), with(s, 28, 300)];
    s.publish(sp, ann, &batch);
}

/// Each a proposal beside a good one, so that the batch tells which of them was taken.
fn bounds(s: &mut Stage, sp: &Provider, ann: &Account) {
    s.chapter("A proposal is within bounds");
    let code = s.net.actors().code("account");
    let changes: [&dyn Fn(&mut DealProposal); 14] = [
        &|p| p.label = Label::String("x".repeat(256)),
        &|p| p.label = Label::String("x".repeat(257)),
        &|p| p.label = Label::Bytes(vec![0xff; 256]),
        &|p| p.label = Label::Bytes(vec![0xff; 257]),
        &|p| p.end_epoch = p.start_epoch + 180 * DAY - 1,
        &|p| p.end_epoch = p.start_epoch + 1_278 * DAY,
        &|p| p.end_epoch = p.start_epoch + 1_278 * DAY + 1,
        &|p| p.end_epoch = p.start_epoch,
        &|p| p.start_epoch = 0,
        &|p| p.storage_price_per_epoch = atto(1) * -1,
        &|p| p.client_collateral = atto(1) * -1,
        &|p| p.provider_collateral = atto(1) * -1,
        &|p| p.piece_size = PaddedPieceSize(129),
        &|p| p.piece_cid = code,
    ];
    for (n, change) in (0..).zip(changes) {
        let mut changed = s.proposal(sp, ann, 100 + 2 * n);
        changed.provider_collateral = atto(1_000_000_000_000_000);
        let good = DealProposal { label: Label::String(n.to_string()), ..changed.clone() };
        change(&mut changed);
        s.publish(sp, ann, &[changed, good]);
    }
}

fn callers(s: &mut Stage, sp: &Provider, ann: &Account) {
    s.chapter("Owner, worker and control addresses publish");
    let (control, eve) = (s.account("control"), s.account("eve"));
    let params = ChangeWorkerAddressParams {
        new_worker: sp.worker.address(),
        new_control_addresses: vec![control.address()],
    };
    s.call(&sp.owner, sp.address(), CHANGE_WORKER_ADDRESS, &params);
    for (n, caller) in (201..).zip([&sp.owner, &control, &sp.worker, &eve, ann]) {
        let params = free(s, sp, ann, n);
        s.call(caller, MARKET, PUBLISH_STORAGE_DEALS, &params);
    }
    let params = free(s, sp, ann, 206);
    s.call(&sp.worker, MARKET, OLD_PUBLISH_STORAGE_DEALS, &params);
    let user = s.user_actor("user actor", &eve);
    for method in [OLD_PUBLISH_STORAGE_DEALS, PUBLISH_STORAGE_DEALS] {
        let params = free(s, sp, ann, 207);
        s.call_as(user, MARKET, method, &params);
    }
}

fn providers(s: &mut Stage, sp: &Provider, ann: &Account) {
    s.chapter("A batch needs deals and a provider that is a miner");
    sp.publish_signed(&mut s.net, vec![]);
    s.net.run(Call::new(&sp.worker, MARKET).raw(PUBLISH_STORAGE_DEALS, &[0x81, 0xf6]));
    let unborn = Key::secp256k1("unborn").address().expect("a key with an address");
    for provider in [ann.address(), MARKET, NOBODY, unborn] {
        let proposal = DealProposal { provider, ..free_proposal(s, sp, ann, 301) };
        s.publish(sp, ann, &[proposal]);
    }
    s.chapter("One provider under one address has all deals of a batch");
    let robust = s.net.robust_address(&sp.address()).expect("an f2 address");
    let at =
        |s: &Stage, provider: Address, n| DealProposal { provider, ..free_proposal(s, sp, ann, n) };
    let id = sp.address();
    let batch = [at(s, id, 302), at(s, NOBODY, 303), at(s, robust, 304), at(s, id, 305)];
    s.publish(sp, ann, &batch);
    let batch = [at(s, robust, 306), at(s, id, 307)];
    s.publish(sp, ann, &batch);
}

fn clients(s: &mut Stage, sp: &Provider, ann: &Account) {
    s.chapter("Clients that do not answer are dropped");
    let unborn = Key::secp256k1("unborn").address().expect("a key with an address");
    let eve = s.net.account("eve");
    let mute = s.user_actor("mute actor", &eve);
    let placeholder = Address::new_delegated(10, &[7; 20]).expect("an address of the EAM's");
    s.net.fund(placeholder, fil(1));
    for client in [unborn, NOBODY, placeholder, mute, MARKET, sp.address()] {
        let proposal = DealProposal { client, ..free_proposal(s, sp, ann, 401) };
        s.publish(sp, ann, &[proposal]);
    }
}

/// A proposal that needs hardly any escrow.
fn free_proposal(s: &Stage, sp: &Provider, client: &Account, n: u64) -> DealProposal {
    let provider_collateral = atto(1_000_000_000_000_000);
    DealProposal { provider_collateral, ..s.proposal(sp, client, n) }
}

fn free(s: &Stage, sp: &Provider, client: &Account, n: u64) -> PublishStorageDealsParams {
    let proposal = free_proposal(s, sp, client, n);
    PublishStorageDealsParams { deals: vec![client.sign_deal(&proposal)] }
}
