//! Constructors that Init runs.

use fvm_harness::{Call, Network};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};
use hostile_puppet::{Forward, Message, Script, Step};
use serde::Serialize;
use shared::ext::INIT_ACTOR;
use shared::ext::init::{EXEC, EXEC4, Exec4Params, ExecParams, ExecReturn};

use super::puppet::{self, Attack, message, tries};
use super::sites;
use super::table::Table;
use crate::setup::network;

const INIT: Address = Address::new_id(INIT_ACTOR);

fn encoded(script: Vec<Step>) -> RawBytes {
    let script: Script = vec![(METHOD_CONSTRUCTOR, script)];
    RawBytes::serialize(script).unwrap()
}

fn exec(net: &Network, script: Vec<Step>) -> ExecParams {
    ExecParams {
        code_cid: net.actors().code("hostile-puppet"),
        constructor_params: encoded(script),
    }
}

fn exec4(net: &Network, script: Vec<Step>) -> Exec4Params {
    Exec4Params {
        constructor_params: encoded(script),
        ..net.exec4_params("hostile-puppet", b"same")
    }
}

fn to_init<P: Serialize>(method: MethodNum, params: &P) -> Message {
    let params = RawBytes::serialize(params).unwrap();
    Message { to: INIT, method, params, value: Default::default() }
}

fn attacks(net: &Network, creator: Address) -> Vec<Attack> {
    let another = || to_init(EXEC, &exec(net, vec![]));
    let in_own_namespace = || to_init(EXEC4, &exec4(net, vec![]));
    let by_creator = message::<Forward>(creator, &in_own_namespace());
    let miner = ExecParams { code_cid: net.actors().code("storageminer"), ..exec(net, vec![]) };
    let replies = |(name, _): &Attack| name.starts_with("replies");
    let mut attacks: Vec<_> = puppet::blunt().into_iter().filter(|a| !replies(a)).collect();
    attacks.extend([
        ("creates another", tries([another()])),
        ("creates two at one f4 address of its own", {
            tries([in_own_namespace(), in_own_namespace()])
        }),
        ("has its creator create at f4⟨creator⟩⟨same⟩", tries([by_creator])),
        ("creates a miner", tries([to_init(EXEC, &miner)])),
        ("destroys itself and creates another", { vec![Step::SelfDestruct, Step::Try(another())] }),
    ]);
    attacks
}

#[test]
fn whatever_a_constructor_does_addresses_are_bound_once_and_failures_leave_nothing() {
    let mut net = network();
    let ann = net.account("ann");
    let creator = puppet::create(&mut net, &ann);
    net.set_tracing(true);
    let start = net.snapshot();
    let mut table = Table::new("created", &["The constructor", "Exec", "Exec4"]);
    for (attack, steps) in attacks(&net, creator) {
        let calls = [
            to_init(EXEC, &exec(&net, steps.clone())),
            to_init(EXEC4, &exec4(&net, steps.clone())),
        ];
        let mut cells = vec![attack.to_owned()];
        for (name, Message { to, method, params, .. }) in ["Exec", "Exec4"].into_iter().zip(calls) {
            net.restore(&start);
            let call = Call { params, method, ..Call::new(creator, to) };
            let outcome = puppet::run(&mut net, call.clone());
            let made = outcome.exit_code.is_success().then(|| {
                let made: ExecReturn = outcome.clone().returned();
                let id = made.id_address.id().unwrap();
                sites::assert_attacked(&net, name, &outcome.calls, &made.id_address);
                assert_eq!(net.resolve(&made.robust_address), Some(id), "{attack}");
                // Whatever has become of the actor, its address stays its own.
                let again = net.implicit(call);
                let next = again.exit_code.is_success().then(|| again.returned::<ExecReturn>());
                assert!(next.is_none_or(|next| next.id_address != made.id_address), "{attack}");
                assert!(method != EXEC4 || next_is_refused(&mut net, creator), "{attack}");
                id
            });
            cells.push(puppet::told(&outcome, made.unwrap_or_default()));
        }
        table.row(cells);
    }
    table.verify();
}

/// Whether the creator cannot bind its f4 address again.
fn next_is_refused(net: &mut Network, creator: Address) -> bool {
    let params = exec4(net, vec![]);
    !net.implicit(Call::new(creator, INIT).method(EXEC4, &params)).exit_code.is_success()
}
