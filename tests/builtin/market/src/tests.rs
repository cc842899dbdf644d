//! The rules of the ledger.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use builtin_common::policy::EPOCHS_IN_DAY;
use cid::Cid;
use cid::multihash::Multihash;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::{FIL_COMMITMENT_UNSEALED, SHA2_256_TRUNC254_PADDED};
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::{DealProposal, Label};

use crate::policy::{self, DURATION_MIN, Network, UPDATE_INTERVAL};
use crate::publish::Candidate;
use crate::state::{EXPIRED, Ledger, NOT_ACTIVATED, State};
use crate::types::{PieceChange, SectorChanges};

const CLIENT: ActorID = 101;
const MINER: ActorID = 102;
const START: ChainEpoch = 1_000;
const END: ChainEpoch = START + DURATION_MIN;
const SECTOR: u64 = 7;

fn atto(amount: i64) -> TokenAmount {
    TokenAmount::from_atto(amount)
}

/// Costs the client 10 an epoch and 500 of collateral, the miner 300 of collateral.
fn proposal(label: &str) -> DealProposal {
    let digest = Multihash::wrap(SHA2_256_TRUNC254_PADDED, &[1; 32]).unwrap();
    DealProposal {
        piece_cid: Cid::new_v1(FIL_COMMITMENT_UNSEALED, digest),
        piece_size: PaddedPieceSize(2_048),
        verified_deal: false,
        client: Address::new_id(CLIENT),
        provider: Address::new_id(MINER),
        label: Label::String(label.into()),
        start_epoch: START,
        end_epoch: END,
        storage_price_per_epoch: atto(10),
        provider_collateral: atto(300),
        client_collateral: atto(500),
    }
}

fn network() -> Network {
    Network {
        now: 0,
        raw_power: BigInt::from(1 << 20),
        baseline_power: BigInt::from(1 << 10),
        circulating_supply: atto(10_000_000),
    }
}

type Market<'s> = Ledger<'s, MemoryBlockstore>;

/// A market in which the client has escrow for five deals and the miner for three.
fn market(store: &MemoryBlockstore) -> Market<'_> {
    let mut market = State::new(store).unwrap().open(store).unwrap();
    market.deposit(CLIENT, &atto(30_000_000)).unwrap();
    market.deposit(MINER, &atto(1_000)).unwrap();
    market
}

fn publish(market: &mut Market<'_>, proposals: Vec<DealProposal>) -> Vec<u64> {
    let candidates = (0..)
        .zip(proposals)
        .map(|(index, proposal)| Candidate { index, client: CLIENT, proposal })
        .collect();
    let datacap = BTreeMap::from([(CLIENT, policy::datacap(PaddedPieceSize(2_048)))]);
    let accepted = market.select(candidates, MINER, datacap).unwrap();
    market.publish(&accepted, MINER, &BTreeMap::new()).unwrap();
    accepted.iter().map(|deal| deal.index).collect()
}

fn change(deal: u64) -> SectorChanges {
    let terms = proposal("");
    SectorChanges {
        sector: SECTOR,
        minimum_commitment_epoch: END,
        added: vec![PieceChange {
            data: terms.piece_cid,
            size: terms.piece_size,
            payload: RawBytes::serialize(deal).unwrap(),
        }],
    }
}

fn activate(market: &mut Market<'_>, deal: u64, now: ChainEpoch) -> bool {
    market.activate(MINER, &change(deal), now).unwrap().0 == [true]
}

/// Balance and locked part of client and miner.
fn escrow(market: &Market<'_>) -> [TokenAmount; 4] {
    let (client, miner) = (market.account(CLIENT).unwrap(), market.account(MINER).unwrap());
    [client.balance, client.locked, miner.balance, miner.locked]
}

#[test]
fn a_proposal_must_be_within_every_bound() {
    let accepts = |change: fn(&mut DealProposal)| {
        let mut changed = proposal("");
        change(&mut changed);
        policy::acceptable(&changed, &network())
    };
    // 2048 / 2^20 of 1% of 10^7, rounded down.
    assert_eq!(policy::provider_collateral_min(PaddedPieceSize(2_048), &network()), atto(195));
    assert!(accepts(|_| ()));
    assert!(accepts(|p| p.provider_collateral = atto(195)));
    assert!(!accepts(|p| p.provider_collateral = atto(194)));
    assert!(!accepts(|p| p.client_collateral = atto(-1)));
    assert!(!accepts(|p| p.storage_price_per_epoch = TokenAmount::from_whole(2_000_000_001u64)));
    assert!(accepts(|p| p.label = Label::Bytes(vec![0; 256])));
    assert!(!accepts(|p| p.label = Label::Bytes(vec![0; 257])));
    assert!(accepts(|p| p.end_epoch = START + 1_278 * EPOCHS_IN_DAY));
    assert!(!accepts(|p| p.end_epoch = START + 1_278 * EPOCHS_IN_DAY + 1));
    assert!(!accepts(|p| p.end_epoch -= 1));
    assert!(!accepts(|p| p.start_epoch = -1));
    assert!(!accepts(|p| p.piece_size = PaddedPieceSize(2_049)));
    assert!(!accepts(|p| p.piece_cid = Cid::default()));
}

#[test]
fn a_batch_is_covered_as_a_whole_and_has_no_duplicate() {
    let store = MemoryBlockstore::default();
    let mut market = market(&store);
    let labels = |labels: &[&str]| labels.iter().map(|label| proposal(label)).collect();
    assert_eq!(publish(&mut market, labels(&["a", "a", "b"])), [0, 2]);
    assert_eq!(publish(&mut market, labels(&["b", "c", "d"])), [1], "the miner covers three");
    assert_eq!(market.next_id, 3);
    let mut verified: Vec<DealProposal> = labels(&["e", "f"]);
    for terms in &mut verified {
        terms.verified_deal = true;
        terms.provider_collateral = atto(20);
        terms.storage_price_per_epoch = atto(0);
    }
    assert_eq!(publish(&mut market, verified), [0], "DataCap covers one");
    let mut costly: Vec<DealProposal> = labels(&["g", "h", "i"]);
    for terms in &mut costly {
        terms.provider_collateral = atto(0);
    }
    assert_eq!(publish(&mut market, costly), [0, 1], "the client covers two more");
}

#[test]
fn a_piece_activates_the_deal_that_it_fulfils_once() {
    let store = MemoryBlockstore::default();
    let mut market = market(&store);
    publish(&mut market, vec![proposal("a")]);
    assert_eq!(market.sector(0).unwrap_err().code, NOT_ACTIVATED);
    let refused = |market: &mut Market<'_>, sender, now, bend: fn(&mut SectorChanges)| {
        let mut bent = change(0);
        bend(&mut bent);
        market.activate(sender, &bent, now).unwrap().0.iter().all(|accepted| !accepted)
    };
    assert!(refused(&mut market, CLIENT, START, |_| ()));
    assert!(refused(&mut market, MINER, START + 1, |_| ()));
    assert!(refused(&mut market, MINER, START, |c| c.minimum_commitment_epoch -= 1));
    assert!(refused(&mut market, MINER, START, |c| c.added[0].size = PaddedPieceSize(4_096)));
    assert!(refused(&mut market, MINER, START, |c| c.added[0].data = Cid::default()));
    assert!(refused(&mut market, MINER, START, |c| c.added[0].payload = vec![0xff].into()));
    assert!(activate(&mut market, 0, START));
    assert!(!activate(&mut market, 0, START));
    assert_eq!(market.sector(0).unwrap(), SECTOR);
    assert_eq!(market.activation(0).unwrap().activated, START);
}

#[test]
fn settlement_pays_each_epoch_of_the_term_once_and_then_forgets_the_deal() {
    let store = MemoryBlockstore::default();
    let mut market = market(&store);
    publish(&mut market, vec![proposal("a")]);
    assert!(activate(&mut market, 0, START - 10));
    let mut settle = |now| {
        let (reply, effects) = market.settle([0].into_iter(), now).unwrap();
        assert_eq!(effects.burn, atto(0));
        (reply.settlements[0].payment.clone(), reply.settlements[0].completed)
    };
    assert_eq!(settle(START - 5), (atto(0), false));
    assert_eq!(settle(START + 3), (atto(30), false));
    assert_eq!(settle(END + 9), (atto((DURATION_MIN - 3) * 10), true));
    let fee = DURATION_MIN * 10;
    let expected = [atto(30_000_000 - fee), atto(0), atto(1_000 + fee), atto(0)];
    assert_eq!(escrow(&market), expected);
    let (reply, _) = market.settle([0, 5].into_iter(), END + 10).unwrap();
    let codes: Vec<_> = reply.results.fail_codes.iter().map(|fail| fail.code).collect();
    assert_eq!((reply.results.success_count, codes), (0, vec![EXPIRED, EXPIRED]));
    assert_eq!(market.deal(0).unwrap_err().code, EXPIRED);
    assert!(market.terminate(MINER, [SECTOR].into_iter(), END).unwrap().1.is_empty());
}

#[test]
fn termination_pays_until_its_epoch_and_burns_the_collateral() {
    let store = MemoryBlockstore::default();
    let mut market = market(&store);
    publish(&mut market, vec![proposal("a")]);
    assert!(activate(&mut market, 0, START));
    market.settle([0].into_iter(), START + 4).unwrap();
    let (burn, ended) = market.terminate(MINER, [3, SECTOR].into_iter(), START + 9).unwrap();
    assert_eq!((burn, ended.len()), (atto(300), 1));
    assert_eq!(escrow(&market), [atto(30_000_000 - 90), atto(0), atto(700 + 90), atto(0)]);
    assert_eq!(market.activation(0).unwrap_err().code, EXPIRED);
}

#[test]
fn a_missed_start_costs_the_collateral_at_the_deal_s_own_turn_of_cron() {
    let store = MemoryBlockstore::default();
    let mut market = market(&store);
    publish(&mut market, vec![proposal("a"), proposal("b")]);
    assert!(activate(&mut market, 1, START));
    // Ids 0 and 1 have their turns at the first multiple of the interval and one epoch later.
    assert_eq!(policy::update_epoch(0, START), UPDATE_INTERVAL);
    assert_eq!(policy::update_epoch(1, START), UPDATE_INTERVAL + 1);
    assert_eq!(policy::update_epoch(1_000, START), START);
    assert_eq!(policy::update_epoch(999, START), UPDATE_INTERVAL + 999);
    assert_eq!(market.cron(UPDATE_INTERVAL - 1).unwrap().burn, atto(0));
    assert!(market.deal(0).is_ok());
    let state = market.flush().unwrap();
    let mut market = state.open(&store).unwrap();
    assert_eq!(market.cron(2 * UPDATE_INTERVAL).unwrap().burn, atto(300));
    assert_eq!(market.deal(0).unwrap_err().code, EXPIRED);
    assert!(market.deal(1).is_ok(), "an active deal stays");
    let locked = DURATION_MIN * 10 + 500;
    assert_eq!(escrow(&market), [atto(30_000_000), atto(locked), atto(700), atto(300)]);
    assert_eq!(market.cron(9 * UPDATE_INTERVAL).unwrap().burn, atto(0), "no deal twice");
}
