//! What actors' methods take and reply.
//!
//! On chain it is CBOR, and mostly arrays without names. [`source::read`] gets the names, the units and
//! the exit codes from the actors' own source, so that an actor declares nothing twice: the result is
//! an [`Abi`], which is kept as JSON. By it [`Actor::params_to_cbor`] and [`Actor::cbor_to_json`] turn
//! JSON into CBOR and back, [`Actor::state_to_json`] shows a state with all that it links to, and
//! [`Actor::explain_exit`] says what an exit code means. [`dag_json`] is for actors that nobody
//! described. With the feature `actors`, [`actors`] has the actors' own types, and [`defaults`] what
//! they are created with.
//!
//! In JSON a struct is an object by field name; an array by position serves as well. What is printed
//! can be fed back:
//!
//! | Rust | JSON |
//! |---|---|
//! | integers | a number, or its digits as a string; printed as a string beyond 2^53 |
//! | `TokenAmount` | `"250"` or `"250 attoFIL"`, or `"1.5 FIL"`; printed in attoFIL, without unit |
//! | `ActorID` | a number, or an address `"f01234"` |
//! | `Address` | `"f1…"`, or with `t` |
//! | `Cid`, `DataCid` | `{"/": "bafy…"}`, or the string alone |
//! | bytes | `"0x…"` in hex, or `"base64:…"`; printed in hex |
//! | `BitField` | `[unset, set, unset, …]`, the lengths of its runs, as in Lotus |
//! | `Signature` | `{"Type": 1, "Data": "base64"}`, as in Lotus |
//! | `Label` | `"text"`, or bytes as `{"Bytes": "0x…"}` |
//! | `enum` | `"Variant"`, or `{"Variant": what it carries}` |
//! | `Option` | `null`, or the value; never left out |
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

#[cfg(any(test, feature = "actors"))]
pub mod actors;
pub mod amount;
pub mod dag_json;
mod decode;
#[cfg(feature = "actors")]
pub mod defaults;
mod encode;
mod error;
mod example;
mod exits;
mod leaf;
mod lookup;
mod lotus;
mod schema;
pub mod source;
mod state;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use exits::{explain_exit, name_of_exit};
pub use leaf::Leaf;
pub use schema::{
    Abi, Actor, Definition, Exit, Field, Link, Method, Payload, Shape, Type, Variant,
};
pub use state::Get;
