//! What is done with the DAO, as messages.

use actor_datadao::api::*;
use fvm_harness::{Call, Outcome, fil};
use fvm_ipld_encoding::RawBytes;
use shared::token::{Burn, BurnParams, Transfer, TransferParams};

use super::cast::Party;
use super::dao::{PERIOD, PRICE};
use super::step::{DaoStep, Motion, VoteStep};
use super::world::World;
use crate::setup::{DAY, dataset};

impl World {
    pub fn act_in_dao(&mut self, by: Party, step: &DaoStep) -> Outcome {
        let dao = self.cast.dao;
        match step {
            DaoStep::Mint { to, amount } => {
                let params = MintParams { to: self.address(*to), amount: fil(*amount) };
                self.call::<Mint>(by, dao, &params, 0)
            }
            DaoStep::Transfer { to, amount } => {
                let (to, amount) = (self.address(*to), fil(*amount));
                let params = TransferParams { to, amount, operator_data: RawBytes::default() };
                self.call::<Transfer>(by, dao, &params, 0)
            }
            DaoStep::Burn(amount) => {
                self.call::<Burn>(by, dao, &BurnParams { amount: fil(*amount) }, 0)
            }
            DaoStep::Stake(amount) => {
                self.call::<Stake>(by, dao, &StakeParams { amount: fil(*amount) }, 0)
            }
            DaoStep::Unstake(amount) => {
                self.call::<Unstake>(by, dao, &StakeParams { amount: fil(*amount) }, 0)
            }
            DaoStep::ReleaseUnstaked(of) => {
                let of = self.address(*of);
                self.call::<ReleaseUnstaked>(by, dao, &of, 0)
            }
            DaoStep::ClaimRevenue(of) => {
                let of = self.address(*of);
                self.call::<ClaimRevenue>(by, dao, &of, 0)
            }
            DaoStep::Delegate(to) => {
                let to = to.map(|to| self.address(to));
                self.call::<Delegate>(by, dao, &to, 0)
            }
            DaoStep::List { wanted, again } => {
                let last = self.dao_state().cold(self.net.store()).unwrap().catalog.last;
                let n = if *again { 1 } else { last + 1 };
                self.call::<AddDataset>(by, dao, &dataset(n, *wanted), 0)
            }
            DaoStep::Update { dataset: id, wanted } => {
                let params = UpdateDatasetParams { id: *id, terms: dataset(*id, *wanted).terms };
                self.call::<UpdateDataset>(by, dao, &params, 0)
            }
            DaoStep::Retire(id) => self.call::<RetireDataset>(by, dao, id, 0),
            DaoStep::Sell(id) => {
                let (currency, amount) = (Currency::Fil, fil(PRICE));
                let price = AccessPrice { currency, amount, period: PERIOD };
                let params = SetAccessParams { dataset: *id, policy: AccessPolicy::Paid(price) };
                self.call::<SetAccess>(by, dao, &params, 0)
            }
            DaoStep::Buy { dataset, periods, pays } => {
                let params = BuyAccessParams {
                    dataset: *dataset,
                    to: self.address(by),
                    periods: *periods,
                    max_price: fil(1_000_000),
                    min_period: 1,
                };
                self.call::<BuyAccess>(by, dao, &params, *pays)
            }
            DaoStep::Fund(amount) => self.call::<Fund>(by, dao, &(), *amount),
            DaoStep::Withdraw(of) => {
                let of = vec![self.address(*of)];
                self.call::<Withdraw>(by, dao, &of, 0)
            }
            DaoStep::Donate(amount) => self.send(by, Call::new(dao, dao).value(fil(*amount))),
            DaoStep::BookDonations => self.call::<BookDonations>(by, dao, &(), 0),
            DaoStep::Pause { days } => {
                self.call::<Pause>(by, dao, &PauseParams { duration: days * DAY }, 0)
            }
            DaoStep::Unpause => self.call::<Unpause>(by, dao, &(), 0),
            DaoStep::Refresh(ids) => self.call::<RefreshDatasets>(by, dao, ids, 0),
        }
    }

    pub fn vote(&mut self, by: Party, step: &VoteStep) -> Outcome {
        let dao = self.cast.dao;
        match step {
            VoteStep::Propose(motion) => {
                let action = match motion {
                    Motion::Spend { to, fil: amount } => {
                        let (to, amount) = (self.address(*to), fil(*amount));
                        Action::Spend { to, currency: Currency::Fil, amount }
                    }
                    Motion::Mint { to, amount } => {
                        Action::Mint { to: self.address(*to), amount: fil(*amount) }
                    }
                };
                let params = ProposeParams { actions: vec![action], description: String::new() };
                self.call::<Propose>(by, dao, &params, 0)
            }
            VoteStep::Cast { proposal, choice } => {
                let params = CastVoteParams { proposal: *proposal, choice: *choice };
                self.call::<CastVote>(by, dao, &params, 0)
            }
            VoteStep::Execute(id) => self.call::<Execute>(by, dao, id, 0),
            VoteStep::Cancel(id) => self.call::<Cancel>(by, dao, id, 0),
            VoteStep::Veto(id) => self.call::<Veto>(by, dao, id, 0),
        }
    }

    pub fn dao_state(&self) -> actor_datadao::state::State {
        self.net.state(&self.cast.dao).expect("a DAO with state")
    }
}
