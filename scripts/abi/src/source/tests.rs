use super::modules::{Crate, Found, Place, Sources};
use super::tables;
use super::types::Types;
use crate::Leaf;
use crate::schema::{Link, Payload, Shape, Type};

/// A crate `bank` of this text, beside one that has maps.
fn bank(text: &str) -> Sources {
    let shared = "pub mod map { pub struct Map<'s, BS, K, V>(K, V); } pub use map::Map;";
    let crates = [("shared", shared), ("bank", text)];
    Sources::new(crates.map(|(name, text)| Crate::parse(name, text).unwrap()).into())
}

/// The shape of the type `It` in the root of a crate of this text.
fn it(text: &str) -> Result<Shape, String> {
    let sources = bank(text);
    let mut types = Types::new(&sources);
    let describe = types.named(&Place::of("bank"), "It").and_then(|_| types.finish());
    let described = describe.map_err(|error| format!("{error:#}"))?;
    Ok(described["It"].shape.clone())
}

/// The type of the only field of `It`.
fn field(text: &str) -> Type {
    match it(text).unwrap() {
        Shape::Tuple(fields) => fields[0].ty.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_known_is_refused_with_where_to_add_it() {
    const ADD: &str = "add it to scripts/abi/src/source/types.rs";
    let tuple = |field: &str| format!("#[derive(Serialize_tuple)] pub struct It {{ {field} }}");
    let unknown = tuple("pub a: Vec<other::Strange>");
    let said = format!("type It of bank: field a: the type other::Strange is not known: {ADD}");
    assert_eq!(it(&unknown), Err(said));
    let renamed = tuple("#[serde(rename = \"b\")] pub a: u64");
    assert!(it(&renamed).unwrap_err().contains("serde's rename = \"b\" is not known"));
    let by_hand = "pub struct It { pub a: u64 }";
    let said = format!("type It of bank: it does not derive how it is written: {ADD}");
    assert_eq!(it(by_hand), Err(said));
    assert!(it("pub enum It { A }").unwrap_err().contains("does not derive"));
    let tagged = "#[derive(Serialize)] #[serde(tag = \"t\")] pub enum It { A }";
    assert!(it(tagged).unwrap_err().contains("serde's tag = \"t\" is not known"));
    assert!(
        it(&tuple("pub a: Option<Option<u64>>")).unwrap_err().contains("an option of an option")
    );
    assert!(it(&tuple("pub a: [u8; N]")).unwrap_err().contains("an array's length is a literal"));
}

#[test]
fn a_type_is_found_as_the_compiler_finds_it() {
    let sources = bank(
        "mod a { pub use super::b::*; pub use crate::b::Other as Mine; use one::two::{self, three}; }
         mod b { pub struct Other; pub type Alias = u64; mod a { pub struct Other; } }
         #[cfg(test)] mod tests { pub struct Hidden; }",
    );
    let find = |at: &str, path: &str| {
        let path: Vec<_> = path.split("::").map(str::to_owned).collect();
        sources.resolve(&Place::of(at), &path).unwrap()
    };
    let other = Found::Item(Place::of("bank::b"), "Other".into());
    for path in ["Other", "Mine", "super::b::Other", "crate::a::Other", "bank::b::Other"] {
        assert_eq!(find("bank::a", path), other, "{path}");
    }
    assert_eq!(find("bank::b", "a::Other"), Found::Item(Place::of("bank::b::a"), "Other".into()));
    let foreign = |path: &[&str]| Found::Foreign(path.iter().map(ToString::to_string).collect());
    assert_eq!(find("bank::a", "two::four"), foreign(&["one", "two", "four"]));
    assert_eq!(find("bank::a", "three"), foreign(&["one", "two", "three"]));
    assert_eq!(find("bank::a", "u64"), foreign(&["u64"]));
    assert!(sources.module(&Place::of("bank::tests")).is_err());
}

#[test]
fn serde_s_attributes_say_how_a_field_is_written() {
    let with = |with: &str, ty: &str| {
        field(&format!(
            "#[derive(Serialize_tuple)] pub struct It {{ #[serde(with = \"{with}\")] a: {ty} }}"
        ))
    };
    assert_eq!(with("strict_bytes", "Vec<u8>"), Type::Leaf(Leaf::Bytes));
    assert_eq!(with("bigint_ser", "BigInt"), Type::Leaf(Leaf::BigInt));
    let list = field("#[derive(Serialize_tuple)] pub struct It { a: Vec<u8> }");
    assert_eq!(list, Type::List(Box::new(Type::Leaf(Leaf::U8))));
}

#[test]
fn a_variant_carries_what_serde_writes_for_it() {
    let text = "#[derive(Clone, Serialize)]
        pub enum It { A, B(u8), C(u8, bool), /** Deep. */ D { a: u8 } }";
    let Shape::Enum(variants) = it(text).unwrap() else { panic!("an enum") };
    let (u8, bool) = (Type::Leaf(Leaf::U8), Type::Leaf(Leaf::Bool));
    let [a, b, c, d] = variants.as_slice() else { panic!("four variants") };
    assert_eq!((&a.carries, &b.carries), (&Payload::Nothing, &Payload::One(u8.clone())));
    assert_eq!(c.carries, Payload::Tuple(vec![u8, bool]));
    assert!(matches!(&d.carries, Payload::Fields(fields) if fields[0].name == "a"));
    assert_eq!(d.docs, "Deep.");
}

#[test]
fn a_cid_leads_to_what_its_docs_link_to_first() {
    let linked = |docs: &str| {
        let text = format!(
            "use cid::Cid; use shared::Map;
             /// The link to [`Loan`].
             pub type Loans<'s, BS> = Map<'s, BS, u64, Cid>;
             #[derive(Serialize_tuple)] pub struct Loan {{ a: u8 }}
             pub struct Owned<'s, BS>(Map<'s, BS, u64, bool>);
             #[derive(Serialize_tuple)] pub struct It {{ /** {docs} */ a: Option<Cid> }}"
        );
        match field(&text) {
            Type::Option(inner) => *inner,
            other => panic!("{other:?}"),
        }
    };
    let link = |link| Type::Link(Box::new(link));
    let loan = Type::Named("Loan".into());
    let key = Type::Leaf(Leaf::U64);
    assert_eq!(linked("A [`Loan`]."), link(Link::Block(loan.clone())));
    assert_eq!(linked("See [`it`](crate::Loan)."), link(Link::Block(loan.clone())));
    assert_eq!(linked("Array of [`Loan`]."), link(Link::Array(loan.clone())));
    let value = link(Link::Block(loan));
    assert_eq!(linked("[`Loans`]."), link(Link::Map { key: key.clone(), value }));
    let value = Type::Leaf(Leaf::Bool);
    assert_eq!(linked("[`Owned`]."), link(Link::Map { key, value }));
    assert_eq!(linked("CommP of the piece."), Type::Leaf(Leaf::Cid));
}

#[test]
fn of_two_types_with_one_name_the_later_has_its_module_s_in_front() {
    let sources = bank("pub mod a { pub type It = u8; } pub mod b { pub type It = u8; }");
    let mut types = Types::new(&sources);
    let mut named = |place: &str| types.named(&Place::of(place), "It").unwrap().to_string();
    assert_eq!([named("bank::a"), named("bank::b"), named("bank::a")], ["It", "b::It", "It"]);
}

#[test]
fn a_method_is_payable_where_its_row_or_the_whole_table_says_so() {
    let payable = |table: &str| {
        let items = syn::parse_file(&format!("shared::dispatch! {{ {table} }}")).unwrap().items;
        tables::payable(&items).map(|methods| methods.into_iter().collect::<Vec<_>>())
    };
    let rows = "Old::NUMBER | a::New::NUMBER => Caller::Role(\"x\") => [payable] b::f::<State>,
        View::NUMBER => ANYONE => view,";
    let found = payable(rows).unwrap();
    assert_eq!(found, [("New".into(), true), ("Old".into(), true), ("View".into(), false)]);
    assert!(payable(&format!("payable; {rows}")).unwrap().iter().all(|(_, payable)| *payable));
    assert!(payable("2 => ANYONE => view").unwrap_err().to_string().contains("Method::NUMBER"));
}

#[test]
fn tables_are_read_with_their_docs_numbers_and_codes() {
    let sources = bank(
        "const TWO: u64 = 2;
         shared::methods! {
             /// Turns [`Things`](crate::Things) `around`,
             /// all of them.
             \"Turn\" Turn((u64, bool)) -> ();
             \"Old\" = TWO, Old(()) -> u64;
         }
         shared::errors! {
             33 => Late(u64): \"epoch {0} is over\",
             32 => Never: \"never\",
         }",
    );
    let bank = Place::of("bank");
    let module = sources.module(&bank).unwrap();
    let rows = tables::methods(module).unwrap();
    assert_eq!(super::types::docs(&rows[0].attributes), "Turns Things around, all of them.");
    assert_eq!(tables::hash(&rows[0].name).unwrap(), shared::method_hash!("Turn"));
    assert_eq!(sources.constant(&bank, rows[1].number.as_ref().unwrap()).unwrap(), 2);
    let exits = tables::errors(module).unwrap();
    assert_eq!(exits.iter().map(|exit| exit.code).collect::<Vec<_>>(), [32, 33]);
    assert_eq!((exits[1].name.as_str(), exits[1].text.as_str()), ("Late", "epoch {0} is over"));
    assert_eq!(tables::hash("Constructor").unwrap(), 1);
}
