use fvm_ipld_encoding::RawBytes;
use fvm_shared::bigint::BigUint;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::*;
use crate::eth::receipt::{EthTxReceipt, Outcome};
use crate::keys::Key;

const CHAIN: u64 = 31_415_926;
const HERE: Placement = Placement { block_hash: EthHash([5; 32]), block_number: 9, index: 1 };

fn signed(sig_type: SignatureType, to: Address, method_num: u64, params: &[u8]) -> SignedMessage {
    let key = Key::generate(sig_type, &mut StdRng::seed_from_u64(1));
    let message = Message {
        version: 0,
        from: key.address(),
        to,
        sequence: 3,
        value: TokenAmount::from_atto(5),
        method_num,
        params: RawBytes::new(params.to_vec()),
        gas_limit: 1_000,
        gas_fee_cap: TokenAmount::from_atto(200),
        gas_premium: TokenAmount::from_atto(100),
    };
    key.sign_message(message, CHAIN).unwrap()
}

/// The state has every key with the ID 100, and ID 7 with an address in Ethereum.
fn resolve(address: &Address) -> Option<EthAddress> {
    match address.id() {
        Ok(7) => Some(EthAddress([7; 20])),
        Ok(_) => None,
        Err(_) => Some(EthAddress::masked(100)),
    }
}

fn shown(signed: &SignedMessage) -> Value {
    serde_json::to_value(EthTx::of(signed, Some(HERE), CHAIN, resolve).unwrap()).unwrap()
}

#[test]
fn a_native_message_is_shown_as_a_call_of_its_method() {
    let sent = signed(SignatureType::Secp256k1, Address::new_id(7), 2, &[0x81, 0x01]);
    let word = |number: u8| format!("{}{number:02x}", "0".repeat(62));
    let words = [2, 0x51, 0x60, 2].map(word).concat();
    assert_eq!(
        shown(&sent),
        json!({
            "chainId": "0x1df5e76",
            "nonce": "0x3",
            "hash": EthHash::of_cid(&sent.cid().unwrap()).unwrap(),
            "blockHash": HERE.block_hash,
            "blockNumber": "0x9",
            "transactionIndex": "0x1",
            "from": EthAddress::masked(100),
            "to": EthAddress([7; 20]),
            "value": "0x5",
            "type": "0x2",
            "input": format!("0x868e10c4{words}8101{}", "0".repeat(60)),
            "gas": "0x3e8",
            "maxFeePerGas": "0xc8",
            "maxPriorityFeePerGas": "0x64",
            "accessList": [],
            "v": "0x0",
            "r": "0x0",
            "s": "0x0",
        })
    );
}

#[test]
fn a_native_call_of_a_contract_shows_its_calldata() {
    let of = |params: &[u8]| {
        shown(&signed(SignatureType::BLS, Address::new_id(7), INVOKE_CONTRACT, params))["input"]
            .clone()
    };
    assert_eq!(of(&[0x42, 1, 2]), "0x0102");
    assert_eq!(of(&[]), "0x");
    assert!(of(&[0x80]).as_str().unwrap().starts_with("0x868e10c4"));
}

#[test]
fn a_native_creation_goes_to_nobody() {
    let of = |params: &[u8]| {
        shown(&signed(SignatureType::BLS, Address::new_id(EAM), CREATE_EXTERNAL, params))
    };
    assert_eq!(of(&[0x41, 9])["to"], Value::Null);
    assert_eq!(of(&[0x41, 9])["input"], "0x09");
    // Of parameters that are no code it is a call of the address manager, unknown to this state.
    assert_eq!(of(&[0x80])["to"], json!(EthAddress::UNKNOWN));
}

#[test]
fn a_sender_that_the_state_does_not_know_is_an_error() {
    let sent = signed(SignatureType::BLS, Address::new_id(7), 0, &[]);
    assert_eq!(
        EthTx::of(&sent, None, CHAIN, |_| None).unwrap_err(),
        TxError::Sender(sent.message.from)
    );
}

#[test]
fn a_transaction_of_ethereum_is_shown_as_it_was_sent() {
    let sent = signed(SignatureType::Delegated, Address::new_id(7), INVOKE_CONTRACT, &[0x41, 9]);
    let tx = EthTx::of(&sent, None, CHAIN, |_| None).unwrap();
    let json = serde_json::to_value(&tx).unwrap();
    assert_eq!(json["blockHash"], Value::Null);
    assert_eq!(json["blockNumber"], Value::Null);
    assert_eq!(json["transactionIndex"], Value::Null);
    assert_eq!(json["accessList"], Value::Null);
    assert_eq!(json.get("gasPrice"), None);
    assert_eq!(json["type"], "0x2");
    assert_eq!(json["input"], "0x09");
    assert_eq!(json["to"], json!(EthAddress::masked(7)));
    assert_eq!(tx.hash, hash_of(&sent, CHAIN).unwrap());
    assert_eq!(Some(tx.from), EthAddress::from_f410(&sent.message.from));
    assert!(tx.r.0 > BigUint::ZERO);
}

#[test]
fn a_legacy_transaction_has_one_price_and_perhaps_no_chain() {
    let sent = signed(SignatureType::Delegated, Address::new_id(7), INVOKE_CONTRACT, &[]);
    let mut homestead = sent.clone();
    homestead.signature.bytes = [&[1], sent.signature.bytes(), &[]].concat();
    homestead.signature.bytes[65] = 27;
    let json = shown(&homestead);
    assert_eq!((&json["type"], &json["chainId"]), (&json!("0x0"), &json!("0x0")));
    assert_eq!(json["gasPrice"], "0xc8");
    assert_eq!(json.get("maxFeePerGas"), None);

    let mut eip155 = sent;
    let v = u32::try_from(35 + 2 * CHAIN).unwrap().to_be_bytes();
    eip155.signature.bytes = [&[2], &eip155.signature.bytes()[..64], &v].concat();
    let json = shown(&eip155);
    assert_eq!((&json["type"], &json["chainId"]), (&json!("0x0"), &json!("0x1df5e76")));
}

fn receipt(sent: &SignedMessage, exit: ExitCode, returned: &[u8]) -> Value {
    let tx = EthTx::of(sent, Some(HERE), CHAIN, resolve).unwrap();
    let base_fee = &BigUint::from(50u8);
    let outcome = Outcome { exit, returned, gas_used: 1_000, base_fee };
    serde_json::to_value(EthTxReceipt::of(&tx, outcome, Vec::new()).unwrap()).unwrap()
}

#[test]
fn a_receipt_tells_what_came_of_a_transaction() {
    let sent = signed(SignatureType::BLS, Address::new_id(7), 0, &[]);
    assert_eq!(
        receipt(&sent, ExitCode::OK, &[]),
        json!({
            "transactionHash": hash_of(&sent, CHAIN).unwrap(),
            "transactionIndex": "0x1",
            "blockHash": HERE.block_hash,
            "blockNumber": "0x9",
            "from": EthAddress::masked(100),
            "to": EthAddress([7; 20]),
            "root": EthHash::default(),
            "status": "0x1",
            "contractAddress": null,
            "cumulativeGasUsed": "0x0",
            "gasUsed": "0x3e8",
            "effectiveGasPrice": "0x96",
            "logsBloom": format!("0x{}", "0".repeat(512)),
            "logs": [],
            "type": "0x2",
        })
    );
    assert_eq!(receipt(&sent, ExitCode::USR_FORBIDDEN, &[])["status"], "0x0");
}

#[test]
fn a_receipt_of_a_creation_tells_where_the_contract_is() {
    let sent = signed(SignatureType::BLS, Address::new_id(EAM), CREATE_EXTERNAL, &[0x41, 9]);
    for robust in [vec![0xf6], [&[0x55, 2][..], &[1; 20]].concat()] {
        let returned = [&[0x83, 0x19, 0x03, 0xe8][..], &robust, &[0x54], &[6; 20]].concat();
        let json = receipt(&sent, ExitCode::OK, &returned);
        assert_eq!(json["contractAddress"], json!(EthAddress([6; 20])));
        assert_eq!(json["to"], Value::Null);
    }
    assert_eq!(receipt(&sent, ExitCode::new(33), &[])["contractAddress"], Value::Null);
    let tx = EthTx::of(&sent, None, CHAIN, resolve).unwrap();
    let base_fee = &BigUint::ZERO;
    let outcome = Outcome { exit: ExitCode::OK, returned: &[0x80], gas_used: 1, base_fee };
    let error = EthTxReceipt::of(&tx, outcome, Vec::new()).unwrap_err();
    assert!(error.to_string().starts_with("failed to parse contract creation result: "));
}
