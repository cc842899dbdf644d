//! JSON-RPC as Lotus speaks it, over HTTP and WebSocket: a table of methods over any node, and the
//! server that answers from it. The dialect is that of go-jsonrpc: exact counts of parameters, its codes
//! and texts of errors, and methods that return channels.

mod aliases;
mod args;
mod dispatch;
mod failure;
mod framing;
mod http;
mod server;
mod socket;
mod table;

pub use args::{Args, Raw};
pub use failure::{Answer, Failure};
pub use server::{Endpoints, Limits, serve};
pub use table::{Methods, Subscription};
