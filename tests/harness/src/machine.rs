//! The FVM as the harness assembles it: the real machine, call manager and kernel, and one change.
//! Proofs of replication and of spacetime verify without being checked, as nobody seals 32 GiB in a
//! test; gas is charged for them as always.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use ambassador::Delegate;
use cid::Cid;
use fvm::call_manager::{CallManager, DefaultCallManager};
use fvm::engine::{EnginePool, MultiEngine};
use fvm::executor::{DefaultExecutor, ThreadedExecutor};
use fvm::externs::{Chain, Consensus, Externs, Rand};
use fvm::gas::Gas;
use fvm::kernel::filecoin::{DefaultFilecoinKernel, FilecoinKernel};
use fvm::kernel::prelude::*;
use fvm::kernel::{
    ActorOps, CryptoOps, DebugOps, EventOps, IpldBlockOps, MessageOps, NetworkOps, RandomnessOps,
    Result, SelfOps, SendOps, SyscallHandler, UpgradeOps,
};
use fvm::machine::{DefaultMachine, NetworkConfig};
use fvm::syscalls::Linker;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::consensus::ConsensusFault;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PieceInfo;
use fvm_shared::randomness::RANDOMNESS_LENGTH;
use fvm_shared::sector::{
    AggregateSealVerifyProofAndInfos, RegisteredSealProof, ReplicaUpdateInfo, SealVerifyInfo,
    WindowPoStVerifyInfo,
};
use fvm_shared::sys::out::network::NetworkContext;
use fvm_shared::sys::out::vm::MessageContext;
use fvm_shared::version::NetworkVersion;
use fvm_shared::{ActorID, MethodNum};
use multihash_codetable::{Code, MultihashDigest};

use crate::bundle::Actors;
use crate::store::Store;

/// The version of the network's rules: the one whose actors are v18.
pub const NETWORK_VERSION: NetworkVersion = NetworkVersion::V28;

/// The executor of a network, on a stack of 64 MiB as the FVM asks for.
pub type Executor = ThreadedExecutor<DefaultExecutor<AcceptingKernel<NetworkCallManager>>>;
type NetworkCallManager = DefaultCallManager<NetworkMachine>;
pub(crate) type NetworkMachine = DefaultMachine<Store, Randomness>;

/// The engines of this process: every module is compiled once, whatever number of networks run it.
/// There is one more than threads, for a chain beside as many simulations.
pub fn engine() -> anyhow::Result<EnginePool> {
    static ENGINES: OnceLock<MultiEngine> = OnceLock::new();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let engines = ENGINES.get_or_init(|| MultiEngine::new(u32::try_from(threads + 1).unwrap_or(2)));
    engines.get(&NetworkConfig::new(NETWORK_VERSION))
}

/// Compiles the actors that this process has not compiled yet, and says so while it does.
pub fn compile(actors: &Actors) -> anyhow::Result<()> {
    static COMPILED: Mutex<Vec<Cid>> = Mutex::new(Vec::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let missing: Vec<_> =
        actors.entries.iter().filter(|(_, code)| !compiled.contains(code)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (pool, store, start) = (engine()?, Store::over(actors.blocks.clone()), Instant::now());
    // Straight to the terminal: the test runner would keep what a test prints.
    let mut err = std::io::stderr();
    for (n, (name, code)) in missing.iter().enumerate() {
        let _ = write!(err, "\r\x1b[Kcompiling actors {}/{} {name}", n + 1, missing.len());
        let _ = err.flush();
        pool.acquire().preload(code, &store)?;
        compiled.push(*code);
    }
    let _ = writeln!(
        err,
        "\r\x1b[Kcompiled {} actors in {:.1} s",
        missing.len(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// What the node provides to the machine. Randomness is a hash of the epoch, so that runs repeat;
/// there are no consensus faults.
pub struct Randomness;

impl Randomness {
    pub(crate) fn draw(domain: &str, round: ChainEpoch) -> [u8; RANDOMNESS_LENGTH] {
        let mut seed = domain.as_bytes().to_vec();
        seed.extend(round.to_be_bytes());
        let mut out = [0; RANDOMNESS_LENGTH];
        out.copy_from_slice(Code::Blake2b256.digest(&seed).digest());
        out
    }
}

impl Externs for Randomness {}

impl Rand for Randomness {
    fn get_chain_randomness(&self, round: ChainEpoch) -> anyhow::Result<[u8; RANDOMNESS_LENGTH]> {
        Ok(Self::draw("chain", round))
    }

    fn get_beacon_randomness(&self, round: ChainEpoch) -> anyhow::Result<[u8; RANDOMNESS_LENGTH]> {
        Ok(Self::draw("beacon", round))
    }
}

impl Consensus for Randomness {
    fn verify_consensus_fault(
        &self,
        _: &[u8],
        _: &[u8],
        _: &[u8],
    ) -> anyhow::Result<(Option<ConsensusFault>, i64)> {
        Ok((None, 0))
    }
}

impl Chain for Randomness {
    fn get_tipset_cid(&self, epoch: ChainEpoch) -> anyhow::Result<Cid> {
        let hash = Code::Blake2b256.digest(&Self::draw("tipset", epoch));
        Ok(Cid::new_v1(fvm_ipld_encoding::DAG_CBOR, hash))
    }
}

/// The Filecoin kernel, for which every proof is valid.
#[allow(clippy::duplicated_attributes)]
#[derive(Delegate)]
#[delegate(IpldBlockOps, where = "C: CallManager")]
#[delegate(ActorOps, where = "C: CallManager")]
#[delegate(CryptoOps, where = "C: CallManager")]
#[delegate(DebugOps, where = "C: CallManager")]
#[delegate(EventOps, where = "C: CallManager")]
#[delegate(MessageOps, where = "C: CallManager")]
#[delegate(NetworkOps, where = "C: CallManager")]
#[delegate(RandomnessOps, where = "C: CallManager")]
#[delegate(SelfOps, where = "C: CallManager")]
#[delegate(SendOps<K>, generics = "K", where = "K: FilecoinKernel")]
#[delegate(UpgradeOps<K>, generics = "K", where = "K: FilecoinKernel")]
pub struct AcceptingKernel<C>(pub DefaultFilecoinKernel<C>);

impl<C: CallManager> AcceptingKernel<C> {
    fn charge(&self, charge: fvm::gas::GasCharge) -> Result<()> {
        self.charge_gas(&charge.name, charge.total()).map(|_| ())
    }

    fn prices(&self) -> &PriceList {
        (self.0).0.call_manager.price_list()
    }
}

impl<C: CallManager> FilecoinKernel for AcceptingKernel<C> {
    fn compute_unsealed_sector_cid(
        &self,
        proof_type: RegisteredSealProof,
        pieces: &[PieceInfo],
    ) -> Result<Cid> {
        self.0.compute_unsealed_sector_cid(proof_type, pieces)
    }

    fn verify_post(&self, info: &WindowPoStVerifyInfo) -> Result<bool> {
        self.charge(self.prices().on_verify_post(info))?;
        Ok(true)
    }

    fn verify_consensus_fault(
        &self,
        h1: &[u8],
        h2: &[u8],
        extra: &[u8],
    ) -> Result<Option<ConsensusFault>> {
        self.0.verify_consensus_fault(h1, h2, extra)
    }

    fn batch_verify_seals(&self, seals: &[SealVerifyInfo]) -> Result<Vec<bool>> {
        for seal in seals {
            self.charge(self.prices().on_verify_seal(seal))?;
        }
        Ok(vec![true; seals.len()])
    }

    fn verify_aggregate_seals(&self, seals: &AggregateSealVerifyProofAndInfos) -> Result<bool> {
        self.charge(self.prices().on_verify_aggregate_seals(seals))?;
        Ok(true)
    }

    fn verify_replica_update(&self, replica: &ReplicaUpdateInfo) -> Result<bool> {
        self.charge(self.prices().on_verify_replica_update(replica))?;
        Ok(true)
    }

    fn total_fil_circ_supply(&self) -> Result<TokenAmount> {
        self.0.total_fil_circ_supply()
    }
}

impl<C: CallManager> Kernel for AcceptingKernel<C> {
    type CallManager = C;
    type Limiter = <DefaultFilecoinKernel<C> as Kernel>::Limiter;

    fn into_inner(self) -> (C, BlockRegistry) {
        self.0.into_inner()
    }

    fn new(
        manager: C,
        blocks: BlockRegistry,
        caller: ActorID,
        actor_id: ActorID,
        method: MethodNum,
        value_received: TokenAmount,
        read_only: bool,
    ) -> Self {
        AcceptingKernel(DefaultFilecoinKernel::new(
            manager,
            blocks,
            caller,
            actor_id,
            method,
            value_received,
            read_only,
        ))
    }

    fn machine(&self) -> &C::Machine {
        self.0.machine()
    }

    fn limiter_mut(&mut self) -> &mut Self::Limiter {
        self.0.limiter_mut()
    }

    fn gas_available(&self) -> Gas {
        self.0.gas_available()
    }

    fn charge_gas(&self, name: &str, compute: Gas) -> Result<GasTimer> {
        self.0.charge_gas(name, compute)
    }
}

impl<K> SyscallHandler<K> for AcceptingKernel<K::CallManager>
where
    K: FilecoinKernel
        + ActorOps
        + SendOps
        + UpgradeOps
        + IpldBlockOps
        + CryptoOps
        + DebugOps
        + EventOps
        + MessageOps
        + NetworkOps
        + RandomnessOps
        + SelfOps,
{
    fn link_syscalls(linker: &mut Linker<K>) -> anyhow::Result<()> {
        DefaultFilecoinKernel::<K::CallManager>::link_syscalls(linker)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn there_is_an_engine_beside_those_of_all_threads() {
        let (held, holds) = mpsc::channel();
        std::thread::spawn(move || {
            let (pool, threads) = (engine().unwrap(), std::thread::available_parallelism());
            let engines: Vec<_> = (0..=threads.unwrap().get()).map(|_| pool.acquire()).collect();
            held.send(engines.len()).unwrap();
        });
        assert!(holds.recv_timeout(Duration::from_secs(60)).is_ok());
    }
}
