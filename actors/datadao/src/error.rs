//! What the DAO refuses, each with its exit code. Published codes never change.

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::error::ExitCode;
use shared::Fault;
use thiserror::Error as ThisError;

use crate::api::DatasetId;

#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Error {
    #[error("f0{0} is not the admin")]
    NotAdmin(ActorID),
    #[error("the token's name must have 1 to {0} bytes")]
    TokenName(usize),
    #[error("the token's symbol must have 1 to {0} bytes")]
    TokenSymbol(usize),
    #[error("the policy's durations must be 0 < min ≤ max")]
    PolicyDuration,
    #[error("the policy's start delay is negative")]
    PolicyStart,
    #[error("the policy's price or collateral is negative")]
    PolicyAmount,
    #[error("a hook's gas limit must be {min} to {max}")]
    HookGas { min: u64, max: u64 },
    #[error("not the CID of a piece: {0}")]
    PieceCid(&'static str),
    #[error("not the size of a piece: {0}")]
    PieceSizeInvalid(&'static str),
    #[error("a dataset has 1 to {0} replicas")]
    Wanted(u32),
    #[error("a reward is 0 to 2^{0} - 1 attoDATA")]
    RewardRange(u64),
    #[error("a dataset has at most {count} locations of at most {bytes} bytes")]
    Locations { count: usize, bytes: usize },
    #[error("at most {0} owners in a batch")]
    TooManyOwners(usize),
    #[error("the piece is listed already, as dataset {0}")]
    Listed(DatasetId),
    #[error("there is no dataset {0}")]
    NoDataset(DatasetId),
    #[error("there is no deal {0} of this DAO")]
    NoDeal(DealID),
    #[error("the client of the proposal is not this DAO")]
    ForeignClient,
    #[error("the piece of the proposal is not listed")]
    Unlisted,
    #[error("the piece has {listed} bytes, not the {proposed} that the proposal says")]
    PieceSize { listed: u64, proposed: u64 },
    #[error("the dataset has the {0} replicas that it wants")]
    EnoughReplicas(u32),
    #[error("provider f0{0} has a replica of the dataset already")]
    SameProvider(ActorID),
    #[error("the proposal is verified, and the DAO spends no DataCap")]
    Verified,
    #[error("the deal lasts {0} epochs, outside of what the DAO wants")]
    Duration(ChainEpoch),
    #[error("the deal starts at epoch {0}, later than the DAO wants")]
    Start(ChainEpoch),
    #[error("the price is higher than the DAO pays")]
    Price,
    #[error("the client collateral is higher than the DAO locks")]
    Collateral,
    #[error("deal {0} is recorded already")]
    Recorded(DealID),
    #[error(transparent)]
    Shared(#[from] shared::Error),
}

impl Fault for Error {
    fn exit_code(&self) -> ExitCode {
        ExitCode::new(match self {
            Error::NotAdmin(_) => 32,
            Error::NoDataset(_) => 33,
            Error::NoDeal(_) => 34,
            Error::Listed(_) => 35,
            Error::TokenName(_) => 36,
            Error::TokenSymbol(_) => 37,
            Error::PolicyDuration => 38,
            Error::PolicyStart => 39,
            Error::PolicyAmount => 40,
            Error::HookGas { .. } => 41,
            Error::PieceCid(_) => 42,
            Error::PieceSizeInvalid(_) => 43,
            Error::Wanted(_) => 44,
            Error::RewardRange(_) => 45,
            Error::Locations { .. } => 46,
            Error::TooManyOwners(_) => 47,
            Error::ForeignClient => 48,
            Error::Unlisted => 49,
            Error::PieceSize { .. } => 50,
            Error::EnoughReplicas(_) => 51,
            Error::SameProvider(_) => 52,
            Error::Verified => 53,
            Error::Duration(_) => 54,
            Error::Start(_) => 55,
            Error::Price => 56,
            Error::Collateral => 57,
            Error::Recorded(_) => 58,
            Error::Shared(error) => return error.exit_code(),
        })
    }
}
