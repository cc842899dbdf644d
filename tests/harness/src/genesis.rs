//! The first state of a network.
//!
//! System, Init, the faucet and burnt funds are put in the state tree; every other singleton starts
//! with an empty state and is constructed by an implicit message from f00, so nothing here knows
//! their layouts and any bundle of built-in actors will do.

use anyhow::{Context, Result};
use cid::Cid;
use fvm::state_tree::{ActorState, StateTree};
use fvm_ipld_encoding::CborStore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::bigint::bigint_ser::BigIntSer;
use fvm_shared::econ::TokenAmount;
use fvm_shared::state::StateTreeVersion;
use fvm_shared::{HAMT_BIT_WIDTH, METHOD_CONSTRUCTOR};
use multihash_codetable::Code;
use num_traits::Zero;
use shared::ext::{
    BURNT_FUNDS_ACTOR, CRON_ACTOR, DATACAP_ACTOR, EAM_ACTOR, INIT_ACTOR, MARKET_ACTOR, POWER_ACTOR,
    REWARD_ACTOR, SYSTEM_ACTOR, VERIFREG_ACTOR,
};
use shared::{Map, MapSpec};

use crate::account::{Account, Key};
use crate::bundle::Actors;
use crate::message::Call;
use crate::network::Network;
use crate::store::Store;

/// FIL that the reward actor holds for block rewards, as at mainnet's genesis.
const MINING_RESERVE: i64 = 1_100_000_000;
/// FIL that the faucet gives away.
const FAUCET_FUNDS: i64 = 500_000_000;

/// Names of the keys of those accounts that exist from the start.
const FAUCET: &str = "faucet";
const VERIFREG: &str = "verifreg";

/// Init's address map, as the FVM reads it.
pub static ADDRESSES: MapSpec = MapSpec { name: "addresses", bit_width: HAMT_BIT_WIDTH };

/// Accounts that exist from the start.
pub struct Founders {
    /// Pays for every account that a test asks for.
    pub faucet: Account,
    /// Root of the verified registry: appoints verifiers.
    pub verifreg_root: Account,
}

impl Founders {
    /// Those of a network that exists.
    pub fn of(resolve: impl Fn(&Address) -> Option<ActorID>) -> Result<Self> {
        let find = |name: &str| -> Result<Account> {
            let key = Key::secp256k1(name);
            let robust = key.address()?;
            let id = resolve(&robust).with_context(|| format!("the state has no {name}"))?;
            Ok(Account { id, robust, key })
        };
        Ok(Founders { faucet: find(FAUCET)?, verifreg_root: find(VERIFREG)? })
    }
}

/// Writes the state tree before any message has run.
pub fn state_tree(store: &Store, actors: &Actors, network_name: &str) -> Result<(Cid, Founders)> {
    let mut tree = StateTree::new(store.clone(), StateTreeVersion::V5)?;
    let empty = store.put_cbor::<[(); 0]>(&[], Code::Blake2b256)?;
    let manifest_data = store.put_cbor(&actors.entries, Code::Blake2b256)?;
    let system = store.put_cbor(&(manifest_data,), Code::Blake2b256)?;
    let addresses = Map::<_, Address, ActorID>::empty(store, &ADDRESSES)?;
    let init = store.put_cbor(&(addresses, 100_u64, network_name), Code::Blake2b256)?;
    let burnt = store.put_cbor(&(Address::new_id(BURNT_FUNDS_ACTOR),), Code::Blake2b256)?;
    let singletons: [(ActorID, &str, Cid, i64); 10] = [
        (SYSTEM_ACTOR, "system", system, 0),
        (INIT_ACTOR, "init", init, 0),
        (REWARD_ACTOR, "reward", empty, MINING_RESERVE),
        (CRON_ACTOR, "cron", empty, 0),
        (POWER_ACTOR, "storagepower", empty, 0),
        (MARKET_ACTOR, "storagemarket", empty, 0),
        (VERIFREG_ACTOR, "verifiedregistry", empty, 0),
        (DATACAP_ACTOR, "datacap", empty, 0),
        (EAM_ACTOR, "eam", empty, 0),
        (BURNT_FUNDS_ACTOR, "account", burnt, 0),
    ];
    for (id, name, state, funds) in singletons {
        let balance = TokenAmount::from_whole(funds);
        tree.set_actor(id, ActorState::new(actors.code(name), state, balance, 0, None));
    }
    let mut found = |name: &str, funds: i64| -> Result<Account> {
        let key = Key::secp256k1(name);
        let robust = key.address()?;
        let id = tree.register_new_address(&robust)?;
        let state = store.put_cbor(&(robust,), Code::Blake2b256)?;
        let balance = TokenAmount::from_whole(funds);
        tree.set_actor(id, ActorState::new(actors.code("account"), state, balance, 0, None));
        Ok(Account { id, robust, key })
    };
    let founders =
        Founders { faucet: found(FAUCET, FAUCET_FUNDS)?, verifreg_root: found(VERIFREG, 0)? };
    Ok((tree.flush()?, founders))
}

/// Runs the constructors of the singletons.
pub fn construct(network: &mut Network, verifreg_root: &Account) {
    let id = Address::new_id;
    let call = |to| Call::new(id(SYSTEM_ACTOR), id(to));
    let cron_entries = ([(id(POWER_ACTOR), 5_u64), (id(MARKET_ACTOR), 9)],);
    let constructors = [
        call(REWARD_ACTOR).method(METHOD_CONSTRUCTOR, &Power(BigInt::zero())),
        call(CRON_ACTOR).method(METHOD_CONSTRUCTOR, &cron_entries),
        call(POWER_ACTOR).method(METHOD_CONSTRUCTOR, &()),
        call(MARKET_ACTOR).method(METHOD_CONSTRUCTOR, &()),
        call(VERIFREG_ACTOR).method(METHOD_CONSTRUCTOR, &verifreg_root.address()),
        call(DATACAP_ACTOR).method(METHOD_CONSTRUCTOR, &id(VERIFREG_ACTOR)),
    ];
    for constructor in constructors {
        network.implicit(constructor).ok();
    }
}

/// Storage power as a bare parameter.
struct Power(BigInt);

impl serde::Serialize for Power {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BigIntSer(&self.0).serialize(serializer)
    }
}
