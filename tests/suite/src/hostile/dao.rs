//! The receiver hook of $DATA, at every method that calls it.

use std::collections::BTreeSet;

use actor_datadao::api::*;
use fab::story::Dao;
use fvm_harness::{Account, Call, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_puppet::Message;
use shared::Method;
use shared::ext::account::{AuthenticateMessageParams, RECEIVE};
use shared::ext::market::{DealProposal, Label, MarketNotifyDealParams};
use shared::token::{self, TransferFromParams, TransferParams, erc20};

use super::puppet::{self, Attack, as_message, message, tries, with_value};
use super::sites;
use super::table::Table;
use crate::hostile_owners::give;
use crate::setup::{HOOK_GAS, pushing_with_gas_to_spare};

/// Gas that the stage's DAO gives a hook.
pub const HOOK_LIMIT: u64 = 25 * HOOK_GAS;
/// $DATA that every entry brings the puppet.
const DUE: i64 = 100;
/// $DATA that Ann lets the puppet take.
const ALLOWED: i64 = 5;
/// The attack that takes them.
const PULLS: &str = "takes what it was allowed, twice";
/// The attack that is a deal of its own, and earns its reward, where it is the first for its slot.
const PUBLISHES: &str = "publishes a deal for the same slot";

/// A DAO that owes the puppet 100 $DATA and 3 FIL. The puppet owns the provider, and has 40 $DATA at
/// stake. Ann has $DATA, which the operator may move.
pub struct Stage {
    pub dao: Dao,
    pub puppet: Address,
    ann: Account,
    /// Another puppet.
    pub friend: Address,
    operator: Account,
}

/// A message that has the DAO call the puppet's hook.
pub struct Entry {
    pub name: &'static str,
    pub call: Call,
    /// $DATA that are due by it beyond what was owed before.
    due: TokenAmount,
    /// $DATA of it that are Ann's.
    from_ann: TokenAmount,
    /// What the puppet is owed after it, where it takes what it is sent.
    owed: Cash,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wealth {
    loot: Cash,
    of_ann: TokenAmount,
    treasury: Cash,
}

impl Stage {
    pub fn new() -> Self {
        let mut dao = pushing_with_gas_to_spare();
        let admin = dao.admin.clone();
        let puppet = puppet::create(&mut dao.net, &admin);
        let friend = puppet::create(&mut dao.net, &admin);
        let operator = dao.net.account("operator");
        let ann = dao.holder("ann", fil(1_000));
        dao.mint(puppet, fil(40));
        let stake = Call::new(puppet, dao.address);
        dao.net.implicit(stake.method(Stake::NUMBER, &StakeParams { amount: fil(40) })).ok();
        dao.net.fund(puppet, fil(10));
        dao.fund(fil(5));
        let mint = Action::Mint { to: puppet, amount: fil(DUE) };
        let spend = Action::Spend { to: puppet, currency: Currency::Fil, amount: fil(3) };
        dao.decide(&ann, vec![mint, spend]);
        for (operator, increase) in [(operator.address(), fil(DUE)), (puppet, fil(ALLOWED))] {
            let params = token::IncreaseAllowanceParams { operator, increase };
            dao.call::<token::IncreaseAllowance>(&ann, &params).ok();
        }
        dao.list(1, 2);
        let sp = dao.sp.clone();
        give(&mut dao.net, &sp, puppet);
        dao.net.set_tracing(true);
        Stage { dao, puppet, ann, friend, operator }
    }

    pub fn entries(&self) -> Vec<Entry> {
        let (dao, puppet) = (&self.dao, self.puppet);
        let call = |from: &Account| Call::new(from, dao.address);
        let to_puppet = TransferParams { to: puppet, amount: fil(DUE), operator_data: none() };
        let from_ann = TransferFromParams {
            from: self.ann.address(),
            to: puppet,
            amount: fil(DUE),
            operator_data: none(),
        };
        let abi = |from: &Account, function: erc20::Call| {
            let calldata = RawBytes::new(function.encode().unwrap());
            call(from).method(token::InvokeEvm::NUMBER, &calldata)
        };
        let [ann, to] = [self.ann.id, puppet.id().unwrap()].map(erc20::EthAddress::from_id);
        let transfer = erc20::Call::Transfer { to, amount: fil(DUE) };
        let transfer_from = erc20::Call::TransferFrom { from: ann, to, amount: fil(DUE) };
        let mint = MintParams { to: puppet, amount: fil(DUE) };
        let owed = |data| Cash { fil: fil(3), data: fil(data) };
        let minted = |name, call| {
            let (due, from_ann) = (fil(DUE), fil(0));
            Entry { name, call, due, from_ann, owed: owed(DUE) }
        };
        let of_ann = |name, call| Entry { from_ann: fil(DUE), ..minted(name, call) };
        let by_operator = call(&self.operator);
        vec![
            of_ann("Transfer", call(&self.ann).method(token::Transfer::NUMBER, &to_puppet)),
            of_ann(
                "TransferFrom",
                by_operator.clone().method(token::TransferFrom::NUMBER, &from_ann),
            ),
            of_ann("InvokeEVM transfer", abi(&self.ann, transfer)),
            of_ann("InvokeEVM transferFrom", abi(&self.operator, transfer_from)),
            minted("Mint", call(&dao.admin).method(Mint::NUMBER, &mint)),
            minted("MarketNotifyDeal", dao.sp.publish_call(&[dao.proposal(1)])),
            Entry {
                due: fil(0),
                owed: Cash::default(),
                ..minted("Withdraw", by_operator.method(Withdraw::NUMBER, &vec![puppet]))
            },
        ]
    }

    pub fn attacks(&self) -> Vec<Attack> {
        let (dao, to) = (self.dao.address, self.dao.address);
        let send = |to: Address, amount: i64| {
            let params = TransferParams { to, amount: fil(amount), operator_data: none() };
            message::<token::Transfer>(dao, &params)
        };
        let pull = |amount: i64| {
            let params = TransferFromParams {
                from: self.ann.address(),
                to: self.friend,
                amount: fil(amount),
                operator_data: none(),
            };
            message::<token::TransferFrom>(dao, &params)
        };
        let (ann, friend) = (self.ann.address(), self.friend);
        let amount = |amount| StakeParams { amount: fil(amount) };
        let withdraw = || message::<Withdraw>(dao, &vec![self.puppet]);
        let burn = |amount| message::<token::Burn>(dao, &token::BurnParams { amount: fil(amount) });
        let function = erc20::Call::Transfer {
            to: erc20::EthAddress::from_id(self.friend.id().unwrap()),
            amount: fil(DUE),
        };
        let abi = message::<token::InvokeEvm>(dao, &RawBytes::new(function.encode().unwrap()));
        let again = DealProposal { label: Label::String("again".into()), ..self.dao.proposal(1) };
        let publish = as_message(&self.dao.sp.publish_call(std::slice::from_ref(&again)));
        let proposal = fvm_ipld_encoding::to_vec(&again).unwrap();
        let notice = MarketNotifyDealParams { proposal: proposal.clone(), deal_id: 99 };
        let ask = AuthenticateMessageParams { signature: vec![], message: proposal };
        let mint = MintParams { to: self.puppet, amount: fil(1) };
        let donation = Message { to, method: 0, params: RawBytes::default(), value: fil(1) };
        let mut attacks = puppet::blunt();
        attacks.extend([
            ("moves the tokens on", tries([send(friend, DUE)])),
            ("moves them on by the ABI", tries([abi])),
            ("moves on one more than it has", tries([send(friend, DUE + 1)])),
            ("moves them back", tries([send(ann, DUE)])),
            ("moves them on, then burns them", tries([send(friend, DUE), burn(DUE)])),
            ("burns them", tries([burn(DUE)])),
            ("donates them to the DAO and has that booked", {
                tries([send(dao, DUE), message::<BookDonations>(dao, &())])
            }),
            ("stakes them, twice", {
                tries([amount(DUE), amount(DUE)].map(|p| message::<Stake>(dao, &p)))
            }),
            ("unstakes what it had at stake, twice", {
                tries([amount(40), amount(40)].map(|p| message::<Unstake>(dao, &p)))
            }),
            ("delegates its votes, then moves them on", {
                tries([message::<Delegate>(dao, &Some(friend)), send(friend, DUE)])
            }),
            (PULLS, tries([pull(ALLOWED), pull(ALLOWED)])),
            ("withdraws what it is owed, twice", tries([withdraw(), withdraw()])),
            ("withdraws and sends FIL along", tries([with_value(withdraw(), fil(1))])),
            ("donates FIL and has it booked", {
                tries([donation, message::<BookDonations>(dao, &())])
            }),
            (PUBLISHES, tries([publish])),
            ("notifies of a deal, as if it were the market", {
                tries([message::<MarketNotifyDeal>(dao, &notice)])
            }),
            ("asks for agreement, as if it were the market", {
                tries([message::<AuthenticateMessage>(dao, &ask)])
            }),
            ("mints", tries([message::<Mint>(dao, &mint)])),
            ("has the deals looked at", tries([message::<RefreshDatasets>(dao, &vec![1])])),
        ]);
        attacks
    }

    fn of(&mut self, who: Address) -> Cash {
        let dao = &mut self.dao;
        let mut has = dao.owed(who);
        let stake = dao.net.view::<GetStake>(dao.address, &who);
        let unbonding: TokenAmount = stake.unbonding.iter().map(|(_, amount)| amount).sum();
        has.data += dao.balance(who) + stake.staked + unbonding;
        has.fil += dao.net.balance(who);
        has
    }

    pub fn wealth(&mut self) -> Wealth {
        let (ann, friend) = (self.ann.address(), self.friend);
        let mut loot = self.of(self.puppet);
        loot += &self.of(friend);
        Wealth { loot, of_ann: self.of(ann).data, treasury: self.dao.treasury().free }
    }

    /// What must hold after a message that succeeded, whatever the puppet did.
    #[track_caller]
    pub fn check(&mut self, before: &Wealth, entry: &Entry, attack: &str) {
        let now = self.wealth();
        let what = format!("{attack}, in {}: {before:?}, then {now:?}", entry.name);
        let by = |name, brings| if attack.contains(name) { fil(brings) } else { fil(0) };
        let (pulled, published) = (by(PULLS, ALLOWED), by(PUBLISHES, DUE));
        let gain = &now.loot.data - &before.loot.data;
        assert!(gain <= &entry.due + &pulled + published, "{what}");
        assert!(now.loot.fil <= before.loot.fil, "{what}");
        assert!(&before.of_ann - &now.of_ann <= &entry.from_ann + pulled, "{what}");
        assert!(now.treasury.fil >= before.treasury.fil, "{what}");
        assert!(now.treasury.data >= before.treasury.data, "{what}");
        self.dao.check_invariants();
    }
}

fn none() -> RawBytes {
    RawBytes::default()
}

#[test]
fn whatever_a_receiver_of_data_does_it_has_its_due_at_the_most() {
    let mut stage = Stage::new();
    let (start, before) = (stage.dao.net.snapshot(), stage.wealth());
    let entries = stage.entries();
    let names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
    let mut table = Table::new("dao", &[&["The hook"], names.as_slice()].concat());
    for (attack, steps) in stage.attacks() {
        let mut cells = vec![attack.to_owned()];
        for entry in &entries {
            stage.dao.net.restore(&start);
            puppet::tell(&mut stage.dao.net, stage.puppet, RECEIVE, steps.clone());
            let outcome = puppet::run(&mut stage.dao.net, entry.call.clone());
            sites::assert_attacked(&stage.dao.net, entry.name, &outcome.calls, &stage.puppet);
            let mut cell = puppet::told(&outcome, stage.puppet.id().unwrap());
            if outcome.exit_code.is_success() {
                stage.check(&before, entry, attack);
                let owed = stage.dao.owed(stage.puppet);
                if owed.data > entry.owed.data || owed.fil > entry.owed.fil {
                    cell += ", owed";
                }
            }
            cells.push(cell);
        }
        table.row(cells);
    }
    table.verify();
}

/// Gas that the DAO spends on reading the largest reply there is, after the hook's own.
const READING: u64 = 5_000_000;

#[test]
fn a_hook_costs_a_publish_its_limit_at_the_most_and_the_reading_of_its_reply() {
    let mut stage = Stage::new();
    let publish = stage.dao.sp.publish_call(&[stage.dao.proposal(1)]);
    let start = stage.dao.net.snapshot();
    let mut gas_of = |steps| {
        stage.dao.net.restore(&start);
        puppet::tell(&mut stage.dao.net, stage.puppet, RECEIVE, steps);
        puppet::run(&mut stage.dao.net, publish.clone()).ok().gas_used
    };
    let refused = gas_of(vec![puppet::exit(90)]);
    for (attack, steps) in puppet::blunt() {
        let gas = gas_of(steps);
        assert!(gas <= refused + HOOK_LIMIT + READING, "{attack}: {gas} against {refused}");
    }
}

/// Anyone can have others paid, with as much gas as it likes.
#[test]
fn who_gives_a_payment_too_little_gas_takes_nothing_from_its_payee() {
    let mut stage = Stage::new();
    let withdraw = stage.entries().pop().expect("Withdraw").call;
    let (start, before) = (stage.dao.net.snapshot(), stage.wealth());
    let mut run = |gas| {
        stage.dao.net.restore(&start);
        let unused = stage.dao.net.snapshot();
        let outcome = stage.dao.net.implicit(withdraw.clone().gas_limit(gas));
        match outcome.exit_code {
            ExitCode::OK => assert_eq!(stage.wealth(), before),
            _ => assert_eq!(stage.dao.net.snapshot(), unused),
        }
        stage.dao.check_invariants();
        let owed = stage.dao.owed(stage.puppet).data;
        (outcome.exit_code, owed, outcome.gas_used)
    };
    let (_, _, enough) = run(puppet::GAS);
    let outcomes: Vec<_> = (1..=60).map(|part| run(enough * part / 60)).collect();
    let codes: BTreeSet<_> = outcomes.iter().map(|(code, ..)| code.value()).collect();
    assert_eq!(codes, BTreeSet::from([0, ExitCode::SYS_OUT_OF_GAS.value()]));
    // A hook that lacks gas has had all of the message's.
    let through = outcomes.iter().filter(|(code, ..)| code.is_success());
    let owed: BTreeSet<_> = through.map(|(_, owed, _)| owed.clone()).collect();
    assert_eq!(owed, BTreeSet::from([fil(0)]));
}
