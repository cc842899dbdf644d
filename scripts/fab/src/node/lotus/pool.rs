//! Messages that are signed first and pushed after, so that a push can be tried again without any
//! danger of sending twice.

use ::lotus::json::{Atto, Link};
use ::lotus::message::{MessageJson, SignedMessage, SignedMessageJson};
use cid::Cid;
use fvm_harness::{Call, TokenAmount};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Lookup, Lotus, SEARCH_MARGIN, message, spec};
use crate::node::{Node, Receipt, Trouble};

/// Epochs on a network of Lotus.
const SECONDS_PER_EPOCH: u64 = 30;
/// Epochs more that a node may take to have so many: those of a reorganisation.
const MORE_EPOCHS: ChainEpoch = 20;

/// What a node knows of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// It ran, in the state of this epoch.
    Found {
        receipt: Receipt,
        height: ChainEpoch,
    },
    /// It is known, but not on chain.
    Pending,
    /// Another message of the account with the same nonce is on chain.
    Replaced,
    Unknown,
}

/// What a node did with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It has it, now or since before.
    Taken,
    /// A message with its nonce is on chain.
    NonceUsed,
    /// Another message with its nonce waits in the pool.
    Rival,
}

/// What a receipt does not say of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// AttoFIL that it cost its sender, the value that it brought aside.
    pub cost: TokenAmount,
    /// Why it failed, if it did.
    pub told: String,
}

impl Lotus {
    /// The nonce after the last message of an account, those that wait included.
    pub fn next_nonce(&mut self, account: &Address) -> Result<u64, Trouble> {
        self.rpc.ask("MpoolGetNonce", json!([account.to_string()]))
    }

    /// Has the node sign a call as a message with this nonce. Nothing is sent.
    pub fn sign_message(&mut self, call: &Call, nonce: u64) -> Result<SignedMessage, Trouble> {
        let message = call.clone().message(nonce);
        let params = json!([call.from.to_string(), MessageJson::from(&message)]);
        let (signed, _) = read(self.rpc.ask("WalletSignMessage", params)?)?;
        if signed.message != message {
            let told = "WalletSignMessage: the node signed something else than it was asked to";
            return Err(Trouble::Refused(told.into()));
        }
        Ok(signed)
    }

    /// Has the node sign a call as the account's next message and send it. Gas that the call does not
    /// offer the node estimates, for `max_fee` in all at the most. Returns the message's CID, and the
    /// epoch before.
    pub fn submit(
        &mut self,
        call: &Call,
        max_fee: Option<&TokenAmount>,
    ) -> Result<(Cid, ChainEpoch), Trouble> {
        let epoch = self.epoch()?;
        let params = json!([message(call.clone()), spec(max_fee)]);
        Ok((read(self.rpc.ask("MpoolPushMessage", params)?)?.1, epoch))
    }

    pub fn push(&mut self, signed: &SignedMessage) -> Result<Pushed, Trouble> {
        let params = json!([SignedMessageJson::from(signed)]);
        match self.rpc.ask::<Value>("MpoolPush", params) {
            Ok(_) => Ok(Pushed::Taken),
            Err(Trouble::Refused(told)) if told.contains("replace by fee") => Ok(Pushed::Rival),
            Err(Trouble::Refused(told)) if told.contains("already in mpool") => Ok(Pushed::Taken),
            Err(Trouble::Refused(told)) if told.contains("nonce too low") => Ok(Pushed::NonceUsed),
            Err(trouble) => Err(trouble),
        }
    }

    /// Looks for a message that was signed at an epoch.
    pub fn search(&mut self, message: &Cid, signed_at: ChainEpoch) -> Result<Search, Trouble> {
        let params = json!([[], Link(*message), self.lookback(signed_at)?, true]);
        match self.rpc.ask::<Option<Lookup>>("StateSearchMsg", params) {
            Ok(Some(found)) => Ok(found.into()),
            Ok(None) => Ok(Search::Pending),
            Err(trouble) => never_found(trouble),
        }
    }

    /// Has the node wait until a message that was signed at an epoch is on chain with so many epochs
    /// after it. A dev node that mines for each message makes these epochs.
    pub fn wait_until_old(
        &mut self,
        message: &Cid,
        signed_at: ChainEpoch,
        confidence: ChainEpoch,
    ) -> Result<Search, Trouble> {
        let lookback = self.lookback(signed_at)?;
        let seconds = (confidence + MORE_EPOCHS).unsigned_abs() * SECONDS_PER_EPOCH;
        let params = json!([Link(*message), confidence, lookback, true]);
        match self.rpc.ask_within::<Lookup>(seconds, "StateWaitMsg", params) {
            Ok(found) => Ok(found.into()),
            Err(trouble) => never_found(trouble),
        }
    }

    /// Epochs from one to the head and some before. Without a limit the node would search all the way
    /// back to the sender's last message.
    fn lookback(&mut self, epoch: ChainEpoch) -> Result<ChainEpoch, Trouble> {
        Ok(self.epoch()? - epoch + SEARCH_MARGIN)
    }

    /// What a node finds out about a message on chain when it runs it again; `None` where it does not.
    pub fn replay(&mut self, message: &Cid) -> Option<Replay> {
        let replayed = self.rpc.ask::<Replayed>("StateReplay", json!([[], Link(*message)])).ok()?;
        Some(Replay { cost: replayed.gas_cost.total_cost.0, told: replayed.error })
    }

    /// Whether the pool takes a message for its size; `None` where the node does not tell.
    pub fn takes_size_of(&mut self, call: &Call) -> Result<Option<bool>, Trouble> {
        let message = MessageJson::from(&call.clone().message(0));
        let prototype = json!({ "Message": message, "ValidNonce": false });
        let asked = self.rpc.ask_if_known("MpoolCheckMessages", json!([[prototype]]));
        match asked {
            Ok(checks) => Ok(checks.map(|checks: Vec<Vec<Check>>| {
                !checks.iter().flatten().any(|check| check.code == CHECK_SIZE && !check.ok)
            })),
            Err(Trouble::Refused(_)) => Ok(None),
            Err(unreachable) => Err(unreachable),
        }
    }
}

/// A signed message of the node and its CID, which is computed here.
pub(super) fn read(signed: SignedMessageJson) -> Result<(SignedMessage, Cid), Trouble> {
    let garbage = |why: String| Trouble::Refused(format!("no signed message: {why}"));
    let message = signed.message.message();
    let message = message.ok_or_else(|| garbage("it does not say who sends it to whom".into()))?;
    let signature = signed.signature.signature();
    let signature = signature.ok_or_else(|| garbage("its signature is of no known type".into()))?;
    let signed = SignedMessage { message, signature };
    let cid = signed.cid().map_err(|error| garbage(error.to_string()))?;
    Ok((signed, cid))
}

/// What it means that a node has no receipt of a message, and never will.
fn never_found(trouble: Trouble) -> Result<Search, Trouble> {
    match trouble {
        Trouble::Refused(told) if told.contains("was replaced") => Ok(Search::Replaced),
        Trouble::Refused(told) if told.contains("failed to load message") => Ok(Search::Unknown),
        trouble => Err(trouble),
    }
}

impl From<Lookup> for Search {
    fn from(Lookup { receipt, height }: Lookup) -> Self {
        Search::Found { receipt: super::read(receipt, String::new()), height }
    }
}

/// The number of the check of a message's size among those of the pool.
const CHECK_SIZE: u64 = 2;

#[derive(Deserialize)]
struct Check {
    #[serde(rename = "Code")]
    code: u64,
    #[serde(rename = "OK")]
    ok: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replayed {
    gas_cost: GasCost,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GasCost {
    total_cost: Atto,
}
