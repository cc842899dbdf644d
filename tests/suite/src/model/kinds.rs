//! Steps of every kind, whoever takes them and whether or not they make sense, each kind with its weight.

use std::ops::RangeInclusive;

use actor_datadao::api::{Choice, Currency};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::attacks::COUNTS;
use super::cast::{BORROWERS, OWNERS, Party};
use super::compute::BONDS;
use super::dao::PRICE;
use super::reference::Model;
use super::step::*;

/// A strategy and its weight among the others.
pub type Weighed = (u32, BoxedStrategy<Step>);

/// A step of somebody's.
fn by<S: std::fmt::Debug + 'static>(
    weight: u32,
    who: impl Strategy<Value = Party> + 'static,
    step: impl Strategy<Value = S> + 'static,
    wrap: fn(Party, S) -> Step,
) -> Weighed {
    (weight, (who, step).prop_map(move |(who, step)| wrap(who, step)).boxed())
}

fn person() -> impl Strategy<Value = Party> {
    select(&Party::PEOPLE[..])
}

fn holder() -> impl Strategy<Value = Party> {
    select(&Party::HOLDERS[..])
}

fn caller() -> impl Strategy<Value = Party> {
    select(&Party::CALLERS[..])
}

/// Somebody with a role, or somebody else.
fn mostly(who: Party) -> impl Strategy<Value = Party> {
    prop_oneof![3 => Just(who), 1 => holder()]
}

/// A number from 1 to the last one, or rarely one of nothing.
fn id(last: usize) -> impl Strategy<Value = u64> {
    let last = last as u64;
    prop_oneof![12 => 1..=last.max(1), 1 => Just(0), 1 => Just(last + 1)]
}

/// A batch, or rarely one that is too large.
fn ids(last: usize) -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![5 => vec(id(last), 1..=3), 1 => Just(vec![1; 17])]
}

/// A batch, or one of which there is news.
fn refreshed(last: usize, untold: Vec<u64>) -> BoxedStrategy<Vec<u64>> {
    if untold.is_empty() {
        return ids(last).boxed();
    }
    prop_oneof![1 => ids(last), 2 => select(untold).prop_map(|id| vec![id])].boxed()
}

/// Whole FIL or $DATA, or nothing.
fn whole(range: RangeInclusive<i64>) -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(0), 4 => range]
}

pub fn dao(model: &Model) -> Vec<Weighed> {
    let last = model.dao.datasets.len();
    let [untold, _] = model.untold();
    let admin = || mostly(Party::Admin);
    let mint = prop_oneof![6 => 1..=500_i64, 1 => Just(1_100_000)];
    let mint = (holder(), mint).prop_map(|(to, amount)| DaoStep::Mint { to, amount });
    let moved = (holder(), whole(1..=400));
    let moved = moved.prop_map(|(to, amount)| DaoStep::Transfer { to, amount });
    let again = last > 0;
    let listed = (0..=4_u32, prop::bool::weighted(0.2));
    let listed = listed.prop_map(move |(wanted, is)| DaoStep::List { wanted, again: again && is });
    let update = (id(last), 0..=4_u32);
    let update = update.prop_map(|(dataset, wanted)| DaoStep::Update { dataset, wanted });
    let buy = (id(last), 0..=3_u32, prop::bool::weighted(0.9));
    let buy = buy.prop_map(|(dataset, periods, right)| {
        let pays = i64::from(periods) * PRICE + i64::from(!right);
        DaoStep::Buy { dataset, periods, pays }
    });
    let days = prop_oneof![3 => 1..=3_i64, 1 => Just(0), 1 => Just(1_000)];
    let delegate = prop::option::weighted(0.8, holder());
    let of = Step::Dao;
    vec![
        by(4, admin(), mint, of),
        by(6, holder(), moved, of),
        by(3, holder(), (1..=800_i64).prop_map(DaoStep::Burn), of),
        by(8, holder(), whole(1..=400).prop_map(DaoStep::Stake), of),
        by(5, holder(), whole(1..=200).prop_map(DaoStep::Unstake), of),
        by(3, caller(), holder().prop_map(DaoStep::ReleaseUnstaked), of),
        by(3, caller(), holder().prop_map(DaoStep::ClaimRevenue), of),
        by(5, holder(), delegate.prop_map(DaoStep::Delegate), of),
        by(8, admin(), listed, of),
        by(4, admin(), update, of),
        by(4, admin(), id(last).prop_map(DaoStep::Retire), of),
        by(5, admin(), id(last).prop_map(DaoStep::Sell), of),
        by(6, person(), buy, of),
        by(3, person(), (1..=50_i64).prop_map(DaoStep::Fund), of),
        by(5, caller(), caller().prop_map(DaoStep::Withdraw), of),
        by(3, person(), (1..=50_i64).prop_map(DaoStep::Donate), of),
        by(6, caller(), Just(DaoStep::BookDonations), of),
        by(6, admin(), days.prop_map(|days| DaoStep::Pause { days }), of),
        by(7, admin(), Just(DaoStep::Unpause), of),
        by(14, caller(), refreshed(last, untold).prop_map(DaoStep::Refresh), of),
    ]
}

pub fn votes(model: &Model) -> Vec<Weighed> {
    let last = model.dao.polls.len();
    let spend = (holder(), 1..=30_i64).prop_map(|(to, fil)| Motion::Spend { to, fil });
    let mint = (holder(), 1..=300_i64).prop_map(|(to, amount)| Motion::Mint { to, amount });
    let motion = prop_oneof![1 => spend, 2 => mint].prop_map(VoteStep::Propose);
    let choice = select(vec![Choice::For, Choice::For, Choice::Abstain, Choice::Against]);
    let cast = (id(last), choice);
    let cast = cast.prop_map(|(proposal, choice)| VoteStep::Cast { proposal, choice });
    let of = Step::Vote;
    vec![
        by(14, holder(), motion, of),
        by(60, holder(), cast, of),
        by(36, caller(), id(last).prop_map(VoteStep::Execute), of),
        by(5, holder(), id(last).prop_map(VoteStep::Cancel), of),
        by(3, mostly(Party::Admin), id(last).prop_map(VoteStep::Veto), of),
    ]
}

pub fn compute(model: &Model) -> Vec<Weighed> {
    use ComputeStep::{Accept, Approve, Cancel, Deliver, Dispute, Request, Rule, Settle};
    let (datasets, last) = (model.dao.datasets.len(), model.dao.requests.len());
    let currency = select(vec![Currency::Fil, Currency::Data]);
    let days = prop_oneof![5 => 30..=365_i64, 1 => Just(0), 1 => Just(366)];
    let asked = (id(datasets), currency, whole(1..=8), days, prop::bool::weighted(0.9));
    let asked = asked.prop_map(|(dataset, currency, fifths, days, exact)| Request {
        dataset,
        currency,
        bounty: fifths * BONDS,
        days,
        exact,
    });
    let percent = select(vec![0, 25, 50, 100, 101]);
    let rule = (id(last), percent).prop_map(|(request, percent)| Rule { request, percent });
    let of = Step::Compute;
    vec![
        by(24, person(), asked, of),
        by(7, person(), id(last).prop_map(Cancel), of),
        by(24, person(), id(last).prop_map(Accept), of),
        by(26, person(), id(last).prop_map(Deliver), of),
        by(14, person(), id(last).prop_map(Approve), of),
        by(36, person(), id(last).prop_map(Dispute), of),
        by(30, mostly(Party::Admin), rule, of),
        by(5, caller(), ids(last).prop_map(Settle), of),
    ]
}

pub fn grants(model: &Model) -> Vec<Weighed> {
    use GrantStep::{Access, Allow, BurnFrom, Expire, Forbid, Lower, Revoke, TransferFrom};
    let last = model.dao.datasets.len();
    let operator = || (holder(), 1..=300_i64);
    let allow = operator().prop_map(|(operator, amount)| Allow { operator, amount });
    let lower = operator().prop_map(|(operator, amount)| Lower { operator, amount });
    let moved = (holder(), holder(), whole(1..=200));
    let moved = moved.prop_map(|(from, to, amount)| TransferFrom { from, to, amount });
    let burnt = (holder(), 1..=200_i64).prop_map(|(from, amount)| BurnFrom { from, amount });
    let days = prop_oneof![5 => 1..=60_i64, 1 => Just(0), 1 => Just(4_000)];
    let access = (id(last), holder(), days);
    let access = access.prop_map(|(dataset, to, days)| Access { dataset, to, days });
    let revoke = (id(last), holder()).prop_map(|(dataset, from)| Revoke { dataset, from });
    let expire = (id(last), holder()).prop_map(|(dataset, of)| Expire { dataset, of });
    let (admin, of) = (|| mostly(Party::Admin), Step::Grant);
    vec![
        by(8, holder(), allow, of),
        by(3, holder(), lower, of),
        by(2, holder(), holder().prop_map(Forbid), of),
        by(8, holder(), moved, of),
        by(4, holder(), burnt, of),
        by(5, admin(), access, of),
        by(14, admin(), revoke, of),
        by(3, caller(), expire, of),
    ]
}

pub fn owners() -> Vec<Weighed> {
    let owner = || select(vec![Party::Sam, Party::Sam, Party::Tom, Party::Eve, Party::Ann]);
    let miner = || 0..OWNERS.len();
    let bond = (miner(), whole(1..=60));
    let bond = bond.prop_map(|(miner, amount)| OwnerStep::Bond { miner, amount });
    let unbond = (miner(), whole(1..=40));
    let unbond = unbond.prop_map(|(miner, amount)| OwnerStep::Unbond { miner, amount });
    let of = Step::Owner;
    vec![
        by(14, owner(), bond, of),
        by(14, owner(), unbond, of),
        by(6, owner(), miner().prop_map(OwnerStep::Vouch), of),
    ]
}

pub fn deals(model: &Model) -> Vec<Weighed> {
    use Flaw::{Client, Collateral, Duration, Label, Piece, Price, Size, Start};
    let flaws = [Client, Piece, Size, Start, Duration, Price, Collateral, Label];
    let flaw = || prop::option::weighted(0.15, select(flaws.to_vec()));
    let miner = || 0..OWNERS.len();
    let datasets = vec(id(model.dao.datasets.len()), 1..=2);
    let publish = (miner(), datasets, flaw());
    let publish =
        publish.prop_map(|(miner, datasets, flaw)| DealStep::Publish { miner, datasets, flaw });
    let take = (miner(), id(model.storage.perpetuals.len()), flaw());
    let take = take.prop_map(|(miner, perpetual, flaw)| DealStep::Take { miner, perpetual, flaw });
    let made = 0..model.deals.0.len().max(1);
    let step = |weight, step: BoxedStrategy<DealStep>| (weight, step.prop_map(Step::Deal).boxed());
    vec![
        step(22, publish.boxed()),
        step(22, take.boxed()),
        step(30, made.clone().prop_map(DealStep::Activate).boxed()),
        step(5, made.clone().prop_map(DealStep::Terminate).boxed()),
        step(4, made.prop_map(DealStep::Settle).boxed()),
    ]
}

pub fn storage(model: &Model) -> Vec<Weighed> {
    let last = model.storage.perpetuals.len();
    let [_, untold] = model.untold();
    let create = (0..=3_u32, prop::bool::weighted(0.8));
    let create = create.prop_map(|(replicas, pays)| StorageStep::Create { replicas, pays });
    let change = (id(last), 0..=4_u32);
    let change =
        change.prop_map(|(perpetual, replicas)| StorageStep::Change { perpetual, replicas });
    let top_up = (id(last), whole(1..=50));
    let top_up = top_up.prop_map(|(perpetual, amount)| StorageStep::TopUp { perpetual, amount });
    let withdraw = any::<bool>().prop_map(|over| StorageStep::Withdraw { over });
    let of = Step::Storage;
    vec![
        by(5, person(), whole(1..=50).prop_map(StorageStep::Deposit), of),
        by(4, person(), withdraw, of),
        by(8, person(), create, of),
        by(4, person(), change, of),
        by(4, person(), top_up, of),
        by(3, person(), id(last).prop_map(StorageStep::Close), of),
        by(18, caller(), refreshed(last, untold).prop_map(StorageStep::Refresh), of),
    ]
}

pub fn lending(model: &Model) -> Vec<Weighed> {
    use Forgery::{Altered, Chain, Late, Replayed, Signer};
    let last = model.lending.loans.len();
    let redeem = (select(vec![250, 500, 1_000]), prop::bool::weighted(0.2));
    let redeem = redeem.prop_map(|(part, over)| LendingStep::Redeem { part, over });
    let pay_exits = select(vec![0, 0, 4, 32]).prop_map(LendingStep::PayExits);
    let unstake = prop::bool::weighted(0.5).prop_map(|over| LendingStep::UnstakeCover { over });
    let forged = prop::option::weighted(0.2, select(vec![Altered, Signer, Replayed, Chain, Late]));
    let submit = (0..BORROWERS, forged);
    let submit = submit.prop_map(|(miner, forged)| LendingStep::Submit { miner, forged });
    let activate = (id(last), prop::bool::weighted(0.9));
    let activate = activate.prop_map(|(loan, proposes)| LendingStep::Activate { loan, proposes });
    let repay = (id(last), 1..=20_i64);
    let repay = repay.prop_map(|(loan, amount)| LendingStep::Repay { loan, amount });
    let owner = || select(vec![Party::Sam, Party::Sam, Party::Tom, Party::Ann]);
    let bot = || Just(Party::Keeper);
    let of = Step::Lending;
    vec![
        by(12, person(), whole(1_000..=3_000).prop_map(LendingStep::Deposit), of),
        by(22, person(), redeem, of),
        by(5, person(), Just(LendingStep::CancelExit), of),
        by(4, bot(), pay_exits, of),
        by(18, owner(), submit, of),
        by(44, owner(), activate, of),
        by(3, owner(), id(last).prop_map(LendingStep::FreeReserve), of),
        by(6, bot(), id(last).prop_map(LendingStep::Collect), of),
        by(4, person(), repay, of),
        by(6, owner(), id(last).prop_map(LendingStep::PayOff), of),
        by(20, bot(), id(last).prop_map(LendingStep::Impair), of),
        by(26, bot(), id(last).prop_map(LendingStep::DeclareDefault), of),
        by(20, bot(), id(last).prop_map(LendingStep::Release), of),
        by(28, bot(), (0..BORROWERS).prop_map(LendingStep::TakeBack), of),
        by(14, bot(), (0..BORROWERS).prop_map(LendingStep::Ruin), of),
        by(4, person(), whole(10..=100).prop_map(LendingStep::StakeCover), of),
        by(8, person(), unstake, of),
        by(36, person(), Just(LendingStep::WithdrawCover), of),
        by(3, mostly(Party::Governor), prop::bool::weighted(0.2).prop_map(LendingStep::Pause), of),
        by(1, bot(), Just(LendingStep::PayTreasury), of),
    ]
}

pub fn attacks() -> Vec<Weighed> {
    let [trespasses, free, open, targets] = COUNTS;
    let strangers = [Party::Ann, Party::Bob, Party::Keeper, Party::Sam, Party::Eve];
    let stranger = || select(strangers.to_vec());
    let mood = prop_oneof![
        Just(Mood::Friendly),
        Just(Mood::Refuses),
        (1..=150_i64).prop_map(Mood::PassesOn),
    ];
    let of = Step::Attack;
    vec![
        by(8, stranger(), (0..trespasses).prop_map(Attack::Trespass), of),
        by(3, person(), (0..free).prop_map(Attack::Overpay), of),
        by(3, person(), (0..open).prop_map(Attack::Garble), of),
        by(2, stranger(), (0..targets).prop_map(Attack::Unknown), of),
        by(6, person(), mood.prop_map(Attack::SetMood), of),
    ]
}
