//! What is decided, without a node.

mod command;
mod limit;
mod offer;
mod rate;
mod refusals;

use actor_lending_market::api::{
    Collateral, Limits, LoanSummary, Phase, Pool, Record, Reputation, Roles, Rules, Underwriter,
};
use actor_lending_market::records::score;
use fvm_harness::{CHAIN_ID, fil};
use shared::ext::DataCid;
use shared::ext::miner::{ActiveBeneficiary, GetBeneficiaryReturn};
use shared::ext::power::MinerPowerReturn;
use shared::math::BASIS_POINTS;

use super::assess::Assessment;
use super::*;
use crate::node::Sectors;

const MARKET: u64 = 1_003;
const MINER: u64 = 1_004;
const OWNER: u64 = 200;
const UNDERWRITER: u64 = 201;

/// A healthy miner worth 10,000 FIL, of which 1,800 vest, 10 each day, and an underwriter, a cover and a
/// pool that have plenty.
fn facts() -> Facts {
    let now = 1_000;
    let zero = TokenAmount::default();
    Facts {
        now,
        chain_id: CHAIN_ID,
        market: MARKET,
        rules: Rules {
            name: "Lent FIL".into(),
            symbol: "LFIL".into(),
            agent_code: DataCid(cid::Cid::default()),
            protocol_fee: 1_000,
            cover_share: 500,
            min_cover: 1_000,
            max_debt: 8_000,
            impair_after: 5 * DAY,
            cover_delay: 30 * DAY,
            recovery: 180 * DAY,
            min_exit: fil(1),
        },
        roles: Roles {
            governor: 100,
            successor: None,
            treasury: 101,
            deposit_cap: fil(1_000_000),
            paused: false,
        },
        pool: Pool {
            cash: fil(100_000),
            reserved: zero.clone(),
            principal: zero.clone(),
            interest: zero.clone(),
            unspread: fil(0),
            total_assets: fil(100_000),
            unrealised_loss: zero.clone(),
            shares: fil(100_000),
            queued: zero.clone(),
            entry_price: fil(1),
            exit_price: fil(1),
            fees: zero.clone(),
            rate: zero.clone(),
        },
        underwriter: UNDERWRITER,
        standing: Underwriter {
            limits: Limits { ceiling: fil(90_000), per_period: fil(80_000), period: 30 * DAY },
            outstanding: fil(1_000),
            period_start: 0,
            period_used: fil(1_000),
            cover: fil(9_000),
            cover_shares: fil(9_000),
            impaired: 0,
        },
        miner: MINER,
        collateral: Collateral::new(fil(200), fil(1_800), fil(9_000), fil(1_000)),
        vesting: (1..=180).map(|day| (now + day * DAY, fil(10))).collect(),
        power: MinerPowerReturn {
            raw_byte_power: (1_u64 << 50).into(),
            quality_adj_power: (1_u64 << 50).into(),
        },
        sectors: Some(Sectors { live: 1_000, faulty: 0 }),
        borrower: OWNER,
        next_owner: None,
        beneficiary: GetBeneficiaryReturn {
            active: ActiveBeneficiary {
                beneficiary: Address::new_id(OWNER),
                term: Default::default(),
            },
            proposed: None,
        },
        agent: None,
        of_miner: reputation(|_| {}),
        of_borrower: reputation(|_| {}),
        loans: vec![],
    }
}

/// 1,000 FIL for a year, level, in custody.
fn wish() -> Wish {
    Wish {
        amount: fil(1_000),
        plan: Plan::Level,
        instalments: 12,
        days_between: 30,
        control: Control::Custody,
        base_rate: 800,
        late_rate: 2_000,
        grace: 30 * DAY,
        max_debt: 8_000,
        income_share: 7_500,
        valid_for: 2 * DAY,
        nonce: 7,
    }
}

fn reputation(change: impl FnOnce(&mut Record)) -> Reputation {
    let mut record = Record::default();
    change(&mut record);
    let parts = score(&record, None);
    let sum: i64 = parts.iter().map(|part| part.points).sum();
    let score = BasisPoints::try_from(sum.clamp(0, BASIS_POINTS.cast_signed())).unwrap();
    Reputation { record, attestations: Default::default(), score, parts }
}

/// A loan that runs, of somebody on some miner.
fn running(borrower: u64, miner: u64) -> LoanSummary {
    LoanSummary { id: 3, borrower, miner, phase: Phase::Live, principal: fil(500), arrears: fil(0) }
}

fn assessed(change: impl FnOnce(&mut Facts, &mut Wish)) -> Assessment {
    let (mut facts, mut wish) = (facts(), wish());
    change(&mut facts, &mut wish);
    assess(&facts, &wish).unwrap()
}

/// What decides, and how much it allows.
fn bound(change: impl FnOnce(&mut Facts, &mut Wish)) -> (&'static str, TokenAmount) {
    let assessment = assessed(change);
    (assessment.binding().unwrap().what, assessment.limit.clone())
}
