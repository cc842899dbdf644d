//! The wallet.

use fvm_harness::CHAIN_ID;
use fvm_shared::address::Address;
use lotus::auth::Permission::{Admin, Read, Sign, Write};
use lotus::json::{Addr, Atto, NullableBase64};
use lotus::keys::{KeyInfo, KeyType};
use lotus::message::{MessageJson, SignatureJson, SignedMessageJson};
use lotus::rpc::{Failure, Methods};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StringDeserializer};

use crate::node::Node;
use crate::pool;

/// How an address is written that is none.
const NO_ADDRESS: &str = "<empty>";

pub fn add(methods: &mut Methods<Node>) {
    methods.call("WalletNew", Write, |node: &Node, (key_type,): (KeyType,)| {
        Ok(Addr(node.wallet().new_key(&key_type)?))
    });
    methods.call("WalletList", Write, |node: &Node, ()| Ok(node.wallet().list()));
    methods.call("WalletHas", Write, |node: &Node, (Addr(address),): (Addr,)| {
        Ok(node.wallet().has(&address))
    });
    methods.call("WalletBalance", Read, |node: &Node, (Addr(address),): (Addr,)| {
        let actor = node.view(&node.head()).actor(&address)?;
        Ok(Atto(actor.map(|(_, actor)| actor.balance).unwrap_or_default()))
    });
    methods.call("WalletDefaultAddress", Write, |node: &Node, ()| {
        Ok(Addr(node.wallet().default_address()?))
    });
    methods.call("WalletSetDefault", Write, |node: &Node, (Addr(address),): (Addr,)| {
        Ok(node.wallet().set_default(&address)?)
    });
    methods.call("WalletImport", Admin, |node: &Node, (info,): (KeyInfo,)| {
        Ok(Addr(node.wallet().import(&info)?))
    });
    methods.call("WalletExport", Admin, |node: &Node, (Addr(address),): (Addr,)| {
        let key = node.wallet().key(&address).map_err(anyhow::Error::from)?;
        Ok(KeyInfo::from(&key))
    });
    methods.call("WalletDelete", Admin, |node: &Node, (Addr(address),): (Addr,)| {
        Ok(node.wallet().delete(&address)?)
    });
    methods.call("WalletSign", Sign, sign);
    methods.call("WalletSignMessage", Sign, sign_message);
    methods.call("WalletVerify", Read, verify);
    methods.call("WalletValidateAddress", Read, |_: &Node, (text,): (String,)| validate(text));
}

fn signer(node: &Node, address: &Address) -> Result<Address, Failure> {
    let signer = node.view_after(&node.head()).signer(address);
    Ok(signer.map_err(|error| error.context("failed to resolve ID address"))?)
}

fn sign(
    node: &Node,
    (Addr(address), NullableBase64(data)): (Addr, NullableBase64),
) -> Result<SignatureJson, Failure> {
    let key = node.wallet().key(&signer(node, &address)?).map_err(anyhow::Error::from)?;
    let signature = key.sign(&data).map_err(anyhow::Error::from)?;
    Ok(SignatureJson::from(&signature))
}

/// Nothing of the message changes, not even its sender.
fn sign_message(
    node: &Node,
    (Addr(address), message): (Addr, MessageJson),
) -> Result<SignedMessageJson, Failure> {
    let signer = signer(node, &address)?;
    let message = pool::read(message).map_err(anyhow::Error::from)?;
    let key = node.wallet().key(&signer);
    let key = key.map_err(|error| anyhow::Error::from(error).context("failed to sign message"))?;
    let signed = key.sign_message(message, CHAIN_ID).map_err(anyhow::Error::from)?;
    Ok(SignedMessageJson::from(&signed))
}

/// Whatever is wrong is no error, but no signature.
fn verify(
    _: &Node,
    (Addr(address), NullableBase64(data), signature): (Addr, NullableBase64, Option<SignatureJson>),
) -> Result<bool, Failure> {
    let signature = signature.and_then(SignatureJson::signature);
    Ok(signature.is_some_and(|signature| signature.verify(&address, &data).is_ok()))
}

fn validate(text: String) -> Result<String, Failure> {
    if text.is_empty() || text == NO_ADDRESS {
        return Ok(NO_ADDRESS.to_owned());
    }
    let text: StringDeserializer<Error> = text.into_deserializer();
    let address = Addr::deserialize(text).map_err(|error| Failure::new(error.to_string()))?;
    Ok(address.to_string())
}
