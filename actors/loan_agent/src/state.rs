//! What the agent keeps, and who may have it do what.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload};
use shared::ensure;
use shared::ext::loan_agent::{ConstructorParams, Control, Holding};

use crate::error::Error;

/// The root block, and all that there is to know of an agent.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Whom the agent obeys.
    pub market: ActorID,
    pub borrower: ActorID,
    pub miner: ActorID,
    pub control: Control,
    pub holding: Holding,
    /// Whether the market has taken the miner's keys from the borrower. It stays so.
    pub seized: bool,
}

/// The market of an agent with this f4 address: the actor in whose namespace it is. No parameter could
/// be believed, as anyone may write those.
pub fn market_of(delegated: Option<Address>) -> Result<ActorID, Error> {
    match delegated.as_ref().map(Address::payload) {
        Some(Payload::Delegated(address)) => Ok(address.namespace()),
        _ => Err(Error::NoMarket),
    }
}

impl State {
    /// An agent that waits. The market knows why it wants this one: nothing of the miner is asked
    /// before it is taken.
    #[must_use]
    pub fn new(market: ActorID, params: ConstructorParams) -> Self {
        let ConstructorParams { borrower, miner, control } = params;
        State { market, borrower, miner, control, holding: Holding::Waiting, seized: false }
    }

    pub fn ensure_market(&self, caller: ActorID) -> Result<(), Error> {
        ensure!(caller == self.market, Error::NotMarket(caller));
        Ok(())
    }

    /// Whether the agent is the miner's owner to do as it likes: in custody, from the activation until
    /// the miner is offered.
    pub fn ensure_custody(&self) -> Result<(), Error> {
        ensure!(self.control == Control::Custody, Error::NotCustody);
        ensure!(self.holding == Holding::Held, Error::NotHeld);
        Ok(())
    }

    /// Who may have the agent change what only an owner can: the borrower, until the miner is seized.
    pub fn ensure_operator(&self, caller: ActorID) -> Result<(), Error> {
        ensure!(caller == self.borrower, Error::NotBorrower(caller));
        ensure!(!self.seized, Error::Seized);
        self.ensure_custody()
    }

    /// Who may have a new worker put in place whose time has come: the borrower, and anyone once the
    /// miner is seized. A worker that the borrower had nominated before that is in the way of every
    /// other, as the miner keeps it until it is confirmed; it has no more power than the borrower's
    /// present worker, whose place it takes.
    pub fn ensure_confirmer(&self, caller: ActorID) -> Result<(), Error> {
        ensure!(self.seized || caller == self.borrower, Error::NotBorrower(caller));
        self.ensure_custody()
    }

    pub fn seize(&mut self) -> Result<(), Error> {
        self.ensure_custody()?;
        self.seized = true;
        Ok(())
    }

    /// Whether the agent has taken the miner and not seen it go. It neither asks nor calls it otherwise:
    /// until then it need not be a miner at all, and after that it is another's.
    #[must_use]
    pub fn has_miner(&self) -> bool {
        matches!(self.holding, Holding::Held | Holding::Offered)
    }
}
