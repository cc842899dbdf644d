//! Init creates what it admits, where it says, and nothing else.

use actor_init::state::State;
use fvm_harness::{Call, Network, OFFICIAL, Provider, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::METHOD_CONSTRUCTOR;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_owner::{Forward, Message, Received};
use multihash_codetable::Code;
use shared::ext::init::{EXEC, EXEC4, Exec4Params, ExecParams, ExecReturn};
use shared::ext::{EAM_ACTOR, INIT_ACTOR, MARKET_ACTOR, POWER_ACTOR, SYSTEM_ACTOR};

use crate::setup::{constructor_params, network, official, on_publish};

const INIT: Address = Address::new_id(INIT_ACTOR);

fn exec(net: &Network, code: &str) -> ExecParams {
    ExecParams { code_cid: net.actors().code(code), constructor_params: RawBytes::default() }
}

/// An actor that does as it is told, so that it can call Init.
fn proxy(net: &mut Network) -> Address {
    let ann = net.account("ann");
    net.create(&ann, "hostile-owner", &()).ok().id_address
}

#[test]
fn anyone_creates_the_network_s_own_actors_and_value_goes_to_them() {
    let mut net = network();
    let ann = net.account("ann");
    let params = ExecParams {
        code_cid: net.actors().code("datadao"),
        constructor_params: RawBytes::serialize(constructor_params(&ann, on_publish())).unwrap(),
    };
    let call = Call::new(&ann, INIT).method(EXEC, &params).value(fil(3));
    let made: ExecReturn = net.run(call).returned();
    assert_eq!(net.resolve(&made.robust_address), made.id_address.id().ok());
    assert_eq!(net.actor(&made.id_address).unwrap().code, net.actors().code("datadao"));
    assert_eq!(net.balance(made.id_address), fil(3));
}

#[test]
fn a_network_that_goes_on_where_another_was_gives_its_actors_other_addresses() {
    let mut net = network();
    let ann = net.account("ann");
    let mut made = vec![];
    for _ in 0..2 {
        let (actors, store) = (net.actors().clone(), net.store().clone());
        net = Network::resume(&actors, store, net.snapshot(), 0).unwrap();
        let create = Call::new(&ann, INIT).method(EXEC, &exec(&net, "hostile-owner"));
        made.push(net.implicit(create).returned::<ExecReturn>().robust_address);
        net.advance(1);
    }
    assert_ne!(made[0], made[1]);
}

#[test]
fn exec_refuses_every_other_official_code() {
    let mut net = network();
    let ann = net.account("ann");
    for code in OFFICIAL.iter().filter(|code| !["paymentchannel", "multisig"].contains(code)) {
        let call = Call::new(&ann, INIT).method(EXEC, &exec(&net, code));
        let outcome = net.implicit(call);
        assert_eq!(outcome.exit_code, ExitCode::USR_FORBIDDEN, "{code}: {outcome}");
    }
    let unknown =
        ExecParams { code_cid: net.snapshot().root, constructor_params: RawBytes::default() };
    net.implicit(Call::new(&ann, INIT).method(EXEC, &unknown)).refused(ExitCode::USR_FORBIDDEN);
}

#[test]
fn storage_power_alone_creates_miners() {
    let mut net = network();
    let provider = Provider::create(&mut net, "sp");
    let miner = net.actors().code("storageminer");
    assert_eq!(net.actor(&provider.address()).unwrap().code, miner);
    let params = exec(&net, "storageminer");
    let as_power = Call::new(Address::new_id(POWER_ACTOR), INIT).method(EXEC, &params);
    let outcome = net.implicit(as_power);
    // Admitted, and then refused by the miner's constructor for want of parameters.
    assert!(outcome.backtrace.contains("the constructor ended"), "{outcome}");
    let others = [provider.owner.address(), provider.address(), Address::new_id(MARKET_ACTOR)];
    for other in others {
        let call = Call::new(other, INIT).method(EXEC, &params);
        net.implicit(call).refused(ExitCode::USR_FORBIDDEN);
    }
}

#[test]
fn exec4_binds_the_actor_in_the_caller_s_own_namespace() {
    let mut net = network();
    let proxy = proxy(&mut net);
    let ann = net.account("bob");
    let params = net.exec4_params("hostile-owner", b"child");
    let message =
        Message { to: INIT, method: EXEC4, params: RawBytes::serialize(&params).unwrap() };
    net.call::<Forward>(&ann, proxy, &message).ok();
    let expected = Address::new_delegated(proxy.id().unwrap(), b"child").unwrap();
    let child = net.resolve(&expected).expect("an actor at the expected f4 address");
    let actor = net.actor(&expected).unwrap();
    assert_eq!(actor.delegated_address, Some(expected));
    assert_eq!(net.view::<Received>(expected, &()), 0, "callable at once");
    assert!(net.robust_address(&Address::new_id(child)).is_some());
}

#[test]
fn an_account_s_exec4_works_as_any_actor_s() {
    let mut net = network();
    let ann = net.account("ann");
    let params = net.exec4_params("hostile-owner", b"mine");
    net.run(Call::new(&ann, INIT).method(EXEC4, &params)).ok();
    assert!(net.resolve(&Address::new_delegated(ann.id, b"mine").unwrap()).is_some());
}

#[test]
fn a_bound_f4_address_is_never_rebound() {
    let mut net = network();
    let ann = net.account("ann");
    let params = net.exec4_params("hostile-owner", b"once");
    net.run(Call::new(&ann, INIT).method(EXEC4, &params)).ok();
    let address = Address::new_delegated(ann.id, b"once").unwrap();
    let (id, code) = (net.resolve(&address), net.actor(&address).unwrap().code);
    net.run(Call::new(&ann, INIT).method(EXEC4, &params)).refused(ExitCode::USR_FORBIDDEN);
    assert_eq!((net.resolve(&address), net.actor(&address).unwrap().code), (id, code));
}

#[test]
fn exec4_admits_official_codes_from_the_eam_alone() {
    let mut net = network();
    let ann = net.account("ann");
    for code in OFFICIAL {
        let params = net.exec4_params(code, b"x");
        let call = Call::new(&ann, INIT).method(EXEC4, &params);
        net.implicit(call).refused(ExitCode::USR_FORBIDDEN);
    }
    let params = net.exec4_params("multisig", &[7; 20]);
    let eam = Address::new_id(EAM_ACTOR);
    let outcome = net.implicit(Call::new(eam, INIT).method(EXEC4, &params));
    // Admitted, and then refused by the constructor for want of parameters.
    assert!(outcome.backtrace.contains("the constructor ended"), "{outcome}");
}

#[test]
fn a_placeholder_keeps_its_id_when_the_eam_deploys_over_it() {
    let mut net = network();
    let eam = Address::new_id(EAM_ACTOR);
    let address = Address::new_delegated(EAM_ACTOR, &[7; 20]).unwrap();
    net.fund(address, fil(2));
    let id = net.resolve(&address).expect("a placeholder");
    let params = net.exec4_params("hostile-owner", &[7; 20]);
    let made: ExecReturn = net.implicit(Call::new(eam, INIT).method(EXEC4, &params)).returned();
    assert_eq!(made.id_address, Address::new_id(id));
    assert_eq!(net.balance(address), fil(2));
    assert_eq!(net.actor(&address).unwrap().code, net.actors().code("hostile-owner"));
    let again = net.implicit(Call::new(eam, INIT).method(EXEC4, &params));
    assert!(again.refused(ExitCode::USR_FORBIDDEN).backtrace.contains("is bound already"));
}

#[test]
fn a_subaddress_longer_than_an_f4_address_holds_is_refused() {
    let mut net = network();
    let ann = net.account("ann");
    let longest = net.exec4_params("hostile-owner", &[1; 54]);
    net.run(Call::new(&ann, INIT).method(EXEC4, &longest)).ok();
    let too_long = net.exec4_params("hostile-owner", &[1; 55]);
    net.run(Call::new(&ann, INIT).method(EXEC4, &too_long)).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
}

#[test]
fn a_constructor_that_fails_leaves_nothing_behind() {
    let mut net = network();
    let ann = net.account("ann");
    let params = Exec4Params {
        constructor_params: RawBytes::new(vec![0xff]),
        ..net.exec4_params("datadao", b"broken")
    };
    let before = net.snapshot();
    let call = Call::new(&ann, INIT).method(EXEC4, &params).value(fil(1));
    net.implicit(call).refused(ExitCode::USR_SERIALIZATION);
    assert_eq!(net.snapshot(), before);
    assert_eq!(net.resolve(&Address::new_delegated(ann.id, b"broken").unwrap()), None);
}

#[test]
fn init_is_constructed_by_the_system_alone() {
    let mut net = network();
    let ann = net.account("ann");
    let params = ("elsewhere",);
    let call = Call::new(&ann, INIT).method(METHOD_CONSTRUCTOR, &params);
    net.implicit(call).refused(ExitCode::USR_FORBIDDEN);
}

/// The FVM reads the address map itself, from a store that need not know of links that hold blocks.
#[test]
fn the_address_map_is_a_block_of_its_own_however_short() {
    let mut net = network();
    let ann = net.account("ann");
    let next_id = net.state::<State>(&INIT).unwrap().next_id;
    let system = Address::new_id(SYSTEM_ACTOR);
    net.implicit(Call::new(system, INIT).method(METHOD_CONSTRUCTOR, &("elsewhere",))).ok();
    let empty: State = net.state(&INIT).unwrap();
    net.set_state(&INIT, &State { next_id, ..empty.clone() }).unwrap();
    let create = Call::new(&ann, INIT).method(EXEC, &exec(&net, "hostile-owner"));
    let made: ExecReturn = net.implicit(create).returned();
    let of_one: State = net.state(&INIT).unwrap();
    for map in [empty.address_map, of_one.address_map] {
        assert_eq!(map.hash().code(), u64::from(Code::Blake2b256));
    }
    assert_eq!(net.resolve(&made.robust_address), Some(next_id));
}

/// The real address manager deploys a contract through our Init.
#[test]
fn the_eam_creates_evm_contracts() {
    if !official("init::the_eam_creates_evm_contracts") {
        return;
    }
    let mut net = network();
    let ann = net.account("ann");
    // Init code that returns one byte of contract: STOP.
    const INIT_CODE: [u8; 13] = [0x60, 1, 0x60, 12, 0x60, 0, 0x39, 0x60, 1, 0x60, 0, 0xf3, 0];
    let params = fvm_ipld_encoding::BytesSer(&INIT_CODE);
    let create_external = 4;
    let call = Call::new(&ann, Address::new_id(EAM_ACTOR)).method(create_external, &params);
    let outcome = net.run(call).ok();
    let (id, _robust, eth): (u64, Option<Address>, fvm_ipld_encoding::BytesDe) = outcome.returned();
    assert_eq!(net.actor(&Address::new_id(id)).unwrap().code, net.actors().code("evm"));
    let f410 = Address::new_delegated(EAM_ACTOR, &eth.0).unwrap();
    assert_eq!(net.resolve(&f410), Some(id));
}
