//! How many simulations run at once. They share engines and threads with the chain, and anybody may
//! ask for them: so one of each is left to the chain, and most threads of calls to what is no
//! simulation.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use anyhow::{Result, bail};
use fvm_harness::Network;

/// Simulations that wait for others to end: half of the threads that a runtime has for calls.
const QUEUE: usize = 256;

/// Lets so many in at once. So many more wait for a place.
pub struct Gate {
    left: Mutex<Left>,
    freed: Condvar,
}

/// Places that are left, inside and in the queue.
struct Left {
    inside: usize,
    queue: usize,
}

/// A place inside, for as long as it is held.
pub struct Pass(Arc<Gate>);

impl Gate {
    fn new(inside: usize, queue: usize) -> Self {
        Gate { left: Mutex::new(Left { inside, queue }), freed: Condvar::new() }
    }

    /// For simulations: each takes a core, and one is for the chain. Where there is only one, the chain
    /// waits for no more than one message.
    #[must_use]
    pub fn of_simulations() -> Self {
        let cores = available_parallelism().map_or(2, std::num::NonZero::get);
        Gate::new(cores.saturating_sub(1).max(1), QUEUE)
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters when there is a place. It fails where too many wait for one.
    pub fn enter(self: &Arc<Self>) -> Result<Pass> {
        let mut left = self.left();
        if left.inside == 0 {
            if left.queue == 0 {
                bail!("too many calls wait for the machine: try again when some have ended");
            }
            left.queue -= 1;
            let full = |left: &mut Left| left.inside == 0;
            left = self.freed.wait_while(left, full).unwrap_or_else(PoisonError::into_inner);
            left.queue += 1;
        }
        left.inside -= 1;
        Ok(Pass(Arc::clone(self)))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Pass(gate) = self;
        gate.left().inside += 1;
        gate.freed.notify_one();
    }
}

/// A network to try calls on. Who holds one must not ask for another, which may never come.
pub struct Simulation {
    pub(crate) network: Network,
    pub(crate) _pass: Pass,
}

impl Deref for Simulation {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.network
    }
}

impl DerefMut for Simulation {
    fn deref_mut(&mut self) -> &mut Network {
        &mut self.network
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn who_is_let_in_waits_for_a_place_and_not_in_a_long_queue() {
        let gate = Arc::new(Gate::new(1, 1));
        let inside = gate.enter().unwrap();
        thread::scope(|scope| {
            let waits = scope.spawn(|| gate.enter().map(drop));
            while gate.left().queue > 0 {
                thread::yield_now();
            }
            let refused = gate.enter().err().unwrap().to_string();
            assert_eq!(
                refused,
                "too many calls wait for the machine: try again when some have ended"
            );
            assert!(!waits.is_finished());
            drop(inside);
            waits.join().unwrap().unwrap();
        });
        assert!(gate.enter().is_ok(), "every place is given back");
    }
}
