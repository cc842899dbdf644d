//! Runs that end anywhere, and those that go on after them.

use super::simulated::Death;
use super::*;

/// Cuts the node off at every request in turn, runs again, and counts what there is.
fn killed_everywhere(name: &str, death: Death) {
    let whole = Desk::new(&format!("{name}-whole"), Init::Lists);
    whole.ok(&["--underwriter", "f0100"]);
    let requests = whole.sim.node().asked.len();
    for request in 0..requests {
        let desk = Desk::new(name, Init::Lists);
        desk.sim.node().dies = Some((request, death));
        let told = desk.refused(&["--underwriter", "f0100"]);
        assert!(told.contains("say by --rpc where it is"), "{request}: {told}");
        desk.sim.node().dies = None;
        desk.ok(&["--underwriter", "f0100"]);
        desk.one_of_each();
        let sent = desk.sim.node().log.len();
        assert_eq!(sent, 8, "messages in all, killed {death:?} request {request}");
    }
}

#[test]
fn a_run_that_is_killed_before_any_request_leaves_one_of_each_to_the_next() {
    killed_everywhere("before", Death::Before);
}

#[test]
fn a_run_that_is_killed_before_any_answer_leaves_one_of_each_to_the_next() {
    killed_everywhere("after", Death::After);
}

/// A run that ends when its first message is signed and not pushed.
fn signed(name: &str) -> Desk {
    let whole = Desk::new(&format!("{name}-whole"), Init::Lists);
    whole.ok(&["--only", "perpetual-storage"]);
    let asked = whole.sim.node().asked.clone();
    let push = asked.iter().position(|method| method == "MpoolPush").unwrap();
    let desk = Desk::new(name, Init::Lists);
    desk.sim.node().dies = Some((push, Death::Before));
    desk.refused(&["--only", "perpetual-storage"]);
    desk.sim.node().dies = None;
    desk
}

fn attempts(desk: &Desk) -> Vec<Option<Outcome>> {
    let deployment = desk.deployment();
    let progress = deployment.step("create perpetual-storage").unwrap();
    progress.attempts.iter().map(|attempt| attempt.outcome.clone()).collect()
}

#[test]
fn a_message_whose_nonce_something_else_used_is_signed_anew_and_that_is_said() {
    let desk = signed("used");
    desk.sim.node().send_something();
    let said = desk.ok(&["--only", "perpetual-storage"]);
    assert!(said.contains("another message used its nonce"), "{said}");
    assert_eq!(desk.sim.node().created("perpetual-storage"), 1);
    let attempts = attempts(&desk);
    assert!(attempts.len() == 2 && attempts[0] == Some(Outcome::Void), "{attempts:?}");
}

#[test]
fn a_message_is_not_signed_anew_while_another_one_waits_with_its_nonce() {
    let desk = signed("rival");
    {
        let mut node = desk.sim.node();
        let nonce = node.net.nonce(&node.deployer);
        let send = Call::new(node.deployer, node.deployer).gas_limit(10_000_000);
        let rival = node
            .sign(send.gas_fees(TokenAmount::from_atto(1_000), Default::default()).message(nonce));
        node.pool.push(rival);
    }
    let told = desk.refused(&["--only", "perpetual-storage"]);
    assert!(told.contains("waits in the pool: run again once it is on chain"), "{told}");
    assert_eq!(attempts(&desk), [None]);
    desk.sim.node().mine();
    desk.ok(&["--only", "perpetual-storage"]);
    assert_eq!(desk.sim.node().created("perpetual-storage"), 1);
}

#[test]
fn an_actor_that_is_there_is_found_though_the_node_forgot_its_message() {
    let desk = Desk::new("forgot", Init::Lists);
    desk.ok(&["--only", "perpetual-storage"]);
    let made = desk.deployment().created("perpetual-storage");
    // As if the run had ended before the receipt, and the node had been restored from a snapshot since.
    let mut record = Record::read(&desk.record).unwrap();
    record.deployments[0].steps[0].created = None;
    record.deployments[0].steps[0].attempts[0].outcome = None;
    fs::write(&desk.record, serde_json::to_vec(&record).unwrap()).unwrap();
    desk.sim.node().forget();
    let said = desk.ok(&["--only", "perpetual-storage"]);
    assert!(said.contains("by a message that the node forgot"), "{said}");
    assert_eq!(desk.sim.node().created("perpetual-storage"), 1);
    assert_eq!(desk.deployment().created("perpetual-storage"), made);
    assert_eq!(attempts(&desk), [Some(Outcome::Done)]);
}

#[test]
fn a_nonce_that_is_ahead_of_the_chain_is_not_waited_for() {
    let desk = Desk::new("ahead", Init::Lists);
    desk.sim.node().send_something();
    desk.ok(&["--only", "perpetual-storage"]);
    let mut desk = desk;
    desk.sim = Simulated::start(Behind::new(Init::Lists));
    let told = desk.refused(&["--only", "perpetual-storage"]);
    assert!(told.contains("the chain went back"), "{told}");
    assert_eq!(desk.sim.node().pushes(), 0);
}

#[test]
fn a_message_that_failed_is_tried_once_more_by_the_next_run() {
    let desk = signed("failed");
    {
        // Init refuses the message, though it did not refuse the plan.
        let deployment = desk.deployment();
        let attempt = deployment.step("create perpetual-storage").unwrap().last().unwrap().clone();
        let mut node = desk.sim.node();
        node.take(serde_json::to_value(&attempt.message).unwrap());
        node.init = Init::Official;
        node.mine();
        node.init = Init::Lists;
    }
    let told = desk.refused(&["--only", "perpetual-storage"]);
    assert!(told.contains("ended with exit code 18") && told.contains("Run again"), "{told}");
    desk.ok(&["--only", "perpetual-storage"]);
    assert_eq!(desk.sim.node().created("perpetual-storage"), 1);
    assert_eq!(attempts(&desk).len(), 2);
}
