//! The description of actors, as it is kept.

use std::collections::BTreeMap;
use std::fmt;

use fvm_shared::MethodNum;
use serde::{Deserialize, Serialize};

use crate::Leaf;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Abi {
    pub actors: Vec<Actor>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// As the bundle's manifest has it.
    pub name: String,
    /// In the order of their tables. The constructor is one of them.
    pub methods: Vec<Method>,
    /// Those of the actor's own, in order of codes; of a built-in actor those that ours know.
    pub exits: Vec<Exit>,
    /// The root block; `None` for a built-in actor.
    pub state: Option<Type>,
    /// All that methods and state name.
    pub types: BTreeMap<String, Definition>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Method {
    pub name: String,
    pub number: MethodNum,
    /// `None` for a method that takes none.
    pub params: Option<Type>,
    /// `None` for a method that replies nothing.
    pub reply: Option<Type>,
    /// Whether it takes FIL. Another method refuses a message that brings any.
    pub payable: bool,
    pub docs: String,
}

/// An exit code of an actor's own.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: u32,
    pub name: String,
    /// What the actor says, with `{0}`, `{1}` for what it fills in.
    pub text: String,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    Leaf(Leaf),
    /// Defined among the actor's types.
    Named(String),
    Option(Box<Type>),
    List(Box<Type>),
    /// A list of so many.
    Array(Box<Type>, usize),
    Tuple(Vec<Type>),
    /// The CID of a block of the state.
    Link(Box<Link>),
}

/// What a CID in the state leads to.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    Block(Type),
    /// A HAMT.
    Map {
        key: Type,
        value: Type,
    },
    /// An AMT.
    Array(Type),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub docs: String,
    pub shape: Shape,
}

/// How a type lies in CBOR.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// As the other: an alias, or a struct of one field without a name.
    As(Type),
    /// An array of the fields in order.
    Tuple(Vec<Field>),
    /// The first field alone where the others have nothing, else an array of all.
    FirstAlone(Vec<Field>),
    /// The name of the variant, or a map from it to what it carries.
    Enum(Vec<Variant>),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: Type,
    pub docs: String,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub name: String,
    pub carries: Payload,
    pub docs: String,
}

/// What a variant carries.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    Nothing,
    /// The value itself.
    One(Type),
    /// An array.
    Tuple(Vec<Type>),
    /// A map by field name.
    Fields(Vec<Field>),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Leaf(leaf) => write!(f, "{leaf}"),
            Type::Named(name) => write!(f, "{name}"),
            Type::Option(inner) => write!(f, "Option<{inner}>"),
            Type::List(inner) => write!(f, "Vec<{inner}>"),
            Type::Array(inner, length) => write!(f, "[{inner}; {length}]"),
            Type::Tuple(types) => {
                let types: Vec<_> = types.iter().map(ToString::to_string).collect();
                write!(f, "({})", types.join(", "))
            }
            Type::Link(link) => match &**link {
                Link::Block(inner) => write!(f, "Link<{inner}>"),
                Link::Map { key, value } => write!(f, "Map<{key}, {value}>"),
                Link::Array(inner) => write!(f, "Amt<{inner}>"),
            },
        }
    }
}
