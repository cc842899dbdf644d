//! Who a miner belongs to and who works for it.

use fvm_harness::{Account, Outcome};
use fvm_shared::address::Address;
use shared::ext::miner::*;

use super::FORBIDDEN;
use super::miner_terms::Mine;

/// Epochs until a new worker may be put in place.
const WORKER_DELAY: i64 = 900;

impl Mine {
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
