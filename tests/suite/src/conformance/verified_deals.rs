//! DataCap, allocations and claims.

use fvm_harness::{Account, Call, Provider, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::deal::DealID;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::account::RECEIVE;
use shared::ext::market::{DealProposal, GET_DEAL_ACTIVATION, GET_DEAL_VERIFIED};
use shared::ext::{DATACAP_ACTOR, POWER_ACTOR, VERIFREG_ACTOR, power::MINER_POWER};

use super::names::{
    ADD_VERIFIED_CLIENT, ADD_VERIFIER, BALANCE, GET_CLAIMS, GRANULARITY, OLD_ADD_VERIFIED_CLIENT,
    REMOVE_EXPIRED, REMOVE_VERIFIER, TOTAL_SUPPLY, TRANSFER,
};
use super::stage::Stage;
use super::{DAY, MARKET, NOBODY, address, check};

const MIB: u64 = 1 << 20;

const REGISTRY: Address = Address::new_id(VERIFREG_ACTOR);
const DATACAP: Address = Address::new_id(DATACAP_ACTOR);

#[test]
fn verified_deals_do_as_recorded() {
    check("verified-deals", play);
}

#[test]
fn verifiers_do_as_recorded() {
    check("verifiers", play_verifiers);
}

fn allow(s: &mut Stage, caller: &Account, method: u64, to: Address, bytes: i64) {
    s.call(caller, REGISTRY, method, &(to, BigIntDe(bytes.into())));
}

fn play_verifiers(s: &mut Stage) {
    let root = s.net.verifreg_root().clone();
    s.name("root", &root);
    let (verifier, ann, eve) = (s.account("verifier"), s.account("ann"), s.account("eve"));
    let big = i64::try_from(MIB).expect("a small number");
    s.chapter("The root appoints verifiers");
    allow(s, &eve, ADD_VERIFIER, eve.address(), big);
    allow(s, &root, ADD_VERIFIER, root.address(), big);
    allow(s, &root, ADD_VERIFIER, verifier.robust, 3 * big);
    s.chapter("Verifiers give DataCap, and no more than they have");
    allow(s, &eve, ADD_VERIFIED_CLIENT, ann.address(), big);
    allow(s, &verifier, ADD_VERIFIED_CLIENT, ann.address(), 4 * big);
    allow(s, &verifier, ADD_VERIFIED_CLIENT, verifier.address(), big);
    allow(s, &verifier, ADD_VERIFIED_CLIENT, ann.robust, big);
    allow(s, &verifier, OLD_ADD_VERIFIED_CLIENT, ann.address(), 2 * big);
    allow(s, &verifier, ADD_VERIFIED_CLIENT, ann.address(), big);
    allow(s, &root, ADD_VERIFIER, ann.address(), big);
    s.call(&eve, DATACAP, BALANCE, &ann.address());
    s.call(&eve, DATACAP, TOTAL_SUPPLY, &());
    s.call(&eve, DATACAP, GRANULARITY, &());
    s.chapter("DataCap moves only to and from the registry");
    for to in [eve.address(), MARKET, REGISTRY, NOBODY] {
        s.call(&ann, DATACAP, TRANSFER, &(to, fil(1), RawBytes::default()));
    }
    s.call(&ann, REGISTRY, RECEIVE, &(0_u32, RawBytes::default()));
    s.call(&ann, DATACAP, BALANCE, &ann.address());
    s.chapter("The root removes verifiers");
    s.call(&eve, REGISTRY, REMOVE_VERIFIER, &verifier.address());
    s.call(&root, REGISTRY, REMOVE_VERIFIER, &eve.address());
    s.call(&root, REGISTRY, REMOVE_VERIFIER, &verifier.address());
    allow(s, &verifier, ADD_VERIFIED_CLIENT, ann.address(), big);
    s.chapter("The least allowance is the policy's");
    for bytes in [255, 256, big - 1, big] {
        allow(s, &root, ADD_VERIFIER, eve.address(), bytes);
    }
}

fn verified(s: &Stage, sp: &Provider, client: &Account, n: u64, bytes: u64) -> DealProposal {
    let piece_size = PaddedPieceSize(bytes);
    DealProposal { verified_deal: true, piece_size, ..s.proposal(sp, client, n) }
}

fn told(s: &mut Stage, sp: &Provider, client: &Account, deal: DealID) {
    s.call(client, DATACAP, BALANCE, &client.address());
    s.call(client, REGISTRY, GET_CLAIMS, &(sp.id, vec![1_u64, 2]));
    for method in [GET_DEAL_VERIFIED, GET_DEAL_ACTIVATION] {
        s.call(client, MARKET, method, &deal);
    }
}

fn play(s: &mut Stage) {
    let mut sp = s.provider("sp");
    let (ann, eve) = (s.account("ann"), s.account("eve"));
    s.chapter("A verified deal costs DataCap");
    let (first, second) = (verified(s, &sp, &ann, 1, MIB), verified(s, &sp, &ann, 2, MIB));
    s.publish(&sp, &ann, std::slice::from_ref(&first));
    s.net.grant_datacap(&ann, 3 * MIB);
    let deal = s.deal(&sp, &ann, &first);
    let unclaimed = s.deal(&sp, &ann, &second);
    told(s, &sp, &ann, deal);
    s.chapter("Deals beyond the client's DataCap are dropped");
    let batch = [verified(s, &sp, &ann, 6, MIB), verified(s, &sp, &ann, 7, MIB)];
    s.publish(&sp, &ann, &batch);
    s.call(&eve, DATACAP, BALANCE, &ann.address());

    s.chapter("The provider that proves the piece claims the allocation");
    let sector = sp.pre_commit(&mut s.net, &first);
    s.net.advance(151);
    let key = |client: &Account, id| Some((client.id, id));
    sp.prove_allocated(&mut s.net, sector, deal, &first, key(&eve, 1));
    sp.prove_allocated(&mut s.net, sector, deal, &first, key(&ann, 2));
    sp.prove_allocated(&mut s.net, sector, deal, &first, key(&ann, 77));
    sp.prove_allocated(&mut s.net, sector, deal, &first, key(&ann, 1));
    told(s, &sp, &ann, deal);
    s.skip_proving(&sp, sector, DAY);
    s.call(&eve, address(POWER_ACTOR), MINER_POWER, &sp.id);

    s.chapter("An allocation that is not claimed in time goes back to its client");
    remove(s, &eve, &ann, &[2, 77]);
    let left = second.start_epoch - s.net.epoch();
    s.skip_proving(&sp, sector, left);
    remove(s, &eve, &ann, &[]);
    remove(s, &eve, &ann, &[2]);
    told(s, &sp, &ann, unclaimed);
    s.net.run(Call::new(&eve, REGISTRY).raw(REMOVE_EXPIRED, &[0x80]));
    s.chapter("A verified piece has a least size");
    for (n, bytes) in (3..).zip([128, 256, MIB / 2]) {
        let small = verified(s, &sp, &ann, n, bytes);
        s.publish(&sp, &ann, &[small]);
    }
}

fn remove(s: &mut Stage, caller: &Account, client: &Account, ids: &[u64]) {
    s.call(caller, REGISTRY, REMOVE_EXPIRED, &(client.id, ids.to_vec()));
}
