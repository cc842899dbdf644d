use proptest::prelude::*;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

#[test]
fn calldata_is_wrapped_in_the_shortest_way_and_read_in_no_other() {
    assert_eq!(wrap(&[]).bytes(), [0x40]);
    assert_eq!(wrap(&[7; 23]).bytes()[..2], [0x57, 7]);
    assert_eq!(wrap(&[7; 24]).bytes()[..3], [0x58, 24, 7]);
    assert_eq!(wrap(&[7; 256]).bytes()[..4], [0x59, 1, 0, 7]);
    assert_eq!(wrap(&vec![7; 65536]).bytes()[..6], [0x5a, 0, 1, 0, 0, 7]);
    for long in [&[0x58, 1, 7][..], &[0x59, 0, 24], &[0x5a, 0, 0, 1, 0], &[0x5f]] {
        assert_eq!(unwrap(long), Err(NotBytes::LongLength));
    }
    for short in [&[][..], &[0x41], &[0x59, 1], &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]] {
        assert_eq!(unwrap(short), Err(NotBytes::Short));
    }
    assert_eq!(unwrap(&[0x60]), Err(NotBytes::OtherType));
    assert_eq!(unwrap(&[0x41, 1, 2]), Ok((&[1][..], &[2][..])));
}

proptest! {
    #[test]
    fn what_is_wrapped_is_unwrapped(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        let wrapped = wrap(&bytes);
        prop_assert_eq!(unwrap(wrapped.bytes()), Ok((bytes.as_slice(), &[][..])));
        // The encoding of the chain itself.
        let cbor = fvm_ipld_encoding::to_vec(&fvm_ipld_encoding::BytesSer(&bytes)).unwrap();
        prop_assert_eq!(wrapped.bytes(), cbor);
    }

    #[test]
    fn whatever_is_returned_has_a_reason(
        selector in 0..3_usize, words in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let selector = [[0x08, 0xc3, 0x79, 0xa0], [0x4e, 0x48, 0x7b, 0x71], [0; 4]][selector];
        let _ = revert_reason(&[&selector, words.as_slice()].concat());
        let _ = unwrap(&words);
    }
}

fn call(json: &str) -> Result<EthCall, String> {
    serde_json::from_str(json).map_err(|e| e.to_string())
}

#[test]
fn a_call_runs_for_nothing_from_the_zero_address() {
    let message = call(r#"{"to":"0xff00000000000000000000000000000000000065","data":"0x01"}"#);
    let message = message.unwrap().message().unwrap();
    assert_eq!(message.from, EthAddress::default().to_filecoin().unwrap());
    assert_eq!((message.to, message.method_num), (Address::new_id(101), INVOKE_CONTRACT));
    assert_eq!(message.params.bytes(), [0x41, 1]);
    assert_eq!(message.gas_limit, CALL_GAS);
    assert_eq!(message.gas_fee_cap, TokenAmount::default());
}

#[test]
fn input_goes_before_data_unless_it_is_null() {
    let input = |json| call(json).unwrap().input.0;
    assert_eq!(input(r#"{"input":"0x","data":"0x01"}"#), [0_u8; 0]);
    assert_eq!(input(r#"{"input":null,"data":"0x01"}"#), [1]);
}

#[test]
fn a_call_to_nobody_creates_and_other_fields_are_ignored() {
    let message = call(r#"{"from":null,"to":null,"value":"0x5","nonce":"x","gas":"0x9"}"#);
    let message = message.unwrap().message().unwrap();
    assert_eq!((message.to, message.method_num), (Address::new_id(EAM), CREATE_EXTERNAL));
    assert_eq!(message.value, TokenAmount::from_atto(5));
    assert_eq!(message.params, RawBytes::default());
}

#[test]
fn a_call_from_a_masked_id_or_with_null_gas_is_refused() {
    let masked = call(r#"{"from":"0xff00000000000000000000000000000000000065"}"#).unwrap();
    assert_eq!(masked.message().unwrap_err().to_string(), "expected a class 4 address, got: 0");
    assert!(call(r#"{"gas":null}"#).is_err());
}

const ERROR: &str = "08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000a6e6f7420656e6f75676800000000000000000000000000000000000000000000";
const PANIC: &str = "4e487b710000000000000000000000000000000000000000000000000000000000000011";

#[test]
fn a_revert_says_why() {
    assert_eq!(revert_reason(&hex(ERROR)), "Error(not enough)");
    assert_eq!(revert_reason(&hex(PANIC)), "ArithmeticOverflow()");
    assert_eq!(revert_reason(&hex(&PANIC.replace("0011", "0099"))), "Panic(0x99)");
    let huge = format!("4e487b71{:0<64}", "01");
    assert_eq!(revert_reason(&hex(&huge)), format!("Panic(0x1{})", "0".repeat(62)));
}

#[test]
fn a_revert_that_is_cut_short_or_of_its_own_kind_is_hex() {
    for text in [&ERROR[..72], &ERROR[..150], &PANIC[..70], "01020304", ""] {
        assert_eq!(revert_reason(&hex(text)), format!("0x{text}"));
    }
}

#[test]
fn a_failed_call_has_its_exit_code_its_reason_and_its_data() {
    let evm = ExitCode::new(33);
    let error = Reverted::new(evm, wrap(&hex(ERROR)).bytes(), "boom");
    assert_eq!(
        error.message,
        "message execution failed (exit=[33], revert reason=[Error(not enough)], vm error=[boom (RetCode=33)])"
    );
    assert_eq!(error.data.to_string(), format!("0x{ERROR}"));

    let native = Reverted::new(ExitCode::USR_FORBIDDEN, &[], "");
    assert_eq!(
        native.message,
        "message execution failed (exit=[ErrForbidden(18)], vm error=[unknown error (RetCode=18)])"
    );
    assert_eq!(native.data.to_string(), "0x");
    assert!(Reverted::new(evm, &[0x40], "").message.contains(", revert reason=[none], "));
}

#[test]
fn exit_codes_have_the_names_of_lotus() {
    for (code, name) in [
        (0, "Ok(0)"),
        (5, "SysErrInvalidReceiver(5)"),
        (7, "SysErrOutOfGas(7)"),
        (10, "SysFatal(10)"),
        (16, "ErrIllegalArgument(16)"),
        (26, "ErrNotPayable(26)"),
        (27, "27"),
        (33, "33"),
    ] {
        assert_eq!(exit_name(ExitCode::new(code)), name);
    }
}
