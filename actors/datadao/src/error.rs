//! What the DAO refuses, each with its exit code. Published codes never change.

use alloc::string::String;

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
    #[error("{what}: {why}")]
    Invalid { what: &'static str, why: String },
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
            Error::Invalid { .. } => 33,
            Error::Listed(_) => 34,
            Error::NoDataset(_) => 35,
            Error::NoDeal(_) => 36,
            Error::ForeignClient => 37,
            Error::Unlisted => 38,
            Error::PieceSize { .. } => 39,
            Error::EnoughReplicas(_) => 40,
            Error::SameProvider(_) => 41,
            Error::Verified => 42,
            Error::Duration(_) => 43,
            Error::Start(_) => 44,
            Error::Price => 45,
            Error::Collateral => 46,
            Error::Recorded(_) => 47,
            Error::Shared(error) => return error.exit_code(),
        })
    }
}

/// [`Error::Invalid`], for whatever reason.
pub(crate) fn invalid(what: &'static str, why: impl Into<String>) -> Error {
    Error::Invalid { what, why: why.into() }
}
