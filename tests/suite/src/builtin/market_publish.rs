//! Publication: which proposals of a batch become deals.

use fvm_harness::{Account, Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use shared::ext::market::{ClientDealProposal, DealProposal, Label, PublishStorageDealsReturn};

use super::{ILLEGAL_ARGUMENT, Market, positions};
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

    fn of(&self, client: &Account, n: u64) -> DealProposal {
        self.sp.proposal(&self.net, client.address(), piece(n), PIECE_SIZE)
    }
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
