//! What the model knows of work on datasets: how every request stands, and what is held for it.

use actor_datadao::api::{Currency, Role};
use actor_datadao::error::Error;
use fvm_harness::{TokenAmount, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::cast::Party;
use super::dao::{Dao, Holder};
use super::reference::{Verdict, check, funds};
use super::step::ComputeStep;
use crate::setup::DAY;

const MAX_DAYS: i64 = 365;
const REVIEW: ChainEpoch = 2 * DAY;
const ARBITRATION: ChainEpoch = 7 * DAY;
/// A bond is a fifth of the bounty.
pub const BONDS: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Accepted,
    Delivered,
    Disputed,
}

use Stage::{Accepted, Delivered, Disputed, Open};

/// A request that is not settled.
#[derive(Clone, Debug)]
pub struct Request {
    requester: Party,
    pub worker: Option<Party>,
    pub currency: Currency,
    pub bounty: i64,
    /// Last epoch of the stage.
    pub until: ChainEpoch,
    stage: Stage,
}

impl Request {
    fn bond(&self) -> i64 {
        self.bounty / BONDS
    }

    /// The bounty, and the bonds that were put up.
    pub fn held(&self) -> TokenAmount {
        fil(match self.stage {
            Open => self.bounty,
            Accepted | Delivered => self.bounty + self.bond(),
            Disputed => self.bounty + 2 * self.bond(),
        })
    }

    fn expect(&self, stages: &[Stage]) -> Verdict {
        check(stages.contains(&self.stage), Error::Stage(0, ""))
    }

    fn in_time(&self, now: ChainEpoch) -> Verdict {
        check(now <= self.until, Error::Late(0))
    }

    fn of_requester(&self, by: Party) -> Verdict {
        check(by == self.requester, Error::NotRequester(0))
    }

    /// What the worker gets if nobody does anything more: all that is due to it of a result that nobody
    /// disputed, half the bounty where nobody ruled.
    fn by_default(&self) -> TokenAmount {
        match self.stage {
            Open | Accepted => fil(0),
            Delivered => self.held(),
            Disputed => fil(self.bond()) + fil(self.bounty).div_floor(2),
        }
    }
}

impl Dao {
    fn request(&mut self, id: u64) -> Result<&mut Request, ExitCode> {
        let at = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let found = at.and_then(|at| self.requests.get_mut(at)).and_then(Option::as_mut);
        found.ok_or_else(|| funds::code(Error::NoRequest(id)))
    }

    /// Takes a bounty or a bond, where the message brings just what it has to.
    fn put_up(&mut self, by: Party, currency: Currency, amount: i64, exact: bool) -> Verdict {
        check(exact, Error::Payment(fil(0)))?;
        if currency == Currency::Data {
            funds::cover(&self.holder(by).balance, amount)?;
            self.holder(by).balance -= fil(amount);
        }
        Ok(())
    }

    /// Ends a request: what is not the worker's is the requester's.
    fn settle(&mut self, id: u64, to_worker: &TokenAmount) -> Verdict {
        let request = self.request(id)?.clone();
        let owed = |holder: &mut Holder, amount: &TokenAmount| match request.currency {
            Currency::Fil => holder.owed_fil += amount,
            Currency::Data => holder.owed_data += amount,
        };
        owed(self.holder(request.requester), &(request.held() - to_worker));
        if let Some(worker) = request.worker {
            owed(self.holder(worker), to_worker);
        }
        self.requests[usize::try_from(id).expect("a number") - 1] = None;
        Ok(())
    }

    pub fn compute(&mut self, now: ChainEpoch, by: Party, step: &ComputeStep) -> Verdict {
        match step {
            ComputeStep::Request { dataset, currency, bounty, days, exact } => {
                self.running(now)?;
                check(*bounty > 0, Error::Bounty)?;
                check((1..=MAX_DAYS).contains(days), Error::Deadline(0))?;
                self.dataset(*dataset)?;
                self.put_up(by, *currency, *bounty, *exact)?;
                self.requests.push(Some(Request {
                    requester: by,
                    worker: None,
                    currency: *currency,
                    bounty: *bounty,
                    until: now + days * DAY,
                    stage: Open,
                }));
                Ok(())
            }
            ComputeStep::Cancel(id) => {
                let request = self.request(*id)?;
                request.of_requester(by)?;
                request.expect(&[Open])?;
                self.settle(*id, &fil(0))
            }
            ComputeStep::Accept(id) => {
                self.running(now)?;
                let request = self.request(*id)?.clone();
                check(by != request.requester, Error::OwnRequest(0))?;
                request.expect(&[Open])?;
                request.in_time(now)?;
                self.put_up(by, request.currency, request.bond(), true)?;
                let request = self.request(*id)?;
                (request.stage, request.worker) = (Accepted, Some(by));
                Ok(())
            }
            ComputeStep::Deliver(id) => {
                let request = self.request(*id)?;
                request.expect(&[Accepted])?;
                check(request.worker == Some(by), Error::NotWorker(0))?;
                request.in_time(now)?;
                (request.stage, request.until) = (Delivered, now + REVIEW);
                Ok(())
            }
            ComputeStep::Approve(id) => {
                let request = self.request(*id)?.clone();
                request.of_requester(by)?;
                request.expect(&[Delivered, Disputed])?;
                self.settle(*id, &fil(request.bounty + request.bond()))
            }
            ComputeStep::Dispute(id) => {
                let request = self.request(*id)?.clone();
                request.of_requester(by)?;
                request.expect(&[Delivered])?;
                request.in_time(now)?;
                self.put_up(by, request.currency, request.bond(), true)?;
                let request = self.request(*id)?;
                (request.stage, request.until) = (Disputed, now + ARBITRATION);
                Ok(())
            }
            ComputeStep::Rule { request: id, percent } => {
                check(by == Party::Admin, Error::NoRole(0, Role::Arbiter))?;
                check(*percent <= 100, Error::Rule(""))?;
                let request = self.request(*id)?.clone();
                request.expect(&[Disputed])?;
                request.in_time(now)?;
                let part = (fil(request.bounty) * *percent).div_floor(100) + fil(request.bond());
                let to_worker = match percent {
                    0 => fil(0),
                    100 => request.held(),
                    _ => part,
                };
                self.settle(*id, &to_worker)
            }
            ComputeStep::Settle(ids) => {
                check(ids.len() <= 32, Error::Batch(0))?;
                for id in ids {
                    let Ok(request) = self.request(*id) else { continue };
                    if request.in_time(now).is_err() {
                        let to_worker = request.by_default();
                        self.settle(*id, &to_worker)?;
                    }
                }
                Ok(())
            }
        }
    }
}
