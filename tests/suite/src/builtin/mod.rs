//! The built-in actors, in what ours rely on, as far as no transcript of [`crate::conformance`] has it. The
//! same stories hold on the stand-ins and on the official bundles.

mod market_getters;
mod market_lifecycle;
mod market_policy;
mod market_publish;
mod miner_funds;
mod miner_owner;
mod miner_terms;
mod power_reward_cron;
mod verified_deals;

use fvm_harness::{Account, Call, Network, Outcome, Provider, TokenAmount, fil};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::{RegisteredPoStProof, SectorNumber};
use serde::Serialize;
use shared::ext::market::{
    DealProposal, GET_DEAL_ACTIVATION, GET_DEAL_SECTOR, GetDealActivationReturn,
    PublishStorageDealsReturn,
};
use shared::ext::power::{CREATE_MINER, CreateMinerParams};
use shared::ext::{MARKET_ACTOR, POWER_ACTOR, SYSTEM_ACTOR};

use crate::setup::{PIECE_SIZE, network, piece};

const DAY: i64 = 2_880;

const ILLEGAL_ARGUMENT: ExitCode = ExitCode::USR_ILLEGAL_ARGUMENT;
const NOT_FOUND: ExitCode = ExitCode::USR_NOT_FOUND;
const FORBIDDEN: ExitCode = ExitCode::USR_FORBIDDEN;
const ILLEGAL_STATE: ExitCode = ExitCode::USR_ILLEGAL_STATE;

fn market() -> Address {
    Address::new_id(MARKET_ACTOR)
}

/// Asks any actor and keeps nothing of what the question changed.
fn ask<P: Serialize + 'static>(
    net: &mut Network,
    to: impl Into<Address>,
    method: MethodNum,
    params: &P,
) -> Outcome {
    net.dry_run(Call::new(Address::new_id(SYSTEM_ACTOR), to).method(method, params))
}

/// A market with one client, who has 1,000 FIL in escrow, and one provider, who has as much.
struct Market {
    net: Network,
    sp: Provider,
    ann: Account,
}

impl Market {
    fn open() -> Self {
        let mut net = network();
        let sp = Provider::create(&mut net, "sp");
        let ann = net.account("ann");
        net.add_escrow(&ann, &ann, fil(1_000)).ok();
        Market { net, sp, ann }
    }

    /// A proposal of Ann's for the n-th piece, for nothing.
    fn proposal(&self, n: u64) -> DealProposal {
        self.sp.proposal(&self.net, self.ann.address(), piece(n), PIECE_SIZE)
    }

    /// A proposal of Ann's for the n-th piece, for a price of 10 milliFIL a day and a collateral of
    /// 2 FIL of hers.
    fn paid(&self, n: u64) -> DealProposal {
        DealProposal {
            storage_price_per_epoch: price(1),
            client_collateral: fil(2),
            ..self.proposal(n)
        }
    }

    /// Publishes proposals that Ann signs.
    fn publish(&mut self, proposals: &[DealProposal]) -> Outcome {
        let deals = proposals.iter().map(|proposal| self.ann.sign_deal(proposal)).collect();
        self.sp.publish_signed(&mut self.net, deals)
    }

    /// Publishes a proposal that Ann signs and the market takes.
    fn deal(&mut self, proposal: &DealProposal) -> DealID {
        let published: PublishStorageDealsReturn =
            self.publish(std::slice::from_ref(proposal)).returned();
        published.ids[0]
    }

    /// Publishes a proposal that Ann signs, and proves it in a sector.
    fn active(&mut self, proposal: &DealProposal) -> (DealID, SectorNumber) {
        let deal = self.deal(proposal);
        (deal, self.sp.activate(&mut self.net, deal, proposal))
    }

    fn ask(&mut self, method: MethodNum, deal: DealID) -> Outcome {
        ask(&mut self.net, market(), method, &deal)
    }

    /// When a deal was activated and terminated.
    #[track_caller]
    fn activation(&mut self, deal: DealID) -> (i64, i64) {
        let GetDealActivationReturn { activated, terminated } =
            self.ask(GET_DEAL_ACTIVATION, deal).returned();
        (activated, terminated)
    }

    #[track_caller]
    fn sector(&mut self, deal: DealID) -> SectorNumber {
        self.ask(GET_DEAL_SECTOR, deal).returned()
    }

    /// Goes to an epoch by far steps.
    fn skip_to(&mut self, epoch: i64) {
        self.net.skip(epoch - self.net.epoch());
    }

    fn available(&mut self, of: impl Into<Address>) -> TokenAmount {
        let escrow = self.net.escrow(of);
        escrow.balance - escrow.locked
    }

    fn locked(&mut self, of: impl Into<Address>) -> TokenAmount {
        self.net.escrow(of).locked
    }
}

/// Whether the actors follow the policy of testing networks, where sectors of 2 KiB exist, providers
/// need no collateral and small pieces can be verified.
fn is_testing_policy(net: &mut Network) -> bool {
    let (owner, worker) = (net.account("tester"), net.bls_account("tester"));
    let params = CreateMinerParams {
        owner: owner.address(),
        worker: worker.address(),
        window_post_proof_type: RegisteredPoStProof::StackedDRGWindow2KiBV1P1,
        peer: vec![],
        multiaddrs: vec![],
    };
    let create = Call::new(&owner, Address::new_id(POWER_ACTOR)).method(CREATE_MINER, &params);
    net.dry_run(create.value(fil(1_000))).exit_code.is_success()
}

/// The price of so many epochs at 1/288,000 FIL each: a hundredth of a FIL per day.
fn price(epochs: i64) -> TokenAmount {
    TokenAmount::from_atto(3_472_222_222_222_i64) * epochs
}

/// Where in their batch the proposals stood that became deals.
fn positions(published: &PublishStorageDealsReturn) -> Vec<u64> {
    published.valid_deals.iter().collect()
}
