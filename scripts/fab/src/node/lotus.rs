//! A node that speaks the JSON-RPC of Lotus, over HTTP.

#[cfg(test)]
pub mod tests;

use std::thread::sleep;
use std::time::Duration;

use data_encoding::BASE64;
use fvm_harness::{Call, TokenAmount};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Network};
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::{Chain, Node, Quote, Receipt, Sectors, Sent, Trouble};

/// Seconds that an answer may take: a call that asks the market about a page of deals takes some.
const TIMEOUT: u64 = 120;
/// Between two looks for a message on chain.
const POLL: Duration = Duration::from_secs(10);
/// Looks in one wait: some 20 epochs.
const LOOKS: u32 = 60;
/// Epochs before a message was sent that are searched too: the head may have moved back since.
const SEARCH_MARGIN: ChainEpoch = 10;

/// A node that keeps its users' keys, as Lotus does.
pub struct Lotus {
    endpoint: Endpoint,
    poll: Duration,
    looks: u32,
}

impl Lotus {
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Lotus { endpoint, poll: POLL, looks: LOOKS }
    }

    /// The account that the node sends from where nobody says another.
    pub fn default_wallet(&mut self) -> Result<Address, Trouble> {
        let text: String = self.ask("WalletDefaultAddress", json!([]))?;
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
        let signature: Signature = self.ask("WalletSign", params)?;
        decode(&signature.data)
    }

    fn head(&mut self) -> Result<TipSet, Trouble> {
        self.ask("ChainHead", json!([]))
    }

    fn ask<R: DeserializeOwned>(&mut self, method: &str, params: Value) -> Result<R, Trouble> {
        let known = self.ask_if_known(method, params)?;
        known.ok_or_else(|| Trouble::Refused(format!("{method}: the node does not know it")))
    }

    /// Asks; `None` where the node does not know the method.
    fn ask_if_known<R: DeserializeOwned>(
        &mut self,
        method: &str,
        params: Value,
    ) -> Result<Option<R>, Trouble> {
        let Endpoint { url, token } = &self.endpoint;
        let method_name = format!("Filecoin.{method}");
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method_name, "params": params });
        let mut request = minreq::post(url)
            .with_header("Content-Type", "application/json")
            .with_body(body.to_string())
            .with_timeout(TIMEOUT)
            .with_follow_redirects(false);
        if let Some(token) = token {
            request = request.with_header("Authorization", format!("Bearer {token}"));
        }
        let response = request.send().map_err(|error| {
            Trouble::Unreachable(format!(
                "{url} does not answer ({error}): start the node, or say by --rpc where it is"
            ))
        })?;
        if response.status_code == 401 {
            let told = format!("the node does not know the token: {NEW_TOKEN}");
            return Err(Trouble::Unreachable(told));
        }
        let answer: Answer = serde_json::from_slice(response.as_bytes()).map_err(|_| {
            let status = response.status_code;
            Trouble::Unreachable(format!(
                "{url} answers with HTTP status {status} and no JSON-RPC: say by --rpc where it is"
            ))
        })?;
        if let Some(Failure { code, message }) = answer.error {
            if code == METHOD_NOT_FOUND {
                return Ok(None);
            }
            return Err(Trouble::Refused(format!("{method}: {message}{}", advice(&message))));
        }
        serde_json::from_value(answer.result).map(Some).map_err(|error| {
            Trouble::Refused(format!("{method}: not the answer of Lotus: {error}"))
        })
    }
}

impl Node for Lotus {
    fn epoch(&mut self) -> Result<ChainEpoch, Trouble> {
        Ok(self.head()?.height)
    }

    fn dry_run(&mut self, call: &Call) -> Result<Receipt, Trouble> {
        let message = Message::of(&without_gas(call.clone()));
        let done: Invocation = self.ask("StateCall", json!([message, []]))?;
        done.receipt.read(done.error)
    }

    fn quote(&mut self, call: Call) -> Result<Quote, Trouble> {
        let message = Message::of(&without_gas(call.clone()));
        let filled: Message = self.ask("GasEstimateMessageGas", json!([message, null, []]))?;
        let head = self.head()?;
        let block = head.blocks.first();
        let block = block.ok_or_else(|| Trouble::Refused("ChainHead: no blocks".into()))?;
        let call = Call {
            gas_limit: filled.gas_limit,
            gas_fee_cap: amount(&filled.gas_fee_cap)?,
            gas_premium: amount(&filled.gas_premium)?,
            ..call
        };
        Ok(Quote { call, base_fee: amount(&block.parent_base_fee)? })
    }

    fn send(&mut self, call: &Call) -> Result<Sent, Trouble> {
        let epoch = self.epoch()?;
        let signed: Signed = self.ask("MpoolPushMessage", json!([Message::of(call), null]))?;
        Ok(Sent { name: signed.cid.link, epoch })
    }

    fn wait(&mut self, sent: &Sent) -> Result<Option<Receipt>, Trouble> {
        for look in 0..self.looks {
            if look > 0 {
                sleep(self.poll);
            }
            // Without a limit the node would search all the way back to the sender's last message.
            let limit = self.epoch()? - sent.epoch + SEARCH_MARGIN;
            let params = json!([[], { "/": sent.name }, limit, true]);
            if let Some(found) = self.ask::<Option<Lookup>>("StateSearchMsg", params)? {
                return found.receipt.read(String::new()).map(Some);
            }
        }
        Ok(None)
    }
}

impl Chain for Lotus {
    fn chain_id(&mut self) -> Result<u64, Trouble> {
        let text: String = self.ask("EthChainId", json!([]))?;
        let digits = text.strip_prefix("0x").unwrap_or_default();
        u64::from_str_radix(digits, 16)
            .map_err(|_| Trouble::Refused(format!("EthChainId: no number: {text:?}")))
    }

    fn id_of(&mut self, address: &Address) -> Result<ActorID, Trouble> {
        if let Ok(id) = address.id() {
            return Ok(id);
        }
        let text: String = self.ask("StateLookupID", json!([address.to_string(), []]))?;
        let id = parse_address(&text).and_then(|address| address.id());
        id.map_err(|_| Trouble::Refused(format!("StateLookupID: no ID address: {text:?}")))
    }

    fn sectors(&mut self, miner: ActorID) -> Result<Option<Sectors>, Trouble> {
        let params = json!([Address::new_id(miner).to_string(), []]);
        let counted: Option<SectorCount> = self.ask_if_known("StateMinerSectorCount", params)?;
        Ok(counted.map(|SectorCount { live, faulty }| Sectors { live, faulty }))
    }
}

/// An address of whatever network.
pub fn parse_address(text: &str) -> Result<Address, fvm_shared::address::Error> {
    Network::Mainnet.parse_address(text).or_else(|_| Network::Testnet.parse_address(text))
}

/// The node fills in what is not there.
fn without_gas(call: Call) -> Call {
    Call { gas_limit: 0, ..call }.gas_fees(TokenAmount::default(), TokenAmount::default())
}

fn amount(text: &str) -> Result<TokenAmount, Trouble> {
    let atto: Result<BigInt, _> = text.parse();
    atto.map(TokenAmount::from_atto).map_err(|_| Trouble::Refused(format!("no amount: {text:?}")))
}

fn decode(base64: &str) -> Result<Vec<u8>, Trouble> {
    BASE64
        .decode(base64.as_bytes())
        .map_err(|error| Trouble::Refused(format!("no base64: {error}")))
}

/// What to do about an error of the node, where that is plain.
fn advice(message: &str) -> String {
    if message.contains("missing permission") {
        format!(". {NEW_TOKEN}")
    } else if message.contains("not enough funds") {
        ". Send FIL to the sender's account".into()
    } else if message.contains("key not found") || message.contains("key info not found") {
        ". The node signs with keys that it has: `lotus wallet import` gives it one".into()
    } else {
        String::new()
    }
}

/// What JSON-RPC answers where it does not know the method.
const METHOD_NOT_FOUND: i64 = -32_601;
const NEW_TOKEN: &str = "`lotus auth create-token --perm sign` makes one that may send messages";

// What goes to the node and comes back, as far as it matters here.

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Value,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: i64,
    message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    version: u64,
    to: String,
    from: String,
    nonce: u64,
    value: String,
    gas_limit: u64,
    gas_fee_cap: String,
    gas_premium: String,
    method: u64,
    params: Option<String>,
}

impl Message {
    fn of(call: &Call) -> Self {
        let decimal = |amount: &TokenAmount| amount.atto().to_string();
        Message {
            version: 0,
            to: call.to.to_string(),
            from: call.from.to_string(),
            nonce: 0,
            value: decimal(&call.value),
            gas_limit: call.gas_limit,
            gas_fee_cap: decimal(&call.gas_fee_cap),
            gas_premium: decimal(&call.gas_premium),
            method: call.method,
            params: Some(BASE64.encode(&call.params)),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TipSet {
    blocks: Vec<Block>,
    height: ChainEpoch,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Block {
    parent_base_fee: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Invocation {
    #[serde(rename = "MsgRct")]
    receipt: MessageReceipt,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lookup {
    receipt: MessageReceipt,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MessageReceipt {
    exit_code: u32,
    /// Null for nothing.
    r#return: Option<String>,
    gas_used: u64,
}

impl MessageReceipt {
    fn read(self, told: String) -> Result<Receipt, Trouble> {
        let data = decode(&self.r#return.unwrap_or_default())?;
        Ok(Receipt {
            exit_code: ExitCode::new(self.exit_code),
            return_data: RawBytes::new(data),
            gas_used: self.gas_used,
            told,
        })
    }
}

#[derive(Deserialize)]
struct Signed {
    #[serde(rename = "CID")]
    cid: Link,
}

#[derive(Deserialize)]
struct Link {
    #[serde(rename = "/")]
    link: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signature {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SectorCount {
    live: u64,
    faulty: u64,
}
