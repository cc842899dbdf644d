//! Every method that there is, and how an input says which one it is for.

use std::path::Path;
use std::sync::LazyLock;

use abi::{Abi, Actor, Method, actors};
use shared::method::Listed;

static ABI: LazyLock<Abi> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    abi::source::read(&workspace).unwrap_or_else(|error| panic!("{error:#}"))
});

static CALLS: LazyLock<Vec<Vec<Call>>> = LazyLock::new(|| {
    let mut actors: Vec<Vec<Call>> = ABI.actors.iter().map(calls).collect();
    for calls in &mut actors {
        calls.sort_by_key(|call| call.listed.number);
    }
    actors
});

/// A method as its source describes it, and as the actor is built with it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub actor: &'static Actor,
    pub method: &'static Method,
    pub listed: &'static Listed,
}

fn calls(actor: &'static Actor) -> Vec<Call> {
    let of = |method: &'static Method| {
        let own = actors::methods(&actor.name).find(|listed| listed.number == method.number);
        let listed =
            own.unwrap_or_else(|| panic!("{} is not built with {}", actor.name, method.name));
        Call { actor, method, listed }
    };
    actor.methods.iter().map(of).collect()
}

/// All methods of all actors.
pub fn all() -> impl Iterator<Item = Call> {
    CALLS.iter().flatten().copied()
}

/// The method that an input is for, and what it brings: a byte says which actor, four more which of
/// its methods. Where none has that number the next one is meant, so that any input is for some
/// method, and for the same one as long as there is one.
pub fn pick(input: &[u8]) -> Option<(Call, &[u8])> {
    let ([actor, number @ ..], rest) = input.split_first_chunk::<5>()?;
    let calls = &CALLS[usize::from(*actor) % CALLS.len()];
    let number = u64::from(u32::from_be_bytes(*number.first_chunk()?));
    let call = calls.iter().find(|call| call.listed.number >= number).unwrap_or(&calls[0]);
    Some((*call, rest))
}

/// An input for a method.
pub fn input(call: &Call, rest: &[u8]) -> Vec<u8> {
    let actor = ABI.actors.iter().position(|actor| actor.name == call.actor.name);
    let actor = actor.and_then(|actor| u8::try_from(actor).ok()).expect("an actor");
    let number = u32::try_from(call.listed.number).expect("numbers of FRC-42 have 32 bits");
    [&[actor], number.to_be_bytes().as_slice(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_every_actor_is_tried() {
        let named = |call: &Call| (call.actor.name.clone(), call.listed.name);
        for (name, _) in actors::TABLES {
            for listed in actors::methods(name) {
                let mut calls = all().filter(|call| named(call) == (name.to_owned(), listed.name));
                let call = calls.next().unwrap_or_else(|| panic!("{name}: {}", listed.name));
                let input = input(&call, b"rest");
                let (picked, rest) = pick(&input).unwrap();
                assert_eq!((named(&picked), rest), (named(&call), &b"rest"[..]));
            }
        }
        let built = actors::TABLES.iter().flat_map(|(name, _)| actors::methods(name));
        assert_eq!(all().count(), built.count());
    }

    #[test]
    fn any_input_is_for_some_method() {
        for input in [&[0; 5], &[0xff; 5], &[4, 0, 0, 0, 2]] {
            assert!(pick(input).is_some(), "{input:?}");
        }
        assert!(pick(&[0; 4]).is_none());
    }
}
