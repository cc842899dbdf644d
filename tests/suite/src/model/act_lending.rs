//! What is done with the lending market and its agents, as messages.

use actor_lending_market::api::*;
use actor_lending_market::spec::message;
use fvm_harness::{Account, CHAIN_ID, Call, Outcome, TokenAmount, atto, fil};
use fvm_ipld_encoding::from_slice;
use fvm_shared::address::Address;
use shared::ext::miner::CHANGE_OWNER_ADDRESS;
use shared::ext::{REWARD_ACTOR, SYSTEM_ACTOR};

use super::cast::{OWNERS, Party};
use super::lending::{AMOUNT, DAYS_BETWEEN, DEADLINE, GRACE, INSTALMENTS, RATE};
use super::step::{Forgery, LendingStep};
use super::world::{Exit, World};

const AWARD_BLOCK: u64 = 2;
/// What a borrower brings to repay all: more than any debt, as what is over goes back.
const PAY_OFF: i64 = 20_000;

impl World {
    pub fn act_in_market(&mut self, by: Party, step: &LendingStep) -> Option<Outcome> {
        let market = self.cast.market;
        let outcome = match step {
            LendingStep::Deposit(amount) => {
                let params = DepositParams { to: None, min_shares: atto(0) };
                self.call::<Deposit>(by, market, &params, *amount)
            }
            LendingStep::Redeem { part, over } => {
                let has = self.shares(by);
                let shares = if *over { has + fil(1) } else { (has * *part).div_floor(1_000) };
                self.redeem(by, shares)
            }
            LendingStep::CancelExit => return self.cancel_exit(by),
            LendingStep::PayExits(limit) => self.call::<PayExits>(by, market, limit, 0),
            LendingStep::Submit { miner, forged } => self.submit(by, *miner, *forged),
            LendingStep::Activate { loan, proposes } => {
                if *proposes && let Some((spec, agent)) = self.loan(*loan) {
                    let agent = Address::new_id(agent);
                    let call =
                        Call::new(Address::new_id(spec.borrower), Address::new_id(spec.miner));
                    // Who no longer owns the miner cannot propose.
                    self.net.run(call.method(CHANGE_OWNER_ADDRESS, &agent));
                }
                self.call::<Activate>(by, market, loan, 0)
            }
            LendingStep::FreeReserve(id) => self.call::<FreeReserve>(by, market, id, 0),
            LendingStep::Collect(id) => self.call::<Collect>(by, market, id, 0),
            LendingStep::Repay { loan, amount } => self.call::<Repay>(by, market, loan, *amount),
            LendingStep::PayOff(loan) => {
                let params = PayOffParams { loan: *loan, from_miner: atto(0) };
                self.call::<PayOff>(by, market, &params, PAY_OFF)
            }
            LendingStep::Impair(id) => self.call::<Impair>(by, market, id, 0),
            LendingStep::DeclareDefault(id) => self.call::<DeclareDefault>(by, market, id, 0),
            LendingStep::Release(id) => self.call::<Release>(by, market, id, 0),
            LendingStep::TakeBack(miner) => {
                let (miner, owner) = (self.cast.miners[*miner].address(), OWNERS[*miner]);
                let to = self.address(owner);
                let call = Call::new(to, miner).method(CHANGE_OWNER_ADDRESS, &to);
                self.send(owner, call)
            }
            LendingStep::Ruin(miner) => {
                self.ruin(self.cast.miners[*miner].address());
                return None;
            }
            LendingStep::StakeCover(amount) => {
                let underwriter = self.cast.underwriter.address();
                self.call::<StakeCover>(by, market, &underwriter, *amount)
            }
            LendingStep::UnstakeCover { over } => {
                let underwriter = self.cast.underwriter.address();
                let sponsor = self.address(by);
                let asked = GetCoverParams { underwriter, sponsor };
                let has = self.net.view::<GetCover>(market, &asked).shares;
                let shares = if *over { has + fil(1) } else { has };
                self.call::<UnstakeCover>(
                    by,
                    market,
                    &UnstakeCoverParams { underwriter, shares },
                    0,
                )
            }
            LendingStep::WithdrawCover => {
                let underwriter = self.cast.underwriter.address();
                self.call::<WithdrawCover>(by, market, &underwriter, 0)
            }
            LendingStep::Pause(paused) => self.call::<SetPaused>(by, market, paused, 0),
            LendingStep::PayTreasury => self.call::<PayTreasury>(by, market, &(), 0),
        };
        Some(outcome)
    }

    fn loan(&self, id: LoanId) -> Option<(LoanSpec, u64)> {
        self.loans.get(usize::try_from(id).ok()?.checked_sub(1)?).cloned()
    }

    fn shares(&self, of: Party) -> TokenAmount {
        let state = self.market_state();
        state.token.balance(self.net.store(), self.id(of)).expect("a readable balance")
    }

    fn redeem(&mut self, by: Party, shares: TokenAmount) -> Outcome {
        let params = RedeemParams { shares, min_amount: atto(0), wait: true };
        let outcome = self.call::<Redeem>(by, self.cast.market, &params, 0);
        if outcome.exit_code.is_success() {
            let reply: RedeemReturn = from_slice(&outcome.return_data).expect("a reply");
            if let Some(id) = reply.exit {
                let found = self.net.view::<GetExit>(self.cast.market, &id);
                let shares = found.expect("an exit that waits").shares;
                self.exits.push(Exit { of: by, id, shares });
            }
        }
        outcome
    }

    /// Takes an exit of the lender's, or where that has none the first, out of the queue and asks for the
    /// same again, so that its lender has as much as before, at the end of the queue. Where none waits,
    /// there is nothing to take.
    fn cancel_exit(&mut self, by: Party) -> Option<Outcome> {
        let market = self.cast.market;
        let own = self.exits.iter().position(|exit| exit.of == by);
        let Some(at) = own.or((!self.exits.is_empty()).then_some(0)) else {
            self.call::<CancelExit>(by, market, &0, 0).refused(47);
            return None;
        };
        let Exit { of: by, id, shares } = self.exits.remove(at);
        self.call::<CancelExit>(Party::Keeper, market, &id, 0).refused(48);
        let outcome = self.call::<CancelExit>(by, market, &id, 0).ok();
        self.redeem(by, shares).ok();
        Some(outcome)
    }

    fn submit(&mut self, by: Party, miner: usize, forged: Option<Forgery>) -> Outcome {
        let now = self.net.epoch();
        let nonce = u64::try_from(self.loans.len()).expect("a few loans") + 1;
        let mut spec = LoanSpec {
            chain_id: CHAIN_ID,
            market: self.cast.market.id().expect("an f0 address"),
            underwriter: self.cast.underwriter.id,
            borrower: self.id(OWNERS[miner]),
            miner: self.cast.miners[miner].id,
            amount: fil(AMOUNT),
            plan: Plan::Level,
            instalments: INSTALMENTS,
            days_between: DAYS_BETWEEN,
            rate: RATE,
            late_rate: 2_000,
            origination_fee: 0,
            prepayment_fee: 0,
            grace: GRACE,
            control: Control::Custody,
            max_debt: 8_000,
            draws: Draws::Whole,
            payee: None,
            refinances: None,
            nonce,
            deadline: now + DEADLINE,
        };
        match forged {
            Some(Forgery::Chain) => spec.chain_id += 1,
            Some(Forgery::Late) => spec.deadline = now - 1,
            Some(Forgery::Replayed) => spec.nonce = nonce - 1,
            Some(Forgery::Altered | Forgery::Signer) | None => {}
        }
        let signer: &Account = match forged {
            Some(Forgery::Signer) => self.account(Party::Keeper),
            _ => &self.cast.underwriter,
        };
        let signed = message(&spec).expect("a specification that encodes");
        let signature = signer.key.sign(&signed).expect("a key that signs").bytes;
        if forged == Some(Forgery::Altered) {
            spec.rate = 0;
        }
        let params = SubmitParams { spec: spec.clone(), signature };
        let outcome = self.call::<Submit>(by, self.cast.market, &params, 0);
        if outcome.exit_code.is_success() {
            let reply: Submitted = from_slice(&outcome.return_data).expect("a reply");
            self.loans.push((spec, reply.agent));
        }
        outcome
    }

    /// The reward actor has miners pay three times the penalty of a block.
    fn ruin(&mut self, miner: Address) {
        let penalty = self.net.balance(miner).div_floor(3);
        let params = (miner, penalty, atto(0), 1_i64);
        let call = Call::new(Address::new_id(SYSTEM_ACTOR), Address::new_id(REWARD_ACTOR));
        self.net.implicit(call.method(AWARD_BLOCK, &params)).ok();
    }

    pub fn market_state(&self) -> actor_lending_market::state::State {
        self.net.state(&self.cast.market).expect("a market with state")
    }
}
