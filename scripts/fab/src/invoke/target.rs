//! Whom a message is for, and what its method takes.

use abi::Actor;
use anyhow::{Result, anyhow, bail, ensure};
use cid::Cid;
use clap::Args;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use fvm_harness::TokenAmount;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;

use crate::node::Lotus;
use crate::typed::{self, Typed};
use crate::{build, encode};

/// The parameters of a message on the command line.
#[derive(Args)]
pub struct Params {
    /// The parameters: JSON, `@FILE`, or `-` for what comes in. None for a method that takes none.
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    json: Option<String>,
    /// The parameters as they go on chain, in base64.
    #[arg(long, value_name = "BYTES", conflicts_with = "json")]
    base64: Option<String>,
    /// The parameters as they go on chain, in hex.
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["json", "base64"])]
    hex: Option<String>,
}

/// A method of an actor, with its types where they are known.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub number: MethodNum,
    pub typed: Option<Typed>,
    /// The actor, if it is one that is described.
    pub actor: Option<&'static Actor>,
}

impl Target {
    /// Finds a method by its name or number. `kind` is the actor that is there, where it goes without
    /// asking the node.
    pub fn find(
        node: &mut Lotus,
        address: &Address,
        kind: Option<&str>,
        method: &str,
    ) -> Result<Self> {
        if let Some(kind) = kind {
            return Self::of(typed::actor(kind)?, method);
        }
        let number = method.parse().ok();
        let (code, name) = match (node.actor(address)?, number) {
            (Some(there), _) => (there.code, name_of(node, &there.code)?),
            // A transfer makes the account that it goes to.
            (None, Some(0)) => return Ok(Target { number: 0, typed: None, actor: None }),
            (None, _) => return Err(absent(address, "")),
        };
        match (name.as_deref().and_then(typed::described), number) {
            (Some(actor), _) => Self::of(actor, method),
            (None, Some(number)) => Ok(Target { number, typed: None, actor: None }),
            (None, None) => Err(unknown(address, &code, name.as_deref())),
        }
    }

    fn of(actor: &'static Actor, method: &str) -> Result<Self> {
        match (actor.method(method), method.parse()) {
            (Ok(found), _) => {
                let typed = Typed::of(actor, found)?;
                Ok(Target { number: found.number, typed: Some(typed), actor: Some(actor) })
            }
            (Err(_), Ok(number)) => Ok(Target { number, typed: None, actor: Some(actor) }),
            (Err(error), Err(_)) => Err(anyhow!(error)),
        }
    }

    /// What goes on chain. Bytes go as they are.
    pub fn params(&self, params: &Params) -> Result<Vec<u8>> {
        let Params { json, base64, hex } = params;
        if let Some(text) = base64 {
            let bytes = BASE64.decode(text.trim().as_bytes());
            return bytes
                .map_err(|error| anyhow!("--base64: {error}: copy it with the padding `=`"));
        }
        if let Some(text) = hex {
            let digits = text.trim().strip_prefix("0x").unwrap_or(text.trim());
            let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
            return bytes
                .map_err(|error| anyhow!("--hex: {error}: copy it whole, two digits for a byte"));
        }
        match (&self.typed, json) {
            (Some(typed), json) => encode::params(typed, json.as_deref()),
            (None, None) => Ok(vec![]),
            (None, Some(_)) => bail!(
                "what method {} takes is not known here: give its parameters by --base64 or --hex",
                self.number
            ),
        }
    }

    /// Refuses FIL for a method that takes none.
    pub fn check_value(&self, value: &TokenAmount) -> Result<()> {
        let refuses = |typed: &Typed| !typed.method.payable && !value.is_zero();
        if let Some(typed) = self.typed.as_ref().filter(|typed| refuses(typed)) {
            bail!("{} takes no FIL: leave out --value", typed.method.name);
        }
        Ok(())
    }

    /// An exit code of a message to this actor, in words. `told` is what the node says beside it.
    pub fn explain(&self, code: u32, told: &str) -> String {
        abi::explain_exit(self.actor, code, told)
    }
}

/// The name of a code in the node's manifest, else in that of the actors that were built here.
pub fn name_of(node: &mut Lotus, code: &Cid) -> Result<Option<String>> {
    let version = node.network_version()?;
    let listed = node.manifest(version)?.unwrap_or_default();
    let listed = listed.into_iter().find(|(_, known)| known == code);
    let built =
        || -> Result<_> { Ok(build::built()?.into_iter().find(|(_, known)| known == code)) };
    Ok(listed.map_or_else(built, |known| Ok(Some(known)))?.map(|(name, _)| name))
}

/// That no actor has an address, then and there.
pub fn absent(address: &Address, when: &str) -> anyhow::Error {
    anyhow!(
        "no actor is at {address}{when}: check the address, and that the node is on the network that you \
         mean"
    )
}

fn unknown(address: &Address, code: &Cid, name: Option<&str>) -> anyhow::Error {
    let what = match name {
        Some(name) => {
            format!("{address} is an actor of the kind {name}, which is not described here")
        }
        None => format!("{address} has the code {code}, which is not known here"),
    };
    anyhow!(
        "{what}: name the method by its number and give its parameters by --base64 or --hex, or say by \
         --actor which of these it is: {}",
        typed::names().join(", ")
    )
}

/// Refuses what no network would take as a confidence.
pub fn confidence(text: &str) -> Result<i64> {
    let epochs = text.parse()?;
    ensure!((0..=900).contains(&epochs), "0 to 900 epochs");
    Ok(epochs)
}
