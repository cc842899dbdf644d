//! Who a miner belongs to and who works for it.

use fvm_harness::{Account, Call, Key, Outcome, fil};
use fvm_shared::address::Address;
use shared::ext::miner::*;

use super::miner_terms::Mine;
use super::{FORBIDDEN, ILLEGAL_ARGUMENT, NOBODY};

/// Epochs until a new worker may be put in place.
const WORKER_DELAY: i64 = 900;

impl Mine {
    fn owner(&mut self) -> (Address, Option<Address>) {
        let GetOwnerReturn { owner, proposed } = self.ask(GET_OWNER, &()).returned();
        (owner, proposed)
    }

    fn change_owner(&mut self, caller: &Account, new: impl Into<Address>) -> Outcome {
        self.call(caller, CHANGE_OWNER_ADDRESS, &new.into())
    }

    fn change_worker(
        &mut self,
        caller: &Account,
        worker: impl Into<Address>,
        control: &[&Account],
    ) -> Outcome {
        let params = ChangeWorkerAddressParams {
            new_worker: worker.into(),
            new_control_addresses: control.iter().map(|account| account.address()).collect(),
        };
        self.call(caller, CHANGE_WORKER_ADDRESS, &params)
    }

    fn confirm_worker(&mut self, caller: &Account) -> Outcome {
        self.call(caller, CONFIRM_CHANGE_WORKER_ADDRESS, &())
    }

    fn is_controlled_by(&mut self, address: impl Into<Address>) -> bool {
        self.ask(IS_CONTROLLING_ADDRESS, &address.into()).returned()
    }
}

#[test]
fn the_owner_proposes_and_the_nominee_confirms_by_naming_itself() {
    let mut m = Mine::new();
    let (owner, new) = (m.sp.owner.clone(), m.net.account("new"));
    assert_eq!(m.owner(), (owner.address(), None));
    m.change_owner(&owner, &new).ok();
    assert_eq!(m.owner(), (owner.address(), Some(new.address())));
    m.change_owner(&new, &owner).refused(ILLEGAL_ARGUMENT);
    assert_eq!(m.owner(), (owner.address(), Some(new.address())));
    m.change_owner(&new, &new).ok();
    assert_eq!(m.owner(), (new.address(), None));
    assert!(m.is_controlled_by(&new) && !m.is_controlled_by(&owner));
    m.change_owner(&owner, &owner).refused(FORBIDDEN);
}

#[test]
fn only_the_owner_proposes_and_only_the_nominee_confirms() {
    let mut m = Mine::new();
    let (owner, new, eve) = (m.sp.owner.clone(), m.net.account("new"), m.net.account("eve"));
    let worker = m.sp.worker.clone();
    for caller in [&new, &eve, &worker] {
        m.change_owner(caller, caller).refused(FORBIDDEN);
    }
    m.change_owner(&owner, &new).ok();
    for caller in [&eve, &worker] {
        m.change_owner(caller, &new).refused(FORBIDDEN);
        m.change_owner(caller, caller).refused(FORBIDDEN);
    }
    assert_eq!(m.owner(), (owner.address(), Some(new.address())));
}

#[test]
fn a_proposal_can_be_replaced_and_taken_back() {
    let mut m = Mine::new();
    let (owner, first, second) = (m.sp.owner.clone(), m.net.account("a"), m.net.account("b"));
    m.change_owner(&owner, &first).ok();
    m.change_owner(&owner, &second).ok();
    m.change_owner(&first, &first).refused(FORBIDDEN);
    m.change_owner(&owner, &owner).ok();
    assert_eq!(m.owner(), (owner.address(), None));
    m.change_owner(&second, &second).refused(FORBIDDEN);
}

#[test]
fn the_new_owner_is_named_by_its_id() {
    let mut m = Mine::new();
    let (owner, new) = (m.sp.owner.clone(), m.net.account("new"));
    m.change_owner(&owner, new.robust).refused(ILLEGAL_ARGUMENT);
    m.change_owner(&owner, &new).ok();
    m.change_owner(&new, new.robust).refused(ILLEGAL_ARGUMENT);
    m.change_owner(&owner, NOBODY).ok();
    assert_eq!(m.owner(), (owner.address(), Some(NOBODY)));
}

#[test]
fn an_actor_can_become_the_owner() {
    let mut m = Mine::new();
    let owner = m.sp.owner.clone();
    let actor = m.net.create(&owner, "hostile-owner", &()).ok().id_address;
    m.change_owner(&owner, actor).ok();
    // The unexported method is closed to it.
    let confirm = |method| Call::new(actor, m.sp.address()).method(method, &actor);
    let (closed, open) = (confirm(23), confirm(CHANGE_OWNER_ADDRESS));
    m.net.implicit(closed).refused(FORBIDDEN);
    m.net.implicit(open).ok();
    assert_eq!(m.owner(), (actor, None));
    assert!(m.net.balance(actor) == fil(0));
}

#[test]
fn control_addresses_change_at_once_and_stay_when_the_owner_changes() {
    let mut m = Mine::new();
    let (owner, worker) = (m.sp.owner.clone(), m.sp.worker.clone());
    let (first, second, new) =
        (m.net.account("first"), m.net.account("second"), m.net.account("new"));
    m.change_worker(&worker, &worker, &[&first]).refused(FORBIDDEN);
    m.change_worker(&owner, &worker, &[&first, &second]).ok();
    for address in [first.robust, second.address(), worker.robust, owner.address()] {
        assert!(m.is_controlled_by(address));
    }
    m.change_worker(&owner, &worker, &[&second]).ok();
    assert!(!m.is_controlled_by(&first) && m.is_controlled_by(&second));
    m.change_owner(&owner, &new).ok();
    m.change_owner(&new, &new).ok();
    assert!(m.is_controlled_by(&second) && m.is_controlled_by(&worker));
    m.change_worker(&second, &worker, &[]).refused(FORBIDDEN);
    m.change_worker(&new, &worker, &[]).ok();
    assert!(!m.is_controlled_by(&second));
}

#[test]
fn addresses_that_nobody_has_control_nothing() {
    let mut m = Mine::new();
    let unborn = Key::secp256k1("unborn").address().unwrap();
    assert!(!m.is_controlled_by(unborn) && !m.is_controlled_by(NOBODY));
    let owner = m.sp.owner.clone();
    let control = |n| ChangeWorkerAddressParams {
        new_worker: m.sp.worker.address(),
        new_control_addresses: vec![m.sp.owner.address(); n],
    };
    let (most, over) = (control(10), control(11));
    let unknown = ChangeWorkerAddressParams { new_control_addresses: vec![unborn], ..control(0) };
    m.call(&owner, CHANGE_WORKER_ADDRESS, &most).ok();
    m.call(&owner, CHANGE_WORKER_ADDRESS, &over).refused(ILLEGAL_ARGUMENT);
    m.call(&owner, CHANGE_WORKER_ADDRESS, &unknown).refused(ILLEGAL_ARGUMENT);
}

#[test]
fn a_new_worker_waits_900_epochs_for_the_owner_to_confirm() {
    let mut m = Mine::new();
    let (owner, old) = (m.sp.owner.clone(), m.sp.worker.clone());
    let (new, late) = (m.net.bls_account("new"), m.net.bls_account("late"));
    m.change_worker(&owner, &new, &[]).ok();
    // While one waits, no other can be named.
    m.change_worker(&owner, &late, &[]).ok();
    m.confirm_worker(&new).refused(FORBIDDEN);
    m.net.advance(WORKER_DELAY - 1);
    m.confirm_worker(&owner).ok();
    assert!(m.is_controlled_by(&old) && !m.is_controlled_by(&new));
    m.net.advance(1);
    assert!(m.is_controlled_by(&old) && !m.is_controlled_by(&new));
    m.confirm_worker(&old).refused(FORBIDDEN);
    m.confirm_worker(&owner).ok();
    assert!(!m.is_controlled_by(&old) && m.is_controlled_by(&new) && !m.is_controlled_by(&late));
    m.confirm_worker(&owner).ok();
    assert!(m.is_controlled_by(&new));
}

#[test]
fn a_pending_worker_survives_the_change_of_the_owner() {
    let mut m = Mine::new();
    let (owner, buyer) = (m.sp.owner.clone(), m.net.account("buyer"));
    let trojan = m.net.bls_account("trojan");
    m.change_worker(&owner, &trojan, &[]).ok();
    m.change_owner(&owner, &buyer).ok();
    m.change_owner(&buyer, &buyer).ok();
    m.net.advance(WORKER_DELAY);
    m.confirm_worker(&owner).refused(FORBIDDEN);
    m.confirm_worker(&buyer).ok();
    assert!(m.is_controlled_by(&trojan));
}

#[test]
fn a_worker_is_an_account_with_a_bls_key() {
    let mut m = Mine::new();
    let owner = m.sp.owner.clone();
    let (secp, miner) = (m.net.account("secp"), m.sp.address());
    let unborn = Key::bls("unborn").address().unwrap();
    for worker in [secp.address(), secp.robust, miner, NOBODY, unborn] {
        m.change_worker(&owner, worker, &[]).refused(ILLEGAL_ARGUMENT);
    }
    let bls = m.net.bls_account("bls");
    m.change_worker(&owner, bls.robust, &[]).ok();
}
