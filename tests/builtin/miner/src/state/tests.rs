use alloc::vec;
use builtin_common::filter::FilterEstimate;

use cid::Cid;
use cid::multihash::Multihash;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::sector::{RegisteredPoStProof, RegisteredSealProof};
use shared::ext::miner::ChangeBeneficiaryParams;

use super::*;
use crate::deadlines;
use crate::sectors::MAX_PROVE_DELAY;
use crate::types::status;

const OWNER: ActorID = 100;
const WORKER: ActorID = 101;
const LENDER: ActorID = 200;
const STRANGER: ActorID = 300;
const OFFSET: ChainEpoch = 0;
const YEAR: ChainEpoch = 365 * 2_880;

struct Miner {
    store: MemoryBlockstore,
    state: State,
    balance: TokenAmount,
    now: ChainEpoch,
}

fn fil(n: i64) -> TokenAmount {
    TokenAmount::from_whole(n)
}

fn network() -> Network {
    let estimate = |whole: i64| FilterEstimate {
        position: BigInt::from(whole) << 128,
        velocity: BigInt::default(),
    };
    Network {
        reward: estimate(0),
        power: estimate(1 << 50),
        baseline: BigInt::from(1u64 << 60),
        circulating: fil(500_000_000),
    }
}

impl Miner {
    fn with(balance: TokenAmount) -> Self {
        let store = MemoryBlockstore::default();
        let info = Info {
            owner: OWNER,
            pending_owner: None,
            worker: WORKER,
            pending_worker: None,
            control: vec![],
            beneficiary: OWNER,
            term: Default::default(),
            pending_beneficiary: None,
            peer_id: vec![],
            multiaddrs: vec![],
            post_proof: RegisteredPoStProof::StackedDRGWindow32GiBV1P1,
        };
        let state = State::new(&store, info, OFFSET, &fil(0), 1_000).unwrap();
        Miner { store, state, balance, now: 1_000 }
    }

    fn facts(&self, caller: ActorID) -> Facts {
        Facts { caller, now: self.now, balance: self.balance.clone() }
    }

    fn withdraw(&mut self, caller: ActorID, amount: i64) -> Result<Withdrawal> {
        let facts = self.facts(caller);
        let done = self.state.withdraw(&self.store, &fil(amount), &facts)?;
        self.balance -= &done.amount + &done.effects.burn;
        Ok(done)
    }

    fn beneficiary(&mut self, caller: ActorID, who: ActorID, quota: i64, until: ChainEpoch) -> u32 {
        let params = ChangeBeneficiaryParams {
            new_beneficiary: Address::new_id(who),
            new_quota: fil(quota),
            new_expiration: until,
        };
        code(self.state.info.change_beneficiary(caller, who, params, self.now))
    }

    fn owner(&mut self, caller: ActorID, new: ActorID) -> u32 {
        code(self.state.info.change_owner(caller, &Address::new_id(new)))
    }
}

fn code<T>(result: Result<T>) -> u32 {
    result.map_or_else(|exit| exit.code.value(), |_| 0)
}

#[test]
fn an_owner_changes_when_the_nominee_names_itself_and_a_lender_stays() {
    let mut miner = Miner::with(fil(0));
    assert_eq!(miner.owner(STRANGER, STRANGER), 18);
    assert_eq!(miner.owner(OWNER, LENDER), 0);
    assert_eq!(miner.owner(STRANGER, LENDER), 18);
    assert_eq!(miner.owner(LENDER, STRANGER), 16);
    assert_eq!(miner.owner(LENDER, LENDER), 0);
    let info = &miner.state.info;
    assert_eq!((info.owner, info.pending_owner, info.beneficiary), (LENDER, None, LENDER));
    let robust = Address::new_actor(b"lender");
    assert_eq!(code(miner.state.info.change_owner(LENDER, &robust)), 16);

    assert_eq!(miner.owner(LENDER, OWNER), 0);
    assert_eq!(miner.owner(LENDER, LENDER), 0); // takes it back
    assert_eq!(miner.owner(OWNER, OWNER), 18);

    assert_eq!(miner.beneficiary(LENDER, STRANGER, 5, 9_999), 0);
    assert_eq!(miner.beneficiary(STRANGER, STRANGER, 5, 9_999), 0);
    assert_eq!(miner.owner(LENDER, OWNER), 0);
    assert_eq!(miner.owner(OWNER, OWNER), 0);
    assert_eq!((miner.state.info.owner, miner.state.info.beneficiary), (OWNER, STRANGER));
}

#[test]
fn a_beneficiary_changes_when_all_who_have_a_say_repeat_the_same_terms() {
    let mut miner = Miner::with(fil(0));
    assert_eq!(miner.beneficiary(LENDER, LENDER, 5, 9_999), 18);
    assert_eq!(miner.beneficiary(OWNER, LENDER, 0, 9_999), 16);
    assert_eq!(miner.beneficiary(OWNER, OWNER, 0, 1), 16);
    assert_eq!(miner.beneficiary(OWNER, LENDER, 5, 9_999), 0);
    assert_eq!(miner.beneficiary(STRANGER, LENDER, 5, 9_999), 18);
    assert_eq!(miner.beneficiary(LENDER, LENDER, 6, 9_999), 16);
    assert_eq!(miner.beneficiary(LENDER, LENDER, 5, 9_999), 0);
    assert_eq!(miner.state.info.beneficiary, LENDER);

    // While its term runs, the lender has to agree to be replaced.
    assert_eq!(miner.beneficiary(OWNER, OWNER, 0, 0), 0);
    assert_eq!(miner.state.info.beneficiary, LENDER);
    assert_eq!(miner.beneficiary(LENDER, OWNER, 0, 0), 0);
    assert_eq!(miner.state.info.beneficiary, OWNER);

    // When it is over, the owner alone takes it back.
    assert_eq!(miner.beneficiary(OWNER, LENDER, 5, 9_999), 0);
    assert_eq!(miner.beneficiary(LENDER, LENDER, 5, 9_999), 0);
    miner.now = 9_999;
    assert_eq!(miner.beneficiary(OWNER, OWNER, 0, 0), 0);
    assert_eq!(miner.state.info.beneficiary, OWNER);
}

#[test]
fn a_withdrawal_pays_the_beneficiary_within_its_quota_after_the_debt() {
    let mut miner = Miner::with(fil(100));
    assert_eq!(code(miner.withdraw(WORKER, 1)), 18);
    assert_eq!(code(miner.withdraw(OWNER, -1)), 16);
    assert_eq!(miner.withdraw(OWNER, 10).unwrap().amount, fil(10));

    assert_eq!(miner.beneficiary(OWNER, LENDER, 30, 2_000), 0);
    assert_eq!(miner.beneficiary(LENDER, LENDER, 30, 2_000), 0);
    let paid = miner.withdraw(OWNER, 20).unwrap();
    assert_eq!((paid.to, paid.amount), (LENDER, fil(20)));
    miner.state.funds.fee_debt = fil(65);
    let paid = miner.withdraw(LENDER, 50).unwrap();
    assert_eq!((paid.amount, paid.effects.burn), (fil(5), fil(65)));
    assert_eq!(miner.withdraw(LENDER, 50).unwrap().amount, fil(0));

    miner.balance = fil(9);
    miner.state.funds.fee_debt = fil(10);
    assert_eq!(code(miner.withdraw(LENDER, 1)), 19);
    miner.state.funds.fee_debt = fil(0);
    assert_eq!(miner.withdraw(LENDER, 9).unwrap().amount, fil(5));
    assert_eq!(code(miner.withdraw(OWNER, 1)), 18); // the quota is used up
}

#[test]
fn a_sector_locks_a_deposit_then_pledge_until_it_expires_or_is_terminated() {
    let mut miner = Miner::with(fil(1_000));
    let commitment = |codec, hash| Cid::new_v1(codec, Multihash::wrap(hash, &[7; 32]).unwrap());
    let info = |number| PreCommitInfo {
        seal_proof: RegisteredSealProof::StackedDRG32GiBV1P1,
        sector_number: number,
        sealed_cid: commitment(0xf102, 0xb401),
        seal_rand_epoch: 990,
        deal_ids: vec![],
        expiration: 1_000 + YEAR,
        unsealed_cid: None,
    };
    let (now, network) = (miner.now, network());
    assert_eq!(code(info(1).check(now)), 0);
    let too_short =
        PreCommitInfo { expiration: now + MAX_PROVE_DELAY + 180 * 2_880 - 1, ..info(1) };
    assert_eq!(code(too_short.check(now)), 16);
    let facts = miner.facts(WORKER);
    let infos = vec![info(1), info(2)];
    let (_, needs_cron) = miner.state.pre_commit(&miner.store, infos, &network, &facts).unwrap();
    assert!(needs_cron && miner.state.funds.pre_commit_deposits.is_positive());
    let again = miner.state.clone().pre_commit(&miner.store, vec![info(1)], &network, &facts);
    assert_eq!(code(again), 16);

    let pre_commit = miner.state.sectors.get_pre_commit(&miner.store, 1).unwrap();
    assert_eq!(code(pre_commit.is_provable(1_150)), 18);
    assert!(pre_commit.is_provable(1_151).unwrap());
    miner.now = 1_151;
    let deadline = deadlines::assign(OFFSET, miner.now);
    let sector = Sector {
        deadline,
        activation: miner.now,
        expiration: info(1).expiration,
        pledge: fil(10),
        daily_fee: fil(0),
        quality_adjusted: BigInt::from(32u64 << 30),
        has_data: true,
        proven: false,
        dead: false,
    };
    let sectors = vec![(1, sector.clone()), (2, sector)];
    let effects = miner.state.activate(&miner.store, sectors, &miner.balance).unwrap();
    assert_eq!((effects.pledge, effects.power.raw), (fil(20), BigInt::default()));
    assert!(miner.state.funds.pre_commit_deposits.is_zero());
    let (how, location) = miner.state.sectors.locate(&miner.store, 1).unwrap();
    assert_eq!((how, location.deadline), (status::ACTIVE, i64::try_from(deadline).unwrap()));

    // Power comes with the first window proof, which is possible while the deadline is open.
    let opens = deadlines::expiry(OFFSET, deadline, miner.now) - 59;
    assert_eq!(code(miner.state.prove(&miner.store, deadline, opens - 1)), 16);
    let effects = miner.state.prove(&miner.store, deadline, opens).unwrap();
    assert_eq!(effects.power.raw, BigInt::from(64u64 << 30));
    assert_eq!(code(miner.state.prove(&miner.store, deadline, opens + 1)), 16);
    let effects = miner.state.prove(&miner.store, deadline, opens + 2_880).unwrap();
    assert_eq!(effects, Effects::default());

    // 140 days later, in an epoch at which the deadline is mutable.
    miner.now += 140 * 2_880;
    let sectors = BitField::try_from_bits([1]).unwrap();
    let termination = [Termination { deadline, partition: 0, sectors }];
    let facts = miner.facts(WORKER);
    let (effects, ended) =
        miner.state.terminate(&miner.store, &termination, &network, &facts).unwrap();
    assert_eq!((effects.burn, effects.pledge), ((fil(10) * 85).div_floor(1_000), fil(-10)));
    assert_eq!(ended.len(), 1);
    assert_eq!(code(miner.state.terminate(&miner.store, &termination, &network, &facts)), 16);
    let dead = miner.state.sectors.has_status(&miner.store, 1, status::DEAD, &location);
    assert_eq!(dead, Ok(true));

    miner.now = info(2).expiration;
    let (effects, _) = miner.state.end_deadline(&miner.store, &network, &miner.facts(4)).unwrap();
    assert!(effects.pledge.is_zero(), "a sector lives to the end of its deadline");
    miner.now += 2_880;
    let (effects, more) =
        miner.state.end_deadline(&miner.store, &network, &miner.facts(4)).unwrap();
    assert_eq!((effects.pledge, more), (fil(-10), false));
    assert!(miner.state.funds.initial_pledge.is_zero());
}
