//! Init: what Exec and Exec4 create, and for whom.

use fvm_harness::fil;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::METHOD_CONSTRUCTOR;
use shared::ext::init::{EXEC, EXEC4, ExecParams};
use shared::ext::{EAM_ACTOR, INIT_ACTOR, POWER_ACTOR};

use super::stage::Stage;
use super::{address, check};

/// Codes that Exec is asked for, and admits from nobody who asks here.
const CLOSED: [&str; 6] = ["system", "init", "account", "storageminer", "storagemarket", "evm"];

#[test]
fn init_does_as_recorded() {
    check("init", play);
}

fn play(s: &mut Stage) {
    let (ann, init) = (s.account("ann"), address(INIT_ACTOR));
    let exec = |s: &Stage, code: &str, constructor_params: &[u8]| ExecParams {
        code_cid: s.net.actors().code(code),
        constructor_params: RawBytes::new(constructor_params.to_vec()),
    };
    s.chapter("Anyone creates actors of the network's own, and value goes to them");
    let own = exec(s, "hostile-owner", &[]);
    s.call(&ann, init, EXEC, &own);
    s.pay(&ann, init, EXEC, &own, fil(3));
    let user = s.user_actor("user actor", &ann);
    s.call_as(user, init, EXEC, &own);
    s.chapter("Other codes of the manifest are closed, and unknown ones");
    for code in CLOSED {
        let params = exec(s, code, &[]);
        s.call(&ann, init, EXEC, &params);
    }
    let unknown = ExecParams { code_cid: fab::story::piece(1), ..own.clone() };
    s.call(&ann, init, EXEC, &unknown);
    s.chapter("A constructor that fails leaves nothing behind");
    let broken = exec(s, "datadao", &[0xff]);
    s.pay(&ann, init, EXEC, &broken, fil(1));
    let miner = exec(s, "storageminer", &[0x80]);
    s.call_as(address(POWER_ACTOR), init, EXEC, &miner);
    s.chapter("Exec4 binds an f4 address once, in the caller's namespace");
    let child = s.net.exec4_params("hostile-owner", b"child");
    for _ in 0..2 {
        s.call(&ann, init, EXEC4, &child);
    }
    s.call_as(user, init, EXEC4, &child);
    let (longest, longer) = (
        s.net.exec4_params("hostile-owner", &[1; 54]),
        s.net.exec4_params("hostile-owner", &[1; 55]),
    );
    s.call(&ann, init, EXEC4, &longest);
    s.call(&ann, init, EXEC4, &longer);
    let official = s.net.exec4_params("account", b"x");
    s.call(&ann, init, EXEC4, &official);
    s.chapter("A placeholder keeps its number when the EAM deploys over it");
    let address_of_eam = fvm_shared::address::Address::new_delegated(EAM_ACTOR, &[7; 20]);
    let placeholder = address_of_eam.expect("an address of the EAM's");
    s.name("placeholder", placeholder);
    s.net.fund(placeholder, fil(2));
    let params = s.net.exec4_params("hostile-owner", &[7; 20]);
    for _ in 0..2 {
        s.call_as(address(EAM_ACTOR), init, EXEC4, &params);
    }
    s.chapter("Init is constructed by the system alone");
    s.call(&ann, init, METHOD_CONSTRUCTOR, &("elsewhere",));
    s.call(&ann, init, 4, &());
}
