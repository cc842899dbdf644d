//! Money and deals from publication to their end.

use std::slice::from_ref;

use fvm_harness::{Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::{DealProposal, DealSettlement, EX_DEAL_EXPIRED, Label};

use super::{DAY, FORBIDDEN, ILLEGAL_ARGUMENT, Market, NOT_FOUND, is_testing_policy, price};

/// The miner's exit code where a notified actor does not accept a piece.
const REJECTED: ExitCode = ExitCode::new(1004);
/// Epochs from a pre-commitment to its earliest proof.
const SEALING: i64 = 151;

fn paid(epochs: i64) -> DealSettlement {
    DealSettlement { payment: price(epochs), completed: false }
}

#[test]
fn a_missed_start_burns_the_provider_s_collateral_when_anyone_settles() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let deal = m.deal(&proposal);
    let eve = m.net.account("eve");
    m.net.advance(1);
    assert_eq!(m.net.settle(&eve, &[deal]).settlements, [paid(0)]);
    m.skip_to(proposal.start_epoch - 1);
    assert_eq!(m.net.settle(&eve, &[deal]).settlements, [paid(0)]);
    m.net.advance(1);
    let burnt = m.burnt();
    let settled = m.net.settle(&eve, &[deal]);
    assert_eq!(settled.results.fail_codes[0].code, ExitCode::new(EX_DEAL_EXPIRED));
    assert!(settled.settlements.is_empty());
    assert_eq!(m.burnt(), burnt + fil(1));
    let (ann, sp) = (m.ann.address(), m.sp.address());
    assert_eq!((m.locked(ann), m.available(ann)), (fil(0), fil(1_000)));
    assert_eq!((m.locked(sp), m.available(sp)), (fil(0), fil(999)));
}

#[test]
fn cron_ends_a_deal_that_missed_its_start_within_thirty_days() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let deal = m.deal(&proposal);
    let sp = m.sp.address();
    m.skip_to(proposal.start_epoch + 10 * DAY);
    assert_eq!((m.activation(deal), m.locked(sp)), ((-1, -1), fil(1)));
    let burnt = m.burnt();
    m.skip_to(proposal.start_epoch + 30 * DAY + 60);
    assert_eq!(m.burnt(), burnt + fil(1));
    assert_eq!((m.locked(sp), m.available(sp)), (fil(0), fil(999)));
    let ann = m.ann.clone();
    assert_eq!(m.available(&ann), fil(1_000));
    let settled = m.net.settle(&ann, &[deal]);
    assert_eq!(settled.results.fail_codes[0].code, ExitCode::new(EX_DEAL_EXPIRED));
}

#[test]
fn a_settlement_pays_for_the_epochs_since_the_last() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    let (ann, sp) = (m.ann.clone(), m.sp.clone());
    assert_eq!(m.net.settle(&ann, &[deal]).settlements, [paid(0)]);
    let left = proposal.start_epoch - m.net.epoch();
    sp.skip_proving(&mut m.net, sector, left);
    assert_eq!(m.net.settle(&ann, &[deal]).settlements, [paid(0)]);
    sp.skip_proving(&mut m.net, sector, 100);
    assert_eq!(m.net.settle(&ann, &[deal]).settlements, [paid(100)]);
    assert_eq!(m.net.settle(&ann, &[deal]).settlements, [paid(0)]);
    m.net.advance(3);
    assert_eq!(m.net.settle(&ann, &[deal]).settlements, [paid(3)]);
    assert_eq!(m.available(sp.address()), fil(999) + price(103));
    assert_eq!(m.locked(&ann), price(180 * DAY - 103) + fil(2));
    assert_eq!(m.net.escrow(&ann).balance, fil(1_000) - price(103));
}

#[test]
fn cron_does_not_settle_deals_that_nobody_settled() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    let (ann, sp) = (m.ann.clone(), m.sp.clone());
    let left = proposal.start_epoch + 40 * DAY - m.net.epoch();
    sp.skip_proving(&mut m.net, sector, left);
    assert_eq!(m.available(sp.address()), fil(999));
    assert_eq!(m.net.settle(&ann, &[deal]).settlements, [paid(40 * DAY)]);
}

/// Cron looks at a deal once after its start and leaves it alone if nobody settled it until then.
#[test]
fn cron_goes_on_to_settle_a_deal_that_was_settled_before_it_looked() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    assert_eq!(deal, 0, "cron looks at deal 0 every 30 days");
    let (ann, sp) = (m.ann.clone(), m.sp.clone());
    m.net.settle(&ann, &[deal]);
    let left = 30 * DAY + 60 - m.net.epoch();
    sp.skip_proving(&mut m.net, sector, left);
    let paid_by_cron = m.available(sp.address()) - fil(999);
    assert!(paid_by_cron >= price(30 * DAY - proposal.start_epoch));
    let rest = m.net.settle(&ann, &[deal]).settlements;
    assert_eq!(&rest[0].payment + paid_by_cron, price(m.net.epoch() - proposal.start_epoch));
}

#[test]
fn a_sector_is_proven_later_than_150_epochs_after_its_pre_commitment() {
    let mut m = Market::open();
    let delay = if is_testing_policy(&mut m.net) { 10 } else { SEALING - 1 };
    let proposal = m.proposal(1);
    let deal = m.deal(&proposal);
    let sector = m.sp.pre_commit(&mut m.net, &proposal);
    m.net.advance(delay);
    m.sp.prove(&mut m.net, sector, deal, &proposal).refused(FORBIDDEN);
    m.sp.prove(&mut m.net, sector + 1, deal, &proposal).refused(NOT_FOUND);
    m.net.advance(1);
    m.sp.prove(&mut m.net, sector, deal, &proposal).ok();
}

#[test]
fn a_batch_of_settlements_says_which_deals_it_settled() {
    let mut m = Market::open();
    let (first, second) = (m.proposal(1), m.paid(2));
    let (one, _) = m.active(&first);
    let two = m.deal(&second);
    let settled = m.net.settle(&m.sp.worker.clone(), &[one, two, 77]);
    assert_eq!((settled.results.success_count, settled.results.size()), (2, 3));
    let failed = &settled.results.fail_codes[0];
    assert_eq!((failed.index, failed.code), (2, ExitCode::new(EX_DEAL_EXPIRED)));
    assert_eq!(settled.settlements, [paid(0), paid(0)]);
    assert_eq!(m.net.settle(&m.sp.worker.clone(), &[]).results.size(), 0);
}

#[test]
fn termination_pays_until_then_refunds_the_rest_and_burns_the_collateral() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    let (ann, sp) = (m.ann.clone(), m.sp.clone());
    let left = proposal.start_epoch + 2 * DAY - m.net.epoch();
    sp.skip_proving(&mut m.net, sector, left);
    m.net.settle(&ann, &[deal]);
    sp.skip_proving(&mut m.net, sector, DAY);
    let burnt = m.burnt();
    let outcome = sp.end_sector(&mut m.net, sector).ok();
    assert_eq!(outcome.events_of("deal-terminated").len(), 1);
    assert_eq!(outcome.events_of("sector-terminated").len(), 1);
    let earned = price(m.net.epoch() - proposal.start_epoch);
    assert!(earned >= price(3 * DAY));
    assert_eq!((m.locked(&ann), m.available(&ann)), (fil(0), fil(1_000) - &earned));
    let escrow = sp.address();
    assert_eq!((m.locked(escrow), m.available(escrow)), (fil(0), fil(999) + earned));
    // The miner's termination fee is burnt as well.
    assert!(m.burnt() > burnt + fil(1));
}

#[test]
fn a_deal_terminated_before_its_start_costs_the_client_nothing() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    let sp = m.sp.address();
    m.sp.end_sector(&mut m.net, sector).ok();
    assert!(m.net.epoch() < proposal.start_epoch);
    let ann = m.ann.clone();
    assert_eq!((m.locked(&ann), m.available(&ann)), (fil(0), fil(1_000)));
    assert_eq!((m.locked(sp), m.available(sp)), (fil(0), fil(999)));
    let settled = m.net.settle(&ann, &[deal]);
    assert_eq!(settled.results.fail_codes[0].code, ExitCode::new(EX_DEAL_EXPIRED));
}

#[test]
fn the_start_epoch_is_the_last_at_which_a_deal_activates() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let deals = [m.deal(&proposal), m.deal(&m.proposal(2))];
    let sectors = [m.sp.pre_commit(&mut m.net, &proposal), {
        let second = m.proposal(2);
        m.sp.pre_commit(&mut m.net, &second)
    }];
    m.skip_to(proposal.start_epoch);
    m.sp.prove(&mut m.net, sectors[0], deals[0], &proposal).ok();
    assert_eq!(m.activation(deals[0]), (proposal.start_epoch, -1));
    m.net.advance(1);
    let second = DealProposal { piece_cid: crate::setup::piece(2), ..proposal };
    m.sp.prove(&mut m.net, sectors[1], deals[1], &second).refused(REJECTED);
}

#[test]
fn a_sector_activates_only_the_deal_of_its_own_piece_and_provider() {
    let mut m = Market::open();
    let (proposal, other_piece) = (m.proposal(1), m.proposal(2));
    let deal = m.deal(&proposal);
    let mut other = Provider::create(&mut m.net, "other");
    let foreign = other.pre_commit(&mut m.net, &proposal);
    let mine = m.sp.pre_commit(&mut m.net, &proposal);
    let twice = m.sp.pre_commit(&mut m.net, &proposal);
    let wrong = m.sp.pre_commit(&mut m.net, &other_piece);
    let larger = DealProposal { piece_size: PaddedPieceSize(4_096), ..proposal.clone() };
    let wrong_size = m.sp.pre_commit(&mut m.net, &larger);
    m.net.advance(SEALING);
    other.prove(&mut m.net, foreign, deal, &proposal).refused(REJECTED);
    m.sp.prove(&mut m.net, wrong, deal, &other_piece).refused(REJECTED);
    m.sp.prove(&mut m.net, wrong_size, deal, &larger).refused(REJECTED);
    m.sp.prove(&mut m.net, mine, deal + 1, &proposal).refused(REJECTED);
    m.sp.prove(&mut m.net, mine, deal, &proposal).ok();
    m.sp.prove(&mut m.net, twice, deal, &proposal).refused(REJECTED);
    assert_eq!(m.sector(deal), mine);
}

#[test]
fn a_sector_must_outlive_the_deal() {
    let mut m = Market::open();
    let short = m.proposal(1);
    let long = DealProposal { end_epoch: short.start_epoch + 400 * DAY, ..short.clone() };
    let deal = m.deal(&long);
    let sector = m.sp.pre_commit(&mut m.net, &short);
    m.net.advance(SEALING);
    m.sp.prove(&mut m.net, sector, deal, &long).refused(REJECTED);
    assert_eq!(m.activation(deal), (-1, -1));
}

/// A proposal is pending, and may not be published again, until its deal is first settled.
#[test]
fn a_proposal_may_be_published_again_once_its_deal_is_settled_or_over() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let early = m.proposal(1);
    let (deal, _) = m.active(&early);
    m.publish(from_ref(&early)).refused(ILLEGAL_ARGUMENT);
    m.net.settle(&ann, &[deal]);
    let again = m.deal(&early);
    assert_ne!(again, deal);
    m.publish(from_ref(&early)).refused(ILLEGAL_ARGUMENT);

    let other = DealProposal { label: Label::String("b".into()), ..m.proposal(2) };
    let (_, sector) = m.active(&other);
    m.publish(from_ref(&other)).refused(ILLEGAL_ARGUMENT);
    m.sp.end_sector(&mut m.net, sector).ok();
    m.deal(&other);

    let late = m.proposal(3);
    let deal = m.deal(&late);
    m.skip_to(late.start_epoch);
    m.publish(from_ref(&late)).refused(ILLEGAL_ARGUMENT);
    m.net.settle(&ann, &[deal]);
    m.deal(&late);
}

#[test]
fn escrow_is_all_that_the_market_holds() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    let missed = m.paid(2);
    m.deal(&missed);
    let ann = m.ann.clone();
    m.sp.skip_proving(&mut m.net, sector, 3 * DAY);
    m.net.settle(&ann, &[deal, deal + 1]);
    let (sp, total) = (m.sp.address(), m.net.balance(Address::new_id(5)));
    assert_eq!(m.net.escrow(&ann).balance + m.net.escrow(sp).balance, total);
    assert_eq!(total, fil(1_999));
}
