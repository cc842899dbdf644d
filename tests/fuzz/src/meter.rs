//! How much memory something takes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Meter;

#[global_allocator]
static METER: Meter = Meter;

thread_local! {
    /// Bytes that this thread has taken and not given back. Others may have given back for it.
    static NOW: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

fn took(bytes: usize) {
    NOW.set(NOW.get().saturating_add(bytes));
    PEAK.set(PEAK.get().max(NOW.get()));
}

fn gave(bytes: usize) {
    NOW.set(NOW.get().saturating_sub(bytes));
}

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, data: *mut u8, layout: Layout) {
        gave(layout.size());
        unsafe { System.dealloc(data, layout) }
    }

    unsafe fn realloc(&self, data: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        gave(layout.size());
        took(size);
        unsafe { System.realloc(data, layout, size) }
    }
}

/// Runs something, and tells how many bytes it held at once at the most, beyond those held before.
pub fn peak<R>(work: impl FnOnce() -> R) -> (R, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let result = work();
    (result, PEAK.get().saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_while_it_is_held() {
        let (held, peak) = peak(|| {
            drop(vec![0_u8; 3_000]);
            vec![0_u8; 1_000]
        });
        assert_eq!((held.len(), peak), (1_000, 3_000));
    }
}
