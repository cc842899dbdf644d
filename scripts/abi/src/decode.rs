//! CBOR to JSON, by what is described.

use ipld_core::ipld::Ipld;
use serde_json::{Map, Value, json};

use crate::dag_json;
use crate::error::{Error, Path};
use crate::schema::{Actor, Field, Method, Payload, Shape, Type, Variant};
use crate::state::Blocks;

/// What says how a value is printed.
pub(crate) struct Decoder<'a> {
    pub actor: &'a Actor,
    /// Where links are followed.
    pub blocks: Option<&'a Blocks<'a>>,
}

impl Actor {
    /// The parameters of a method as JSON: null for none.
    pub fn params_to_json(&self, method: &Method, cbor: &[u8]) -> Result<Value, Error> {
        self.bytes_to_json(method.params.as_ref(), cbor, "params")
    }

    /// The reply of a method as JSON: null for none.
    pub fn reply_to_json(&self, method: &Method, cbor: &[u8]) -> Result<Value, Error> {
        self.bytes_to_json(method.reply.as_ref(), cbor, "reply")
    }

    fn bytes_to_json(&self, ty: Option<&Type>, cbor: &[u8], root: &str) -> Result<Value, Error> {
        match ty {
            Some(ty) => self.cbor_to_json(ty, cbor, root),
            None if cbor.is_empty() => Ok(Value::Null),
            None => {
                let what = format_args!("expected no bytes, got {}", cbor.len());
                Err(Error::new(&Path::Root(root), what))
            }
        }
    }

    /// CBOR of a type as JSON. `root` is what errors call it.
    pub fn cbor_to_json(&self, ty: &Type, cbor: &[u8], root: &str) -> Result<Value, Error> {
        let root = Path::Root(root);
        let ipld = parse(cbor, &root)?;
        Decoder { actor: self, blocks: None }.value(ty, &ipld, &root)
    }
}

pub(crate) fn parse(cbor: &[u8], at: &Path<'_>) -> Result<Ipld, Error> {
    let what =
        |error| Error::new(at, format_args!("not one value of CBOR, are the bytes whole? {error}"));
    fvm_ipld_encoding::from_slice(cbor).map_err(what)
}

impl Decoder<'_> {
    pub(crate) fn value(&self, ty: &Type, ipld: &Ipld, at: &Path<'_>) -> Result<Value, Error> {
        match (ty, ipld) {
            (Type::Leaf(leaf), _) => leaf.decode(ipld).ok_or_else(|| unlike(ty, ipld, at)),
            (Type::Named(name), _) => self.named(name, ipld, at),
            (Type::Option(_), Ipld::Null) => Ok(Value::Null),
            (Type::Option(inner), _) => self.value(inner, ipld, at),
            (Type::List(inner), Ipld::List(items)) => {
                self.items(items.iter().map(|item| (&**inner, item)), at)
            }
            (Type::Array(inner, length), Ipld::List(items)) if items.len() == *length => {
                self.items(items.iter().map(|item| (&**inner, item)), at)
            }
            (Type::Tuple(types), Ipld::List(items)) if items.len() == types.len() => {
                self.items(types.iter().zip(items), at)
            }
            (Type::Link(link), Ipld::Link(cid)) => match self.blocks {
                Some(blocks) => self.follow(blocks, link, cid, at),
                None => Ok(crate::leaf::link(cid)),
            },
            _ => Err(unlike(ty, ipld, at)),
        }
    }

    fn items<'v>(
        &self,
        items: impl Iterator<Item = (&'v Type, &'v Ipld)>,
        at: &Path<'_>,
    ) -> Result<Value, Error> {
        let items = items.enumerate();
        let items = items.map(|(i, (ty, item))| self.value(ty, item, &Path::Index(at, i)));
        items.collect::<Result<_, _>>().map(Value::Array)
    }

    fn named(&self, name: &str, ipld: &Ipld, at: &Path<'_>) -> Result<Value, Error> {
        let unlike = || unlike(&Type::Named(name.to_owned()), ipld, at);
        match (&self.actor.definition(name, at)?.shape, ipld) {
            (Shape::As(ty), _) => self.value(ty, ipld, at),
            (Shape::Tuple(fields) | Shape::FirstAlone(fields), Ipld::List(items))
                if items.len() == fields.len() =>
            {
                let field = |(field, item): (&Field, &Ipld)| self.field(field, item, at);
                fields.iter().zip(items).map(field).collect::<Result<_, _>>().map(Value::Object)
            }
            (Shape::FirstAlone(fields), Ipld::Bytes(_)) => {
                let first = fields.first().ok_or_else(unlike)?;
                Ok(Value::Object(Map::from_iter([self.field(first, ipld, at)?])))
            }
            (Shape::Enum(variants), _) => {
                let (variant, carried) = tag(variants, ipld).ok_or_else(unlike)?;
                self.variant(variant, carried, at)?.ok_or_else(unlike)
            }
            _ => Err(unlike()),
        }
    }

    fn field(&self, field: &Field, ipld: &Ipld, at: &Path<'_>) -> Result<(String, Value), Error> {
        let value = self.value(&field.ty, ipld, &Path::Field(at, &field.name))?;
        Ok((field.name.clone(), value))
    }

    fn variant(
        &self,
        variant: &Variant,
        carried: Option<&Ipld>,
        at: &Path<'_>,
    ) -> Result<Option<Value>, Error> {
        let name = &variant.name;
        let inside = Path::Field(at, name);
        let value = match (&variant.carries, carried) {
            (Payload::Nothing, None) => return Ok(Some(json!(name))),
            (Payload::One(ty), Some(ipld)) => self.value(ty, ipld, &inside)?,
            (Payload::Tuple(types), Some(ipld)) => {
                self.value(&Type::Tuple(types.clone()), ipld, &inside)?
            }
            (Payload::Fields(fields), Some(Ipld::Map(map))) if map.len() == fields.len() => {
                let mut object = Map::new();
                for field in fields {
                    let Some(ipld) = map.get(&field.name) else { return Ok(None) };
                    let (name, value) = self.field(field, ipld, &inside)?;
                    object.insert(name, value);
                }
                Value::Object(object)
            }
            _ => return Ok(None),
        };
        Ok(Some(Value::Object(Map::from_iter([(name.clone(), value)]))))
    }
}

/// The variant that a value is, and what it carries.
fn tag<'v>(variants: &'v [Variant], ipld: &'v Ipld) -> Option<(&'v Variant, Option<&'v Ipld>)> {
    let (name, carried) = match ipld {
        Ipld::String(name) => (name, None),
        Ipld::Map(map) if map.len() == 1 => {
            let (name, carried) = map.iter().next()?;
            (name, Some(carried))
        }
        _ => return None,
    };
    Some((variants.iter().find(|variant| variant.name == *name)?, carried))
}

fn unlike(ty: &Type, ipld: &Ipld, at: &Path<'_>) -> Error {
    Error::expected(at, format_args!("{ty} in CBOR"), &dag_json::from_ipld(ipld))
}
