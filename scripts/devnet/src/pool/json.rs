//! The shapes in which the pool speaks to clients.

use lotus::json::{Addr, Link};
use lotus::message::{MessageJson, SignedMessageJson};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use thiserror::Error;

use super::check::{Code, Status};
use super::{Change, ChangeKind};

/// How the pool is set up. Clients read from it what to offer for a replacement, and the node by how
/// much to raise the gas that a message was seen to use. The rest is there to be shown: it rules what
/// Lotus drops of messages that came from other nodes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct PoolConfig {
    #[serde(default)]
    pub priority_addrs: Option<Vec<Addr>>,
    #[serde(default)]
    pub size_limit_high: i64,
    #[serde(default)]
    pub size_limit_low: i64,
    #[serde(default)]
    pub replace_by_fee_ratio: Percent,
    /// In nanoseconds.
    #[serde(default)]
    pub prune_cooldown: i64,
    #[serde(default)]
    pub gas_limit_overestimation: f64,
}

impl Default for PoolConfig {
    fn default() -> Self {
        PoolConfig {
            priority_addrs: None,
            size_limit_high: 30_000,
            size_limit_low: 20_000,
            replace_by_fee_ratio: Percent(125),
            prune_cooldown: 60_000_000_000,
            gas_limit_overestimation: 1.25,
        }
    }
}

/// Why a pool is not set up like this.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misconfigured {
    #[error("'ReplaceByFeeRatio' is less than required {} < {}", .given.text(), .least.text())]
    ReplaceByFee { given: Percent, least: Percent },
    #[error("'GasLimitOverestimation' cannot be less than 1")]
    Overestimation,
}

impl PoolConfig {
    /// Checks what Lotus checks.
    pub fn check(&self) -> Result<(), Misconfigured> {
        let (given, least) = (self.replace_by_fee_ratio, Percent(super::REPLACE_BY_FEE));
        if given < least {
            Err(Misconfigured::ReplaceByFee { given, least })
        } else if self.gas_limit_overestimation < 1.0 {
            Err(Misconfigured::Overestimation)
        } else {
            Ok(())
        }
    }
}

/// A ratio in hundredths: a number with up to two digits after the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub u64);

impl Percent {
    fn text(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "negative is zero")]
    #[expect(clippy::float_cmp, reason = "what has two decimals is what it is rounded to")]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ratio = f64::deserialize(deserializer)?;
        let hundredths = (ratio * 100.0).round();
        match hundredths / 100.0 == ratio {
            true => Ok(Percent(hundredths as u64)),
            false => Err(D::Error::custom(format!("ratio may only have two decimals: {ratio}"))),
        }
    }
}

/// What subscribers hear of a message.
#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct PoolUpdate {
    /// 0 added, 1 removed.
    #[serde(rename = "Type")]
    pub kind: u8,
    pub message: SignedMessageJson,
}

impl From<&Change> for PoolUpdate {
    fn from(change: &Change) -> Self {
        let kind = match change.kind {
            ChangeKind::Added => 0,
            ChangeKind::Removed => 1,
        };
        PoolUpdate { kind, message: change.message.as_ref().into() }
    }
}

/// A message that is to be checked before it is signed.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct MessagePrototype {
    pub message: MessageJson,
    /// Whether the nonce is one that the message is to have.
    #[serde(default)]
    pub valid_nonce: bool,
}

/// What a check of a message found.
#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct CheckStatus {
    pub cid: Link,
    pub code: Code,
    #[serde(rename = "OK")]
    pub ok: bool,
    pub err: String,
    pub hint: Option<Map<String, Value>>,
}

impl From<Status> for CheckStatus {
    fn from(status: Status) -> Self {
        let Status { cid, code, ok, fault, hint } = status;
        CheckStatus { cid: Link(cid), code, ok, err: fault.unwrap_or_default(), hint }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(text: &str) -> Result<PoolConfig, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_pool_is_set_up_as_that_of_lotus_is() {
        let config = serde_json::to_value(PoolConfig::default()).unwrap();
        assert_eq!(
            config,
            json!({
                "PriorityAddrs": null, "SizeLimitHigh": 30000, "SizeLimitLow": 20000,
                "ReplaceByFeeRatio": 1.25, "PruneCooldown": 60_000_000_000_i64,
                "GasLimitOverestimation": 1.25,
            })
        );
        assert_eq!(PoolConfig::default().check(), Ok(()));
    }

    #[test]
    fn a_replacement_cannot_be_cheaper_than_what_the_network_relays() {
        let config = config(r#"{"ReplaceByFeeRatio":1.09,"GasLimitOverestimation":1}"#).unwrap();
        let refusal = config.check().unwrap_err().to_string();
        assert_eq!(refusal, "'ReplaceByFeeRatio' is less than required 1.09 < 1.10");
    }

    #[test]
    fn gas_is_not_underestimated() {
        let config = config(r#"{"ReplaceByFeeRatio":1.1,"GasLimitOverestimation":0.9}"#).unwrap();
        let refusal = config.check().unwrap_err().to_string();
        assert_eq!(refusal, "'GasLimitOverestimation' cannot be less than 1");
    }

    #[test]
    fn a_ratio_has_two_decimals() {
        let error = config(r#"{"ReplaceByFeeRatio":1.255}"#).unwrap_err().to_string();
        assert!(error.starts_with("ratio may only have two decimals: 1.255"), "{error}");
    }

    #[test]
    fn a_message_to_be_checked_may_be_without_a_nonce() {
        let text = r#"{"Message":{"To":"t01000","From":"t01001"},"ValidNonce":false}"#;
        let prototype: MessagePrototype = serde_json::from_str(text).unwrap();
        assert!(!prototype.valid_nonce);
        assert_eq!(prototype.message.message().unwrap().sequence, 0);
    }
}
