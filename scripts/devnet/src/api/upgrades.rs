//! What Lotus tells of a network's rules and its upgrades, as on its own development network of 2 KiB
//! sectors: all upgrades but the last are before the genesis.

use anyhow::{Result, bail};
use fvm_shared::clock::ChainEpoch;
use serde_json::{Map, Value};

/// Bytes of power at which a miner can win blocks.
pub const CONSENSUS_MINIMUM: u64 = 2_048;
/// Epochs from a sector's pre-commitment to its proof.
pub const PRE_COMMIT_CHALLENGE_DELAY: ChainEpoch = 10;

/// An upgrade that does not come.
const NEVER: ChainEpoch = ChainEpoch::MAX;

/// Epochs, or lengths in epochs, in the order in which Lotus has them.
const UPGRADES: [(&str, ChainEpoch); 34] = [
    ("UpgradeSmokeHeight", -1),
    ("UpgradeBreezeHeight", -1),
    ("UpgradeIgnitionHeight", -2),
    ("UpgradeLiftoffHeight", -6),
    ("UpgradeAssemblyHeight", -5),
    ("UpgradeRefuelHeight", -3),
    ("UpgradeTapeHeight", -4),
    ("UpgradeKumquatHeight", -7),
    ("BreezeGasTampingDuration", 0),
    ("UpgradeCalicoHeight", -9),
    ("UpgradePersianHeight", -10),
    ("UpgradeOrangeHeight", -11),
    ("UpgradeClausHeight", -12),
    ("UpgradeTrustHeight", -13),
    ("UpgradeNorwegianHeight", -14),
    ("UpgradeTurboHeight", -15),
    ("UpgradeHyperdriveHeight", -16),
    ("UpgradeChocolateHeight", -17),
    ("UpgradeOhSnapHeight", -18),
    ("UpgradeSkyrHeight", -19),
    ("UpgradeSharkHeight", -20),
    ("UpgradeHyggeHeight", -21),
    ("UpgradeLightningHeight", -22),
    ("UpgradeThunderHeight", -23),
    ("UpgradeWatermelonHeight", -24),
    ("UpgradeDragonHeight", -25),
    ("UpgradePhoenixHeight", -26),
    ("UpgradeWaffleHeight", -27),
    ("UpgradeTuktukHeight", -28),
    ("UpgradeTeepHeight", -29),
    ("UpgradeTockHeight", -30),
    ("UpgradeGoldenWeekHeight", -31),
    ("UpgradeFireHorseHeight", -32),
    ("UpgradeXxHeight", NEVER),
];

#[must_use]
pub fn heights() -> Map<String, Value> {
    UPGRADES.iter().map(|(name, height)| ((*name).to_owned(), Value::from(*height))).collect()
}

/// The version of the built-in actors under the rules of a network version.
pub fn actors_version(network: u32) -> Result<u32> {
    Ok(match network {
        16..=19 => network - 8,
        20..=25 => network - 9,
        26..=29 => network - 10,
        _ => bail!("no actors are known for it"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_versions_have_the_actors_of_mainnet() {
        let known = [(16, 8), (19, 11), (20, 11), (21, 12), (24, 15), (25, 16), (26, 16), (28, 18)];
        for (network, actors) in known {
            assert_eq!(actors_version(network).unwrap(), actors);
        }
        assert!(actors_version(15).is_err() && actors_version(30).is_err());
    }
}
