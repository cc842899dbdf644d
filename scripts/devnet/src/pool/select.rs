//! Which messages the next block includes.

use std::collections::HashMap;
use std::sync::Arc;

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus::block::MAX_MESSAGES;
use lotus::message::SignedMessage;

use super::{Pending, Pool, SenderFacts};
use crate::gas::{BLOCK_GAS_LIMIT, required_funds};

/// What fits into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub messages: usize,
    /// Of the gas limits of all of them.
    pub gas: u64,
}

/// What fits into a block of the network.
pub const BLOCK: Limits = Limits { messages: MAX_MESSAGES, gas: BLOCK_GAS_LIMIT };

/// A sender while a block is filled.
struct Lane {
    /// Of the message that can be next, if any can.
    next: Option<u64>,
    /// What is left after its messages in the block, which may be less than nothing.
    balance: TokenAmount,
}

impl Pool {
    /// The messages of the next block, in the order in which they are to be executed.
    ///
    /// They are in the order in which they came, as far as each sender's nonces follow each other from
    /// the one that the state expects. A sender whose next message has a fee cap below the base fee,
    /// does not fit, or costs more gas than the sender can pay, waits for another block, also with what
    /// comes after. Only senders that come up are asked for.
    pub fn select(
        &self,
        limits: Limits,
        base_fee: &TokenAmount,
        mut sender: impl FnMut(&Address) -> Option<SenderFacts>,
    ) -> Vec<Arc<SignedMessage>> {
        let mut lanes: HashMap<Address, Lane> = HashMap::new();
        let (mut chosen, mut gas) = (vec![], limits.gas);
        for (now, (from, nonce)) in &self.arrivals {
            if chosen.len() >= limits.messages {
                break;
            }
            let lane = lanes.entry(*from).or_insert_with(|| Lane::new(sender(from)));
            if lane.next != Some(*nonce) {
                continue;
            }
            // With it come those that came before their turn.
            let queue =
                self.senders.get(from).into_iter().flat_map(|queue| queue.messages.range(nonce..));
            for (nonce, pending) in queue {
                let turn = lane.next == Some(*nonce) && pending.arrival <= *now;
                if !turn || chosen.len() >= limits.messages {
                    break;
                }
                if lane.admit(pending, base_fee, &mut gas) {
                    chosen.push(Arc::clone(&pending.message));
                }
            }
        }
        chosen
    }

    /// The message that is the next block where each has one.
    pub fn first(
        &self,
        base_fee: &TokenAmount,
        sender: impl FnMut(&Address) -> Option<SenderFacts>,
    ) -> Option<Arc<SignedMessage>> {
        self.select(Limits { messages: 1, ..BLOCK }, base_fee, sender).pop()
    }
}

impl Lane {
    fn new(sender: Option<SenderFacts>) -> Self {
        match sender.filter(|sender| sender.may_send) {
            Some(sender) => Lane { next: Some(sender.nonce), balance: sender.balance },
            None => Lane { next: None, balance: TokenAmount::default() },
        }
    }

    /// Moves on by a message if it can be in the block, and closes otherwise.
    fn admit(&mut self, pending: &Pending, base_fee: &TokenAmount, gas: &mut u64) -> bool {
        let message = &pending.message.message;
        let required = required_funds(message);
        let left = gas.checked_sub(message.gas_limit);
        let fits = left.filter(|_| message.gas_fee_cap >= *base_fee && self.balance >= required);
        self.next = fits.and_then(|_| message.sequence.checked_add(1));
        self.balance -= required + &message.value;
        *gas = fits.unwrap_or(*gas);
        fits.is_some()
    }
}
