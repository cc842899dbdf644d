//! Deals from publication to settlement, and what the market tells of them on the way.

use fvm_harness::{Account, Call, Provider, fil};
use fvm_ipld_bitfield::BitField;
use fvm_shared::deal::DealID;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::market::*;

use super::stage::Stage;
use super::{DAY, MARKET, check};
use crate::setup::piece;

/// Epochs from a pre-commitment to a proof that every policy takes.
const SEALING: i64 = 151;
const TERMS: [u64; 9] = [
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
const COURSE: [u64; 2] = [GET_DEAL_ACTIVATION, GET_DEAL_SECTOR];

#[test]
fn settlement_does_as_recorded() {
    check("market-settlement", play);
}

#[test]
fn deals_that_miss_their_start_do_as_recorded() {
    check("market-missed-start", play_missed_start);
}

/// A provider, and a client with 1,000 FIL in escrow.
fn open(s: &mut Stage) -> (Provider, Account, Account) {
    let sp = s.provider("sp");
    let (ann, eve) = (s.account("ann"), s.account("eve"));
    s.net.add_escrow(&ann, &ann, fil(1_000));
    (sp, ann, eve)
}

fn ask(s: &mut Stage, who: &Account, methods: &[u64], deal: DealID) {
    for method in methods {
        s.call(who, MARKET, *method, &deal);
    }
}

fn settle(s: &mut Stage, caller: &Account, deals: &[DealID]) {
    let ids = BitField::try_from_bits(deals.iter().copied()).expect("deal ids in range");
    s.call(caller, MARKET, SETTLE_DEAL_PAYMENTS, &ids);
}

fn play(s: &mut Stage) {
    let (mut sp, ann, eve) = open(s);
    s.chapter("A published deal tells its terms, and no sector");
    let label = Label::Bytes(vec![1, 0xff]);
    let proposal = DealProposal { label, ..s.paid(&sp, &ann, 1) };
    let deal = s.deal(&sp, &ann, &proposal);
    ask(s, &eve, &TERMS, deal);
    ask(s, &eve, &COURSE, deal);
    s.chapter("A deal that was never published is not found");
    ask(s, &eve, &[GET_DEAL_CLIENT, GET_DEAL_ACTIVATION, GET_DEAL_SECTOR], deal + 1);
    settle(s, &eve, &[deal, deal + 1]);
    settle(s, &eve, &[]);
    s.net.run(Call::new(&eve, MARKET).raw(SETTLE_DEAL_PAYMENTS, &[0x80]));

    s.chapter("A sector activates the deal of its own piece, in time and once");
    let second = s.paid(&sp, &ann, 2);
    let other = s.deal(&sp, &ann, &second);
    let sectors: Vec<u64> = (0..3).map(|_| sp.pre_commit(&mut s.net, &proposal)).collect();
    let larger = DealProposal { piece_size: PaddedPieceSize(4_096), ..proposal.clone() };
    let wrong_size = sp.pre_commit(&mut s.net, &larger);
    let wrong_piece = sp.pre_commit(&mut s.net, &second);
    s.net.advance(9);
    sp.prove(&mut s.net, sectors[0], deal, &proposal);
    s.net.advance(SEALING - 9);
    sp.prove(&mut s.net, 99, deal, &proposal);
    sp.prove(&mut s.net, sectors[0], 77, &proposal);
    sp.prove(&mut s.net, sectors[0], other, &proposal);
    sp.prove(&mut s.net, wrong_size, deal, &larger);
    sp.prove(&mut s.net, wrong_piece, deal, &second);
    sp.prove(&mut s.net, sectors[0], deal, &proposal);
    sp.prove(&mut s.net, sectors[0], deal, &proposal);
    sp.prove(&mut s.net, sectors[1], deal, &proposal);
    ask(s, &eve, &COURSE, deal);
    s.publish(&sp, &ann, std::slice::from_ref(&proposal));

    s.chapter("A settlement pays for the epochs since the last");
    settle(s, &eve, &[deal]);
    s.publish(&sp, &ann, std::slice::from_ref(&proposal));
    let left = proposal.start_epoch - s.net.epoch();
    s.skip_proving(&sp, sectors[0], left);
    settle(s, &eve, &[deal]);
    s.skip_proving(&sp, sectors[0], 100);
    settle(s, &eve, &[deal, 77]);
    settle(s, &sp.worker, &[deal]);
    s.net.advance(3);
    settle(s, &ann, &[deal]);
    s.net.withdraw_escrow(&sp.owner, sp.address(), fil(10_000));
    s.net.withdraw_escrow(&ann, &ann, fil(10_000));
}

fn play_missed_start(s: &mut Stage) {
    let (mut sp, ann, eve) = open(s);
    s.chapter("A deal that missed its start looks published until it is settled");
    let proposal = s.paid(&sp, &ann, 1);
    let deal = s.deal(&sp, &ann, &proposal);
    let late = DealProposal {
        start_epoch: proposal.start_epoch + 1,
        end_epoch: proposal.end_epoch + 1,
        ..proposal.clone()
    };
    let last = DealProposal { piece_cid: piece(2), ..proposal.clone() };
    let forgotten = s.deal(&sp, &ann, &late);
    let in_time = s.deal(&sp, &ann, &last);
    let sectors = [&proposal, &last].map(|proposal| sp.pre_commit(&mut s.net, proposal));
    s.skip_to(proposal.start_epoch - 1);
    settle(s, &eve, &[deal, forgotten, in_time]);
    s.net.advance(1);
    sp.prove(&mut s.net, sectors[1], in_time, &last);
    ask(s, &eve, &COURSE, deal);
    s.publish(&sp, &ann, std::slice::from_ref(&proposal));
    s.net.advance(1);
    sp.prove(&mut s.net, sectors[0], deal, &proposal);
    settle(s, &eve, &[deal, forgotten, in_time]);
    ask(s, &eve, &COURSE, deal);
    ask(s, &eve, &[GET_DEAL_CLIENT], deal);
    settle(s, &eve, &[deal]);
    s.publish(&sp, &ann, std::slice::from_ref(&proposal));

    s.chapter("Cron ends it within thirty days where nobody settles");
    let sector = sectors[1];
    let again = DealProposal {
        start_epoch: s.net.epoch() + 10,
        end_epoch: proposal.end_epoch + 10 * DAY,
        label: Label::String("again".into()),
        ..proposal.clone()
    };
    let unsettled = s.deal(&sp, &ann, &again);
    s.skip_proving(&sp, sector, 2 * DAY);
    ask(s, &eve, &COURSE, unsettled);
    s.skip_proving(&sp, sector, 30 * DAY);
    ask(s, &eve, &COURSE, unsettled);
    settle(s, &eve, &[unsettled, in_time]);
    s.publish(&sp, &ann, &[again]);
}
