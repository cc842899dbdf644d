//! What the market tells of a deal in each state of its life.

use fvm_harness::{Outcome, fil};
use fvm_shared::MethodNum;
use fvm_shared::deal::DealID;
use fvm_shared::error::ExitCode;
use shared::ext::market::*;

use super::{DAY, Market, price};

/// The getters of what a deal was agreed to be.
const TERMS: [MethodNum; 9] = [
    GET_DEAL_DATA_COMMITMENT,
    GET_DEAL_CLIENT,
    GET_DEAL_PROVIDER,
    GET_DEAL_LABEL,
    GET_DEAL_TERM,
    GET_DEAL_TOTAL_PRICE,
    GET_DEAL_CLIENT_COLLATERAL,
    GET_DEAL_PROVIDER_COLLATERAL,
    GET_DEAL_VERIFIED,
];

impl Market {
    /// The exit codes of the getters of a deal: of its terms, its activation, its sector.
    #[track_caller]
    fn exits(&mut self, deal: DealID) -> [u32; 3] {
        let exit = |outcome: Outcome| outcome.exit_code.value();
        let terms = TERMS.map(|getter| exit(self.ask(getter, deal)));
        assert!(terms.iter().all(|code| *code == terms[0]), "{terms:?}");
        let [activation, sector] =
            [GET_DEAL_ACTIVATION, GET_DEAL_SECTOR].map(|getter| exit(self.ask(getter, deal)));
        [terms[0], activation, sector]
    }
}

#[test]
fn a_deal_that_was_never_published_is_not_found() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    assert_eq!(m.exits(0), [17, 17, 17]);
    let deal = m.deal(&proposal);
    assert_eq!(m.exits(deal + 1), [17, 17, 17]);
    assert_eq!(m.exits(DealID::from(u32::MAX)), [17, 17, 17]);
}

#[test]
fn a_deal_that_missed_its_start_looks_published_until_it_is_settled() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let deal = m.deal(&proposal);
    m.skip_to(proposal.start_epoch + 100);
    assert_eq!(m.activation(deal), (-1, -1));
    assert_eq!(m.exits(deal), [0, 0, EX_DEAL_NOT_ACTIVATED]);
    let ann = m.ann.clone();
    m.net.settle(&ann, &[deal]);
    assert_eq!(m.exits(deal), [EX_DEAL_EXPIRED; 3]);
}

#[test]
fn an_active_deal_tells_when_and_where() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let (deal, sector) = m.active(&proposal);
    let activated = m.net.epoch();
    assert_eq!(m.activation(deal), (activated, -1));
    assert_eq!(m.sector(deal), sector);
    m.sp.skip_proving(&mut m.net, sector, 4 * DAY);
    assert_eq!(m.activation(deal), (activated, -1));
    assert_eq!(m.exits(deal), [0, 0, 0]);
}

#[test]
fn a_terminated_deal_is_as_good_as_expired() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let (deal, sector) = m.active(&proposal);
    m.sp.end_sector(&mut m.net, sector).ok();
    assert_eq!(m.exits(deal), [EX_DEAL_EXPIRED; 3]);
}

#[test]
fn a_deal_past_its_end_looks_active_until_it_is_settled() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    let activated = m.net.epoch();
    let (ann, sp) = (m.ann.clone(), m.sp.clone());
    m.sp.skip_proving(&mut m.net, sector, proposal.end_epoch - activated + 10);
    assert_eq!(m.activation(deal), (activated, -1));
    assert_eq!(m.sector(deal), sector);
    assert_eq!(m.exits(deal), [0, 0, 0]);
    let held = m.net.escrow(&ann);
    assert_eq!(held.locked, price(180 * DAY) + fil(2));

    let settled = m.net.settle(&ann, &[deal]);
    assert_eq!(settled.results.success_count, 1);
    let total = DealSettlement { payment: price(180 * DAY), completed: true };
    assert_eq!(settled.settlements, [total]);
    assert_eq!((m.locked(&ann), m.locked(sp.address())), (fil(0), fil(0)));
    assert_eq!(m.available(&ann), fil(1_000) - price(180 * DAY));
    assert_eq!(m.available(sp.address()), fil(1_000) + price(180 * DAY));
    assert_eq!(m.exits(deal), [EX_DEAL_EXPIRED; 3]);
    let again = m.net.settle(&ann, &[deal]);
    assert_eq!(again.results.fail_codes[0].code, ExitCode::new(EX_DEAL_EXPIRED));
    assert!(again.settlements.is_empty());

    // The end of the sector changes nothing more.
    let escrow = m.net.escrow(sp.address());
    m.sp.end_sector(&mut m.net, sector).ok();
    assert_eq!(m.net.escrow(sp.address()), escrow);
}
