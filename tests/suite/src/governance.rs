//! The DAO decides, by real messages from the proposal to what it does.

use std::slice::from_ref;

use actor_datadao::api::{
    Action, BookDonations, Cancel, Cash, Choice, ComputeRules, Currency, DealPolicy, Delegate,
    GetProposal, GetRules, GetVote, GetVoteParams, GetVotes, GetVotesParams, METHODS,
    ProposalState, RevenueRules, Rules, StakingRules, Veto, Vote, VotingRules,
};
use fab::story::Dao;
use fvm_harness::{Account, Key, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::error::ExitCode;
use shared::ext::market::DealProposal;
use shared::token::InvokeEvm;
use shared::token::erc20::{self, EthAddress};

use crate::setup::{DAY, dataset, fields, pushing, vesting_rules};

/// A DAO whose 1,000 $DATA are Ann's, Bob's and Carol's: 600, 200 and 200. A fifth is the quorum.
fn assembly() -> (Dao, [Account; 3]) {
    let mut dao = pushing();
    let holders = [("ann", 600), ("bob", 200), ("carol", 200)];
    let holders = holders.map(|(name, amount)| dao.holder(name, fil(amount)));
    (dao, holders)
}

fn pay(to: &Account, currency: Currency, amount: i64) -> Action {
    Action::Spend { to: to.address(), currency, amount: fil(amount) }
}

fn cash(fil_: i64, data: i64) -> Cash {
    Cash { fil: fil(fil_), data: fil(data) }
}

#[test]
fn a_dataset_that_is_voted_in_is_stored() {
    let (mut dao, [ann, bob, _]) = assembly();
    let id = dao.propose(&ann, vec![Action::AddDataset(dataset(1, 1))]);
    assert_eq!(dao.poll(id).state, ProposalState::Pending);
    dao.vote(&ann, id, Choice::For).refused(ExitCode::new(97));
    dao.await_vote(id);
    let voted = dao.vote(&ann, id, Choice::For).outcome.ok();
    assert_eq!(fields::<TokenAmount>(&voted, "voted", "weight"), [fil(600)]);
    dao.vote(&bob, id, Choice::Against).ok();
    let poll = dao.poll(id);
    assert_eq!((poll.state, poll.tally.against), (ProposalState::Active, fil(200)));
    dao.net.skip(poll.end + 1 - dao.net.epoch());
    assert_eq!(dao.poll(id).state, ProposalState::Timelocked);
    dao.await_eta(id);
    assert_eq!(dao.poll(id).state, ProposalState::Executable);

    let executed = dao.execute(id).outcome.ok();
    assert_eq!(fields::<u64>(&executed, "proposal-executed", "proposal"), [id]);
    assert_eq!(fields::<u64>(&executed, "dataset-added", "dataset"), [1]);
    assert_eq!(dao.poll(id).state, ProposalState::Executed);
    let params = GetVoteParams { proposal: id, voter: ann.address() };
    let vote = dao.net.view::<GetVote>(dao.address, &params);
    assert_eq!(vote, Some(Vote { choice: Choice::For, weight: fil(600) }));
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    assert_eq!(dao.balance(&dao.sp.owner.clone()), fil(100));
    dao.check_invariants();
}

#[test]
fn rules_change_by_a_proposal_alone() {
    let setters = METHODS.iter().filter(|method| {
        method.name.strip_prefix("Set").is_some_and(|of| of.starts_with(char::is_uppercase))
    });
    assert_eq!(setters.map(|method| method.name).collect::<Vec<_>>(), ["SetAccess"]);

    let (mut dao, [ann, ..]) = assembly();
    let old = dao.net.view::<GetRules>(dao.address, &());
    let new = Rules {
        policy: DealPolicy { min_duration: 200 * DAY, ..old.policy.clone() },
        rewards: vesting_rules(),
        staking: StakingRules { unbonding: DAY, ..old.staking.clone() },
        voting: VotingRules { quorum: 5_000, ..old.voting.clone() },
        revenue: RevenueRules { stakers: 0, ..old.revenue.clone() },
        compute: ComputeRules { bond: 1, ..old.compute.clone() },
    };
    let id = dao.pass(
        &ann,
        vec![
            Action::SetPolicy(new.policy.clone()),
            Action::SetRewards(new.rewards.clone()),
            Action::SetStaking(new.staking.clone()),
            Action::SetVoting(new.voting.clone()),
            Action::SetRevenue(new.revenue.clone()),
            Action::SetCompute(new.compute.clone()),
        ],
    );
    assert_eq!(dao.net.view::<GetRules>(dao.address, &()), old);
    let executed = dao.execute(id).outcome.ok();
    let parts = ["policy", "rewards", "staking", "voting", "revenue", "compute"];
    assert_eq!(fields::<String>(&executed, "rules-changed", "part"), parts);
    assert_eq!(dao.net.view::<GetRules>(dao.address, &()), new);
    dao.check_invariants();
}

#[test]
fn tokens_vote_once_and_where_they_were_at_the_snapshot() {
    let (mut dao, [ann, bob, carol]) = assembly();
    let dan = dao.net.account("dan");
    let id = dao.propose(&ann, vec![Action::RetireDataset(1)]);
    dao.transfer(&ann, &bob, fil(100));
    dao.await_vote(id);
    dao.transfer(&ann, &dan, fil(100));
    let calldata = erc20::Call::Transfer { to: EthAddress::from_id(dan.id), amount: fil(100) };
    dao.call::<InvokeEvm>(&ann, &RawBytes::new(calldata.encode().unwrap())).ok();
    dao.call::<Delegate>(&ann, &Some(dan.address())).ok();
    let now = GetVotesParams { account: dan.address(), snapshot: None };
    assert_eq!(dao.net.view::<GetVotes>(dao.address, &now), fil(500));

    dao.vote(&dan, id, Choice::For).refused(ExitCode::new(98));
    dao.vote(&ann, id, Choice::For).ok();
    dao.vote(&ann, id, Choice::For).refused(ExitCode::new(99));
    dao.vote(&bob, id, Choice::Against).ok();
    dao.vote(&carol, id, Choice::Abstain).ok();
    let tally = dao.poll(id).tally;
    assert_eq!((tally.in_favour, tally.against, tally.abstain), (fil(500), fil(300), fil(200)));
    dao.check_invariants();
}

#[test]
fn a_delegate_votes_with_what_is_delegated_at_the_snapshot() {
    let (mut dao, [ann, bob, carol]) = assembly();
    dao.call::<Delegate>(&carol, &Some(bob.address())).ok();
    let id = dao.propose(&ann, vec![Action::RetireDataset(1)]);
    dao.await_vote(id);
    dao.call::<Delegate>(&carol, &None).ok();
    dao.vote(&carol, id, Choice::For).refused(ExitCode::new(98));
    dao.vote(&bob, id, Choice::For).ok();
    assert_eq!(dao.poll(id).tally.in_favour, fil(400));
    dao.check_invariants();
}

/// Deals mint rewards all the time: neither before nor after the first vote do they make the quorum
/// of a vote any larger, nor do they vote.
#[test]
fn rewards_that_deals_mint_during_a_vote_do_not_move_its_quorum() {
    let (mut dao, [_, bob, _]) = assembly();
    dao.list(1, 1);
    dao.list(2, 1);
    let id = dao.propose(&bob, vec![Action::RetireDataset(1)]);
    dao.await_vote(id);
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    dao.vote(&bob, id, Choice::For).ok();
    let deal = dao.proposal(2);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    assert_eq!(dao.state().token.supply, fil(1_200));
    dao.vote(&dao.sp.owner.clone(), id, Choice::Against).refused(ExitCode::new(98));
    assert_eq!(dao.net.view::<GetProposal>(dao.address, &id).quorum, Some(fil(200)));
    dao.await_eta(id);
    dao.execute(id).ok();
    dao.check_invariants();
}

#[test]
fn a_proposal_is_executed_in_its_time_and_once() {
    let (mut dao, [ann, bob, _]) = assembly();
    dao.fund(fil(5));
    let id = dao.propose(&ann, vec![pay(&bob, Currency::Fil, 2)]);
    dao.await_vote(id);
    dao.vote(&ann, id, Choice::For).ok();
    dao.execute(id).refused(ExitCode::new(100));
    let eta = dao.poll(id).eta;
    dao.net.skip(eta - 1 - dao.net.epoch());
    dao.execute(id).refused(ExitCode::new(100));
    dao.net.skip(1);
    let in_time = dao.net.snapshot();
    dao.execute(id).ok();
    dao.execute(id).refused(ExitCode::new(100));
    assert_eq!(dao.owed(&bob), cash(2, 0));
    dao.check_invariants();

    dao.net.restore(&in_time);
    dao.net.skip(14 * DAY + 1);
    assert_eq!(dao.poll(id).state, ProposalState::Expired);
    dao.execute(id).refused(ExitCode::new(100));
    assert_eq!(dao.owed(&bob), cash(0, 0));
}

#[test]
fn a_minority_or_too_few_decide_nothing() {
    let (mut dao, [ann, bob, carol]) = assembly();
    let outvoted = dao.propose(&bob, vec![Action::RetireDataset(1)]);
    let missed = dao.propose(&carol, vec![Action::RetireDataset(1)]);
    dao.await_vote(missed);
    dao.vote(&bob, outvoted, Choice::For).ok();
    dao.vote(&ann, outvoted, Choice::Against).ok();
    dao.vote(&ann, missed, Choice::Against).ok();
    dao.await_eta(missed);
    for id in [outvoted, missed] {
        assert_eq!(dao.poll(id).state, ProposalState::Defeated);
        dao.execute(id).refused(ExitCode::new(100));
    }
    dao.check_invariants();
}

#[test]
fn a_guardian_and_nobody_else_vetoes_what_has_passed() {
    let (mut dao, [ann, ..]) = assembly();
    let id = dao.pass(&ann, vec![Action::AddDataset(dataset(1, 1))]);
    dao.call::<Veto>(&ann, &id).refused(ExitCode::new(67));
    let admin = dao.admin.address();
    let vetoed = dao.call::<Veto>(admin, &id).outcome.ok();
    assert_eq!(fields::<u64>(&vetoed, "proposal-vetoed", "proposal"), [id]);
    dao.execute(id).refused(ExitCode::new(100));
    assert_eq!(dao.poll(id).state, ProposalState::Vetoed);
    dao.check_invariants();
}

#[test]
fn a_proposer_who_sold_out_is_cancelled_by_anyone() {
    let (mut dao, [_, bob, carol]) = assembly();
    let id = dao.propose(&carol, vec![Action::RetireDataset(1)]);
    dao.call::<Cancel>(&bob, &id).refused(ExitCode::new(102));
    dao.transfer(&carol, &bob, fil(101));
    let cancelled = dao.call::<Cancel>(&bob, &id).outcome.ok();
    assert_eq!(fields::<u64>(&cancelled, "proposal-cancelled", "by"), [bob.id]);
    dao.await_vote(id);
    dao.vote(&carol, id, Choice::For).refused(ExitCode::new(97));
    assert_eq!(dao.poll(id).state, ProposalState::Cancelled);
    dao.check_invariants();
}

#[test]
fn what_the_dao_spends_and_mints_is_paid_out_in_fil_and_data() {
    let (mut dao, [ann, ..]) = assembly();
    let dan = dao.net.account("dan");
    dao.fund(fil(5));
    let treasury = dao.address;
    dao.transfer(&ann, treasury, fil(50));
    assert_eq!(dao.call::<BookDonations>(&dan, &()).ok(), cash(0, 50));
    let mint = Action::Mint { to: dan.address(), amount: fil(7) };
    dao.decide(&ann, vec![pay(&dan, Currency::Fil, 3), pay(&dan, Currency::Data, 20), mint]);
    assert_eq!((dao.owed(&dan), dao.treasury().free), (cash(3, 27), cash(2, 30)));
    let before = dao.net.balance(&dan);
    assert_eq!(dao.withdraw(&dan), cash(3, 27));
    assert_eq!((dao.net.balance(&dan) - before, dao.balance(&dan)), (fil(3), fil(27)));
    assert_eq!(dao.withdraw(&dan), cash(0, 0));
    dao.check_invariants();
}

/// Attack 9: a withdrawal that the books take for paid, while deals lock the escrow.
#[test]
fn the_treasury_is_booked_with_what_the_market_paid_out() {
    let (mut dao, [ann, ..]) = assembly();
    dao.list(1, 1);
    dao.fund(fil(10));
    let policy = dao.net.view::<GetRules>(dao.address, &()).policy;
    let policy = DealPolicy { max_client_collateral: fil(2), ..policy };
    dao.decide(&ann, vec![Action::SetPolicy(policy), Action::AddEscrow { amount: fil(5) }]);
    assert_eq!((dao.treasury().free, dao.net.balance(dao.address)), (cash(5, 0), fil(5)));
    assert_eq!(dao.net.escrow(dao.address).balance, fil(5));

    let withdraw = |amount| Action::WithdrawEscrow { amount: fil(amount) };
    let id = dao.pass(&ann, vec![withdraw(1), withdraw(100), withdraw(1)]);
    let deal = DealProposal { client_collateral: fil(2), ..dao.proposal(1) };
    dao.sp.publish_all(&mut dao.net, from_ref(&deal));
    let executed = dao.execute(id).outcome.ok();
    let paid = fields::<TokenAmount>(&executed, "escrow-withdrawn", "amount");
    assert_eq!(paid, [fil(1), fil(2), fil(0)]);
    let escrow = dao.net.escrow(dao.address);
    assert_eq!((escrow.balance, escrow.locked), (fil(2), fil(2)));
    assert_eq!((dao.treasury().free, dao.net.balance(dao.address)), (cash(8, 0), fil(8)));
    assert_eq!(dao.treasury().booked, cash(8, 0));
    dao.check_invariants();
}

#[test]
fn an_action_for_nobody_undoes_the_others_and_can_be_tried_again() {
    let (mut dao, [ann, ..]) = assembly();
    dao.fund(fil(3));
    let to = Key::secp256k1("unborn").address().unwrap();
    let spend = Action::Spend { to, currency: Currency::Fil, amount: fil(3) };
    let id = dao.pass(&ann, vec![Action::AddDataset(dataset(1, 1)), spend]);
    let before = dao.state();
    dao.execute(id).refused(ExitCode::USR_NOT_FOUND);
    assert_eq!((dao.state(), dao.poll(id).state), (before, ProposalState::Executable));
    dao.net.fund(to, fil(1));
    dao.execute(id).ok();
    assert_eq!((dao.withdraw(to), dao.net.balance(to)), (cash(3, 0), fil(4)));
    dao.check_invariants();
}

#[test]
fn what_the_treasury_does_not_have_cannot_be_spent_until_it_has_it() {
    let (mut dao, [ann, bob, _]) = assembly();
    dao.fund(fil(5));
    let id = dao.pass(&ann, vec![pay(&bob, Currency::Fil, 3), pay(&bob, Currency::Fil, 3)]);
    dao.execute(id).refused(ExitCode::new(160));
    assert_eq!((dao.owed(&bob), dao.treasury().free), (cash(0, 0), cash(5, 0)));
    dao.fund(fil(1));
    dao.execute(id).ok();
    assert_eq!((dao.owed(&bob), dao.treasury().free), (cash(6, 0), cash(0, 0)));
    dao.check_invariants();
}
