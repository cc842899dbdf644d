//! Storage providers: miner actors with their owner and worker, and the messages of a deal's life.

use anyhow::Result;
use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{RawBytes, from_slice, strict_bytes};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::{
    Commitment, cid_to_data_commitment_v1, data_commitment_v1_to_cid, replica_commitment_v1_to_cid,
};
use fvm_shared::crypto::signature::Signature;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::{PaddedPieceSize, zero_piece_commitment};
use fvm_shared::sector::{RegisteredPoStProof, RegisteredSealProof, SectorNumber, SectorSize};
use multihash_codetable::{Code, MultihashDigest};
use shared::ext::market::{
    self, ClientDealProposal, DealProposal, Label, PublishStorageDealsParams,
    PublishStorageDealsReturn,
};
use shared::ext::miner::GET_AVAILABLE_BALANCE;
use shared::ext::power::{CREATE_MINER, CreateMinerParams, CreateMinerReturn};
use shared::ext::{MARKET_ACTOR, POWER_ACTOR};
use shared::method_hash;

use crate::account::{Account, Key};
use crate::message::Call;
use crate::network::Network;
use crate::outcome::Outcome;

const PRE_COMMIT_SECTOR_BATCH_2: u64 = 28;
const PROVE_COMMIT_SECTORS_3: u64 = 34;
const TERMINATE_SECTORS: u64 = 9;
const UPDATE_PLEDGE_TOTAL: u64 = 6;
const GET_PEER_ID: u64 = method_hash!("GetPeerID");
/// Epochs from pre-commitment to the earliest proof, and one more.
const SEALING: ChainEpoch = 151;
const DAY: ChainEpoch = 2_880;
/// FIL put into a new miner for deposits and pledge, and into its escrow.
const MINER_FUNDS: i64 = 10_000;
const ESCROW_FUNDS: i64 = 1_000;

/// A miner actor and its accounts. The owner signs with secp256k1, the worker with BLS.
#[derive(Clone)]
pub struct Provider {
    pub id: ActorID,
    pub owner: Account,
    pub worker: Account,
    next_sector: SectorNumber,
}

impl Provider {
    /// The keys of a provider with a name: the owner's, and the worker's.
    #[must_use]
    pub fn keys(name: &str) -> [Key; 2] {
        [Key::secp256k1(&format!("{name}/owner")), Key::bls(&format!("{name}/worker"))]
    }

    /// Creates a miner of 32 GiB sectors through storage power, with funds for pledge and escrow.
    pub fn create(network: &mut Network, name: &str) -> Self {
        let owner = network.account(&format!("{name}/owner"));
        Self::owned_by(network, name, owner)
    }

    /// Creates a further miner of this owner.
    pub fn owned_by(network: &mut Network, name: &str, owner: Account) -> Self {
        let worker = network.bls_account(&format!("{name}/worker"));
        let params = CreateMinerParams {
            owner: owner.address(),
            worker: worker.address(),
            window_post_proof_type: RegisteredPoStProof::StackedDRGWindow32GiBV1P1,
            peer: name.as_bytes().to_vec(),
            multiaddrs: vec![],
        };
        let create = Call::new(&owner, Address::new_id(POWER_ACTOR))
            .method(CREATE_MINER, &params)
            .value(TokenAmount::from_whole(MINER_FUNDS));
        let created: CreateMinerReturn = network.run(create).returned();
        let id = network.resolve(&created.id_address).expect("a miner that was created");
        let provider = Provider { id, owner, worker, next_sector: 1 };
        provider.count_deposit(network);
        network.follow_deadlines_of(id);
        network.fund(provider.address(), TokenAmount::from_whole(MINER_FUNDS));
        provider.deposit(network, &TokenAmount::from_whole(ESCROW_FUNDS));
        provider
    }

    /// The provider that was created here under a name, as the miner's own peer ID tells; `None` for
    /// other miners. Sectors that it proves from now on are numbered by the epoch.
    pub fn of(network: &mut Network, miner: ActorID) -> Option<Self> {
        let address = Address::new_id(miner);
        let ask = network.dry_run(Call::new(address, address).method(GET_PEER_ID, &()));
        let PeerId { peer_id } = from_slice(&ask.return_data).ok()?;
        let name = String::from_utf8(peer_id).ok()?;
        let account = |key: Key| {
            let robust = key.address().ok()?;
            Some(Account { id: network.resolve(&robust)?, robust, key })
        };
        let [owner, worker] = Self::keys(&name).map(account);
        let (owner, worker) = (owner?, worker?);
        let next_sector = network.epoch().unsigned_abs();
        Some(Provider { id: miner, owner, worker, next_sector })
    }

    /// Storage power is not told of the deposit that a new miner locks, but of its release, which
    /// on a network without other pledge would be less than nothing: the miner could no longer
    /// work, and cron would drop it. So count it in, as elsewhere the pledge of others does.
    fn count_deposit(&self, network: &mut Network) {
        let ask = Call::new(self.address(), self.address()).method(GET_AVAILABLE_BALANCE, &());
        let available: TokenAmount = network.dry_run(ask).returned();
        let deposit = network.balance(self.address()) - available;
        let update = Call::new(self.address(), Address::new_id(POWER_ACTOR));
        network.implicit(update.method(UPDATE_PLEDGE_TOTAL, &deposit)).ok();
    }

    /// The miner's f0 address.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::new_id(self.id)
    }

    /// Adds to the miner's escrow in the market, from the owner.
    pub fn deposit(&self, network: &mut Network, amount: &TokenAmount) {
        let call = Call::new(&self.owner, Address::new_id(MARKET_ACTOR))
            .method(market::ADD_BALANCE, &self.address())
            .value(amount.clone());
        network.run(call).ok();
    }

    /// A proposal to store a piece for a client: free of charge, unverified, without label, to start
    /// within two days and to last 180.
    #[must_use]
    pub fn proposal(
        &self,
        network: &Network,
        client: Address,
        piece_cid: Cid,
        piece_size: PaddedPieceSize,
    ) -> DealProposal {
        let start_epoch = network.epoch() + 2 * DAY;
        DealProposal {
            piece_cid,
            piece_size,
            verified_deal: false,
            client,
            provider: self.address(),
            label: Label::String(String::new()),
            start_epoch,
            end_epoch: start_epoch + 180 * DAY,
            storage_price_per_epoch: TokenAmount::default(),
            provider_collateral: TokenAmount::from_whole(1),
            client_collateral: TokenAmount::default(),
        }
    }

    /// The message by which the worker publishes deals. Clients that are actors need no signature.
    #[must_use]
    pub fn publish_call(&self, deals: &[DealProposal]) -> Call {
        let sign = |proposal: &DealProposal| ClientDealProposal {
            proposal: proposal.clone(),
            client_signature: Signature::new_bls(vec![]),
        };
        let params = PublishStorageDealsParams { deals: deals.iter().map(sign).collect() };
        Call::new(&self.worker, Address::new_id(MARKET_ACTOR))
            .method(market::PUBLISH_STORAGE_DEALS, &params)
    }

    /// Publishes deals.
    pub fn publish(&self, network: &mut Network, deals: &[DealProposal]) -> Outcome {
        network.run(self.publish_call(deals))
    }

    /// Publishes deals that must all be accepted, and returns their IDs.
    ///
    /// # Panics
    /// Where the publish fails or drops a deal.
    #[track_caller]
    pub fn publish_all(&self, network: &mut Network, deals: &[DealProposal]) -> Vec<DealID> {
        let published: PublishStorageDealsReturn = self.publish(network, deals).returned();
        assert_eq!(published.ids.len(), deals.len(), "the market dropped a deal");
        published.ids
    }

    /// Puts a published deal in a new sector and proves the sector, which takes 151 epochs.
    pub fn activate(
        &mut self,
        network: &mut Network,
        deal: DealID,
        proposal: &DealProposal,
    ) -> SectorNumber {
        let sector = self.pre_commit(network, proposal);
        network.advance(SEALING);
        self.prove(network, sector, deal, proposal).ok();
        sector
    }

    /// Pre-commits a new sector for a deal.
    pub fn pre_commit(&mut self, network: &mut Network, proposal: &DealProposal) -> SectorNumber {
        let sector_number = self.next_sector;
        self.next_sector += 1;
        let unsealed = unsealed_cid(&proposal.piece_cid, proposal.piece_size)
            .expect("a piece CID that holds a commitment");
        let info = SectorPreCommitInfo {
            seal_proof: RegisteredSealProof::StackedDRG32GiBV1P1,
            sector_number,
            sealed_cid: sealed_cid(self.id, sector_number).expect("a valid commitment"),
            seal_rand_epoch: network.epoch() - 1,
            deal_ids: vec![],
            expiration: proposal.end_epoch.max(network.epoch() + 220 * DAY),
            unsealed_cid: Some(unsealed),
        };
        let params = PreCommitSectorBatchParams2 { sectors: vec![info] };
        let call =
            Call::new(&self.worker, self.address()).method(PRE_COMMIT_SECTOR_BATCH_2, &params);
        network.run(call).ok();
        sector_number
    }

    /// Proves a pre-committed sector, telling the market of the deal in it. Fails where the market
    /// refuses the deal.
    pub fn prove(
        &self,
        network: &mut Network,
        sector_number: SectorNumber,
        deal: DealID,
        proposal: &DealProposal,
    ) -> Outcome {
        self.prove_allocated(network, sector_number, deal, proposal, None)
    }

    /// Proves a pre-committed sector as [`Provider::prove`] does, and claims the allocation of the
    /// deal, by client and number, if it has one.
    pub fn prove_allocated(
        &self,
        network: &mut Network,
        sector_number: SectorNumber,
        deal: DealID,
        proposal: &DealProposal,
        allocation: Option<(ActorID, u64)>,
    ) -> Outcome {
        let payload = RawBytes::serialize(deal).expect("an integer encodes");
        let piece = PieceActivationManifest {
            cid: proposal.piece_cid,
            size: proposal.piece_size,
            verified_allocation_key: allocation,
            notify: vec![DataActivationNotification {
                address: Address::new_id(MARKET_ACTOR),
                payload,
            }],
        };
        let params = ProveCommitSectors3Params {
            sector_activations: vec![SectorActivationManifest {
                sector_number,
                pieces: vec![piece],
            }],
            sector_proofs: vec![RawBytes::new(vec![0; PROOF_BYTES])],
            aggregate_proof: RawBytes::default(),
            aggregate_proof_type: None,
            require_activation_success: true,
            require_notification_success: true,
        };
        network.run(Call::new(&self.worker, self.address()).method(PROVE_COMMIT_SECTORS_3, &params))
    }

    /// Terminates a sector early. Where it lies is the provider's to know: deadline and partition.
    pub fn terminate(
        &self,
        network: &mut Network,
        deadline: u64,
        partition: u64,
        sector: SectorNumber,
    ) -> Outcome {
        let sectors = BitField::try_from_bits([sector]).expect("a sector number in range");
        let params = (vec![(deadline, partition, sectors)],);
        network.run(Call::new(&self.worker, self.address()).method(TERMINATE_SECTORS, &params))
    }
}

#[derive(Deserialize_tuple)]
struct PeerId {
    #[serde(with = "strict_bytes")]
    peer_id: Vec<u8>,
}

/// Bytes of a seal proof of a 32 GiB sector.
const PROOF_BYTES: usize = 1_920;

/// CommR of a sector that nobody sealed: any commitment will do, each sector its own.
fn sealed_cid(miner: ActorID, sector: SectorNumber) -> Result<Cid> {
    let seed = [miner.to_be_bytes(), sector.to_be_bytes()].concat();
    let commitment = field_element(Code::Blake2b256.digest(&seed).digest());
    replica_commitment_v1_to_cid(&commitment).map_err(anyhow::Error::msg)
}

/// CommD of a 32 GiB sector that holds one piece at its start and zeroes after.
fn unsealed_cid(piece: &Cid, size: PaddedPieceSize) -> Result<Cid> {
    let mut node = cid_to_data_commitment_v1(piece).map_err(anyhow::Error::msg)?;
    let mut size = size.0;
    while size < SectorSize::_32GiB as u64 {
        let pair = [node, zero_piece_commitment(PaddedPieceSize(size))].concat();
        node = field_element(Code::Sha2_256.digest(&pair).digest());
        size *= 2;
    }
    data_commitment_v1_to_cid(&node).map_err(anyhow::Error::msg)
}

/// A digest with its top two bits cleared, as every commitment has them.
fn field_element(digest: &[u8]) -> Commitment {
    let mut commitment = Commitment::default();
    commitment.copy_from_slice(digest);
    commitment[31] &= 0x3f;
    commitment
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct PreCommitSectorBatchParams2 {
    sectors: Vec<SectorPreCommitInfo>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct SectorPreCommitInfo {
    seal_proof: RegisteredSealProof,
    sector_number: SectorNumber,
    sealed_cid: Cid,
    seal_rand_epoch: ChainEpoch,
    deal_ids: Vec<DealID>,
    expiration: ChainEpoch,
    unsealed_cid: Option<Cid>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct ProveCommitSectors3Params {
    sector_activations: Vec<SectorActivationManifest>,
    sector_proofs: Vec<RawBytes>,
    aggregate_proof: RawBytes,
    aggregate_proof_type: Option<i64>,
    require_activation_success: bool,
    require_notification_success: bool,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct SectorActivationManifest {
    sector_number: SectorNumber,
    pieces: Vec<PieceActivationManifest>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct PieceActivationManifest {
    cid: Cid,
    size: PaddedPieceSize,
    /// Client and allocation of a verified deal.
    verified_allocation_key: Option<(ActorID, u64)>,
    notify: Vec<DataActivationNotification>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct DataActivationNotification {
    address: Address,
    payload: RawBytes,
}
