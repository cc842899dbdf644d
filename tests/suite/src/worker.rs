//! The keeper bot, on the harness.

use fab::node::{Embedded, Trouble};
use fab::story::Storage;
use fab::worker::{Job, Keeper, Round};
use fvm_harness::{TokenAmount, atto, fil};
use fvm_shared::address::Address;

use crate::setup::storage;

/// A storage whose provider has proven a deal that nobody has seen active yet.
struct Kept(Storage);

impl Kept {
    fn stored() -> Self {
        let mut storage = storage().keeping(2);
        let ad = storage.ads(1)[0];
        storage.store(ad);
        Kept(storage)
    }

    fn tip(&self) -> TokenAmount {
        self.0.state().rules.tip
    }

    fn keeper(&self) -> Keeper {
        Keeper::new(self.job())
    }

    fn job(&self) -> Job {
        let (storage, from) = (self.0.address, self.0.keeper.address());
        Job { storage, from, min_profit: fil(0), dry_run: false }
    }

    fn balance(&self) -> TokenAmount {
        self.0.net.balance(&self.0.keeper)
    }

    fn round(&mut self, keeper: &mut Keeper) -> (Round, Vec<String>) {
        let mut lines = vec![];
        let round = keeper.round(&mut Embedded::new(&mut self.0.net), &mut |line| lines.push(line));
        (round.expect("a node that answers"), lines)
    }
}

#[test]
fn a_worker_has_done_what_is_due_and_finds_it_done() {
    let mut kept = Kept::stored();
    kept.0.net.set_base_fee(atto(100));
    let (mut keeper, before) = (kept.keeper(), kept.balance());
    let (round, lines) = kept.round(&mut keeper);
    assert_eq!((round.kept, round.due, round.messages, round.failed), (1, 1, 1, 0));
    assert_eq!(round.tips, kept.tip());
    assert!(lines[1].contains("deal 1      1 replica activated"), "{lines:#?}");
    assert!(lines[1].ends_with("tip 0.01 FIL"), "{lines:#?}");
    assert!(kept.0.replicas(1)[0].active.is_some());
    // The network burns a little for the part of the gas limit that was not used.
    let unused = atto(100 * round.gas / 20);
    let gain = kept.balance() - &before;
    let told = &round.tips - &round.cost;
    assert!(gain <= told && gain >= &told - unused, "{gain} {told}");

    let (round, lines) = kept.round(&mut keeper);
    assert_eq!((round.due, round.messages), (0, 0), "{lines:#?}");
    kept.0.net.advance(1);
    let (round, lines) = kept.round(&mut keeper);
    assert_eq!((round.due, round.messages), (0, 0), "pay is for providers to call for: {lines:#?}");
    assert_eq!(keeper.total().messages, 1);
}

#[test]
fn a_dry_run_of_the_worker_changes_nothing() {
    let mut kept = Kept::stored();
    let mut keeper = Keeper::new(Job { dry_run: true, ..kept.job() });
    let before = kept.0.net.snapshot();
    let (round, lines) = kept.round(&mut keeper);
    assert_eq!((round.due, round.messages), (1, 0));
    assert!(lines[0].contains("deal 1 would bring tips of 0.01 FIL, gas "), "{lines:#?}");
    assert_eq!(kept.0.net.snapshot(), before);
}

#[test]
fn a_worker_leaves_what_costs_more_gas_than_it_earns() {
    let mut kept = Kept::stored();
    // At 10 nanoFIL, a million gas burn as much as a tip.
    kept.0.net.set_base_fee(TokenAmount::from_nano(10));
    let (mut keeper, before) = (kept.keeper(), kept.balance());
    let (round, lines) = kept.round(&mut keeper);
    assert_eq!((round.due, round.left, round.messages), (1, 1, 0));
    assert!(lines[0].contains("deal 1: tips of 0.01 FIL do not pay for gas "), "{lines:#?}");
    assert_eq!(kept.balance() - &before, fil(0));
    kept.0.net.set_base_fee(atto(100));
    assert_eq!(kept.round(&mut keeper).0.messages, 1);
}

#[test]
fn a_worker_refuses_what_is_no_perpetual_storage() {
    let mut kept = Kept::stored();
    let market = Address::new_id(shared::ext::MARKET_ACTOR);
    let keeper = Keeper::new(Job { storage: market, ..kept.job() });
    let Err(Trouble::Refused(told)) = keeper.books(&mut Embedded::new(&mut kept.0.net)) else {
        panic!("the market keeps no books")
    };
    assert!(told.starts_with("f05 is no perpetual storage: exit "), "{told}");
}
