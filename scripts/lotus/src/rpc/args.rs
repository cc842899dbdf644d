//! Parameters of calls.

use std::any::type_name;

use axum::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::failure::Failure;

/// Parameters that a method takes. Tuples take an array with exactly as many elements.
pub trait Args: Sized + Send + 'static {
    /// Reads them from the JSON of `params`, which is empty where the caller left them out.
    fn read(method: &str, params: &Bytes) -> Result<Self, Failure>;
}

/// Parameters as they were sent, for methods that count and read them by rules of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(pub Bytes);

impl Args for Raw {
    fn read(_method: &str, params: &Bytes) -> Result<Self, Failure> {
        Ok(Raw(params.clone()))
    }
}

impl Raw {
    /// Reads them as one value.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let text: &[u8] = if self.0.is_empty() { b"null" } else { &self.0 };
        serde_json::from_slice(text)
            .map_err(|error| Failure::new(format!("decoding params: {}", unplaced(&error))))
    }
}

impl Args for () {
    fn read(method: &str, params: &Bytes) -> Result<Self, Failure> {
        elements(method, params, 0).map(|_| ())
    }
}

macro_rules! tuple {
    ($count:literal: $($arg:ident)+) => {
        impl<$($arg: DeserializeOwned + Send + 'static),+> Args for ($($arg,)+) {
            fn read(method: &str, params: &Bytes) -> Result<Self, Failure> {
                let mut elements = elements(method, params, $count)?.into_iter();
                Ok(($(element::<$arg>(method, elements.next())?,)+))
            }
        }
    };
}

tuple!(1: A);
tuple!(2: A B);
tuple!(3: A B C);
tuple!(4: A B C D);
tuple!(5: A B C D E);

fn elements<'a>(
    method: &str,
    params: &'a Bytes,
    want: usize,
) -> Result<Vec<&'a RawValue>, Failure> {
    let unfit = |kind| {
        let why = format!("json: cannot unmarshal {kind} into Go value of type []jsonrpc.param");
        Failure::unreadable(format!("unmarshaling param array: {why}"))
    };
    let elements: Vec<&RawValue> = match params.first() {
        None | Some(b'n') => Vec::new(),
        Some(b'[') => serde_json::from_slice(params).map_err(|_| unfit("array"))?,
        Some(b'{') => return Err(unfit("object")),
        Some(b'"') => return Err(unfit("string")),
        Some(b't' | b'f') => return Err(unfit("bool")),
        Some(_) => return Err(unfit("number")),
    };
    match elements.len() == want {
        true => Ok(elements),
        false => Err(Failure::wrong_count(method, elements.len(), want)),
    }
}

fn element<T: DeserializeOwned>(method: &str, text: Option<&RawValue>) -> Result<T, Failure> {
    serde_json::from_str(text.map_or("null", RawValue::get)).map_err(|error| {
        let (kind, why) = (go_type(type_name::<T>()), unplaced(&error));
        Failure::unreadable(format!("unmarshaling params for '{method}' (param: *{kind}): {why}"))
    })
}

/// What a decoder says, without the place in the text: clients see one element of it only.
fn unplaced(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// The name in Lotus of a type of parameters; the name here, where it is not known there.
fn go_type(name: &str) -> String {
    let inside = |outer: &str| name.strip_prefix(outer)?.strip_suffix('>');
    if let Some(inner) = inside("core::option::Option<") {
        return go_type(inner);
    }
    if let Some(inner) = inside("alloc::vec::Vec<") {
        return format!("[]{}", go_type(inner));
    }
    let short = name.rsplit("::").next().unwrap_or(name);
    let known = match short {
        "Addr" => "address.Address",
        "Atto" => "big.Int",
        "Base64" | "NullableBase64" => "[]uint8",
        "BlockNumberOrHash" => "ethtypes.EthBlockNumberOrHash",
        "EthAddress" => "ethtypes.EthAddress",
        "EthBytes" => "ethtypes.EthBytes",
        "EthCall" => "ethtypes.EthCall",
        "EthFilterSpec" => "ethtypes.EthFilterSpec",
        "EthHash" => "ethtypes.EthHash",
        "EthUint64" => "ethtypes.EthUint64",
        "Link" => "cid.Cid",
        "MessageJson" => "*types.Message",
        "SignatureJson" => "crypto.Signature",
        "SignedMessageJson" => "*types.SignedMessage",
        "TipSetKey" => "types.TipSetKey",
        "String" => "string",
        "u64" => "uint64",
        "i64" => "int64",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Addr;
    use crate::message::MessageJson;

    fn read<A: Args>(params: &'static str) -> Result<A, String> {
        A::read("m", &Bytes::from_static(params.as_bytes())).map_err(|failure| failure.message)
    }

    #[test]
    fn parameters_left_out_are_an_empty_array() {
        for params in ["", "null", "[]"] {
            assert_eq!(read::<()>(params), Ok(()));
        }
    }

    #[test]
    fn parameters_are_an_array() {
        for (params, kind) in
            [("{}", "object"), ("\"a\"", "string"), ("7", "number"), ("true", "bool")]
        {
            let why = "into Go value of type []jsonrpc.param";
            let text = format!("unmarshaling param array: json: cannot unmarshal {kind} {why}");
            assert_eq!(read::<(u64,)>(params), Err(text));
        }
    }

    #[test]
    fn parameters_are_counted_exactly() {
        assert_eq!(read::<(u64, Option<u64>)>("[1,null]"), Ok((1, None)));
        for (params, got) in [("[]", 0), ("[1]", 1), ("[1,2,3]", 3)] {
            let text = format!("wrong param count (method 'm'): {got} != 2");
            assert_eq!(read::<(u64, Option<u64>)>(params), Err(text));
        }
    }

    #[test]
    fn a_parameter_that_cannot_be_read_is_named_by_its_type_in_lotus() {
        let refused =
            |params, kind| format!("unmarshaling params for 'm' (param: {kind}): {params}");
        assert_eq!(
            read::<(Addr,)>(r#"["x"]"#),
            Err(refused("invalid address length", "*address.Address"))
        );
        assert!(read::<(Vec<String>,)>("[1]").unwrap_err().contains("(param: *[]string)"));
        assert!(
            read::<(Option<MessageJson>,)>("[1]").unwrap_err().contains("(param: **types.Message)")
        );
        assert!(read::<(i64,)>("[{}]").unwrap_err().contains("(param: *int64)"));
    }

    #[test]
    fn raw_parameters_are_passed_as_they_are() {
        assert_eq!(read::<Raw>("{\"a\": 1}"), Ok(Raw(Bytes::from_static(b"{\"a\": 1}"))));
        assert_eq!(read::<Raw>("").unwrap().decode::<Option<u64>>(), Ok(None));
        assert_eq!(read::<Raw>("[4]").unwrap().decode::<Vec<u64>>(), Ok(vec![4]));
        assert!(read::<Raw>("[4]").unwrap().decode::<u64>().is_err());
    }
}
