//! Money and deals from publication to their end.

use fvm_harness::{Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::{DealProposal, DealSettlement};

use super::{DAY, FORBIDDEN, Market, NOT_FOUND, is_testing_policy, price};

/// The miner's exit code where a notified actor does not accept a piece.
const REJECTED: ExitCode = ExitCode::new(1004);
/// Epochs from a pre-commitment to its earliest proof.
const SEALING: i64 = 151;

fn paid(epochs: i64) -> DealSettlement {
    DealSettlement { payment: price(epochs), completed: false }
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
