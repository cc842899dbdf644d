//! Stand-in for the placeholder: every method succeeds and does nothing. Code replaces it when an
//! actor is created at its f4 address.

/// The entry point that the FVM calls.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn invoke(_params: u32) -> u32 {
    0
}
