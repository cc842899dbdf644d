//! Addresses as people write them.

use ::lotus::eth::EthAddress;
use ::lotus::json;
use anyhow::{Context, Result};
use fvm_shared::address::Address;

const FORMS: &str =
    "an address is f0…, f1…, f2…, f3…, f410… or 0x…, or the same with t: copy it whole";

/// Reads an address of any network, or one of Ethereum: of the ID that it masks, else f410.
pub fn parse_address(text: &str) -> Result<Address> {
    let read = match text.strip_prefix("0x") {
        Some(_) => text
            .parse()
            .map_err(anyhow::Error::from)
            .and_then(|address: EthAddress| Ok(address.to_filecoin()?)),
        None => json::parse_address(text).map_err(anyhow::Error::from),
    };
    read.context(FORMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_filecoin_or_ethereum_writes_it() {
        let id = Address::new_id(112);
        for text in ["f0112", "t0112", "0xff00000000000000000000000000000000000070"] {
            assert_eq!(parse_address(text).unwrap(), id, "{text}");
        }
        let eth = EthAddress([7; 20]);
        assert_eq!(parse_address(&eth.to_string()).unwrap(), eth.to_filecoin().unwrap());
        assert_eq!(parse_address("f410fa4dqoby").err().map(|error| error.to_string()), refused());
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_would_be_one() {
        for text in ["", "0x", "0xff", "112", "x0112", "f1cut", "t410f"] {
            let error = parse_address(text).err().map(|error| error.to_string());
            assert_eq!(error, refused(), "{text}");
        }
    }

    fn refused() -> Option<String> {
        Some(FORMS.to_owned())
    }
}
