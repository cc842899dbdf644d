//! Memory of an actor. An instance lives for one call, so nothing is ever given back: that spares a
//! quarter of the instructions of a method.

use lol_alloc::{AssumeSingleThreaded, LeakingAllocator};

// SAFETY: the FVM has no threads.
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<LeakingAllocator> =
    unsafe { AssumeSingleThreaded::new(LeakingAllocator::new()) };
