//! Values to start from.

use serde_json::{Map, Value, json};

use crate::Leaf;
use crate::encode::one_of;
use crate::error::{Error, Path};
use crate::schema::{Actor, Field, Method, Payload, Shape, Type};

/// An empty raw block: a CID that is valid and leads to nothing.
const NOTHING: &str = "bafkqaaa";

impl Actor {
    /// Parameters of a method that encode, to be filled in: null for a method that takes none.
    pub fn example(&self, method: &Method) -> Result<Value, Error> {
        method.params.as_ref().map_or(Ok(Value::Null), |ty| self.sample(ty, &Path::Root("params")))
    }

    fn sample(&self, ty: &Type, at: &Path<'_>) -> Result<Value, Error> {
        Ok(match ty {
            Type::Leaf(leaf) => sample(*leaf),
            Type::Named(name) => match &self.definition(name, at)?.shape {
                Shape::As(ty) => self.sample(ty, at)?,
                Shape::Tuple(fields) | Shape::FirstAlone(fields) => self.object(fields, at)?,
                Shape::Enum(variants) => match variants.first() {
                    None => return Err(Error::new(at, format_args!("{name} has no variants"))),
                    Some(first) => {
                        let carried = match &first.carries {
                            Payload::Nothing => return Ok(json!(first.name)),
                            Payload::One(ty) => self.sample(ty, at)?,
                            Payload::Tuple(types) => self.samples(types, at)?,
                            Payload::Fields(fields) => self.object(fields, at)?,
                        };
                        json!({ &first.name: carried })
                    }
                },
            },
            Type::Option(inner) | Type::Array(inner, 1) => self.sample(inner, at)?,
            Type::List(inner) => json!([self.sample(inner, at)?]),
            Type::Array(inner, length) => vec![self.sample(inner, at)?; *length].into(),
            Type::Tuple(types) => self.samples(types, at)?,
            Type::Link(_) => sample(Leaf::Cid),
        })
    }

    fn samples(&self, types: &[Type], at: &Path<'_>) -> Result<Value, Error> {
        types.iter().map(|ty| self.sample(ty, at)).collect::<Result<_, _>>().map(Value::Array)
    }

    fn object(&self, fields: &[Field], at: &Path<'_>) -> Result<Value, Error> {
        let sample =
            |f: &Field| Ok((f.name.clone(), self.sample(&f.ty, &Path::Field(at, &f.name))?));
        fields.iter().map(sample).collect::<Result<Map<_, _>, Error>>().map(Value::Object)
    }

    /// What each field of a method's parameters means: its path, as `terms.policy.min_duration` or
    /// `policy.Paid.period`, with its type and description.
    #[must_use]
    pub fn notes(&self, method: &Method) -> Vec<(String, String)> {
        let mut notes = Vec::new();
        if let Some(ty) = &method.params {
            self.note(ty, "", &mut notes);
        }
        notes
    }

    fn note(&self, ty: &Type, at: &str, notes: &mut Vec<(String, String)>) {
        match ty {
            Type::Option(inner) => self.note(inner, at, notes),
            Type::List(inner) | Type::Array(inner, _) => {
                self.note(inner, &format!("{at}[]"), notes);
            }
            Type::Named(name) => match self.types.get(name).map(|definition| &definition.shape) {
                Some(Shape::As(ty)) => self.note(ty, at, notes),
                Some(Shape::Tuple(fields) | Shape::FirstAlone(fields)) => {
                    self.note_fields(fields, at, notes);
                }
                Some(Shape::Enum(variants)) => {
                    for variant in variants {
                        let at = below(at, &variant.name);
                        match &variant.carries {
                            Payload::One(ty) => self.note(ty, &at, notes),
                            Payload::Fields(fields) => self.note_fields(fields, &at, notes),
                            Payload::Nothing | Payload::Tuple(_) => {}
                        }
                    }
                }
                None => {}
            },
            Type::Leaf(_) | Type::Tuple(_) | Type::Link(_) => {}
        }
    }

    fn note_fields(&self, fields: &[Field], at: &str, notes: &mut Vec<(String, String)>) {
        for field in fields {
            let path = below(at, &field.name);
            notes.push((path.clone(), self.meaning(field)));
            self.note(&field.ty, &path, notes);
        }
    }

    /// The type of a field, what an enum can be, and what is said of the field or else of its type.
    fn meaning(&self, field: &Field) -> String {
        let definition = match &field.ty {
            Type::Named(name) => self.types.get(name),
            _ => None,
        };
        let ty = match definition.map(|definition| &definition.shape) {
            Some(Shape::Enum(variants)) => one_of(&field.ty.to_string(), variants),
            _ => field.ty.to_string(),
        };
        let of_type = definition.map_or("", |definition| &definition.docs);
        match [field.docs.as_str(), of_type].into_iter().find(|docs| !docs.is_empty()) {
            Some(docs) => format!("{ty}: {docs}"),
            None => ty,
        }
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn sample(leaf: Leaf) -> Value {
    match leaf {
        Leaf::Bool => json!(false),
        Leaf::String => json!("text"),
        Leaf::Bytes => json!("0x"),
        Leaf::Address => json!("f01000"),
        Leaf::TokenAmount => json!("1 FIL"),
        Leaf::BigInt => json!("1"),
        Leaf::Cid | Leaf::DataCid => json!({ "/": NOTHING }),
        Leaf::ActorId => json!("f01000"),
        Leaf::BitField => json!([0, 1]),
        Leaf::Signature => json!({ "Type": 1, "Data": "" }),
        Leaf::Label => json!("text"),
        // Window PoSt of sectors of 32 GiB.
        Leaf::RegisteredPoStProof => json!(13),
        _ => json!(1),
    }
}
