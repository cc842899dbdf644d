//! A DAO as a subnet of IPC has it: its genesis puts actors into the state, and runs no constructor.

use actor_datadao::api::*;
use actor_datadao::state::{Config, State};
use fab::story::{constructor_params, dataset, on_publish};
use fvm_harness::fil;
use shared::links::Inlined;
use shared::token::{Symbol, TotalSupply};

use crate::setup::network;

#[test]
fn a_dao_that_genesis_put_in_place_is_as_one_that_was_constructed() {
    let mut net = network();
    let admin = net.account("admin");
    let params = constructor_params(&admin, on_publish());
    let constructed = net.create(&admin, "datadao", &params).ok().id_address;

    let config = Config { token: params.token, rules: params.rules };
    let state = State::new(&Inlined(net.store()), admin.id, &config).unwrap();
    let dao = net.place(90, "datadao", &state).unwrap();
    let root = |address| net.actor(address).unwrap().state;
    assert_eq!(root(&dao), root(&constructed));

    for role in [Role::Minter, Role::Curator] {
        let params = RoleParams { role, account: admin.address() };
        net.call::<GrantRole>(&admin, dao, &params).ok();
    }
    net.call::<Mint>(&admin, dao, &MintParams { to: admin.robust, amount: fil(5) }).ok();
    net.call::<AddDataset>(&admin, dao, &dataset(1, 3)).ok();
    assert_eq!(net.view::<Symbol>(dao, &()), "DATA");
    assert_eq!(net.view::<TotalSupply>(dao, &()), fil(5));
    assert_eq!(net.view::<GetDataset>(dao, &1).terms.unwrap().wanted, 3);
}
