//! Verified deals, and what DataCap they take.

use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::DealProposal;
use shared::ext::{BatchReturn, VERIFREG_ACTOR};
use shared::method_hash;

use super::{ILLEGAL_STATE, Market, ask, is_testing_policy};

const GET_CLAIMS: u64 = method_hash!("GetClaims");
const MIB: u64 = 1 << 20;

impl Market {
    /// A proposal of Ann's for a verified piece of 1 MiB.
    fn verified(&self, n: u64) -> DealProposal {
        let piece_size = PaddedPieceSize(MIB);
        DealProposal { verified_deal: true, piece_size, ..self.proposal(n) }
    }

    fn datacap(&mut self) -> u64 {
        let tokens = self.net.datacap(&self.ann.clone());
        u64::try_from(tokens.atto() / BigInt::from(10_u64.pow(18))).unwrap()
    }
}

#[test]
fn a_verified_piece_has_a_least_size() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    m.net.grant_datacap(&ann, 3 * MIB);
    let least = if is_testing_policy(&mut m.net) { 256 } else { MIB };
    let small = DealProposal { piece_size: PaddedPieceSize(least / 2), ..m.verified(1) };
    let enough = DealProposal { piece_size: PaddedPieceSize(least), ..m.verified(1) };
    // The registry refuses the transfer, and so the whole batch fails.
    m.publish(&[m.proposal(2), small]).refused(ILLEGAL_STATE);
    assert_eq!(m.datacap(), 3 * MIB);
    m.publish(&[m.proposal(2), enough]).ok();
    assert_eq!(m.datacap(), 3 * MIB - least);
}

#[test]
fn a_deal_can_be_proven_without_claiming_its_allocation() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    m.net.grant_datacap(&ann, MIB);
    let proposal = m.verified(1);
    let (deal, sector) = m.active(&proposal);
    assert_eq!(m.sector(deal), sector);
    let registry = Address::new_id(VERIFREG_ACTOR);
    let claims = ask(&mut m.net, registry, GET_CLAIMS, &(m.sp.id, vec![1_u64]));
    let (found, _): (BatchReturn, Vec<()>) = claims.returned();
    assert_eq!(found.success_count, 0);
}
