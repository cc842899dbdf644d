//! Lives of a market: of loans that are repaid, that are late, and that are lost.

use actor_lending_market::api::*;
use actor_lending_market::spec::hash;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::Method;

use super::world::Market;
use crate::loans::{pledge_draws, spec};
use crate::messages::{self, DAY, USER};
use crate::token;
use crate::world::World;

const ANN: Address = Address::new_id(USER);
const BOB: Address = Address::new_id(USER + 1);
/// Powers of two, in attoFIL: about 4,700 FIL, 74 FIL and 1 FIL.
const MUCH: u8 = 72;
const SOME: u8 = 66;
const LITTLE: u8 = 60;

pub fn seeds() -> Vec<Vec<u8>> {
    let lives = [governed(), repaid(), late(), lost(), drawn(), refinanced(), left()];
    let mut seeds = lives.to_vec();
    seeds.push([lent(), token::life::<Market>()].concat());
    seeds
}

fn fil(amount: i64) -> TokenAmount {
    TokenAmount::from_whole(amount)
}

/// What begins all lives: Ann lends, and stands behind herself as an underwriter.
fn lent() -> Vec<u8> {
    let deposit = DepositParams { to: None, min_shares: TokenAmount::default() };
    [sent::<Deposit>([0, 0, MUCH], &deposit), sent::<StakeCover>([0, 0, SOME], &ANN)].concat()
}

fn submit(spec: LoanSpec) -> Vec<u8> {
    sent::<Submit>([1, 0, 0], &SubmitParams { spec, signature: vec![1] })
}

/// Bob's first loan, on a miner that is worth four times as much.
fn loan() -> Vec<u8> {
    [lent(), submit(spec(DAY)), sent::<Activate>([1, 0, MUCH], &1)].concat()
}

fn governed() -> Vec<u8> {
    let approved = hash(&spec(DAY)).expect("a hash");
    let limits = Limits { ceiling: fil(5_000), per_period: fil(5_000), period: 30 * DAY };
    let set = SetUnderwriterParams { underwriter: ANN, limits };
    let submitted = SubmitParams { spec: spec(DAY), signature: vec![] };
    [
        lent(),
        sent::<SetUnderwriter>([0, 0, 0], &set),
        sent::<SetDepositCap>([0, 0, 0], &fil(10_000)),
        sent::<SetPaused>([0, 0, 0], &true),
        sent::<SetPaused>([0, 0, 0], &false),
        sent::<SetTreasury>([0, 0, 0], &BOB),
        sent::<CancelNonces>([0, 0, 0], &vec![7]),
        sent::<ApproveSpec>([0, 0, 0], &approved),
        sent::<Submit>([1, 0, 0], &submitted),
        sent::<FreeReserve>([2, 4, 0], &1),
        sent::<Attest>([0, 0, 0], &AttestParams { subject: BOB, trust: 7_000 }),
        sent::<GetReputation>([0, 0, 0], &BOB),
        sent::<ChangeGovernor>([0, 0, 0], &BOB),
        sent::<ChangeGovernor>([1, 0, 0], &BOB),
    ]
    .concat()
}

fn repaid() -> Vec<u8> {
    let income = WithdrawIncomeParams { loan: 1, amount: fil(1) };
    let pay_off = PayOffParams { loan: 1, from_miner: fil(10) };
    let page = PageParams { from: 1, limit: 10 };
    [
        loan(),
        sent::<WithdrawIncome>([1, 0, MUCH], &income),
        sent::<Collect>([2, 30, MUCH], &1),
        sent::<Repay>([2, 10, SOME], &1),
        sent::<GetLoan>([2, 0, 0], &1),
        sent::<GetSchedule>([2, 0, 0], &1),
        sent::<GetDue>([2, 0, 0], &1),
        sent::<ListLoans>([2, 0, 0], &page),
        sent::<GetPool>([2, 0, 0], &()),
        sent::<GetLender>([2, 0, 0], &ANN),
        sent::<GetUnderwriter>([2, 0, 0], &ANN),
        sent::<PayOff>([1, 30, MUCH], &pay_off),
        sent::<PayTreasury>([3, 0, 0], &()),
    ]
    .concat()
}

/// Impaired, and restored.
fn late() -> Vec<u8> {
    [
        loan(),
        sent::<Impair>([2, 40, 0], &1),
        sent::<Repay>([2, 1, SOME + 1], &1),
        sent::<Collect>([2, 30, LITTLE], &1),
        sent::<Impair>([2, 10, LITTLE], &1),
    ]
    .concat()
}

/// In default, and partly recovered.
fn lost() -> Vec<u8> {
    let shares = fil(50);
    let unstake = UnstakeCoverParams { underwriter: ANN, shares: fil(1) };
    let redeem = RedeemParams { shares, min_amount: TokenAmount::default(), wait: false };
    [
        loan(),
        sent::<Impair>([2, 40, 0], &1),
        sent::<UnstakeCover>([0, 0, 0], &unstake),
        sent::<DeclareDefault>([2, 30, 0], &1),
        sent::<Redeem>([0, 0, 0], &redeem),
        sent::<Collect>([2, 30, SOME], &1),
        sent::<Repay>([2, 1, MUCH], &1),
    ]
    .concat()
}

/// Against pledge, by and by.
fn drawn() -> Vec<u8> {
    let spec = LoanSpec { draws: pledge_draws(), ..spec(DAY) };
    let draw = DrawParams { loan: 1, amount: fil(100) };
    [
        lent(),
        submit(spec),
        sent::<Activate>([1, 0, MUCH], &1),
        sent::<Draw>([1, 1, MUCH + 1], &draw),
        sent::<Draw>([1, 5, MUCH + 1], &draw),
        sent::<Collect>([2, 30, MUCH], &1),
        sent::<FreeReserve>([2, 40, 0], &1),
    ]
    .concat()
}

fn refinanced() -> Vec<u8> {
    let at = 11 * DAY;
    let again = LoanSpec { refinances: Some(1), nonce: 2, amount: fil(1_500), ..spec(at) };
    [
        loan(),
        sent::<SetPaused>([0, 10, 0], &false),
        submit(again),
        sent::<Activate>([1, 0, MUCH + 1], &2),
        sent::<Collect>([2, 30, MUCH], &2),
    ]
    .concat()
}

/// Lenders who leave, at once and by the queue, and a sponsor who does.
fn left() -> Vec<u8> {
    let redeem = |shares, wait| RedeemParams {
        shares: fil(shares),
        min_amount: TokenAmount::default(),
        wait,
    };
    let unstake = UnstakeCoverParams { underwriter: ANN, shares: fil(10) };
    let cover = GetCoverParams { underwriter: ANN, sponsor: ANN };
    [
        loan(),
        sent::<Redeem>([0, 1, 0], &redeem(100, false)),
        sent::<UnstakeCover>([0, 0, 0], &unstake),
        sent::<GetCover>([0, 0, 0], &cover),
        sent::<Redeem>([0, 0, 0], &redeem(3_600, true)),
        sent::<GetExit>([0, 0, 0], &1),
        sent::<Repay>([1, 30, SOME + 1], &1),
        sent::<PayExits>([2, 0, 0], &4),
        sent::<CancelExit>([0, 0, 0], &1),
        sent::<WithdrawCover>([0, 2, 0], &ANN),
    ]
    .concat()
}

fn sent<M: Method>(by_wait_value: [u8; 3], params: &M::Params) -> Vec<u8> {
    messages::write::<M>(Market::ACTOR, by_wait_value, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::check_seeds;

    #[test]
    fn seeds_try_every_method_that_is_more_than_a_look() {
        let without = [
            "Constructor",
            "GetRules",
            "GetRoles",
            "GetCollateral",
            "Release",
            "Seize",
            "Name",
            "Symbol",
            "Granularity",
            "TotalSupply",
            "Balance",
            "BalanceOf",
            "Allowance",
            "InvokeEVM",
        ];
        check_seeds::<Market>(&seeds(), &without);
    }
}
