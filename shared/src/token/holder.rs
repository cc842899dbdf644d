//! What the ledger keeps of one holder, and how.

use alloc::vec::Vec;
use core::fmt;

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::de::value::{BytesDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Map, MapSpec};

pub static HOLDERS: MapSpec = MapSpec { name: "token holders", bit_width: 3 };
/// By actor. Nobody is here with nothing.
pub type Holders<'s, BS> = Map<'s, BS, ActorID, Holder>;

/// What one actor has of a token, and of its votes.
///
/// On chain it is the balance alone where there is nothing else, as for most holders, and otherwise
/// the tuple of all fields: every byte of a map's node is paid for whenever a neighbour changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    pub balance: TokenAmount,
    /// Votes by tokens that a custodian holds for this actor.
    pub staked: TokenAmount,
    /// Votes of others, who delegate to this actor.
    pub received: TokenAmount,
    /// Who votes for this actor; `None` if it votes itself.
    pub delegate: Option<ActorID>,
    /// The weight at the end of past snapshots after which it changed.
    pub history: Vec<(ChainEpoch, TokenAmount)>,
}

impl Holder {
    /// Votes by the actor's own tokens, whoever casts them.
    pub fn own(&self, liquid_votes: bool) -> TokenAmount {
        if liquid_votes { &self.staked + &self.balance } else { self.staked.clone() }
    }

    /// Votes that the actor can cast.
    pub fn weight(&self, liquid_votes: bool) -> TokenAmount {
        match self.delegate {
            None => self.own(liquid_votes) + &self.received,
            Some(_) => self.received.clone(),
        }
    }

    fn has_balance_alone(&self) -> bool {
        self.staked.is_zero()
            && self.received.is_zero()
            && self.delegate.is_none()
            && self.history.is_empty()
    }

    pub(super) fn has_nothing(&self) -> bool {
        self.balance.is_zero() && self.has_balance_alone()
    }
}

impl Serialize for Holder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.has_balance_alone() {
            return self.balance.serialize(serializer);
        }
        let Holder { balance, staked, received, delegate, history } = self;
        (balance, staked, received, delegate, history).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Holder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HolderVisitor)
    }
}

struct HolderVisitor;

impl<'de> Visitor<'de> for HolderVisitor {
    type Value = Holder;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a balance or a holder's five fields")
    }

    fn visit_bytes<E: serde::de::Error>(self, balance: &[u8]) -> Result<Holder, E> {
        let balance = TokenAmount::deserialize(BytesDeserializer::<E>::new(balance))?;
        Ok(Holder { balance, ..Holder::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<Holder, A::Error> {
        let (balance, staked, received, delegate, history) =
            Deserialize::deserialize(SeqAccessDeserializer::new(fields))?;
        let holder = Holder { balance, staked, received, delegate, history };
        if holder.has_balance_alone() {
            return Err(A::Error::custom("a balance alone is not a tuple"));
        }
        Ok(holder)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use fvm_ipld_encoding::{from_slice, to_vec};
    use proptest::prelude::*;

    use super::*;

    fn atto(n: u64) -> TokenAmount {
        TokenAmount::from_atto(n)
    }

    #[test]
    fn a_balance_alone_is_encoded_as_an_amount() {
        let holder = Holder { balance: atto(7), ..Holder::default() };
        assert_eq!(to_vec(&holder).unwrap(), to_vec(&atto(7)).unwrap());
        let delegating = Holder { delegate: Some(9), ..Holder::default() };
        assert_eq!(to_vec(&delegating).unwrap(), [0x85, 0x40, 0x40, 0x40, 0x09, 0x80]);
    }

    #[test]
    fn no_other_encoding_is_a_holder() {
        for bad in [
            &[0x07][..],
            &[0x41, 0x02],
            &[0x84, 0x40, 0x40, 0x40, 0x09],
            &[0x86, 0x40, 0x40, 0x40, 0x09, 0x80, 0x80],
            &[0x85, 0x42, 0x00, 0x07, 0x40, 0x40, 0xf6, 0x80],
        ] {
            assert!(from_slice::<Holder>(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_holder_comes_back_as_it_was_stored(
            balance in 0..3_u64,
            staked in 0..2_u64,
            received in 0..2_u64,
            delegate in prop::option::of(any::<u64>()),
            history in prop::collection::vec((any::<i64>(), any::<u64>()), 0..3),
        ) {
            let holder = Holder {
                balance: atto(balance),
                staked: atto(staked),
                received: atto(received),
                delegate,
                history: history.into_iter().map(|(epoch, votes)| (epoch, atto(votes))).collect(),
            };
            let decoded: Vec<Holder> = from_slice(&to_vec(&vec![&holder]).unwrap()).unwrap();
            prop_assert_eq!(decoded, vec![holder]);
        }
    }
}
