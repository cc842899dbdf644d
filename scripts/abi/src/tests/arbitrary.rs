//! Any JSON that a type can be written as.

use cid::Cid;
use cid::multihash::Multihash;
use fvm_shared::address::Address;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};

use crate::Leaf;
use crate::schema::{Actor, Field, Payload, Shape, Type};

pub fn value(actor: &Actor, ty: &Type, rng: &mut StdRng) -> Value {
    match ty {
        Type::Leaf(leaf) => leaf_value(*leaf, rng),
        Type::Link(_) => leaf_value(Leaf::Cid, rng),
        Type::Option(inner) => {
            if rng.random() {
                Value::Null
            } else {
                value(actor, inner, rng)
            }
        }
        Type::List(inner) => {
            let length = rng.random_range(0..4);
            (0..length).map(|_| value(actor, inner, rng)).collect()
        }
        Type::Array(inner, length) => (0..*length).map(|_| value(actor, inner, rng)).collect(),
        Type::Tuple(types) => types.iter().map(|ty| value(actor, ty, rng)).collect(),
        Type::Named(name) => match &actor.types[name].shape {
            Shape::As(ty) => value(actor, ty, rng),
            Shape::Tuple(fields) | Shape::FirstAlone(fields) => {
                let by_name = rng.random();
                fields_value(actor, fields, by_name, rng)
            }
            Shape::Enum(variants) => {
                let variant = &variants[rng.random_range(0..variants.len())];
                let carried = match &variant.carries {
                    Payload::Nothing => return json!(variant.name),
                    Payload::One(ty) => value(actor, ty, rng),
                    Payload::Tuple(types) => types.iter().map(|ty| value(actor, ty, rng)).collect(),
                    Payload::Fields(fields) => fields_value(actor, fields, true, rng),
                };
                json!({ &variant.name: carried })
            }
        },
    }
}

fn fields_value(actor: &Actor, fields: &[Field], by_name: bool, rng: &mut StdRng) -> Value {
    let entries = fields.iter().map(|f| (f.name.clone(), value(actor, &f.ty, rng)));
    if by_name {
        Value::Object(entries.collect::<Map<_, _>>())
    } else {
        entries.map(|(_, value)| value).collect()
    }
}

fn leaf_value(leaf: Leaf, rng: &mut StdRng) -> Value {
    let edge = rng.random_range(0..8);
    match leaf {
        Leaf::Bool => json!(rng.random::<bool>()),
        Leaf::U8 => json!(rng.random::<u8>()),
        Leaf::U16 => json!(rng.random::<u16>()),
        Leaf::U32 | Leaf::ExitCode => json!(rng.random::<u32>()),
        Leaf::U64 | Leaf::DealId | Leaf::PaddedPieceSize => match edge {
            0 => json!(u64::MAX.to_string()),
            1 => json!(u64::MAX),
            _ => json!(rng.random_range(0..1_000_u64)),
        },
        Leaf::ActorId => match edge {
            0 => json!("t01234"),
            1 => json!("f09"),
            _ => json!(rng.random::<u64>()),
        },
        Leaf::I64 | Leaf::ChainEpoch => match edge {
            0 => json!(i64::MIN),
            1 => json!(i64::MAX.to_string()),
            _ => json!(rng.random_range(-1_000..1_000_000_i64)),
        },
        Leaf::RegisteredPoStProof => json!(rng.random_range(0..16)),
        Leaf::BitField => {
            let first = rng.random_range(0..2_u64);
            let runs = (0..rng.random_range(0..6)).map(|_| rng.random_range(1..100));
            [first].into_iter().chain(runs).collect()
        }
        Leaf::Signature => {
            let data: Vec<u8> = (0..rng.random_range(0..97)).map(|_| rng.random()).collect();
            let data = data_encoding::BASE64.encode(&data);
            json!({ "Type": rng.random_range(1..3), "Data": data })
        }
        Leaf::Label => match rng.random() {
            true => leaf_value(Leaf::String, rng),
            false => json!({ "Bytes": leaf_value(Leaf::Bytes, rng) }),
        },
        Leaf::String => json!(["", "text", "naïve ✓ \"quoted\""][rng.random_range(0..3)]),
        Leaf::Bytes => {
            let bytes: Vec<u8> = (0..rng.random_range(0..40)).map(|_| rng.random()).collect();
            let base64 = data_encoding::BASE64.encode(&bytes);
            let hex = crate::leaf::hex(&bytes);
            json!(if rng.random() { hex } else { format!("base64:{base64}") })
        }
        Leaf::Address => {
            let mut key = [0; 20];
            rng.fill_bytes(&mut key);
            let address = match edge {
                0 => Address::new_actor(&key),
                1 => Address::new_delegated(10, &key).unwrap(),
                2 => Address::new_bls(&[7; 48]).unwrap(),
                3 => Address::new_secp256k1(&[4; 65]).unwrap(),
                _ => Address::new_id(rng.random()),
            };
            json!(address.to_string())
        }
        Leaf::TokenAmount => match edge {
            0 => json!("1.5 FIL"),
            1 => json!("0"),
            2 => json!("250 attoFIL"),
            _ => json!(rng.random::<u128>().to_string()),
        },
        Leaf::BigInt => match edge {
            0 => json!(rng.random::<i64>()),
            _ => json!(rng.random::<i128>().to_string()),
        },
        Leaf::Cid | Leaf::DataCid => {
            let mut digest = [0; 32];
            rng.fill_bytes(&mut digest);
            let cid = Cid::new_v1(0x71, Multihash::wrap(0xb220, &digest).unwrap()).to_string();
            if rng.random() { json!(cid) } else { json!({ "/": cid }) }
        }
    }
}
