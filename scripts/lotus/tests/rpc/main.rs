//! The transport of a node, over real connections to a node that is a toy.

mod abuse;
mod http;
mod socket;
mod toy;
