//! The description of the workspace's own actors, against these actors.

mod arbitrary;
mod messages;
mod round_trip;
mod states;

use std::path::Path;
use std::sync::LazyLock;

use crate::schema::{Abi, Actor};

static ABI: LazyLock<Abi> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    crate::source::read(&workspace).unwrap_or_else(|error| panic!("{error:#}"))
});

fn actor(name: &str) -> &'static Actor {
    ABI.actor(name).unwrap()
}
