//! The receiver hook of shares in the lending pool, at every method that calls it.

use actor_lending_market::api::*;
use fab::story::Lending;
use fvm_harness::{Account, Call, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use shared::Method;
use shared::ext::account::RECEIVE;
use shared::token::{self, TransferFromParams, TransferParams, erc20};

use super::puppet::{self, Attack, message, tries, with_value};
use super::table::Table;
use crate::setup::lending;

/// FIL, and shares, that every entry brings the puppet.
const DUE: i64 = 3;

/// A pool in which Ann has shares, which the keeper may move. A loan is out, and a share is a FIL still.
pub struct Stage {
    pub m: Lending,
    pub puppet: Address,
    /// Another puppet.
    pub friend: Address,
    /// FIL that every entry brings the puppet, or that its shares are worth.
    pub due: TokenAmount,
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
        Stage { m, puppet, friend, due: fil(DUE) }
    }

    /// After ten days, in which the loan has made a share worth an odd amount.
    pub fn accrued() -> Self {
        let mut stage = Self::new();
        stage.m.pass(10);
        let price = stage.m.pool().entry_price;
        assert!(price > fil(1) && price < fil(2), "{price}");
        stage.due = price * DUE;
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
            ("covers the loan and leaves", {
                let withdraw = message::<WithdrawCover>(m, &underwriter);
                tries([cover, message::<UnstakeCover>(m, &leave), withdraw])
            }),
            ("approves a loan, as if it underwrote", tries([message::<ApproveSpec>(m, &hash)])),
            ("pauses the market, as if it governed", tries([message::<SetPaused>(m, &true)])),
        ]);
        attacks
    }

    /// FIL that the puppet and its friend have, with what their shares and cover are worth; and what
    /// Ann's shares are worth.
    pub fn wealth(&mut self) -> (TokenAmount, TokenAmount) {
        let Stage { m, puppet, friend, .. } = self;
        let lenders = [*puppet, *friend, m.ann.address()];
        let [puppet_s, friend_s, of_ann] = lenders.map(|lender| m.view::<GetLender>(&lender).value);
        let params = GetCoverParams { underwriter: m.underwriter.address(), sponsor: *puppet };
        let cover = m.view::<GetCover>(&params).value;
        let loot = puppet_s + friend_s + cover + m.net.balance(*puppet) + m.net.balance(*friend);
        (loot, of_ann)
    }

    /// What must hold after a message that succeeded, whatever the puppets did.
    #[track_caller]
    pub fn check(&mut self, before: &(TokenAmount, TokenAmount), entry: &str, attack: &str) {
        let now = self.wealth();
        let what = format!("{attack}, in {entry}: {before:?}, then {now:?}");
        assert!(&now.0 - &before.0 <= self.due, "{what}");
        assert!(&before.1 - &now.1 <= self.due, "{what}");
        self.m.check_invariants();
    }
}

#[test]
fn whatever_a_receiver_of_shares_does_it_has_its_due_at_the_most() {
    let mut stage = Stage::new();
    let (start, before) = (stage.m.net.snapshot(), stage.wealth());
    let entries = stage.entries();
    let names: Vec<_> = entries.iter().map(|(name, _)| *name).collect();
    let mut table = Table::new("lending", &[&["The hook"], names.as_slice()].concat());
    for (attack, steps) in stage.attacks() {
        let mut cells = vec![attack.to_owned()];
        for (name, call) in &entries {
            stage.m.net.restore(&start);
            puppet::tell(&mut stage.m.net, stage.puppet, RECEIVE, steps.clone());
            let outcome = puppet::run(&mut stage.m.net, call.clone());
            if outcome.exit_code.is_success() {
                stage.check(&before, name, attack);
            }
            cells.push(puppet::told(&outcome, stage.puppet.id().unwrap()));
        }
        table.row(cells);
    }
    table.verify();
}
