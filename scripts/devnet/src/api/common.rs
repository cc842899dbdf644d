//! What the node says of itself.

use std::sync::Arc;

use lotus::auth::Permission::{Admin, Read};
use lotus::auth::{Permission, Secret};
use lotus::json::Base64;
use lotus::rpc::{Failure, Methods};
use serde::Serialize;

use crate::node::Node;

/// Version 2.3.0 of the API, and the 1.5.0 of its older face: major, minor and patch, a byte each.
const V1: u32 = 0x02_03_00;
const V0: u32 = 0x01_05_00;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: &'static str,
    #[serde(rename = "APIVersion")]
    api_version: u32,
    block_delay: u64,
    agent: &'static str,
}

fn version(node: &Node, api_version: u32) -> Version {
    let version = concat!("fab-", env!("CARGO_PKG_VERSION"));
    Version { version, api_version, block_delay: node.block_delay(), agent: "fab" }
}

pub fn add(methods: &mut Methods<Node>) {
    methods.call("Version", Read, |node: &Node, ()| Ok(version(node, V1)));
    methods.call("AuthNew", Admin, |node: &Node, (permissions,): (Vec<Permission>,)| {
        let token = node.secret().token(&permissions)?;
        Ok(Base64(token.into_bytes()))
    });
    methods
        .call("AuthVerify", Read, |node: &Node, (token,): (String,)| verify(node.secret(), &token));
}

/// What the older face has of its own.
pub fn add_v0(methods: &mut Methods<Node>) {
    methods.call("Version", Read, |node: &Node, ()| Ok(version(node, V0)));
}

fn verify(secret: &Arc<Secret>, token: &str) -> Result<Vec<Permission>, Failure> {
    let grant = secret
        .verify(token)
        .map_err(|error| Failure::new(format!("JWT Verification failed: {error}")))?;
    Ok(grant.permissions())
}
