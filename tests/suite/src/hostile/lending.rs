//! The receiver hook of shares in the lending pool, at every method that calls it.

use actor_lending_market::api::*;
use fab::story::Lending;
use fvm_harness::{Account, Call, Outcome, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use shared::Method;
use shared::ext::account::RECEIVE;
use shared::token::{self, TransferFromParams, TransferParams, erc20};

use super::puppet::{self, Attack, message, tries, with_value};
use super::sites;
use super::table::Table;
use crate::setup::lending;

/// FIL, and shares, that every entry brings the puppet.
const DUE: i64 = 3;
/// The attack that makes it the loan's sponsor.
const COVERS: &str = "covers the loan and leaves";

/// A pool in which Ann has shares, which the keeper may move. A loan is out, and a share is a FIL still.
pub struct Stage {
    pub m: Lending,
    pub puppet: Address,
    /// Another puppet.
    pub friend: Address,
    /// FIL that every entry brings the puppet, or that its shares are worth.
    pub due: TokenAmount,
    /// FIL that the cover has of the instalment that is due: there is none, so whoever stakes a little of
    /// it has that all.
    for_cover: TokenAmount,
}

impl Stage {
    pub fn new() -> Self {
        let mut m = lending().lent(5_000);
        let (keeper, ann) = (m.keeper.clone(), m.ann.clone());
        let puppet = puppet::create(&mut m.net, &keeper);
        let friend = puppet::create(&mut m.net, &keeper);
        m.net.fund(puppet, fil(10));
        let params =
            token::IncreaseAllowanceParams { operator: keeper.address(), increase: fil(DUE) };
        m.call::<token::IncreaseAllowance>(&ann, &params).ok();
        m.loan(|_| {});
        m.net.set_tracing(true);
        Stage { m, puppet, friend, due: fil(DUE), for_cover: fil(0) }
    }

    /// A pool that has something to do: two exits of Ann's wait, for which there is cash, and an
    /// instalment is due. The loan has made a share worth an odd amount.
    pub fn busy() -> Self {
        let mut stage = Self::new();
        let m = &mut stage.m;
        let (ann, keeper) = (m.ann.clone(), m.keeper.clone());
        let cash = m.pool().cash;
        m.redeem(&ann, cash).ok();
        for _ in 0..6 {
            m.redeem(&ann, fil(1)).ok();
        }
        // A deposit pays four of them.
        m.deposit(&keeper, fil(20)).ok();
        m.pass_to_due(1);
        let pool = m.pool();
        assert_eq!((pool.queued, pool.cash > fil(10)), (fil(2), true));
        let due = m.due(1).arrears;
        assert!(due.principal > fil(90));
        let share = m.view::<GetRules>(&()).cover_share;
        let price = pool.entry_price;
        assert!(price > fil(1) && price < fil(2), "{price}");
        stage.due = price * DUE;
        stage.for_cover = shared::math::share_up(&due.interest, share).unwrap();
        stage
    }

    pub fn entries(&self) -> Vec<(&'static str, Call)> {
        let (m, puppet) = (&self.m, self.puppet);
        let call = |from: &Account| Call::new(from, m.address);
        let abi = |from: &Account, function: erc20::Call| {
            let calldata = RawBytes::new(function.encode().unwrap());
            call(from).method(token::InvokeEvm::NUMBER, &calldata)
        };
        let [ann, to] = [m.ann.id, puppet.id().unwrap()].map(erc20::EthAddress::from_id);
        let amount = fil(DUE);
        let transfer = erc20::Call::Transfer { to, amount: amount.clone() };
        let transfer_from = erc20::Call::TransferFrom { from: ann, to, amount: amount.clone() };
        let operator_data = RawBytes::default();
        let to_puppet = TransferParams {
            to: puppet,
            amount: amount.clone(),
            operator_data: operator_data.clone(),
        };
        let from_ann =
            TransferFromParams { from: m.ann.address(), to: puppet, amount, operator_data };
        let deposit = DepositParams { to: Some(puppet), min_shares: fil(0) };
        vec![
            ("Deposit", call(&m.ann).method(Deposit::NUMBER, &deposit).value(fil(DUE))),
            ("Transfer", call(&m.ann).method(token::Transfer::NUMBER, &to_puppet)),
            ("TransferFrom", call(&m.keeper).method(token::TransferFrom::NUMBER, &from_ann)),
            ("InvokeEVM transfer", abi(&m.ann, transfer)),
            ("InvokeEVM transferFrom", abi(&m.keeper, transfer_from)),
        ]
    }

    pub fn attacks(&self) -> Vec<Attack> {
        let m = self.m.address;
        let send = |to: Address, amount: i64| {
            let operator_data = RawBytes::default();
            message::<token::Transfer>(
                m,
                &TransferParams { to, amount: fil(amount), operator_data },
            )
        };
        let redeem = |amount| {
            let shares = fil(amount);
            message::<Redeem>(m, &RedeemParams { shares, min_amount: fil(0), wait: true })
        };
        let deposit = |amount| {
            let params = DepositParams { to: None, min_shares: fil(0) };
            with_value(message::<Deposit>(m, &params), fil(amount))
        };
        let burn = message::<token::Burn>(m, &token::BurnParams { amount: fil(DUE) });
        let (ann, friend) = (self.m.ann.address(), self.friend);
        let underwriter = self.m.underwriter.address();
        let cover = with_value(message::<StakeCover>(m, &underwriter), fil(1));
        let leave = UnstakeCoverParams { underwriter, shares: fil(1) };
        let hash = SpecHash { hash: vec![7; 32] };
        let mut attacks = puppet::blunt();
        attacks.extend([
            ("moves the shares on", tries([send(friend, DUE)])),
            ("moves on one more than it has", tries([send(friend, DUE + 1)])),
            ("moves them back", tries([send(ann, DUE)])),
            ("moves them to the pool itself", tries([send(m, DUE)])),
            ("burns them", tries([burn])),
            ("redeems them, twice", tries([redeem(DUE), redeem(DUE)])),
            ("moves them on, then redeems them", tries([send(friend, DUE), redeem(DUE)])),
            ("redeems them and sends FIL along", tries([with_value(redeem(DUE), fil(1))])),
            ("deposits and redeems all", tries([deposit(5), redeem(DUE + 5)])),
            ("deposits and redeems one more", tries([deposit(5), redeem(DUE + 6)])),
            ("has exits paid", tries([message::<PayExits>(m, &32)])),
            ("takes back an exit of nobody", tries([message::<CancelExit>(m, &1)])),
            ("has the loan collected", tries([message::<Collect>(m, &1)])),
            ("repays the loan in part", tries([with_value(message::<Repay>(m, &1), fil(2))])),
            ("releases the loan's miner", tries([message::<Release>(m, &1)])),
            ("impairs the loan, then writes it off", {
                tries([message::<Impair>(m, &1), message::<DeclareDefault>(m, &1)])
            }),
            (COVERS, {
                let withdraw = message::<WithdrawCover>(m, &underwriter);
                tries([cover, message::<UnstakeCover>(m, &leave), withdraw])
            }),
            ("approves a loan, as if it underwrote", tries([message::<ApproveSpec>(m, &hash)])),
            ("pauses the market, as if it governed", tries([message::<SetPaused>(m, &true)])),
        ]);
        attacks
    }

    /// Attacks that do what is to be done in a [`Stage::busy`], and the event that says so.
    fn keeping(&self) -> Vec<(Attack, &'static str)> {
        let m = self.m.address;
        let (pay_exits, collect) = (message::<PayExits>(m, &32), message::<Collect>(m, &1));
        let redeem = RedeemParams { shares: fil(DUE), min_amount: fil(0), wait: true };
        let redeem = message::<Redeem>(m, &redeem);
        let repay = with_value(message::<Repay>(m, &1), fil(2));
        let both = [&collect, &pay_exits].map(Clone::clone);
        // Ann's were the first six.
        let cancel = message::<CancelExit>(m, &7);
        vec![
            (("has exits paid", tries([pay_exits.clone()])), "exit-paid"),
            (("has the loan collected", tries([collect.clone()])), "payment"),
            (("has both done, twice", tries(both.clone().into_iter().chain(both))), "payment"),
            (("repays the loan in part", tries([repay])), "payment"),
            (("queues, and has exits paid", tries([redeem.clone(), pay_exits])), "exit-paid"),
            (("queues, and has the loan collected", tries([redeem.clone(), collect])), "payment"),
            (("queues, and takes its exit back", tries([redeem, cancel])), "exit-queued"),
        ]
    }

    /// FIL that the puppet and its friend have, with what their shares and cover are worth; and the same
    /// of Ann.
    pub fn wealth(&mut self) -> (TokenAmount, TokenAmount) {
        let Stage { m, puppet, friend, .. } = self;
        let lenders = [*puppet, *friend, m.ann.address()];
        let [puppet_s, friend_s, of_ann] = lenders.map(|lender| m.view::<GetLender>(&lender).value);
        let params = GetCoverParams { underwriter: m.underwriter.address(), sponsor: *puppet };
        let cover = m.view::<GetCover>(&params).value;
        let loot = puppet_s + friend_s + cover + m.net.balance(*puppet) + m.net.balance(*friend);
        (loot, of_ann + m.net.balance(&m.ann))
    }

    /// What must hold after a message that succeeded, whatever the puppets did.
    #[track_caller]
    pub fn check(&mut self, before: &(TokenAmount, TokenAmount), entry: &str, attack: &str) {
        let now = self.wealth();
        let what = format!("{attack}, in {entry}: {before:?}, then {now:?}");
        let for_cover = if attack.contains(COVERS) { &self.for_cover } else { &fil(0) };
        assert!(&now.0 - &before.0 <= &self.due + for_cover, "{what}");
        assert!(&before.1 - &now.1 <= self.due, "{what}");
        self.m.check_invariants();
    }
}

/// Runs every attack at every entry point, and looks at what came of it.
#[track_caller]
fn verify(
    name: &'static str,
    mut stage: Stage,
    attacks: Vec<Attack>,
    look: impl Fn(&str, usize, &Outcome),
) {
    let (start, before) = (stage.m.net.snapshot(), stage.wealth());
    let entries = stage.entries();
    let names: Vec<_> = entries.iter().map(|(name, _)| *name).collect();
    let mut table = Table::new(name, &[&["The hook"], names.as_slice()].concat());
    for (number, (attack, steps)) in attacks.into_iter().enumerate() {
        let mut cells = vec![attack.to_owned()];
        for (entry, call) in &entries {
            stage.m.net.restore(&start);
            puppet::tell(&mut stage.m.net, stage.puppet, RECEIVE, steps.clone());
            let outcome = puppet::run(&mut stage.m.net, call.clone());
            sites::assert_attacked(&stage.m.net, entry, &outcome.calls, &stage.puppet);
            look(entry, number, &outcome);
            if outcome.exit_code.is_success() {
                stage.check(&before, entry, attack);
            }
            cells.push(puppet::told(&outcome, stage.puppet.id().unwrap()));
        }
        table.row(cells);
    }
    table.verify();
}

#[test]
fn whatever_a_receiver_of_shares_does_it_has_its_due_at_the_most() {
    let stage = Stage::new();
    let attacks = stage.attacks();
    verify("lending", stage, attacks, |_, _, _| {});
}

#[test]
fn who_keeps_the_pool_in_its_hook_has_its_due_at_the_most() {
    let stage = Stage::busy();
    let (attacks, events): (Vec<_>, Vec<_>) = stage.keeping().into_iter().unzip();
    // A deposit pays the exits itself.
    let done = |entry: &str, number: usize, outcome: &Outcome| {
        let told = !outcome.events_of(events[number]).is_empty();
        assert!(told || entry == "Deposit", "{entry}: no {}", events[number]);
    };
    verify("busy", stage, attacks, done);
}
