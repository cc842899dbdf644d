//! The attacks that contracts on the storage market have fallen to, against the real market actor.
//! Here are those that are not tested elsewhere in the suite:
//!
//! | | attack | tests |
//! |---|---|---|
//! | 1 | hooks called by whom they are not for | here, [`crate::deals`] |
//! | 2 | AuthenticateMessage that says yes to anything, or writes | [`crate::bad_input`], [`crate::deals`] |
//! | 3 | a batch of proposals for one slot | [`crate::deals`], [`crate::hostile_owners`] |
//! | 4 | one provider under many addresses, one owner with many miners | [`crate::deals`], here |
//! | 5 | claims twice, by re-entry too | [`crate::rewards`], [`crate::hostile_owners`] |
//! | 6 | claims on deals that earn nothing | here |
//! | 7 | another piece with the same commitment | here |
//! | 8 | terms that drain the escrow | here |
//! | 9 | books that do not match balances: short withdrawals, donations | [`crate::governance`], [`crate::hostile_owners`] |
//! | 10 | labels of any kind and length | here |
//! | 11 | slots freed twice or never | [`crate::rewards`] |
//! | 12 | whoever lists stores too; publish, be paid, fail, publish again | here |
//! | 13 | batches and hooks that cost more than a block | here, [`crate::hostile_owners`] |
//! | 14 | votes with moved tokens, a moved quorum, a skipped timelock | [`crate::governance`] |
//! | 15 | sector notices | here |

use std::slice::from_ref;

use actor_datadao::api::{RefreshDatasets, Refreshed, RetrieveDeal, Role, Withdraw};
use fab::story::Dao;
use fvm_harness::{Call, Provider, atto, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::account::{RECEIVE, UniversalReceiverParams};
use shared::ext::market::{DealProposal, Label};
use shared::token::{Transfer, TransferParams};
use shared::{Method, method_hash};

use crate::setup::{
    DAY, PIECE_SIZE, constructor_params, dataset, network, on_publish, piece, pushing, vesting,
};

/// A DAO that pays up to 7 attoFIL per epoch and locks up to 1,000 of its escrow for a deal.
fn paying() -> Dao {
    Dao::deploy_with(network(), on_publish(), |rules| {
        rules.policy.max_price_per_epoch = atto(7);
        rules.policy.max_client_collateral = atto(1_000);
    })
    .listing(1, 8)
}

/// Attack 1: hooks called by whom they are not for.
#[test]
fn the_receiver_hook_takes_no_foreign_token() {
    let mut dao = pushing();
    let before = dao.state();
    let forged = UniversalReceiverParams { type_: 0x85_2e_69_2d, payload: RawBytes::default() };
    let stranger = dao.sp.owner.clone();
    let call = Call::new(&stranger, dao.address).method(RECEIVE, &forged);
    dao.net.run(call).refused(ExitCode::new(162));

    let other = dao.net.create(&stranger, "datadao", &constructor_params(&stranger, on_publish()));
    let other = other.ok().id_address;
    let to_us =
        TransferParams { to: dao.address, amount: fil(0), operator_data: RawBytes::default() };
    let sent = dao.net.call::<Transfer>(&stranger, other, &to_us);
    sent.refused(ExitCode::USR_UNSPECIFIED);
    assert_eq!(dao.state(), before);
}

/// Attack 4: many miners of one owner.
#[test]
fn an_owner_with_many_miners_is_one_owner() {
    let mut dao = pushing().listing(1, 5);
    let owner = dao.sp.owner.clone();
    let miners: Vec<_> = ["second", "third"]
        .into_iter()
        .map(|name| Provider::owned_by(&mut dao.net, name, owner.clone()))
        .collect();
    let first = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, from_ref(&first));
    let propose =
        |dao: &Dao, sp: &Provider| sp.proposal(&dao.net, dao.address, piece(1), PIECE_SIZE);
    let second = propose(&dao, &miners[0]);
    miners[0].publish_all(&mut dao.net, from_ref(&second));
    let third = propose(&dao, &miners[1]);
    let refused = miners[1].publish(&mut dao.net, from_ref(&third));
    let refused = refused.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(refused.backtrace.contains("one owner may have"), "{refused}");
    assert_eq!((dao.dataset(1).replicas.len(), dao.balance(&owner)), (2, fil(200)));
    dao.check_invariants();
}

/// Attack 6: claims on deals that earn nothing.
#[test]
fn deals_that_are_published_missed_or_unknown_earn_nothing() {
    let mut dao = vesting().listing(1, 1);
    let owner = dao.sp.owner.clone();
    let nothing = Refreshed::default();
    assert_eq!(dao.refresh(1), nothing, "no deal");
    assert_eq!(dao.refresh(77), nothing, "no such dataset");
    let proposal = dao.proposal(1);
    let deal = dao.sp.publish_all(&mut dao.net, from_ref(&proposal))[0];
    assert_eq!(dao.refresh(1), nothing, "published");
    dao.net.skip(proposal.start_epoch - dao.net.epoch());
    assert_eq!(dao.refresh(1), nothing, "at its start");
    dao.net.skip(40 * DAY);
    assert_eq!(dao.refresh(1), Refreshed { missed: 1, ..nothing.clone() }, "cleaned by the market");
    assert_eq!(dao.refresh(1), nothing, "once");
    let read = Call::new(&dao.admin, dao.address).method(RetrieveDeal::NUMBER, &deal);
    dao.net.dry_run(read).refused(ExitCode::new(34));
    assert_eq!((dao.owed(&owner).data, dao.state().minted), (fil(0), fil(0)));
    dao.check_invariants();
}

/// Attack 7: the commitment of a small piece is that of the inner nodes of a larger one.
#[test]
fn a_piece_of_another_size_with_the_same_commitment_is_another_piece() {
    let mut dao = pushing().listing(1, 1);
    let smaller = DealProposal { piece_size: PaddedPieceSize(PIECE_SIZE.0 / 2), ..dao.proposal(1) };
    dao.asked(&smaller).refused(ExitCode::new(50));
    dao.sp.publish(&mut dao.net, &[smaller]).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(dao.dataset(1).replicas.is_empty());
}

/// Attack 8: terms that drain the escrow.
#[test]
fn a_deal_locks_no_more_of_the_escrow_than_the_policy_allows() {
    let mut dao = paying();
    dao.net.add_escrow(&dao.admin, dao.address, fil(1)).ok();
    let good = DealProposal {
        storage_price_per_epoch: atto(7),
        client_collateral: atto(1_000),
        ..dao.proposal(1)
    };
    let dear = DealProposal { storage_price_per_epoch: atto(8), ..good.clone() };
    let greedy = DealProposal { client_collateral: atto(1_001), ..good.clone() };
    let endless = DealProposal { end_epoch: good.start_epoch + 541 * DAY, ..good.clone() };
    for (bad, code) in [(dear, 56), (greedy, 57), (endless, 54)] {
        dao.asked(&bad).refused(ExitCode::new(code));
        dao.sp.publish(&mut dao.net, &[bad]).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    }
    assert_eq!(dao.net.escrow(dao.address).locked, atto(0));
    dao.sp.publish_all(&mut dao.net, from_ref(&good));
    let locked = atto(7) * (good.end_epoch - good.start_epoch) + atto(1_000);
    assert_eq!(dao.net.escrow(dao.address).locked, locked);
    dao.check_invariants();
}

/// Attack 10: a label is a string or bytes, and as long as it likes.
#[test]
fn a_label_is_bounded_in_bytes_whatever_its_kind() {
    let mut dao = pushing().listing(1, 1);
    let good = dao.proposal(1);
    for long in [Label::String("x".repeat(65)), Label::Bytes(vec![0xff; 65])] {
        dao.asked(&DealProposal { label: long, ..good.clone() }).refused(ExitCode::new(64));
    }
    for fits in [Label::String(String::new()), Label::Bytes(vec![0; 64])] {
        assert!(dao.asked(&DealProposal { label: fits, ..good.clone() }).returned::<bool>());
    }
    let bytes = DealProposal { label: Label::Bytes(vec![0; 64]), ..good };
    dao.sp.publish_all(&mut dao.net, &[bytes]);
    assert_eq!(dao.dataset(1).replicas.len(), 1);
}

/// Attack 12: whoever lists a dataset and stores it too gains what anybody would.
#[test]
fn a_curator_that_stores_its_own_dataset_earns_one_reward_a_slot() {
    let mut dao = pushing();
    let owner = dao.sp.owner.clone();
    dao.grant(Role::Curator, &owner);
    let list = dataset(1, 2);
    dao.net.call::<actor_datadao::api::AddDataset>(&owner, dao.address, &list).ok();
    let first = dao.proposal(1);
    let again = DealProposal { label: Label::String("again".into()), ..first.clone() };
    dao.sp.publish_all(&mut dao.net, from_ref(&first));
    dao.asked(&again).refused(ExitCode::new(52));
    assert_eq!(dao.balance(&owner), fil(100));
    dao.check_invariants();
}

/// Attack 12: a slot that pays its provider for the publish again and again.
#[test]
fn publishing_and_failing_over_and_over_with_many_miners_gains_nothing() {
    let mut dao = vesting().listing(1, 1);
    let owner = dao.sp.owner.clone();
    for name in ["first", "second", "third"] {
        let sp = Provider::owned_by(&mut dao.net, name, owner.clone());
        let proposal = sp.proposal(&dao.net, dao.address, piece(1), PIECE_SIZE);
        sp.publish_all(&mut dao.net, from_ref(&proposal));
        dao.net.skip(proposal.start_epoch + 1 - dao.net.epoch());
        assert_eq!(dao.refresh(1).missed, 1);
        dao.net.skip(7 * DAY);
    }
    assert_eq!((dao.owed(&owner).data, dao.state().minted), (fil(0), fil(0)));

    let proposal = dao.proposal(1);
    let deal = dao.sp.publish_all(&mut dao.net, from_ref(&proposal))[0];
    let sector = dao.sp.activate(&mut dao.net, deal, &proposal);
    dao.refresh(1);
    let (deadline, partition) = dao.sp.locate(&mut dao.net, sector);
    dao.sp.terminate(&mut dao.net, deadline, partition, sector).ok();
    dao.net.advance(10);
    assert_eq!(dao.refresh(1).terminated, 1);
    dao.net.skip(8 * DAY);
    let again = dao.proposal(1);
    dao.asked(&again).refused(ExitCode::new(52));
    assert_eq!(dao.owed(&owner).data, fil(20), "the publish share, once");
    dao.check_invariants();
}

/// Attack 13: a batch that costs more than a block holds.
#[test]
fn every_batch_is_bounded() {
    let mut dao = pushing();
    let ids: Vec<u64> = (1..=17).collect();
    dao.net.call::<RefreshDatasets>(&dao.admin, dao.address, &ids).refused(ExitCode::new(74));
    let accounts = vec![dao.admin.address(); 33];
    dao.net.call::<Withdraw>(&dao.admin, dao.address, &accounts).refused(ExitCode::new(74));
}

/// Attack 15: notices of sectors, which the DAO does not go by.
#[test]
fn the_dao_answers_no_sector_notices() {
    let mut dao = pushing();
    let before = dao.state();
    let miner = dao.sp.address();
    let notice = Call::new(miner, dao.address).raw(method_hash!("SectorContentChanged"), &[0x80]);
    dao.net.implicit(notice).refused(ExitCode::USR_UNHANDLED_MESSAGE);
    assert_eq!(dao.state(), before);
}

/// A method that sells nothing keeps no money.
#[test]
fn value_is_refused_where_nothing_is_sold() {
    let mut dao = pushing();
    let call = Call::new(&dao.admin, dao.address).method(RefreshDatasets::NUMBER, &vec![1_u64]);
    dao.net.run(call.value(fil(1))).refused(ExitCode::USR_NOT_PAYABLE);
    assert_eq!(dao.net.balance(dao.address), fil(0));
}

#[test]
fn a_dao_that_is_created_with_fil_has_it_in_its_treasury() {
    use actor_datadao::api::GetTreasury;
    use shared::ext::INIT_ACTOR;
    use shared::ext::init::{EXEC, ExecParams, ExecReturn};

    let mut net = network();
    let ann = net.account("ann");
    let params = ExecParams {
        code_cid: net.actors().code("datadao"),
        constructor_params: RawBytes::serialize(constructor_params(&ann, on_publish())).unwrap(),
    };
    let call = Call::new(&ann, Address::new_id(INIT_ACTOR)).method(EXEC, &params).value(fil(3));
    let created = net.run(call).ok();
    assert_eq!(created.events_of("role-granted").len(), 1);
    let dao = created.returned::<ExecReturn>().id_address;
    assert_eq!(net.view::<GetTreasury>(dao, &()).free.fil, fil(3));
}
