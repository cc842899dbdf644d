use fvm_ipld_encoding::RawBytes;
use fvm_shared::econ::TokenAmount;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::eth::transaction::INVOKE_CONTRACT;

const CHAIN: u64 = 31_415_926;
const TYPES: [SignatureType; 3] =
    [SignatureType::Secp256k1, SignatureType::BLS, SignatureType::Delegated];

fn key(sig_type: SignatureType, seed: u64) -> Key {
    Key::generate(sig_type, &mut StdRng::seed_from_u64(seed))
}

/// A message that every type of key can sign.
fn message(from: &Key) -> Message {
    Message {
        version: 0,
        from: from.address(),
        to: Address::new_id(1000),
        sequence: 3,
        value: TokenAmount::from_atto(5),
        method_num: INVOKE_CONTRACT,
        params: RawBytes::new(vec![0x42, 1, 2]),
        gas_limit: 1_000_000,
        gas_fee_cap: TokenAmount::from_atto(200),
        gas_premium: TokenAmount::from_atto(100),
    }
}

#[test]
fn each_type_of_key_has_its_kind_of_address() {
    let start = |sig_type| key(sig_type, 1).address().to_string()[..2].to_owned();
    assert_eq!(TYPES.map(start), ["f1", "f3", "f4"]);
}

#[test]
fn a_delegated_key_is_the_account_that_ethereum_knows() {
    let hex = "0123456789012345678901234567890123456789012345678901234567890123";
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).unwrap();
    let key = Key::from_bytes(SignatureType::Delegated, &bytes).unwrap();
    let address = EthAddress::from_f410(&key.address()).unwrap();
    assert_eq!(address.to_string(), "0x14791697260e4c9a71f18484c9f997b308e59325");
}

#[test]
fn a_key_is_written_out_and_read_back() {
    for sig_type in TYPES {
        let key = key(sig_type, 2);
        let info = KeyInfo::from(&key);
        assert_eq!(info.private_key.0.len(), 32);
        let text = serde_json::to_string(&info).unwrap();
        let name = KeyType::from(sig_type).0;
        assert!(text.starts_with(&format!(r#"{{"Type":"{name}","PrivateKey":""#)));
        for read in
            [serde_json::from_str(&text).unwrap(), KeyInfo::from_hex(&info.to_hex()).unwrap()]
        {
            assert_eq!(Key::try_from(&read).unwrap().address(), key.address());
        }
    }
}

#[test]
fn the_bytes_of_a_bls_key_are_little_endian() {
    let mut one = [0; 32];
    one[0] = 1;
    let key = Key::from_bytes(SignatureType::BLS, &one).unwrap();
    // The generator of the curve, compressed.
    assert!(key.address().to_bytes()[1..].starts_with(&[0x97, 0xf1, 0xd3, 0xa7]));
}

#[test]
fn what_is_no_key_is_refused() {
    let of = |text| serde_json::from_str::<KeyInfo>(text);
    let refused = |text| Key::try_from(&of(text).unwrap()).unwrap_err().to_string();
    assert_eq!(
        refused(r#"{"Type":"ed25519","PrivateKey":"AA=="}"#),
        "cannot generate public key of unsupported type: 255"
    );
    assert_eq!(
        refused(r#"{"Type":"bls","PrivateKey":"AA=="}"#),
        "bls signature invalid private key"
    );
    assert_eq!(Key::from_bytes(SignatureType::BLS, &[0; 32]).unwrap_err(), Error::Bls);
    assert_eq!(Key::from_bytes(SignatureType::BLS, &[0xff; 32]).unwrap_err(), Error::Bls);
    for bytes in [&[0; 32][..], &[0xff; 32], &[1; 31]] {
        let made = Key::from_bytes(SignatureType::Secp256k1, bytes);
        assert_eq!(made.unwrap_err(), Error::Scalar);
    }
    assert!(matches!(KeyInfo::from_hex("7b7d"), Err(Error::Export)));
}

#[test]
fn a_type_is_named_by_text_or_by_the_number_of_its_signatures() {
    let read = |text| serde_json::from_str::<KeyType>(text).map_err(|e| e.to_string());
    assert_eq!(read("\"bls\"").unwrap().signatures(), Some(SignatureType::BLS));
    assert_eq!(read("3").unwrap().signatures(), Some(SignatureType::Delegated));
    assert_eq!(read("\"ed25519\"").unwrap().signatures(), None);
    assert_eq!(read("4").unwrap_err(), "unknown sigtype: 4");
    assert!(read("{}").unwrap_err().starts_with("could not unmarshal KeyType either as string"));
}

#[test]
fn no_log_has_a_secret() {
    let key = key(SignatureType::Secp256k1, 3);
    assert!(format!("{key:?}").len() < 100);
}

#[test]
fn what_a_key_signs_is_verified() {
    for sig_type in TYPES {
        let key = key(sig_type, 4);
        let signature = key.sign(b"data").unwrap();
        assert_eq!(signature.verify(&key.address(), b"data"), Ok(()));
        assert!(signature.verify(&key.address(), b"other").is_err());
        let signed = key.sign_message(message(&key), CHAIN).unwrap();
        assert_eq!(signed.message, message(&key));
        assert_eq!(verify(&signed, CHAIN), Ok(()));
    }
}

#[test]
fn a_delegated_key_signs_what_is_a_transaction_only() {
    let key = key(SignatureType::Delegated, 5);
    let transfer = Message { method_num: 0, ..message(&key) };
    assert_eq!(
        key.sign_message(transfer, CHAIN).unwrap_err().to_string(),
        "failed to reconstruct eth transaction: failed to get eth params and recipient: invalid methodnum 0: only allowed method is InvokeContract(3844450837) or CreateExternal(4)"
    );
}

#[test]
fn a_delegated_signature_is_for_one_chain() {
    let key = key(SignatureType::Delegated, 6);
    let signed = key.sign_message(message(&key), CHAIN).unwrap();
    assert!(matches!(verify(&signed, 314), Err(Invalid::Mismatch { .. })));
}

#[test]
fn a_wrong_signature_is_refused_in_the_words_of_lotus() {
    let text = |sig_type: SignatureType| {
        let (key, other) = (key(sig_type, 7), key(sig_type, 8));
        let signed = key.sign_message(message(&other), CHAIN).unwrap();
        let cid = signed.cid().unwrap();
        (verify(&signed, CHAIN).unwrap_err().to_string(), cid, key.address(), other.address())
    };
    let (error, cid, ..) = text(SignatureType::Secp256k1);
    assert_eq!(
        error,
        format!("invalid signature for message {cid} (type 1): signature did not match")
    );
    let (error, cid, ..) = text(SignatureType::BLS);
    assert_eq!(
        error,
        format!("invalid signature for message {cid} (type 2): bls signature failed to verify")
    );
    let (error, cid, key, other) = text(SignatureType::Delegated);
    assert_eq!(
        error,
        format!(
            "invalid signature for message {cid} (type 3): signature did not match maybeaddr: {key}, signer: {other}"
        )
    );
}

#[test]
fn the_sender_must_be_resolved() {
    let key = key(SignatureType::Secp256k1, 9);
    let from_id = Message { from: Address::new_id(100), ..message(&key) };
    let error = verify(&key.sign_message(from_id, CHAIN).unwrap(), CHAIN).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("must resolve ID addresses before using them to verify a signature")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_signature_is_for_one_message_of_one_key(
        which in 0..3_usize, seed: u64, field in 0..8_u8, by in 1..1000_u16,
    ) {
        let sig_type = TYPES[which];
        let key = key(sig_type, seed);
        let signed = key.sign_message(message(&key), CHAIN).unwrap();
        prop_assert_eq!(verify(&signed, CHAIN), Ok(()));

        let mut changed = signed.clone();
        let m = &mut changed.message;
        let amount = TokenAmount::from_atto(by);
        match field {
            0 => m.sequence += u64::from(by),
            1 => m.value += amount,
            2 => m.gas_limit += u64::from(by),
            3 => m.gas_fee_cap += amount,
            4 => m.gas_premium += amount,
            5 => m.to = Address::new_id(1000 + u64::from(by)),
            6 => m.params = RawBytes::new(vec![0x42, 1, 2 ^ (by % 255 + 1).to_be_bytes()[1]]),
            _ => m.from = self::key(sig_type, !seed).address(),
        }
        prop_assert!(verify(&changed, CHAIN).is_err());
    }

    #[test]
    fn a_changed_signature_is_refused(
        which in 0..3_usize, seed: u64, at in any::<prop::sample::Index>(), change in 1..=255_u8,
    ) {
        let key = key(TYPES[which], seed);
        let mut signed = key.sign_message(message(&key), CHAIN).unwrap();
        *at.get_mut(&mut signed.signature.bytes) ^= change;
        prop_assert!(verify(&signed, CHAIN).is_err());
    }

    #[test]
    fn bytes_of_any_kind_are_no_signature(
        number in 1..=3_u8, bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let sig_type = SignatureType::from_number(number).unwrap();
        let key = key(sig_type, 10);
        let signed = SignedMessage { signature: Signature::new(sig_type, bytes), message: message(&key) };
        prop_assert!(verify(&signed, CHAIN).is_err());
    }
}
