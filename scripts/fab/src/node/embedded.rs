//! A network in process, as a node.

use std::collections::BTreeMap;

use fvm_harness::{CHAIN_ID, Call, Network};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;

use super::{Chain, Node, Quote, Receipt, Sectors, Sent, Trouble};

/// A network whose messages run as soon as they are sent.
pub struct Embedded<'a> {
    net: &'a mut Network,
    /// Of messages that nobody has waited for yet.
    receipts: BTreeMap<String, Receipt>,
}

impl<'a> Embedded<'a> {
    pub fn new(net: &'a mut Network) -> Self {
        Embedded { net, receipts: BTreeMap::new() }
    }
}

impl Node for Embedded<'_> {
    fn epoch(&mut self) -> Result<ChainEpoch, Trouble> {
        Ok(self.net.epoch())
    }

    fn dry_run(&mut self, call: &Call) -> Result<Receipt, Trouble> {
        Ok(self.net.dry_run(call.clone()).into())
    }

    /// Runs the call as a message, as inclusion in a block costs gas too, and goes back. The limit is
    /// a quarter above what was used, as that of Lotus.
    fn quote(&mut self, call: Call) -> Result<Quote, Trouble> {
        let before = self.net.snapshot();
        let gas_used = self.net.run(call.clone()).gas_used;
        self.net.restore(&before);
        let base_fee = self.net.base_fee().clone();
        let call = Call { gas_limit: gas_used + gas_used / 4, ..call };
        Ok(Quote { call: call.gas_fees(base_fee.clone(), Default::default()), base_fee })
    }

    fn send(&mut self, call: &Call) -> Result<Sent, Trouble> {
        let name = format!("{} of {}", self.net.nonce(&call.from), call.from);
        let epoch = self.net.epoch();
        self.receipts.insert(name.clone(), self.net.run(call.clone()).into());
        Ok(Sent { name, epoch })
    }

    fn wait(&mut self, sent: &Sent) -> Result<Option<Receipt>, Trouble> {
        Ok(self.receipts.remove(&sent.name))
    }
}

impl Chain for Embedded<'_> {
    fn chain_id(&mut self) -> Result<u64, Trouble> {
        Ok(CHAIN_ID)
    }

    fn id_of(&mut self, address: &Address) -> Result<ActorID, Trouble> {
        let id = self.net.resolve(address);
        id.ok_or_else(|| Trouble::Refused(format!("there is no actor at {address}")))
    }

    /// No actor tells, and the network does not read the state of miners.
    fn sectors(&mut self, _: ActorID) -> Result<Option<Sectors>, Trouble> {
        Ok(None)
    }
}
