//! The methods about sectors, and the system calls around the rules.

use alloc::vec::Vec;

use builtin_common::policy::DEADLINES;
use builtin_common::{Exit, Result};
use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::RawBytes;
use fvm_sdk::crypto::compute_unsealed_sector_cid;
use fvm_sdk::network::total_fil_circ_supply;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PieceInfo;
use fvm_shared::randomness::RANDOMNESS_LENGTH;
use fvm_shared::sector::{RegisteredAggregateProof, SectorNumber};
use fvm_shared::sys::SendFlags;
use num_traits::Zero;
use shared::event::Event;
use shared::ext::{BatchReturn, FailCode, MARKET_ACTOR, POWER_ACTOR, VERIFREG_ACTOR};
use shared::{ensure, ext, host};

use crate::actor::{facts, internal, network, settle};
use crate::info::sector_size;
use crate::pledge::{Network, quality_adjusted};
use crate::sectors::{PreCommit, Sector, check_terminations};
use crate::state::State;
use crate::types::*;
use crate::{deadlines, notify};

/// Sectors that one aggregate proof covers.
const AGGREGATE_SECTORS: core::ops::RangeInclusive<usize> = 4..=819;
const MAX_AGGREGATE_BYTES: usize = 81_960;

/// Proofs are taken as given.
pub fn submit_windowed_post(params: SubmitWindowedPostParams) -> Result<()> {
    internal()?;
    let mut state: State = host::load()?;
    let [proof] = params.proofs.as_slice() else {
        return Err(Exit::illegal_argument("not exactly one proof"));
    };
    sector_size(proof.post_proof)?;
    ensure!(params.deadline < DEADLINES, Exit::illegal_argument("no such deadline"));
    ensure!(
        params.chain_commit_rand.0.len() <= RANDOMNESS_LENGTH,
        Exit::illegal_argument("too much randomness")
    );
    state.info.ensure_controller(host::caller())?;
    ensure!(
        proof.post_proof == state.info.post_proof,
        Exit::illegal_argument("not the miner's proof type")
    );
    let effects = state.prove(&host::Store, params.deadline, host::epoch())?;
    let only = params.partitions.iter().all(|partition| partition.index == 0);
    ensure!(only, Exit::not_found("no such partition"));
    host::commit(&state)?;
    settle(effects)
}

pub fn pre_commit_sector_batch(params: PreCommitParams) -> Result<()> {
    internal()?;
    let now = host::epoch();
    ensure!(!params.sectors.is_empty(), Exit::illegal_argument("no sectors"));
    let mut numbers = BitField::new();
    for info in &params.sectors {
        info.check(now)?;
        let new = !numbers.get(info.sector_number);
        ensure!(new, Exit::illegal_argument("a sector number twice"));
        numbers.set(info.sector_number);
    }
    let network = network()?;
    let mut state: State = host::load()?;
    let (effects, needs_cron) =
        state.pre_commit(&host::Store, params.sectors, &network, &facts())?;
    host::commit(&state)?;
    for number in numbers.iter() {
        host::emit(Event::new("sector-precommitted").indexed("sector", &number))?;
    }
    settle(effects)?;
    if needs_cron {
        enroll_cron(state.offset, now)?;
    }
    Ok(())
}

/// Seal proofs are taken as given; everything else about a sector is checked. Items that fail are
/// in the reply, unless activation has to succeed for all.
pub fn prove_commit_sectors(params: ProveCommitParams) -> Result<BatchReturn> {
    internal()?;
    let now = host::epoch();
    let state: State = host::load()?;
    state.info.ensure_controller(host::caller())?;
    let all_or_nothing = params.require_activation_success;

    let mut items = Vec::with_capacity(params.sector_activations.len());
    for activation in &params.sector_activations {
        let pre_commit = state.sectors.get_pre_commit(&host::Store, activation.sector_number)?;
        items.push(Item { activation, pre_commit, outcome: ExitCode::OK, verified: None });
    }
    check_proofs(&params, &items)?;
    for item in &mut items {
        if !item.pre_commit.is_provable(now)? {
            ensure!(!all_or_nothing, Exit::illegal_argument("too late to prove sector"));
            item.outcome = ExitCode::USR_ILLEGAL_ARGUMENT;
        }
    }
    ensure!(items.iter().any(Item::is_good), Exit::illegal_argument("no sector can be proven"));
    for item in items.iter().filter(|item| item.is_good()) {
        item.check_unsealed_cid()?;
    }
    claim_allocations(&mut items, all_or_nothing)?;
    ensure!(items.iter().any(Item::is_good), Exit::illegal_argument("no data can be activated"));

    let network = network()?;
    let mut state: State = host::load()?;
    let size = sector_size(state.info.post_proof)?;
    let deadline = deadlines::assign(state.offset, now);
    let new = items.iter().filter(|item| item.is_good()).map(|item| {
        let power = quality_adjusted(size, &item.verified.clone().unwrap_or_default());
        let sector = Sector {
            deadline,
            activation: now,
            expiration: item.pre_commit.info.expiration,
            pledge: network.initial_pledge(&power),
            daily_fee: network.daily_fee(&power),
            quality_adjusted: power,
            has_data: !item.activation.pieces.is_empty(),
            proven: false,
            dead: false,
        };
        (item.activation.sector_number, sector)
    });
    let effects = state.activate(&host::Store, new.collect(), &host::balance())?;
    host::commit(&state)?;
    settle(effects)?;
    items.iter().filter(|item| item.is_good()).try_for_each(Item::emit)?;
    notify_consumers(&items, params.require_notification_success)?;
    Ok(results(items.iter().map(|item| item.outcome)))
}

/// A sector on its way to activation.
struct Item<'a> {
    activation: &'a SectorActivation,
    pre_commit: PreCommit,
    outcome: ExitCode,
    /// Bytes that were claimed.
    verified: Option<BigInt>,
}

impl Item<'_> {
    fn is_good(&self) -> bool {
        self.outcome.is_success()
    }

    fn expiration(&self) -> ChainEpoch {
        self.pre_commit.info.expiration
    }

    /// The pieces have to make up what the pre-commit sealed.
    fn check_unsealed_cid(&self) -> Result<()> {
        let pieces: Vec<PieceInfo> = self
            .activation
            .pieces
            .iter()
            .map(|piece| PieceInfo { cid: piece.cid, size: piece.size })
            .collect();
        let computed: Option<Cid> = if pieces.is_empty() {
            None
        } else {
            let cid = compute_unsealed_sector_cid(self.pre_commit.info.seal_proof, &pieces);
            Some(cid.map_err(Exit::illegal_argument)?)
        };
        ensure!(
            computed == self.pre_commit.info.unsealed_cid,
            Exit::illegal_argument("the unsealed CID does not match the pieces")
        );
        Ok(())
    }

    fn emit(&self) -> Result<()> {
        let event = Event::new("sector-activated")
            .indexed("sector", &self.activation.sector_number)
            .indexed("unsealed-cid", &self.pre_commit.info.unsealed_cid);
        let pieces = self.activation.pieces.iter();
        let event = pieces.fold(event, |event, piece| {
            event.indexed("piece-cid", &piece.cid).field("piece-size", &piece.size)
        });
        Ok(host::emit(event)?)
    }
}

fn check_proofs(params: &ProveCommitParams, items: &[Item<'_>]) -> Result<()> {
    let illegal = Exit::illegal_argument;
    let first = items.first().ok_or_else(|| illegal("no sectors"))?;
    let seal_proof = first.pre_commit.info.seal_proof;
    ensure!(
        params.sector_proofs.is_empty() != params.aggregate_proof.is_empty(),
        illegal("either sector proofs or an aggregate proof")
    );
    if params.aggregate_proof.is_empty() {
        ensure!(params.aggregate_proof_type.is_none(), illegal("there is no aggregate proof"));
        ensure!(params.sector_proofs.len() == items.len(), illegal("not a proof for each sector"));
        let most = seal_proof.proof_size().map_err(Exit::illegal_state)?;
        let fit = params.sector_proofs.iter().all(|proof| proof.len() <= most);
        ensure!(fit, illegal("a proof is too long"));
    } else {
        let supported = Some(RegisteredAggregateProof::SnarkPackV2);
        ensure!(params.aggregate_proof_type == supported, illegal("unsupported aggregate proof"));
        ensure!(AGGREGATE_SECTORS.contains(&items.len()), illegal("too few or too many sectors"));
        let fits = params.aggregate_proof.len() <= MAX_AGGREGATE_BYTES;
        ensure!(fits, illegal("the proof is too long"));
    }
    let same = items.iter().all(|item| item.pre_commit.info.seal_proof == seal_proof);
    ensure!(same, Exit::illegal_state("sectors with different seal proofs"));
    Ok(())
}

/// Claims the verified allocations of all sectors that are still good, in one call.
fn claim_allocations(items: &mut [Item<'_>], all_or_nothing: bool) -> Result<()> {
    let mut good: Vec<&mut Item<'_>> = items.iter_mut().filter(|item| item.is_good()).collect();
    let sectors: Vec<SectorAllocationClaims> = good
        .iter()
        .map(|item| SectorAllocationClaims {
            sector: item.activation.sector_number,
            expiry: item.expiration(),
            claims: item.activation.pieces.iter().filter_map(allocation_claim).collect(),
        })
        .collect();
    if sectors.iter().all(|sector| sector.claims.is_empty()) {
        return Ok(());
    }
    let claim = host::params(&ClaimAllocationsParams { sectors, all_or_nothing })?;
    let verifreg = Address::new_id(VERIFREG_ACTOR);
    let reply = host::send(&verifreg, VERIFREG_CLAIM_ALLOCATIONS, claim, TokenAmount::zero())?;
    let reply: ClaimAllocationsReturn = ext::reply(reply)?;
    for FailCode { index, code } in reply.sector_results.fail_codes {
        if let Some(item) = good.get_mut(index as usize) {
            item.outcome = code;
        }
    }
    let claimed = good.into_iter().filter(|item| item.is_good()).zip(reply.sector_claims);
    claimed.for_each(|(item, space)| item.verified = Some(space.0));
    Ok(())
}

fn allocation_claim(piece: &PieceActivation) -> Option<AllocationClaim> {
    let key = piece.verified_allocation_key.as_ref()?;
    Some(AllocationClaim {
        client: key.client,
        allocation_id: key.id,
        data: piece.cid,
        size: piece.size,
    })
}

/// Tells data consumers of their pieces. Where it does not have to succeed, any answer will do.
fn notify_consumers(items: &[Item<'_>], must_succeed: bool) -> Result<()> {
    let sectors = items.iter().filter(|item| item.is_good()).map(|item| {
        let pieces = item.activation.pieces.as_slice();
        (item.activation.sector_number, item.expiration(), pieces)
    });
    for (consumer, changes) in notify::group(sectors) {
        let outcome = notify_consumer(&consumer, &changes);
        if must_succeed {
            outcome?;
        }
    }
    Ok(())
}

fn notify_consumer(consumer: &Address, changes: &[SectorChanges]) -> Result<()> {
    let response = host::try_send(
        consumer,
        SECTOR_CONTENT_CHANGED,
        host::params(&changes)?,
        TokenAmount::zero(),
        None,
        SendFlags::empty(),
    )
    .map_err(|e| Exit::new(notify::ERR_SEND_FAILED, e))?;
    ensure!(
        response.exit_code.is_success(),
        Exit::new(notify::ERR_RECEIVER_ABORTED, response.exit_code)
    );
    let reply: Vec<Vec<bool>> =
        ext::reply(response.return_data).map_err(|e| Exit::new(notify::ERR_RESPONSE_INVALID, e))?;
    notify::check_reply(changes, &reply)
}

fn results(outcomes: impl Iterator<Item = ExitCode>) -> BatchReturn {
    let mut results = BatchReturn::default();
    for (index, code) in (0u32..).zip(outcomes) {
        if code.is_success() {
            results.success_count += 1;
        } else {
            results.fail_codes.push(FailCode { index, code });
        }
    }
    results
}

/// Always done at once, so the reply is always that it is done.
pub fn terminate_sectors(params: TerminateSectorsParams) -> Result<TerminateSectorsReturn> {
    internal()?;
    check_terminations(&params.terminations)?;
    let network = network()?;
    let mut state: State = host::load()?;
    let (effects, ended) =
        state.terminate(&host::Store, &params.terminations, &network, &facts())?;
    host::commit(&state)?;
    settle(effects)?;

    let with_data = ended.iter().filter(|(_, sector)| sector.has_data).map(|(number, _)| *number);
    let sectors = BitField::try_from_bits(with_data).map_err(Exit::illegal_state)?;
    if !sectors.is_empty() {
        let terminated = host::params(&SectorsTerminated { epoch: host::epoch(), sectors })?;
        let market = Address::new_id(MARKET_ACTOR);
        host::send(&market, MARKET_SECTORS_TERMINATE, terminated, TokenAmount::zero())?;
    }
    for (number, _) in ended {
        host::emit(Event::new("sector-terminated").indexed("sector", &number))?;
    }
    Ok(TerminateSectorsReturn { done: true })
}

pub fn on_deferred_cron_event(params: DeferredCronEventParams) -> Result<()> {
    let event: CronEventPayload =
        fvm_ipld_encoding::from_slice(&params.event_payload).map_err(Exit::illegal_state)?;
    if event.event_type != CRON_PROVING_DEADLINE {
        return Ok(());
    }
    let mut state: State = host::load()?;
    let network = Network {
        reward: params.reward_smoothed,
        power: params.quality_adj_power_smoothed,
        baseline: BigInt::zero(),
        circulating: total_fil_circ_supply(),
    };
    let (effects, more) = state.end_deadline(&host::Store, &network, &facts())?;
    host::commit(&state)?;
    settle(effects)?;
    if more {
        enroll_cron(state.offset, host::epoch() + 1)?;
    }
    Ok(())
}

/// Has power wake this miner in the last epoch of the deadline that is open at `epoch`.
fn enroll_cron(offset: ChainEpoch, epoch: ChainEpoch) -> Result<()> {
    let payload = RawBytes::serialize(CronEventPayload { event_type: CRON_PROVING_DEADLINE })
        .map_err(Exit::illegal_state)?;
    let event_epoch = deadlines::current(offset, epoch).last();
    let event = host::params(&EnrollCronEventParams { event_epoch, payload })?;
    let power = Address::new_id(POWER_ACTOR);
    host::send(&power, POWER_ENROLL_CRON, event, TokenAmount::zero())?;
    Ok(())
}

pub fn generate_sector_location(
    params: GenerateSectorLocationParams,
) -> Result<GenerateSectorLocationReturn> {
    let state: State = host::load()?;
    let (status, location) = state.sectors.locate(&host::Store, params.sector_number)?;
    let aux_data = fvm_ipld_encoding::to_vec(&location).map_err(Exit::illegal_state)?;
    Ok(GenerateSectorLocationReturn { status, aux_data })
}

pub fn validate_sector_status(params: ValidateSectorStatusParams) -> Result<bool> {
    ensure!(
        params.status <= status::FAULTY,
        Exit::new(ExitCode::USR_SERIALIZATION, "no such status")
    );
    let location =
        fvm_ipld_encoding::from_slice(&params.aux_data).map_err(Exit::illegal_argument)?;
    let state: State = host::load()?;
    state.sectors.has_status(&host::Store, params.sector_number, params.status, &location)
}

pub fn nominal_sector_expiration(number: SectorNumber) -> Result<ChainEpoch> {
    let sector = host::load::<State>()?.sectors.get(&host::Store, number)?;
    Ok(sector.ok_or_else(|| Exit::not_found("no such sector"))?.expiration)
}
