//! One line to start a story.

use actor_datadao::api::RewardRules;
pub use fab::story::{
    DAY, HOOK_GAS, PIECE_SIZE, constructor_params, dataset, on_publish, piece, vesting_rules,
};
use fab::story::{Dao, Lending, Storage};
use fvm_harness::{Network, Outcome};
use fvm_ipld_encoding::from_slice;
use serde::de::DeserializeOwned;

/// A new network with all actors.
pub fn network() -> Network {
    Network::new(fab::actors().expect("actors that build")).expect("a network that starts")
}

/// A DAO that pays rewards on publish.
pub fn pushing() -> Dao {
    Dao::pushing(network())
}

/// A DAO whose rewards vest.
pub fn vesting() -> Dao {
    Dao::vesting(network())
}

/// A DAO that pays rewards on publish and gives hooks more gas than a publish needs.
pub fn pushing_with_gas_to_spare() -> Dao {
    Dao::deploy(network(), RewardRules { hook_gas_limit: 25 * HOOK_GAS, ..on_publish() })
}

/// A perpetual storage without perpetual deals.
pub fn storage() -> Storage {
    Storage::deploy(network())
}

/// A lending market without lenders.
pub fn lending() -> Lending {
    Lending::deploy(network())
}

/// This field of every event of a type, in order.
pub fn fields<T: DeserializeOwned>(outcome: &Outcome, kind: &str, key: &str) -> Vec<T> {
    let of = |event: &&fvm_shared::event::StampedEvent| {
        let entry = event.event.entries.iter().find(|entry| entry.key == key);
        from_slice(&entry.expect("an event with the field").value).expect("a field that decodes")
    };
    outcome.events_of(kind).iter().map(of).collect()
}

/// Whether an official bundle is given. Where not, says by name that the test is skipped.
pub fn official(test: &str) -> bool {
    let given = fab::official_bundle().is_some();
    if !given {
        skipped(test, &format!("{} is not set", fab::BUILTIN_ACTORS_CAR));
    }
    given
}

/// Says that a test is skipped, straight to the terminal: the test runner would keep what a test
/// prints.
pub fn skipped(test: &str, why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {test}, as {why}");
}

/// Set, it has what a run says written down instead of compared.
pub const UPDATE: &str = "UPDATE_SNAPSHOTS";

/// Whether the environment asks to write down what a run says.
pub fn updating() -> bool {
    std::env::var_os(UPDATE).is_some_and(|value| !value.is_empty())
}
