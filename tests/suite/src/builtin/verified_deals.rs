//! Verified deals: DataCap from the grant to the claim.

use std::slice::from_ref;

use fvm_harness::{Call, Network, Outcome, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::{DealProposal, GET_DEAL_VERIFIED, PublishStorageDealsReturn};
use shared::ext::power::{MINER_POWER, MinerPowerReturn};
use shared::ext::{BatchReturn, DATACAP_ACTOR, POWER_ACTOR, VERIFREG_ACTOR};
use shared::method_hash;

use super::{
    DAY, FORBIDDEN, ILLEGAL_ARGUMENT, ILLEGAL_STATE, Market, NOT_FOUND, ask, is_testing_policy,
    positions,
};

const GET_CLAIMS: u64 = method_hash!("GetClaims");
const REMOVE_EXPIRED: u64 = method_hash!("RemoveExpiredAllocations");
const ADD_CLIENT: u64 = method_hash!("AddVerifiedClient");
const TRANSFER: u64 = method_hash!("Transfer");
const RECEIVE: u64 = method_hash!("Receive");
const MIB: u64 = 1 << 20;

fn registry() -> Address {
    Address::new_id(VERIFREG_ACTOR)
}

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

    /// Ann's expired allocations, removed by anyone: how many, and the DataCap that came back.
    fn remove_expired(&mut self, ids: &[u64]) -> Removed {
        let call = Call::new(&self.sp.owner, registry());
        self.net.run(call.method(REMOVE_EXPIRED, &(self.ann.id, ids.to_vec()))).returned()
    }

    fn claims(&mut self, ids: &[u64]) -> Claims {
        let params = (self.sp.id, ids.to_vec());
        ask(&mut self.net, registry(), GET_CLAIMS, &params).returned()
    }
}

fn datacap_call(net: &mut Network, from: impl Into<Address>, to: impl Into<Address>) -> Outcome {
    let params = (to.into(), fil(1), RawBytes::default());
    net.run(Call::new(from, Address::new_id(DATACAP_ACTOR)).method(TRANSFER, &params))
}

#[test]
fn datacap_becomes_an_allocation_and_then_a_claim() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    m.net.grant_datacap(&ann, 3 * MIB);
    assert_eq!(m.datacap(), 3 * MIB);
    let proposal = m.verified(1);
    let outcome = m.publish(from_ref(&proposal)).ok();
    assert_eq!(outcome.events_of("allocation").len(), 1);
    let deal = outcome.returned::<PublishStorageDealsReturn>().ids[0];
    assert!(m.ask(GET_DEAL_VERIFIED, deal).returned::<bool>());
    assert_eq!(m.datacap(), 2 * MIB);
    assert_eq!(m.claims(&[1]).batch.success_count, 0);

    let sector = m.sp.pre_commit(&mut m.net, &proposal);
    m.net.advance(151);
    let allocation = Some((ann.id, 1));
    let proven = m.sp.prove_allocated(&mut m.net, sector, deal, &proposal, allocation).ok();
    assert_eq!(proven.events_of("claim").len(), 1);
    assert_eq!((m.activation(deal), m.sector(deal)), ((m.net.epoch(), -1), sector));
    let Claims { batch, claims } = m.claims(&[1, 2]);
    assert_eq!((batch.success_count, batch.fail_codes[0].code), (1, NOT_FOUND));
    let Claim { provider, client, size, term_min, term_max, term_start, sector: of, .. } =
        &claims[0];
    assert_eq!((*provider, *client, size.0, *of), (m.sp.id, ann.id, MIB, sector));
    assert_eq!((*term_min, *term_max), (180 * DAY, 270 * DAY));
    assert_eq!(*term_start, m.net.epoch());
    assert_eq!(claims[0].data, proposal.piece_cid);

    // Verified bytes count tenfold.
    m.sp.skip_proving(&mut m.net, sector, 2 * DAY);
    let power: MinerPowerReturn =
        ask(&mut m.net, Address::new_id(POWER_ACTOR), MINER_POWER, &m.sp.id).returned();
    let raw = BigInt::from(32_u64 << 30);
    assert_eq!(power.raw_byte_power, raw);
    assert_eq!(power.quality_adj_power, raw + BigInt::from(9 * MIB));
    assert_eq!(m.datacap(), 2 * MIB);
}

#[test]
fn verified_deals_beyond_the_client_s_datacap_are_dropped() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let proposals = [m.verified(1), m.verified(2), m.proposal(3)];
    m.publish(&proposals[..1]).refused(ILLEGAL_ARGUMENT);
    m.net.grant_datacap(&ann, MIB + MIB / 2);
    let published: PublishStorageDealsReturn = m.publish(&proposals).returned();
    assert_eq!(positions(&published), [0, 2]);
    assert_eq!(m.datacap(), MIB / 2);
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
fn an_allocation_that_is_not_claimed_by_the_start_goes_back_to_the_client() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    m.net.grant_datacap(&ann, MIB);
    let proposal = m.verified(1);
    let deal = m.deal(&proposal);
    assert_eq!(m.datacap(), 0);
    m.skip_to(proposal.start_epoch - 1);
    let early = m.remove_expired(&[1]);
    assert_eq!((early.results.success_count, early.recovered), (0, BigInt::from(0)));
    assert_eq!(early.results.fail_codes[0].code, FORBIDDEN);
    m.net.advance(1);
    let removed = m.remove_expired(&[]);
    assert_eq!((removed.considered, removed.recovered), (vec![1], BigInt::from(MIB)));
    assert_eq!(m.datacap(), MIB);
    m.net.settle(&ann, &[deal]);
    assert_eq!(m.datacap(), MIB);
}

#[test]
fn a_deal_can_be_proven_without_claiming_its_allocation() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    m.net.grant_datacap(&ann, MIB);
    let proposal = m.verified(1);
    let (deal, sector) = m.active(&proposal);
    assert_eq!(m.sector(deal), sector);
    assert_eq!(m.claims(&[1]).batch.success_count, 0);
}

#[test]
fn datacap_moves_only_to_and_from_the_registry() {
    let mut m = Market::open();
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.net.grant_datacap(&ann, MIB);
    datacap_call(&mut m.net, &ann, &bob).refused(FORBIDDEN);
    datacap_call(&mut m.net, &ann, m.sp.address()).refused(FORBIDDEN);
    // To the registry it goes with a request for allocations, and not without.
    assert!(!datacap_call(&mut m.net, &ann, registry()).exit_code.is_success());
    assert_eq!(m.datacap(), MIB);
    let call = Call::new(&ann, registry()).method(RECEIVE, &(0_u32, RawBytes::default()));
    m.net.run(call).refused(FORBIDDEN);
}

#[test]
fn only_verifiers_give_datacap_and_no_more_than_they_have() {
    let mut m = Market::open();
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.net.grant_datacap(&ann, MIB);
    let verifier = m.net.account("verifier");
    let grant = |from: Address, to: Address, bytes: u64| {
        let allowance = Allowance { address: to, bytes: bytes.into() };
        Call::new(from, registry()).method(ADD_CLIENT, &allowance)
    };
    m.net.run(grant(bob.address(), bob.address(), MIB)).refused(NOT_FOUND);
    m.net.run(grant(verifier.address(), bob.address(), MIB)).refused(ILLEGAL_ARGUMENT);
    let appoint = Allowance { address: bob.address(), bytes: MIB.into() };
    m.net.run(Call::new(&bob, registry()).method(2, &appoint)).refused(FORBIDDEN);
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Allowance {
    address: Address,
    #[serde(with = "bigint_ser")]
    bytes: BigInt,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Claims {
    batch: BatchReturn,
    claims: Vec<Claim>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Claim {
    provider: u64,
    client: u64,
    data: cid::Cid,
    size: PaddedPieceSize,
    term_min: i64,
    term_max: i64,
    term_start: i64,
    sector: u64,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Removed {
    considered: Vec<u64>,
    results: BatchReturn,
    #[serde(with = "bigint_ser")]
    recovered: BigInt,
}
