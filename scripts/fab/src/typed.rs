//! The actors' methods with types: JSON in and out.

use std::sync::LazyLock;

use abi::actors::{self, TABLES};
use abi::{Abi, Actor, Method};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use shared::method::Listed;

/// The description of all actors, read from their source when this command was built.
pub const ABI: &str = include_str!(concat!(env!("OUT_DIR"), "/abi.json"));

/// A method of an actor.
#[derive(Clone, Copy, Debug)]
pub struct Typed {
    pub actor: &'static Actor,
    pub method: &'static Method,
    own: &'static Listed,
}

/// Names of the actors, as the manifest has them.
#[must_use]
pub fn names() -> [&'static str; 9] {
    TABLES.map(|(name, _)| name)
}

/// The description of all actors.
pub fn abi() -> Result<&'static Abi> {
    static PARSED: LazyLock<Result<Abi, String>> =
        LazyLock::new(|| serde_json::from_str(ABI).map_err(|error| error.to_string()));
    PARSED.as_ref().map_err(|error| anyhow!("the actors' description: {error}"))
}

/// An actor by its name in the bundle.
pub fn actor(name: &str) -> Result<&'static Actor> {
    abi()?.actor(name).map_err(anyhow::Error::msg)
}

/// The description of an actor of this name in a manifest, if there is one.
#[must_use]
pub fn described(name: &str) -> Option<&'static Actor> {
    abi().ok()?.actors.iter().find(|actor| actor.name == name)
}

/// A method of an actor, by name or number.
pub fn method(of: &str, method: &str) -> Result<Typed> {
    let actor = actor(of)?;
    Typed::of(actor, actor.method(method).map_err(anyhow::Error::msg)?)
}

impl Typed {
    /// A method with the types that the actor itself has for it.
    pub fn of(actor: &'static Actor, method: &'static Method) -> Result<Self> {
        match actors::methods(&actor.name).find(|listed| listed.number == method.number) {
            Some(own) => Ok(Typed { actor, method, own }),
            None => bail!("{} is described with {} and does not have it", actor.name, method.name),
        }
    }

    /// Parameters as the actor takes them, which its own decoder confirms.
    pub fn params_from_json(&self, json: Option<&Value>) -> Result<Vec<u8>> {
        let cbor = self.actor.params_to_cbor(self.method, json)?;
        self.check_params(&cbor)?;
        Ok(cbor)
    }

    /// Refuses bytes that the actor would not take as the method's parameters, or would write
    /// otherwise.
    pub fn check_params(&self, cbor: &[u8]) -> Result<()> {
        let again = (self.own.recode_params)(cbor).map_err(|error| anyhow!("{error}"));
        let again = again.with_context(|| format!("{} does not take this", self.method.name))?;
        anyhow::ensure!(again == cbor, "{} would write this otherwise", self.method.name);
        Ok(())
    }

    /// Null for a method without.
    pub fn params_to_json(&self, cbor: &[u8]) -> Result<Value> {
        Ok(self.actor.params_to_json(self.method, cbor)?)
    }

    /// Null for a method without.
    pub fn reply_to_json(&self, cbor: &[u8]) -> Result<Value> {
        Ok(self.actor.reply_to_json(self.method, cbor)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_described_method_has_the_actor_s_own_types() {
        let abi = abi().unwrap();
        assert_eq!(abi.actors.iter().map(|actor| actor.name.as_str()).collect::<Vec<_>>(), names());
        for actor in &abi.actors {
            for method in &actor.methods {
                let typed = Typed::of(actor, method).unwrap();
                assert_eq!(typed.own.name, method.name);
                let example = actor.example(method).unwrap();
                let cbor = typed.params_from_json(Some(&example)).unwrap();
                let json = typed.params_to_json(&cbor).unwrap();
                assert_eq!(typed.params_from_json(Some(&json)).unwrap(), cbor);
            }
        }
    }

    #[test]
    fn a_method_is_typed_by_name_or_number() {
        let mint = method("datadao", "Mint").unwrap();
        assert_eq!(method("datadao", &mint.method.number.to_string()).unwrap().method, mint.method);
        let error = method("datadao", "Mnt").unwrap_err().to_string();
        assert!(error.contains("did you mean Mint?"), "{error}");
        let page = method("datadao", "ListDeals").unwrap();
        let cbor = page.params_from_json(Some(&json!({ "from": 1, "limit": 2 }))).unwrap();
        assert_eq!(cbor, [0x82, 1, 2]);
    }

    #[test]
    fn bytes_that_the_actor_does_not_take_are_refused() {
        let page = method("datadao", "ListDeals").unwrap();
        assert!(page.check_params(&[0x82, 1, 2]).is_ok());
        for wrong in [&[0x81, 1][..], &[], &[0x82, 1, 2, 0]] {
            let error = format!("{:#}", page.check_params(wrong).unwrap_err());
            assert!(error.starts_with("ListDeals does not take this"), "{error}");
        }
    }

    #[test]
    fn our_actors_are_described_and_the_built_in_ones_that_they_call() {
        for name in ["datadao", "storageminer"] {
            assert_eq!(described(name).unwrap().name, name);
        }
        assert_eq!(described("evm"), None);
    }
}
