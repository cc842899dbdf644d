//! CBOR of which nothing is known, as DAG-JSON and back.

use data_encoding::BASE64_NOPAD;
use ipld_core::ipld::Ipld;
use serde_json::{Map, Number, Value, json};

use crate::error::{Error, Path};
use crate::leaf;

/// CBOR as DAG-JSON: bytes are `{"/": {"bytes": "…"}}`, links `{"/": "…"}`. No bytes are null.
pub fn from_cbor(cbor: &[u8]) -> Result<Value, Error> {
    if cbor.is_empty() {
        return Ok(Value::Null);
    }
    crate::decode::parse(cbor, &Path::Root("value")).map(|ipld| from_ipld(&ipld))
}

/// DAG-JSON as CBOR.
pub fn to_cbor(json: &Value) -> Result<Vec<u8>, Error> {
    let root = Path::Root("value");
    fvm_ipld_encoding::to_vec(&to_ipld(json, &root)?).map_err(|error| Error::new(&root, error))
}

pub(crate) fn from_ipld(ipld: &Ipld) -> Value {
    match ipld {
        Ipld::Null => Value::Null,
        Ipld::Bool(value) => json!(value),
        // CBOR has integers that JSON's readers do not: those from -2^64 to -2^63 - 1.
        Ipld::Integer(number) => {
            Number::from_i128(*number).map_or_else(|| json!(number.to_string()), Value::Number)
        }
        Ipld::Float(number) => json!(number),
        Ipld::String(text) => json!(text),
        Ipld::Bytes(bytes) => json!({ "/": { "bytes": BASE64_NOPAD.encode(bytes) } }),
        Ipld::List(items) => items.iter().map(from_ipld).collect(),
        Ipld::Map(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), from_ipld(value))).collect())
        }
        Ipld::Link(cid) => leaf::link(cid),
    }
}

fn to_ipld(json: &Value, at: &Path<'_>) -> Result<Ipld, Error> {
    Ok(match json {
        Value::Null => Ipld::Null,
        Value::Bool(value) => Ipld::Bool(*value),
        Value::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(integer), _) => Ipld::Integer(integer),
            (None, Some(float)) => Ipld::Float(float),
            (None, None) => return Err(Error::expected(at, "a number", json)),
        },
        Value::String(text) => Ipld::String(text.clone()),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            Ipld::List(
                items
                    .map(|(i, item)| to_ipld(item, &Path::Index(at, i)))
                    .collect::<Result<_, _>>()?,
            )
        }
        Value::Object(map) if map.contains_key("/") => {
            special(map).ok_or_else(|| Error::expected(at, "a link or bytes of DAG-JSON", json))?
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                Ok((key.clone(), to_ipld(value, &Path::Field(at, key))?))
            };
            Ipld::Map(map.iter().map(entry).collect::<Result<_, Error>>()?)
        }
    })
}

fn special(map: &Map<String, Value>) -> Option<Ipld> {
    match map.get("/")? {
        _ if map.len() != 1 => None,
        Value::String(cid) => cid.parse().ok().map(Ipld::Link),
        Value::Object(bytes) if bytes.len() == 1 => {
            let text = bytes.get("bytes")?.as_str()?;
            BASE64_NOPAD.decode(text.as_bytes()).ok().map(Ipld::Bytes)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_goes_there_and_back() {
        let json = json!([
            null, true, -1, u64::MAX, "text", { "a": [], "b": {} },
            { "/": { "bytes": "AQI" } },
            { "/": "bafkqaaa" },
        ]);
        assert_eq!(from_cbor(&to_cbor(&json).unwrap()).unwrap(), json);
        assert_eq!(from_cbor(&[]).unwrap(), Value::Null);
    }

    #[test]
    fn what_only_looks_like_a_link_is_refused_where_it_is() {
        for wrong in
            [json!({ "/": "x" }), json!({ "/": { "bytes": "?" } }), json!({ "/": 1, "a": 2 })]
        {
            let error = to_cbor(&json!({ "a": [wrong] })).unwrap_err().to_string();
            assert!(
                error.starts_with("value.a[0]: expected a link or bytes of DAG-JSON"),
                "{error}"
            );
        }
        assert!(from_cbor(&[0x82, 1]).unwrap_err().to_string().starts_with("value: not one value"));
    }
}
