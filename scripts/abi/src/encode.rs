//! JSON to CBOR, strictly: what is not described is refused.

use std::collections::BTreeMap;

use ipld_core::ipld::Ipld;
use serde_json::{Map, Value};

use crate::error::{Error, Path};
use crate::lookup::suggest;
use crate::schema::{Actor, Field, Method, Payload, Shape, Type, Variant};

impl Actor {
    /// The parameters of a method as it takes them: no bytes at all for a method without, whether
    /// `None` or null stands for them.
    pub fn params_to_cbor(&self, method: &Method, json: Option<&Value>) -> Result<Vec<u8>, Error> {
        let root = Path::Root("params");
        match (&method.params, json) {
            (None, None | Some(Value::Null)) => Ok(Vec::new()),
            (None, Some(got)) => {
                let what = format_args!("nothing, as {} takes no parameters", method.name);
                Err(Error::expected(&root, what, got))
            }
            (Some(ty), Some(json)) => self.encode(ty, json, "params"),
            (Some(ty), None) => {
                Err(Error::new(&root, format_args!("{} takes {ty}, got nothing", method.name)))
            }
        }
    }

    /// A value of a type as CBOR. `root` is what errors call it.
    pub fn encode(&self, ty: &Type, value: &Value, root: &str) -> Result<Vec<u8>, Error> {
        let root = Path::Root(root);
        let ipld = self.value(ty, value, &root)?;
        fvm_ipld_encoding::to_vec(&ipld).map_err(|error| Error::new(&root, error))
    }

    fn value(&self, ty: &Type, value: &Value, at: &Path<'_>) -> Result<Ipld, Error> {
        match ty {
            Type::Leaf(leaf) => {
                leaf.encode(value).ok_or_else(|| Error::expected(at, leaf.expected(), value))
            }
            Type::Named(name) => self.named(name, value, at),
            Type::Option(_) if value.is_null() => Ok(Ipld::Null),
            Type::Option(inner) => self.value(inner, value, at),
            Type::List(inner) => {
                let items = array(value, None, ty, at)?;
                self.items(items.iter().map(|item| (&**inner, item)), at)
            }
            Type::Array(inner, length) => {
                let items = array(value, Some(*length), ty, at)?;
                self.items(items.iter().map(|item| (&**inner, item)), at)
            }
            Type::Tuple(types) => {
                let items = array(value, Some(types.len()), ty, at)?;
                self.items(types.iter().zip(items), at)
            }
            Type::Link(_) => self.value(&Type::Leaf(crate::Leaf::Cid), value, at),
        }
    }

    fn items<'v>(
        &self,
        items: impl Iterator<Item = (&'v Type, &'v Value)>,
        at: &Path<'_>,
    ) -> Result<Ipld, Error> {
        let items = items.enumerate();
        let items = items.map(|(i, (ty, item))| self.value(ty, item, &Path::Index(at, i)));
        items.collect::<Result<_, _>>().map(Ipld::List)
    }

    fn named(&self, name: &str, value: &Value, at: &Path<'_>) -> Result<Ipld, Error> {
        match &self.definition(name, at)?.shape {
            Shape::As(ty) => self.value(ty, value, at),
            Shape::Tuple(fields) => Ok(Ipld::List(self.fields(name, fields, value, at)?)),
            Shape::FirstAlone(fields) => match (fields.first(), value) {
                (Some(first), Value::Object(object)) if object.len() == 1 => {
                    let value = object.get(&first.name);
                    let value = value.ok_or_else(|| missing(first, name, at))?;
                    self.value(&first.ty, value, &Path::Field(at, &first.name))
                }
                _ => Ok(Ipld::List(self.fields(name, fields, value, at)?)),
            },
            Shape::Enum(variants) => self.variant(name, variants, value, at),
        }
    }

    /// The fields of a struct in order, from an object or from an array.
    fn fields(
        &self,
        name: &str,
        fields: &[Field],
        value: &Value,
        at: &Path<'_>,
    ) -> Result<Vec<Ipld>, Error> {
        let field =
            |field: &Field, value| self.value(&field.ty, value, &Path::Field(at, &field.name));
        match value {
            Value::Object(object) => {
                known_only(object, fields, name, at)?;
                let get =
                    |f: &Field| field(f, object.get(&f.name).ok_or_else(|| missing(f, name, at))?);
                fields.iter().map(get).collect()
            }
            Value::Array(items) if items.len() == fields.len() => {
                fields.iter().zip(items).map(|(f, value)| field(f, value)).collect()
            }
            _ => {
                let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
                let what = format!("{name} as an object with {}", names.join(", "));
                Err(Error::expected(at, what, value))
            }
        }
    }

    fn variant(
        &self,
        name: &str,
        variants: &[Variant],
        value: &Value,
        at: &Path<'_>,
    ) -> Result<Ipld, Error> {
        let (tag, carried) = match value {
            Value::String(tag) => (tag, None),
            Value::Object(object) if object.len() == 1 => match object.iter().next() {
                Some((tag, carried)) => (tag, Some(carried)),
                None => return Err(Error::expected(at, one_of(name, variants), value)),
            },
            _ => return Err(Error::expected(at, one_of(name, variants), value)),
        };
        let variant = variants.iter().find(|variant| variant.name == *tag);
        let variant = variant.ok_or_else(|| Error::expected(at, one_of(name, variants), value))?;
        let inside = Path::Field(at, tag);
        let carried = match (&variant.carries, carried) {
            (Payload::Nothing, None) => return Ok(Ipld::String(tag.clone())),
            (Payload::Nothing, Some(got)) => {
                return Err(Error::expected(&inside, format_args!("\"{tag}\" alone"), got));
            }
            (_, None) => {
                let what = format_args!("{}, as {tag} carries something", describe(variant));
                return Err(Error::expected(at, what, value));
            }
            (Payload::One(ty), Some(value)) => self.value(ty, value, &inside)?,
            (Payload::Tuple(types), Some(value)) => {
                self.value(&Type::Tuple(types.clone()), value, &inside)?
            }
            (Payload::Fields(fields), Some(value)) => {
                let values = self.fields(tag, fields, value, &inside)?;
                let names = fields.iter().map(|field| field.name.clone());
                Ipld::Map(names.zip(values).collect())
            }
        };
        Ok(Ipld::Map(BTreeMap::from([(tag.clone(), carried)])))
    }
}

fn array<'v>(
    value: &'v Value,
    length: Option<usize>,
    ty: &Type,
    at: &Path<'_>,
) -> Result<&'v Vec<Value>, Error> {
    let items = value.as_array().filter(|items| length.is_none_or(|length| items.len() == length));
    items.ok_or_else(|| match length {
        Some(length) => Error::expected(at, format_args!("an array of {length}: {ty}"), value),
        None => Error::expected(at, format_args!("an array: {ty}"), value),
    })
}

fn known_only(
    object: &Map<String, Value>,
    fields: &[Field],
    name: &str,
    at: &Path<'_>,
) -> Result<(), Error> {
    let names = || fields.iter().map(|field| field.name.as_str());
    match object.keys().find(|key| names().all(|name| name != key.as_str())) {
        Some(key) => {
            let hint = suggest(key, names());
            Err(Error::new(at, format_args!("{name} has no field \"{key}\"{hint}")))
        }
        None => Ok(()),
    }
}

fn missing(field: &Field, name: &str, at: &Path<'_>) -> Error {
    let Field { name: field, ty, docs } = field;
    let stop = if docs.is_empty() { "" } else { ": " };
    Error::new(at, format_args!("the field \"{field}\" of {name} is missing, {ty}{stop}{docs}"))
}

pub(crate) fn one_of(name: &str, variants: &[Variant]) -> String {
    let variants: Vec<_> = variants.iter().map(describe).collect();
    format!("{name} as one of {}", variants.join(", "))
}

/// How a variant is written.
fn describe(variant: &Variant) -> String {
    match &variant.carries {
        Payload::Nothing => format!("\"{}\"", variant.name),
        Payload::One(ty) => format!("{{\"{}\": {ty}}}", variant.name),
        Payload::Tuple(types) => {
            format!("{{\"{}\": {}}}", variant.name, Type::Tuple(types.clone()))
        }
        Payload::Fields(fields) => {
            let fields: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
            format!("{{\"{}\": {{{}}}}}", variant.name, fields.join(", "))
        }
    }
}
