//! The interface. What the market calls is in [`shared::ext::loan_agent`], with a table of its own.

use shared::ext::miner::{ChangeMultiaddrsParams, ChangePeerIdParams, ChangeWorkerAddressParams};

pub use crate::state::State as AgentInfo;
pub use shared::ext::loan_agent::*;

shared::methods! {
    /// The agent: whose it is, and how far it has the miner. It keeps nothing else.
    "GetAgent" GetAgent(()) -> AgentInfo;
    /// ChangeWorkerAddress of the miner. Caller: the borrower, in custody, until the miner is seized.
    "ChangeWorkerAddress" ChangeWorkerAddress(ChangeWorkerAddressParams) -> ();
    /// ConfirmChangeWorkerAddress of the miner. Caller: the borrower, in custody; once the miner is
    /// seized, anyone.
    "ConfirmChangeWorkerAddress" ConfirmChangeWorkerAddress(()) -> ();
    /// ChangePeerID of the miner. Caller: the borrower, in custody, until the miner is seized.
    "ChangePeerID" ChangePeerID(ChangePeerIdParams) -> ();
    /// ChangeMultiaddrs of the miner. Caller: the borrower, in custody, until the miner is seized.
    "ChangeMultiaddrs" ChangeMultiaddrs(ChangeMultiaddrsParams) -> ();
}
