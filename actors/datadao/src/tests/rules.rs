use super::*;
use crate::rules::{HOOK_GAS_MAX, MAX_PROVIDERS};

#[test]
fn rules_that_make_no_sense_are_refused() {
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        let made = State::new(&MemoryBlockstore::default(), ADMIN, &config);
        made.err().map(|error| error.exit_code().value())
    };
    assert_eq!(refused(&|_| {}), None);
    assert_eq!(refused(&|c| c.token.name.clear()), Some(36));
    assert_eq!(refused(&|c| c.token.name = "x".repeat(65)), Some(36));
    assert_eq!(refused(&|c| c.token.symbol.clear()), Some(37));
    assert_eq!(refused(&|c| c.token.symbol = "x".repeat(17)), Some(37));
    assert_eq!(refused(&|c| c.token.mint_cap = atto(0)), Some(71));

    let refused_rules =
        |change: &dyn Fn(&mut Rules)| refused(&|config: &mut Config| change(&mut config.rules));
    assert_eq!(refused_rules(&|r| r.policy.min_duration = 0), Some(38));
    assert_eq!(refused_rules(&|r| r.policy.max_duration = r.policy.min_duration - 1), Some(38));
    assert_eq!(refused_rules(&|r| r.policy.max_start_delay = -1), Some(39));
    assert_eq!(refused_rules(&|r| r.policy.max_start_delay = i64::MAX), None);
    assert_eq!(refused_rules(&|r| r.policy.max_price_per_epoch = atto(-1)), Some(40));
    assert_eq!(refused_rules(&|r| r.policy.max_client_collateral = atto(-1)), Some(40));
    assert_eq!(refused_rules(&|r| r.policy.max_label_bytes = 257), Some(71));
    assert_eq!(refused_rules(&|r| r.policy.providers = vec![1; MAX_PROVIDERS + 1]), Some(73));
    assert_eq!(refused_rules(&|r| r.policy.max_replicas_per_owner = 0), Some(71));
    assert_eq!(refused_rules(&|r| r.policy.max_replicas_per_owner = 33), Some(71));

    assert_eq!(refused_rules(&|r| r.rewards.publish_share = 10_000), None);
    assert_eq!(refused_rules(&|r| r.rewards.publish_share = 10_001), Some(71));
    assert_eq!(refused_rules(&|r| r.rewards.hook_gas_limit = HOOK_GAS_MIN - 1), Some(41));
    assert_eq!(refused_rules(&|r| r.rewards.hook_gas_limit = HOOK_GAS_MAX), None);
    assert_eq!(refused_rules(&|r| r.rewards.hook_gas_limit = HOOK_GAS_MAX + 1), Some(41));
    assert_eq!(refused_rules(&|r| r.rewards.cooldown = -1), Some(71));
    assert_eq!(refused_rules(&|r| r.rewards.max_reward = atto(-1)), Some(71));

    assert_eq!(refused_rules(&|r| r.staking.unbonding = -1), Some(71));
    assert_eq!(refused_rules(&|r| r.staking.bond = 10_001), Some(71));
    assert_eq!(refused_rules(&|r| r.staking.bonus = 10_001), Some(71));
    assert_eq!(refused_rules(&|r| r.staking.slash = 10_001), Some(71));

    assert_eq!(refused_rules(&|r| r.voting.threshold = atto(-1)), Some(71));
    assert_eq!(refused_rules(&|r| r.voting.delay = 0), Some(71));
    assert_eq!(refused_rules(&|r| r.voting.period = 0), Some(71));
    assert_eq!(refused_rules(&|r| r.voting.quorum = 10_001), Some(71));
    assert_eq!(refused_rules(&|r| r.voting.late_extension = -1), Some(71));
    assert_eq!(refused_rules(&|r| r.voting.timelock = i64::MAX), Some(71));
    assert_eq!(refused_rules(&|r| r.voting.grace = 0), Some(71));

    assert_eq!(refused_rules(&|r| r.revenue.curator = 5_000), None);
    assert_eq!(refused_rules(&|r| r.revenue.curator = 5_001), Some(71));
    assert_eq!(refused_rules(&|r| r.revenue.stakers = u32::MAX), Some(71));
    assert_eq!(refused_rules(&|r| r.compute.bond = 10_001), Some(71));
    assert_eq!(refused_rules(&|r| r.compute.review = 0), Some(71));
    assert_eq!(refused_rules(&|r| r.compute.arbitration = 0), Some(71));
    let decision = 5 + 20 + 4 + 10;
    assert_eq!(refused_rules(&|r| r.compute.arbitration = decision), Some(71));
    assert_eq!(refused_rules(&|r| r.compute.arbitration = decision + 1), None);
}
