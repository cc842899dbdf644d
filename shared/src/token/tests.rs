//! The rules of the ledger, one by one.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use cid::Cid;
use fvm_ipld_blockstore::{Blockstore, MemoryBlockstore};
use fvm_shared::ActorID;
use fvm_shared::econ::TokenAmount;

use super::holder::{HOLDERS, Holder, Holders};
use super::ledger::{ALLOWANCES, Allowances, Balances, Token, max_amount};
use crate::Error;

const ANN: ActorID = 100;
const BOB: ActorID = 101;
const EVE: ActorID = 102;
const SAFE: ActorID = 103;

fn atto(n: i64) -> TokenAmount {
    TokenAmount::from_atto(n)
}

/// A token whose balances vote, of which Ann has 100.
fn minted() -> (MemoryBlockstore, Token) {
    let store = MemoryBlockstore::default();
    let mut token = Token::new(crate::map::empty(&store).unwrap(), true);
    token.mint(&store, 0, ANN, &atto(100)).unwrap();
    (store, token)
}

fn is_argument<T>(done: Result<T, Error>) -> bool {
    matches!(done, Err(Error::Argument(_)))
}

fn is_funds<T>(done: Result<T, Error>) -> bool {
    matches!(done, Err(Error::Funds(_)))
}

#[test]
fn an_amount_is_never_negative() {
    let (store, sound) = minted();
    let (mut token, bad) = (sound.clone(), atto(-1));
    assert!(is_argument(token.mint(&store, 1, ANN, &bad)));
    assert!(is_argument(token.burn(&store, 1, ANN, &bad)));
    assert!(is_argument(token.transfer(&store, 1, ANN, BOB, &bad)));
    assert!(is_argument(token.stake(&store, 1, ANN, SAFE, &bad)));
    assert!(is_argument(token.unstake(&store, 1, ANN, &bad)));
    assert!(is_argument(token.approve(&store, ANN, BOB, &bad)));
    assert!(is_argument(token.increase_allowance(&store, ANN, BOB, &bad)));
    assert!(is_argument(token.decrease_allowance(&store, ANN, BOB, &bad)));
    assert!(is_argument(token.use_allowance(&store, ANN, BOB, &bad)));
    assert_eq!(token, sound);
}

#[test]
fn an_amount_has_at_most_256_bits_and_so_have_supply_and_allowance() {
    let store = MemoryBlockstore::default();
    let mut token = Token::new(crate::map::empty(&store).unwrap(), true);
    let most = max_amount();
    assert!(is_argument(token.mint(&store, 0, ANN, &(&most + atto(1)))));
    token.mint(&store, 0, ANN, &most).unwrap();
    assert!(is_argument(token.mint(&store, 0, BOB, &atto(1))));
    token.increase_allowance(&store, ANN, BOB, &most).unwrap();
    assert!(is_argument(token.increase_allowance(&store, ANN, BOB, &atto(1))));
}

#[test]
fn nobody_spends_more_than_there_is() {
    let (store, sound) = minted();
    let (mut token, over) = (sound.clone(), atto(101));
    assert!(is_funds(token.burn(&store, 1, ANN, &over)));
    assert!(is_funds(token.transfer(&store, 1, ANN, BOB, &over)));
    assert!(is_funds(token.transfer(&store, 1, ANN, ANN, &over)));
    assert!(is_funds(token.stake(&store, 1, ANN, SAFE, &over)));
    assert!(is_funds(token.unstake(&store, 1, ANN, &atto(1))));
    assert_eq!(token, sound);
}

#[test]
fn a_transfer_tells_what_both_sides_then_have() {
    let (store, mut token) = minted();
    let moved = token.transfer(&store, 1, ANN, BOB, &atto(30));
    assert_eq!(moved, Ok(Balances { from: atto(70), to: atto(30) }));
    let moved = token.transfer(&store, 1, ANN, ANN, &atto(70));
    assert_eq!(moved, Ok(Balances { from: atto(70), to: atto(70) }));
    assert_eq!(
        (token.balance(&store, ANN), token.balance(&store, BOB)),
        (Ok(atto(70)), Ok(atto(30)))
    );
}

#[test]
fn an_allowance_bounds_the_operator_and_runs_out() {
    let (store, mut token) = minted();
    assert_eq!(token.increase_allowance(&store, ANN, BOB, &atto(10)), Ok(atto(10)));
    assert_eq!(token.use_allowance(&store, ANN, BOB, &atto(7)), Ok(atto(3)));
    assert!(is_funds(token.use_allowance(&store, ANN, BOB, &atto(4))));
    assert!(is_funds(token.use_allowance(&store, BOB, ANN, &atto(1))));
    assert_eq!(token.use_allowance(&store, BOB, ANN, &atto(0)), Ok(atto(0)));
    token.approve(&store, ANN, BOB, &atto(5)).unwrap();
    assert_eq!(token.decrease_allowance(&store, ANN, BOB, &atto(2)), Ok(atto(3)));
    assert_eq!(token.decrease_allowance(&store, ANN, BOB, &atto(9)), Ok(atto(0)));
    token.approve(&store, ANN, BOB, &atto(5)).unwrap();
    token.revoke_allowance(&store, ANN, BOB).unwrap();
    assert_eq!(token.allowance(&store, ANN, BOB), Ok(atto(0)));
    let empty = Allowances::empty(&store, &ALLOWANCES).unwrap();
    assert_eq!(token.allowances, empty, "nothing is kept of an allowance of nothing");
}

#[test]
fn the_largest_allowance_is_not_spent() {
    let (store, mut token) = minted();
    let most = max_amount();
    token.approve(&store, ANN, BOB, &most).unwrap();
    assert_eq!(token.use_allowance(&store, ANN, BOB, &atto(7)), Ok(most.clone()));
    let below = most - atto(1);
    token.approve(&store, ANN, BOB, &below).unwrap();
    assert_eq!(token.use_allowance(&store, ANN, BOB, &atto(7)), Ok(below - atto(7)));
}

#[test]
fn an_owner_is_nobody_s_operator() {
    let (store, mut token) = minted();
    assert!(is_argument(token.approve(&store, ANN, ANN, &atto(1))));
    assert!(is_argument(token.increase_allowance(&store, ANN, ANN, &atto(1))));
    assert!(is_argument(token.use_allowance(&store, ANN, ANN, &atto(1))));
}

#[test]
fn who_has_nothing_is_forgotten() {
    let (store, mut token) = minted();
    let nobody = Holders::empty(&store, &HOLDERS).unwrap();
    token.delegate(&store, 1, ANN, Some(BOB)).unwrap();
    assert_eq!(token.burn(&store, 1, ANN, &atto(100)), Ok(atto(0)));
    assert_ne!(token.holders, nobody, "a delegation outlasts the balance");
    token.delegate(&store, 1, ANN, None).unwrap();
    assert_eq!(token.holders, nobody);
}

#[test]
fn a_custodian_cannot_make_votes_of_its_own_balance() {
    let (store, mut token) = minted();
    assert!(is_argument(token.stake(&store, 1, ANN, ANN, &atto(1))));
}

#[test]
fn staked_tokens_lie_with_the_custodian_and_vote_for_the_holder() {
    let (store, mut token) = minted();
    token.electorate.liquid_votes = false;
    assert_eq!(token.weight(&store, ANN), Ok(atto(0)));
    token.stake(&store, 1, ANN, SAFE, &atto(60)).unwrap();
    assert_eq!(token.balance(&store, ANN), Ok(atto(40)));
    assert_eq!(token.balance(&store, SAFE), Ok(atto(60)));
    assert_eq!(token.weight(&store, ANN), Ok(atto(60)));
    assert_eq!(token.weight(&store, SAFE), Ok(atto(0)));
    token.unstake(&store, 2, ANN, &atto(50)).unwrap();
    assert_eq!(token.weight(&store, ANN), Ok(atto(10)));
    assert_eq!(token.balance(&store, SAFE), Ok(atto(60)), "until the custodian gives them back");
}

#[test]
fn a_delegate_does_not_pass_on_what_it_received() {
    let (store, mut token) = minted();
    token.mint(&store, 1, BOB, &atto(10)).unwrap();
    token.delegate(&store, 1, ANN, Some(BOB)).unwrap();
    token.delegate(&store, 1, BOB, Some(EVE)).unwrap();
    let weights = [ANN, BOB, EVE].map(|id| token.weight(&store, id).unwrap());
    assert_eq!(weights, [atto(0), atto(100), atto(10)]);
    token.delegate(&store, 1, ANN, Some(ANN)).unwrap();
    assert_eq!(token.weight(&store, ANN), Ok(atto(100)));
}

#[test]
fn a_balance_borrowed_within_an_epoch_counts_for_nothing() {
    let (store, mut token) = minted();
    token.set_snapshots(vec![5]);
    token.transfer(&store, 5, ANN, BOB, &atto(100)).unwrap();
    token.transfer(&store, 5, BOB, ANN, &atto(100)).unwrap();
    token.transfer(&store, 6, ANN, BOB, &atto(100)).unwrap();
    assert_eq!(token.weight_at(&store, BOB, 5), Ok(atto(0)));
    assert_eq!(token.weight_at(&store, ANN, 5), Ok(atto(100)));
}

#[test]
fn tokens_minted_and_burnt_later_do_not_change_the_supply_at_a_snapshot() {
    let (store, mut token) = minted();
    token.set_snapshots(vec![9, 5, 5]);
    assert_eq!(token.electorate.snapshots, [5, 9]);
    token.mint(&store, 5, BOB, &atto(1)).unwrap();
    token.mint(&store, 6, BOB, &atto(10)).unwrap();
    token.burn(&store, 7, ANN, &atto(100)).unwrap();
    assert_eq!((token.supply_at(5), token.supply_at(9)), (atto(101), atto(11)));
    token.set_snapshots(vec![9]);
    assert_eq!(token.electorate.supply_at, []);
}

/// Counts the blocks that are written.
#[derive(Default)]
struct Counting(MemoryBlockstore, Cell<usize>);

impl Blockstore for Counting {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        self.0.get(cid)
    }

    fn put_keyed(&self, cid: &Cid, block: &[u8]) -> anyhow::Result<()> {
        self.1.set(self.1.get() + 1);
        self.0.put_keyed(cid, block)
    }
}

#[test]
fn a_step_writes_each_map_once_and_only_if_it_changes() {
    let store = Counting::default();
    let mut token = Token::new(crate::map::empty(&store).unwrap(), true);
    let mut written = |step: &dyn Fn(&mut Token) -> Result<(), Error>| {
        let before = store.1.get();
        step(&mut token).unwrap();
        store.1.get() - before
    };
    assert_eq!(written(&|t| t.mint(&store, 0, ANN, &atto(9))), 1);
    assert_eq!(written(&|t| t.delegate(&store, 0, ANN, Some(EVE))), 1);
    assert_eq!(written(&|t| t.transfer(&store, 0, ANN, BOB, &atto(1)).map(|_| ())), 1);
    assert_eq!(written(&|t| t.stake(&store, 0, ANN, SAFE, &atto(1))), 1);
    assert_eq!(written(&|t| t.approve(&store, ANN, BOB, &atto(1))), 1);
    assert_eq!(written(&|t| t.transfer(&store, 0, ANN, ANN, &atto(1)).map(|_| ())), 0);
    assert_eq!(written(&|t| t.transfer(&store, 0, ANN, BOB, &atto(0)).map(|_| ())), 0);
    assert_eq!(written(&|t| t.mint(&store, 0, ANN, &atto(0))), 0);
    assert_eq!(written(&|t| t.delegate(&store, 0, ANN, Some(EVE))), 0);
    assert_eq!(written(&|t| t.approve(&store, ANN, BOB, &atto(1))), 0);
}

#[test]
fn the_invariants_name_what_is_broken() {
    let (store, mut sound) = minted();
    sound.delegate(&store, 1, ANN, Some(BOB)).unwrap();
    assert_eq!(sound.check_invariants(&store), Ok(vec![]));
    let names = |corrupt: &dyn Fn(&mut Token), fault: &str| {
        let mut token = sound.clone();
        corrupt(&mut token);
        let broken = token.check_invariants(&store).unwrap().join("; ");
        assert!(broken.contains(fault), "{fault}: {broken}");
    };
    let with = |id: ActorID, holder: Holder| {
        let holder = holder.clone();
        let store = &store;
        move |token: &mut Token| {
            let mut holders = Holders::load(store, &token.holders, &HOLDERS).unwrap();
            holders.set(&id, holder.clone()).unwrap();
            token.holders = holders.flush().unwrap();
        }
    };
    let allowing = |pair: (ActorID, ActorID), amount| {
        let store = &store;
        move |token: &mut Token| {
            let mut allowances = Allowances::load(store, &token.allowances, &ALLOWANCES).unwrap();
            allowances.set(&pair, atto(amount)).unwrap();
            token.allowances = allowances.flush().unwrap();
        }
    };
    let none = Holder::default();
    names(&|t| t.supply = atto(99), "the supply is");
    names(&with(EVE, none.clone()), "has nothing and is kept");
    names(&with(EVE, Holder { balance: atto(-1), ..none.clone() }), "a balance of");
    names(&with(EVE, Holder { staked: atto(-1), ..none.clone() }), "has staked -");
    names(&with(EVE, Holder { received: atto(1), ..none.clone() }), "received");
    names(&with(EVE, Holder { delegate: Some(EVE), ..none.clone() }), "delegates to itself");
    names(&with(BOB, Holder { balance: atto(0), delegate: Some(EVE), ..none.clone() }), "received");
    names(&|t| t.electorate.liquid_votes = false, "was delegated 0");
    let unsorted = vec![(2, atto(1)), (1, atto(1))];
    names(&with(EVE, Holder { history: unsorted.clone(), ..none }), "f0102 has a history");
    names(&|t| t.electorate.supply_at = vec![(2, atto(1))], "the supply has a history");
    names(&|t| t.electorate.supply_at = unsorted.clone(), "the supply has a history");
    names(&|t| t.electorate.snapshots = vec![2, 1], "the snapshots");
    names(&allowing((ANN, ANN), 1), "not the key of an allowance");
    names(&allowing((ANN, BOB), 0), "an allowance");
    names(&allowing((ANN, BOB), -1), "an allowance");
}
