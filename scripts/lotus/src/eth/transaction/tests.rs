use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::eth::rlp as strict;

const CHAIN: u64 = 31_415_926;

/// Signed with ethers.js 6 by the key 0x0123456789…0123 for chain 31415926.
const SIGNER: &str = "0x14791697260e4c9a71f18484c9f997b308e59325";
const CALL: &str = "02f89b8401df5e760783030d408459682f008401c9c3809452908400098527886e0f7030069857d2e4169ee7880de0b6b3a7640000a4a9059cbb0000000000000000000000000000000000000000000000000000000000000001c001a0ca26f78e9f51daf7779b9cc717585f425002858122ac94d41dfcef202336a618a07f92fdb393a050f590528336221c55fcc1fdc064ef961f269f3fd04e4381698b";
const CREATE: &str = "02f8558401df5e76800102648080856080604052c001a0dcef61cd628fd912b6f17b089ef4a75b67989018ea060ed15d3fd35225eb9500a0781c7a53c969693e04cd1da4c0620882cf928c3efed1305ff4da4554271318ae";
const EIP155: &str = "f86701843b9aca008252089452908400098527886e0f7030069857d2e4169ee705808403bebd0fa048bca6935b46fd99f7eb685be7077332c6f6e678a51e0c071b68e9d48ac8fe1ba04ca3128d33f9fcdb177d3cbe5e39f296f12e1bedb3cdd337bc001b537fea26d4";
const HOMESTEAD: &str = "f86182012c6482c35094ff0000000000000000000000000000000000006580011ca0464741038ca7ba61bc31de536aec0b0dc8ede28cc65303f6c7d3b3cb1f9b9ddba003e23b632539929d11d2c9fc2d8f32837bb1f4162b856eb565c5527c916183bc";

fn raw(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn parsed(hex: &str) -> Transaction {
    Transaction::parse(&raw(hex), CHAIN).unwrap()
}

#[track_caller]
fn check(hex: &str, hash: &str, signature_len: usize) -> Message {
    let transaction = parsed(hex);
    assert_eq!(transaction.hash().to_string(), hash);
    assert_eq!(transaction.encoded(), raw(hex));
    assert_eq!(transaction.sender().unwrap().to_string(), SIGNER);

    let signed = transaction.signed_message(CHAIN).unwrap();
    assert_eq!(signed.signature.bytes().len(), signature_len);
    assert_eq!(Transaction::of(&signed, CHAIN), Ok(transaction));
    assert_eq!(hash_of(&signed, CHAIN).unwrap().to_string(), hash);
    crate::keys::verify(&signed, CHAIN).unwrap();
    signed.message
}

#[test]
fn a_call_of_eip1559_is_a_message() {
    let message =
        check(CALL, "0x04972b7f05ccc4fc92952ba7e8fc717231870525cc98216f00fe8d5215d7153f", 65);
    let to: EthAddress = "0x52908400098527886E0F7030069857D2E4169EE7".parse().unwrap();
    let from: EthAddress = SIGNER.parse().unwrap();
    let mut params = vec![0x58, 36];
    params.extend(raw("a9059cbb0000000000000000000000000000000000000000000000000000000000000001"));
    let expected = Message {
        version: 0,
        from: from.to_filecoin().unwrap(),
        to: to.to_filecoin().unwrap(),
        sequence: 7,
        value: TokenAmount::from_whole(1),
        method_num: 3_844_450_837,
        params: RawBytes::new(params),
        gas_limit: 30_000_000,
        gas_fee_cap: TokenAmount::from_atto(1_500_000_000),
        gas_premium: TokenAmount::from_atto(200_000),
    };
    assert_eq!(message, expected);
}

#[test]
fn a_transaction_to_nobody_creates_a_contract() {
    let message =
        check(CREATE, "0x243eafc4e0172b0eed31eb7d79b0175ddb69aa100b8a9be6d4fa345cb3d91f58", 65);
    assert_eq!((message.to, message.method_num), (Address::new_id(10), 4));
    assert_eq!(message.params.bytes(), [0x45, 0x60, 0x80, 0x60, 0x40, 0x52]);
}

#[test]
fn a_legacy_transaction_pays_one_price_and_names_its_chain_in_v() {
    let message =
        check(EIP155, "0x72576f48674b1d74debcf5b584afc2c4606f591db9d57227f7682eb6f4d03932", 69);
    assert_eq!(message.gas_fee_cap, TokenAmount::from_atto(1_000_000_000));
    assert_eq!(message.gas_premium, message.gas_fee_cap);
    assert_eq!(message.params, RawBytes::default());
}

#[test]
fn a_transaction_without_a_chain_reaches_an_actor_by_its_masked_id() {
    let message =
        check(HOMESTEAD, "0xc01ec11b3bb22114171c9115cb6642d3c677179763ce9ba2ae1f8f84c422a446", 66);
    assert_eq!(message.to, Address::new_id(101));
}

#[test]
fn a_transaction_for_another_chain_is_refused() {
    let text = |hex| match Transaction::parse(&raw(hex), 314) {
        Ok(transaction) => transaction.signed_message(314).unwrap_err().to_string(),
        Err(e) => e.to_string(),
    };
    assert_eq!(text(CALL), "failed to convert to unsigned msg: invalid chain id: 31415926");
    assert_eq!(
        text(EIP155),
        "failed to parse legacy transaction: failed to validate EIP155 chain id: invalid chain id, expected 314, got 31415926"
    );
    assert!(Transaction::parse(&raw(HOMESTEAD), 314).unwrap().signed_message(314).is_ok());
}

/// A list of fields, each already encoded.
fn list(fields: &[&[u8]]) -> Vec<u8> {
    let mut list = RlpStream::new_list(fields.len());
    for field in fields {
        list.append_raw(field, 1);
    }
    list.out().to_vec()
}

const NINE: [&[u8]; 9] = [&[0x80]; 9];
const TWELVE: [&[u8]; 12] = {
    let mut fields: [&[u8]; 12] = [&[0x80]; 12];
    fields[8] = &[0xc0];
    fields
};

#[track_caller]
fn refused(raw: &[u8], text: &str) {
    assert_eq!(Transaction::parse(raw, CHAIN).unwrap_err().to_string(), text);
}

#[test]
fn what_is_no_transaction_is_refused_in_the_words_of_lotus() {
    refused(&[], "empty data");
    refused(&[1, 0xc0], "EIP-2930 transaction is not supported");
    refused(&[3, 0xc0], "unsupported transaction type");
    refused(&[2], "invalid rlp data: data is empty");
    refused(&[2, 0x80], "not an EIP-1559 transaction: decoded data is not a list");
    refused(&[2, 0xc0], "not an EIP-1559 transaction: should have 12 elements in the rlp list");
    refused(
        &[0xc0],
        "failed to parse legacy transaction: not a Legacy transaction: should have 9 elements in the rlp list",
    );
    refused(
        &[0xc1],
        "failed to parse legacy transaction: invalid rlp data: out of bound while parsing list",
    );
}

#[test]
fn each_field_of_eip1559_is_checked() {
    let with = |index: usize, field: &[u8]| {
        let mut fields = TWELVE;
        fields[index] = field;
        [&[2], list(&fields).as_slice()].concat()
    };
    let long = [&[0x89][..], &[1; 9]].concat();
    refused(&with(0, &[0xc0]), "cannot parse interface to int: input is not a byte array");
    refused(&with(1, &long), "cannot parse interface to int: length is more than 8 bytes");
    refused(&with(2, &[0xc0]), "cannot parse interface to big.Int: input is not a byte array");
    refused(&with(5, &[1]), "cannot parse bytes into an EthAddress: incorrect input length");
    refused(&with(7, &[0xc0]), "cannot parse interface into bytes: input is not a byte array");
    refused(&with(8, &[0xc1, 1]), "access list should be an empty list");
    refused(&with(8, &[0x80]), "access list should be an empty list");
    refused(&with(9, &[2]), "EIP-1559 transactions only support 0 or 1 for v");
}

#[test]
fn v_of_a_legacy_transaction_is_checked() {
    let with = |v: &[u8]| {
        let mut fields = NINE;
        fields[6] = v;
        list(&fields)
    };
    let parse = "failed to parse legacy transaction: ";
    let homestead = "legacy homestead transactions only support 27 or 28 for v, got 35";
    refused(&with(&[35]), &format!("{parse}{homestead}"));
    let chain = "failed to validate EIP155 chain id: invalid chain id, expected 31415926, got";
    refused(&with(&[0x80]), &format!("{parse}{chain} 9223372036854775790"));
    let mut fields = NINE;
    fields[5] = &[0xc0];
    refused(&list(&fields), &format!("{parse}input is not a byte slice"));
}

#[test]
fn leading_zeros_of_numbers_are_read_and_not_kept() {
    let mut fields = TWELVE;
    fields[1] = &[0x82, 0, 7];
    let transaction =
        Transaction::parse(&[&[2], list(&fields).as_slice()].concat(), CHAIN).unwrap();
    fields[1] = &[7];
    assert_eq!(transaction.encoded(), [&[2], list(&fields).as_slice()].concat());
}

#[test]
fn numbers_that_are_no_signature_have_no_sender() {
    let mut transaction = parsed(CALL);
    transaction.r = BigUint::from(1u8) << 256;
    assert_eq!(
        transaction.signed_message(CHAIN).unwrap_err().to_string(),
        "failed to calculate sender: failed to get signature: signature is not 65 bytes"
    );
    transaction.r = BigUint::ZERO;
    assert_eq!(
        transaction.signed_message(CHAIN).unwrap_err().to_string(),
        "failed to calculate sender: failed to recover pubkey: malformed signature"
    );
}

#[test]
fn a_high_s_is_as_good() {
    let order = BigUint::from_bytes_be(&raw(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    ));
    let mut transaction = parsed(CALL);
    transaction.s = order - transaction.s;
    transaction.v = BigUint::ZERO;
    assert_eq!(transaction.sender().unwrap().to_string(), SIGNER);
}

#[track_caller]
fn no_transaction(change: impl Fn(&mut SignedMessage), text: &str) {
    let mut signed = parsed(EIP155).signed_message(CHAIN).unwrap();
    change(&mut signed);
    assert_eq!(Transaction::of(&signed, CHAIN).unwrap_err().to_string(), text);
}

#[test]
fn a_message_that_is_no_transaction_is_refused_in_the_words_of_lotus() {
    no_transaction(
        |m| m.signature.sig_type = SignatureType::Secp256k1,
        "signature is not delegated type, is type: 1",
    );
    no_transaction(|m| m.message.from = Address::new_actor(b"a"), "sender was not an eth account");
    no_transaction(|m| m.message.version = 1, "unsupported msg version: 1");
    no_transaction(|m| m.signature.bytes.clear(), "unsupported signature length");
    no_transaction(
        |m| m.signature.bytes[0] = 9,
        "unsupported legacy transaction; first byte of signature is 9",
    );
    no_transaction(
        |m| m.signature.bytes[0] = 1,
        "failed to initialise signature: signature should be 66 bytes long, but got 69 bytes",
    );
    no_transaction(
        |m| m.signature.bytes.truncate(66),
        "failed to initialise signature: signature should be 69 or 69 bytes long, but got 66 bytes",
    );
    no_transaction(
        |m| m.signature.bytes[68] += 2,
        "failed to initialise signature: failed to validate EIP155 chain id: invalid chain id, expected 31415926, got 31415927",
    );
    let parse = "failed to parse input params and recipient: ";
    let params = |bytes: &'static [u8]| {
        move |m: &mut SignedMessage| m.message.params = RawBytes::new(bytes.to_vec())
    };
    no_transaction(
        params(&[0x80]),
        &format!("{parse}failed to read params byte array: expected byte array"),
    );
    no_transaction(params(&[0x41, 1, 2]), &format!("{parse}extra data found in params"));
    no_transaction(params(&[0x40]), &format!("{parse}non-empty params encode empty byte array"));
    no_transaction(
        |m| m.message.to = Address::new_id(10),
        &format!("{parse}unsupported EAM method"),
    );
    no_transaction(
        |m| m.message.method_num = 0,
        &format!(
            "{parse}invalid methodnum 0: only allowed method is InvokeContract(3844450837) or CreateExternal(4)"
        ),
    );
}

#[test]
fn a_legacy_message_with_a_second_price_is_no_transaction() {
    let mut signed = parsed(EIP155).signed_message(CHAIN).unwrap();
    signed.message.gas_premium = TokenAmount::from_atto(1);
    let error = crate::keys::verify(&signed, CHAIN).unwrap_err();
    assert_eq!(error.to_string(), "Ethereum transaction roundtrip mismatch");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nobody can change what somebody else signed.
    #[test]
    fn a_changed_byte_is_another_sender_or_an_error(
        which in 0..4_usize, at in any::<prop::sample::Index>(), change in 1..=255_u8,
    ) {
        let mut bytes = raw([CALL, CREATE, EIP155, HOMESTEAD][which]);
        let original = Transaction::parse(&bytes, CHAIN).unwrap();
        *at.get_mut(&mut bytes) ^= change;
        if let Ok(changed) = Transaction::parse(&bytes, CHAIN) {
            prop_assert_ne!(changed.hash(), original.hash());
            prop_assert!(changed.sender().ok() != original.sender().ok());
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = strict::decode(&bytes);
        if let Ok(transaction) = Transaction::parse(&bytes, CHAIN) {
            let _ = transaction.signed_message(CHAIN);
        }
    }

    #[test]
    fn what_is_encoded_is_read_back(
        kind in 0..3_u8,
        nonce: u64,
        gas_limit: u64,
        to in prop::option::of(any::<[u8; 20]>()),
        value: u128,
        fees: (u128, u64),
        input in prop::collection::vec(any::<u8>(), 0..300),
        signature: ([u8; 32], [u8; 32], bool),
    ) {
        let (r, s, odd) = signature;
        let (price, premium) = (BigUint::from(fees.0), BigUint::from(fees.1));
        let (kind, v) = match kind {
            0 => (Kind::Homestead { gas_price: price }, 27),
            1 => (Kind::Eip155 { chain_id: CHAIN, gas_price: price }, 35 + 2 * CHAIN),
            _ => (
                Kind::Eip1559 { chain_id: CHAIN, max_fee: price, max_priority_fee: premium },
                0,
            ),
        };
        let body = Body {
            kind,
            nonce,
            gas_limit,
            to: to.map(EthAddress),
            value: value.into(),
            input,
        };
        let transaction = Transaction {
            body,
            v: (v + u64::from(odd)).into(),
            r: BigUint::from_bytes_be(&r),
            s: BigUint::from_bytes_be(&s),
        };
        let read = Transaction::parse(&transaction.encoded(), CHAIN);
        prop_assert_eq!(read.as_ref(), Ok(&transaction));
        if let Ok(signed) = transaction.signed_message(CHAIN) {
            prop_assert_eq!(Transaction::of(&signed, CHAIN), Ok(transaction));
        }
    }
}
