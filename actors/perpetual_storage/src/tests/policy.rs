use alloc::string::String;
use alloc::vec;

use super::*;
use crate::policy::{MAX_DURATION, MAX_PROVIDERS, MIN_DURATION, check_piece, check_terms};

/// The first amount that is too much.
fn too_much() -> TokenAmount {
    TokenAmount::from_atto(u128::MAX) + atto(1)
}

fn most() -> TokenAmount {
    TokenAmount::from_atto(u128::MAX)
}

fn refused_rules(change: impl FnOnce(&mut Rules)) -> Option<u32> {
    let mut rules = rules();
    change(&mut rules);
    let made = State::new(&MemoryBlockstore::default(), rules);
    made.err().map(|error| error.exit_code().value())
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    assert_eq!(refused_rules(|_| {}), None);
    assert_eq!(refused_rules(|r| r.bounty.floor = 10_000), None);
    assert_eq!(refused_rules(|r| r.bounty.floor = 10_001), Some(32));
    assert_eq!(refused_rules(|r| r.bounty.scarcity = 10_000), None);
    assert_eq!(refused_rules(|r| r.bounty.scarcity = 10_001), Some(32));
    assert_eq!(refused_rules(|r| r.bounty.urgency = 10_000), None);
    assert_eq!(refused_rules(|r| r.bounty.urgency = 10_001), Some(32));
    assert_eq!(refused_rules(|r| r.bounty.auction = 10_000), None);
    assert_eq!(refused_rules(|r| r.bounty.auction = 10_001), Some(32));
    assert_eq!(refused_rules(|r| r.bounty.auction_period = 0), Some(32));
    assert_eq!(refused_rules(|r| r.bounty.auction_period = 1), None);
    assert_eq!(refused_rules(|r| r.bounty.auction_period = 120 * DAY), None);
    assert_eq!(refused_rules(|r| r.bounty.auction_period = 120 * DAY + 1), Some(32));
    assert_eq!(refused_rules(|r| r.renewal_window = 0), Some(32));
    assert_eq!(refused_rules(|r| r.renewal_window = 1), None);
    assert_eq!(refused_rules(|r| r.renewal_window = 120 * DAY), None);
    assert_eq!(refused_rules(|r| r.renewal_window = 120 * DAY + 1), Some(32));
    assert_eq!(refused_rules(|r| r.cooldown = -1), Some(32));
    assert_eq!(refused_rules(|r| r.cooldown = 0), None);
    assert_eq!(refused_rules(|r| r.cooldown = 365 * DAY), None);
    assert_eq!(refused_rules(|r| r.cooldown = 365 * DAY + 1), Some(32));
    assert_eq!(refused_rules(|r| r.tip = atto(-1)), Some(32));
    assert_eq!(refused_rules(|r| r.tip = atto(0)), None);
    assert_eq!(refused_rules(|r| r.tip = most()), None);
    assert_eq!(refused_rules(|r| r.tip = too_much()), Some(32));
}

#[test]
fn every_bounty_must_come_to_its_limit_in_the_end() {
    let refused =
        |floor, auction| refused_rules(|r| (r.bounty.floor, r.bounty.auction) = (floor, auction));
    assert_eq!((refused(2_000, 7_999), refused(2_000, 8_000)), (Some(32), None));
    assert_eq!((refused(0, 9_999), refused(0, 10_000)), (Some(32), None));
    assert_eq!((refused(9_999, 0), refused(10_000, 0)), (Some(32), None));
}

#[test]
fn only_a_commp_is_the_cid_of_a_piece() {
    let raw = fvm_shared::commcid::replica_commitment_v1_to_cid(&[1; 32]).unwrap();
    assert_eq!(code(check_piece(&raw, SIZE)), 33);
    assert_eq!(check_piece(&piece(1), SIZE), Ok(()));
}

#[test]
fn a_piece_has_a_power_of_two_of_bytes_from_128_to_64_gib() {
    let refused = |size| {
        let checked = check_piece(&piece(0), PaddedPieceSize(size));
        checked.err().map(|error| error.exit_code().value())
    };
    assert_eq!([64, 127, 129, 192, 0, u64::MAX].map(refused), [Some(34); 6]);
    assert_eq!([128, 256, 64 << 30].map(refused), [None; 3]);
    assert_eq!(refused(128 << 30), Some(34));
}

fn refused(change: impl FnOnce(&mut Terms)) -> Option<u32> {
    let mut terms = terms(1);
    change(&mut terms);
    check_terms(&terms, &rules(), 1_000).err().map(|error| error.exit_code().value())
}

#[test]
fn there_are_1_to_8_urls() {
    let url = String::from("ipfs://b");
    assert_eq!(refused(|t| t.urls.clear()), Some(35));
    assert_eq!(refused(|t| t.urls = vec![url.clone(); 8]), None);
    assert_eq!(refused(|t| t.urls = vec![url.clone(); 9]), Some(35));
}

#[test]
fn a_url_is_of_https_ipfs_or_s3_and_has_256_bytes_of_printable_ascii_at_the_most() {
    let refused = |url: &str| refused(|t| t.urls = vec!["https://a".into(), url.into()]);
    for good in ["https://a", "ipfs://b", "s3://c/~!", &alloc::format!("s3://{:x>251}", "")] {
        assert_eq!(refused(good), None, "{good}");
    }
    let long = alloc::format!("s3://{:x>252}", "");
    let bad = ["", "https://", "http://a", "a", " https://a", "HTTPS://a", "file:///a", "s3:/a"];
    let unprintable = ["https://a b", "https://a\n", "https://ä", "https://a\0", "https://a\u{7f}"];
    for url in bad.into_iter().chain(unprintable).chain([long.as_str()]) {
        assert_eq!(refused(url), Some(35), "{url}");
    }
}

#[test]
fn there_are_1_to_16_replicas() {
    assert_eq!(refused(|t| t.replicas = 0), Some(36));
    assert_eq!(refused(|t| t.replicas = 1), None);
    assert_eq!(refused(|t| t.replicas = 16), None);
    assert_eq!(refused(|t| t.replicas = 17), Some(36));
}

#[test]
fn an_expiry_is_later_than_now() {
    assert_eq!(refused(|t| t.expiry = Some(1_000)), Some(37));
    assert_eq!(refused(|t| t.expiry = Some(-1)), Some(37));
    assert_eq!(refused(|t| t.expiry = Some(1_001)), None);
    assert_eq!(refused(|t| t.expiry = Some(ChainEpoch::MAX)), None);
}

#[test]
fn a_deal_lasts_as_long_as_the_market_lets_it_with_the_window_before_it() {
    let longest = MAX_DURATION - WINDOW;
    assert_eq!(refused(|t| t.policy.duration = MIN_DURATION - 1), Some(32));
    assert_eq!(refused(|t| t.policy.duration = MIN_DURATION), None);
    assert_eq!(refused(|t| t.policy.duration = longest), None);
    assert_eq!(refused(|t| t.policy.duration = longest + 1), Some(32));
}

#[test]
fn the_amounts_of_a_policy_are_in_range() {
    assert_eq!(refused(|t| t.policy.max_bounty = atto(0)), Some(32));
    assert_eq!(refused(|t| t.policy.max_bounty = atto(1)), None);
    assert_eq!(refused(|t| t.policy.max_bounty = most()), None);
    assert_eq!(refused(|t| t.policy.max_bounty = too_much()), Some(32));
    assert_eq!(refused(|t| t.policy.max_price_per_epoch = atto(-1)), Some(32));
    assert_eq!(refused(|t| t.policy.max_price_per_epoch = most()), None);
    assert_eq!(refused(|t| t.policy.max_price_per_epoch = too_much()), Some(32));
}

#[test]
fn the_other_bounds_of_a_policy_are_in_range() {
    assert_eq!(refused(|t| t.policy.publish_share = 10_000), None);
    assert_eq!(refused(|t| t.policy.publish_share = 10_001), Some(32));
    assert_eq!(refused(|t| t.policy.max_start_delay = 0), Some(32));
    assert_eq!(refused(|t| t.policy.max_start_delay = 1), None);
    assert_eq!(refused(|t| t.policy.max_start_delay = 120 * DAY), None);
    assert_eq!(refused(|t| t.policy.max_start_delay = 120 * DAY + 1), Some(32));
    assert_eq!(refused(|t| t.policy.max_replicas_per_owner = 0), Some(32));
    assert_eq!(refused(|t| t.policy.max_replicas_per_owner = 1), None);
    assert_eq!(refused(|t| t.policy.max_replicas_per_owner = 17), Some(32));
}

#[test]
fn a_policy_names_at_most_32_providers() {
    for list in [Providers::Only, Providers::Except] {
        assert_eq!(refused(|t| t.policy.providers = list(vec![SP; MAX_PROVIDERS])), None);
        assert_eq!(refused(|t| t.policy.providers = list(vec![SP; MAX_PROVIDERS + 1])), Some(38));
    }
}

#[test]
fn a_region_has_1_to_32_bytes_whomever_the_policy_takes() {
    let region = |name: String| Some(Region { attester: BOB, name });
    for providers in [Providers::Any, Providers::Only(vec![SP])] {
        let refused = |length| {
            refused(|t| {
                t.policy.providers = providers.clone();
                t.policy.region = region("x".repeat(length));
            })
        };
        assert_eq!([0, 1, 32, 33].map(refused), [Some(39), None, None, Some(39)]);
    }
}

#[test]
fn the_part_of_deals_that_may_have_failed_is_no_more_than_all() {
    let record = |failed| Some(MinRecord { kept: u64::MAX, failed });
    assert_eq!(refused(|t| t.policy.min_record = record(10_000)), None);
    assert_eq!(refused(|t| t.policy.min_record = record(10_001)), Some(32));
}
