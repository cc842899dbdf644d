//! What a storage provider does for its sectors after they are proven for the first time.

use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::from_slice;
use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::randomness::{RANDOMNESS_LENGTH, Randomness};
use fvm_shared::sector::{PoStProof, RegisteredPoStProof, SectorNumber};
use multihash_codetable::{Code, MultihashDigest};
use shared::ext::miner::{GET_VESTING_FUNDS, GetVestingFundsReturn};
use shared::method_hash;

use crate::machine;
use crate::message::Call;
use crate::network::Network;
use crate::outcome::Outcome;
use crate::provider::Provider;

const SUBMIT_WINDOWED_POST: u64 = 5;
const GENERATE_SECTOR_LOCATION: u64 = method_hash!("GenerateSectorLocation");
/// What separates the randomness of window proofs from other randomness.
const POST_CHAIN_COMMIT: i64 = 9;
/// Epochs in which every sector has to be proven once.
const PROVING_PERIOD: ChainEpoch = 2_880;
/// A deadline: steps of this length end in one deadline after another.
const DEADLINE: ChainEpoch = 60;
/// Deadlines of a proving period.
const DEADLINES: u32 = 48;

impl Provider {
    /// Where a sector is: deadline and partition.
    ///
    /// # Panics
    /// Where the miner has no such sector.
    pub fn locate(&self, network: &mut Network, sector: SectorNumber) -> (u64, u64) {
        self.find(network, sector).expect("a sector that the miner has")
    }

    /// Where a sector is that lives.
    fn find(&self, network: &mut Network, sector: SectorNumber) -> Option<(u64, u64)> {
        let call =
            Call::new(&self.owner, self.address()).method(GENERATE_SECTOR_LOCATION, &(sector,));
        let location: SectorLocation = network.dry_run(call).returned();
        from_slice(&location.aux_data).ok()
    }

    /// Terminates a sector early, wherever it is. Its deadline may be closed for changes, in which
    /// case the termination waits until it is not.
    pub fn end_sector(&self, network: &mut Network, sector: SectorNumber) -> Outcome {
        let (deadline, partition) = self.locate(network, sector);
        for _ in 0..6 {
            let outcome = self.terminate(network, deadline, partition, sector);
            if outcome.exit_code.is_success() {
                return outcome;
            }
            network.skip(DEADLINE);
        }
        self.terminate(network, deadline, partition, sector)
    }

    /// Proves that a partition is still stored, which is possible while its deadline is open.
    pub fn prove_window(&self, network: &mut Network, deadline: u64, partition: u64) -> Outcome {
        let commit_epoch = network.epoch() - 1;
        let params = SubmitWindowedPostParams {
            deadline,
            partitions: vec![PostPartition { index: partition, skipped: BitField::new() }],
            proofs: vec![PoStProof {
                post_proof: RegisteredPoStProof::StackedDRGWindow32GiBV1P1,
                proof_bytes: vec![0; 192],
            }],
            chain_commit_epoch: commit_epoch,
            chain_commit_rand: commitment(commit_epoch),
        };
        network.run(Call::new(&self.worker, self.address()).method(SUBMIT_WINDOWED_POST, &params))
    }

    /// Skips ahead and proves a sector every day, without which the sector becomes faulty.
    pub fn skip_proving(&self, network: &mut Network, sector: SectorNumber, epochs: ChainEpoch) {
        network.skip_proving(&[(self.clone(), sector)], epochs);
    }
}

/// A partition that has to be proven every day.
struct Duty {
    provider: Provider,
    deadline: u64,
    partition: u64,
    /// When to try next.
    next: ChainEpoch,
    /// Tries in a row that failed: its deadline is not open, or it has no sectors any more.
    failed: u32,
}

impl Network {
    /// Makes far steps end no deadline of a miner before its time. Nothing is known of a miner all of
    /// whose funds have vested.
    pub fn follow_deadlines_of(&mut self, miner: ActorID) {
        let miner = Address::new_id(miner);
        let ask = self.dry_run(Call::new(miner, miner).method(GET_VESTING_FUNDS, &()));
        let told: GetVestingFundsReturn = ask.returned();
        // Funds vest where a deadline begins.
        if let Some((epoch, _)) = told.vesting_funds.first() {
            self.follow_deadlines(*epoch);
        }
    }

    /// Skips ahead and has sectors of several providers proven every day, as long as they live.
    pub fn skip_proving(&mut self, sectors: &[(Provider, SectorNumber)], epochs: ChainEpoch) {
        let end = self.epoch() + epochs;
        let mut duties = self.duties(sectors);
        while let Some(duty) = duties.iter_mut().min_by_key(|duty| duty.next)
            && duty.next < end
        {
            self.skip(duty.next - self.epoch());
            let Duty { provider, deadline, partition, .. } = duty;
            if provider.prove_window(self, *deadline, *partition).exit_code.is_success() {
                duty.next += PROVING_PERIOD;
                duty.failed = 0;
            } else {
                duty.next += DEADLINE;
                duty.failed += 1;
            }
            duties.retain(|duty| duty.failed <= DEADLINES);
        }
        self.skip(end - self.epoch());
    }

    /// The partitions of those sectors that live.
    fn duties(&mut self, sectors: &[(Provider, SectorNumber)]) -> Vec<Duty> {
        let mut duties: Vec<Duty> = vec![];
        for (provider, sector) in sectors {
            let Some((deadline, partition)) = provider.find(self, *sector) else { continue };
            let same = |duty: &Duty| {
                (duty.provider.id, duty.deadline, duty.partition)
                    == (provider.id, deadline, partition)
            };
            if !duties.iter().any(same) {
                let (provider, next) = (provider.clone(), self.epoch());
                duties.push(Duty { provider, deadline, partition, next, failed: 0 });
            }
        }
        duties
    }
}

/// The randomness of an epoch to which a window proof is bound.
fn commitment(epoch: ChainEpoch) -> Randomness {
    let drawn: [u8; RANDOMNESS_LENGTH] = machine::Randomness::draw("chain", epoch);
    let seed = [&POST_CHAIN_COMMIT.to_be_bytes()[..], &drawn, &epoch.to_be_bytes()].concat();
    Randomness(Code::Blake2b256.digest(&seed).digest().to_vec())
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct SectorLocation {
    status: u8,
    #[serde(with = "strict_bytes")]
    aux_data: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct SubmitWindowedPostParams {
    deadline: u64,
    partitions: Vec<PostPartition>,
    proofs: Vec<PoStProof>,
    chain_commit_epoch: ChainEpoch,
    chain_commit_rand: Randomness,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct PostPartition {
    index: u64,
    skipped: BitField,
}
