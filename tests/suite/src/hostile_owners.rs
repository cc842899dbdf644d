//! Owners of providers, and others whom the DAO pays, whose receiver hook does harm: none of them
//! blocks a publish or the payment of others, and none gets more than its due.

use actor_datadao::api::{
    Action, BookDonations, Cash, Currency, GetStake, Stake, StakeParams, Unstake, Withdraw,
};
use fvm_harness::{Account, Call, Network, Provider, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_owner::{Forward, Message, Mood, SetMood};
use shared::ext::MARKET_ACTOR;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::PUBLISH_STORAGE_DEALS;
use shared::ext::miner::CHANGE_OWNER_ADDRESS;
use shared::{Method, token};

use fab::story::Dao;

use crate::setup::{HOOK_GAS, PIECE_SIZE, piece, pushing, pushing_with_gas_to_spare};

/// Creates the attacker and hands it the provider.
pub fn take_over(net: &mut Network, sp: &Provider) -> Address {
    let attacker = net.create(&sp.owner, "hostile-owner", &()).ok().id_address;
    give(net, sp, attacker);
    attacker
}

/// Hands a provider to an actor that signs nothing.
pub fn give(net: &mut Network, sp: &Provider, to: Address) {
    let change = |from: Address| Call::new(from, sp.address()).method(CHANGE_OWNER_ADDRESS, &to);
    net.run(change(sp.owner.address())).ok();
    net.implicit(change(to)).ok();
}

fn set_mood(dao: &mut Dao, attacker: Address, mood: Mood) {
    dao.net.call::<SetMood>(&dao.admin, attacker, &mood).ok();
}

/// A message that moves $DATA.
fn transfer(dao: &Dao, to: &Account, amount: TokenAmount) -> Message {
    let operator_data = RawBytes::default();
    let params = token::TransferParams { to: to.address(), amount, operator_data };
    Message {
        to: dao.address,
        method: token::Transfer::NUMBER,
        params: RawBytes::serialize(params).unwrap(),
    }
}

#[test]
fn an_owner_that_refuses_is_owed_and_can_claim_later() {
    let mut dao = pushing().listing(1, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { refuses: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!(outcome.events_of("payment-refused").len(), 1);
    assert_eq!((dao.balance(attacker), dao.owed(attacker).data), (fil(0), fil(100)));
    dao.check_invariants();

    assert_eq!(dao.withdraw(attacker).data, fil(0), "still refuses");
    assert_eq!(dao.owed(attacker).data, fil(100));
    set_mood(&mut dao, attacker, Mood::FRIENDLY);
    assert_eq!(dao.withdraw(attacker).data, fil(100));
    assert_eq!((dao.balance(attacker), dao.owed(attacker).data), (fil(100), fil(0)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_burns_gas_burns_no_more_than_its_limit() {
    let mut dao = pushing().listing(1, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    let (start, deal) = (dao.net.snapshot(), dao.proposal(1));
    let mut gas_of = |mood| {
        dao.net.restore(&start);
        set_mood(&mut dao, attacker, mood);
        dao.sp.publish(&mut dao.net, std::slice::from_ref(&deal)).ok().gas_used
    };
    let refused = gas_of(Mood { refuses: true, ..Mood::FRIENDLY });
    let burnt = gas_of(Mood { burns_gas: true, ..Mood::FRIENDLY });
    assert_eq!(dao.owed(attacker).data, fil(100));
    assert!(burnt > HOOK_GAS, "the hook did burn: {burnt}");
    assert!(burnt < refused + HOOK_GAS, "{burnt} against {refused} of a refusal");
}

#[test]
fn an_owner_that_reenters_the_publish_earns_each_slot_once() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 2).listing(2, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    let nested = dao.sp.publish_call(&[dao.proposal(2)]);
    let publish = Message {
        to: Address::new_id(MARKET_ACTOR),
        method: PUBLISH_STORAGE_DEALS,
        params: nested.params,
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(publish), ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!((dao.dataset(1).replicas.len(), dao.dataset(2).replicas.len()), (1, 1));
    assert_eq!((dao.balance(attacker), dao.owed(attacker).data), (fil(200), fil(0)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_reenters_for_the_same_slot_fails_itself_only() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 2);
    let attacker = take_over(&mut dao.net, &dao.sp);
    let mut again = dao.sp.proposal(&dao.net, dao.address, piece(1), PIECE_SIZE);
    again.label = shared::ext::market::Label::String("again".into());
    let publish = Message {
        to: Address::new_id(MARKET_ACTOR),
        method: PUBLISH_STORAGE_DEALS,
        params: dao.sp.publish_call(&[again]).params,
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(publish), ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.net.set_tracing(true);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    let asked = outcome.calls.of_method(AUTHENTICATE_MESSAGE);
    let answers: Vec<_> = asked.iter().filter_map(|call| call.exit_code).collect();
    assert_eq!(answers, [ExitCode::OK, ExitCode::new(52)], "the nested proposal is refused");
    assert_eq!(dao.dataset(1).replicas.len(), 1);
    assert_eq!(dao.balance(attacker), fil(0));
    assert_eq!(dao.owed(attacker).data, fil(100));
    dao.check_invariants();
}

/// The one way to overfill a dataset at the notice: between the market's questions and its notice
/// for the second deal, the first deal's hook fills the second's last slot from another miner.
#[test]
fn a_slot_that_is_filled_between_question_and_notice_fails_the_batch() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1).listing(2, 1);
    let other = Provider::owned_by(&mut dao.net, "other", dao.sp.owner.clone());
    let attacker = take_over(&mut dao.net, &dao.sp);
    give(&mut dao.net, &other, attacker);
    let nested = other.proposal(&dao.net, dao.address, piece(2), PIECE_SIZE);
    let publish = Message {
        to: Address::new_id(MARKET_ACTOR),
        method: PUBLISH_STORAGE_DEALS,
        params: other.publish_call(&[nested]).params,
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(publish), ..Mood::FRIENDLY });
    let batch = [dao.proposal(1), dao.proposal(2)];
    let outcome = dao.sp.publish(&mut dao.net, &batch);
    let outcome = outcome.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(outcome.backtrace.contains("has the 1 replicas that it wants"), "{outcome}");
    assert_eq!((dao.dataset(1).replicas.len(), dao.dataset(2).replicas.len()), (0, 0));
    assert_eq!(dao.balance(attacker) + dao.owed(attacker).data, fil(0));
    dao.check_invariants();
}

#[test]
fn an_owner_that_moves_its_reward_on_and_then_refuses_keeps_and_moves_nothing() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let (attacker, friend) = (take_over(&mut dao.net, &dao.sp), dao.net.account("friend"));
    let transfer = transfer(&dao, &friend, fil(100));
    let mood = Mood { refuses: true, sends: Some(transfer), ..Mood::FRIENDLY };
    set_mood(&mut dao, attacker, mood);
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!((dao.balance(attacker), dao.balance(&friend)), (fil(0), fil(0)));
    assert_eq!(dao.owed(attacker).data, fil(100));
    dao.check_invariants();
}

#[test]
fn an_owner_that_moves_its_reward_on_in_its_hook_has_moved_it() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let (attacker, friend) = (take_over(&mut dao.net, &dao.sp), dao.net.account("friend"));
    let transfer = transfer(&dao, &friend, fil(60));
    set_mood(&mut dao, attacker, Mood { sends: Some(transfer), ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!((dao.balance(attacker), dao.balance(&friend)), (fil(40), fil(60)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_claims_again_in_its_hook_is_paid_once() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { refuses: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    let again = Message {
        to: dao.address,
        method: Withdraw::NUMBER,
        params: RawBytes::serialize(vec![attacker]).unwrap(),
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(again), ..Mood::FRIENDLY });
    let owners = vec![attacker, attacker];
    let paid = dao.net.call::<Withdraw>(&dao.admin, dao.address, &owners).ok();
    assert_eq!([&paid[0].data, &paid[1].data], [&fil(100), &fil(0)]);
    assert_eq!((dao.balance(attacker), dao.owed(attacker).data), (fil(100), fil(0)));
    assert_eq!(dao.state().token.supply, fil(100));
    dao.check_invariants();
}

/// A DAO that owes an attacker 100 $DATA and 3 FIL, and Ann and Bob 10 $DATA each. The attacker has a
/// stake of 40 $DATA.
fn owing() -> (Dao, Address, [Account; 2]) {
    let mut dao = pushing_with_gas_to_spare();
    let attacker = dao.net.create(&dao.admin, "hostile-owner", &()).ok().id_address;
    let (ann, bob) = (dao.holder("ann", fil(1_000)), dao.net.account("bob"));
    dao.fund(fil(3));
    dao.mint(attacker, fil(40));
    let stake = message::<Stake>(&dao, &StakeParams { amount: fil(40) });
    dao.net.call::<Forward>(&dao.admin, attacker, &stake).ok();
    let mint = |to, amount| Action::Mint { to, amount: fil(amount) };
    let spend = Action::Spend { to: attacker, currency: Currency::Fil, amount: fil(3) };
    let mints = [mint(attacker, 100), mint(ann.address(), 10), mint(bob.address(), 10)];
    dao.decide(&ann, mints.into_iter().chain([spend]).collect());
    (dao, attacker, [ann, bob])
}

/// A message to the DAO.
fn message<M: Method>(dao: &Dao, params: &M::Params) -> Message {
    let params = shared::dispatch::encode(params).unwrap();
    let params = RawBytes::new(params.map(|block| block.data).unwrap_or_default());
    Message { to: dao.address, method: M::NUMBER, params }
}

#[test]
fn a_payee_that_reenters_the_dao_while_it_is_paid_gains_nothing() {
    let (mut dao, attacker, _) = owing();
    let donor = dao.sp.owner.clone();
    dao.net.run(Call::new(&donor, dao.address).value(fil(5))).ok();
    let unstake = |amount| StakeParams { amount: fil(amount) };
    let start = dao.net.snapshot();
    // What the hook sends, and whether that goes through: if not, the payment is refused.
    let reentries = [
        (message::<Withdraw>(&dao, &vec![attacker]), true),
        (message::<BookDonations>(&dao, &()), true),
        (message::<Unstake>(&dao, &unstake(40)), true),
        (message::<Unstake>(&dao, &unstake(41)), false),
        (message::<Stake>(&dao, &unstake(100)), true),
        (message::<Stake>(&dao, &unstake(101)), false),
    ];
    for (sends, passes) in reentries {
        dao.net.restore(&start);
        let (number, books) = (sends.method, dao.treasury());
        let supply = dao.state().token.supply;
        set_mood(&mut dao, attacker, Mood { sends: Some(sends), ..Mood::FRIENDLY });
        let (due, refused) = if passes { (fil(100), fil(0)) } else { (fil(0), fil(100)) };
        assert_eq!(dao.withdraw(attacker), Cash { fil: fil(3), data: due }, "{number}");
        assert_eq!(dao.owed(attacker), Cash::of(Currency::Data, refused.clone()), "{number}");

        let booked = number == BookDonations::NUMBER;
        let treasury = dao.treasury().free.fil - books.free.fil;
        assert_eq!(treasury, if booked { fil(5) } else { fil(0) }, "{number}");
        let stake = dao.net.view::<GetStake>(dao.address, &attacker);
        let unbonding: TokenAmount = stake.unbonding.iter().map(|(_, amount)| amount).sum();
        let has = dao.balance(attacker) + stake.staked + unbonding + refused;
        assert_eq!((has, dao.net.balance(attacker)), (fil(140), fil(3)), "{number}");
        assert_eq!(dao.state().token.supply, supply, "{number}");
        dao.check_invariants();
    }
}

#[test]
fn a_payee_that_refuses_is_owed_again_and_blocks_nobody_in_its_batch() {
    let (mut dao, attacker, [ann, bob]) = owing();
    for mood in
        [Mood { refuses: true, ..Mood::FRIENDLY }, Mood { burns_gas: true, ..Mood::FRIENDLY }]
    {
        let start = dao.net.snapshot();
        set_mood(&mut dao, attacker, mood);
        let payees = vec![ann.address(), attacker, bob.address()];
        let outcome = dao.call::<Withdraw>(&bob, &payees).outcome.ok();
        assert_eq!(outcome.events_of("payment-refused").len(), 1);
        let paid: Vec<Cash> = outcome.returned();
        let cash = |fil_, data| Cash { fil: fil(fil_), data: fil(data) };
        assert_eq!(paid, [cash(0, 10), cash(3, 0), cash(0, 10)]);
        assert_eq!((dao.balance(&ann), dao.balance(&bob)), (fil(1_010), fil(10)));
        assert_eq!((dao.owed(attacker), dao.balance(attacker)), (cash(0, 100), fil(0)));
        dao.check_invariants();
        dao.net.restore(&start);
    }
}
