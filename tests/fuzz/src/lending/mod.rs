//! Messages to a LendingMarket, one after the other, with any parameters that decode: whatever is
//! asked, its rules do not panic, its state stays sound, and it has the FIL that its books say.

mod seeds;
mod world;

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_lending_market::loans::Activation;
use actor_lending_market::spec::hash;
use fvm_shared::econ::TokenAmount;
use shared::Method;

use crate::loans::HERE;
use crate::messages::Message;
use crate::token::{self, Asked, Movement};
use crate::world::{self as worlds, Outcome, World, id};
pub use seeds::seeds;
use world::{AGENTS, Market, Paid, booked, collateral};

thread_local! {
    static BEGINNING: Market = Market::new();
}

pub fn run(input: &[u8]) {
    worlds::run(&BEGINNING, input);
}

impl Market {
    fn dispatch(&mut self, message: &Message<'_>) -> Outcome {
        (self.roles_and_cover(message))
            .or_else(|| self.lenders(message))
            .or_else(|| self.loans(message))
            .or_else(|| self.payments(message))
            .or_else(|| self.views(message))
            .or_else(|| self.token(message))
    }

    fn roles_and_cover(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            ChangeGovernor::NUMBER => self.set::<ChangeGovernor>(message, |s, db, sent, named| {
                s.change_governor(db, sent.caller, id(&named)?)
            }),
            SetTreasury::NUMBER => self.set::<SetTreasury>(message, |s, db, sent, treasury| {
                let treasury = id(&treasury)?;
                s.govern(db, sent.caller, |roles| roles.treasury = treasury)
            }),
            SetDepositCap::NUMBER => self.set::<SetDepositCap>(message, |s, db, sent, cap| {
                s.govern(db, sent.caller, |roles| roles.deposit_cap = cap)
            }),
            SetPaused::NUMBER => self.set::<SetPaused>(message, |s, db, sent, paused| {
                s.govern(db, sent.caller, |roles| roles.paused = paused)
            }),
            SetUnderwriter::NUMBER => self.set::<SetUnderwriter>(message, |s, db, sent, p| {
                s.set_underwriter(db, sent.caller, id(&p.underwriter)?, p.limits)
            }),
            PayTreasury::NUMBER => self.call::<PayTreasury>(message, |s, db, _, ()| {
                Ok(Paid::new([s.pay_treasury(db)?], vec![]))
            }),
            ApproveSpec::NUMBER => self.set::<ApproveSpec>(message, |s, db, sent, hash| {
                s.approve_spec(db, sent.caller, &hash)
            }),
            CancelNonces::NUMBER => self.set::<CancelNonces>(message, |s, db, sent, nonces| {
                s.cancel_nonces(db, sent.caller, &nonces)
            }),
            StakeCover::NUMBER => self.set::<StakeCover>(message, |s, db, sent, behind| {
                s.stake_cover(db, sent, id(&behind)?).map(drop)
            }),
            UnstakeCover::NUMBER => self.set::<UnstakeCover>(message, |s, db, sent, p| {
                s.unstake_cover(db, sent, id(&p.underwriter)?, &p.shares)
            }),
            WithdrawCover::NUMBER => self.call::<WithdrawCover>(message, |s, db, sent, behind| {
                Ok(Paid::new([s.withdraw_cover(db, sent, id(&behind)?)?], vec![]))
            }),
            Attest::NUMBER => self.set::<Attest>(message, |s, db, sent, p| {
                s.attest(db, sent, id(&p.subject)?, p.trust).map(drop)
            }),
            _ => None,
        }
    }

    fn lenders(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            Deposit::NUMBER => self.call::<Deposit>(message, |s, db, sent, p| {
                let to = p.to.map_or(Ok(sent.caller), |to| id(&to))?;
                let _ = s.deposit(db, sent, to, &p.min_shares)?;
                Ok(Paid::new([], s.pay_waiting(db, sent.now, HERE.market)?))
            }),
            Redeem::NUMBER => self.call::<Redeem>(message, |s, db, sent, p| {
                let (reply, payout) = s.redeem(db, sent, &p, HERE.market)?;
                let exits = match reply.exit {
                    Some(_) => s.pay_waiting(db, sent.now, HERE.market)?,
                    None => vec![],
                };
                Ok(Paid::new(payout, exits))
            }),
            CancelExit::NUMBER => self.set::<CancelExit>(message, |s, db, sent, id| {
                s.cancel_exit(db, sent, id, HERE.market).map(drop)
            }),
            PayExits::NUMBER => self.call::<PayExits>(message, |s, db, sent, limit| {
                Ok(Paid::new([], s.pay_exits(db, sent.now, HERE.market, limit)?))
            }),
            _ => None,
        }
    }

    /// An underwriter vouches with any signature but an empty one.
    fn loans(&mut self, message: &Message<'_>) -> Outcome {
        let worth = collateral(message.value);
        match message.method {
            Submit::NUMBER => self.set::<Submit>(message, |s, db, sent, p| {
                let (hash, signed) = (hash(&p.spec)?, !p.signature.is_empty());
                let loan = s.submit(db, sent, HERE, p.spec, hash, signed)?;
                s.set_agent(db, loan, AGENTS + loan).map(drop)
            }),
            Activate::NUMBER => self.call::<Activate>(message, |s, db, sent, loan| {
                let Activation { payout, refinanced, .. } = s.activate(db, sent, loan, &worth)?;
                let refund = refinanced.and_then(|(_, receipt)| receipt.refund);
                let exits = s.pay_waiting(db, sent.now, HERE.market)?;
                Ok(Paid::new(refund.into_iter().chain(payout), exits))
            }),
            Draw::NUMBER => self.call::<Draw>(message, |s, db, sent, p| {
                Ok(Paid::new([s.draw(db, sent, p.loan, &p.amount, &worth)?], vec![]))
            }),
            FreeReserve::NUMBER => self.call::<FreeReserve>(message, |s, db, sent, loan| {
                let (_, refund) = s.free_reserve(db, sent, loan)?;
                Ok(Paid::new(refund, s.pay_waiting(db, sent.now, HERE.market)?))
            }),
            WithdrawIncome::NUMBER => self.set::<WithdrawIncome>(message, |s, db, sent, p| {
                s.allow_income(db, sent, p.loan)?;
                s.check_income(db, sent, p.loan, &worth)
            }),
            _ => None,
        }
    }

    fn payments(&mut self, message: &Message<'_>) -> Outcome {
        let now = self.0.now;
        match message.method {
            Collect::NUMBER => self.collect::<Collect>(message, |_, _, _, _| Ok(())),
            Repay::NUMBER => self.call::<Repay>(message, |s, db, sent, loan| {
                let receipt = s.receive(db, sent.now, loan, &sent.value)?;
                booked(s, db, sent.now, receipt)
            }),
            PayOff::NUMBER => self.pay_off(message),
            Impair::NUMBER => {
                let loan = message.params::<Impair>()?;
                self.0.look(|s, db| {
                    let after = s.rules(db)?.impair_after;
                    s.open(db, loan)?.check_impair(now, after)
                })?;
                self.collect::<Impair>(message, |s, db, loan, now| s.impair(db, now, loan))
            }
            DeclareDefault::NUMBER => {
                let loan = message.params::<DeclareDefault>()?;
                self.0.look(|s, db| s.open(db, loan)?.check_default(now))?;
                self.collect::<DeclareDefault>(message, |s, db, loan, now| {
                    s.write_off(db, now, loan)
                })
            }
            _ => None,
        }
    }

    fn views(&self, message: &Message<'_>) -> Outcome {
        let (market, now) = (&self.0, self.0.now);
        let accrued = || {
            market.look(|s, db| {
                let mut state = s.clone();
                state.accrue(db, now).map(|()| state)
            })
        };
        match message.method {
            GetPool::NUMBER => {
                let state = accrued()?;
                market.view::<GetPool, _, _>(message, |_, _, ()| state.pool())
            }
            GetLender::NUMBER => {
                let state = accrued()?;
                market.view::<GetLender, _, _>(message, |_, db, of| state.lender(db, id(&of)?))
            }
            GetExit::NUMBER => {
                let state = accrued()?;
                market.view::<GetExit, _, _>(message, |_, db, id| state.exit(db, id))
            }
            GetUnderwriter::NUMBER => market
                .view::<GetUnderwriter, _, _>(message, |s, db, of| s.underwriter(db, id(&of)?)),
            GetLoan::NUMBER => {
                market.view::<GetLoan, _, _>(message, |s, db, id| s.loan_info(db, id))
            }
            GetSchedule::NUMBER => {
                market.view::<GetSchedule, _, _>(message, |s, db, id| s.schedule(db, id))
            }
            GetDue::NUMBER => market.view::<GetDue, _, _>(message, |s, db, id| s.due(db, id, now)),
            ListLoans::NUMBER => {
                market.view::<ListLoans, _, _>(message, |s, db, page| s.list_loans(db, &page, now))
            }
            GetCover::NUMBER => market.view::<GetCover, _, _>(message, |s, db, p| {
                s.cover(db, id(&p.underwriter)?, id(&p.sponsor)?)
            }),
            GetReputation::NUMBER => market
                .view::<GetReputation, _, _>(message, |s, db, of| s.reputation(db, id(&of)?, now)),
            _ => None,
        }
    }

    /// The lenders' own books go with their shares.
    fn token(&mut self, message: &Message<'_>) -> Outcome {
        let (asked, now) = (token::asked(message)?, self.0.now);
        self.0.attempt(TokenAmount::default(), |s, db| {
            if let Asked::Movement(Movement { from, to, amount, .. }) = &asked {
                s.moving(db, now, *from, *to, amount)?;
            }
            Ok::<_, Error>(asked.apply(&mut s.token, db, now, message.caller())?)
        })
    }
}
