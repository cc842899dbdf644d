//! A node that speaks the JSON-RPC of Lotus, over HTTP.

mod chain;
mod pool;
mod rpc;
#[cfg(test)]
pub mod tests;

use std::iter::{once, successors};
use std::thread::sleep;
use std::time::Duration;

use ::lotus::block::{ReceiptJson, TipsetKey};
use ::lotus::json::{Atto, parse_address};
use ::lotus::message::{MessageJson, SignatureJson};
use data_encoding::BASE64;
use fvm_harness::{Call, TokenAmount};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::{Chain, Node, Quote, Receipt, Sectors, Sent, Trouble};
pub use chain::{Identity, OnChain};
pub use pool::{Pushed, Replay, Search};
use rpc::Rpc;

/// Between two looks for a message on chain.
const POLL: Duration = Duration::from_secs(10);
/// Looks in one wait: some 20 epochs.
const LOOKS: usize = 60;
/// Between the first two looks: a dev node has a message at once.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Epochs before a message was sent that are searched too: the head may have moved back since.
const SEARCH_MARGIN: ChainEpoch = 10;

/// A node that keeps its users' keys, as Lotus does.
pub struct Lotus {
    rpc: Rpc,
    /// Between two looks for a message on chain, at the most.
    pub poll: Duration,
    /// Looks in one wait.
    pub looks: usize,
}

impl Lotus {
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Lotus { rpc: Rpc::new(endpoint), poll: POLL, looks: LOOKS }
    }

    /// How long to wait before each look for a message: not at all, then a little, then ever longer.
    pub fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let poll = self.poll;
        let longer = move |last: &Duration| Some((*last * 2).min(poll));
        once(Duration::ZERO).chain(successors(Some(FIRST_PAUSE.min(poll)), longer))
    }

    /// The account that the node sends from where nobody says another.
    pub fn default_wallet(&mut self) -> Result<Address, Trouble> {
        let text: String = self.rpc.ask("WalletDefaultAddress", json!([]))?;
        parse_address(&text).map_err(|_| {
            Trouble::Refused(
                "the node has no default account: make one by `lotus wallet new`, or name an account"
                    .into(),
            )
        })
    }

    /// An account's signature of a message, by the key that the node keeps.
    pub fn sign(&mut self, account: &Address, message: &[u8]) -> Result<Vec<u8>, Trouble> {
        let params = json!([account.to_string(), BASE64.encode(message)]);
        let signature: SignatureJson = self.rpc.ask("WalletSign", params)?;
        Ok(signature.data.0)
    }

    /// Fills in what a call does not offer for gas, for `max_fee` in all at the most.
    pub fn estimate(
        &mut self,
        call: Call,
        max_fee: Option<&TokenAmount>,
    ) -> Result<Quote, Trouble> {
        let params = json!([message(call.clone()), spec(max_fee), []]);
        let filled: MessageJson = self.rpc.ask("GasEstimateMessageGas", params)?;
        let head = self.head()?;
        let block = head.blocks.first();
        let block = block.ok_or_else(|| Trouble::Refused("ChainHead: no blocks".into()))?;
        let call = Call {
            gas_limit: filled.gas_limit,
            gas_fee_cap: filled.gas_fee_cap.0,
            gas_premium: filled.gas_premium.0,
            ..call
        };
        Ok(Quote { call, base_fee: block.parent_base_fee.0.clone() })
    }

    /// What a method answers; `None` where the node does not know it. Methods without a namespace are
    /// Lotus's.
    pub fn ask_if_known<R: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Option<R>, Trouble> {
        self.rpc.ask_if_known(method, params)
    }

    fn head(&mut self) -> Result<TipSet, Trouble> {
        self.rpc.ask("ChainHead", json!([]))
    }
}

impl Node for Lotus {
    fn epoch(&mut self) -> Result<ChainEpoch, Trouble> {
        Ok(self.head()?.height)
    }

    fn dry_run(&mut self, call: &Call) -> Result<Receipt, Trouble> {
        let message = message(without_gas(call.clone()));
        let done: Invocation = self.rpc.ask("StateCall", json!([message, []]))?;
        Ok(read(done.receipt, done.error))
    }

    fn quote(&mut self, call: Call) -> Result<Quote, Trouble> {
        self.estimate(without_gas(call), None)
    }

    fn send(&mut self, call: &Call) -> Result<Sent, Trouble> {
        let (cid, epoch) = self.submit(call, None)?;
        Ok(Sent { name: cid.to_string(), epoch })
    }

    fn wait(&mut self, sent: &Sent) -> Result<Option<Receipt>, Trouble> {
        for pause in self.pauses().take(self.looks) {
            sleep(pause);
            // Without a limit the node would search all the way back to the sender's last message.
            let limit = self.epoch()? - sent.epoch + SEARCH_MARGIN;
            let params = json!([[], { "/": sent.name }, limit, true]);
            if let Some(found) = self.rpc.ask::<Option<Lookup>>("StateSearchMsg", params)? {
                return Ok(Some(read(found.receipt, String::new())));
            }
        }
        Ok(None)
    }
}

impl Chain for Lotus {
    fn chain_id(&mut self) -> Result<u64, Trouble> {
        let text: String = self.rpc.ask("EthChainId", json!([]))?;
        let digits = text.strip_prefix("0x").unwrap_or_default();
        u64::from_str_radix(digits, 16)
            .map_err(|_| Trouble::Refused(format!("EthChainId: no number: {text:?}")))
    }

    fn id_of(&mut self, address: &Address) -> Result<ActorID, Trouble> {
        self.id_at(address, &TipsetKey::default())
    }

    fn sectors(&mut self, miner: ActorID) -> Result<Option<Sectors>, Trouble> {
        let params = json!([Address::new_id(miner).to_string(), []]);
        let counted: Option<SectorCount> =
            self.rpc.ask_if_known("StateMinerSectorCount", params)?;
        Ok(counted.map(|SectorCount { live, faulty }| Sectors { live, faulty }))
    }
}

/// What a sender demands of the fees that the node estimates.
fn spec(max_fee: Option<&TokenAmount>) -> Value {
    max_fee.map_or(Value::Null, |fee| json!({ "MaxFee": Atto(fee.clone()) }))
}

/// The node fills in what is not there.
fn without_gas(call: Call) -> Call {
    Call { gas_limit: 0, ..call }.gas_fees(TokenAmount::default(), TokenAmount::default())
}

/// A call as the node takes it to give it a nonce.
fn message(call: Call) -> MessageJson {
    MessageJson::from(&call.message(0))
}

// What comes from the node, as far as it matters here.

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TipSet {
    cids: TipsetKey,
    blocks: Vec<Block>,
    height: ChainEpoch,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Block {
    parent_base_fee: Atto,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Invocation {
    #[serde(rename = "MsgRct")]
    receipt: ReceiptJson,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lookup {
    receipt: ReceiptJson,
    height: ChainEpoch,
}

/// What a receipt says, and what the node tells beside it.
fn read(receipt: ReceiptJson, told: String) -> Receipt {
    Receipt {
        exit_code: ExitCode::new(receipt.exit_code),
        return_data: RawBytes::new(receipt.r#return.0),
        gas_used: receipt.gas_used,
        told,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SectorCount {
    live: u64,
    faulty: u64,
}
