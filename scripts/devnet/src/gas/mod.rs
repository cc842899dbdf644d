//! What gas costs: the base fee of the next block, what inclusion takes at the least, and what a
//! message should offer that leaves it open.

mod base_fee;
mod estimate;
mod spec;
mod trial;

use fvm::gas::{GasCharge, price_list_by_network_version};
use fvm_harness::NETWORK_VERSION;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;

pub use base_fee::next_base_fee;
pub use estimate::{DEFAULT_QUEUE, DEFAULT_WAIT, fee_cap, limit};
pub use fvm_harness::BLOCK_GAS_LIMIT;
pub use spec::{MessageSendSpec, cap_fee, default_max_fee};
pub use trial::{Premiums, complete, premium_at, used};

/// What blocks are to use of their limit.
pub const BLOCK_GAS_TARGET: u64 = BLOCK_GAS_LIMIT / 2;

/// In attoFIL for a unit of gas, ever.
pub const MINIMUM_BASE_FEE: u64 = 100;

/// The base fee changes by one part in so many, at the most, from block to block.
pub const BASE_FEE_MAX_CHANGE_DENOM: u64 = 8;

/// What the FVM charges for a message of so many bytes on chain before it does anything.
///
/// It is the price list of the network version that the node runs. Lotus asks less on a network of
/// its own, by an older list, and then has messages in its pool that fail for it.
#[must_use]
pub fn inclusion_charge(chain_length: usize) -> GasCharge {
    price_list_by_network_version(NETWORK_VERSION).on_chain_message(chain_length)
}

/// The least gas limit that a message of so many bytes on chain can have.
#[must_use]
pub fn least_limit(chain_length: usize) -> u64 {
    inclusion_charge(chain_length).total().round_up()
}

/// What its sender must have for a message to be executed at all, the value that it sends not
/// counted.
#[must_use]
pub fn required_funds(message: &Message) -> TokenAmount {
    &message.gas_fee_cap * message.gas_limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inclusion_costs_a_base_and_so_much_for_each_byte() {
        assert_eq!(least_limit(0), 513_863 + 36 * 1_300);
        assert_eq!(least_limit(96), 513_863 + (36 + 96) * 1_300);
    }
}
