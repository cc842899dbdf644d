//! The methods of the node, under the names and in the shapes of Lotus.

mod call;
mod chain;
mod common;
mod dev;
mod eth;
mod gas;
mod miner;
mod mpool;
mod returned;
mod shapes;
mod state;
mod status;
mod trace;
mod upgrades;
mod wait;
mod wallet;

use lotus::rpc::{Endpoints, Methods};

use crate::node::Node;

pub use eth::Filters;
pub use wait::DEEPENED;

/// The methods of both versions of the API. The older one differs in a few.
#[must_use]
pub fn endpoints() -> Endpoints<Node> {
    let mut v1 = Methods::default();
    common::add(&mut v1);
    dev::add(&mut v1);
    status::add(&mut v1);
    chain::add(&mut v1);
    state::add(&mut v1);
    miner::add(&mut v1);
    call::add(&mut v1);
    wait::add(&mut v1);
    wallet::add(&mut v1);
    mpool::add(&mut v1);
    gas::add(&mut v1);
    eth::add(&mut v1);
    let mut v0 = v1.clone();
    common::add_v0(&mut v0);
    wait::add_v0(&mut v0);
    Endpoints { v0, v1 }
}
