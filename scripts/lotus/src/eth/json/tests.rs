use serde::de::DeserializeOwned;

use super::*;

fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str::<Value>(json)
        .and_then(serde_json::from_value)
        .map_err(|e: serde_json::Error| e.to_string())
}

fn written<T: Serialize>(value: T) -> String {
    serde_json::to_string(&value).unwrap()
}

#[test]
fn a_number_is_written_in_hex_and_read_in_hex_decimal_or_as_it_is() {
    assert_eq!(written(EthUint64(0)), r#""0x0""#);
    assert_eq!(written(EthUint64(255)), r#""0xff""#);
    for json in [r#""0x10""#, r#""0x0010""#, r#""16""#, "16"] {
        assert_eq!(read(json), Ok(EthUint64(16)));
    }
    let refused = |json| read::<EthUint64>(json).unwrap_err();
    assert_eq!(refused("null"), "strconv.ParseUint: parsing \"\": invalid syntax");
    assert_eq!(refused(r#""0x""#), "strconv.ParseUint: parsing \"\": invalid syntax");
    assert_eq!(refused(r#""0X10""#), "strconv.ParseUint: parsing \"0X10\": invalid syntax");
    assert_eq!(refused(r#""+1""#), "strconv.ParseUint: parsing \"+1\": invalid syntax");
    assert_eq!(
        refused(r#""0x10000000000000000""#),
        "strconv.ParseUint: parsing \"10000000000000000\": value out of range"
    );
    assert_eq!(refused("-1"), "cannot interpret -1 as a hex-encoded uint64, or a number");
}

#[test]
fn a_big_number_is_hex_with_or_without_its_prefix_and_garbage_is_zero() {
    let number = |n: u64| Ok(EthBigInt(n.into()));
    assert_eq!(written(EthBigInt::default()), r#""0x0""#);
    assert_eq!(read(r#""0x10""#), number(16));
    assert_eq!(read(r#""10""#), number(16));
    for json in ["null", r#""0x""#, r#""""#, r#""zz""#, r#""-1""#] {
        assert_eq!(read(json), number(0));
    }
    assert_eq!(
        read::<EthBigInt>("1").unwrap_err(),
        "json: cannot unmarshal number into Go value of type string"
    );
}

#[test]
fn an_amount_is_a_big_number_and_back() {
    let amount = TokenAmount::from_whole(3);
    assert_eq!(TokenAmount::from(&EthBigInt::from(&amount)), amount);
    assert_eq!(EthBigInt::from(&TokenAmount::from_atto(-1)), EthBigInt::default());
}

#[test]
fn bytes_are_hex_of_any_case_and_length() {
    let bytes = |bytes: &[u8]| Ok(EthBytes(bytes.to_vec()));
    assert_eq!(written(EthBytes(vec![])), r#""0x""#);
    assert_eq!(written(EthBytes(vec![0, 0xab])), r#""0x00ab""#);
    assert_eq!(read(r#""0xAb0""#), bytes(&[0x0a, 0xb0]));
    assert_eq!(read("null"), bytes(&[]));
    assert_eq!(
        read::<EthBytes>(r#""0xzz""#).unwrap_err(),
        "cannot parse hex value: encoding/hex: invalid byte: U+007A 'z'"
    );
}

#[test]
fn a_hash_has_a_length() {
    let digits = "ab".repeat(32);
    let hash = EthHash([0xab; 32]);
    for text in [format!("0x{digits}"), format!("0X{}", digits.to_uppercase()), digits.clone()] {
        assert_eq!(text.parse(), Ok(hash));
    }
    // A leading zero that some clients leave out.
    assert_eq!(
        digits[1..].parse(),
        Ok(EthHash({
            let mut bytes = [0xab; 32];
            bytes[0] = 0x0b;
            bytes
        }))
    );
    assert_eq!(
        read::<EthHash>("null").unwrap_err(),
        "expected hex string length sans prefix 64, got 0"
    );
    assert_eq!(
        format!("{digits}a").parse::<EthHash>().unwrap_err().to_string(),
        "expected hex string length sans prefix 64, got 66"
    );
}

#[test]
fn a_hash_of_the_chain_is_the_digest_of_a_cid() {
    let cid = crate::cid_of(b"block");
    let hash = EthHash::of_cid(&cid).unwrap();
    assert_eq!(hash.cid(), cid);
    let raw = Cid::new_v1(fvm_ipld_encoding::IPLD_RAW, *cid.hash());
    assert_eq!(EthHash::of_cid(&raw), None);
}
