//! Whether native actors can be created on a network, and how: found out by what its Init would do, before
//! anything is sent.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use cid::Cid;
use fvm_harness::{Call, OFFICIAL};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::ext::init::{EXEC, ExecParams};

use super::steps::{Code, INIT, INSTALL, InstallParams};
use crate::node::lotus::Identity;
use crate::node::{Lotus, Node, Receipt};
use crate::table::thousands;

/// Bytes of a block of state, and so of a message's parameters, at the most.
const MAX_BLOCK: usize = 1 << 20;

/// How a network's Init takes new actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It creates actors of all these codes.
    Listed,
    /// It creates actors of codes that are installed first: these are not yet.
    Install(Vec<Code>),
}

/// What Init says to Exec of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Yes,
    /// It admits the code; the constructor refuses the parameters.
    Constructor(String),
    No,
}

/// Finds out how these actors come on a network. `params` are the constructors' parameters, by actor; an
/// actor without any is created by another, and is only asked about.
pub fn probe(
    node: &mut Lotus,
    on: &Identity,
    from: Address,
    codes: &[Code],
    params: &BTreeMap<&str, RawBytes>,
) -> Result<Way> {
    let mut said = vec![];
    for code in codes {
        let with = params.get(code.name);
        let constructor_params = with.cloned().unwrap_or_default();
        let exec = ExecParams { code_cid: code.cid, constructor_params };
        let receipt = node.dry_run(&Call::new(from, INIT).method(EXEC, &exec))?;
        said.push((code, read(&receipt, with.is_some())));
    }
    let refused = said.iter().filter(|(_, said)| *said == Said::No).map(|(code, _)| *code);
    let missing: Vec<Code> = refused.cloned().collect();
    let smallest = missing.iter().min_by_key(|code| code.module.len());
    if let Some(smallest) = smallest {
        if !node.dry_run(&install(from, smallest))?.exit_code.is_success() {
            bail!("{}", why_not(on, codes, node.manifest(on.version)?.as_ref()));
        }
        let mut too_large = vec![];
        for code in &missing {
            let pool = code.module.len() > MAX_BLOCK
                || node.takes_size_of(&install(from, code))? == Some(false);
            if pool {
                too_large.push(code);
            }
        }
        if !too_large.is_empty() {
            bail!("{}", too_large_for(on, &too_large));
        }
    }
    for (code, said) in &said {
        if let Said::Constructor(why) = said {
            bail!("the constructor of {} refuses its parameters: {why}", code.name);
        }
    }
    Ok(if missing.is_empty() { Way::Listed } else { Way::Install(missing) })
}

fn install(from: Address, code: &Code) -> Call {
    let params = InstallParams { code: RawBytes::new(code.module.clone()) };
    Call::new(from, INIT).method(INSTALL, &params)
}

/// Init itself refuses by one code. The virtual machine refuses by those of the system, as where a code is
/// nowhere to be found; all others are the constructor's.
fn read(receipt: &Receipt, with_params: bool) -> Said {
    match receipt.exit_code {
        code if code.is_success() => Said::Yes,
        ExitCode::USR_FORBIDDEN => Said::No,
        code if code.is_system_error() => Said::No,
        _ if with_params => Said::Constructor(receipt.failure()),
        _ => Said::Yes,
    }
}

fn why_not(on: &Identity, codes: &[Code], manifest: Option<&BTreeMap<String, Cid>>) -> String {
    let name = &on.name;
    let listed = |manifest: &BTreeMap<String, Cid>| {
        let own = manifest.keys().filter(|name| !OFFICIAL.contains(&name.as_str()));
        own.cloned().collect::<Vec<_>>()
    };
    let own = manifest.map(listed).unwrap_or_default();
    let ours = codes.iter().filter(|code| own.iter().any(|listed| listed == code.name));
    let ours: Vec<_> = ours.map(|code| code.name).collect();
    if !ours.is_empty() {
        return format!(
            "{name} lists {} with other code than this build has: start it anew on this build's, by \
             `cargo fab devnet` or with the bundle that `cargo fab bundle` makes. Nothing was sent",
            ours.join(", ")
        );
    }
    format!(
        "native actors cannot be created on {name}: its Init creates multisigs and payment channels \
         alone for accounts, and its Ethereum address manager contracts of the EVM alone. They can be on \
         a local network, by `cargo fab devnet`, and on a devnet of Lotus with the bundle that \
         `cargo fab bundle` makes. Nothing was sent"
    )
}

fn too_large_for(on: &Identity, codes: &[&Code]) -> String {
    let sizes: Vec<_> = codes
        .iter()
        .map(|code| format!("{} ({} bytes)", code.name, thousands(code.module.len() as u64)))
        .collect();
    format!(
        "{} takes code by messages, and these are too large for one: {}. A block of state holds 1 MiB, and \
         the pool of a node 64 KiB or 1 MiB. Deploy others by --only, or use a network that lists the \
         actors in its manifest. Nothing was sent",
        on.name,
        sizes.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(exit: u32) -> Receipt {
        let exit_code = ExitCode::new(exit);
        let told = "told".into();
        Receipt { exit_code, return_data: RawBytes::default(), gas_used: 0, told }
    }

    #[test]
    fn what_init_refuses_is_told_from_what_a_constructor_refuses() {
        assert_eq!(read(&receipt(0), true), Said::Yes);
        assert_eq!(read(&receipt(18), true), Said::No);
        assert_eq!(read(&receipt(10), true), Said::No, "the machine has no such code");
        assert_eq!(read(&receipt(36), true), Said::Constructor("exit 36: told".into()));
        assert_eq!(read(&receipt(21), false), Said::Yes, "it was asked with no parameters");
    }

    #[test]
    fn a_network_that_lists_other_code_of_ours_is_told_from_one_that_lists_none() {
        let on = Identity {
            name: "localnet".into(),
            genesis: ::lotus::cid_of(b"genesis"),
            chain_id: None,
            version: 28,
            node: "lotus".into(),
            block_delay: 4,
        };
        let code = Code { name: "datadao", cid: ::lotus::cid_of(b"ours"), module: vec![] };
        let manifest = |name: &str| BTreeMap::from([(name.to_owned(), ::lotus::cid_of(b"theirs"))]);
        let told = |manifest| why_not(&on, std::slice::from_ref(&code), manifest);
        let (other, official) = (manifest("datadao"), manifest("account"));
        assert!(told(Some(&other)).contains("lists datadao with other code"));
        for none in [None, Some(&official)] {
            let told = told(none);
            assert!(told.contains("multisigs and payment channels"), "{told}");
            assert!(told.contains("fab devnet") && told.contains("fab bundle"), "{told}");
        }
    }
}
