//! What a keeper does, on a node whose deals each have their work, gas and faults.

use fvm_harness::atto;
use fvm_ipld_encoding::{RawBytes, from_slice, to_vec};
use fvm_shared::error::ExitCode;

use super::*;

/// Gas of a message, and of each deal in it.
const BASE: u64 = 10;
const EACH: u64 = 5;

/// A node whose gas costs one attoFIL a unit.
struct Fake {
    /// What is due for each perpetual deal, from the first.
    work: Vec<Refreshed>,
    /// Deals that no call may touch.
    broken: Vec<PerpetualDealId>,
    /// The most deals that a page may have.
    page: u64,
    /// The messages sent.
    sent: Vec<Vec<PerpetualDealId>>,
    /// What messages end with on chain.
    on_chain: ExitCode,
    /// Whether messages stay off the chain, and what the node says instead of their receipts.
    stuck: bool,
    trouble: Option<Trouble>,
}

fn tipped(tip: u64) -> Refreshed {
    Refreshed { opened: 1, tip: atto(tip), ..Refreshed::default() }
}

fn paying() -> Refreshed {
    Refreshed { paid: atto(1_000), ..Refreshed::default() }
}

fn keeping(work: Vec<Refreshed>) -> Fake {
    Fake {
        work,
        broken: vec![],
        page: MAX_PAGE,
        sent: vec![],
        on_chain: ExitCode::OK,
        stuck: false,
        trouble: None,
    }
}

fn keeper(min_profit: TokenAmount) -> Keeper {
    let (storage, from) = (Address::new_id(1_000), Address::new_id(100));
    Keeper::new(Job { storage, from, min_profit, dry_run: false })
}

fn receipt(exit_code: ExitCode, reply: &impl serde::Serialize, gas_used: u64) -> Receipt {
    let return_data = RawBytes::new(to_vec(reply).unwrap());
    Receipt { exit_code, return_data, gas_used, told: String::new() }
}

impl Fake {
    /// The lines of a round that must not fail.
    fn round(&mut self, keeper: &mut Keeper) -> (Round, Vec<String>) {
        let mut lines = vec![];
        let round = keeper.round(self, &mut |line| lines.push(line)).unwrap();
        (round, lines)
    }

    fn refresh(&self, ids: &[PerpetualDealId]) -> Vec<Refreshed> {
        ids.iter().map(|id| self.work[usize::try_from(*id).unwrap() - 1].clone()).collect()
    }
}

impl Node for Fake {
    fn epoch(&mut self) -> Result<ChainEpoch, Trouble> {
        Ok(7)
    }

    fn dry_run(&mut self, call: &Call) -> Result<Receipt, Trouble> {
        let (last, params) = (self.work.len() as u64, &call.params);
        Ok(if call.method == GetBooks::NUMBER {
            let (booked, escrow) = (atto(0), atto(0));
            let books = Books { booked, escrow, going_rate: None, created: last };
            receipt(ExitCode::OK, &books, 0)
        } else if call.method == FindDue::NUMBER {
            let page: PageParams = from_slice(params).unwrap();
            let numbers = page.numbers(last).unwrap();
            if page.limit > self.page || numbers.clone().any(|id| self.broken.contains(&id)) {
                return Ok(receipt(ExitCode::SYS_OUT_OF_GAS, &(), 0));
            }
            let due = numbers.map(|id| Due { id, work: self.refresh(&[id]).remove(0) });
            let due: Vec<_> = due.filter(|due| due.work != Refreshed::default()).collect();
            receipt(ExitCode::OK, &due, 0)
        } else {
            let ids: Vec<PerpetualDealId> = from_slice(params).unwrap();
            receipt(ExitCode::OK, &self.refresh(&ids), 0)
        })
    }

    fn quote(&mut self, call: Call) -> Result<Quote, Trouble> {
        let ids: Vec<PerpetualDealId> = from_slice(&call.params).unwrap();
        let call = call.gas_limit(BASE + EACH * ids.len() as u64);
        Ok(Quote { call, base_fee: atto(1) })
    }

    fn send(&mut self, call: &Call) -> Result<Sent, Trouble> {
        self.sent.push(from_slice(&call.params).unwrap());
        Ok(Sent { name: (self.sent.len() - 1).to_string(), epoch: 7 })
    }

    fn wait(&mut self, sent: &Sent) -> Result<Option<Receipt>, Trouble> {
        if let Some(trouble) = self.trouble.clone() {
            return Err(trouble);
        }
        if self.stuck {
            return Ok(None);
        }
        let ids = self.sent[sent.name.parse::<usize>().unwrap()].clone();
        let done = receipt(self.on_chain, &self.refresh(&ids), BASE + EACH * ids.len() as u64);
        if self.on_chain.is_success() {
            for id in ids {
                self.work[usize::try_from(id).unwrap() - 1] = Refreshed::default();
            }
        }
        Ok(Some(done))
    }
}

#[test]
fn what_is_due_is_refreshed_once_and_told() {
    let (mut node, mut keeper) = (keeping(vec![Refreshed::default(), tipped(20)]), keeper(atto(0)));
    let (round, lines) = node.round(&mut keeper);
    assert_eq!(node.sent, [vec![2]]);
    assert_eq!((round.kept, round.due, round.left, round.messages), (2, 1, 0, 1));
    assert_eq!((round.tips, round.cost), (atto(20), atto(15)));
    let told = [
        "epoch         7  sent        deal 2: message 0",
        "epoch         7  deal 2      1 ad opened                                                       tip 20 attoFIL",
        "epoch         7  message     tips 20 attoFIL, gas 0.0 M for 15 attoFIL",
        "epoch         7  round       2 perpetual deals, 1 due, 0 left; 1 message: tips 20 attoFIL, \
         gas 0.0 M for 15 attoFIL, profit 5 attoFIL",
    ];
    assert_eq!(lines, told);
    let (round, lines) = node.round(&mut keeper);
    assert_eq!((round.due, node.sent.len()), (0, 1));
    assert!(lines[0].contains("none due; in all 1 message"), "{lines:?}");
}

#[test]
fn a_message_has_16_deals_at_the_most_the_best_first() {
    let mut node = keeping((1..=20).map(|n| tipped(10 * n)).collect());
    let (round, _) = node.round(&mut keeper(atto(0)));
    assert_eq!(round.messages, 2);
    assert_eq!(node.sent[0], (5..=20).rev().collect::<Vec<_>>());
    assert_eq!(node.sent[1], [4, 3, 2, 1]);
}

#[test]
fn deals_that_do_not_pay_are_left_and_told_of_once() {
    let mut node = keeping(vec![tipped(1), tipped(40), tipped(1), tipped(1)]);
    let mut keeper = keeper(atto(22));
    let (round, lines) = node.round(&mut keeper);
    assert_eq!(node.sent, [vec![2]]);
    assert_eq!((round.due, round.left), (4, 3));
    let left: Vec<_> = lines.iter().filter(|line| line.contains("do not pay")).collect();
    assert_eq!(left.len(), 3, "{lines:?}");
    let (round, lines) = node.round(&mut keeper);
    assert_eq!((round.left, lines.len()), (3, 1), "{lines:?}");
}

#[test]
fn payments_without_a_tip_are_left_unless_a_loss_is_allowed() {
    let mut node = keeping(vec![paying()]);
    let (round, lines) = node.round(&mut keeper(atto(0)));
    assert_eq!((round.left, node.sent.len()), (1, 0));
    assert!(lines[0].ends_with("deal 1: what is due brings no tip"), "{lines:?}");
    let (round, _) = node.round(&mut keeper(-atto(15)));
    assert_eq!((round.left, node.sent.len()), (0, 1));
}

#[test]
fn a_deal_that_fails_keeps_no_other_from_being_found() {
    let mut node = keeping(vec![tipped(100); 9]);
    node.broken = vec![4];
    let (round, lines) = node.round(&mut keeper(atto(0)));
    assert_eq!((round.due, round.left), (9, 1));
    assert_eq!(node.sent, [vec![1, 2, 3, 5, 6, 7, 8, 9]]);
    assert!(lines[0].contains("left        deal 4: exit 7"), "{lines:?}");
}

#[test]
fn a_page_that_takes_too_much_gas_is_asked_in_halves() {
    let mut node = keeping(vec![tipped(100); 150]);
    node.page = 30;
    assert_eq!(node.round(&mut keeper(atto(0))).0.due, 150);
}

#[test]
fn what_failed_on_chain_is_let_be_for_an_hour() {
    let (mut node, mut keeper) = (keeping(vec![tipped(100)]), keeper(atto(0)));
    node.on_chain = ExitCode::USR_ILLEGAL_STATE;
    let (round, lines) = node.round(&mut keeper);
    assert_eq!((round.failed, round.tips, round.cost), (1, atto(0), atto(15)));
    assert!(lines[1].contains("failed      deal 1: exit 20; gas"), "{lines:?}");
    let (round, lines) = node.round(&mut keeper);
    assert_eq!((round.left, node.sent.len()), (1, 1));
    assert!(lines[0].contains("their last refresh failed"), "{lines:?}");
    assert_eq!(keeper.held[&1], 7 + HOLD);
}

#[test]
fn nothing_is_sent_beside_a_message_that_is_not_on_chain() {
    let (mut node, mut keeper) = (keeping(vec![tipped(100)]), keeper(atto(0)));
    node.stuck = true;
    let (round, lines) = node.round(&mut keeper);
    assert_eq!(round.messages, 0);
    assert!(lines[1].contains("message 0 is not on chain yet"), "{lines:?}");
    let (_, lines) = node.round(&mut keeper);
    assert_eq!((node.sent.len(), lines.len()), (1, 1), "{lines:?}");
    node.stuck = false;
    let (round, _) = node.round(&mut keeper);
    assert_eq!((round.messages, node.sent.len()), (1, 1));
}

#[test]
fn a_message_is_not_forgotten_when_the_node_goes_silent() {
    let (mut node, mut keeper) = (keeping(vec![tipped(100)]), keeper(atto(0)));
    node.trouble = Some(Trouble::Unreachable("no answer".into()));
    assert!(keeper.round(&mut node, &mut |_| {}).is_err());
    node.trouble = None;
    let (round, _) = node.round(&mut keeper);
    assert_eq!((round.messages, round.due, node.sent.len()), (1, 0, 1));
}

#[test]
fn a_message_that_the_node_lost_is_let_be_for_an_hour() {
    let (mut node, mut keeper) = (keeping(vec![tipped(100)]), keeper(atto(0)));
    node.trouble = Some(Trouble::Refused("failed to load message".into()));
    let (round, lines) = node.round(&mut keeper);
    assert_eq!(round.messages, 0);
    assert!(lines[1].contains("lost        message 0: failed to load message"), "{lines:?}");
    node.trouble = None;
    assert_eq!((node.round(&mut keeper).0.left, node.sent.len()), (1, 1));
}

#[test]
fn a_dry_run_sends_nothing() {
    let (mut node, mut keeper) = (keeping(vec![tipped(100)]), keeper(atto(0)));
    keeper.job.dry_run = true;
    let (round, lines) = node.round(&mut keeper);
    assert_eq!((round.due, round.left, round.messages, node.sent.len()), (1, 0, 0, 0));
    assert!(lines[0].contains("dry run     deal 1 would bring tips of 100 attoFIL"), "{lines:?}");
}
