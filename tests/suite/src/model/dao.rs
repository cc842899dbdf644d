//! What the model knows of the DAO: who has $DATA, what is stored, what everybody is owed.

use std::collections::BTreeMap;

use actor_datadao::api::{Currency, Role};
use actor_datadao::error::Error;
use actor_datadao::roles::MAX_PAUSE;
use fvm_harness::{TokenAmount, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::cast::Party;
use super::compute::Request;
use super::owners::Bond;
use super::reference::{Verdict, check, funds};
use super::step::{DaoStep, Mood};
use super::votes::Poll;
use crate::setup::DAY;

const CAP: i64 = 1_000_000;
const UNBONDING: ChainEpoch = 7 * DAY;
const MAX_UNBONDINGS: usize = 8;
/// FIL and epochs of a period of access.
pub const PRICE: i64 = 10;
pub const PERIOD: ChainEpoch = 30 * DAY;
const TEN_YEARS: ChainEpoch = 3_650 * DAY;
pub const REWARD: i64 = 100;

#[derive(Clone, Debug, Default)]
pub struct Holder {
    pub balance: TokenAmount,
    pub staked: TokenAmount,
    pub delegate: Option<Party>,
    pub unbonding: Vec<(ChainEpoch, TokenAmount)>,
    /// FIL that the stake earned and nobody claimed, but for roundings.
    pub earned: TokenAmount,
    pub owed_data: TokenAmount,
    /// But for roundings.
    pub owed_fil: TokenAmount,
}

#[derive(Clone, Debug)]
pub struct Replica {
    /// Its place among the deals made.
    pub deal: usize,
    pub miner: usize,
    pub owner: Party,
    pub end: ChainEpoch,
    /// Whether the DAO has seen it active.
    pub active: bool,
    /// Whether it locks a part of the miner's bond.
    pub bonded: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// None of one that is retired.
    pub wanted: u32,
    pub sold: bool,
    pub replicas: Vec<Replica>,
    /// Miners whose deals failed, their owners, and until when they have to wait.
    pub dropouts: Vec<(usize, Party, ChainEpoch)>,
    /// Until when each was granted access.
    pub granted: BTreeMap<Party, ChainEpoch>,
    /// Until when each has bought access.
    pub bought: BTreeMap<Party, ChainEpoch>,
}

#[derive(Clone, Debug, Default)]
pub struct Dao {
    pub holders: BTreeMap<Party, Holder>,
    /// What of an owner's $DATA an operator may still move.
    pub allowances: BTreeMap<(Party, Party), TokenAmount>,
    pub supply: TokenAmount,
    pub minted: TokenAmount,
    /// FIL that is nobody else's.
    pub treasury: TokenAmount,
    /// $DATA that replicas which failed have cost.
    pub treasury_data: TokenAmount,
    /// FIL that came without a method.
    pub donated: TokenAmount,
    pub datasets: Vec<Dataset>,
    /// Requests for work; those that are settled are `None`.
    pub requests: Vec<Option<Request>>,
    /// By miner.
    pub bonds: BTreeMap<usize, Bond>,
    pub barred_miners: BTreeMap<usize, ChainEpoch>,
    pub barred_owners: BTreeMap<Party, ChainEpoch>,
    pub paused_until: ChainEpoch,
    pub polls: Vec<Poll>,
    pub mood: Mood,
}

impl Dao {
    pub fn holder(&mut self, of: Party) -> &mut Holder {
        self.holders.entry(of).or_default()
    }

    pub fn dataset(&mut self, id: u64) -> Result<&mut Dataset, ExitCode> {
        check(id > 0, Error::NoDataset(id))?;
        let at = usize::try_from(id).unwrap_or(usize::MAX) - 1;
        self.datasets.get_mut(at).ok_or_else(|| funds::code(Error::NoDataset(id)))
    }

    pub fn running(&self, now: ChainEpoch) -> Verdict {
        check(self.paused_until <= now, Error::Paused(0))
    }

    pub fn cap(&self, amount: &TokenAmount) -> Verdict {
        check(&self.minted + amount <= fil(CAP), Error::MintCap)
    }

    fn role(by: Party, role: Role) -> Verdict {
        check(by == Party::Admin, Error::NoRole(0, role))
    }

    /// $DATA that the DAO keeps, most of it for others.
    pub fn custody(&self) -> TokenAmount {
        let of = |holder: &Holder| {
            let unbonding: TokenAmount = holder.unbonding.iter().map(|(_, amount)| amount).sum();
            &holder.staked + &holder.owed_data + unbonding
        };
        let held = self.requests.iter().flatten().filter(|r| r.currency == Currency::Data);
        let held: TokenAmount = held.map(Request::held).sum();
        let bonds: TokenAmount = self.bonds.values().map(|bond| &bond.amount).sum();
        self.holders.values().map(of).sum::<TokenAmount>() + held + bonds + &self.treasury_data
    }

    pub fn mint(&mut self, to: Party, amount: &TokenAmount) {
        self.holder(to).balance += amount;
        self.supply += amount;
        self.minted += amount;
    }

    /// Whether the receiver's hook takes tokens that it has been given, after all that it does.
    pub fn hook(&mut self, to: Party) -> Verdict {
        match (to, self.mood) {
            (Party::Agent(_), _) | (Party::Eve, Mood::Refuses) => Err(ExitCode::USR_UNSPECIFIED),
            (Party::Eve, Mood::PassesOn(amount)) => {
                funds::cover(&self.holder(to).balance, amount)?;
                self.holder(to).balance -= fil(amount);
                self.holder(Party::Cem).balance += fil(amount);
                self.mood = Mood::Friendly;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Offers $DATA that its payee has already: what the hook refuses is owed.
    pub fn offer(&mut self, to: Party, amount: &TokenAmount) {
        if self.hook(to).is_err() {
            let holder = self.holder(to);
            holder.balance -= amount;
            holder.owed_data += amount;
        }
    }

    pub fn apply(&mut self, now: ChainEpoch, by: Party, step: &DaoStep) -> Verdict {
        match step {
            DaoStep::Mint { to, amount } => {
                Self::role(by, Role::Minter)?;
                self.cap(&fil(*amount))?;
                let before = self.clone();
                self.mint(*to, &fil(*amount));
                self.delivered(*to, before)
            }
            DaoStep::Transfer { to, amount } => {
                funds::cover(&self.holder(by).balance, *amount)?;
                let before = self.clone();
                self.holder(by).balance -= fil(*amount);
                self.holder(*to).balance += fil(*amount);
                self.delivered(*to, before)
            }
            DaoStep::Burn(amount) => {
                funds::cover(&self.holder(by).balance, *amount)?;
                self.holder(by).balance -= fil(*amount);
                self.supply -= fil(*amount);
                Ok(())
            }
            DaoStep::Stake(amount) => {
                self.running(now)?;
                check(*amount > 0, Error::StakeAmount)?;
                funds::cover(&self.holder(by).balance, *amount)?;
                self.holder(by).balance -= fil(*amount);
                self.holder(by).staked += fil(*amount);
                Ok(())
            }
            DaoStep::Unstake(amount) => {
                check(*amount > 0, Error::StakeAmount)?;
                let holder = self.holder(by);
                let at = holder.unbonding.iter().position(|(due, _)| *due == now + UNBONDING);
                let room = at.is_some() || holder.unbonding.len() < MAX_UNBONDINGS;
                check(room, Error::Unbondings(0))?;
                funds::cover(&holder.staked, *amount)?;
                holder.staked -= fil(*amount);
                match at {
                    Some(at) => holder.unbonding[at].1 += fil(*amount),
                    None => holder.unbonding.push((now + UNBONDING, fil(*amount))),
                }
                Ok(())
            }
            DaoStep::ReleaseUnstaked(of) => {
                let holder = self.holder(*of);
                let due = holder.unbonding.iter().filter(|(due, _)| *due <= now);
                holder.owed_data += due.map(|(_, amount)| amount).sum::<TokenAmount>();
                holder.unbonding.retain(|(due, _)| *due > now);
                Ok(())
            }
            DaoStep::ClaimRevenue(of) => {
                let holder = self.holder(*of);
                holder.owed_fil += std::mem::take(&mut holder.earned);
                Ok(())
            }
            DaoStep::Delegate(to) => {
                self.holder(by).delegate = to.filter(|to| *to != by);
                Ok(())
            }
            DaoStep::List { wanted, again } => {
                Self::role(by, Role::Curator)?;
                check((1..=32).contains(wanted), Error::Wanted(0))?;
                check(!again, Error::Listed(1))?;
                self.datasets.push(Dataset { wanted: *wanted, ..Dataset::default() });
                Ok(())
            }
            DaoStep::Update { dataset, wanted } => {
                Self::role(by, Role::Curator)?;
                check((1..=32).contains(wanted), Error::Wanted(0))?;
                self.dataset(*dataset)?.wanted = *wanted;
                Ok(())
            }
            DaoStep::Retire(id) => {
                Self::role(by, Role::Curator)?;
                let dataset = self.dataset(*id)?;
                check(dataset.wanted > 0, Error::Retired(0))?;
                dataset.wanted = 0;
                Ok(())
            }
            DaoStep::Sell(id) => {
                Self::role(by, Role::Curator)?;
                self.dataset(*id)?.sold = true;
                Ok(())
            }
            DaoStep::Buy { dataset, periods, pays } => self.buy(now, by, *dataset, *periods, *pays),
            DaoStep::Fund(amount) => {
                self.treasury += fil(*amount);
                Ok(())
            }
            DaoStep::Withdraw(of) => {
                let holder = self.holder(*of);
                holder.owed_fil = TokenAmount::default();
                let data = std::mem::take(&mut holder.owed_data);
                if data.is_positive() {
                    holder.balance += &data;
                    self.offer(*of, &data);
                }
                Ok(())
            }
            DaoStep::Donate(amount) => {
                self.donated += fil(*amount);
                Ok(())
            }
            DaoStep::BookDonations => {
                check(self.donated.is_positive(), Error::NothingToBook)?;
                self.treasury += std::mem::take(&mut self.donated);
                Ok(())
            }
            DaoStep::Pause { days } => {
                Self::role(by, Role::Guardian)?;
                check((1..=MAX_PAUSE).contains(&(days * DAY)), Error::PauseLength(0))?;
                self.paused_until = now + days * DAY;
                Ok(())
            }
            DaoStep::Unpause => {
                Self::role(by, Role::Guardian)?;
                self.paused_until = 0;
                Ok(())
            }
            DaoStep::Refresh(ids) => check(ids.len() <= 16, Error::Batch(0)),
        }
    }

    /// What becomes of a movement by hand: a hook that refuses it undoes it.
    fn delivered(&mut self, to: Party, before: Dao) -> Verdict {
        let taken = self.hook(to);
        if taken.is_err() {
            *self = before;
        }
        taken
    }

    fn buy(&mut self, now: ChainEpoch, by: Party, id: u64, periods: u32, pays: i64) -> Verdict {
        self.running(now)?;
        check((1..=100).contains(&periods), Error::Periods(0))?;
        let dataset = self.dataset(id)?;
        check(dataset.sold, Error::NotForSale(0))?;
        let from = dataset.bought.get(&by).copied().unwrap_or_default().max(now);
        let until = from + PERIOD * i64::from(periods);
        check(until - now <= TEN_YEARS, Error::AccessEnd(0))?;
        let price = PRICE * i64::from(periods);
        check(pays == price, Error::Payment(fil(0)))?;
        dataset.bought.insert(by, until);
        let active = dataset.replicas.iter().filter(|replica| replica.active && now < replica.end);
        let payees: Vec<Party> = active.map(|replica| replica.owner).collect();
        self.share(&fil(price), &payees);
        Ok(())
    }

    /// Three tenths to those who stake, one to the curator, three to the payees of active replicas, and
    /// the rest to the treasury.
    fn share(&mut self, price: &TokenAmount, payees: &[Party]) {
        let mut left = price.clone();
        let tenth = price.div_floor(10);
        let staked: TokenAmount = self.holders.values().map(|holder| &holder.staked).sum();
        if staked.is_positive() {
            let part = &tenth * 3;
            left -= &part;
            for holder in self.holders.values_mut() {
                let earned = part.atto() * holder.staked.atto() / staked.atto();
                holder.earned += TokenAmount::from_atto(earned);
            }
        }
        left -= &tenth;
        self.holder(Party::Admin).owed_fil += &tenth;
        if let Ok(count @ 1..) = i64::try_from(payees.len()) {
            let part = (&tenth * 3).div_floor(count);
            for payee in payees {
                left -= &part;
                self.holder(*payee).owed_fil += &part;
            }
        }
        self.treasury += left;
    }
}
