//! Checks of messages that clients ask for before they send or replace them: each tells all that is
//! wrong, where the pool would tell the first.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use cid::Cid;
use fvm_ipld_encoding::to_vec;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::cid_of;
use serde_json::{Map, Value, json};

use super::{MAX_SIZE, Pool, SenderFacts, check_valid};
use crate::gas::{MINIMUM_BASE_FEE, inclusion_charge, required_funds};

/// In bytes: what a signature takes of the size of a message.
const SIGNATURE_ROOM: usize = 128;

/// By so much the base fee can change, up or down, in the next twenty blocks.
const BASE_FEE_RANGE: u64 = 10;

/// What a check is of, by the number that Lotus gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Serialize = 1,
    Size = 2,
    Validity = 3,
    MinGas = 4,
    MinBaseFee = 5,
    BaseFee = 6,
    BaseFeeLowerBound = 7,
    BaseFeeUpperBound = 8,
    StateNonce = 9,
    Nonce = 10,
    StateBalance = 11,
    Balance = 12,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Of the message without a signature.
    pub cid: Cid,
    pub code: Code,
    pub ok: bool,
    pub fault: Option<String>,
    /// What was compared.
    pub hint: Option<Map<String, Value>>,
}

/// A message to be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub message: Message,
    /// Whether it is to have its nonce, and not the next one.
    pub fixed_nonce: bool,
}

/// The chain as checks see it.
pub struct Chain<F> {
    /// That of the head.
    pub base_fee: TokenAmount,
    /// A sender, or why there is none.
    pub sender: F,
}

/// What is left to a sender after the messages before.
struct Standing {
    next_nonce: u64,
    balance: TokenAmount,
    required: TokenAmount,
}

impl Pool {
    /// Checks messages that would come after those that are pending.
    pub fn check<F>(&self, drafts: &[Draft], chain: &mut Chain<F>) -> Result<Vec<Vec<Status>>>
    where
        F: FnMut(&Address) -> Result<SenderFacts, String>,
    {
        checks(drafts, chain, |sender, facts| Standing {
            next_nonce: self.next_nonce(sender, facts.nonce),
            required: self.pending_of(sender).map(|pending| cost(&pending.message)).sum(),
            balance: facts.balance,
        })
    }

    /// Checks those messages of a sender that are pending; there is no answer without any.
    pub fn check_pending<F>(
        &self,
        sender: &Address,
        chain: &mut Chain<F>,
    ) -> Result<Option<Vec<Vec<Status>>>>
    where
        F: FnMut(&Address) -> Result<SenderFacts, String>,
    {
        let drafts: Vec<_> =
            self.pending_of(sender).map(|pending| fixed(&pending.message)).collect();
        match drafts.is_empty() {
            true => Ok(None),
            false => checks(&drafts, chain, alone).map(Some),
        }
    }

    /// Checks what would be pending of the senders of these messages with them in their places.
    pub fn check_replace<F>(
        &self,
        messages: &[Message],
        chain: &mut Chain<F>,
    ) -> Result<Vec<Vec<Status>>>
    where
        F: FnMut(&Address) -> Result<SenderFacts, String>,
    {
        let mut all = BTreeMap::new();
        for message in messages {
            for pending in self.pending_of(&message.from) {
                all.entry((message.from, pending.message.sequence)).or_insert(&pending.message);
            }
        }
        all.extend(messages.iter().map(|message| ((message.from, message.sequence), message)));
        let drafts: Vec<_> = all.into_values().map(fixed).collect();
        checks(&drafts, chain, alone)
    }
}

fn fixed(message: &Message) -> Draft {
    Draft { message: message.clone(), fixed_nonce: true }
}

/// A sender of whom everything that is pending is among what is checked.
fn alone(_: &Address, facts: SenderFacts) -> Standing {
    let SenderFacts { nonce: next_nonce, balance, .. } = facts;
    Standing { next_nonce, balance, required: TokenAmount::default() }
}

/// What a sender needs for a message, with the value that it sends.
fn cost(message: &Message) -> TokenAmount {
    required_funds(message) + &message.value
}

fn checks<F>(
    drafts: &[Draft],
    chain: &mut Chain<F>,
    mut standing: impl FnMut(&Address, SenderFacts) -> Standing,
) -> Result<Vec<Vec<Status>>>
where
    F: FnMut(&Address) -> Result<SenderFacts, String>,
{
    let Chain { base_fee, sender } = chain;
    let mut known = HashMap::new();
    let check = |draft: &Draft| {
        let from = draft.message.from;
        let first = !known.contains_key(&from);
        let standing =
            known.entry(from).or_insert_with(|| sender(&from).map(|facts| standing(&from, facts)));
        let bytes = to_vec(&draft.message)?;
        let mut report = Report { cid: cid_of(&bytes), statuses: vec![] };
        // Nonce and balance come from one place, so the second cannot fail alone.
        match standing {
            Err(error) => {
                let fault = format!("error retrieving state nonce: {error}");
                report.tell(Code::StateNonce, Some(fault), None);
            }
            Ok(standing) => {
                let nonce = first.then(|| hint([("nonce", json!(standing.next_nonce))]));
                report.tell(Code::StateNonce, None, nonce);
                let balance = hint([("balance", atto(&standing.balance))]);
                report.tell(Code::StateBalance, None, Some(balance));
                if report.check_shape(&draft.message, &bytes) {
                    report.check_gas(&draft.message, bytes.len(), base_fee);
                    report.check_standing(draft, standing);
                }
            }
        }
        Ok(report.statuses)
    };
    drafts.iter().map(check).collect()
}

/// What was found of one message.
struct Report {
    cid: Cid,
    statuses: Vec<Status>,
}

impl Report {
    fn tell(&mut self, code: Code, fault: Option<String>, hint: Option<Map<String, Value>>) {
        self.statuses.push(Status { cid: self.cid, code, ok: fault.is_none(), fault, hint });
    }

    /// Whether it makes sense to go on.
    fn check_shape(&mut self, message: &Message, bytes: &[u8]) -> bool {
        self.tell(Code::Serialize, None, None);
        let too_big = bytes.len() > MAX_SIZE - SIGNATURE_ROOM;
        self.tell(Code::Size, too_big.then(|| "message too big".into()), None);
        let invalid = check_valid(message).err();
        let fault = invalid.map(|fault| format!("syntactically invalid message: {fault}"));
        self.tell(Code::Validity, fault, None);
        invalid.is_none()
    }

    fn check_gas(&mut self, message: &Message, length: usize, base_fee: &TokenAmount) {
        let charge = inclusion_charge(length);
        let too_little = message.gas_limit < charge.total().round_up();
        let fault = too_little.then(|| "GasLimit less than epoch minimum gas".into());
        let charge = json!({
            "Name": charge.name,
            "Extra": null,
            "ComputeGas": charge.compute_gas.round_up(),
            "StorageGas": charge.other_gas.round_up(),
            "VirtualCompute": 0,
            "VirtualStorage": 0,
        });
        self.tell(Code::MinGas, fault, Some(hint([("minGas", charge)])));

        let minimum = TokenAmount::from_atto(MINIMUM_BASE_FEE);
        let below = |bound: &TokenAmount, what: &str| {
            (message.gas_fee_cap < *bound).then(|| format!("GasFeeCap less than {what}"))
        };
        let fault = below(&minimum, "minimum base fee");
        let hopeless = fault.is_some();
        self.tell(Code::MinBaseFee, fault, None);
        if hopeless {
            return;
        }
        let now = ("baseFee", atto(base_fee));
        let fault = below(base_fee, "current base fee");
        self.tell(Code::BaseFee, fault, Some(hint([now.clone()])));

        let lower = base_fee.div_floor(BASE_FEE_RANGE).max(minimum);
        let fault = below(&lower, "base fee lower bound for inclusion in next 20 epochs");
        let bounds = hint([now.clone(), ("baseFeeLowerBound", atto(&lower))]);
        self.tell(Code::BaseFeeLowerBound, fault, Some(bounds));

        let upper = base_fee * BASE_FEE_RANGE;
        let warning = below(&upper, "base fee upper bound for inclusion in next 20 epochs");
        let bounds = hint([now, ("baseFeeUpperBound", atto(&upper))]);
        let (cid, code) = (self.cid, Code::BaseFeeUpperBound);
        self.statuses.push(Status { cid, code, ok: true, fault: warning, hint: Some(bounds) });
    }

    fn check_standing(&mut self, draft: &Draft, standing: &mut Standing) {
        let next = standing.next_nonce;
        let off = draft.fixed_nonce && draft.message.sequence != next;
        let fault = off.then(|| format!("message nonce doesn't match next nonce ({next})"));
        standing.next_nonce += u64::from(!off);
        self.tell(Code::Nonce, fault, Some(hint([("nextNonce", json!(next))])));

        standing.required += cost(&draft.message);
        let poor = standing.balance < standing.required;
        let required = hint([("requiredFunds", atto(&standing.required))]);
        self.tell(Code::Balance, poor.then(|| "insufficient balance".into()), Some(required));
    }
}

fn hint<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn atto(amount: &TokenAmount) -> Value {
    json!(amount.atto().to_string())
}
