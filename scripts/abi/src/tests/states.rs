//! States that the actors' own code has written.

use std::collections::BTreeSet;

use actor_datadao::api::Role;
use actor_datadao::roles::RoleSet;
use actor_datadao::state::{ROLES, Roles};
use actor_init::state::State as Init;
use actor_lending_market::book::Step;
use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_blockstore::{Blockstore, MemoryBlockstore};
use fvm_ipld_encoding::DAG_CBOR;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use multihash_codetable::{Code, MultihashDigest};
use serde_json::{Value, json};
use shared::map::{empty, put_block};
use shared::token::Holder;
use shared::{Map, MapSpec};

use super::{ABI, actor};
use crate::Leaf;
use crate::schema::{Actor, Field, Link, Payload, Shape, Type};

/// The shape of the token's maps.
static ANY: MapSpec = MapSpec { name: "any", bit_width: 3 };

/// Puts a block of a type that is written as JSON.
fn put(store: &MemoryBlockstore, actor: &Actor, ty: &str, json: &Value) -> Cid {
    let cbor =
        actor.encode(&Type::Named(ty.to_owned()), json, ty).unwrap_or_else(|e| panic!("{e}"));
    let cid = Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(&cbor));
    store.put_keyed(&cid, &cbor).unwrap();
    cid
}

fn show(
    store: &MemoryBlockstore,
    actor: &Actor,
    root: &Cid,
    limit: usize,
) -> Result<Value, String> {
    let shown = actor.state_to_json(root, &|cid| store.get(cid), limit);
    shown.map(Option::unwrap).map_err(|error| error.to_string())
}

/// What the state of an actor of ours is.
fn state_of(actor: &Actor) -> &Type {
    actor.state.as_ref().unwrap()
}

fn ours() -> impl Iterator<Item = &'static Actor> {
    ABI.actors.iter().filter(|actor| actor.state.is_some())
}

/// Any value of a type, with no entries in its lists and `empty` for each of its links.
fn blank(store: &MemoryBlockstore, actor: &Actor, ty: &Type) -> Value {
    match ty {
        Type::Link(link) => match &**link {
            Link::Block(Type::Named(name)) => {
                let block = blank(store, actor, &Type::Named(name.clone()));
                json!(put(store, actor, name, &block).to_string())
            }
            Link::Array(_) => {
                json!(Amt::<u64, _>::new(store).flush().unwrap().to_string())
            }
            _ => json!(empty(store).unwrap().to_string()),
        },
        Type::Option(_) => Value::Null,
        Type::List(_) => json!([]),
        Type::Tuple(types) => types.iter().map(|ty| blank(store, actor, ty)).collect(),
        Type::Leaf(Leaf::Bool) => json!(false),
        Type::Leaf(Leaf::String | Leaf::TokenAmount) => json!("0"),
        Type::Leaf(Leaf::Address) => json!("f00"),
        Type::Leaf(Leaf::Cid | Leaf::DataCid) => json!("bafkqaaa"),
        Type::Leaf(_) => json!(0),
        Type::Array(inner, length) => vec![blank(store, actor, inner); *length].into(),
        Type::Named(name) => match &actor.types[name].shape {
            Shape::As(ty) => blank(store, actor, ty),
            Shape::Tuple(fields) | Shape::FirstAlone(fields) => {
                fields.iter().map(|f| (f.name.clone(), blank(store, actor, &f.ty))).collect()
            }
            Shape::Enum(variants) => {
                let bare = variants.iter().find(|variant| variant.carries == Payload::Nothing);
                match (bare, &variants[0].carries) {
                    (Some(bare), _) => json!(bare.name),
                    (None, Payload::One(ty)) => {
                        json!({ &variants[0].name: blank(store, actor, ty) })
                    }
                    _ => panic!("{name} has no simple variant"),
                }
            }
        },
    }
}

#[test]
fn an_actor_s_own_state_is_shown_with_its_map() {
    let store = MemoryBlockstore::default();
    let mut state = Init::new(&store, "devnet".into()).unwrap();
    for n in 0..5 {
        state.allocate(&store, &Address::new_actor(&[n]), None, |_| None).unwrap();
    }
    let root = put_block(&store, "state", &state).unwrap();
    let shown = show(&store, actor("init"), &root, 10).unwrap();
    assert_eq!((&shown["network_name"], &shown["next_id"]), (&json!("devnet"), &json!(105)));
    let first = Address::new_actor(&[0]).to_string();
    assert_eq!(shown["address_map"][first], json!(100));
    assert_eq!(shown["address_map"].as_object().unwrap().len(), 5);

    let cut = show(&store, actor("init"), &root, 2).unwrap();
    assert_eq!(cut["address_map"].as_object().unwrap().len(), 3);
    assert_eq!(cut["address_map"]["…"], json!("there are more"));
    let whole = show(&store, actor("init"), &root, 5).unwrap();
    assert_eq!(whole["address_map"].get("…"), None);
}

#[test]
fn every_actor_s_state_is_shown_to_its_last_link() {
    for actor in ours() {
        let store = MemoryBlockstore::default();
        let root = put(&store, actor, "State", &blank(&store, actor, state_of(actor)));
        let shown = show(&store, actor, &root, 10);
        shown.unwrap_or_else(|error| panic!("{}: {error}", actor.name));
    }
}

/// What a type is made of, each part with the name of the field that it is in.
fn parts<'t>(actor: &'t Actor, ty: &'t Type, field: &'t str) -> Vec<(&'t Type, &'t str)> {
    let fields = |all: &'t [Field]| all.iter().map(|f| (&f.ty, f.name.as_str())).collect();
    match ty {
        Type::Leaf(_) => Vec::new(),
        Type::Option(inner) | Type::List(inner) | Type::Array(inner, _) => vec![(&**inner, field)],
        Type::Tuple(types) => types.iter().map(|ty| (ty, field)).collect(),
        Type::Link(link) => match &**link {
            Link::Block(ty) | Link::Array(ty) => vec![(ty, field)],
            Link::Map { key, value } => vec![(key, field), (value, field)],
        },
        Type::Named(name) => match &actor.types[name].shape {
            Shape::As(ty) => vec![(ty, field)],
            Shape::Tuple(all) | Shape::FirstAlone(all) => fields(all),
            Shape::Enum(variants) => {
                let carried = variants.iter().flat_map(|variant| match &variant.carries {
                    Payload::Nothing => Vec::new(),
                    Payload::One(ty) => vec![(ty, field)],
                    Payload::Tuple(types) => types.iter().map(|ty| (ty, field)).collect(),
                    Payload::Fields(all) => fields(all),
                });
                carried.collect()
            }
        },
    }
}

#[test]
fn every_cid_of_a_state_leads_to_a_block_but_those_of_pieces() {
    for actor in ours() {
        let mut seen = BTreeSet::new();
        let mut left = vec![(state_of(actor), "state")];
        while let Some((ty, field)) = left.pop() {
            let leads_nowhere = *ty == Type::Leaf(Leaf::Cid);
            assert!(!leads_nowhere || field == "piece_cid", "{}: {field}", actor.name);
            if seen.insert((ty.to_string(), field)) {
                left.extend(parts(actor, ty, field));
            }
        }
    }
}

#[test]
fn keys_are_shown_as_what_they_stand_for() {
    let store = MemoryBlockstore::default();
    let dao = actor("datadao");
    let mut state = blank(&store, dao, state_of(dao));
    let root = empty(&store).unwrap();

    let mut roles = Roles::load(&store, &root, &ROLES).unwrap();
    roles.set(&1_000, RoleSet::default().with(Role::Admin)).unwrap();
    let mut cold = blank(&store, dao, &Type::Named("Cold".into()));
    cold["roles"] = json!(roles.flush().unwrap().to_string());
    state["cold"] = json!(put(&store, dao, "Cold", &cold).to_string());

    let mut holders = Map::load(&store, &root, &ANY).unwrap();
    let balance = TokenAmount::from_atto(7);
    holders.set(&1_001, Holder { balance: balance.clone(), ..Holder::default() }).unwrap();
    holders
        .set(&1_002, Holder { balance: balance.clone(), delegate: Some(9), ..Holder::default() })
        .unwrap();
    state["token"]["holders"] = json!(holders.flush().unwrap().to_string());

    let mut allowances = Map::load(&store, &root, &ANY).unwrap();
    allowances.set(&(1_001, 1_002), balance).unwrap();
    state["token"]["allowances"] = json!(allowances.flush().unwrap().to_string());

    let root = put(&store, dao, "State", &state);
    let shown = show(&store, dao, &root, 10).unwrap();
    assert_eq!(shown["cold"]["roles"], json!({ "f01000": 1 }));
    assert_eq!(shown["token"]["holders"]["f01001"], json!({ "balance": "7" }));
    assert_eq!(shown["token"]["holders"]["f01002"]["delegate"], json!(9));
    assert_eq!(shown["token"]["allowances"], json!({ "f01001/f01002": "7" }));
}

#[test]
fn a_state_that_is_not_described_is_not_shown() {
    let market = actor("storagemarket");
    assert_eq!(market.state_to_json(&Cid::default(), &|_| Ok(None), 1).unwrap(), None);
    assert_eq!(ours().count(), 5);
}

#[test]
fn an_array_is_shown_by_its_indices() {
    let store = MemoryBlockstore::default();
    let market = actor("lending-market");
    let mut steps = Amt::new(&store);
    for day in [3, 4_000] {
        let lump = TokenAmount::from_atto(day);
        steps.set(day, Step { lump, ..Step::default() }).unwrap();
    }
    let mut state = blank(&store, market, state_of(market));
    state["performing"]["steps"] = json!(steps.flush().unwrap().to_string());
    let root = put(&store, market, "State", &state);
    let shown = |limit| show(&store, market, &root, limit).unwrap()["performing"]["steps"].clone();
    let third = json!({ "rate": "0", "lump": "3" });
    assert_eq!(shown(2), json!({ "3": third, "4000": { "rate": "0", "lump": "4000" } }));
    assert_eq!(shown(1), json!({ "3": third, "…": "there are more" }));
}

#[test]
fn a_block_that_is_missing_or_another_is_named_by_its_path() {
    let store = MemoryBlockstore::default();
    let dao = actor("datadao");
    let mut state = blank(&store, dao, state_of(dao));
    state["cold"] = json!("bafkqaaa");
    let root = put(&store, dao, "State", &state);
    let missing = show(&store, dao, &root, 1).unwrap_err();
    assert_eq!(missing, "state.cold: bafkqaaa: the node does not have this block");
    let other = show(&store, actor("init"), &root, 1).unwrap_err();
    assert!(other.starts_with("state: expected State in CBOR, got ["), "{other}");
}
