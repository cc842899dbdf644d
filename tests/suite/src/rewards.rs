//! Rewards that are claimed.

use actor_datadao::api::{CLAIM_MAX_OWNERS, ClaimRewards};
use fvm_harness::fil;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;

use crate::setup::claiming;

#[test]
fn a_reward_that_is_not_pushed_is_owed_until_anyone_claims_it_for_the_owner() {
    let mut dao = claiming().listing(1, 1).listing(2, 1);
    let deals = [dao.proposal(1), dao.proposal(2)];
    dao.sp.publish_all(&mut dao.net, &deals);
    let owner = dao.sp.owner.clone();
    assert_eq!((dao.balance(&owner), dao.owed(&owner)), (fil(0), fil(200)));
    let anyone = dao.net.account("anyone");
    let paid = dao.net.call::<ClaimRewards>(&anyone, dao.address, &vec![owner.address()]).ok();
    assert_eq!(paid, [fil(200)]);
    assert_eq!((dao.balance(&owner), dao.owed(&owner)), (fil(200), fil(0)));
    assert_eq!(dao.balance(&anyone), fil(0));
    dao.check_invariants();
}

#[test]
fn a_reward_is_paid_once_however_often_it_is_claimed() {
    let mut dao = claiming().listing(1, 1);
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    let owner = dao.sp.owner.clone();
    let twice = vec![owner.address(), owner.robust, Address::new_id(99_999)];
    let paid = dao.net.call::<ClaimRewards>(&owner, dao.address, &twice).ok();
    assert_eq!(paid, [fil(100), fil(0), fil(0)]);
    let paid = dao.net.call::<ClaimRewards>(&owner, dao.address, &twice).ok();
    assert_eq!(paid, [fil(0), fil(0), fil(0)]);
    assert_eq!(dao.state().token.supply, fil(100));
    dao.check_invariants();
}

#[test]
fn a_batch_of_claims_is_bounded() {
    let mut dao = claiming();
    let owners = vec![dao.admin.address(); CLAIM_MAX_OWNERS + 1];
    dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &owners).refused(ExitCode::new(47));
    let paid = dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &owners[1..].to_vec()).ok();
    assert_eq!(paid, vec![fil(0); CLAIM_MAX_OWNERS]);
}

#[test]
fn a_claim_for_an_address_that_stands_for_nobody_is_refused_and_pays_nobody() {
    let mut dao = claiming().listing(1, 1);
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    let owner = dao.sp.owner.clone();
    let nobody = Address::new_secp256k1(&[7; 65]).unwrap();
    dao.net
        .call::<ClaimRewards>(&owner, dao.address, &vec![owner.address(), nobody])
        .refused(ExitCode::USR_NOT_FOUND);
    assert_eq!((dao.balance(&owner), dao.owed(&owner)), (fil(0), fil(100)));
}
