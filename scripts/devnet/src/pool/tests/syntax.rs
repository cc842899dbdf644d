//! Each rule that is about a message alone, in the words of Lotus.

use fvm_shared::address::Address;

use super::*;
use crate::pool::{check_estimated, check_unsigned, read};

const INVALID: &str = "message not valid for block inclusion: ";

/// Says why a message is refused that differs in something.
fn says(change: impl FnOnce(&mut Message)) -> String {
    let mut message = message(1, 4);
    change(&mut message);
    check_syntax(signed(message)).unwrap_err().to_string()
}

/// The same without the prefix of what no block includes.
fn invalid(change: impl FnOnce(&mut Message)) -> String {
    says(change).strip_prefix(INVALID).unwrap().to_owned()
}

fn ethereum(address: [u8; 20]) -> Address {
    Address::new_delegated(10, &address).unwrap()
}

#[test]
fn a_message_that_says_all_it_must_is_fine() {
    let checked = checked(message(1, 4));
    assert_eq!(checked.cid(), checked.signed().cid().unwrap());
}

#[test]
fn a_message_to_a_delegated_address_that_is_nobodys_is_refused() {
    let masked = [&[0xff][..], &[0; 18], &[7]].concat().try_into().unwrap();
    for to in [
        ethereum(masked),
        Address::new_delegated(10, &[1; 19]).unwrap(),
        Address::new_delegated(11, &[1; 20]).unwrap(),
    ] {
        let cid = signed(Message { to, ..message(1, 4) }).cid().unwrap();
        let (from, to_text) = (lotus::json::Addr(sender(1)), lotus::json::Addr(to));
        let told = format!(
            "message {cid} from {from} with nonce 4 failed sanity check: message recipient \
             {to_text} is a delegated address but not a valid Eth Address"
        );
        assert_eq!(says(|message| message.to = to), told);
    }
    check_syntax(signed(Message { to: ethereum([1; 20]), ..message(1, 4) })).unwrap();
}

#[test]
fn a_message_is_sixty_four_kibibytes_long_at_the_most() {
    let of = |length| signed(Message { params: vec![7; length].into(), ..message(1, 4) });
    let size = |length| of(length).chain_bytes().unwrap().len();
    let fits = (65_000..66_000).find(|length| size(length + 1) > 65_536).unwrap();
    check_syntax(of(fits)).unwrap();
    let refusal = check_syntax(of(fits + 1)).unwrap_err().to_string();
    assert_eq!(refusal, "mpool message too large (65537B): message too big");
}

#[test]
fn the_signature_counts_where_it_is_not_on_chain_with_its_message() {
    let bls = |length| {
        signed_by(2, vec![7; 96], Message { params: vec![7; length].into(), ..message(1, 4) })
    };
    let length = |params| bls(params).chain_bytes().unwrap().len();
    // The signature with its type, the head of that, and the head of both.
    let fits = (65_000..66_000).find(|params| length(params + 1) > 65_536 - 97 - 2 - 1).unwrap();
    check_syntax(bls(fits)).unwrap();
    assert!(matches!(check_syntax(bls(fits + 1)), Err(Refusal::TooBig(65_537))));
}

#[test]
fn no_block_includes_a_message_of_another_version() {
    assert_eq!(invalid(|message| message.version = 1), "'Version' unsupported");
}

#[test]
fn a_message_says_who_sends_it_and_to_whom() {
    let json = |from, to| lotus::message::MessageJson { from, to, ..(&message(1, 4)).into() };
    let somebody = Some(lotus::json::Addr(sender(1)));
    let says = |from, to| read(json(from, to)).unwrap_err().to_string();
    assert_eq!(says(somebody, None), format!("{INVALID}'To' address cannot be empty"));
    assert_eq!(says(None, somebody), format!("{INVALID}'From' address cannot be empty"));
    assert_eq!(read((&message(1, 4)).into()).unwrap(), message(1, 4));
}

#[test]
fn nobody_sends_to_the_key_of_nobody() {
    let mut infinity = [0; 48];
    infinity[0] = 0xc0;
    let nobody = Address::new_bls(&infinity).unwrap();
    assert_eq!(invalid(|message| message.to = nobody), "invalid 'To' address");
}

#[test]
fn a_value_is_a_part_of_what_there_is() {
    let negative = invalid(|message| message.value = atto(-1));
    assert_eq!(negative, "'Value' field cannot be negative");
    let supply = TokenAmount::from_whole(2_000_000_000);
    let more = invalid(|message| message.value = &supply + atto(1));
    assert_eq!(more, "'Value' field cannot be greater than total filecoin supply");
    let all = says(|message| message.value = supply.clone());
    assert_eq!(all, "cannot send more filecoin than will ever exist");
    check_syntax(signed(Message { value: &supply - atto(1), ..message(1, 4) })).unwrap();
}

#[test]
fn a_value_that_no_chain_can_hold_is_refused_for_what_it_is() {
    let endless = invalid(|message| message.value = atto(BigInt::from(1) << 1_100));
    assert_eq!(endless, "'Value' field cannot be greater than total filecoin supply");
    let endless = says(|message| message.gas_fee_cap = atto(BigInt::from(1) << 1_100));
    assert!(endless.starts_with("message cannot be encoded: "), "{endless}");
}

#[test]
fn fees_are_not_negative_and_the_cap_covers_the_premium() {
    let negative = invalid(|message| message.gas_fee_cap = atto(-1));
    assert_eq!(negative, "'GasFeeCap' field cannot be negative");
    let negative = invalid(|message| message.gas_premium = atto(-1));
    assert_eq!(negative, "'GasPremium' field cannot be negative");
    let above = invalid(|message| message.gas_premium = atto(201));
    assert_eq!(above, "'GasFeeCap' less than 'GasPremium'");
    check_syntax(signed(Message { gas_premium: atto(200), ..message(1, 4) })).unwrap();
}

#[test]
fn a_gas_limit_is_more_than_nothing_and_no_more_than_a_block() {
    assert_eq!(invalid(|message| message.gas_limit = 0), "'GasLimit' field 0 must be positive");
    assert_eq!(
        invalid(|message| message.gas_limit = 10_000_000_001),
        "'GasLimit' field cannot be greater than a block's gas limit (10000000001 > 10000000000)"
    );
    check_syntax(signed(Message { gas_limit: 10_000_000_000, ..message(1, 4) })).unwrap();
}

#[test]
fn a_fee_cap_is_no_less_than_the_base_fee_ever_is() {
    let low = |message: &mut Message| {
        message.gas_fee_cap = atto(99);
        message.gas_premium = atto(0);
    };
    assert_eq!(says(low), "gas fee cap too low");
}

#[test]
fn the_node_numbers_what_it_signs() {
    check_unsigned(&message(1, 0)).unwrap();
    let refusal = check_unsigned(&message(1, 4)).unwrap_err().to_string();
    assert_eq!(refusal, "MpoolPushMessage expects message nonce to be 0, was 4");
}

#[test]
fn the_node_signs_nothing_that_gets_lost() {
    let to = Address::new_delegated(11, &[1; 20]).unwrap();
    let refusal = check_unsigned(&Message { to, ..message(1, 0) }).unwrap_err().to_string();
    let (from, to) = (lotus::json::Addr(sender(1)), lotus::json::Addr(to));
    assert_eq!(
        refusal,
        format!(
            "message from {from} failed sanity check: message recipient {to} is a delegated \
             address but not a valid Eth Address"
        )
    );
}

#[test]
fn the_node_signs_no_premium_above_its_fee_cap() {
    let given = message(1, 0);
    let estimated = Message { gas_premium: atto(201), ..given.clone() };
    let refusal = check_estimated(&given, &estimated, &TokenAmount::from_whole(1)).unwrap_err();
    let refusal = refusal.to_string();
    let start = "After estimation, GasPremium is greater than GasFeeCap, inmsg: {\"Version\":0,";
    assert!(refusal.starts_with(start), "{refusal}");
    assert!(refusal.contains(", outmsg: {\"Version\":0,"), "{refusal}");
}

#[test]
fn the_node_signs_what_its_sender_can_pay_with_the_value() {
    let message = Message { value: atto(7), ..message(1, 0) };
    check_estimated(&message, &message, &atto(200_000_007)).unwrap();
    let refusal = check_estimated(&message, &message, &atto(200_000_006)).unwrap_err().to_string();
    assert_eq!(refusal, "mpool push: not enough funds: 200000006 < 200000007");
}
