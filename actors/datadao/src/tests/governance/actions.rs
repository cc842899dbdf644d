//! What proposals do.

use fvm_ipld_encoding::{from_slice, to_vec};

use super::*;

fn id(account: ActorID) -> Address {
    Address::new_id(account)
}

fn add(n: u8) -> Action {
    let params = AddDatasetParams { piece_cid: piece(n), piece_size: SIZE, terms: terms(n, 2) };
    Action::AddDataset(params)
}

#[test]
fn the_dao_lists_changes_and_retires_datasets_without_a_role() {
    let update = UpdateDatasetParams { id: 1, terms: terms(1, 5) };
    let actions = vec![add(1), Action::UpdateDataset(update), add(2), Action::RetireDataset(2)];
    let mut w = World::voters().decided(actions);
    let effects = [
        Effect::DatasetAdded { id: 1, piece_cid: piece(1), wanted: 2 },
        Effect::DatasetUpdated { id: 1, wanted: 5 },
        Effect::DatasetAdded { id: 2, piece_cid: piece(2), wanted: 2 },
        Effect::DatasetRetired(2),
    ];
    assert_eq!(w.execute(1).unwrap(), effects);
    let dataset = |id| w.state.dataset(&w.store, id).unwrap();
    assert_eq!((dataset(1).terms.unwrap().wanted, dataset(1).curator), (5, Some(DAO)));
    assert!(dataset(2).retired);
    w.check_invariants();
}

#[test]
fn each_part_of_the_rules_has_its_action() {
    let mut new = rules();
    new.policy.max_duration = 101;
    new.rewards.cooldown = 21;
    new.staking.unbonding = 31;
    new.voting.delay = 4;
    new.revenue.stakers = 3_001;
    new.compute.review = 22;
    let parts = ["policy", "rewards", "staking", "voting", "revenue", "compute"];
    let mut w = World::voters().decided(vec![
        Action::SetPolicy(new.policy.clone()),
        Action::SetRewards(new.rewards.clone()),
        Action::SetStaking(new.staking.clone()),
        Action::SetVoting(new.voting.clone()),
        Action::SetRevenue(new.revenue.clone()),
        Action::SetCompute(new.compute.clone()),
    ]);
    assert_eq!(w.execute(1).unwrap(), parts.map(Effect::RulesChanged));
    let changed = w.state.config(&w.store).unwrap();
    assert_eq!(changed, Config { rules: new, ..config() }, "and nothing of the token's rules");
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let delay = VotingRules { delay: 0, ..rules().voting };
    let mut w = World::voters().decided(vec![Action::SetVoting(delay)]);
    assert_eq!(w.execute(1), Err(Error::Rule("the voting delay")));
}

#[test]
fn the_rules_change_only_when_a_proposal_is_executed() {
    let mut w = World::voters().funded(10).listing(1, 1);
    let before = w.state.config;
    let rewards = RewardRules { cooldown: 1, ..rules().rewards };
    let admin = w.by(ADMIN);
    w.state.grant_role(&w.store, &admin, Role::Member, EVE).unwrap();
    w.state.offer_admin(&w.store, &admin, BOB, false).unwrap();
    w.state.pause(&w.store, &admin, 5).unwrap();
    w.state.unpause(&w.store, &admin).unwrap();
    w.state.update_dataset(&w.store, &admin, 1, terms(1, 3)).unwrap();
    let mut w = w.decided(vec![Action::SetRewards(rewards)]);
    assert_eq!(w.state.config, before);
    w.execute(1).unwrap();
    assert_ne!(w.state.config, before);
}

/// The interface itself: whoever adds a method that takes rules has to come by here.
#[test]
fn no_method_but_the_constructor_takes_rules() {
    let table = include_str!("../../api/mod.rs");
    let methods = table.lines().filter(|line| line.trim_start().starts_with('"'));
    let (mut count, rules) = (0, ["Rules", "Policy"]);
    for method in methods {
        let params = method.split("->").next().unwrap().split_once('(').unwrap().1;
        assert!(!rules.iter().any(|part| params.contains(part)), "{method}");
        count += 1;
    }
    assert!(count > 30, "{count} methods");
}

#[test]
fn the_dao_spends_its_treasury_as_credits() {
    let mut w = World::voters().funded(100).decided(vec![spend(BOB, 60), spend(EVE, 40)]);
    let spent = |to, amount| Effect::Spent { to, cash: Cash::of(Currency::Fil, atto(amount)) };
    assert_eq!(w.execute(1).unwrap(), [spent(BOB, 60), spent(EVE, 40)]);
    assert_eq!((w.owed(BOB).fil, w.owed(EVE).fil), (atto(60), atto(40)));
    assert!(w.treasury().free.is_zero());
    w.check_invariants();
}

#[test]
fn the_dao_spends_no_more_than_its_treasury() {
    let mut w = World::voters().funded(100).decided(vec![spend(BOB, 101)]);
    assert_eq!(w.execute(1), Err(Error::Treasury));
}

#[test]
fn the_dao_mints_to_a_credit() {
    let mut w = World::voters().decided(vec![mint(BOB, 70)]);
    assert_eq!(w.execute(1).unwrap(), [Effect::Minted { to: BOB, amount: atto(70) }]);
    assert_eq!((w.balance(BOB), w.owed(BOB).data), (atto(300), atto(70)));
    assert_eq!((w.balance(DAO), w.state.minted.clone()), (atto(70), atto(1_070)));
    w.check_invariants();
}

#[test]
fn the_dao_mints_no_more_than_the_cap() {
    let mut w = World::voters().decided(vec![mint(BOB, 1_000_000 - 999)]);
    assert_eq!(w.execute(1), Err(Error::MintCap));
}

#[test]
fn an_amount_of_nothing_is_refused() {
    for amount in [0, -1] {
        for action in [
            spend(BOB, amount),
            mint(BOB, amount),
            Action::AddEscrow { amount: atto(amount) },
            Action::WithdrawEscrow { amount: atto(amount) },
        ] {
            let mut w = World::voters().funded(100).decided(vec![action]);
            assert_eq!(w.execute(1), Err(Error::ActionAmount));
        }
    }
}

#[test]
fn the_dao_does_not_pay_itself() {
    for action in [spend(DAO, 1), mint(DAO, 1)] {
        let mut w = World::voters().funded(100).decided(vec![action]);
        assert_eq!(w.execute(1), Err(Error::OwnPayee));
    }
}

#[test]
fn the_dao_grants_and_revokes_roles() {
    let mut w = World::voters().decided(vec![
        Action::GrantRole { role: Role::Curator, account: id(BOB) },
        Action::RevokeRole { role: Role::Admin, account: id(ADMIN) },
    ]);
    let (granted, revoked) =
        (Effect::RoleGranted(Role::Curator, BOB), Effect::RoleRevoked(Role::Admin, ADMIN));
    assert_eq!(w.execute(1).unwrap(), [granted, revoked]);
    assert!(w.state.roles(&w.store, BOB).unwrap().has(Role::Curator));
    assert!(!w.state.roles(&w.store, ADMIN).unwrap().has(Role::Admin));
    w.check_invariants();
}

#[test]
fn the_dao_offers_the_admin_role_and_other_admins_stay() {
    let mut w = World::voters().decided(vec![Action::OfferAdmin { to: id(BOB) }]);
    assert_eq!(w.execute(1).unwrap(), [Effect::AdminOffered(BOB)]);
    let bob = w.by(BOB);
    assert_eq!(w.state.accept_admin(&w.store, &bob), Ok(None));
    for admin in [ADMIN, BOB] {
        assert!(w.state.roles(&w.store, admin).unwrap().has(Role::Admin));
    }
    w.check_invariants();
}

#[test]
fn escrow_leaves_the_books_and_comes_back_as_much_as_the_market_pays() {
    let actions =
        vec![Action::AddEscrow { amount: atto(80) }, Action::WithdrawEscrow { amount: atto(50) }];
    let mut w = World::voters().funded(100).decided(actions);
    let effects = [Effect::AddEscrow(atto(80)), Effect::WithdrawEscrow(atto(50))];
    assert_eq!(w.execute(1).unwrap(), effects);
    assert_eq!((w.treasury().booked.fil, w.treasury().free.fil), (atto(20), atto(20)));
    w.check_invariants();
    w.state.fund(&w.store, &atto(30)).unwrap();
    assert_eq!((w.treasury().booked.fil, w.treasury().free.fil), (atto(50), atto(50)));
    w.check_invariants();
}

#[test]
fn the_dao_adds_no_more_escrow_than_its_treasury() {
    let amount = atto(101);
    let mut w = World::voters().funded(100).decided(vec![Action::AddEscrow { amount }]);
    assert_eq!(w.execute(1), Err(Error::Treasury));
}

#[test]
fn an_action_that_fails_undoes_all_and_can_be_tried_again() {
    let mut w = World::voters().funded(10).decided(vec![spend(BOB, 10), spend(EVE, 10)]);
    let before = w.state.clone();
    assert_eq!(w.execute(1), Err(Error::Treasury));
    assert_eq!(w.state, before);
    let mut w = w.funded(10);
    w.execute(1).unwrap();
    assert_eq!((w.owed(BOB).fil, w.owed(EVE).fil), (atto(10), atto(10)));
    w.check_invariants();
}

#[test]
fn an_action_for_an_address_of_nobody_fails() {
    let (to, amount) = (nobody(), atto(1));
    for action in [
        Action::Spend { to, currency: Currency::Fil, amount: amount.clone() },
        Action::Mint { to, amount },
        Action::GrantRole { role: Role::Member, account: to },
        Action::RevokeRole { role: Role::Member, account: to },
        Action::OfferAdmin { to },
    ] {
        let mut w = World::voters().funded(10).decided(vec![action]);
        assert_eq!(w.execute(1), Err(shared::Error::Unresolved(to).into()));
        assert_eq!(w.stage(1), ProposalState::Executable);
    }
}

#[test]
fn an_action_says_on_the_wire_what_it_is() {
    let spend = spend(BOB, 1);
    let encoded = to_vec(&spend).unwrap();
    assert_eq!(encoded[..7], *b"\xa1\x65Spend");
    for field in ["to", "currency", "amount"] {
        assert!(encoded.windows(field.len()).any(|part| part == field.as_bytes()), "{field}");
    }
    assert_eq!(to_vec(&Action::Unpause).unwrap(), *b"\x67Unpause");
    for action in [spend, Action::Unpause, add(1), Action::SetVoting(rules().voting)] {
        assert_eq!(from_slice::<Action>(&to_vec(&action).unwrap()).unwrap(), action);
    }
    assert!(from_slice::<Action>(b"\x67Upgrade").is_err());
}

#[test]
fn the_dao_sets_who_has_access() {
    let policy = AccessPolicy::Open;
    let action = Action::SetAccess(SetAccessParams { dataset: 1, policy: policy.clone() });
    let mut w = World::voters().listing(1, 1).decided(vec![action]);
    let payload_cid = Some(DataCid(piece(0)));
    assert_eq!(w.execute(1).unwrap(), [Effect::AccessSet { dataset: 1, policy, payload_cid }]);
    assert!(w.state.has_access(&w.store, w.now, Some(EVE), 1).unwrap());
    w.check_invariants();
}
