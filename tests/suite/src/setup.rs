//! One line to start a story.

use actor_datadao::api::RewardPayment;
use fab::story::Dao;
pub use fab::story::{HOOK_GAS, PIECE_SIZE, constructor_params, dataset, piece};
use fvm_harness::Network;

/// A new network with all actors.
pub fn network() -> Network {
    Network::new(fab::actors().expect("actors that build")).expect("a network that starts")
}

/// A DAO that pushes its rewards.
pub fn pushing() -> Dao {
    Dao::pushing(network())
}

/// A DAO whose rewards are claimed.
pub fn claiming() -> Dao {
    Dao::claiming(network())
}

/// A DAO that pushes its rewards and gives hooks more gas than a publish needs.
pub fn pushing_with_gas_to_spare() -> Dao {
    Dao::deploy(network(), RewardPayment { push: true, hook_gas_limit: 25 * HOOK_GAS })
}

/// Whether an official bundle is given. Where not, says by name that the test is skipped.
pub fn official(test: &str) -> bool {
    let given = fab::official_bundle().is_some();
    if !given {
        // Straight to the terminal: the test runner would keep what a test prints.
        use std::io::Write;
        let car = fab::BUILTIN_ACTORS_CAR;
        let _ = writeln!(std::io::stderr(), "skipped: {test}, as {car} is not set");
    }
    given
}
