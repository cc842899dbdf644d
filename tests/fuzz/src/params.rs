//! Parameters of every method: what its own decoder takes of any bytes.

use abi::Error;
use serde_json::Value;
use shared::method::Recode;

use crate::meter::peak;
use crate::methods::{self, Call};

/// What a decoder may hold at once: serde believes a list's header for 1 MiB at the most, and what
/// methods take is nested by no more than this.
const MAX_HELD: usize = 4 << 20;
/// And for each byte of the input.
const MAX_HELD_PER_BYTE: usize = 512;

/// Bytes of a type, which a method takes or replies.
pub(crate) struct Bytes<'a> {
    pub call: &'a Call,
    /// As the actor does it.
    pub recode: Recode,
    /// As tools do it.
    pub to_json: &'a dyn Fn(&[u8]) -> Result<Value, Error>,
    pub to_cbor: &'a dyn Fn(&Value) -> Result<Vec<u8>, Error>,
}

pub fn run(input: &[u8]) {
    let Some((call, data)) = methods::pick(input) else { return };
    let Call { actor, method, listed } = &call;
    let to_json = |cbor: &[u8]| actor.params_to_json(method, cbor);
    let to_cbor = |json: &Value| actor.params_to_cbor(method, Some(json));
    let recode = listed.recode_params;
    Bytes { call: &call, recode, to_json: &to_json, to_cbor: &to_cbor }.check(data);
}

/// An example for every method.
pub fn seeds() -> Vec<Vec<u8>> {
    let example = |call: Call| {
        let json = call.actor.example(call.method).expect("an example");
        let cbor = call.actor.params_to_cbor(call.method, Some(&json)).expect("one that encodes");
        methods::input(&call, &cbor)
    };
    methods::all().map(example).collect()
}

impl Bytes<'_> {
    /// What is taken is one value, with nothing after it, that is written in one way and read again
    /// as the same; tools print it, and make the same of what they print. Memory is in proportion.
    pub(crate) fn check(&self, data: &[u8]) {
        let (taken, held) = peak(|| (self.recode)(data));
        let allowed = MAX_HELD + MAX_HELD_PER_BYTE * data.len();
        assert!(held <= allowed, "{held} bytes held for {}\n{}", data.len(), self.about(data));
        let Ok(written) = taken else { return };
        let about = || format!("{}\nwritten as {written:02x?}", self.about(data));

        assert_eq!((self.recode)(&written).as_ref(), Ok(&written), "{}", about());
        let longer = [&written[..], &[0]].concat();
        assert!((self.recode)(&longer).is_err(), "takes a byte more: {}", about());
        if let Some((_, shorter)) = written.split_last() {
            assert!((self.recode)(shorter).is_err(), "takes a byte less: {}", about());
        }

        let json = (self.to_json)(&written).unwrap_or_else(|e| panic!("{e}\n{}", about()));
        match (self.to_cbor)(&json) {
            Ok(cbor) => assert_eq!(cbor, written, "{json}\n{}", about()),
            Err(error) => assert!(has_negative_amount(&error), "{error}\n{json}\n{}", about()),
        }
    }

    fn about(&self, data: &[u8]) -> String {
        format!("{} {} {data:02x?}", self.call.actor.name, self.call.listed.name)
    }
}

/// Amounts less than nothing are an actor's to refuse, in its own words, and tools do not make
/// them.
fn has_negative_amount(error: &Error) -> bool {
    let said = error.to_string();
    let got = said.rsplit("got ").next().and_then(|got| got.trim_matches('"').strip_prefix('-'));
    said.contains("expected an amount") && got.is_some()
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use shared::Error;

    use super::*;

    /// Whether a decoder is caught with some bytes for a method of one number.
    fn is_caught(recode: Recode, data: &[u8]) -> bool {
        let call = methods::all().find(|call| call.listed.name == "Withdraw").expect("a method");
        let to_json = |_: &[u8]| Ok(Value::Null);
        let to_cbor = |_: &Value| Ok(vec![1]);
        let bytes = || Bytes { call: &call, recode, to_json: &to_json, to_cbor: &to_cbor };
        catch_unwind(|| bytes().check(data)).is_err()
    }

    fn one_byte(data: &[u8]) -> Result<Vec<u8>, Error> {
        match data {
            [1 | 2] => Ok(vec![1]),
            _ => Err(Error::Params(String::new())),
        }
    }

    #[test]
    fn a_decoder_that_breaks_a_rule_is_caught() {
        assert!(!is_caught(one_byte, &[1]) && !is_caught(one_byte, &[2]));
        let greedy = |data: &[u8]| {
            drop(Vec::<u8>::with_capacity(MAX_HELD + 1_000));
            one_byte(data)
        };
        assert!(is_caught(greedy, &[1]));
        assert!(is_caught(|data| Ok(data[..1].to_vec()), &[1]), "takes more");
        assert!(
            is_caught(|data| if data.is_empty() { Ok(vec![1]) } else { one_byte(data) }, &[1]),
            "takes less"
        );
        assert!(is_caught(|data| Ok(vec![data[0] ^ 1]), &[1]), "reads another");
        assert!(is_caught(|_| Ok(vec![2]), &[2]), "is printed as another");
    }
}
