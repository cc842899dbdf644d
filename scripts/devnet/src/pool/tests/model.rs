//! The pool beside one that keeps everything in a list and always looks at all of it.

use proptest::prelude::*;

use super::*;
use crate::pool::{BLOCK, Limits};

const SENDERS: usize = 4;

/// What a sender has, in attoFIL. It is not spent.
const BALANCE: u64 = 3_000_000_000_000;

#[derive(Clone, Debug)]
enum Step {
    /// By how much the nonce is ahead of the state's, or behind.
    Push {
        from: usize,
        ahead: i64,
        premium: u64,
        room: u64,
        gas_limit: u64,
    },
    Block {
        base_fee: u64,
        limits: Limits,
    },
    /// Takes the last block off the chain.
    Revert,
    /// Moves the state of a sender on by messages that were never in the pool.
    Skip {
        from: usize,
    },
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gas =
        prop_oneof![4 => Just(1_000_000), 1 => Just(4_000_000_000), 1 => Just(6_000_000_000_u64)];
    let push = (0..SENDERS, -1..5_i64, 100..200_u64, 0..200_u64, gas).prop_map(
        |(from, ahead, premium, room, gas_limit)| Step::Push {
            from,
            ahead,
            premium,
            room,
            gas_limit,
        },
    );
    let messages = prop_oneof![Just(BLOCK.messages), 0..4_usize];
    let block = (100..300_u64, messages).prop_map(|(base_fee, messages)| Step::Block {
        base_fee,
        limits: Limits { messages, ..BLOCK },
    });
    let skip = (0..SENDERS).prop_map(|from| Step::Skip { from });
    let step = prop_oneof![
        20 => push, 4 => block, 2 => Just(Step::Revert), 1 => skip, 1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 1..80)
}

/// A chain with a list of messages that wait.
#[derive(Default)]
struct Model {
    waiting: Vec<Message>,
    nonces: [u64; SENDERS],
    blocks: Vec<Vec<Message>>,
}

fn number(message: &Message) -> usize {
    (0..SENDERS).find(|number| sender(*number as u64) == message.from).unwrap()
}

fn needs(message: &Message) -> TokenAmount {
    &message.gas_fee_cap * message.gas_limit
}

impl Model {
    fn facts(&self, from: &Address) -> Option<SenderFacts> {
        let number = (0..SENDERS).find(|number| sender(*number as u64) == *from)?;
        Some(SenderFacts { nonce: self.nonces[number], balance: atto(BALANCE), may_send: true })
    }

    /// Whether the message is taken.
    fn push(&mut self, message: &Message) -> bool {
        let same =
            |other: &&mut Message| (other.from, other.sequence) == (message.from, message.sequence);
        let others = self.waiting.iter().filter(|other| other.from == message.from);
        let others = others.filter(|other| other.sequence != message.sequence);
        let required = others.map(needs).sum::<TokenAmount>() + needs(message);
        if message.sequence < self.nonces[number(message)] || required > atto(BALANCE) {
            return false;
        }
        match self.waiting.iter_mut().find(same) {
            None => self.waiting.push(message.clone()),
            Some(other) => {
                let more = message.gas_premium.atto() * 10 > other.gas_premium.atto() * 11;
                if !more {
                    return false;
                }
                *other = message.clone();
            }
        }
        true
    }

    /// Looks again and again for the first message that can be next.
    fn select(&self, limits: Limits, base_fee: u64) -> Vec<Message> {
        let mut next = self.nonces.map(Some);
        let mut left = [(); SENDERS].map(|()| atto(BALANCE));
        let (mut chosen, mut gas) = (vec![], limits.gas);
        while chosen.len() < limits.messages {
            let turn = |message: &&Message| next[number(message)] == Some(message.sequence);
            let Some(message) = self.waiting.iter().find(turn) else { break };
            let from = number(message);
            let fits = message.gas_fee_cap >= atto(base_fee)
                && message.gas_limit <= gas
                && needs(message) <= left[from];
            next[from] = fits.then_some(message.sequence + 1);
            if fits {
                gas -= message.gas_limit;
                left[from] -= needs(message);
                chosen.push(message.clone());
            }
        }
        chosen
    }

    /// The next nonce, by trying one after another.
    fn next_nonce(&self, from: usize) -> u64 {
        let taken = |nonce: &u64| {
            self.waiting
                .iter()
                .any(|other| (other.from, other.sequence) == (sender(from as u64), *nonce))
        };
        (self.nonces[from]..u64::MAX).find(|nonce| !taken(nonce)).unwrap()
    }

    /// Includes messages, in the order in which the state takes them.
    fn include(&mut self, block: Vec<Message>) {
        for message in &block {
            let nonce = &mut self.nonces[number(message)];
            assert_eq!(message.sequence, *nonce, "nonces follow each other");
            *nonce += 1;
        }
        self.waiting.retain(|message| !block.contains(message));
        self.blocks.push(block);
    }

    fn revert(&mut self) -> Vec<Message> {
        let block = self.blocks.pop().unwrap_or_default();
        for message in block.iter().rev() {
            self.nonces[number(message)] = message.sequence;
        }
        let back = block.iter().filter(|back| {
            let same = |other: &Message| (other.from, other.sequence) == (back.from, back.sequence);
            !self.waiting.iter().any(same)
        });
        self.waiting = back.cloned().chain(self.waiting.clone()).collect();
        block
    }
}

/// Takes a step with both.
fn step(pool: &mut Pool, model: &mut Model, step: Step) {
    match step {
        Step::Push { from, ahead, premium, room, gas_limit } => {
            let message = Message {
                gas_premium: atto(premium),
                gas_fee_cap: atto(premium + room),
                gas_limit,
                ..message(from as u64, model.nonces[from].saturating_add_signed(ahead))
            };
            let facts = model.facts(&message.from);
            let pushed = pool.push(checked(message.clone()), facts.as_ref());
            assert_eq!(pushed.is_ok(), model.push(&message), "{pushed:?}");
        }
        Step::Block { base_fee, limits } => {
            let chosen = pool.select(limits, &atto(base_fee), |from| model.facts(from));
            let chosen: Vec<_> = chosen.iter().map(|signed| signed.message.clone()).collect();
            assert_eq!(chosen, model.select(limits, base_fee));
            assert!(chosen.len() <= limits.messages);
            assert!(chosen.iter().map(|message| message.gas_limit).sum::<u64>() <= limits.gas);
            let ids: Vec<_> =
                chosen.iter().map(|message| (message.from, message.sequence)).collect();
            assert_eq!(pool.remove_included(&ids).len(), ids.len());
            model.include(chosen);
        }
        Step::Revert => {
            let block = model.revert();
            pool.restore(block.into_iter().map(signed)).unwrap();
        }
        Step::Skip { from } => {
            // Blocks before it cannot be taken off the chain any more.
            model.blocks.clear();
            model.nonces[from] += 2;
            let now = model.nonces[from];
            let stale =
                |message: &Message| message.from == sender(from as u64) && message.sequence < now;
            let count = model.waiting.iter().filter(|message| stale(message)).count();
            assert_eq!(pool.drop_stale(&sender(from as u64), now).len(), count);
            model.waiting.retain(|message| !stale(message));
        }
        Step::Clear => {
            assert_eq!(pool.clear(true).len(), model.waiting.len());
            model.waiting.clear();
        }
    }
}

fn compare(pool: &Pool, model: &Model) {
    let mut waiting = model.waiting.clone();
    waiting.sort_by_key(|message| (message.from, message.sequence));
    let pending: Vec<_> = pool.pending().map(|signed| signed.message.clone()).collect();
    assert_eq!(pending, waiting);
    assert_eq!(pool.len(), waiting.len());
    for from in 0..SENDERS {
        let state = model.nonces[from];
        assert_eq!(pool.next_nonce(&sender(from as u64), state), model.next_nonce(from));
        let of = |message: &&Message| message.from == sender(from as u64);
        assert_eq!(
            pool.pending_of(&sender(from as u64)).count(),
            waiting.iter().filter(of).count()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_pool_does_what_a_list_of_everything_does(steps in steps()) {
        let (mut pool, mut model) = (Pool::default(), Model::default());
        for next in steps {
            step(&mut pool, &mut model, next);
            compare(&pool, &model);
        }
    }
}
