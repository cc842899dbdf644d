//! Which providers a policy takes, and whose word counts.

use actor_perpetual_storage::api::{
    AttestRegion, AttestRegionParams, Attestation, GetRegion, GetRegionParams, MinRecord,
    Providers, Region, Vouch,
};
use fab::story::Storage;
use fvm_harness::{Call, Provider, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::error::ExitCode;
use shared::ext::account::{RECEIVE, UniversalReceiverParams};
use shared::ext::market::DealProposal;

use crate::setup::{DAY, PIECE_SIZE, storage};

/// The story's provider proposes for the only ad of the first perpetual deal.
fn proposal(storage: &mut Storage) -> DealProposal {
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let sp = storage.sp.clone();
    storage.proposal(&sp, ad)
}

#[test]
fn a_policy_names_the_providers_that_it_takes_or_does_not() {
    for (admitted, rule) in [
        (true, Providers::Only as fn(Vec<u64>) -> Providers),
        (false, Providers::Except as fn(Vec<u64>) -> Providers),
    ] {
        let storage = storage();
        let named = rule(vec![storage.sp.id]);
        let mut storage = storage.keeping_with(1, |terms| terms.policy.providers = named);
        let proposal = proposal(&mut storage);
        let exit = storage.asked(&proposal).exit_code;
        assert_eq!(exit, if admitted { ExitCode::OK } else { ExitCode::new(71) });
    }
}

#[test]
fn a_provider_has_the_power_that_the_policy_wants() {
    let mut storage = storage().keeping(1);
    storage.create(2, 1, |terms| terms.policy.min_power = 32 << 30).ok();
    let [wanted] = storage.ads(2)[..] else { panic!("one ad") };
    let sp = storage.sp.clone();
    let proposal = storage.proposal(&sp, wanted);
    storage.asked(&proposal).refused(ExitCode::new(72));
    let dropped = sp.publish(&mut storage.net, &[proposal]);
    dropped.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
}

#[test]
fn a_region_is_what_the_policy_s_attester_says() {
    let storage = storage();
    let attester = storage.keeper.clone();
    let region = Region { attester: attester.id, name: "eu-west".into() };
    let mut storage = storage.keeping_with(1, |terms| terms.policy.region = Some(region));
    let good = proposal(&mut storage);
    storage.asked(&good).refused(ExitCode::new(73));
    let (sp, stranger) = (storage.sp.address(), storage.uploader.clone());
    let said = Attestation { region: "eu-west".into(), until: storage.net.epoch() + DAY };
    let params = AttestRegionParams { provider: sp, region: Some(said.clone()) };
    storage.call::<AttestRegion>(&stranger, &params).ok();
    storage.asked(&good).refused(ExitCode::new(73));
    storage.call::<AttestRegion>(&attester, &params).ok();
    assert!(storage.asked(&good).returned::<bool>());
    let asked = GetRegionParams { attester: attester.address(), provider: sp };
    let (net, address) = (&mut storage.net, storage.address);
    assert_eq!(net.view::<GetRegion>(address, &asked), Some(said));
    storage.pass_to(storage.net.epoch() + DAY);
    let late = proposal(&mut storage);
    storage.asked(&late).refused(ExitCode::new(73));
}

#[test]
fn a_provider_has_kept_as_many_deals_as_the_policy_wants() {
    let mut storage = storage().keeping(1);
    storage
        .create(2, 1, |terms| {
            terms.policy.min_record = Some(MinRecord { kept: 1, failed: 0 });
        })
        .ok();
    let [wanted] = storage.ads(2)[..] else { panic!("one ad") };
    let sp = storage.sp.clone();
    let early = storage.proposal(&sp, wanted);
    storage.asked(&early).refused(ExitCode::new(74));
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let (_, kept) = storage.store(ad);
    storage.refresh(1);
    storage.pass_to(kept.end_epoch);
    storage.refresh(1);
    assert_eq!(storage.record(sp.address()).kept, 1);
    let now = storage.proposal(&sp, wanted);
    assert!(storage.asked(&now).returned::<bool>());
    storage.check_invariants();
}

/// A miner can name anyone its owner, without asking.
#[test]
fn a_stranger_s_miner_does_not_bar_the_owner_that_it_names() {
    let mut storage = storage().keeping(2);
    let ads = storage.ads(1);
    let owner = storage.sp.owner.clone();
    let (sp, keeper) = (storage.sp.address(), storage.keeper.clone());
    storage.call::<Vouch>(&keeper, &sp).refused(ExitCode::new(90));
    storage.call::<Vouch>(&owner, &keeper.address()).refused(ExitCode::new(90));
    storage.call::<Vouch>(&owner, &sp).ok();
    let foreign = Provider::owned_by(&mut storage.net, "foreign", owner.clone());
    let proposal = storage.proposal(&foreign, ads[0]);
    foreign.publish_all(&mut storage.net, std::slice::from_ref(&proposal));
    storage.pass_to(proposal.start_epoch + 1);
    assert_eq!(storage.refresh(1).missed, 1);
    let record = storage.record(&owner);
    assert!(record.barred_until == 0 && record.others_barred_until > storage.net.epoch());
    storage.take(ads[1]);
    let reopened = storage.ads(1)[0];
    let late = storage.proposal(&foreign, reopened);
    storage.asked(&late).refused(ExitCode::new(77));
    storage.check_invariants();
}

/// DataCap comes by the receiver hook from f07 alone, and each perpetual deal uses what its policy
/// allows.
#[test]
fn deals_use_datacap_as_far_as_the_policy_and_the_storage_s_datacap_go() {
    let bytes = PIECE_SIZE.0;
    let mut storage = storage().keeping_with(2, |terms| terms.policy.datacap = bytes);
    let hook = UniversalReceiverParams { type_: 0x85_22_3b_df, payload: RawBytes::default() };
    let keeper = storage.keeper.clone();
    let call = Call::new(&keeper, storage.address).method(RECEIVE, &hook);
    storage.net.run(call).refused(ExitCode::new(92));
    storage.net.grant_datacap(storage.address, 2 * bytes);
    let ads = storage.ads(1);
    let sp = storage.sp.clone();
    let first = DealProposal { verified_deal: true, ..storage.proposal(&sp, ads[0]) };
    sp.publish_all(&mut storage.net, &[first]);
    let other = Provider::create(&mut storage.net, "other");
    let second = DealProposal { verified_deal: true, ..storage.proposal(&other, ads[1]) };
    storage.asked(&second).refused(ExitCode::new(70));
    assert_eq!(storage.net.datacap(storage.address), fil(bytes.try_into().unwrap()));
    assert!(!storage.ad(ads[1]).verified);
    storage.check_invariants();
}
