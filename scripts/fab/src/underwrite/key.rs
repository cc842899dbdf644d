//! Keys as `lotus wallet export` writes them: the hex of a JSON object.

use anyhow::{Context, Result, bail};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use fvm_harness::Key;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    r#type: String,
    private_key: String,
}

/// Reads a key out of the text of such a file. No error tells anything of what is in it.
pub fn parse(text: &str) -> Result<Key> {
    let format = "not a key as `lotus wallet export` writes it";
    let json = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok().context(format)?;
    let exported: Exported = serde_json::from_slice(&json).ok().context(format)?;
    let bytes = BASE64.decode(exported.private_key.as_bytes()).ok().context(format)?;
    let bytes = bytes.as_slice().try_into().ok().context(format)?;
    let key = match exported.r#type.as_str() {
        "secp256k1" => Key::secp256k1_from(bytes),
        "bls" => Key::bls_from(bytes),
        _ => bail!("only keys of the types secp256k1 and bls sign specifications"),
    };
    key.ok().context(format)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use serde_json::json;

    use super::*;

    fn exported(kind: &str, bytes: &[u8]) -> String {
        let json = json!({ "Type": kind, "PrivateKey": BASE64.encode(bytes) });
        HEXLOWER.encode(json.to_string().as_bytes())
    }

    #[test]
    fn a_key_is_read_as_lotus_exports_it() {
        let Key::Secp256k1(ann) = Key::secp256k1("ann") else { panic!("another key") };
        let read = parse(&format!("{}\n", exported("secp256k1", &ann.to_bytes()))).unwrap();
        assert_eq!(read.address().unwrap(), Key::Secp256k1(ann).address().unwrap());
        let mut one = [0; 32];
        one[0] = 1;
        let read = parse(&exported("bls", &one).to_uppercase()).unwrap();
        assert_eq!(read.address().unwrap(), Key::bls_from(&one).unwrap().address().unwrap());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_told() {
        let secret = exported("secp256k1", &[7; 31]);
        let texts = [String::new(), "zz".into(), HEXLOWER.encode(b"{}"), secret.clone()];
        for text in texts.into_iter().chain([exported("delegated", &[7; 32])]) {
            let told = format!("{:#}", parse(&text).err().expect("no key"));
            assert!(told.contains("key") && !told.contains(&BASE64.encode(&[7; 31])), "{told}");
        }
    }
}
