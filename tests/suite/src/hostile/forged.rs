//! Actors that are not what they say.

use actor_datadao::api as dao_api;
use actor_datadao::api::{BondParams, GrantRole, MintParams, Role, RoleParams};
use actor_lending_market::api::*;
use actor_perpetual_storage::api as storage_api;
use fab::story::{Dao, Lending, PIECE_SIZE, Storage, piece};
use fvm_harness::{Account, Call, Network, Outcome, fil};
use fvm_ipld_encoding::{DAG_CBOR, RawBytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, MethodNum};
use hostile_puppet::{Script, SetScript, Step};
use serde::Serialize;
use shared::ext::INIT_ACTOR;
use shared::ext::account::{AUTHENTICATE_MESSAGE, RECEIVE};
use shared::ext::init::ConstructorParams as InitParams;
use shared::ext::loan_agent as agent_api;
use shared::ext::miner::*;
use shared::token::{self, TransferFromParams, TransferParams};
use shared::{Method, method_hash};

use super::puppet;
use super::sites;
use super::table::Table;
use crate::setup::{lending, pushing, storage};

const NOBODY: u64 = 9_999_999;

/// Has the puppet answer what a miner is asked, as one of this owner that is rich.
fn pose_as_miner(net: &mut Network, puppet: Address, owner: Address) {
    fn says<R: Serialize>(reply: R) -> Vec<Step> {
        puppet::reply(DAG_CBOR, &to_vec(&reply).unwrap())
    }
    let term = BeneficiaryTerm::default();
    let active = ActiveBeneficiary { beneficiary: owner, term };
    let script: Script = vec![
        (GET_OWNER, says(GetOwnerReturn { owner, proposed: None })),
        (GET_BENEFICIARY, says(GetBeneficiaryReturn { active, proposed: None })),
        (IS_CONTROLLING_ADDRESS, says(true)),
        (GET_AVAILABLE_BALANCE, says(fil(1_000_000))),
        (GET_VESTING_FUNDS, says(GetVestingFundsReturn { vesting_funds: vec![] })),
        (INITIAL_PLEDGE, says(fil(1_000_000))),
        (MAX_TERMINATION_FEE, says(fil(0))),
        (WITHDRAW_BALANCE, says(fil(1_000_000))),
        (method_hash!("GetSectorSize"), says(32_u64 << 30)),
    ];
    net.implicit(Call::new(puppet, puppet).method(SetScript::NUMBER, &script)).ok();
}

/// What comes of a call for each of these, which must leave everything as it was.
fn refusals<T: Copy>(
    net: &mut Network,
    name: &str,
    of: &[T],
    call: impl Fn(&Network, T) -> Call,
) -> Vec<Outcome> {
    let refusal = |one: &T| {
        let call = call(net, *one);
        let start = net.snapshot();
        let outcome = puppet::run(net, call);
        assert!(!outcome.exit_code.is_success(), "{name}");
        net.restore(&start);
        outcome
    };
    of.iter().map(refusal).collect()
}

/// A row of their exit codes.
fn row(name: &str, outcomes: &[Outcome]) -> Vec<String> {
    let cells = outcomes.iter().map(|outcome| outcome.exit_code.value().to_string());
    [name.to_owned()].into_iter().chain(cells).collect()
}

fn codes<T: Copy>(
    net: &mut Network,
    name: &str,
    of: &[T],
    call: impl Fn(&Network, T) -> Call,
) -> Vec<String> {
    row(name, &refusals(net, name, of, call))
}

/// The same where these are said to be miners. None of them is called.
fn codes_of_fakes(
    net: &mut Network,
    name: &str,
    fakes: &[ActorID; 3],
    call: impl Fn(&Network, ActorID) -> Call,
) -> Vec<String> {
    net.set_tracing(true);
    let outcomes = refusals(net, name, fakes, call);
    for (outcome, fake) in outcomes.iter().zip(fakes) {
        let called = sites::calls_to(&outcome.calls, &Address::new_id(*fake));
        assert!(called.is_empty(), "{name}: {called:?}");
    }
    net.set_tracing(false);
    row(name, &outcomes)
}

#[test]
fn nothing_but_a_miner_passes_for_one() {
    let mut table = Table::new(
        "providers",
        &["Where a provider is named", "an actor that answers as one", "an account", "nobody"],
    );
    dao_providers(&mut table);
    storage_providers(&mut table);
    borrowed_on(&mut table);
    table.verify();
}

/// The puppet as a provider of this owner, the owner itself, and nobody.
fn fakes(net: &mut Network, owner: &Account) -> [u64; 3] {
    let puppet = puppet::create(net, owner);
    pose_as_miner(net, puppet, owner.address());
    [puppet.id().unwrap(), owner.id, NOBODY]
}

fn dao_providers(table: &mut Table) {
    let mut dao = pushing().listing(1, 1);
    let eve = dao.holder("eve", fil(100));
    let fakes = fakes(&mut dao.net, &eve);
    let (at, sp) = (dao.address, dao.sp.clone());
    let bond = |provider| BondParams { provider: Address::new_id(provider), amount: fil(1) };
    for (name, method) in
        [("DataDAO: Bond", dao_api::Bond::NUMBER), ("DataDAO: Unbond", dao_api::Unbond::NUMBER)]
    {
        let call = |_: &Network, id| Call::new(&eve, at).method(method, &bond(id));
        table.row(codes_of_fakes(&mut dao.net, name, &fakes, call));
    }
    let publish = |net: &Network, id| {
        let mut fake = sp.clone();
        fake.id = id;
        fake.publish_call(&[fake.proposal(net, at, piece(1), PIECE_SIZE)])
    };
    table.row(codes_of_fakes(
        &mut dao.net,
        "DataDAO: a deal, which the market refuses",
        &fakes,
        publish,
    ));
    dao.check_invariants();
}

fn storage_providers(table: &mut Table) {
    let mut storage = storage().keeping(1);
    let eve = storage.net.account("eve");
    let fakes = fakes(&mut storage.net, &eve);
    let (at, ad) = (storage.address, storage.ads(1)[0]);
    let good = storage.proposal(&storage.sp.clone(), ad);
    let sp = storage.sp.clone();
    let vouch = |_: &Network, id| {
        Call::new(&eve, at).method(storage_api::Vouch::NUMBER, &Address::new_id(id))
    };
    table.row(codes_of_fakes(&mut storage.net, "PerpetualStorage: Vouch", &fakes, vouch));
    let publish = |_: &Network, id| {
        let proposal =
            shared::ext::market::DealProposal { provider: Address::new_id(id), ..good.clone() };
        sp.publish_call(&[proposal])
    };
    let name = "PerpetualStorage: a deal, which the market refuses";
    table.row(codes_of_fakes(&mut storage.net, name, &fakes, publish));
    storage.check_invariants();
}

fn borrowed_on(table: &mut Table) {
    let mut m = lending().lent(5_000);
    let eve = m.net.account("eve");
    let fakes = fakes(&mut m.net, &eve);
    let at = m.address;
    let value =
        |_: &Network, id| Call::new(&eve, at).method(GetCollateral::NUMBER, &Address::new_id(id));
    table.row(codes_of_fakes(&mut m.net, "LendingMarket: GetCollateral", &fakes, value));
    for (name, control) in [
        ("LendingMarket: Activate, in custody", Control::Custody),
        ("LendingMarket: Activate, as beneficiary", Control::Beneficiary),
    ] {
        let loans = fakes.map(|miner| {
            let spec = LoanSpec { miner, borrower: eve.id, control, ..m.spec() };
            m.submit(&spec).ok().loan
        });
        let activate = |_: &Network, id| {
            let number = fakes.iter().position(|fake| *fake == id).expect("a fake");
            Call::new(&eve, at).method(Activate::NUMBER, &loans[number])
        };
        table.row(codes_of_fakes(&mut m.net, name, &fakes, activate));
        for loan in loans {
            m.call::<FreeReserve>(&eve, &loan).ok();
        }
    }
    m.check_invariants();
}

/// What others than the market, Init, a governor or a borrower are told.
#[test]
fn a_stranger_passes_for_nobody() {
    let mut table = Table::new("strangers", &["What a stranger calls", "exit code"]);
    let hooks: [(&str, MethodNum); 5] = [
        ("AuthenticateMessage", AUTHENTICATE_MESSAGE),
        ("MarketNotifyDeal", dao_api::MarketNotifyDeal::NUMBER),
        ("Constructor", METHOD_CONSTRUCTOR),
        ("Receive", RECEIVE),
        ("SectorContentChanged", method_hash!("SectorContentChanged")),
    ];
    let token = shared::ext::account::UniversalReceiverParams {
        type_: 0x85_2e_69_2d,
        payload: RawBytes::default(),
    };
    let mut strange = |actor: &str, net: &mut Network, calls: Vec<(&str, Call)>| {
        for (name, call) in calls {
            let name = format!("{actor}: {name}");
            table.row(codes(net, &name, &[()], |_, ()| call.clone()));
        }
    };
    let hooks = |from: Address, at: Address| -> Vec<(&'static str, Call)> {
        let call = |(name, method)| (name, Call::new(from, at).method(method, &token));
        hooks.into_iter().map(call).collect()
    };
    let mut dao = pushing();
    let admin = dao.admin.clone();
    let puppet = puppet::create(&mut dao.net, &admin);
    strange("DataDAO", &mut dao.net, hooks(puppet, dao.address));
    dao.check_invariants();

    let mut storage = storage();
    let uploader = storage.uploader.clone();
    let puppet = puppet::create(&mut storage.net, &uploader);
    strange("PerpetualStorage", &mut storage.net, hooks(puppet, storage.address));
    storage.check_invariants();

    let mut m = lending().lent(5_000);
    let keeper = m.keeper.clone();
    let puppet = puppet::create(&mut m.net, &keeper);
    let loan = m.loan(|_| {});
    strange("LendingMarket", &mut m.net, hooks(puppet, m.address));
    let calls = of_market(&m, puppet, loan.loan);
    strange("LendingMarket", &mut m.net, calls);
    let agent = Address::new_id(loan.agent);
    strange("LoanAgent", &mut m.net, hooks(puppet, agent));
    strange("LoanAgent", &mut m.net, of_agent(puppet, agent, puppet.id().unwrap()));
    m.check_invariants();

    let network = InitParams { network_name: "elsewhere".into() };
    let init = Address::new_id(INIT_ACTOR);
    let call = Call::new(puppet, init).method(METHOD_CONSTRUCTOR, &network);
    strange("Init", &mut m.net, vec![("Constructor", call)]);
    table.verify();
}

fn of_market(m: &Lending, puppet: Address, loan: LoanId) -> Vec<(&'static str, Call)> {
    fn call<M: Method>(m: &Lending, from: Address, params: &M::Params) -> (&'static str, Call) {
        (M::NAME, Call::new(from, m.address).method(M::NUMBER, params))
    }
    let keys = ChangeWorkerAddressParams { new_worker: puppet, new_control_addresses: vec![] };
    let limits = fab::deploy::defaults::limits(fil(1));
    let income = WithdrawIncomeParams { loan, amount: fil(1) };
    let attest = AttestParams { subject: m.sp.owner.address(), trust: 1 };
    vec![
        call::<SetUnderwriter>(m, puppet, &SetUnderwriterParams { underwriter: puppet, limits }),
        call::<SetPaused>(m, puppet, &true),
        call::<SetTreasury>(m, puppet, &puppet),
        call::<ChangeGovernor>(m, puppet, &puppet),
        call::<Seize>(m, puppet, &SeizeParams { loan, keys }),
        call::<ApproveSpec>(m, puppet, &SpecHash { hash: vec![7; 32] }),
        call::<Draw>(m, puppet, &DrawParams { loan, amount: fil(1) }),
        call::<PayOff>(m, puppet, &PayOffParams { loan, from_miner: fil(2_000) }),
        call::<WithdrawIncome>(m, puppet, &income),
        call::<Attest>(m, puppet, &attest),
    ]
}

fn of_agent(puppet: Address, agent: Address, id: u64) -> Vec<(&'static str, Call)> {
    fn call<M: Method>(from: Address, to: Address, params: &M::Params) -> (&'static str, Call) {
        (M::NAME, Call::new(from, to).method(M::NUMBER, params))
    }
    use actor_loan_agent::api as operate;
    let activate = agent_api::ActivateParams { from: id, quota: fil(0), expiration: 0 };
    let keys = ChangeWorkerAddressParams { new_worker: puppet, new_control_addresses: vec![] };
    vec![
        call::<agent_api::Activate>(puppet, agent, &activate),
        call::<agent_api::Collect>(puppet, agent, &fil(1)),
        call::<agent_api::PayIncome>(puppet, agent, &fil(1)),
        call::<agent_api::Release>(puppet, agent, &agent_api::ReleaseParams { to: id }),
        call::<agent_api::Seize>(puppet, agent, &keys),
        call::<operate::ChangeWorkerAddress>(puppet, agent, &keys),
        call::<operate::ConfirmChangeWorkerAddress>(puppet, agent, &()),
        call::<operate::ChangePeerID>(puppet, agent, &ChangePeerIdParams { new_id: vec![1] }),
    ]
}

/// Addresses that no actor has, where one is named.
#[test]
fn nobody_is_given_anything() {
    let nobody = [
        Address::new_id(NOBODY),
        Address::new_actor(b"nobody"),
        Address::new_delegated(NOBODY, b"nobody").unwrap(),
    ];
    let mut table = Table::new("nobody", &["Where an actor is named", "f0", "f2", "f4"]);
    let mut dao = pushing().listing(1, 1);
    let ann = dao.holder("ann", fil(10));
    for (name, call) in of_dao(&dao, &ann) {
        table.row(codes(&mut dao.net, name, &nobody, |_, to| call(to)));
    }
    dao.check_invariants();
    let mut storage = storage();
    for (name, call) in of_storage(&storage) {
        table.row(codes(&mut storage.net, name, &nobody, |_, to| call(to)));
    }
    storage.check_invariants();
    table.verify();
}

type Named<'a> = (&'static str, Box<dyn Fn(Address) -> Call + 'a>);

fn of_dao<'a>(dao: &Dao, ann: &'a Account) -> Vec<Named<'a>> {
    fn named<'a, M: Method>(
        name: &'static str,
        from: &Account,
        at: Address,
        params: impl Fn(Address) -> M::Params + 'a,
    ) -> Named<'a> {
        let from = from.address();
        (name, Box::new(move |to| Call::new(from, at).method(M::NUMBER, &params(to))))
    }
    let (at, admin) = (dao.address, &dao.admin);
    let (amount, operator_data) = (fil(1), RawBytes::default());
    let transfer = TransferParams { to: at, amount: amount.clone(), operator_data };
    let owner = ann.address();
    vec![
        named::<token::Transfer>("DataDAO: Transfer", ann, at, move |to| TransferParams {
            to,
            ..transfer.clone()
        }),
        named::<token::TransferFrom>("DataDAO: TransferFrom", ann, at, move |from| {
            let operator_data = RawBytes::default();
            TransferFromParams { from, to: owner, amount: fil(1), operator_data }
        }),
        named::<token::IncreaseAllowance>("DataDAO: IncreaseAllowance", ann, at, |operator| {
            token::IncreaseAllowanceParams { operator, increase: fil(1) }
        }),
        named::<dao_api::Mint>("DataDAO: Mint", admin, at, |to| MintParams { to, amount: fil(1) }),
        named::<GrantRole>("DataDAO: GrantRole", admin, at, |account| RoleParams {
            role: Role::Minter,
            account,
        }),
        named::<dao_api::OfferAdmin>("DataDAO: OfferAdmin", admin, at, |to| {
            dao_api::OfferAdminParams { to, keep: true }
        }),
        named::<dao_api::GrantAccess>("DataDAO: GrantAccess", admin, at, |to| {
            dao_api::GrantAccessParams { dataset: 1, to, until: 9_999 }
        }),
        named::<dao_api::Delegate>("DataDAO: Delegate", ann, at, Some),
        named::<dao_api::Bond>("DataDAO: Bond", ann, at, |provider| BondParams {
            provider,
            amount: fil(1),
        }),
    ]
}

fn of_storage(storage: &Storage) -> Vec<Named<'static>> {
    let (from, at) = (storage.uploader.address(), storage.address);
    let deposit = move |to: Address| {
        Call::new(from, at).method(storage_api::Deposit::NUMBER, &Some(to)).value(fil(1))
    };
    let vouch = move |to: Address| Call::new(from, at).method(storage_api::Vouch::NUMBER, &to);
    let attest = move |provider| {
        let params = storage_api::AttestRegionParams { provider, region: None };
        Call::new(from, at).method(storage_api::AttestRegion::NUMBER, &params)
    };
    vec![
        ("PerpetualStorage: Deposit", Box::new(deposit)),
        ("PerpetualStorage: Vouch", Box::new(vouch)),
        ("PerpetualStorage: AttestRegion", Box::new(attest)),
    ]
}
