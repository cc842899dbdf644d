//! What may happen next, and what of it the model can judge.

use actor_lending_market::api::Phase;
use fvm_shared::clock::ChainEpoch;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use super::cast::{OWNERS, Party};
use super::deals::{CLOSED, Standing};
use super::kinds::{self, Weighed};
use super::lending::{GRACE, IMPAIR_AFTER, Loan, SMALL};
use super::reference::{Model, Reference};
use super::step::*;
use super::storage::Free;
use crate::setup::DAY;

/// Who has how many $DATA at the start.
pub const ENDOWED: [(Party, i64); 3] = [(Party::Ann, 600), (Party::Bob, 300), (Party::Cem, 100)];
const MAX_DEALS: usize = 30;
const MAX_LOANS: usize = 8;
/// FIL that a lender redeems at the least: exits of less are not worth a place in the queue.
const MIN_EXIT: i64 = 10;
/// Steps of a kind, and kinds, among which one is sought that is accepted.
const CANDIDATES: usize = 12;
const KINDS: usize = 3;
/// The weight of time that passes, beside those of the kinds.
const WAITS: u32 = 90;

/// Anything. Of most kinds, what is made up at random is nearly always refused, and what is refused
/// leads nowhere: so mostly something is taken that the model accepts.
pub fn steps(model: &Model) -> BoxedStrategy<Step> {
    let all = [kinds::dao(model), kinds::votes(model), kinds::deals(model)];
    let more = [kinds::storage(model), kinds::lending(model)];
    let more =
        more.into_iter().chain([kinds::compute(model), kinds::owners(), kinds::grants(model)]);
    let kinds: Vec<Weighed> = all.into_iter().chain(more).flatten().collect();
    let weight = kinds.iter().map(|(weight, _)| weight).sum();
    let likely = |(weight, step)| (weight, chosen(model, step, CANDIDATES, 0.6));
    let step = Union::new_weighted(kinds.into_iter().map(likely).collect()).boxed();
    let mut steps = kinds::attacks();
    steps.extend([(weight, chosen(model, step, KINDS, 0.75)), (WAITS, wait(model))]);
    Union::new_weighted(steps).boxed()
}

/// The first of a few steps that the model accepts, so often, or else the first that it refuses; if
/// there is none, any.
fn chosen(model: &Model, step: BoxedStrategy<Step>, of: usize, often: f64) -> BoxedStrategy<Step> {
    let model = model.clone();
    let candidates = (vec(step, of), prop::bool::weighted(often));
    let chosen = candidates.prop_map(move |(mut candidates, accepted)| {
        let fits = |step: &Step| {
            let verdict = || Reference::apply(model.clone(), step).verdict;
            is_known(&model, step) && verdict().is_ok() == accepted
        };
        let at = candidates.iter().position(fits);
        candidates.swap_remove(at.unwrap_or_default())
    });
    chosen.boxed()
}

/// To a moment at which something changes, or for a while.
fn wait(model: &Model) -> BoxedStrategy<Step> {
    let mut moments: Vec<ChainEpoch> = Vec::new();
    for poll in &model.dao.polls {
        moments.extend([poll.snapshot + 1, poll.end + 1, poll.eta()]);
    }
    for holder in model.dao.holders.values() {
        moments.extend(holder.unbonding.iter().map(|(due, _)| *due));
    }
    moments.extend(model.dao.requests.iter().flatten().map(|request| request.until + 1));
    for deal in &model.deals.0 {
        moments.extend([deal.start, deal.start + 1, deal.end]);
    }
    for loan in model.lending.loans.iter().filter(|loan| !loan.is_over()) {
        moments.push(loan.deadline + 1);
        let next = loan.dues.get(loan.paid);
        moments.extend(next.into_iter().flat_map(|due| {
            [*due, due + IMPAIR_AFTER, due + IMPAIR_AFTER + 1, due + GRACE, due + GRACE + 1]
        }));
    }
    moments.extend(model.lending.sponsors.values().map(|sponsor| sponsor.free_at));
    moments.retain(|moment| *moment > model.now);
    moments.sort_unstable();
    moments.dedup();
    let now = model.now;
    let short = (1..=100_i64).prop_map(Step::Wait);
    let days = (1..=30_i64).prop_map(|days| Step::Wait(days * DAY));
    if moments.is_empty() {
        return prop_oneof![short, days].boxed();
    }
    // What waits for its moment and does not come to anything by itself.
    let next = |wanted: Vec<ChainEpoch>| {
        let next = wanted.into_iter().filter(|moment| *moment > now).min();
        Vec::from([next.unwrap_or(moments[0])])
    };
    let polls = model.dao.polls.iter();
    let decision = next(polls.flat_map(|p| [p.snapshot + 1, p.end + 1, p.eta()]).collect());
    let sponsors = model.lending.sponsors.values().filter(|sponsor| sponsor.leaving);
    let exit = next(sponsors.map(|sponsor| sponsor.free_at).collect());
    let soon = moments[..moments.len().min(3)].to_vec();
    let to = |moments| select(moments).prop_map(move |moment: ChainEpoch| Step::Wait(moment - now));
    prop_oneof![2 => short, 1 => days, 5 => to(soon), 6 => to(decision), 2 => to(exit), 1 => to(moments)]
        .boxed()
}

/// Whether the model knows what comes of a step.
pub fn is_known(model: &Model, step: &Step) -> bool {
    let deal = |at: usize| model.deals.0.get(at);
    let sound = |miner: usize| !model.miners[miner].ruined;
    match step {
        Step::Deal(step) => match step {
            DealStep::Publish { .. } | DealStep::Take { .. } => model.deals.0.len() < MAX_DEALS,
            DealStep::Activate(at) => deal(*at).is_some_and(|deal| sound(deal.miner)),
            DealStep::Terminate(at) => deal(*at).is_some_and(|deal| {
                let runs = deal.standing == Standing::Active && model.now + CLOSED < deal.end;
                runs && sound(deal.miner)
            }),
            // The market settles again by itself what was settled before its end.
            DealStep::Settle(at) => deal(*at)
                .is_some_and(|deal| deal.standing != Standing::Active || model.now >= deal.end),
        },
        Step::Storage(by, StorageStep::Withdraw { over }) => {
            *over || model.storage.free(*by) != Free::Unknown
        }
        Step::Storage(by, StorageStep::Create { pays, .. }) => {
            *pays || model.storage.free(*by) == Free::Nothing
        }
        Step::Lending(by, step) => knows_lending(model, *by, step),
        _ => true,
    }
}

fn knows_lending(model: &Model, by: Party, step: &LendingStep) -> bool {
    let (lending, miners) = (&model.lending, &model.miners);
    match step {
        LendingStep::Deposit(_) => lending.is_solid(),
        LendingStep::Redeem { part, over } => {
            let lender = lending.lenders.get(&by).cloned().unwrap_or_default();
            let enough = lender.stake * part / 1_000 >= MIN_EXIT;
            lending.is_solid() && (*over || !lender.has || enough)
        }
        LendingStep::Submit { forged, .. } => {
            let replayed = *forged == Some(Forgery::Replayed);
            let room = lending.loans.len() < MAX_LOANS;
            room && lending.knows_cash() && !(replayed && lending.loans.is_empty())
        }
        LendingStep::Repay { loan, amount } => lending.loan(*loan).map_or(true, |loan| {
            loan.is_over() || loan.phase == Phase::Submitted || loan.by_hand + amount <= SMALL
        }),
        // Without a loan there is nothing to learn of it, but that there will be none.
        LendingStep::Ruin(number) => {
            let lent = |loan: &Loan| loan.miner == *number && loan.phase.runs();
            let told = lending.loans.iter().any(lent) || lending.loans.len() > MAX_LOANS / 2;
            told && !miners[*number].ruined && !miners[*number].seals
        }
        LendingStep::StakeCover(_) => !lending.was_defaulted(),
        LendingStep::TakeBack(miner) => miners[*miner].owner != OWNERS[*miner],
        _ => true,
    }
}
