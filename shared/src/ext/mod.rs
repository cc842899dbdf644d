//! Foreign interfaces: the methods of other actors that ours call or answer, with the shapes of
//! their parameters and replies. A method whose parameter or reply is one bare value (transparent,
//! in the FVM's words) has no type here: the value's own type serves.

pub mod account;
pub mod init;
pub mod loan_agent;
pub mod market;
pub mod miner;
pub mod power;

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, BytesSer};
use fvm_shared::ActorID;
use fvm_shared::error::ExitCode;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::Error;
use crate::dispatch::decode;

pub const SYSTEM_ACTOR: ActorID = 0;
pub const INIT_ACTOR: ActorID = 1;
pub const REWARD_ACTOR: ActorID = 2;
pub const CRON_ACTOR: ActorID = 3;
pub const POWER_ACTOR: ActorID = 4;
pub const MARKET_ACTOR: ActorID = 5;
pub const VERIFREG_ACTOR: ActorID = 6;
pub const DATACAP_ACTOR: ActorID = 7;
pub const EAM_ACTOR: ActorID = 10;
pub const BURNT_FUNDS_ACTOR: ActorID = 99;

/// Positions of the official codes in the manifest of built-in actors, as
/// `get_builtin_actor_type` returns them. The FVM's own codes end with [`builtin::LAST`]; what a
/// network adds comes after.
pub mod builtin {
    pub const SYSTEM: i32 = 1;
    pub const INIT: i32 = 2;
    pub const CRON: i32 = 3;
    pub const ACCOUNT: i32 = 4;
    pub const POWER: i32 = 5;
    pub const MINER: i32 = 6;
    pub const MARKET: i32 = 7;
    pub const PAYMENT_CHANNEL: i32 = 8;
    pub const MULTISIG: i32 = 9;
    pub const REWARD: i32 = 10;
    pub const VERIFREG: i32 = 11;
    pub const DATACAP: i32 = 12;
    pub const PLACEHOLDER: i32 = 13;
    pub const EVM: i32 = 14;
    pub const EAM: i32 = 15;
    pub const ETH_ACCOUNT: i32 = 16;
    pub const LAST: i32 = ETH_ACCOUNT;
}

/// Decodes a reply that must be there, and be one value of its type in CBOR. [`Error::Encoding`] else.
pub fn reply<R: DeserializeOwned>(block: Option<IpldBlock>) -> Result<R, Error> {
    let what = "reply of another actor";
    let block = block.ok_or_else(|| Error::encoding(what, "empty"))?;
    decode(block.codec, &block.data).map_err(|e| Error::encoding(what, e))
}

/// The CID of data that is not in the state tree. The FVM checks that every link of a DAG-CBOR block
/// leads to a block that it knows (commitments of pieces and sectors excepted), so this one is kept
/// and sent as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataCid(pub Cid);

impl Serialize for DataCid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BytesSer(&self.0.to_bytes()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DataCid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let BytesDe(bytes) = BytesDe::deserialize(deserializer)?;
        let mut rest = bytes.as_slice();
        let cid = Cid::read_bytes(&mut rest).map_err(D::Error::custom)?;
        if rest.is_empty() { Ok(DataCid(cid)) } else { Err(D::Error::custom("trailing bytes")) }
    }
}

/// Outcome of a batch: how many items succeeded, and the index and code of each that did not.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchReturn {
    pub success_count: u32,
    pub fail_codes: Vec<FailCode>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct FailCode {
    pub index: u32,
    pub code: ExitCode,
}

impl BatchReturn {
    /// How many items the batch had.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::from(self.success_count).saturating_add(self.fail_codes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};

    use super::*;

    #[test]
    fn a_reply_is_there_and_exactly_one_value_of_its_type() {
        let told =
            |codec, data: &[u8]| reply::<u64>(Some(IpldBlock { codec, data: data.to_vec() }));
        assert_eq!((told(DAG_CBOR, &[7]), told(CBOR, &[7])), (Ok(7), Ok(7)));
        assert!(matches!(reply::<u64>(None), Err(Error::Encoding { .. })));
        let raw = Some(IpldBlock { codec: IPLD_RAW, data: alloc::vec![7] });
        assert!(matches!(reply::<BytesDe>(raw), Err(Error::Encoding { .. })), "raw bytes");
        for (codec, data) in
            [(CBOR, &[][..]), (CBOR, &[7, 7]), (CBOR, &[0x61]), (CBOR, &[0xf5]), (IPLD_RAW, &[7])]
        {
            assert!(
                matches!(told(codec, data), Err(Error::Encoding { .. })),
                "{codec:#x} {data:?}"
            );
        }
    }

    #[test]
    fn a_data_cid_is_exactly_one_cid() {
        let cid = DataCid(Cid::default());
        let bytes = fvm_ipld_encoding::to_vec(&cid).unwrap();
        assert_eq!(fvm_ipld_encoding::from_slice::<DataCid>(&bytes).unwrap(), cid);
        let trailing = [cid.0.to_bytes(), alloc::vec![0]].concat();
        let trailing = fvm_ipld_encoding::to_vec(&BytesSer(&trailing)).unwrap();
        assert!(fvm_ipld_encoding::from_slice::<DataCid>(&trailing).is_err());
    }
}
