//! The registry's root and verifiers.

use alloc::format;

use builtin_common::{Exit, Result};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::econ::TokenAmount;
use shared::{Map, MapSpec, ensure};

use crate::types::{Allocation, AllocationID, Claim, DataCap};

static VERIFIERS: MapSpec = MapSpec { name: "verifiers", bit_width: 5 };
static ALLOCATIONS: MapSpec = MapSpec { name: "allocations", bit_width: 5 };
static CLAIMS: MapSpec = MapSpec { name: "claims", bit_width: 5 };

pub type Verifiers<'s, BS> = Map<'s, BS, ActorID, BigIntDe>;
pub type Allocations<'s, BS> = Map<'s, BS, AllocationID, Allocation>;
pub type Claims<'s, BS> = Map<'s, BS, AllocationID, Claim>;

/// Least bytes of an allocation, and of the allowance of a verifier or client.
pub const MIN_ALLOCATION: u64 = 1 << 20;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub root: ActorID,
    /// [`Verifiers`]: what each may still give away.
    pub verifiers: Cid,
    /// [`Allocations`]
    pub allocations: Cid,
    /// From 1: 0 means none.
    pub next_allocation: AllocationID,
    /// [`Claims`]
    pub claims: Cid,
}

impl State {
    pub fn new<BS: Blockstore>(store: &BS, root: ActorID) -> Result<Self> {
        Ok(State {
            root,
            verifiers: Verifiers::empty(store, &VERIFIERS)?,
            allocations: Allocations::empty(store, &ALLOCATIONS)?,
            next_allocation: 1,
            claims: Claims::empty(store, &CLAIMS)?,
        })
    }

    /// Makes an actor a verifier, or sets anew what it may give away. A client, who has a balance
    /// of DataCap, cannot be one.
    pub fn add_verifier(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        verifier: ActorID,
        balance: &TokenAmount,
        allowance: DataCap,
    ) -> Result<()> {
        self.check_root(caller)?;
        ensure!(verifier != self.root, Exit::illegal_argument("the root is no verifier"));
        ensure!(!balance.is_positive(), Exit::illegal_argument("a client is no verifier"));
        let mut verifiers = self.load_verifiers(store)?;
        verifiers.set(&verifier, BigIntDe(allowance))?;
        self.verifiers = verifiers.flush()?;
        Ok(())
    }

    pub fn remove_verifier(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        verifier: ActorID,
    ) -> Result<()> {
        self.check_root(caller)?;
        let mut verifiers = self.load_verifiers(store)?;
        let removed = verifiers.delete(&verifier)?;
        ensure!(removed.is_some(), Exit::illegal_argument(format!("f0{verifier} is no verifier")));
        self.verifiers = verifiers.flush()?;
        Ok(())
    }

    /// Takes what a client is given from its verifier, and returns what the verifier has left.
    pub fn give(
        &mut self,
        store: &impl Blockstore,
        verifier: ActorID,
        client: ActorID,
        allowance: &DataCap,
    ) -> Result<DataCap> {
        ensure!(client != self.root, Exit::illegal_argument("the root is no client"));
        let mut verifiers = self.load_verifiers(store)?;
        let Some(BigIntDe(cap)) = verifiers.get(&verifier)?.cloned() else {
            return Err(Exit::not_found(format!("f0{verifier} is no verifier")));
        };
        ensure!(!verifiers.contains(&client)?, Exit::illegal_argument("a verifier is no client"));
        ensure!(&cap >= allowance, Exit::illegal_argument(format!("the verifier has {cap} left")));
        let left = cap - allowance;
        verifiers.set(&verifier, BigIntDe(left.clone()))?;
        self.verifiers = verifiers.flush()?;
        Ok(left)
    }

    pub fn load_allocations<'s, BS: Blockstore>(
        &self,
        store: &'s BS,
    ) -> Result<Allocations<'s, BS>> {
        Ok(Map::load(store, &self.allocations, &ALLOCATIONS)?)
    }

    pub fn load_claims<'s, BS: Blockstore>(&self, store: &'s BS) -> Result<Claims<'s, BS>> {
        Ok(Map::load(store, &self.claims, &CLAIMS)?)
    }

    fn load_verifiers<'s, BS: Blockstore>(&self, store: &'s BS) -> Result<Verifiers<'s, BS>> {
        Ok(Map::load(store, &self.verifiers, &VERIFIERS)?)
    }

    fn check_root(&self, caller: ActorID) -> Result<()> {
        ensure!(caller == self.root, Exit::forbidden(format!("f0{caller} is not the root")));
        Ok(())
    }
}

/// Refuses an allowance that no allocation could be made of.
pub fn check_allowance(allowance: &DataCap) -> Result<()> {
    ensure!(
        allowance >= &DataCap::from(MIN_ALLOCATION),
        Exit::illegal_argument(format!("{allowance} bytes are less than an allocation"))
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_shared::error::ExitCode;

    use super::*;

    const ROOT: ActorID = 80;
    const VERIFIER: ActorID = 101;
    const CLIENT: ActorID = 102;

    #[test]
    fn a_verifier_gives_what_it_has_to_those_who_are_neither_root_nor_verifier() {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store, ROOT).unwrap();
        let none = TokenAmount::default();
        state.add_verifier(&store, ROOT, VERIFIER, &none, 10.into()).unwrap();
        assert_eq!(state.give(&store, VERIFIER, CLIENT, &4.into()), Ok(6.into()));
        let mut refused = |verifier, client, bytes: u64| {
            state.give(&store, verifier, client, &bytes.into()).unwrap_err().code
        };
        assert_eq!(refused(VERIFIER, CLIENT, 7), ExitCode::USR_ILLEGAL_ARGUMENT);
        assert_eq!(refused(VERIFIER, ROOT, 1), ExitCode::USR_ILLEGAL_ARGUMENT);
        assert_eq!(refused(VERIFIER, VERIFIER, 1), ExitCode::USR_ILLEGAL_ARGUMENT);
        assert_eq!(refused(CLIENT, CLIENT, 1), ExitCode::USR_NOT_FOUND);
    }

    #[test]
    fn the_root_alone_names_verifiers_who_are_not_clients() {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store, ROOT).unwrap();
        let mut code = |caller, verifier, balance| {
            let balance = TokenAmount::from_whole(balance);
            state.add_verifier(&store, caller, verifier, &balance, 1.into()).unwrap_err().code
        };
        assert_eq!(code(VERIFIER, VERIFIER, 0), ExitCode::USR_FORBIDDEN);
        assert_eq!(code(ROOT, ROOT, 0), ExitCode::USR_ILLEGAL_ARGUMENT);
        assert_eq!(code(ROOT, CLIENT, 1), ExitCode::USR_ILLEGAL_ARGUMENT);
        let unknown = state.remove_verifier(&store, ROOT, VERIFIER).unwrap_err();
        assert_eq!(unknown.code, ExitCode::USR_ILLEGAL_ARGUMENT);
    }
}
