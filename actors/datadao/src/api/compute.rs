//! Work on datasets, for a bounty.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
use shared::ext::DataCid;

use super::{BasisPoints, Currency, DatasetId, RequestId};

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RequestComputeParams {
    pub dataset: DatasetId,
    /// What is to be done.
    pub job: DataCid,
    pub currency: Currency,
    /// AttoFIL or attoDATA, more than zero. In FIL the message's value must be just this, in $DATA
    /// nothing.
    pub bounty: TokenAmount,
    /// Last epoch at which a result can be delivered: after now, and at most a year.
    pub deadline: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DeliverComputeParams {
    pub id: RequestId,
    pub result: DataCid,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RuleComputeParams {
    pub id: RequestId,
    /// Part of the bounty for the worker, who also gets its own bond back. With 10,000 it gets the
    /// requester's bond as well, with 0 the requester gets both.
    pub worker_share: BasisPoints,
}

/// A request that is not settled. What the rules were when it was made holds to its end.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ComputeRequest {
    pub dataset: DatasetId,
    /// What is to be done.
    pub job: DataCid,
    pub requester: ActorID,
    /// What bounty and bonds are in.
    pub currency: Currency,
    pub bounty: TokenAmount,
    /// What the worker puts up to accept the request, and the requester to dispute the result.
    pub bond: TokenAmount,
    /// Last epoch at which a result can be delivered.
    pub deadline: ChainEpoch,
    /// Epochs from the delivery within which the requester can dispute.
    pub review: ChainEpoch,
    /// Epochs from the dispute within which an arbiter or the DAO must rule.
    pub arbitration: ChainEpoch,
    pub stage: ComputeStage,
}

/// How far a request has come. Every stage has a last epoch; after it anyone can settle the request.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum ComputeStage {
    /// Nobody has accepted it. Until the deadline.
    Open,
    /// The worker has put up its bond. Until the deadline.
    Accepted { worker: ActorID },
    /// There is a result. Until the review is over.
    Delivered { worker: ActorID, result: DataCid, until: ChainEpoch },
    /// The requester has put up its bond. Until the arbitration is over.
    Disputed { worker: ActorID, result: DataCid, until: ChainEpoch },
}

/// How a request ended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The requester took it back.
    Cancelled,
    /// Nobody accepted it.
    Lapsed,
    /// The worker delivered nothing.
    Failed,
    /// The requester was content.
    Approved,
    /// The requester said nothing.
    Unreviewed,
    /// The worker was adjudged this part of the bounty.
    Ruled(BasisPoints),
    /// Nobody ruled.
    Undecided,
}

/// What the end of a request credited, in attoFIL or attoDATA: bounty and bonds, all of it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub ending: Ending,
    pub to_requester: TokenAmount,
    pub to_worker: TokenAmount,
}
