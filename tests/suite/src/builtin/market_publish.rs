//! Publication: which proposals of a batch become deals.

use fvm_harness::{Account, Call, Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::error::ExitCode;
use shared::ext::market::{
    ClientDealProposal, DealProposal, GET_DEAL_CLIENT, Label, PUBLISH_STORAGE_DEALS,
    PublishStorageDealsParams, PublishStorageDealsReturn,
};
use shared::ext::miner::{CHANGE_WORKER_ADDRESS, ChangeWorkerAddressParams};

use super::{
    DAY, FORBIDDEN, ILLEGAL_ARGUMENT, Market, NOBODY, NOT_FOUND, market, positions, price,
};
use crate::setup::{PIECE_SIZE, piece, pushing};

impl Market {
    /// Publishes signed deals and expects the ones at these positions to be taken.
    #[track_caller]
    fn takes(&mut self, deals: Vec<ClientDealProposal>, expected: &[u64]) {
        let published: PublishStorageDealsReturn =
            self.sp.publish_signed(&mut self.net, deals).returned();
        assert_eq!(positions(&published), expected);
        assert_eq!(published.ids.len(), expected.len());
    }

    fn refuses(&mut self, deals: Vec<ClientDealProposal>) {
        self.sp.publish_signed(&mut self.net, deals).refused(ILLEGAL_ARGUMENT);
    }

    fn of(&self, client: &Account, n: u64) -> DealProposal {
        self.sp.proposal(&self.net, client.address(), piece(n), PIECE_SIZE)
    }
}

#[test]
fn accounts_of_both_kinds_sign_their_deals() {
    let mut m = Market::open();
    let (secp, bls) = (m.ann.clone(), m.net.bls_account("bea"));
    let deals = vec![secp.sign_deal(&m.of(&secp, 1)), bls.sign_deal(&m.of(&bls, 1))];
    let outcome = m.sp.publish_signed(&mut m.net, deals).ok();
    assert_eq!(outcome.events_of("deal-published").len(), 2);
    let published: PublishStorageDealsReturn = outcome.returned();
    assert_eq!(positions(&published), [0, 1]);
    assert_eq!(published.ids[1], published.ids[0] + 1);
    for (client, id) in [secp, bls].iter().zip(published.ids) {
        assert_eq!(m.ask(GET_DEAL_CLIENT, id).returned::<u64>(), client.id);
    }
}

#[test]
fn a_deal_that_its_client_did_not_sign_is_dropped() {
    let mut m = Market::open();
    let (ann, bea) = (m.ann.clone(), m.net.bls_account("bea"));
    let (good, other) = (m.of(&ann, 1), m.of(&ann, 2));
    let signed = |proposal: &DealProposal, client_signature| ClientDealProposal {
        proposal: proposal.clone(),
        client_signature,
    };
    let unsigned = signed(&other, Signature::new_secp256k1(vec![]));
    let garbage = signed(&other, Signature::new_secp256k1(vec![7; 65]));
    let foreign = signed(&other, bea.sign_deal(&other).client_signature);
    let misplaced = signed(&other, ann.sign_deal(&good).client_signature);
    let stolen = signed(&m.of(&bea, 2), ann.sign_deal(&m.of(&bea, 2)).client_signature);
    let bad = vec![unsigned, garbage, foreign, misplaced, stolen];
    m.refuses(bad.clone());
    m.takes([bad, vec![ann.sign_deal(&good)]].concat(), &[5]);
}

/// The kind of a signature is the account's: what the publisher says of it counts for nothing.
#[test]
fn a_signature_is_read_as_one_of_the_client_s_kind() {
    let mut m = Market::open();
    let mut deal = m.ann.sign_deal(&m.proposal(1));
    deal.client_signature = Signature::new_bls(deal.client_signature.bytes);
    m.takes(vec![deal], &[0]);
}

/// What is signed is the proposal with the addresses that stand in it.
#[test]
fn a_client_signs_the_addresses_that_the_proposal_names() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let robust_sp = m.net.robust_address(&m.sp.address()).expect("an f2 address");
    let plain = m.of(&ann, 1);
    let named = DealProposal { client: ann.robust, provider: robust_sp, ..plain.clone() };
    let client_signature = ann.sign_deal(&plain).client_signature;
    m.refuses(vec![ClientDealProposal { proposal: named.clone(), client_signature }]);
    m.takes(vec![ann.sign_deal(&named)], &[0]);
    // It is now the same deal under whatever addresses.
    m.refuses(vec![ann.sign_deal(&plain)]);
}

#[test]
fn a_proposal_is_published_once() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let (first, second) = (m.of(&ann, 1), m.of(&ann, 2));
    let labelled = DealProposal { label: Label::String("again".into()), ..first.clone() };
    let deals = [&first, &first, &second].map(|deal| ann.sign_deal(deal)).to_vec();
    m.takes(deals, &[0, 2]);
    m.refuses(vec![ann.sign_deal(&first)]);
    m.takes(vec![ann.sign_deal(&second), ann.sign_deal(&labelled)], &[1]);
}

#[test]
fn escrow_covers_the_deals_of_a_batch_together() {
    let mut m = Market::open();
    let bob = m.net.account("bob");
    let cost = |fils| DealProposal { client_collateral: fil(fils), ..m.of(&bob, 1) };
    let proposals = [cost(5), cost(6), cost(7), cost(1)];
    let [five, six, seven, one] = proposals.map(|proposal| bob.sign_deal(&proposal));
    m.refuses(vec![one.clone()]);
    m.net.add_escrow(&bob, &bob, fil(12)).ok();
    m.takes(vec![five, seven.clone(), six, one.clone()], &[0, 1]);
    m.refuses(vec![one]);
    assert_eq!(m.locked(&bob), fil(12));
}

#[test]
fn a_client_covers_price_and_collateral_to_the_last_atto() {
    let mut m = Market::open();
    let bob = m.net.account("bob");
    let proposal = DealProposal { client: bob.address(), ..m.paid(1) };
    let lockup = price(180 * DAY) + fil(2);
    m.net.add_escrow(&bob, &bob, lockup.clone() - fvm_harness::atto(1)).ok();
    m.refuses(vec![bob.sign_deal(&proposal)]);
    m.net.add_escrow(&bob, &bob, fvm_harness::atto(1)).ok();
    m.takes(vec![bob.sign_deal(&proposal)], &[0]);
    assert_eq!(m.locked(&bob), lockup);
}

#[test]
fn the_provider_covers_its_collaterals_together() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let with = |n, fils| DealProposal { provider_collateral: fil(fils), ..m.of(&ann, n) };
    let proposals = [with(1, 600), with(2, 401), with(3, 400)];
    let deals = proposals.map(|proposal| ann.sign_deal(&proposal)).to_vec();
    m.takes(deals, &[0, 2]);
    let sp = m.sp.address();
    assert_eq!((m.locked(sp), m.available(sp)), (fil(1_000), fil(0)));
}

#[test]
fn one_provider_under_one_address_has_all_deals_of_a_batch() {
    let mut m = Market::open();
    let other = Provider::create(&mut m.net, "other");
    let robust = m.net.robust_address(&m.sp.address()).expect("an f2 address");
    let ann = m.ann.clone();
    let at = |provider: Address, n| ann.sign_deal(&DealProposal { provider, ..m.of(&ann, n) });
    let (id, elsewhere) = (m.sp.address(), other.address());
    let batch = vec![at(id, 1), at(elsewhere, 2), at(robust, 3), at(id, 4)];
    let aliased = vec![at(robust, 5), at(id, 6), at(elsewhere, 7)];
    m.takes(batch, &[0, 3]);
    // The address of the first deal and the f0 address are both good.
    m.takes(aliased, &[0, 1]);
}

#[test]
fn owner_worker_and_control_addresses_publish() {
    let mut m = Market::open();
    let (control, eve) = (m.net.account("control"), m.net.account("eve"));
    let params = ChangeWorkerAddressParams {
        new_worker: m.sp.worker.address(),
        new_control_addresses: vec![control.address()],
    };
    let owner = m.sp.owner.clone();
    m.net.run(Call::new(&owner, m.sp.address()).method(CHANGE_WORKER_ADDRESS, &params)).ok();
    let publishers =
        [(owner, 0), (control, 0), (m.sp.worker.clone(), 0), (eve, 18), (m.ann.clone(), 18)];
    for (n, (publisher, exit)) in (1..).zip(publishers) {
        let params = PublishStorageDealsParams { deals: vec![m.ann.sign_deal(&m.proposal(n))] };
        let call = Call::new(&publisher, market()).method(PUBLISH_STORAGE_DEALS, &params);
        assert_eq!(m.net.run(call).exit_code, ExitCode::new(exit), "publisher {n}");
    }
}

#[test]
fn a_batch_needs_deals_and_a_provider_that_is_a_miner() {
    let mut m = Market::open();
    m.refuses(vec![]);
    let ann = m.ann.clone();
    let unborn = fvm_harness::Key::secp256k1("unborn").address().unwrap();
    for (provider, code) in [
        (ann.address(), ILLEGAL_ARGUMENT),
        (market(), ILLEGAL_ARGUMENT),
        (NOBODY, NOT_FOUND),
        (unborn, NOT_FOUND),
    ] {
        let deal = ann.sign_deal(&DealProposal { provider, ..m.proposal(1) });
        m.sp.publish_signed(&mut m.net, vec![deal]).refused(code);
    }
    let closed = m.net.create(&ann, "hostile-owner", &()).ok().id_address;
    let params = PublishStorageDealsParams { deals: vec![ann.sign_deal(&m.proposal(1))] };
    for method in [4, PUBLISH_STORAGE_DEALS] {
        m.net.implicit(Call::new(closed, market()).method(method, &params)).refused(FORBIDDEN);
    }
}

/// Whoever cannot be asked, or says nothing, has not agreed.
#[test]
fn clients_that_do_not_answer_are_dropped() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let unborn = fvm_harness::Key::secp256k1("unborn").address().unwrap();
    let placeholder = Address::new_delegated(10, &[7; 20]).unwrap();
    m.net.fund(placeholder, fil(1));
    let mute = m.net.create(&ann, "hostile-owner", &()).ok().id_address;
    let of = |client| ann.sign_deal(&DealProposal { client, ..m.proposal(1) });
    let sp = m.sp.address();
    let bad = [unborn, NOBODY, placeholder, mute, market(), sp].map(of).to_vec();
    m.refuses(bad.clone());
    let good = ann.sign_deal(&m.proposal(1));
    m.takes([bad, vec![good]].concat(), &[6]);
    assert_eq!(m.net.resolve(&unborn), None);
}

#[test]
fn a_client_that_fails_when_it_is_notified_fails_the_whole_batch() {
    let mut dao = pushing().listing(1, 1);
    let ann = dao.net.account("ann");
    let bystander = dao.sp.proposal(&dao.net, ann.address(), piece(2), PIECE_SIZE);
    let first = dao.proposal(1);
    let over = DealProposal { label: Label::String("one too many".into()), ..first.clone() };
    let unsigned = |proposal: &DealProposal| ClientDealProposal {
        proposal: proposal.clone(),
        client_signature: Signature::new_bls(vec![]),
    };
    let bystander = ann.sign_deal(&bystander);
    let batch = vec![bystander.clone(), unsigned(&first), unsigned(&over)];
    let sp = dao.sp.address();
    let escrow = dao.net.escrow(sp);
    dao.sp.publish_signed(&mut dao.net, batch).refused(ILLEGAL_ARGUMENT);
    assert_eq!(dao.net.escrow(sp), escrow);
    let batch = vec![bystander, unsigned(&first)];
    let published: PublishStorageDealsReturn =
        dao.sp.publish_signed(&mut dao.net, batch).returned();
    assert_eq!(published.ids, [0, 1]);
}
