//! The events of ERC-20.

use fvm_shared::econ::TokenAmount;

use super::abi::uint_word;
use super::address::EthAddress;
use crate::Error;
use crate::event::Event;

/// Keccak-256 of `Transfer(address,address,uint256)`.
const TRANSFER: [u8; 32] = [
    0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa,
    0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
];
/// Keccak-256 of `Approval(address,address,uint256)`.
const APPROVAL: [u8; 32] = [
    0x8c, 0x5b, 0xe1, 0xe5, 0xeb, 0xec, 0x7d, 0x5b, 0xd1, 0x4f, 0x71, 0x42, 0x7d, 0x1e, 0x84, 0xf3,
    0xdd, 0x03, 0x14, 0xc0, 0xf7, 0xb2, 0x29, 0x1e, 0x5b, 0x20, 0x0a, 0xc8, 0xc7, 0xc3, 0xb9, 0x25,
];

/// Tokens moved. They come from [`EthAddress::NULL`] when minted and go there when burnt.
pub fn transfer(from: EthAddress, to: EthAddress, amount: &TokenAmount) -> Result<Event, Error> {
    Ok(Event::evm_log([TRANSFER, from.word(), to.word()], &uint_word(amount)?))
}

/// An allowance was set to this amount.
pub fn approval(
    owner: EthAddress,
    spender: EthAddress,
    amount: &TokenAmount,
) -> Result<Event, Error> {
    Ok(Event::evm_log([APPROVAL, owner.word(), spender.word()], &uint_word(amount)?))
}

#[cfg(test)]
mod tests {
    use multihash_codetable::{Code, MultihashDigest};

    use super::*;

    #[test]
    fn an_event_has_the_hash_of_its_signature_the_two_sides_and_the_amount() {
        let (ann, bob, amount) =
            (EthAddress([1; 20]), EthAddress([2; 20]), &TokenAmount::from_atto(7));
        for (event, signature) in [
            (transfer(ann, bob, amount), "Transfer(address,address,uint256)"),
            (approval(ann, bob, amount), "Approval(address,address,uint256)"),
        ] {
            let event = event.unwrap().build().unwrap();
            let hash = Code::Keccak256.digest(signature.as_bytes());
            let expected = [hash.digest(), &ann.word(), &bob.word(), &uint_word(amount).unwrap()];
            assert_eq!(
                event.entries.iter().map(|e| &e.value[..]).collect::<alloc::vec::Vec<_>>(),
                expected
            );
        }
    }
}
