//! What the actors are created with: the defaults, changed by a file and by options.

use actor_datadao::api::ConstructorParams as DataDao;
use actor_lending_market::api::ConstructorParams as LendingMarket;
use actor_perpetual_storage::api::ConstructorParams as PerpetualStorage;
use anyhow::{Context, Result, bail};
use cid::Cid;
use fvm_ipld_encoding::{RawBytes, from_slice, to_vec};
use fvm_shared::address::Address;
use serde_json::{Map, Value};

use super::defaults;
use crate::typed::{self, Typed};

/// An actor that is deployed. Agents are not: the market creates one for each loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    #[value(name = "datadao")]
    DataDao,
    PerpetualStorage,
    LendingMarket,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::DataDao, Kind::PerpetualStorage, Kind::LendingMarket];

    /// Its name in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::DataDao => "datadao",
            Kind::PerpetualStorage => "perpetual-storage",
            Kind::LendingMarket => "lending-market",
        }
    }
}

/// The constructors' parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    pub datadao: DataDao,
    pub perpetual_storage: PerpetualStorage,
    pub lending_market: LendingMarket,
}

impl Params {
    /// The defaults, with all roles the deployer's.
    #[must_use]
    pub fn defaults(deployer: Address, agent_code: Cid) -> Self {
        Params {
            datadao: defaults::datadao(deployer),
            perpetual_storage: defaults::perpetual_storage(),
            lending_market: defaults::lending_market(deployer, deployer, agent_code),
        }
    }

    /// Replaces the parameters of the actors that a file names.
    pub fn read(&mut self, text: &str) -> Result<()> {
        let actors: Map<String, Value> = serde_json::from_str(text)
            .context("it must be one JSON object, with constructor parameters by actor")?;
        for (actor, params) in &actors {
            let of = || format!("the parameters of {actor}");
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == actor);
            let Some(kind) = kind else {
                bail!("no actor {actor} is deployed: there are {}", names());
            };
            let params = constructor(actor)?.params_from_json(Some(params)).with_context(of)?;
            match kind {
                Kind::DataDao => self.datadao = from_slice(&params).with_context(of)?,
                Kind::PerpetualStorage => {
                    self.perpetual_storage = from_slice(&params).with_context(of)?;
                }
                Kind::LendingMarket => {
                    self.lending_market = from_slice(&params).with_context(of)?;
                }
            }
        }
        Ok(())
    }

    /// What a file would have to say for these parameters.
    pub fn write(&self) -> Result<Value> {
        let actors = Kind::ALL.into_iter().map(|kind| {
            let params = constructor(kind.name())?.params_to_json(self.of(kind)?.bytes())?;
            Ok((kind.name().to_owned(), params))
        });
        Ok(Value::Object(actors.collect::<Result<_>>()?))
    }

    /// The parameters of an actor's constructor in CBOR.
    pub fn of(&self, kind: Kind) -> Result<RawBytes> {
        let bytes = match kind {
            Kind::DataDao => to_vec(&self.datadao),
            Kind::PerpetualStorage => to_vec(&self.perpetual_storage),
            Kind::LendingMarket => to_vec(&self.lending_market),
        };
        Ok(RawBytes::new(bytes?))
    }
}

fn constructor(actor: &str) -> Result<Typed> {
    typed::method(actor, "Constructor")
}

fn names() -> String {
    Kind::ALL.map(Kind::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Params {
        Params::defaults(Address::new_id(100), ::lotus::cid_of(b"agent"))
    }

    #[test]
    fn a_file_is_read_as_it_is_written() {
        let mut other = params();
        other.datadao.admin = Address::new_id(7);
        other.lending_market.rules.protocol_fee = 5;
        let text = other.write().unwrap().to_string();
        let mut read = params();
        read.read(&text).unwrap();
        assert_eq!(read, other);
    }

    #[test]
    fn actors_that_a_file_does_not_name_keep_their_defaults() {
        let mut other = params();
        other.datadao.admin = Address::new_id(7);
        let Value::Object(mut file) = other.write().unwrap() else { panic!() };
        file.retain(|actor, _| actor == "perpetual-storage");
        let mut read = params();
        read.read(&Value::Object(file).to_string()).unwrap();
        assert_eq!(read, params());
    }

    #[test]
    fn what_no_constructor_takes_is_refused_by_name() {
        let told = |text: &str| format!("{:#}", params().read(text).unwrap_err());
        assert!(told(r#"{"dao": {}}"#).starts_with("no actor dao is deployed: there are datadao,"));
        assert!(told(r#"{"datadao": 7}"#).starts_with("the parameters of datadao: "));
        assert!(
            told(r#"{"datadao": {"admin": "f01"}}"#).starts_with("the parameters of datadao: ")
        );
        assert!(told("[]").starts_with("it must be one JSON object"));
    }
}
