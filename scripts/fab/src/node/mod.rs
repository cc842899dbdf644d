//! Nodes: what the worker and underwriters need of one.

mod address;
pub mod embedded;
pub mod endpoint;
pub mod lotus;

use fvm_harness::{Call, Outcome, TokenAmount};
use fvm_ipld_encoding::{RawBytes, from_slice};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use serde::de::DeserializeOwned;

pub use address::parse_address;
pub use embedded::Embedded;
pub use endpoint::{Connection, Endpoint};
pub use lotus::Lotus;

/// A node that runs calls and takes messages of one's own accounts.
pub trait Node {
    /// The current epoch.
    fn epoch(&mut self) -> Result<ChainEpoch, Trouble>;

    /// What a call would do now, whatever it would cost. Nothing of it stays.
    fn dry_run(&mut self, call: &Call) -> Result<Receipt, Trouble>;

    /// Fills in what a call has to offer for gas.
    fn quote(&mut self, call: Call) -> Result<Quote, Trouble>;

    /// Sends a call as a message of its sender.
    fn send(&mut self, call: &Call) -> Result<Sent, Trouble>;

    /// Waits for the receipt of a message; `None` where it takes longer than usual to get on chain.
    fn wait(&mut self, sent: &Sent) -> Result<Option<Receipt>, Trouble>;
}

/// A node that also tells of the chain and of miners what no call does.
pub trait Chain: Node {
    /// The EIP-155 number of the chain.
    fn chain_id(&mut self) -> Result<u64, Trouble>;

    /// The ID of the actor with an address.
    fn id_of(&mut self, address: &Address) -> Result<ActorID, Trouble>;

    /// A miner's sectors; `None` where the node does not know the question.
    fn sectors(&mut self, miner: ActorID) -> Result<Option<Sectors>, Trouble>;
}

/// How many sectors a miner has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sectors {
    /// Those that are not terminated, faulty ones included.
    pub live: u64,
    pub faulty: u64,
}

/// A call that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Quote {
    pub call: Call,
    /// AttoFIL that a unit of gas burns at present.
    pub base_fee: TokenAmount,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// By which it is looked up: on a real network its CID.
    pub name: String,
    /// No earlier epoch has it.
    pub epoch: ChainEpoch,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub exit_code: ExitCode,
    pub return_data: RawBytes,
    pub gas_used: u64,
    /// What the node tells of a failure beside its exit code, if anything.
    pub told: String,
}

/// Why a node does not do what it is asked.
#[derive(thiserror::Error, Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be asked anything at present.
    #[error("{0}")]
    Unreachable(String),
    /// It does not do this.
    #[error("{0}")]
    Refused(String),
}

impl Quote {
    /// AttoFIL that the message costs where it uses so much gas. What is burnt for a gas limit of more
    /// than it uses is left out: next to nothing for the usual quarter.
    #[must_use]
    pub fn cost(&self, gas: u64) -> TokenAmount {
        &self.base_fee * gas + &self.call.gas_premium * self.call.gas_limit
    }

    /// AttoFIL that the message costs at the most, at the present base fee.
    #[must_use]
    pub fn max_cost(&self) -> TokenAmount {
        self.cost(self.call.gas_limit)
    }
}

impl Receipt {
    /// The reply of a success.
    pub fn reply<R: DeserializeOwned>(&self) -> Result<R, Trouble> {
        if !self.exit_code.is_success() {
            return Err(Trouble::Refused(self.failure()));
        }
        from_slice(&self.return_data)
            .map_err(|error| Trouble::Refused(format!("it replies something else: {error}")))
    }

    /// A failure in words, on one line.
    #[must_use]
    pub fn failure(&self) -> String {
        let words = self.told.split_whitespace().collect::<Vec<_>>().join(" ");
        let colon = if words.is_empty() { "" } else { ": " };
        format!("exit {}{colon}{words}", self.exit_code)
    }
}

impl From<Outcome> for Receipt {
    fn from(outcome: Outcome) -> Self {
        Receipt {
            exit_code: outcome.exit_code,
            return_data: outcome.return_data,
            gas_used: outcome.gas_used,
            told: outcome.backtrace,
        }
    }
}
