//! The address map: every address that is not an ID, and the ID it stands for.

use alloc::string::String;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::{ActorID, HAMT_BIT_WIDTH};
use shared::ext::builtin;
use shared::{Map, MapSpec};

use crate::error::Error;

/// IDs below belong to the singletons, which are never in the map.
pub const FIRST_ID: ActorID = 100;

/// The width is not ours to choose: the FVM reads this map itself.
pub static ADDRESSES: MapSpec = MapSpec { name: "addresses", bit_width: HAMT_BIT_WIDTH };
pub type Addresses<'s, BS> = Map<'s, BS, Address, ActorID>;

/// State of Init, in the layout that the FVM reads.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// [`Addresses`].
    pub address_map: Cid,
    pub next_id: ActorID,
    pub network_name: String,
}

impl State {
    pub fn new(store: &impl Blockstore, network_name: String) -> Result<Self, Error> {
        let address_map = Addresses::empty(store, &ADDRESSES)?;
        Ok(State { address_map, next_id: FIRST_ID, network_name })
    }

    /// Allocates the ID of a new actor and maps its f2 address to it; with an f4 address, maps that
    /// too, or takes over the ID of a placeholder that holds it. `kind` gives the manifest position
    /// of an existing actor's code.
    ///
    /// An address is bound once and for all, even if its actor is deleted: [`Error::Bound`].
    pub fn allocate(
        &mut self,
        store: &impl Blockstore,
        robust: &Address,
        delegated: Option<&Address>,
        kind: impl FnOnce(ActorID) -> Option<i32>,
    ) -> Result<ActorID, Error> {
        let mut addresses = Addresses::load(store, &self.address_map, &ADDRESSES)?;
        let held = match delegated {
            Some(address) => addresses.get(address)?.copied(),
            None => None,
        };
        let id = match (held, delegated) {
            (Some(id), Some(address)) if kind(id) != Some(builtin::PLACEHOLDER) => {
                return Err(Error::Bound(*address));
            }
            (Some(id), _) => id,
            (None, _) => {
                let id = self.next_id;
                self.next_id =
                    id.checked_add(1).ok_or(shared::Error::Overflow("the next actor ID"))?;
                id
            }
        };
        if let (None, Some(address)) = (held, delegated) {
            addresses.set(address, id)?;
        }
        if !addresses.set_if_absent(robust, id)? {
            return Err(Error::Bound(*robust));
        }
        self.address_map = addresses.flush()?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use fvm_ipld_blockstore::MemoryBlockstore;

    use super::*;

    fn fresh() -> (MemoryBlockstore, State) {
        let store = MemoryBlockstore::default();
        let state = State::new(&store, "testnet".into()).unwrap();
        (store, state)
    }

    fn robust(n: u8) -> Address {
        Address::new_actor(&[n])
    }

    fn delegated() -> Address {
        Address::new_delegated(777, b"child").unwrap()
    }

    #[test]
    fn each_actor_gets_the_next_id_under_both_its_addresses() {
        let (store, mut state) = fresh();
        let none = |_| None;
        assert_eq!(state.allocate(&store, &robust(1), None, none), Ok(100));
        assert_eq!(state.allocate(&store, &robust(2), Some(&delegated()), none), Ok(101));
        let addresses = Addresses::load(&store, &state.address_map, &ADDRESSES).unwrap();
        assert_eq!(addresses.get(&robust(1)).unwrap(), Some(&100));
        assert_eq!(addresses.get(&robust(2)).unwrap(), Some(&101));
        assert_eq!(addresses.get(&delegated()).unwrap(), Some(&101));
        assert_eq!(state.next_id, 102);
    }

    #[test]
    fn a_placeholder_keeps_its_id_and_anything_else_is_never_rebound() {
        let (store, mut state) = fresh();
        state.allocate(&store, &robust(1), Some(&delegated()), |_| None).unwrap();
        let before = state.clone();
        for kind in [None, Some(builtin::ACCOUNT), Some(builtin::LAST + 1)] {
            let rebound = state.allocate(&store, &robust(2), Some(&delegated()), |_| kind);
            assert_eq!(rebound, Err(Error::Bound(delegated())), "{kind:?}");
            assert_eq!(state, before);
        }
        let over =
            state.allocate(&store, &robust(2), Some(&delegated()), |_| Some(builtin::PLACEHOLDER));
        assert_eq!(over, Ok(100));
        assert_eq!(state.next_id, 101);
    }

    #[test]
    fn a_robust_address_is_mapped_once() {
        let (store, mut state) = fresh();
        state.allocate(&store, &robust(1), None, |_| None).unwrap();
        let again = state.allocate(&store, &robust(1), None, |_| None);
        assert_eq!(again, Err(Error::Bound(robust(1))));
    }
}
