//! Types, and how serde puts them in CBOR.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail, ensure};
use quote::ToTokens;
use syn::{
    Attribute, Expr, Fields, GenericArgument, Item, ItemEnum, ItemStruct, Lit, Meta, PathArguments,
};

use super::modules::{Found, Place, Sources};
use crate::Leaf;
use crate::schema::{Definition, Field, Link, Payload, Shape, Type, Variant};

/// Types of other crates, by crate and name.
const KNOWN: &[(&str, &str, Leaf)] = &[
    ("cid", "Cid", Leaf::Cid),
    ("fvm_ipld_bitfield", "BitField", Leaf::BitField),
    ("fvm_ipld_encoding", "BytesDe", Leaf::Bytes),
    ("fvm_ipld_encoding", "RawBytes", Leaf::Bytes),
    ("fvm_shared", "ActorID", Leaf::ActorId),
    ("fvm_shared", "Address", Leaf::Address),
    ("fvm_shared", "ChainEpoch", Leaf::ChainEpoch),
    ("fvm_shared", "DealID", Leaf::DealId),
    ("fvm_shared", "ExitCode", Leaf::ExitCode),
    ("fvm_shared", "PaddedPieceSize", Leaf::PaddedPieceSize),
    ("fvm_shared", "RegisteredPoStProof", Leaf::RegisteredPoStProof),
    ("fvm_shared", "SectorNumber", Leaf::U64),
    ("fvm_shared", "Signature", Leaf::Signature),
    ("fvm_shared", "TokenAmount", Leaf::TokenAmount),
    ("alloc", "String", Leaf::String),
];

/// Types of the language.
const PRIMITIVE: &[(&str, Leaf)] = &[
    ("bool", Leaf::Bool),
    ("i64", Leaf::I64),
    ("u8", Leaf::U8),
    ("u16", Leaf::U16),
    ("u32", Leaf::U32),
    ("u64", Leaf::U64),
];

/// Types of the workspace that write themselves: as one value, or as their first field where the
/// others have nothing.
const LEAVES: &[(&str, Leaf)] =
    &[("shared::ext::DataCid", Leaf::DataCid), ("shared::ext::market::Label", Leaf::Label)];
const FIRST_ALONE: &[&str] = &["shared::token::holder::Holder"];

/// Where a type that is not known has to be added.
const ADD: &str = "add it to scripts/abi/src/source/types.rs";

/// The types of one actor, as they are met.
pub struct Types<'s> {
    sources: &'s Sources,
    names: Vec<(Place, String, String)>,
    defined: BTreeMap<String, Definition>,
}

impl<'s> Types<'s> {
    pub fn new(sources: &'s Sources) -> Self {
        Types { sources, names: Vec::new(), defined: BTreeMap::new() }
    }

    /// All that were met, and all that those are made of.
    pub fn finish(mut self) -> Result<BTreeMap<String, Definition>> {
        let mut done = 0;
        while let Some((place, item, name)) = self.names.get(done).cloned() {
            let definition = self.define(&place, &item);
            let definition = definition.with_context(|| format!("type {item} of {place}"))?;
            self.defined.insert(name, definition);
            done += 1;
        }
        Ok(self.defined)
    }

    /// A type of a table: `None` for the unit.
    pub fn unless_unit(&mut self, at: &Place, ty: &syn::Type) -> Result<Option<Type>> {
        match ty {
            syn::Type::Tuple(unit) if unit.elems.is_empty() => Ok(None),
            ty => self.ty(at, ty).map(Some),
        }
    }

    /// A type that a module has. Of two with one name the one that is met later has its module's name
    /// in front.
    pub fn named(&mut self, place: &Place, item: &str) -> Result<Type> {
        let known = self.names.iter().find(|(p, i, _)| (p, i.as_str()) == (place, item));
        if let Some((_, _, name)) = known {
            return Ok(Type::Named(name.clone()));
        }
        let is_free = |name: &str| self.names.iter().all(|(_, _, taken)| taken != name);
        let candidates = [item.to_owned(), format!("{}::{item}", place.name())];
        let name = candidates.into_iter().find(|name| is_free(name));
        let name = name.unwrap_or_else(|| format!("{place}::{item}"));
        self.names.push((place.clone(), item.to_owned(), name.clone()));
        Ok(Type::Named(name))
    }

    fn ty(&mut self, at: &Place, ty: &syn::Type) -> Result<Type> {
        match ty {
            syn::Type::Tuple(tuple) => {
                ensure!(!tuple.elems.is_empty(), "a unit within a type has no form in JSON");
                let types = tuple.elems.iter().map(|ty| self.ty(at, ty));
                types.collect::<Result<_>>().map(Type::Tuple)
            }
            syn::Type::Array(array) => {
                let length = literal(&array.len).context("an array's length is a literal")?;
                Ok(Type::Array(Box::new(self.ty(at, &array.elem)?), length))
            }
            syn::Type::Path(path) => self.path(at, &path.path),
            _ => bail!("the type {} has no form in CBOR", ty.to_token_stream()),
        }
    }

    fn path(&mut self, at: &Place, path: &syn::Path) -> Result<Type> {
        let names = names(path);
        match self.sources.resolve(at, &names)? {
            Found::Item(place, item) => {
                let full = place.child(&item).to_string();
                match LEAVES.iter().find(|(name, _)| *name == full) {
                    Some((_, leaf)) => Ok(Type::Leaf(*leaf)),
                    None => self.named(&place, &item),
                }
            }
            Found::Foreign(found) => self.foreign(at, &found, path),
            Found::Module(place) => bail!("{place} is a module, not a type"),
        }
    }

    fn foreign(&mut self, at: &Place, found: &[String], path: &syn::Path) -> Result<Type> {
        let first = found.first().map_or("", String::as_str);
        let last = found.last().map_or("", String::as_str);
        if let (1, Some((_, leaf))) =
            (found.len(), PRIMITIVE.iter().find(|(name, _)| *name == last))
        {
            return Ok(Type::Leaf(*leaf));
        }
        if let Some((.., leaf)) = KNOWN.iter().find(|(of, name, _)| (*of, *name) == (first, last)) {
            return Ok(Type::Leaf(*leaf));
        }
        let mut inner = || {
            let arguments = arguments(path);
            let [inner] = arguments.as_slice() else { bail!("{last} is of one type") };
            self.ty(at, inner).map(Box::new)
        };
        match last {
            "Option" => match inner()? {
                nested if matches!(*nested, Type::Option(_)) => {
                    bail!("an option of an option has no form in JSON")
                }
                inner => Ok(Type::Option(inner)),
            },
            "Vec" => Ok(Type::List(inner()?)),
            "Box" => Ok(*inner()?),
            _ => bail!("the type {} is not known: {ADD}", found.join("::")),
        }
    }

    fn define(&mut self, place: &Place, item: &str) -> Result<Definition> {
        let sources = self.sources;
        match sources.module(place)?.item(item) {
            Some(Item::Struct(found)) => self.structure(place, found),
            Some(Item::Enum(found)) => self.enumeration(place, found),
            Some(Item::Type(found)) => {
                let shape = Shape::As(self.ty(place, &found.ty)?);
                Ok(Definition { docs: docs(&found.attrs), shape })
            }
            _ => bail!("not a type"),
        }
    }

    fn structure(&mut self, place: &Place, found: &ItemStruct) -> Result<Definition> {
        let full = place.child(&found.ident.to_string()).to_string();
        let shape = match &found.fields {
            Fields::Named(_) if FIRST_ALONE.contains(&full.as_str()) => {
                Shape::FirstAlone(self.fields(place, &found.fields)?)
            }
            Fields::Named(_) if derives(&found.attrs, "Serialize_tuple") => {
                Shape::Tuple(self.fields(place, &found.fields)?)
            }
            Fields::Unnamed(fields) if derives(&found.attrs, "Serialize") => {
                let mut fields = fields.unnamed.iter();
                let (Some(field), None) = (fields.next(), fields.next()) else {
                    bail!("a struct without names of fields has one: {ADD}")
                };
                Shape::As(self.field_type(place, &field.attrs, &field.ty)?)
            }
            _ => bail!("it does not derive how it is written: {ADD}"),
        };
        Ok(Definition { docs: docs(&found.attrs), shape })
    }

    fn enumeration(&mut self, place: &Place, found: &ItemEnum) -> Result<Definition> {
        ensure!(derives(&found.attrs, "Serialize"), "it does not derive how it is written: {ADD}");
        no_serde(&found.attrs)?;
        let mut variants = Vec::new();
        for variant in &found.variants {
            no_serde(&variant.attrs)?;
            let carries = match &variant.fields {
                Fields::Unit => Payload::Nothing,
                Fields::Named(_) => Payload::Fields(self.fields(place, &variant.fields)?),
                Fields::Unnamed(fields) => {
                    let types = fields.unnamed.iter();
                    let mut types = types
                        .map(|field| self.field_type(place, &field.attrs, &field.ty))
                        .collect::<Result<Vec<_>>>()?;
                    match (types.pop(), types.is_empty()) {
                        (Some(one), true) => Payload::One(one),
                        (last, _) => Payload::Tuple(types.into_iter().chain(last).collect()),
                    }
                }
            };
            let (name, docs) = (variant.ident.to_string(), docs(&variant.attrs));
            variants.push(Variant { name, carries, docs });
        }
        Ok(Definition { docs: docs(&found.attrs), shape: Shape::Enum(variants) })
    }

    fn fields(&mut self, place: &Place, fields: &Fields) -> Result<Vec<Field>> {
        let field = |field: &syn::Field| {
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            let ty = self.field_type(place, &field.attrs, &field.ty);
            let ty = ty.with_context(|| format!("field {name}"))?;
            Ok(Field { name, ty, docs: docs(&field.attrs) })
        };
        fields.iter().map(field).collect()
    }

    /// The type of a field, by its own attributes as well.
    fn field_type(&mut self, at: &Place, attributes: &[Attribute], ty: &syn::Type) -> Result<Type> {
        match serde(attributes).as_deref() {
            None => {}
            Some("with = \"strict_bytes\"") => return Ok(Type::Leaf(Leaf::Bytes)),
            Some("with = \"bigint_ser\"") => return Ok(Type::Leaf(Leaf::BigInt)),
            Some(other) => bail!("serde's {other} is not known: {ADD}"),
        }
        let ty = self.ty(at, ty)?;
        self.linked(at, ty, &raw_docs(attributes))
    }

    /// A type with its CIDs leading where these docs say.
    fn linked(&mut self, at: &Place, ty: Type, docs: &str) -> Result<Type> {
        Ok(match ty {
            Type::Leaf(Leaf::Cid) => match self.link(at, docs)? {
                Some(link) => Type::Link(Box::new(link)),
                None => ty,
            },
            Type::Option(inner) => Type::Option(Box::new(self.linked(at, *inner, docs)?)),
            Type::List(inner) => Type::List(Box::new(self.linked(at, *inner, docs)?)),
            ty => ty,
        })
    }

    /// What a CID with these docs leads to.
    fn link(&mut self, at: &Place, docs: &str) -> Result<Option<Link>> {
        let Some(path) = first_link(docs) else { return Ok(None) };
        let Ok(Found::Item(place, item)) = self.sources.resolve(at, &path) else { return Ok(None) };
        let sources = self.sources;
        let map = match sources.module(&place)?.item(&item) {
            Some(Item::Type(alias)) => self.map(&place, &alias.ty, &raw_docs(&alias.attrs))?,
            // A map in a struct of its own.
            Some(Item::Struct(found)) => match (&found.fields, found.fields.iter().next()) {
                (Fields::Unnamed(_), Some(field)) => self.map(&place, &field.ty, "")?,
                _ => None,
            },
            _ => None,
        };
        Ok(Some(match map {
            Some(map) => map,
            None if docs.starts_with("Array of ") => Link::Array(self.named(&place, &item)?),
            None => Link::Block(self.named(&place, &item)?),
        }))
    }

    /// `Map<'s, BS, K, V>` as what its root leads to.
    fn map(&mut self, at: &Place, ty: &syn::Type, docs: &str) -> Result<Option<Link>> {
        let syn::Type::Path(path) = ty else { return Ok(None) };
        let found = self.sources.resolve(at, &names(&path.path))?;
        if found != Found::Item(Place::of("shared::map"), "Map".to_owned()) {
            return Ok(None);
        }
        let arguments = arguments(&path.path);
        let [_, key, value] = arguments.as_slice() else { bail!("a map has a key and a value") };
        let (key, value) = (self.ty(at, key)?, self.ty(at, value)?);
        let value = self.linked(at, value, docs)?;
        Ok(Some(Link::Map { key, value }))
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// The types between the angle brackets.
fn arguments(path: &syn::Path) -> Vec<&syn::Type> {
    let Some(PathArguments::AngleBracketed(arguments)) = path.segments.last().map(|s| &s.arguments)
    else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

fn literal(length: &Expr) -> Option<usize> {
    let Expr::Lit(syn::ExprLit { lit: Lit::Int(length), .. }) = length else { return None };
    length.base10_parse().ok()
}

fn derives(attributes: &[Attribute], name: &str) -> bool {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives.filter_map(|attribute| attribute.meta.require_list().ok()).any(|list| {
        let derived = list.tokens.to_string();
        derived.split(',').any(|derived| derived.trim() == name)
    })
}

/// What stands in a `#[serde(…)]`.
fn serde(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("serde"))?;
    Some(attribute.meta.require_list().ok()?.tokens.to_string())
}

fn no_serde(attributes: &[Attribute]) -> Result<()> {
    serde(attributes).map_or(Ok(()), |other| Err(anyhow!("serde's {other} is not known: {ADD}")))
}

/// A doc comment as one line, with its marks.
fn raw_docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A doc comment as plain text.
pub fn docs(attributes: &[Attribute]) -> String {
    let raw = raw_docs(attributes);
    let mut out = String::new();
    let mut rest = raw.as_str();
    while let Some((before, after)) = rest.split_once("[`") {
        out += before;
        let (name, after) = after.split_once("`]").unwrap_or((after, ""));
        out += name;
        rest = match after.strip_prefix('(') {
            Some(target) => target.split_once(')').map_or("", |(_, after)| after),
            None => after,
        };
    }
    (out + rest).replace('`', "")
}

/// The path of the first link in a doc comment.
fn first_link(docs: &str) -> Option<Vec<String>> {
    let (name, after) = docs.split_once("[`")?.1.split_once("`]")?;
    let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
    let path = target.map_or(name, |(target, _)| target);
    Some(path.split("::").map(ToOwned::to_owned).collect())
}
