//! Two things in one hook, and a hook in a hook.

use fvm_harness::{Call, Network};
use fvm_shared::address::Address;
use hostile_puppet::Step;
use shared::ext::account::RECEIVE;

use super::puppet::{self, Attack};
use super::{dao, lending};

/// What two puppets do when their hooks are called.
struct Sequence {
    name: String,
    puppet: Vec<Step>,
    friend: Vec<Step>,
}

/// One attack after the other in one hook; and the second in the friend's hook, where the first moves
/// tokens to the friend. Of the blunt attacks only those that end a hook.
fn sequences(attacks: &[Attack]) -> Vec<Sequence> {
    let reenters = |(_, steps): &&Attack| steps.first() == Some(&Step::Forget);
    let reentries: Vec<_> = attacks.iter().filter(reenters).collect();
    let ends: [Attack; 2] =
        [("destroys itself", vec![Step::SelfDestruct]), ("refuses", vec![puppet::exit(90)])];
    let mut found = vec![];
    for (first, steps) in &reentries {
        for (second, more) in reentries.iter().copied().chain(&ends) {
            let name = format!("{first}, then {second}");
            // Both would forget the script, and once is enough.
            let more_here = more.iter().filter(|step| **step != Step::Forget).cloned();
            let puppet = steps.iter().cloned().chain(more_here).collect();
            found.push(Sequence { name, puppet, friend: vec![] });
            if first.starts_with("moves") {
                let name = format!("{first}, and its friend {second}");
                found.push(Sequence { name, puppet: steps.clone(), friend: more.clone() });
            }
        }
    }
    found
}

impl Sequence {
    /// Whether the puppet refuses in the end what it is sent.
    fn refuses(&self) -> bool {
        matches!(self.puppet.last(), Some(Step::Exit(..)))
    }
}

/// Runs a call in which the puppets' hooks do this. It must go through, but where it does not go on
/// without a hook that refuses.
#[track_caller]
fn passes(
    net: &mut Network,
    puppets: [Address; 2],
    sequence: &Sequence,
    call: &Call,
    goes_on: bool,
) -> bool {
    for (puppet, steps) in puppets.into_iter().zip([&sequence.puppet, &sequence.friend]) {
        puppet::tell(net, puppet, RECEIVE, steps.clone());
    }
    let outcome = puppet::run(net, call.clone());
    let passes = outcome.exit_code.is_success();
    assert_eq!(passes, goes_on || !sequence.refuses(), "{}: {outcome}", sequence.name);
    passes
}

#[test]
fn whatever_two_things_receivers_of_data_do_they_have_their_due_at_the_most() {
    let mut stage = dao::Stage::new();
    stage.dao.net.set_tracing(false);
    let (start, before) = (stage.dao.net.snapshot(), stage.wealth());
    let entries = stage.entries();
    // Whether they go on without a hook that refuses.
    let kinds = [("Transfer", false), ("MarketNotifyDeal", true), ("Withdraw", true)];
    for (kind, goes_on) in kinds {
        let entry = entries.iter().find(|entry| entry.name == kind).expect("an entry");
        for sequence in sequences(&stage.attacks()) {
            stage.dao.net.restore(&start);
            let puppets = [stage.puppet, stage.friend];
            if passes(&mut stage.dao.net, puppets, &sequence, &entry.call, goes_on) {
                stage.check(&before, entry, &sequence.name);
            }
        }
    }
}

#[test]
fn whatever_two_things_receivers_of_shares_do_they_have_their_due_at_the_most() {
    let mut stage = lending::Stage::busy();
    stage.m.net.set_tracing(false);
    let (start, before) = (stage.m.net.snapshot(), stage.wealth());
    let kinds = ["Deposit", "Transfer"];
    let entries = stage.entries();
    for (name, call) in entries.iter().filter(|(name, _)| kinds.contains(name)) {
        for sequence in sequences(&stage.attacks()) {
            stage.m.net.restore(&start);
            let puppets = [stage.puppet, stage.friend];
            if passes(&mut stage.m.net, puppets, &sequence, call, false) {
                stage.check(&before, name, &sequence.name);
            }
        }
    }
}
