//! What a node tells of its network and of the actors there.

use std::collections::BTreeMap;

use ::lotus::actor::ActorJson;
use ::lotus::block::TipsetKey;
use ::lotus::json::{Addr, Link, NullableBase64, parse_address};
use cid::Cid;
use fvm_harness::TokenAmount;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::clock::ChainEpoch;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Lotus, TipSet};
use crate::node::{Chain, Trouble};

/// Which network a node is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    /// The first block.
    pub genesis: Cid,
    /// The EIP-155 number of the chain; `None` where the node does not tell.
    pub chain_id: Option<u64>,
    /// The version of the network's rules.
    pub version: u32,
    /// What the node says that it is.
    pub node: String,
    /// Seconds from one epoch to the next.
    pub block_delay: u64,
}

/// An actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnChain {
    pub code: Cid,
    /// The root of its state.
    pub head: Cid,
    pub nonce: u64,
    pub balance: TokenAmount,
    /// Its f4 address.
    pub delegated: Option<Address>,
}

impl Lotus {
    pub fn identity(&mut self) -> Result<Identity, Trouble> {
        let told: Version = self.rpc.ask("Version", json!([]))?;
        let name = self.rpc.ask("StateNetworkName", json!([]))?;
        let version = self.network_version()?;
        let genesis: TipSet = self.rpc.ask("ChainGetGenesis", json!([]))?;
        let genesis = genesis.cids.0.first().copied();
        let genesis =
            genesis.ok_or_else(|| Trouble::Refused("ChainGetGenesis: no blocks".into()))?;
        // Lotus has its Ethereum methods turned off unless its configuration says otherwise.
        let chain_id = match self.chain_id() {
            Ok(id) => Some(id),
            Err(Trouble::Refused(_)) => None,
            Err(unreachable) => return Err(unreachable),
        };
        let (node, block_delay) = (told.version, told.block_delay);
        Ok(Identity { name, genesis, chain_id, version, node, block_delay })
    }

    /// The actor with an address, once its creation is on chain.
    pub fn actor(&mut self, address: &Address) -> Result<Option<OnChain>, Trouble> {
        self.actor_at(address, &TipsetKey::default())
    }

    /// The actor with an address, in the state of a tipset.
    pub fn actor_at(
        &mut self,
        address: &Address,
        at: &TipsetKey,
    ) -> Result<Option<OnChain>, Trouble> {
        match self.rpc.ask::<ActorJson>("StateGetActor", json!([address.to_string(), at])) {
            Ok(ActorJson { code, head, nonce, balance, delegated_address }) => Ok(Some(OnChain {
                code: code.0,
                head: head.0,
                nonce,
                balance: balance.0,
                delegated: delegated_address.map(|address| address.0),
            })),
            Err(Trouble::Refused(told)) if told.contains("actor not found") => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// The tipset at a height, or the last one before where nothing was mined then.
    pub fn tipset_at(&mut self, height: ChainEpoch) -> Result<(TipsetKey, ChainEpoch), Trouble> {
        let tipset: TipSet = self.rpc.ask("ChainGetTipSetByHeight", json!([height, []]))?;
        Ok((tipset.cids, tipset.height))
    }

    /// The ID of the actor with an address, in the state of a tipset.
    pub fn id_at(&mut self, address: &Address, at: &TipsetKey) -> Result<ActorID, Trouble> {
        if let Ok(id) = address.id() {
            return Ok(id);
        }
        let text: String = self.rpc.ask("StateLookupID", json!([address.to_string(), at]))?;
        let id = parse_address(&text).and_then(|address| address.id());
        id.map_err(|_| Trouble::Refused(format!("StateLookupID: no ID address: {text:?}")))
    }

    /// The f2 or other address that does not change with the order of blocks; `None` for an actor that
    /// has none.
    pub fn robust_of(&mut self, id: ActorID, at: &TipsetKey) -> Result<Option<Address>, Trouble> {
        let params = json!([Address::new_id(id).to_string(), at]);
        match self.rpc.ask_if_known::<Addr>("StateLookupRobustAddress", params) {
            Ok(address) => Ok(address.map(|address| address.0)),
            Err(Trouble::Refused(_)) => Ok(None),
            Err(unreachable) => Err(unreachable),
        }
    }

    /// The state of an actor as the node itself reads it; `None` where it cannot.
    pub fn read_state(
        &mut self,
        address: &Address,
        at: &TipsetKey,
    ) -> Result<Option<Value>, Trouble> {
        match self.rpc.ask_if_known("StateReadState", json!([address.to_string(), at])) {
            Ok(read) => Ok(read.map(|ReadState { state }| state)),
            Err(Trouble::Refused(_)) => Ok(None),
            Err(unreachable) => Err(unreachable),
        }
    }

    /// A block of the chain or of the state; `None` where the node does not have it.
    pub fn block(&self, cid: &Cid) -> Result<Option<Vec<u8>>, Trouble> {
        match self.rpc.ask::<NullableBase64>("ChainReadObj", json!([Link(*cid)])) {
            Ok(block) => Ok(Some(block.0)),
            Err(Trouble::Refused(told)) if told.contains("could not find") => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// The version of the network's rules.
    pub fn network_version(&mut self) -> Result<u32, Trouble> {
        self.rpc.ask("StateNetworkVersion", json!([[]]))
    }

    /// The address of an account's key, by which it signs.
    pub fn key_of(&mut self, account: &Address) -> Result<Address, Trouble> {
        if account.protocol() != Protocol::ID {
            return Ok(*account);
        }
        let text: String = self.rpc.ask("StateAccountKey", json!([account.to_string(), []]))?;
        parse_address(&text)
            .map_err(|_| Trouble::Refused(format!("StateAccountKey: no address: {text:?}")))
    }

    /// The codes of a network's manifest by name; `None` where the node does not tell.
    pub fn manifest(&mut self, version: u32) -> Result<Option<BTreeMap<String, Cid>>, Trouble> {
        let asked = self.rpc.ask_if_known("StateActorCodeCIDs", json!([version]));
        match asked {
            Ok(codes) => Ok(codes.map(|codes: BTreeMap<String, Link>| {
                codes.into_iter().map(|(name, Link(code))| (name, code)).collect()
            })),
            Err(Trouble::Refused(_)) => Ok(None),
            Err(unreachable) => Err(unreachable),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReadState {
    state: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: String,
    block_delay: u64,
}
