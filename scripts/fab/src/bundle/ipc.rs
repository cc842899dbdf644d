//! The custom actors of an IPC subnet, with ours after them. A subnet's genesis makes its actors itself,
//! by their names in this bundle; its Init is not replaced.

use std::path::Path;

use anyhow::{Result, ensure};
use fvm_harness::Bundle;

/// Actors without which fendermint takes no bundle.
const REQUIRED: [&str; 3] = ["chainmetadata", "eam", "gas_market_eip1559"];

/// The entries of `base` as they are, then ours but for Init.
pub fn merge(base: &Bundle, shipped: &Bundle) -> Result<Bundle> {
    let has = |name: &str| base.entries.iter().any(|(entry, _)| entry == name);
    let missing: Vec<_> = REQUIRED.into_iter().filter(|name| !has(name)).collect();
    ensure!(
        missing.is_empty(),
        "not a bundle of an IPC subnet's custom actors: it has no {}",
        missing.join(", ")
    );
    let mut ours = shipped.clone();
    ours.entries.retain(|(name, _)| name != "init");
    base.clone().followed_by(ours)
}

/// That a bundle is what was merged, entry by entry and byte by byte.
pub fn check(merged: &Bundle, base: &Bundle, shipped: &Bundle) -> Result<()> {
    let expected = merge(base, shipped)?;
    ensure!(merged.entries == expected.entries, "it has other entries than were merged");
    for (name, code) in &merged.entries {
        ensure!(
            merged.module(code) == expected.module(code),
            "the entry {name} has another module"
        );
    }
    Ok(())
}

/// What is left to do for a subnet.
pub fn next(path: &Path) -> String {
    format!(
        "for the genesis of the subnet, once its source makes the actors (see the README):\n\n\
         fendermint genesis … ipc seal-genesis --custom-actors-path {}",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Bundle {
        Bundle::read(&crate::bundles().unwrap().shipped).unwrap()
    }

    /// A subnet's own actors: modules of this workspace, under the names that fendermint knows.
    fn custom(names: &[&str]) -> Bundle {
        let mut bundle = Bundle::read(&crate::bundles().unwrap().builtin).unwrap();
        bundle.entries.truncate(names.len());
        for ((entry, _), name) in bundle.entries.iter_mut().zip(names) {
            *entry = (*name).into();
        }
        bundle
    }

    #[test]
    fn ours_follow_the_custom_actors_of_a_subnet_and_init_does_not() {
        let base = custom(&["activity_tracker", "chainmetadata", "eam", "gas_market_eip1559"]);
        let merged = merge(&base, &shipped()).unwrap();
        let mut car = vec![];
        merged.write(&mut car).unwrap();
        let read = Bundle::parse(&car).unwrap();
        check(&read, &base, &shipped()).unwrap();
        let names: Vec<_> = read.entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "activity_tracker",
                "chainmetadata",
                "eam",
                "gas_market_eip1559",
                "datadao",
                "perpetual-storage",
                "lending-market",
                "loan-agent"
            ]
        );
        assert_eq!(read.entries[..4], base.entries);
    }

    #[test]
    fn what_is_not_a_subnet_s_bundle_is_refused() {
        let refused = merge(&custom(&["eam"]), &shipped()).unwrap_err().to_string();
        assert!(refused.ends_with("it has no chainmetadata, gas_market_eip1559"), "{refused}");
        let base = custom(&["datadao", "chainmetadata", "eam", "gas_market_eip1559"]);
        let refused = merge(&base, &shipped()).unwrap_err().to_string();
        assert_eq!(refused, "two actors have the name datadao");
    }
}
