//! The rules under plain `cargo test`, without the FVM.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use proptest::prelude::*;
use shared::Fault;
use shared::ext::DataCid;
use shared::ext::market::{DealProposal, Label};

use crate::api::{AddDatasetParams, DealPolicy, RewardPayment};
use crate::deals::Facts;
use crate::error::Error;
use crate::invariants;
use crate::rewards::Reward;
use crate::state::{DEALS, Deals, HOOK_GAS_MAX, HOOK_GAS_MIN, Settings, State};

const ADMIN: ActorID = 100;
const DAO: ActorID = 101;
const SIZE: PaddedPieceSize = PaddedPieceSize(2_048);

fn settings() -> Settings {
    Settings {
        token_name: "Data".into(),
        token_symbol: "DATA".into(),
        policy: DealPolicy {
            min_duration: 10,
            max_duration: 100,
            max_start_delay: 50,
            max_price_per_epoch: TokenAmount::from_atto(7),
            max_client_collateral: TokenAmount::from_atto(9),
        },
        payment: RewardPayment { push: true, hook_gas_limit: HOOK_GAS_MIN },
    }
}

fn piece(n: u8) -> Cid {
    data_commitment_v1_to_cid(&[n; 32]).unwrap()
}

fn dao(datasets: u8, wanted: u32) -> (MemoryBlockstore, State) {
    let store = MemoryBlockstore::default();
    let mut state = State::new(&store, ADMIN, &settings()).unwrap();
    for n in 0..datasets {
        let params = AddDatasetParams {
            piece_cid: piece(n),
            piece_size: SIZE,
            payload_cid: DataCid(piece(n)),
            locations: vec![],
            wanted,
            reward: TokenAmount::from_atto(u64::from(n) + 1),
        };
        state.add_dataset(&store, ADMIN, params).unwrap();
    }
    (store, state)
}

fn proposal(n: u8) -> DealProposal {
    DealProposal {
        piece_cid: piece(n),
        piece_size: SIZE,
        verified_deal: false,
        client: Address::new_id(DAO),
        provider: Address::new_id(0),
        label: Label::String(String::new()),
        start_epoch: 1_050,
        end_epoch: 1_060,
        storage_price_per_epoch: TokenAmount::from_atto(7),
        provider_collateral: TokenAmount::default(),
        client_collateral: TokenAmount::from_atto(9),
    }
}

fn facts(provider: ActorID) -> Facts {
    Facts { now: 1_000, receiver: DAO, client: DAO, provider }
}

#[test]
fn every_bound_of_the_policy_is_met_exactly() {
    let (store, state) = dao(1, 1);
    let policy = settings().policy;
    let ask = |change: &dyn Fn(&mut DealProposal)| {
        let mut proposal = proposal(0);
        change(&mut proposal);
        state.authenticate(&store, &policy, &proposal, &facts(500))
    };
    assert_eq!(ask(&|_| {}), Ok(()));
    assert_eq!(ask(&|p| p.end_epoch = 1_150), Ok(()));
    assert_eq!(ask(&|p| p.end_epoch = 1_151), Err(Error::Duration(101)));
    assert_eq!(ask(&|p| p.end_epoch = 1_059), Err(Error::Duration(9)));
    assert_eq!(ask(&|p| (p.start_epoch, p.end_epoch) = (1_051, 1_061)), Err(Error::Start(1_051)));
    let atto = TokenAmount::from_atto;
    assert_eq!(ask(&|p| p.storage_price_per_epoch = atto(8)), Err(Error::Price));
    assert_eq!(ask(&|p| p.client_collateral = atto(10)), Err(Error::Collateral));
}

#[test]
fn epochs_at_the_ends_of_their_range_are_refused_and_do_not_overflow() {
    let (store, state) = dao(1, 1);
    let policy = settings().policy;
    for (start, end) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN)] {
        let mut proposal = proposal(0);
        (proposal.start_epoch, proposal.end_epoch) = (start, end);
        assert!(state.authenticate(&store, &policy, &proposal, &facts(500)).is_err());
    }
}

#[test]
fn a_deal_is_recorded_once() {
    let (store, mut state) = dao(2, 2);
    let policy = settings().policy;
    let mut record = |n, provider| {
        state.record_deal(&store, &policy, &proposal(n), &facts(provider), 7, 900).map(|_| ())
    };
    assert_eq!(record(0, 500), Ok(()));
    assert_eq!(record(1, 501), Err(Error::Recorded(7)));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let store = MemoryBlockstore::default();
    let code = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        State::new(&store, ADMIN, &settings).err().map(|error| error.exit_code().value())
    };
    assert_eq!(code(&|_| {}), None);
    assert_eq!(code(&|s| s.token_name.clear()), Some(36));
    assert_eq!(code(&|s| s.token_name = "x".repeat(65)), Some(36));
    assert_eq!(code(&|s| s.token_symbol.clear()), Some(37));
    assert_eq!(code(&|s| s.token_symbol = "x".repeat(17)), Some(37));
    assert_eq!(code(&|s| s.policy.min_duration = 0), Some(38));
    assert_eq!(code(&|s| s.policy.max_duration = s.policy.min_duration - 1), Some(38));
    assert_eq!(code(&|s| s.policy.max_start_delay = -1), Some(39));
    assert_eq!(code(&|s| s.policy.max_start_delay = i64::MAX), None);
    let negative = TokenAmount::from_atto(-1);
    assert_eq!(code(&|s| s.policy.max_price_per_epoch = negative.clone()), Some(40));
    assert_eq!(code(&|s| s.policy.max_client_collateral = negative.clone()), Some(40));
    assert_eq!(code(&|s| s.payment.hook_gas_limit = HOOK_GAS_MIN - 1), Some(41));
    assert_eq!(code(&|s| s.payment.hook_gas_limit = HOOK_GAS_MAX), None);
    assert_eq!(code(&|s| s.payment.hook_gas_limit = HOOK_GAS_MAX + 1), Some(41));
}

#[test]
fn the_invariants_name_what_is_broken() {
    let (store, sound) = dao(2, 1);
    let broken = |corrupt: &dyn Fn(&mut State)| {
        let mut state = sound.clone();
        let (proposal, facts) = (proposal(0), facts(500));
        let policy = settings().policy;
        let _ = state.record_deal(&store, &policy, &proposal, &facts, 7, 900).unwrap();
        corrupt(&mut state);
        invariants::check(&state, &store).unwrap().join("; ")
    };
    assert_eq!(broken(&|_| {}), "");
    let names = |corrupt: &dyn Fn(&mut State), fault: &str| {
        let broken = broken(corrupt);
        assert!(broken.contains(fault), "{fault}: {broken}");
    };
    names(&|s| s.token.supply = TokenAmount::from_atto(5), "supply");
    names(&|s| s.last_dataset = 1, "never numbered");
    names(&|s| s.details = Deals::empty(&store, &DEALS).unwrap(), "have details");
    names(&|s| s.deals = sound.deals, "which is not kept");
    names(&|s| s.listings = sound.listings, "does not fill its slot");
}

/// What can happen to rewards, in any order: a deal whose owner takes the reward or refuses it, a
/// deal whose reward is claimed later, and a claim that is taken or refused.
#[derive(Clone, Debug)]
enum Step {
    Deal { dataset: u8, provider: ActorID, owner: ActorID, push: bool, taken: bool },
    Claim { owner: ActorID, taken: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let deal = (0..4_u8, 500..504_u64, 900..903_u64, any::<bool>(), any::<bool>()).prop_map(
        |(dataset, provider, owner, push, taken)| Step::Deal {
            dataset,
            provider,
            owner,
            push,
            taken,
        },
    );
    let claim =
        (900..903_u64, any::<bool>()).prop_map(|(owner, taken)| Step::Claim { owner, taken });
    prop::collection::vec(prop_oneof![3 => deal, 1 => claim], 0..40)
}

proptest! {
    #[test]
    fn each_filled_slot_earns_its_reward_once_whatever_owners_do(steps in steps()) {
        let (store, mut state) = dao(4, 2);
        let policy = settings().policy;
        let mut earned = TokenAmount::default();
        for (deal, step) in (0..).zip(steps) {
            match step {
                Step::Deal { dataset, provider, owner, push, taken } => {
                    let before = state.clone();
                    let recorded = state.record_deal(
                        &store, &policy, &proposal(dataset), &facts(provider), deal, owner,
                    );
                    let Ok(reward) = recorded else {
                        prop_assert_eq!(&state, &before, "a refused deal leaves a trace");
                        continue;
                    };
                    earned += &reward.amount;
                    if push {
                        state.mint(&store, 1_000, &reward).unwrap();
                        settle(&mut state, &store, &reward, taken);
                    } else {
                        state.owe(&store, &reward).unwrap();
                    }
                }
                Step::Claim { owner, taken } => {
                    if let Some(reward) = state.claim(&store, 1_000, owner).unwrap() {
                        settle(&mut state, &store, &reward, taken);
                    }
                }
            }
        }
        let owed: TokenAmount =
            (900..903).map(|owner| state.owed(&store, owner).unwrap()).sum();
        prop_assert_eq!(&state.token.supply + &owed, earned);
        let broken = invariants::check(&state, &store).unwrap();
        prop_assert!(broken.is_empty(), "{:?}", broken);
    }
}

fn settle(state: &mut State, store: &MemoryBlockstore, reward: &Reward, taken: bool) {
    if !taken {
        state.take_back(store, 1_000, reward).unwrap();
    }
}
