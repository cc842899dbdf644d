//! Carries out the steps, each exactly once, whatever happened in earlier runs.
//!
//! A message is signed with a nonce of its own and recorded before it is pushed. Until the chain has used
//! that nonce the same message is pushed again, never another; so at most one message of a step runs.

use std::thread::sleep;

use ::lotus::json::{Addr, Atto, Base64, Link};
use ::lotus::message::SignedMessage;
use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_harness::Call;
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use shared::ext::init::ExecReturn;

use super::record::{Attempt, Book, Created, Outcome, Signed};
use super::steps::{InstallReturn, Step, Work};
use crate::invoke::sent::BY_HAND;
use crate::node::lotus::{Pushed, Search};
use crate::node::{Chain, Lotus, Node, Receipt};

/// A deployment under way.
pub struct Run<'a> {
    pub node: &'a mut Lotus,
    pub book: Book,
    /// The address of the deployer's key.
    pub from: Address,
    pub say: &'a mut dyn FnMut(String),
}

impl Run<'_> {
    /// Carries out a step, or goes on with it, or finds it done.
    pub fn step(&mut self, step: &Step) -> Result<()> {
        self.attempt(step).with_context(|| step.name())
    }

    fn attempt(&mut self, step: &Step) -> Result<()> {
        let name = step.name();
        let mut sent = false;
        loop {
            match self.last(step)?.map(|last| (last.outcome.clone(), last)) {
                Some((Some(outcome), last)) if outcome.is_success() => {
                    self.agrees(step, &last)?;
                    if self.stands(step, &last, sent)? {
                        if !sent {
                            self.tell(step, "was done before");
                        }
                        return Ok(());
                    }
                    ensure!(!sent, "it went well but nothing is there: run again in a few epochs");
                    self.tell(step, "was done, but the chain does not have it (any more)");
                    self.book.change(&name, |progress| {
                        progress.created = None;
                        if let Some(last) = progress.attempts.last_mut() {
                            last.outcome = None;
                        }
                    })?;
                }
                Some((None, last)) => {
                    self.agrees(step, &last)?;
                    self.finish(step, &last)?;
                    sent = true;
                }
                Some((Some(_), _)) | None => {
                    let actor = self.actor(step)?;
                    if step.holds(self.node, self.from, actor)? {
                        self.tell(step, "is so already");
                        return Ok(());
                    }
                    self.sign(step)?;
                }
            }
        }
    }

    fn last(&self, step: &Step) -> Result<Option<Attempt>> {
        let progress = self.book.deployment()?.step(&step.name());
        Ok(progress.and_then(|progress| progress.last()).cloned())
    }

    /// The address that calls to a step's actor go to.
    fn actor(&self, step: &Step) -> Result<Option<Address>> {
        Ok(self.book.deployment()?.created(step.actor).map(|created| created.robust.0))
    }

    fn call(&self, step: &Step) -> Result<Call> {
        let call = step.call(self.from, self.actor(step)?);
        call.with_context(|| format!("{} is not there yet", step.actor))
    }

    /// A step is what it was when its message was signed.
    fn agrees(&self, step: &Step, last: &Attempt) -> Result<()> {
        let (call, Signed(signed)) = (self.call(step)?, &last.message);
        let message = &signed.message;
        let same = message.to == call.to
            && message.method_num == call.method
            && message.params == call.params;
        ensure!(
            same,
            "the record has it with other code or parameters. An actor keeps those that it was created \
             with: run with the same options on the same build, or name another file by --record to \
             deploy once more"
        );
        Ok(())
    }

    /// Whether the chain has what a message that went well brought about, in this run or before.
    fn stands(&mut self, step: &Step, last: &Attempt, sent: bool) -> Result<bool> {
        match &step.work {
            // It is a step of this run only where the network did not have the code.
            Work::Install { .. } => Ok(sent),
            Work::Create { code, .. } => {
                let created = self.book.deployment()?.created(step.actor);
                let created = created.context("the record does not say which actor it created")?;
                let there = self.node.actor(&created.robust.0)?;
                if let Some(there) = &there {
                    let robust = created.robust;
                    ensure!(
                        there.code == *code,
                        "{robust} has the code {}, not {code}",
                        there.code
                    );
                }
                Ok(there.is_some())
            }
            Work::Grant { .. } | Work::Appoint { .. } => {
                let actor = self.actor(step)?;
                // What was granted may have been revoked since.
                let ran = self.node.search(&last.cid.0, last.epoch)?;
                Ok(matches!(ran, Search::Found { .. })
                    || step.holds(self.node, self.from, actor)?)
            }
        }
    }

    /// Signs a new message and records it.
    fn sign(&mut self, step: &Step) -> Result<()> {
        let quote = self.node.quote(self.call(step)?)?;
        let epoch = self.node.epoch()?;
        let nonce = self.node.next_nonce(&self.from)?;
        let signed = self.node.sign_message(&quote.call, nonce)?;
        let cid = Link(signed.cid()?);
        let attempt = Attempt { cid, epoch, message: Signed(signed), outcome: None };
        self.book.change(&step.name(), |progress| progress.attempts.push(attempt))?;
        self.tell(step, &format!("signed, nonce {nonce}, message {}", cid.0));
        Ok(())
    }

    /// Has a signed message run and records what became of it.
    fn finish(&mut self, step: &Step, last: &Attempt) -> Result<()> {
        let (cid, Signed(signed)) = (last.cid.0, &last.message);
        let outcome = match self.node.search(&cid, last.epoch)? {
            Search::Found { receipt, height } => self.ran(&cid, receipt, height),
            Search::Replaced => self.lost(step, signed)?,
            known @ (Search::Pending | Search::Unknown) => {
                let next = self.node.next_nonce(&self.from)?;
                ensure!(
                    signed.message.sequence <= next,
                    "its message has nonce {}, but the account's next is {next}: the chain went back, or \
                     messages before it got lost. If the network was started anew, name another file by \
                     --record",
                    signed.message.sequence
                );
                match (self.node.push(signed)?, known) {
                    (Pushed::Rival, _) => bail!(
                        "another message of {} with nonce {next} waits in the pool: run again once it is on \
                         chain",
                        Addr(self.from)
                    ),
                    (Pushed::NonceUsed, Search::Unknown) => self.lost(step, signed)?,
                    _ => self.wait(step, last)?,
                }
            }
        };
        self.settle(step, signed, outcome)
    }

    fn wait(&mut self, step: &Step, last: &Attempt) -> Result<Outcome> {
        for pause in self.node.pauses().take(self.node.looks) {
            sleep(pause);
            match self.node.search(&last.cid.0, last.epoch)? {
                Search::Found { receipt, height } => {
                    return Ok(self.ran(&last.cid.0, receipt, height));
                }
                Search::Replaced => return self.lost(step, &last.message.0),
                Search::Pending | Search::Unknown => {}
            }
        }
        bail!("its message {} is not on chain yet: run again to go on; {BY_HAND}", last.cid.0)
    }

    fn ran(&mut self, cid: &Cid, receipt: Receipt, height: ChainEpoch) -> Outcome {
        Outcome::Ran {
            exit_code: receipt.exit_code.value(),
            gas_used: receipt.gas_used,
            height,
            reply: Base64(receipt.return_data.to_vec()),
            cost: self.node.replay(cid).map(|replay| Atto(replay.cost)),
        }
    }

    /// The nonce of a message is used, and the node does not know by what. A node that was restored from a
    /// snapshot has forgotten messages that ran.
    fn lost(&mut self, step: &Step, signed: &SignedMessage) -> Result<Outcome> {
        let done = match &step.work {
            Work::Install { .. } => false,
            Work::Create { code, .. } => {
                let there = self.node.actor(&created_by(signed)?)?;
                there.is_some_and(|there| there.code == *code)
            }
            Work::Grant { .. } | Work::Appoint { .. } => {
                let actor = self.actor(step)?;
                step.holds(self.node, self.from, actor)?
            }
        };
        Ok(if done { Outcome::Done } else { Outcome::Void })
    }

    /// Records what became of a message, and with it the actor that it created.
    fn settle(&mut self, step: &Step, signed: &SignedMessage, outcome: Outcome) -> Result<()> {
        let created = match &step.work {
            Work::Create { code, .. } if outcome.is_success() => {
                Some(self.created(signed, *code, &outcome)?)
            }
            _ => None,
        };
        let told = outcome.clone();
        self.book.change(&step.name(), |progress| {
            progress.created = created;
            if let Some(last) = progress.attempts.last_mut() {
                last.outcome = Some(outcome);
            }
        })?;
        match told {
            Outcome::Void => self.tell(
                step,
                "another message used its nonce, so it can never run: a new one is signed",
            ),
            Outcome::Done => self.tell(step, "is done, by a message that the node forgot"),
            Outcome::Ran { exit_code: 0, gas_used, height, reply, .. } => {
                if let Work::Install { code, .. } = &step.work {
                    let installed: InstallReturn = from_slice(&reply.0)?;
                    let other = installed.code_cid;
                    ensure!(other == *code, "the network installed it as {other}, not as {code}");
                }
                let where_to = created.map(|created| format!(" as {}", created.id));
                let where_to = where_to.unwrap_or_default();
                self.tell(step, &format!("done{where_to} at epoch {height}, {gas_used} gas"));
            }
            Outcome::Ran { exit_code, .. } => bail!(
                "its message ran and ended with exit code {exit_code}; nothing changed. Run again to try \
                 once more when the cause is gone: {}",
                cause(exit_code)
            ),
        }
        Ok(())
    }

    fn created(&mut self, signed: &SignedMessage, code: Cid, outcome: &Outcome) -> Result<Created> {
        let code = Link(code);
        Ok(match outcome {
            Outcome::Ran { reply, .. } => {
                let made: ExecReturn = from_slice(&reply.0).context("the reply of Init")?;
                Created { id: Addr(made.id_address), robust: Addr(made.robust_address), code }
            }
            Outcome::Done | Outcome::Void => {
                let robust = created_by(signed)?;
                let id = Address::new_id(self.node.id_of(&robust)?);
                Created { id: Addr(id), robust: Addr(robust), code }
            }
        })
    }

    fn tell(&mut self, step: &Step, what: &str) {
        (self.say)(format!("{:<30} {what}", step.name()));
    }
}

/// The f2 address of the first actor that a message creates, as the virtual machine makes it: of the
/// sender's address, the nonce, and how many were created before.
pub fn created_by(signed: &SignedMessage) -> Result<Address> {
    let mut seed = to_vec(&signed.message.from)?;
    seed.extend(signed.message.sequence.to_be_bytes());
    seed.extend(0_u64.to_be_bytes());
    Ok(Address::new_actor(&seed))
}

fn cause(exit_code: u32) -> &'static str {
    match exit_code {
        7 => "it ran out of gas",
        6 | 19 => "an account has too little FIL",
        18 => "the caller may not do it",
        _ => "the exit codes of each actor are in its README",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn causes_are_told_in_words() {
        assert_eq!(super::cause(7), "it ran out of gas");
        assert!(super::cause(40).contains("README"));
    }
}
