//! What was played, as lines of JSON: one for each message.

use std::collections::BTreeMap;

use abi::{Actor, Method, dag_json};
use fvm_harness::{Entry, TokenAmount};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::event::StampedEvent;
use serde_json::{Map, Value, json};
use shared::ext::{CRON_ACTOR, SYSTEM_ACTOR};

use super::stage::{Part, Stage};
use super::{address, names};

/// Singletons whose balances are told.
const WATCHED: [&str; 3] = ["market", "reward", "burnt"];
/// Letters of parameters that are told.
const MAX_PARAMS: usize = 160;

/// A line of a transcript: the title of a chapter, or a message with what came of it.
#[derive(Clone, Debug)]
pub struct Line {
    pub json: Value,
    /// Why the message failed. It is the actors' own prose, and no part of the transcript.
    pub why: String,
}

/// Plays a scenario and tells what happened.
pub fn tell(play: fn(&mut Stage)) -> Vec<Line> {
    let mut stage = Stage::new();
    play(&mut stage);
    let (parts, mut teller) = (stage.take_played(), Teller::new(stage));
    parts.iter().for_each(|part| teller.part(part));
    teller.lines
}

struct Teller {
    stage: Stage,
    lines: Vec<Line>,
    messages: usize,
    /// What was told last, by name.
    balances: BTreeMap<String, Value>,
}

impl Teller {
    fn new(stage: Stage) -> Self {
        Teller { stage, lines: vec![], messages: 0, balances: BTreeMap::new() }
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Chapter(title) => {
                self.lines.push(Line { json: json!(title), why: String::new() });
            }
            // Ticks of cron, one after the other, are one line.
            Part::Messages(entries) => {
                let both_ticks = |a: &Entry, b: &Entry| is_tick(a) && is_tick(b);
                entries.chunk_by(both_ticks).for_each(|entries| self.entries(entries));
            }
        }
    }

    fn entries(&mut self, entries: &[Entry]) {
        let Some(entry) = entries.last() else { return };
        let (message, outcome) = (&entry.message, &entry.outcome);
        self.stage.net.restore(&entry.after);
        self.messages += 1;
        let mut line = Map::new();
        let mut say = |key: &str, value: Value| line.insert(key.into(), value);
        say("n", json!(self.messages));
        say("epoch", json!(entry.after.epoch));
        say("from", json!(self.who(&message.from)));
        say("to", json!(self.who(&message.to)));
        let kind = self.kind(&message.to);
        let name = names::method(&kind, message.method_num);
        let described = described(&kind, name, message.method_num);
        let name = name.or(described.map(|(_, method)| method.name.as_str())).unwrap_or("?");
        say("method", json!(format!("{name} {}", message.method_num)));
        if entries.len() > 1 {
            say("times", json!(entries.len()));
        }
        if entry.implicit {
            say("implicit", json!(true));
        }
        if !message.value.is_zero() {
            say("value", amount(&message.value));
        }
        let params = decode(&message.params, described, Actor::params_to_json);
        let params = self.without_codes(params);
        if !params.is_null() && params.to_string().len() <= MAX_PARAMS {
            say("params", params);
        }
        say("exit", json!(outcome.exit_code.value()));
        let reply = decode(&outcome.return_data, described, Actor::reply_to_json);
        if !reply.is_null() {
            say("returns", reply);
        }
        let events: Vec<Value> =
            entries.iter().flat_map(|entry| &entry.outcome.events).map(|e| self.event(e)).collect();
        if !events.is_empty() {
            say("events", json!(events));
        }
        let changed = self.changed_balances();
        if !changed.is_empty() {
            say("balances", Value::Object(changed));
        }
        self.lines.push(Line { json: Value::Object(line), why: outcome.backtrace.clone() });
    }

    /// What the cast, the market, the reward actor and burnt funds have, where it is not what was
    /// told before: attoFIL, and attoFIL in escrow and locked of them.
    fn changed_balances(&mut self) -> Map<String, Value> {
        let singletons = names::SINGLETONS.iter().filter(|(name, _)| WATCHED.contains(name));
        let mut now: Vec<(String, Value)> = singletons
            .map(|(name, id)| (*name, Address::new_id(*id)))
            .chain(self.stage.cast.iter().map(|(name, address)| (name.as_str(), *address)))
            .filter(|(_, address)| self.stage.net.actor(address).is_some())
            .map(|(name, address)| (name.to_owned(), amount(&self.stage.net.balance(address))))
            .collect();
        for (name, address) in &self.stage.cast {
            if self.stage.net.actor(address).is_some() {
                let escrow = self.stage.net.escrow(*address);
                let told = json!([amount(&escrow.balance), amount(&escrow.locked)]);
                now.push((format!("{name} in escrow"), told));
            }
        }
        let nothing = json!(["0", "0"]);
        let mut changed = Map::new();
        for (name, told) in now {
            let before = self.balances.get(&name);
            if before != Some(&told) && (before.is_some() || told != nothing) {
                changed.insert(name.clone(), told.clone());
                self.balances.insert(name, told);
            }
        }
        changed
    }

    /// The emitter, then keys and values in turn.
    fn event(&self, stamped: &StampedEvent) -> Value {
        let mut told = vec![json!(self.who(&Address::new_id(stamped.emitter)))];
        for entry in &stamped.event.entries {
            told.push(json!(entry.key));
            told.push(dag_json::from_cbor(&entry.value).unwrap_or_else(|_| hex(&entry.value)));
        }
        Value::Array(told)
    }

    /// The name of an actor, or its address.
    fn who(&self, address: &Address) -> String {
        let resolve = |address: &Address| self.stage.net.resolve(address);
        let Some(id) = resolve(address) else { return address.to_string() };
        let singleton = names::SINGLETONS.iter().find(|(_, known)| *known == id);
        let cast = self.stage.cast.iter().find(|(_, known)| resolve(known) == Some(id));
        singleton
            .map(|(name, _)| (*name).to_owned())
            .or(cast.map(|(name, _)| name.clone()))
            .unwrap_or_else(|| Address::new_id(id).to_string())
    }

    /// The same with the names of actors in the place of the CIDs of their codes.
    fn without_codes(&self, json: Value) -> Value {
        match json {
            Value::Object(map) => {
                let code = map.get("/").and_then(Value::as_str).and_then(|cid| cid.parse().ok());
                match code.and_then(|code| self.stage.net.actors().name(&code)) {
                    Some(name) => json!({ "code of": name }),
                    None => map.into_iter().map(|(k, v)| (k, self.without_codes(v))).collect(),
                }
            }
            Value::Array(items) => items.into_iter().map(|v| self.without_codes(v)).collect(),
            other => other,
        }
    }

    /// The name of an actor's code.
    fn kind(&self, address: &Address) -> String {
        let code = self.stage.net.actor(address).map(|actor| actor.code);
        let name = code.and_then(|code| self.stage.net.actors().name(&code).map(str::to_owned));
        name.unwrap_or_default()
    }
}

/// Whether it is the chain's own tick, and cron took it.
fn is_tick(Entry { message, implicit, outcome, .. }: &Entry) -> bool {
    let to_cron = (message.from, message.to) == (address(SYSTEM_ACTOR), address(CRON_ACTOR));
    *implicit && to_cron && outcome.exit_code.is_success()
}

/// The description of a method, under whichever of its numbers.
fn described(
    kind: &str,
    name: Option<&str>,
    number: u64,
) -> Option<(&'static Actor, &'static Method)> {
    let actor = fab::typed::described(kind)?;
    let is_it = |method: &&Method| method.number == number || Some(method.name.as_str()) == name;
    Some((actor, actor.methods.iter().find(is_it)?))
}

/// By the method's description; where there is none, or it does not fit, as any CBOR.
fn decode(
    cbor: &RawBytes,
    described: Option<(&'static Actor, &'static Method)>,
    by: fn(&Actor, &Method, &[u8]) -> Result<Value, abi::Error>,
) -> Value {
    described
        .and_then(|(actor, method)| by(actor, method, cbor).ok())
        .or_else(|| dag_json::from_cbor(cbor).ok())
        .unwrap_or_else(|| hex(cbor))
}

fn hex(bytes: &[u8]) -> Value {
    json!(format!("0x{}", data_encoding::HEXLOWER.encode(bytes)))
}

fn amount(amount: &TokenAmount) -> Value {
    json!(amount.atto().to_string())
}
