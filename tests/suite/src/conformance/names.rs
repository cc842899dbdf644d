//! What actors and methods are called.

use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, METHOD_SEND, MethodNum};
use shared::ext::{
    BURNT_FUNDS_ACTOR, CRON_ACTOR, DATACAP_ACTOR, EAM_ACTOR, INIT_ACTOR, MARKET_ACTOR, POWER_ACTOR,
    REWARD_ACTOR, SYSTEM_ACTOR, VERIFREG_ACTOR, init,
};
use shared::method_hash;

pub const SINGLETONS: [(&str, ActorID); 11] = [
    ("system", SYSTEM_ACTOR),
    ("init", INIT_ACTOR),
    ("reward", REWARD_ACTOR),
    ("cron", CRON_ACTOR),
    ("power", POWER_ACTOR),
    ("market", MARKET_ACTOR),
    ("verifreg", VERIFREG_ACTOR),
    ("datacap", DATACAP_ACTOR),
    ("eam", EAM_ACTOR),
    ("burnt", BURNT_FUNDS_ACTOR),
    ("faucet", 100),
];

/// Methods below FRC-42's numbers, by the actor's name in the manifest.
const NUMBERED: [(&str, &[(MethodNum, &str)]); 9] = [
    ("init", &[(init::EXEC, "Exec"), (init::EXEC4, "Exec4")]),
    ("cron", &[(2, "EpochTick")]),
    ("account", &[(2, "PubkeyAddress")]),
    (
        "storagepower",
        &[
            (2, "CreateMiner"),
            (3, "UpdateClaimedPower"),
            (4, "EnrollCronEvent"),
            (5, "OnEpochTickEnd"),
            (6, "UpdatePledgeTotal"),
            (9, "CurrentTotalPower"),
        ],
    ),
    (
        "storageminer",
        &[
            (2, "ControlAddresses"),
            (3, "ChangeWorkerAddress"),
            (4, "ChangePeerID"),
            (5, "SubmitWindowedPoSt"),
            (9, "TerminateSectors"),
            (12, "OnDeferredCronEvent"),
            (14, "ApplyRewards"),
            (16, "WithdrawBalance"),
            (18, "ChangeMultiaddrs"),
            (21, "ConfirmChangeWorkerAddress"),
            (22, "RepayDebt"),
            (23, "ChangeOwnerAddress"),
            (28, "PreCommitSectorBatch2"),
            (30, "ChangeBeneficiary"),
            (31, "GetBeneficiary"),
            (34, "ProveCommitSectors3"),
        ],
    ),
    (
        "storagemarket",
        &[
            (2, "AddBalance"),
            (3, "WithdrawBalance"),
            (4, "PublishStorageDeals"),
            (7, "OnMinerSectorsTerminate"),
            (9, "CronTick"),
        ],
    ),
    ("reward", &[(2, "AwardBlockReward"), (3, "ThisEpochReward"), (4, "UpdateNetworkKPI")]),
    (
        "verifiedregistry",
        &[
            (2, "AddVerifier"),
            (3, "RemoveVerifier"),
            (4, "AddVerifiedClient"),
            (8, "RemoveExpiredAllocations"),
            (9, "ClaimAllocations"),
            (10, "GetClaims"),
        ],
    ),
    ("datacap", &[]),
];

/// Methods of FRC-42 that `shared::ext` does not describe.
const HASHED: [(MethodNum, &str); 20] = [
    (method_hash!("AddVerifiedClient"), "AddVerifiedClient"),
    (method_hash!("Allowance"), "Allowance"),
    (method_hash!("Balance"), "Balance"),
    (method_hash!("GenerateSectorLocation"), "GenerateSectorLocation"),
    (method_hash!("GetClaims"), "GetClaims"),
    (method_hash!("GetMultiaddrs"), "GetMultiaddrs"),
    (method_hash!("GetNominalSectorExpiration"), "GetNominalSectorExpiration"),
    (method_hash!("GetPeerID"), "GetPeerID"),
    (method_hash!("GetSectorSize"), "GetSectorSize"),
    (method_hash!("Granularity"), "Granularity"),
    (method_hash!("MarketNotifyDeal"), "MarketNotifyDeal"),
    (method_hash!("MinerConsensusCount"), "MinerConsensusCount"),
    (method_hash!("MinerCount"), "MinerCount"),
    (method_hash!("MinerRawPower"), "MinerRawPower"),
    (method_hash!("NetworkRawPower"), "NetworkRawPower"),
    (method_hash!("Receive"), "Receive"),
    (method_hash!("RemoveExpiredAllocations"), "RemoveExpiredAllocations"),
    (method_hash!("SectorContentChanged"), "SectorContentChanged"),
    (method_hash!("TotalSupply"), "TotalSupply"),
    (method_hash!("Transfer"), "Transfer"),
];

/// The name of a method of an actor, by the actor's name in the manifest.
pub fn method(actor: &str, number: MethodNum) -> Option<&'static str> {
    let of = |methods: &[(MethodNum, &'static str)]| {
        methods.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
    };
    let numbered = NUMBERED.iter().find(|(name, _)| *name == actor);
    match number {
        METHOD_SEND => Some("Send"),
        METHOD_CONSTRUCTOR => Some("Constructor"),
        _ => numbered.and_then(|(_, methods)| of(methods)).or_else(|| of(&HASHED)),
    }
}
