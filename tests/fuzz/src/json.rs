//! JSON to CBOR, as tools take it from people and other programs.

use abi::dag_json;
use serde_json::Value;

use crate::methods::{self, Call};

pub fn run(input: &[u8]) {
    let Some((call, text)) = methods::pick(input) else { return };
    let Ok(json) = serde_json::from_slice::<Value>(text) else { return };
    typed(&call, &json);
    untyped(&json);
}

/// An example for every method.
pub fn seeds() -> Vec<Vec<u8>> {
    let example = |call: Call| {
        let json = call.actor.example(call.method).expect("an example");
        methods::input(&call, json.to_string().as_bytes())
    };
    methods::all().map(example).collect()
}

/// What is encoded the actor takes, and writes as it is; what is printed of it encodes to the same.
fn typed(call: &Call, json: &Value) {
    let Ok(cbor) = call.actor.params_to_cbor(call.method, Some(json)) else { return };
    let about = || format!("{} {} {json}", call.actor.name, call.listed.name);
    assert_eq!((call.listed.recode_params)(&cbor).as_ref(), Ok(&cbor), "{}", about());
    let printed = call.actor.params_to_json(call.method, &cbor);
    let printed = printed.unwrap_or_else(|error| panic!("{error}\n{}", about()));
    let again = call.actor.params_to_cbor(call.method, Some(&printed));
    let again = again.unwrap_or_else(|error| panic!("{error}\n{}", about()));
    assert_eq!(again, cbor, "{}", about());
}

/// What is printed for actors that nobody described encodes to the same.
fn untyped(json: &Value) {
    let Ok(cbor) = dag_json::to_cbor(json) else { return };
    let printed = dag_json::from_cbor(&cbor).unwrap_or_else(|error| panic!("{error}\n{json}"));
    assert_eq!(dag_json::to_cbor(&printed).ok(), Some(cbor), "{json}");
}
