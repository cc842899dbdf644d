//! What actors and methods are called.

use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, METHOD_SEND, MethodNum};
use shared::ext::account::{PUBKEY_ADDRESS, RECEIVE};
use shared::ext::market::MARKET_NOTIFY_DEAL;
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

// Methods that `shared::ext` does not describe. Those of the same name under FRC-42 have other numbers.

pub const EPOCH_TICK: MethodNum = 2;
pub const CONTROL_ADDRESSES: MethodNum = 2;
pub const TERMINATE_SECTORS: MethodNum = 9;
pub const APPLY_REWARDS: MethodNum = 14;
pub const OLD_CHANGE_OWNER_ADDRESS: MethodNum = 23;
pub const OLD_GET_BENEFICIARY: MethodNum = 31;
pub const OLD_CREATE_MINER: MethodNum = 2;
pub const ON_EPOCH_TICK_END: MethodNum = 5;
pub const UPDATE_PLEDGE_TOTAL: MethodNum = 6;
pub const CURRENT_TOTAL_POWER: MethodNum = 9;
pub const OLD_ADD_BALANCE: MethodNum = 2;
pub const OLD_WITHDRAW_BALANCE: MethodNum = 3;
pub const OLD_PUBLISH_STORAGE_DEALS: MethodNum = 4;
pub const ON_MINER_SECTORS_TERMINATE: MethodNum = 7;
pub const CRON_TICK: MethodNum = 9;
pub const AWARD_BLOCK_REWARD: MethodNum = 2;
pub const THIS_EPOCH_REWARD: MethodNum = 3;
pub const UPDATE_NETWORK_KPI: MethodNum = 4;
pub const ADD_VERIFIER: MethodNum = 2;
pub const REMOVE_VERIFIER: MethodNum = 3;
pub const OLD_ADD_VERIFIED_CLIENT: MethodNum = 4;

pub const ADD_VERIFIED_CLIENT: MethodNum = method_hash!("AddVerifiedClient");
pub const BALANCE: MethodNum = method_hash!("Balance");
pub const GENERATE_SECTOR_LOCATION: MethodNum = method_hash!("GenerateSectorLocation");
pub const GET_CLAIMS: MethodNum = method_hash!("GetClaims");
pub const GET_MULTIADDRS: MethodNum = method_hash!("GetMultiaddrs");
pub const NOMINAL_EXPIRATION: MethodNum = method_hash!("GetNominalSectorExpiration");
pub const GET_PEER_ID: MethodNum = method_hash!("GetPeerID");
pub const GET_SECTOR_SIZE: MethodNum = method_hash!("GetSectorSize");
pub const GRANULARITY: MethodNum = method_hash!("Granularity");
pub const MINER_CONSENSUS_COUNT: MethodNum = method_hash!("MinerConsensusCount");
pub const MINER_COUNT: MethodNum = method_hash!("MinerCount");
pub const MINER_RAW_POWER: MethodNum = method_hash!("MinerRawPower");
pub const NETWORK_RAW_POWER: MethodNum = method_hash!("NetworkRawPower");
pub const REMOVE_EXPIRED: MethodNum = method_hash!("RemoveExpiredAllocations");
pub const TOTAL_SUPPLY: MethodNum = method_hash!("TotalSupply");
pub const TRANSFER: MethodNum = method_hash!("Transfer");

/// Methods below FRC-42's numbers, by the actor's name in the manifest.
const NUMBERED: [(&str, &[(MethodNum, &str)]); 8] = [
    ("init", &[(init::EXEC, "Exec"), (init::EXEC4, "Exec4")]),
    ("cron", &[(EPOCH_TICK, "EpochTick")]),
    ("account", &[(PUBKEY_ADDRESS, "PubkeyAddress")]),
    (
        "storagepower",
        &[
            (OLD_CREATE_MINER, "CreateMiner"),
            (ON_EPOCH_TICK_END, "OnEpochTickEnd"),
            (UPDATE_PLEDGE_TOTAL, "UpdatePledgeTotal"),
            (CURRENT_TOTAL_POWER, "CurrentTotalPower"),
        ],
    ),
    (
        "storageminer",
        &[
            (CONTROL_ADDRESSES, "ControlAddresses"),
            (5, "SubmitWindowedPoSt"),
            (TERMINATE_SECTORS, "TerminateSectors"),
            (APPLY_REWARDS, "ApplyRewards"),
            (OLD_CHANGE_OWNER_ADDRESS, "ChangeOwnerAddress"),
            (28, "PreCommitSectorBatch2"),
            (OLD_GET_BENEFICIARY, "GetBeneficiary"),
            (34, "ProveCommitSectors3"),
        ],
    ),
    (
        "storagemarket",
        &[
            (OLD_ADD_BALANCE, "AddBalance"),
            (OLD_WITHDRAW_BALANCE, "WithdrawBalance"),
            (OLD_PUBLISH_STORAGE_DEALS, "PublishStorageDeals"),
            (ON_MINER_SECTORS_TERMINATE, "OnMinerSectorsTerminate"),
            (CRON_TICK, "CronTick"),
        ],
    ),
    (
        "reward",
        &[
            (AWARD_BLOCK_REWARD, "AwardBlockReward"),
            (THIS_EPOCH_REWARD, "ThisEpochReward"),
            (UPDATE_NETWORK_KPI, "UpdateNetworkKPI"),
        ],
    ),
    (
        "verifiedregistry",
        &[
            (ADD_VERIFIER, "AddVerifier"),
            (REMOVE_VERIFIER, "RemoveVerifier"),
            (OLD_ADD_VERIFIED_CLIENT, "AddVerifiedClient"),
        ],
    ),
];

const HASHED: [(MethodNum, &str); 18] = [
    (ADD_VERIFIED_CLIENT, "AddVerifiedClient"),
    (BALANCE, "Balance"),
    (GENERATE_SECTOR_LOCATION, "GenerateSectorLocation"),
    (GET_CLAIMS, "GetClaims"),
    (GET_MULTIADDRS, "GetMultiaddrs"),
    (NOMINAL_EXPIRATION, "GetNominalSectorExpiration"),
    (GET_PEER_ID, "GetPeerID"),
    (GET_SECTOR_SIZE, "GetSectorSize"),
    (GRANULARITY, "Granularity"),
    (MARKET_NOTIFY_DEAL, "MarketNotifyDeal"),
    (MINER_CONSENSUS_COUNT, "MinerConsensusCount"),
    (MINER_COUNT, "MinerCount"),
    (MINER_RAW_POWER, "MinerRawPower"),
    (NETWORK_RAW_POWER, "NetworkRawPower"),
    (RECEIVE, "Receive"),
    (REMOVE_EXPIRED, "RemoveExpiredAllocations"),
    (TOTAL_SUPPLY, "TotalSupply"),
    (TRANSFER, "Transfer"),
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
