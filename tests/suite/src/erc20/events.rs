//! The token's events, as Ethereum's tools read them.

use std::collections::BTreeMap;

use fvm_harness::{Outcome, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::event::{Entry, Flags, StampedEvent};
use multihash_codetable::{Code, MultihashDigest};
use shared::token::erc20::{self, EthAddress};
use shared::token::*;

use super::{balance, call, eth_account, masked, transfer_to, uint};
use crate::setup::pushing;

/// An event in the shape of an EVM log, without its signature's hash.
#[derive(Debug, PartialEq, Eq)]
pub struct Log {
    signature: &'static str,
    topics: [EthAddress; 2],
    amount: TokenAmount,
}

impl Log {
    pub fn transfer(from: EthAddress, to: EthAddress, amount: TokenAmount) -> Self {
        Log { signature: "Transfer(address,address,uint256)", topics: [from, to], amount }
    }

    pub fn approval(owner: EthAddress, spender: EthAddress, amount: TokenAmount) -> Self {
        Log { signature: "Approval(address,address,uint256)", topics: [owner, spender], amount }
    }

    /// The entries, as the EVM actor would emit them.
    fn entries(&self) -> Vec<Entry> {
        let hash = Code::Keccak256.digest(self.signature.as_bytes()).digest().to_vec();
        let [first, second] = self.topics.map(|address| [vec![0; 12], address.0.to_vec()].concat());
        let (_, amount) = self.amount.atto().to_bytes_be();
        let amount = [vec![0; 32 - amount.len()], amount].concat();
        let entry = |(key, value): (&str, _)| Entry {
            flags: Flags::FLAG_INDEXED_ALL,
            key: key.into(),
            codec: 0x55,
            value,
        };
        [("t1", hash), ("t2", first), ("t3", second), ("d", amount)].map(entry).to_vec()
    }
}

/// The logs of a message that the token emitted.
fn logs(token: Address, outcome: &Outcome) -> Vec<Vec<Entry>> {
    let is_log = |event: &&StampedEvent| event.event.entries[0].key == "t1";
    let of_token = |event: &StampedEvent| {
        assert_eq!(Address::new_id(event.emitter), token);
        event.event.entries.clone()
    };
    outcome.events.iter().filter(is_log).map(of_token).collect()
}

#[track_caller]
pub fn assert_logs(token: Address, outcome: &Outcome, expected: &[Log]) {
    let expected: Vec<_> = expected.iter().map(Log::entries).collect();
    assert_eq!(logs(token, outcome), expected);
}

#[test]
fn every_movement_and_every_allowance_emits_its_event() {
    let mut dao = pushing().listing(1, 1);
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let (eth, f410) = eth_account(&mut dao);
    let (o, b, null) = (masked(&owner), masked(&bob), EthAddress::NULL);
    let deal = dao.proposal(1);
    let minted = dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_logs(dao.address, &minted, &[Log::transfer(null, o, fil(100))]);

    let token = dao.address;
    let to_eth = |amount| TransferParams { to: f410, amount, operator_data: RawBytes::default() };
    let sent = dao.net.call::<Transfer>(&owner, token, &to_eth(fil(30))).outcome.ok();
    assert_logs(dao.address, &sent, &[Log::transfer(o, eth, fil(30))]);
    let nothing = dao.net.call::<Transfer>(&owner, token, &to_eth(fil(0))).outcome.ok();
    assert_logs(dao.address, &nothing, &[Log::transfer(o, eth, fil(0))]);
    let sent = call(&mut dao, f410, transfer_to(b, fil(5))).ok();
    assert_logs(dao.address, &sent, &[Log::transfer(eth, b, fil(5))]);

    let operator = bob.address();
    let more = IncreaseAllowanceParams { operator, increase: fil(9) };
    let more = dao.net.call::<IncreaseAllowance>(&owner, token, &more).outcome.ok();
    assert_logs(dao.address, &more, &[Log::approval(o, b, fil(9))]);
    let less = DecreaseAllowanceParams { operator, decrease: fil(1) };
    let less = dao.net.call::<DecreaseAllowance>(&owner, token, &less).outcome.ok();
    assert_logs(dao.address, &less, &[Log::approval(o, b, fil(8))]);
    let pull = TransferFromParams {
        from: owner.address(),
        to: operator,
        amount: fil(2),
        operator_data: RawBytes::default(),
    };
    let pulled = dao.net.call::<TransferFrom>(&bob, token, &pull).outcome.ok();
    assert_logs(dao.address, &pulled, &[Log::transfer(o, b, fil(2))]);
    let burn_from = BurnFromParams { owner: owner.address(), amount: fil(3) };
    let burnt = dao.net.call::<BurnFrom>(&bob, token, &burn_from).outcome.ok();
    assert_logs(dao.address, &burnt, &[Log::transfer(o, null, fil(3))]);
    let revoke = RevokeAllowanceParams { operator };
    let revoked = dao.net.call::<RevokeAllowance>(&owner, token, &revoke).outcome.ok();
    assert_logs(dao.address, &revoked, &[Log::approval(o, b, fil(0))]);
    let approve = erc20::Call::Approve { spender: b, amount: fil(6) };
    let approved = call(&mut dao, &owner, approve).ok();
    assert_logs(dao.address, &approved, &[Log::approval(o, b, fil(6))]);
    let burnt = dao.net.call::<Burn>(&owner, token, &BurnParams { amount: fil(1) }).outcome.ok();
    assert_logs(dao.address, &burnt, &[Log::transfer(o, null, fil(1))]);
}

/// What an indexer that knows nothing but the events makes of the token.
#[test]
fn the_events_add_up_to_the_balances() {
    let mut dao = pushing().listing(1, 1).listing(2, 1);
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let deals = [dao.proposal(1), dao.proposal(2)];
    let mut outcomes = vec![dao.sp.publish(&mut dao.net, &deals).ok()];
    outcomes.push(call(&mut dao, &owner, transfer_to(masked(&bob), fil(60))).ok());
    let burn = BurnParams { amount: fil(15) };
    outcomes.push(dao.net.call::<Burn>(&bob, dao.address, &burn).outcome.ok());
    outcomes.push(call(&mut dao, &bob, transfer_to(masked(&bob), fil(5))).ok());
    let mut balances: BTreeMap<Vec<u8>, TokenAmount> = BTreeMap::new();
    for log in outcomes.iter().flat_map(|outcome| logs(dao.address, outcome)) {
        let [_, from, to, amount] = &log[..] else { panic!("{log:?}") };
        *balances.entry(from.value.clone()).or_default() -= uint(&amount.value);
        *balances.entry(to.value.clone()).or_default() += uint(&amount.value);
    }
    for account in [&owner, &bob] {
        let told = balances.remove(masked(account).word().as_slice()).unwrap();
        assert_eq!(balance(&mut dao, account), told);
    }
    let [minted] = &balances.into_values().collect::<Vec<_>>()[..] else { panic!("more holders") };
    assert_eq!(-minted.clone(), dao.state().token.supply);
}
