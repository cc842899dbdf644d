//! What the actors are created with where nobody says otherwise. The stories of the demo and of the
//! tests start from it too, and what is fuzzed.

use actor_datadao::api::{
    self as datadao, ComputeRules, DealPolicy, Payee, RevenueRules, RewardRules, StakingRules,
    TokenRules, Verified, VotingRules,
};
use actor_lending_market::api::{self as market, Limits};
use actor_perpetual_storage::api::{self as storage, BountyRule};
use cid::Cid;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::ext::DataCid;

/// Epochs of a day.
pub const DAY: i64 = 2_880;
/// Gas that a receiver hook of $DATA may spend.
pub const HOOK_GAS: u64 = 10_000_000;

/// A fifth of a reward once the deal is active, the rest by and by until it ends, to the provider's
/// owner; at most 1,000 $DATA.
#[must_use]
pub fn rewards() -> RewardRules {
    RewardRules {
        publish_share: 2_000,
        locked: true,
        to: Payee::Owner,
        hook_gas_limit: HOOK_GAS,
        cooldown: 7 * DAY,
        max_reward: TokenAmount::from_whole(1_000),
    }
}

/// A DAO whose deals last 180 to 540 days, start within 14, and cost it nothing.
#[must_use]
pub fn datadao(admin: Address) -> datadao::ConstructorParams {
    datadao::ConstructorParams {
        admin,
        token: TokenRules {
            name: "Data".into(),
            symbol: "DATA".into(),
            mint_cap: TokenAmount::from_whole(1_000_000),
            liquid_votes: true,
        },
        rules: datadao::Rules {
            policy: DealPolicy {
                min_duration: 180 * DAY,
                max_duration: 540 * DAY,
                max_start_delay: 14 * DAY,
                max_price_per_epoch: TokenAmount::default(),
                max_client_collateral: TokenAmount::default(),
                max_label_bytes: 64,
                verified: Verified::Never,
                providers: vec![],
                max_replicas_per_owner: 2,
            },
            rewards: rewards(),
            staking: StakingRules { unbonding: 7 * DAY, bond: 1_000, bonus: 2_000, slash: 5_000 },
            voting: VotingRules {
                threshold: TokenAmount::from_whole(100),
                delay: DAY / 4,
                period: 3 * DAY,
                quorum: 2_000,
                late_extension: DAY,
                timelock: DAY,
                grace: 14 * DAY,
            },
            revenue: RevenueRules { stakers: 3_000, curator: 1_000, providers: 3_000 },
            compute: ComputeRules { bond: 2_000, review: 2 * DAY, arbitration: 7 * DAY },
        },
    }
}

/// A fifth of a bounty always, a tenth each for scarcity and urgency, the rest by auction within two
/// weeks; renewals are offered 30 days ahead, and a step of a refresh brings 0.01 FIL.
#[must_use]
pub fn perpetual_storage() -> storage::ConstructorParams {
    storage::ConstructorParams {
        rules: storage::Rules {
            bounty: BountyRule {
                floor: 2_000,
                scarcity: 1_000,
                urgency: 1_000,
                auction: 8_000,
                auction_period: 14 * DAY,
            },
            renewal_window: 30 * DAY,
            cooldown: 30 * DAY,
            tip: TokenAmount::from_atto(10_000_000_000_000_000_u64),
        },
    }
}

/// A market whose loans have agents of this code, for at most 10,000,000 FIL.
#[must_use]
pub fn lending_market(
    governor: Address,
    treasury: Address,
    agent_code: Cid,
) -> market::ConstructorParams {
    market::ConstructorParams {
        governor,
        treasury,
        deposit_cap: TokenAmount::from_whole(10_000_000),
        rules: lending_rules(agent_code),
    }
}

/// A tenth of the interest for the treasury, a twentieth for the cover; impaired five days after an
/// instalment was due.
#[must_use]
pub fn lending_rules(agent_code: Cid) -> market::Rules {
    market::Rules {
        name: "Lent FIL".into(),
        symbol: "LFIL".into(),
        agent_code: DataCid(agent_code),
        protocol_fee: 1_000,
        cover_share: 500,
        min_cover: 0,
        max_debt: 8_000,
        impair_after: 5 * DAY,
        cover_delay: 30 * DAY,
        recovery: 180 * DAY,
        min_exit: TokenAmount::from_whole(1),
    }
}

/// An underwriter may have so much out, and commit all of it within 30 days.
#[must_use]
pub fn limits(ceiling: TokenAmount) -> Limits {
    Limits { per_period: ceiling.clone(), ceiling, period: 30 * DAY }
}
