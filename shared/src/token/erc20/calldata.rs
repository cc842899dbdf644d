//! How calldata comes in and return data goes out.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{BytesDe, BytesSer, CBOR, DAG_CBOR, IPLD_RAW};

use crate::Error;
use crate::dispatch::{Params, Reply};

/// Calldata, or the data that a function returns.
///
/// A contract sends its calldata raw, and none at all where it is empty; a transaction of an account
/// has it as a CBOR byte string. Both take a CBOR byte string for a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calldata(pub Vec<u8>);

impl Params for Calldata {
    fn decode(params: Option<&IpldBlock>) -> Result<Self, Error> {
        let Some(block) = params else { return Ok(Calldata(Vec::new())) };
        match block.codec {
            IPLD_RAW => Ok(Calldata(block.data.clone())),
            CBOR | DAG_CBOR => fvm_ipld_encoding::from_slice(&block.data)
                .map(|BytesDe(data)| Calldata(data))
                .map_err(|e| Error::Params(e.to_string())),
            codec => Err(Error::Params(format!("codec {codec:#x} is neither raw nor CBOR"))),
        }
    }
}

impl Reply for Calldata {
    fn encode(&self) -> Result<Option<IpldBlock>, Error> {
        IpldBlock::serialize_cbor(&BytesSer(&self.0)).map_err(|e| Error::encoding("reply", e))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn decode(codec: u64, data: &[u8]) -> Result<Calldata, Error> {
        Calldata::decode(Some(&IpldBlock { codec, data: data.to_vec() }))
    }

    #[test]
    fn calldata_comes_raw_or_as_one_byte_string() {
        let calldata = Calldata(vec![1, 2]);
        assert_eq!(decode(0x55, &[1, 2]), Ok(calldata.clone()));
        assert_eq!(decode(0x51, &[0x42, 1, 2]), Ok(calldata.clone()));
        assert_eq!(decode(0x71, &[0x42, 1, 2]), Ok(calldata));
        for empty in [Calldata::decode(None), decode(0x55, &[]), decode(0x51, &[0x40])] {
            assert_eq!(empty, Ok(Calldata(vec![])));
        }
        for (codec, bad) in [
            (0x51, &[][..]),
            (0x51, &[0x42, 1]),
            (0x51, &[0x42, 1, 2, 3]),
            (0x51, &[0x82, 1, 2]),
            (0x51, &[0x62, 65, 66]),
            (0x51, &[0xf6]),
            (0x70, &[0x42, 1, 2]),
            (0x00, &[]),
        ] {
            assert!(matches!(decode(codec, bad), Err(Error::Params(_))), "{codec:#x} {bad:?}");
        }
    }

    #[test]
    fn return_data_is_a_cbor_byte_string() {
        let block = Calldata(vec![1, 2]).encode().unwrap().unwrap();
        assert_eq!((block.codec, &block.data[..]), (0x51, &[0x42, 1, 2][..]));
        let block = Calldata(vec![]).encode().unwrap().unwrap();
        assert_eq!((block.codec, &block.data[..]), (0x51, &[0x40][..]));
    }
}
