//! Values of the built-in actors, in the JSON that Lotus has for them.

use std::ops::Range;

use data_encoding::BASE64;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_bitfield::iter::Ranges;
use ipld_core::ipld::Ipld;
use ipld_core::serde::{from_ipld, to_ipld};
use serde_json::{Value, json};

use crate::leaf;

/// A bit field from the lengths of its runs: so many bits that are not set, so many that are, and so
/// on. Only the first can be 0.
pub fn bit_field(value: &Value) -> Option<Ipld> {
    let lengths = value.as_array()?.iter().map(Value::as_u64).collect::<Option<Vec<_>>>()?;
    if lengths.iter().skip(1).any(|length| *length == 0) {
        return None;
    }
    let (mut ranges, mut end): (Vec<Range<u64>>, u64) = (vec![], 0);
    for (n, length) in lengths.into_iter().enumerate() {
        let start = end;
        end = start.checked_add(length)?;
        if n % 2 == 1 {
            ranges.push(start..end);
        }
    }
    to_ipld(BitField::from_ranges(Ranges::new(ranges))).ok()
}

pub fn bit_field_to_json(ipld: &Ipld) -> Option<Value> {
    let field: BitField = from_ipld(ipld.clone()).ok()?;
    let (mut lengths, mut end) = (vec![], 0);
    for range in field.ranges() {
        lengths.extend([range.start - end, range.end - range.start]);
        end = range.end;
    }
    Some(if lengths.is_empty() { json!([0]) } else { json!(lengths) })
}

/// A signature from `{"Type": 1, "Data": "base64"}`.
pub fn signature(value: &Value) -> Option<Ipld> {
    let object = value.as_object().filter(|object| object.len() == 2)?;
    let kind = u8::try_from(object.get("Type")?.as_u64()?).ok().filter(is_signature)?;
    let data = BASE64.decode(object.get("Data")?.as_str()?.as_bytes()).ok()?;
    Some(Ipld::Bytes([vec![kind], data].concat()))
}

pub fn signature_to_json(bytes: &[u8]) -> Option<Value> {
    let (kind, data) = bytes.split_first().filter(|(kind, _)| is_signature(kind))?;
    Some(json!({ "Type": kind, "Data": BASE64.encode(data) }))
}

/// Secp256k1 or BLS.
fn is_signature(kind: &u8) -> bool {
    matches!(kind, 1 | 2)
}

/// A deal's label, which is text, or bytes as `{"Bytes": "0x…"}`.
pub fn label(value: &Value) -> Option<Ipld> {
    match value {
        Value::String(text) => Some(Ipld::String(text.clone())),
        Value::Object(object) if object.len() == 1 => {
            leaf::bytes(object.get("Bytes")?.as_str()?).map(Ipld::Bytes)
        }
        _ => None,
    }
}

pub fn label_to_json(ipld: &Ipld) -> Option<Value> {
    match ipld {
        Ipld::String(text) => Some(json!(text)),
        Ipld::Bytes(bytes) => Some(json!({ "Bytes": leaf::hex(bytes) })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_field_is_the_lengths_of_its_runs_as_in_lotus() {
        let field = |bits: &[u64]| BitField::try_from_bits(bits.iter().copied()).unwrap();
        let written = [
            (&[][..], json!([0])),
            (&[0], json!([0, 1])),
            (&[3], json!([3, 1])),
            (&[0, 1, 5, 6, 7], json!([0, 2, 3, 3])),
        ];
        for (bits, json) in written {
            let ipld = to_ipld(field(bits)).unwrap();
            assert_eq!(bit_field(&json), Some(ipld.clone()), "{json}");
            assert_eq!(bit_field_to_json(&ipld), Some(json));
        }
        for wrong in [json!([1, 0]), json!([-1]), json!(3), json!([1, u64::MAX]), json!(["1"])] {
            assert_eq!(bit_field(&wrong), None, "{wrong}");
        }
        assert_eq!(bit_field(&json!([])), bit_field(&json!([0])));
    }

    #[test]
    fn a_signature_has_its_type_and_its_data_in_base64() {
        let ipld = Ipld::Bytes(vec![2, 7, 8]);
        let json = json!({ "Type": 2, "Data": "Bwg=" });
        assert_eq!(signature(&json), Some(ipld));
        assert_eq!(signature_to_json(&[2, 7, 8]), Some(json));
        for wrong in [json!({ "Type": 3, "Data": "" }), json!({ "Type": 1 }), json!("0x01")] {
            assert_eq!(signature(&wrong), None, "{wrong}");
        }
        assert_eq!((signature_to_json(&[]), signature_to_json(&[9, 1])), (None, None));
    }

    #[test]
    fn a_label_is_text_or_bytes() {
        let bytes = json!({ "Bytes": "0x6164" });
        assert_eq!(label(&json!("ad")), Some(Ipld::String("ad".into())));
        assert_eq!(label(&bytes), Some(Ipld::Bytes(b"ad".to_vec())));
        assert_eq!(label_to_json(&Ipld::Bytes(b"ad".to_vec())), Some(bytes));
        assert_eq!(label(&json!(7)), None);
    }
}
