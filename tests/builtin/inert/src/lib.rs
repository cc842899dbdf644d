//! Stand-in for the built-in actors that must have a position in the manifest and are never
//! called: payment channel, multisig, EVM contract and Ethereum address manager.
#![cfg_attr(target_arch = "wasm32", no_std)]

/// The entry point that the FVM calls. There are no methods.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn invoke(_params: u32) -> u32 {
    shared::host::enter();
    shared::host::unhandled(shared::host::method())
}
