//! Everything that the agent refuses, with its exit code.

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

shared::errors! {
    // Callers and states.
    32 => NoMarket: "an agent is created by its market, in the market's own f4 namespace",
    33 => NotMarket(ActorID): "f0{0} is not the agent's market",
    34 => NotBorrower(ActorID): "f0{0} is not the borrower",
    35 => NotWaiting: "the agent was activated or given up before",
    36 => NotCustody: "the borrower is the miner's owner",
    37 => NotHeld: "the agent does not hold the miner",
    38 => Seized: "the miner is seized",
    // Activation.
    40 => NotMiner(ActorID): "f0{0} is not a storage miner",
    41 => Owner(ActorID): "f0{0} is not the miner's owner",
    42 => OwnerNotProposed: "the miner's owner does not propose the agent as the next owner",
    43 => OwnerProposed: "the miner's owner proposes another owner",
    44 => Beneficiary: "the miner's beneficiary is not its owner",
    45 => BeneficiaryNotProposed(ActorID): "the miner's owner does not propose f0{0} as beneficiary",
    46 => Quota(TokenAmount): "the quota is less than {0} FIL",
    47 => Expiration(ChainEpoch): "the term ends before epoch {0}",
    48 => NotApproved: "the miner's beneficiary has not approved another",
    49 => NotTaken: "the miner does not say that the agent has it",
    // Release.
    50 => NotOffered: "the miner does not say that it is offered",
}
