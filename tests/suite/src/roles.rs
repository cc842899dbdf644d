//! Who may do what, the pause, and DataCap.

use std::slice::from_ref;

use actor_datadao::api::{
    AcceptAdmin, Action, BondParams, DealPolicy, GetRoles, GetRules, GrantRole, OfferAdmin,
    OfferAdminParams, Pause, PauseParams, RevokeRole, Role, RoleParams, Stake, StakeParams, Unbond,
    Unpause, Verified,
};
use fab::story::Dao;
use fvm_harness::{Call, Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::ext::VERIFREG_ACTOR;
use shared::ext::market::DealProposal;
use shared::method_hash;

use crate::setup::{DAY, PIECE_SIZE, fields, piece, pushing};

const NO_ROLE: ExitCode = ExitCode::new(67);
const NOT_ADMIN: ExitCode = ExitCode::new(32);

fn role(role: Role, account: impl Into<Address>) -> RoleParams {
    RoleParams { role, account: account.into() }
}

fn roles(dao: &mut Dao, of: impl Into<Address>) -> Vec<Role> {
    dao.net.view::<GetRoles>(dao.address, &of.into())
}

#[test]
fn an_admin_grants_and_revokes_roles_and_anyone_can_watch() {
    let mut dao = pushing();
    let (admin, bob) = (dao.admin.address(), dao.net.account("bob"));
    let curator = role(Role::Curator, bob.robust);
    dao.call::<GrantRole>(&bob, &curator).refused(NOT_ADMIN);
    let granted = dao.call::<GrantRole>(admin, &curator).outcome.ok();
    assert_eq!(fields::<Role>(&granted, "role-granted", "role"), [Role::Curator]);
    assert_eq!(fields::<u64>(&granted, "role-granted", "account"), [bob.id]);
    assert_eq!(roles(&mut dao, &bob), [Role::Curator]);
    dao.call::<GrantRole>(admin, &role(Role::Admin, &bob)).refused(ExitCode::new(68));
    let nobody = role(Role::Curator, Address::new_id(9_999_999));
    dao.call::<GrantRole>(admin, &nobody).refused(ExitCode::USR_NOT_FOUND);

    dao.call::<RevokeRole>(&bob, &role(Role::Curator, admin)).refused(NOT_ADMIN);
    let revoked = dao.call::<RevokeRole>(admin, &curator).outcome.ok();
    assert_eq!(fields::<u64>(&revoked, "role-revoked", "account"), [bob.id]);
    dao.call::<RevokeRole>(admin, &curator).refused(NO_ROLE);
    dao.call::<RevokeRole>(admin, &role(Role::Curator, admin)).ok();
    let left = [Role::Admin, Role::Minter, Role::Guardian, Role::Arbiter];
    assert_eq!(roles(&mut dao, admin), left);
    dao.check_invariants();
}

#[test]
fn the_admin_role_goes_to_whom_it_is_offered_and_who_accepts_it() {
    let mut dao = pushing();
    let (admin, bob, eve) = (dao.admin.address(), dao.net.account("bob"), dao.net.account("eve"));
    let offer = OfferAdminParams { to: bob.robust, keep: false };
    dao.call::<OfferAdmin>(&eve, &offer).refused(NOT_ADMIN);
    let offered = dao.call::<OfferAdmin>(admin, &offer).outcome.ok();
    assert_eq!(fields::<u64>(&offered, "admin-offered", "to"), [bob.id]);
    dao.call::<AcceptAdmin>(&eve, &()).refused(ExitCode::new(69));
    let accepted = dao.call::<AcceptAdmin>(&bob, &()).outcome.ok();
    assert_eq!(fields::<u64>(&accepted, "role-granted", "account"), [bob.id]);
    assert_eq!(fields::<u64>(&accepted, "role-revoked", "account"), [dao.admin.id]);
    dao.call::<AcceptAdmin>(&bob, &()).refused(ExitCode::new(69));
    dao.call::<GrantRole>(admin, &role(Role::Curator, &eve)).refused(NOT_ADMIN);
    dao.call::<GrantRole>(&bob, &role(Role::Curator, &eve)).ok();
    dao.check_invariants();
}

#[test]
fn a_pause_stops_what_is_new_and_nothing_that_is_one_s_own() {
    let mut dao = pushing().listing(1, 1);
    let (admin, ann) = (dao.admin.address(), dao.holder("ann", fil(100)));
    let (owner, provider) = (dao.sp.owner.clone(), dao.sp.address());
    dao.mint(&owner, fil(40));
    let bond = BondParams { provider, amount: fil(40) };
    dao.call::<actor_datadao::api::Bond>(&ann, &bond).refused(ExitCode::new(84));
    dao.call::<actor_datadao::api::Bond>(&owner, &bond).ok();
    let (deal, stake) = (dao.proposal(1), StakeParams { amount: fil(1) });
    dao.call::<Pause>(&ann, &PauseParams { duration: DAY }).refused(NO_ROLE);
    let paused = dao.call::<Pause>(admin, &PauseParams { duration: DAY }).outcome.ok();
    assert_eq!(fields::<i64>(&paused, "paused", "until"), [dao.net.epoch() + DAY]);
    dao.asked(&deal).refused(ExitCode::new(59));
    dao.sp.publish(&mut dao.net, from_ref(&deal)).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    dao.call::<Stake>(&ann, &stake).refused(ExitCode::new(59));
    dao.call::<Unbond>(&ann, &bond).refused(ExitCode::new(84));
    dao.call::<Unbond>(&owner, &bond).ok();
    assert_eq!(dao.withdraw(&owner).data, fil(40));

    let in_pause = dao.net.snapshot();
    dao.call::<Unpause>(&ann, &()).refused(NO_ROLE);
    let unpaused = dao.call::<Unpause>(admin, &()).outcome.ok();
    assert_eq!(fields::<u64>(&unpaused, "unpaused", "by"), [dao.admin.id]);
    dao.call::<Stake>(&ann, &stake).ok();
    dao.net.restore(&in_pause);
    dao.net.skip(DAY);
    dao.call::<Stake>(&ann, &stake).ok();
    dao.sp.publish_all(&mut dao.net, &[deal]);
    dao.check_invariants();
}

#[test]
fn a_provider_with_the_role_stores_what_nobody_listed_and_earns_nothing() {
    let mut dao = pushing();
    let unlisted = dao.proposal(9);
    dao.asked(&unlisted).refused(ExitCode::new(49));
    let miner = dao.sp.address();
    dao.grant(Role::Provider, miner);
    dao.sp.publish_all(&mut dao.net, &[unlisted]);
    let dataset = dao.dataset(1);
    assert_eq!((dataset.piece_cid, dataset.curator, dataset.terms), (piece(9), None, None));
    assert_eq!((dataset.replicas.len(), dao.state().minted), (1, fil(0)));
    let other = Provider::create(&mut dao.net, "other");
    let theirs = other.proposal(&dao.net, dao.address, piece(9), PIECE_SIZE);
    assert!(!dao.asked(&theirs).exit_code.is_success());
    dao.call::<RevokeRole>(dao.sp.owner.clone().address(), &role(Role::Provider, miner))
        .refused(NOT_ADMIN);
    dao.check_invariants();
}

/// DataCap comes by the receiver hook, from f07 alone: once when it is granted, and again when an
/// allocation expires that no provider claimed.
#[test]
fn a_dao_that_requires_verified_deals_spends_its_datacap_and_gets_back_what_is_not_claimed() {
    let mut dao = pushing().listing(1, 1).listing(2, 1);
    let (ann, bytes) = (dao.holder("ann", fil(1_000)), PIECE_SIZE.0);
    let policy = dao.net.view::<GetRules>(dao.address, &()).policy;
    let policy = DealPolicy { verified: Verified::Required, ..policy };
    dao.decide(&ann, vec![Action::SetPolicy(policy)]);
    let datacap = |dao: &mut Dao| dao.net.datacap(dao.address);
    dao.net.grant_datacap(dao.address, bytes);
    assert_eq!(datacap(&mut dao), fil(bytes.try_into().unwrap()));

    let plain = dao.proposal(1);
    dao.asked(&plain).refused(ExitCode::new(53));
    let verified = |n| DealProposal { verified_deal: true, ..dao.proposal(n) };
    let (first, second) = (verified(1), verified(2));
    let owner = dao.sp.owner.clone();
    dao.sp.publish_all(&mut dao.net, from_ref(&first));
    assert_eq!((datacap(&mut dao), dao.balance(&owner)), (fil(0), fil(100)));
    dao.sp.publish(&mut dao.net, &[second]).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(dao.dataset(2).replicas.is_empty());

    dao.net.skip(first.start_epoch + 1 - dao.net.epoch());
    let client = dao.address.id().unwrap();
    let remove = Call::new(&ann, Address::new_id(VERIFREG_ACTOR))
        .method(method_hash!("RemoveExpiredAllocations"), &(client, Vec::<u64>::new()));
    dao.net.run(remove).ok();
    assert_eq!(datacap(&mut dao), fil(bytes.try_into().unwrap()));
    assert_eq!(dao.refresh(1).missed, 1);
    dao.check_invariants();
}
