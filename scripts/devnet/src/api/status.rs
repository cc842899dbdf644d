//! What the node tells of itself and of its neighbours, of which it has none: it is a network alone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use cid::multibase::Base;
use lotus::auth::Permission::{Admin, Read};
use lotus::block::TipsetJson;
use lotus::rpc::Methods;
use serde::Serialize;
use serde_json::{Value, json};

use super::chain::FINALITY;
use crate::node::Node;

/// Seconds of an epoch by which Lotus counts how far a node is behind, on every network.
const EPOCH: u64 = 30;
/// The stage of a sync that is done.
const COMPLETE: u32 = 4;
/// How the ID of a peer starts that has its key of Ed25519 in it: an identity hash of 36 bytes, which
/// are the key's type, and the key of 32 bytes.
const ED25519_PEER: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

#[derive(Serialize)]
struct ActiveSync {
    #[serde(rename = "WorkerID")]
    worker_id: u64,
    #[serde(rename = "Base")]
    base: TipsetJson,
    #[serde(rename = "Target")]
    target: TipsetJson,
    #[serde(rename = "Stage")]
    stage: u32,
    #[serde(rename = "Height")]
    height: i64,
    #[serde(rename = "Start")]
    start: String,
    #[serde(rename = "End")]
    end: String,
    #[serde(rename = "Message")]
    message: &'static str,
}

pub fn add(methods: &mut Methods<Node>) {
    methods.call("Session", Read, |node: &Node, ()| Ok(uuid(node.session().id)));
    methods.call("StartTime", Read, |node: &Node, ()| Ok(rfc3339(node.session().started)));
    methods.call("SyncState", Read, |node: &Node, ()| {
        let (head, at) = (node.head().json(), rfc3339(node.session().started));
        let sync = ActiveSync {
            worker_id: 0,
            height: head.height,
            base: head.clone(),
            target: head,
            stage: COMPLETE,
            start: at.clone(),
            end: at,
            message: "",
        };
        Ok(json!({ "ActiveSyncs": [sync], "VMApplied": 0 }))
    });
    methods.call("NodeStatus", Read, |node: &Node, (chain,): (bool,)| {
        let head = node.head();
        let age = seconds(SystemTime::now()).saturating_sub(head.header.timestamp);
        // Every tipset has one block; Lotus counts them once there are enough.
        let blocks = u8::from(chain && head.height() > FINALITY);
        Ok(json!({
            "SyncStatus": { "Epoch": head.height(), "Behind": age / EPOCH },
            "PeerStatus": { "PeersToPublishMsgs": 0, "PeersToPublishBlocks": 0 },
            "ChainStatus": {
                "BlocksPerTipsetLast100": blocks,
                "BlocksPerTipsetLastFinality": blocks,
            },
        }))
    });
    methods.call("ID", Read, |node: &Node, ()| Ok(peer_id(node)?));
    methods.call("NetPeers", Read, |_: &Node, ()| Ok(Vec::<Value>::new()));
    methods.call("NetAddrsListen", Read, |node: &Node, ()| {
        Ok(json!({ "Addrs": [], "ID": peer_id(node)? }))
    });
    methods.call("NetPubsubScores", Read, |_: &Node, ()| Ok(Vec::<Value>::new()));
    methods.call("NetAutoNatStatus", Read, |_: &Node, ()| {
        Ok(json!({ "Reachability": 0, "PublicAddrs": null }))
    });
    methods.call("NetBandwidthStats", Read, |_: &Node, ()| {
        Ok(json!({ "TotalIn": 0, "TotalOut": 0, "RateIn": 0, "RateOut": 0 }))
    });
    methods.call("LogAlerts", Admin, |_: &Node, ()| Ok(Vec::<Value>::new()));
    methods.call("PaychList", Read, |_: &Node, ()| Ok(Vec::<Value>::new()));
}

/// An ID as peers have it, of the genesis instead of a key: nobody can connect to it.
fn peer_id(node: &Node) -> Result<String> {
    let genesis = node.tipset_at_or_above(0)?.context("the chain has no genesis")?;
    let id = [&ED25519_PEER, genesis.block.hash().digest()].concat();
    Ok(Base::Base58Btc.encode(id))
}

/// A random number as a UUID of version 4.
fn uuid(random: u128) -> String {
    let version = random & !(0xf << 76) | 0x4 << 76;
    let bits = version & !(0x3 << 62) | 0x2 << 62;
    let digits = format!("{bits:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Whole seconds since the epoch of Unix.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs)
}

/// A time in UTC, in whole seconds.
fn rfc3339(time: SystemTime) -> String {
    let seconds = seconds(time);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March, so that the day of a leap year is the last.
    let since_march = days + 719_468;
    let (era, day) = (since_march / 146_097, since_march % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (date, month_of_year) =
        (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = era * 400 + year + u64::from(month_of_year <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month_of_year:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_utc() {
        let times = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in times {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_session_is_a_random_uuid() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
