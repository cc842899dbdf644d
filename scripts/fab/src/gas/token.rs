//! What holders pay: each method of a token, of FRC-46 and of ERC-20.

use actor_datadao::api::{Mint, MintParams, Receive};
use fvm_harness::{Account, Call, Network, Outcome, atto, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use shared::Method;
use shared::token::erc20::{self, EthAddress};
use shared::token::{
    Allowance, Balance, Burn, BurnFrom, BurnFromParams, BurnParams, DecreaseAllowance,
    DecreaseAllowanceParams, GetAllowanceParams, Granularity, IncreaseAllowance,
    IncreaseAllowanceParams, InvokeEvm, Name, RevokeAllowance, RevokeAllowanceParams, Symbol,
    TotalSupply, Transfer, TransferFrom, TransferFromParams, TransferParams,
};

use super::profile::Profile;
use super::{Row, list, push, within};
use crate::story::Dao;

/// The token of a DAO with so many holders.
pub fn measure(dao: &mut Dao, holders: u64, rows: &mut Vec<Row>) {
    list(dao, 1);
    let deals = [dao.proposal(1)];
    dao.sp.publish_all(&mut dao.net, &deals);
    let owner = dao.sp.owner.clone();
    for n in 1..holders {
        let holder = dao.net.account(&format!("holder {n}"));
        dao.transfer(&owner, &holder, atto(1_000));
    }
    transfers(dao, holders, rows);
    let bob = dao.net.account("holder 1");
    let mut token = Token {
        net: &mut dao.net,
        actor: "datadao",
        address: dao.address,
        case: format!("{holders} holders"),
        rows,
    };
    token.methods(&owner, &bob);
    if holders == 3 {
        let sent = token.send(&owner, dao.address);
        within::<Receive>(rows, &dao.net, "datadao", "its own token", &sent);
    }
}

/// Mints and transfers to several holders, and the mean of each: every holder lies elsewhere in the map.
fn transfers(dao: &mut Dao, holders: u64, rows: &mut Vec<Row>) {
    let (admin, owner, dao_address) = (dao.admin.clone(), dao.sp.owner.clone(), dao.address);
    let (mut minted, mut moved) = (vec![], vec![]);
    for n in (1..holders).take(10) {
        let (to, amount) = (dao.net.account(&format!("holder {n}")).address(), atto(7));
        let mint = MintParams { to, amount };
        minted.push(dao.net.call::<Mint>(&admin, dao_address, &mint).outcome.ok());
        let transfer = transfer(to);
        moved.push(dao.net.call::<Transfer>(&owner, dao_address, &transfer).outcome.ok());
    }
    for (method, outcomes) in [(Mint::NAME, minted), (Transfer::NAME, moved)] {
        let case = format!("{holders} holders");
        let gas = outcomes.iter().map(|o| o.gas_used).sum::<u64>() / outcomes.len() as u64;
        let profile = Profile::of_each(&outcomes.iter().map(|o| &o.calls).collect::<Vec<_>>());
        rows.push(Row { actor: "datadao", method, case, gas, profile });
    }
}

fn transfer(to: Address) -> TransferParams {
    TransferParams { to, amount: atto(7), operator_data: RawBytes::default() }
}

/// A token, and where to note what its methods cost.
pub struct Token<'a> {
    pub net: &'a mut Network,
    pub actor: &'static str,
    pub address: Address,
    pub case: String,
    pub rows: &'a mut Vec<Row>,
}

impl Token<'_> {
    fn call<M: Method>(&mut self, from: &Account, params: &M::Params) {
        let outcome = self.net.call::<M>(from, self.address, params).outcome;
        push(self.rows, self.actor, M::NAME, self.case.clone(), outcome);
    }

    fn send(&mut self, from: &Account, to: Address) -> Outcome {
        self.net.call::<Transfer>(from, self.address, &transfer(to)).outcome.ok()
    }

    /// A transfer from one holder to another.
    pub fn transfer(&mut self, owner: &Account, bob: &Account) {
        self.call::<Transfer>(owner, &transfer(bob.address()));
    }

    /// All other methods, of which two holders make use.
    pub fn methods(&mut self, owner: &Account, bob: &Account) {
        let (from, to, operator, amount) = (owner.address(), bob.address(), bob.address(), atto(7));
        let operator_data = RawBytes::default();
        let erc20 =
            erc20::Call::Transfer { to: EthAddress::from_id(bob.id), amount: amount.clone() };
        let erc20 = RawBytes::new(erc20.encode().expect("an amount that fits"));
        let call = Call::new(owner, self.address).method(InvokeEvm::NUMBER, &erc20);
        let outcome = self.net.run(call);
        push(self.rows, self.actor, InvokeEvm::NAME, format!("transfer, {}", self.case), outcome);
        let increase = IncreaseAllowanceParams { operator, increase: fil(1) };
        self.call::<IncreaseAllowance>(owner, &increase);
        let pull = TransferFromParams { from, to, amount: amount.clone(), operator_data };
        self.call::<TransferFrom>(bob, &pull);
        self.call::<BurnFrom>(bob, &BurnFromParams { owner: from, amount: amount.clone() });
        self.call::<Allowance>(bob, &GetAllowanceParams { owner: from, operator });
        let decrease = DecreaseAllowanceParams { operator, decrease: atto(1) };
        self.call::<DecreaseAllowance>(owner, &decrease);
        self.call::<RevokeAllowance>(owner, &RevokeAllowanceParams { operator });
        self.call::<Burn>(owner, &BurnParams { amount });
        self.call::<Balance>(bob, &to);
        self.call::<TotalSupply>(bob, &());
        self.call::<Name>(bob, &());
        self.call::<Symbol>(bob, &());
        self.call::<Granularity>(bob, &());
    }
}
