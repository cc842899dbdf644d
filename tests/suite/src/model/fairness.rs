//! What is fair, after every message: nobody is paid before its turn, or before it has earned it, and
//! interest is what the contract says.

use actor_lending_market::schedule::Schedule;
use actor_perpetual_storage::api::{Refreshed, Replica};
use fvm_harness::{TokenAmount, fil};
use fvm_shared::clock::ChainEpoch;

use super::lending::RATE;
use super::reference::Model;
use super::world::World;
use crate::setup::DAY;

/// What a year's interest of all is, in basis points times epochs.
const YEAR: i64 = 10_000 * 365 * DAY;

impl World {
    pub fn check_fairness(&mut self, model: &Model) {
        self.check_queue();
        self.check_interest(model);
        self.check_bounties(model);
    }

    /// Exits are paid from the head of the queue on: behind one that waits, nobody gets anything.
    fn check_queue(&mut self) {
        let (state, store) = (self.market_state(), self.net.store());
        let mut stuck = false;
        self.exits.retain_mut(|exit| {
            let found = state.exit(store, exit.id).unwrap();
            let left = found.map(|found| found.shares).unwrap_or_default();
            assert!(!stuck || left == exit.shares, "exit {} is paid before another", exit.id);
            exit.shares = left;
            stuck |= exit.shares.is_positive();
            exit.shares.is_positive()
        });
    }

    /// Every instalment brings the interest on what is out, rounded up, whoever gets which part of it.
    fn check_interest(&self, model: &Model) {
        let (state, store) = (self.market_state(), self.net.store());
        for (id, _) in (1..).zip(&model.lending.loans) {
            for schedule in state.open(store, id).unwrap().schedules {
                let mut out = schedule.total().principal;
                for (from, due, principal, interest) in instalments(&schedule) {
                    let exact = &out * RATE * (due - from);
                    let above = (interest * YEAR) - exact;
                    let rounded_up = (0..YEAR).contains(&i64::try_from(above.atto()).unwrap());
                    assert!(rounded_up, "loan {id} pays {above} too much at {due}");
                    out -= principal;
                }
                assert_eq!(out, fil(0), "loan {id} is not repaid by its instalments");
            }
        }
    }

    /// A storage deal has been paid no more of its bounty than it has earned.
    fn check_bounties(&self, model: &Model) {
        let (state, store) = (self.storage_state(), self.net.store());
        for (id, _) in (1..).zip(&model.storage.perpetuals) {
            for replica in state.replicas(store, id).unwrap() {
                let earned = earned(&replica, model.now);
                assert!(replica.paid <= earned, "{} FIL are paid of {earned}", replica.paid);
            }
        }
    }

    /// What a refresh paid, it paid for deals that were kept.
    pub fn check_refreshed(model: &Model, ids: &[u64], done: &[Refreshed]) {
        for (id, done) in ids.iter().zip(done) {
            let earns = model.storage.earning.contains(id);
            assert!(earns || done.paid == fil(0), "perpetual deal {id} pays for what failed");
        }
    }
}

/// From when to when each runs, and what it brings.
fn instalments(
    schedule: &Schedule,
) -> impl Iterator<Item = (ChainEpoch, ChainEpoch, &TokenAmount, TokenAmount)> {
    let periods = schedule.periods();
    periods.map(|(from, i)| (from, i.due, &i.principal, &i.interest + &i.charge))
}

/// Nothing before the sector runs; then a part of the bounty at once, and of the rest as much as of the
/// time has passed.
fn earned(replica: &Replica, now: ChainEpoch) -> TokenAmount {
    let Some(active) = &replica.active else { return fil(0) };
    let rest = &replica.bounty - &replica.on_publish;
    let (passed, all) = (now - active.since, replica.end_epoch - active.since);
    &replica.on_publish + (rest * passed.min(all)).div_floor(all)
}
