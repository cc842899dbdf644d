//! Addresses of 20 bytes, and which actors they are.

use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload};

use crate::ext::EAM_ACTOR;

/// What an address that is an actor's ID begins with. The ID follows, big-endian.
const ID_PREFIX: [u8; 12] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// An address as the EVM has it: an f4 address under the Ethereum address manager, or an ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthAddress(pub [u8; 20]);

impl EthAddress {
    /// Nobody: where minted tokens come from and burnt ones go to.
    pub const NULL: EthAddress = EthAddress([0; 20]);

    pub fn from_id(id: ActorID) -> Self {
        let mut bytes = [0; 20];
        let (prefix, rest) = bytes.split_at_mut(ID_PREFIX.len());
        prefix.copy_from_slice(&ID_PREFIX);
        rest.copy_from_slice(&id.to_be_bytes());
        EthAddress(bytes)
    }

    /// The address by which the EVM knows an actor. One at [`EthAddress::NULL`], or at an address that
    /// stands for an ID, goes by its own ID: what it is sent is not burnt, nor another's.
    pub fn of(id: ActorID, delegated: Option<&Address>) -> Self {
        let known = delegated.and_then(|address| match address.payload() {
            Payload::Delegated(f4) if f4.namespace() == EAM_ACTOR => {
                f4.subaddress().try_into().ok().map(EthAddress)
            }
            _ => None,
        });
        let own = |address: &EthAddress| {
            *address != EthAddress::NULL && !address.0.starts_with(&ID_PREFIX)
        };
        known.filter(own).unwrap_or(Self::from_id(id))
    }

    /// The Filecoin address; none for [`EthAddress::NULL`].
    pub fn filecoin(&self) -> Option<Address> {
        if *self == EthAddress::NULL {
            return None;
        }
        match self.0.split_first_chunk() {
            Some((&ID_PREFIX, id)) => {
                Some(Address::new_id(u64::from_be_bytes(id.try_into().ok()?)))
            }
            _ => Address::new_delegated(EAM_ACTOR, &self.0).ok(),
        }
    }

    /// The address as a word of the ABI or a topic of an event.
    pub fn word(&self) -> [u8; 32] {
        let mut word = [0; 32];
        let (_, low) = word.split_at_mut(12);
        low.copy_from_slice(&self.0);
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_id_or_under_the_ethereum_address_manager() {
        let masked = EthAddress::from_id(0x0102);
        assert_eq!(masked.0[..12], ID_PREFIX);
        assert_eq!(masked.0[12..], [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(masked.filecoin(), Some(Address::new_id(0x0102)));
        let almost = EthAddress({
            let mut bytes = masked.0;
            bytes[11] = 1;
            bytes
        });
        for address in [almost, EthAddress([7; 20])] {
            let f410 = Address::new_delegated(EAM_ACTOR, &address.0).unwrap();
            assert_eq!(address.filecoin(), Some(f410));
            assert_eq!(EthAddress::of(9, Some(&f410)), address);
        }
        assert_eq!(EthAddress::NULL.filecoin(), None);
    }

    #[test]
    fn an_actor_without_an_address_of_its_own_goes_by_its_id() {
        let id = EthAddress::from_id(9);
        let foreign = Address::new_delegated(EAM_ACTOR + 1, &[7; 20]).unwrap();
        let longer = Address::new_delegated(EAM_ACTOR, &[7; 21]).unwrap();
        let null = Address::new_delegated(EAM_ACTOR, &[0; 20]).unwrap();
        let another = Address::new_delegated(EAM_ACTOR, &EthAddress::from_id(8).0).unwrap();
        let other_kind = Address::new_id(9);
        for delegated in
            [foreign, longer, null, another, other_kind].map(Some).into_iter().chain([None])
        {
            assert_eq!(EthAddress::of(9, delegated.as_ref()), id, "{delegated:?}");
        }
    }

    #[test]
    fn a_word_has_the_address_in_its_low_bytes() {
        let word = EthAddress([7; 20]).word();
        assert_eq!((&word[..12], &word[12..]), (&[0; 12][..], &[7; 20][..]));
    }
}
