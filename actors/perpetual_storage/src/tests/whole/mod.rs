//! All methods in any order, by anyone, over a small market that tells the truth: whatever is done,
//! the state stays sound, the storage has the FIL that its books say, and nobody gains by failing.

mod market;
mod steps;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cell::RefCell;

use proptest::prelude::*;

use super::*;
use crate::deals::TIPS_PER_DEAL;
use crate::escrow::ToEscrow;
use crate::refresh::News;
use market::{Market, MarketDeal};
use shared::deal::Fate;
use steps::{ACCOUNTS, MAX_PRICE, Step, steps, wanted};

/// Random sequences that are tried. What fails is kept under `proptest-regressions` and tried first.
const CASES: u32 = 2_000;
/// Owners of the providers from `SP` on.
const OWNERS: [ActorID; 6] = [OWNER, OWNER, OWNER + 1, OWNER + 2, OWNER + 3, OWNER + 3];
/// This one and those after it publish, and never prove a sector.
const FIRST_IDLE: ActorID = SP + 4;
/// Perpetual deals that are ever created.
const MAX_CREATED: u64 = 5;

/// What has to succeed or to happen once in twenty sequences at the least.
const OFTEN: [&str; 22] = [
    "deposit",
    "withdraw",
    "create",
    "change",
    "top up",
    "close",
    "publish",
    "refresh",
    "vouch",
    "attest",
    "look",
    "settle",
    "terminate",
    "open",
    "expire",
    "activated",
    "kept",
    "missed",
    "completed",
    "terminated",
    "unseen",
    "renew",
];

struct Whole {
    world: World,
    market: Market,
    /// AttoFIL that the storage has, and that came in and went out in all.
    balance: TokenAmount,
    came_in: TokenAmount,
    withdrawn: TokenAmount,
    filled: BTreeSet<AdId>,
    /// Ads that refreshes may still open for a tip beside those that deals make room for.
    openings: BTreeMap<PerpetualDealId, i64>,
    /// How often what succeeded.
    done: BTreeMap<&'static str, u32>,
}

type Done = Option<&'static str>;

impl Whole {
    fn new() -> Self {
        let world = World::with(|rules| {
            (rules.renewal_window, rules.cooldown) = (100 * DAY, DAY);
        });
        let mut whole = Whole {
            world,
            market: Market::default(),
            balance: atto(0),
            came_in: atto(0),
            withdrawn: atto(0),
            filled: BTreeSet::new(),
            openings: BTreeMap::new(),
            done: BTreeMap::new(),
        };
        for (by, of) in [(0, 3), (1, 4)] {
            let step = Step { method: 6, by, of, amount: 39, choice: 2 };
            whole.create(step, 20_000_000).unwrap();
        }
        whole
    }

    /// Tries one step, as a message or as the market does it. Names what succeeded.
    fn step(&mut self, step: Step) -> Result<Done, Error> {
        let Step { method, by, of, amount, choice } = step;
        let by = ACCOUNTS[by];
        let id = 1 + of % self.world.state.last.max(1);
        let deal = || {
            let count = self.market.deals.len().max(1) as u64;
            self.market.deals.keys().nth(usize::try_from(of % count).unwrap()).copied()
        };
        // From a handful of attoFIL to more than all terms cost.
        let funds = if choice == 0 { amount * 50 } else { amount * 200_000 };
        match method {
            0 | 1 => self.pass(amount),
            2 => self.pass(amount * DAY / 10),
            3 => self.pass(amount * 2 * DAY),
            4 => {
                let message = self.world.paying(by, funds);
                let account = ACCOUNTS[usize::from(choice % 3)];
                self.world.attempt(|s, store| s.deposit(store, &message, account))?;
                self.take_in(funds);
                Ok(Some("deposit"))
            }
            5 => self.withdraw(by, &atto(funds / 3)),
            6 => self.create(step, funds),
            7 => self.change(step, id, funds),
            8 => {
                let message = self.world.paying(by, funds);
                self.world.attempt(|s, store| s.top_up(store, &message, id))?;
                self.take_in(funds);
                Ok(Some("top up"))
            }
            9 if choice < 3 => {
                let message = self.world.by(by);
                let moved = self.world.attempt(|s, store| s.close(store, &message, id))?;
                self.move_escrow(moved);
                Ok(Some("close"))
            }
            10..=16 => self.publish(step, id),
            17..=23 => self.refresh(id),
            24 => {
                let Some(id) = deal() else { return Ok(None) };
                Ok(self.market.terminate(id, self.world.now).then_some("terminate"))
            }
            25 => {
                let Some(id) = deal() else { return Ok(None) };
                self.market.settle(id, self.world.now);
                Ok(Some("settle"))
            }
            26 => {
                let provider = SP + of % 6;
                let message = self.world.by(OWNERS[usize::try_from(of % 6).unwrap()]);
                self.world.attempt(|s, store| s.vouch(store, &message, provider))?;
                Ok(Some("vouch"))
            }
            27 => {
                let (provider, message) = (SP + of % 6, self.world.by(by));
                let until = message.now + amount * 30 * DAY;
                let region = (choice > 0).then(|| Attestation { region: "EU".into(), until });
                self.world.attempt(|s, store| s.attest(store, &message, provider, region))?;
                Ok(Some("attest"))
            }
            // FIL that is sent to the storage, or put in its escrow, by chance.
            28 if choice == 0 => {
                self.balance += atto(amount);
                self.market.unlocked += atto(amount);
                Ok(Some("send"))
            }
            _ => self.look(id),
        }
    }

    fn pass(&mut self, epochs: ChainEpoch) -> Result<Done, Error> {
        self.world.now += epochs;
        self.market.pass(self.world.now);
        Ok(Some("wait"))
    }

    fn take_in(&mut self, funds: i64) {
        self.balance += atto(funds);
        self.came_in += atto(funds);
    }

    fn withdraw(&mut self, by: ActorID, amount: &TokenAmount) -> Result<Done, Error> {
        let message = self.world.by(by);
        self.world.attempt(|s, store| s.withdraw(store, &message, amount))?;
        self.balance -= amount;
        self.withdrawn += amount;
        Ok(Some("withdraw"))
    }

    fn create(&mut self, step: Step, funds: i64) -> Result<Done, Error> {
        if self.world.state.last >= MAX_CREATED {
            return Ok(None);
        }
        let params = CreatePerpetualDealParams {
            piece_cid: piece(step.choice),
            piece_size: SIZE,
            terms: wanted(step, self.world.now),
        };
        let message = self.world.paying(ACCOUNTS[step.by], funds);
        let (_, moved) = self.world.attempt(|s, store| s.create(store, &message, params))?;
        self.take_in(funds);
        self.move_escrow(moved);
        Ok(Some("create"))
    }

    fn change(&mut self, step: Step, id: PerpetualDealId, funds: i64) -> Result<Done, Error> {
        let before = self.world.state.perpetual(&self.world.store, id)?;
        let was = before.spec(&self.world.store)?.terms.replicas;
        let terms = wanted(step, self.world.now);
        let more = i64::from(terms.replicas) - i64::from(was);
        let params = ChangePerpetualDealParams { id, terms };
        let message = self.world.paying(ACCOUNTS[step.by], funds);
        let moved = self.world.attempt(|s, store| s.change(store, &message, params))?;
        self.take_in(funds);
        self.move_escrow(moved);
        let closed = i64::try_from(before.ads.len()).unwrap();
        *self.openings.entry(id).or_default() += closed + more.max(0);
        Ok(Some("change"))
    }

    fn publish(&mut self, step: Step, id: PerpetualDealId) -> Result<Done, Error> {
        let Step { of, amount, choice, .. } = step;
        let open = self.world.state.find(&self.world.store, id)?;
        let ads: Vec<AdId> = open.iter().flat_map(|open| &open.ads).map(|ad| ad.id).collect();
        if ads.is_empty() {
            return Ok(None);
        }
        let ad = ads[usize::from(choice) % ads.len()];
        let mut proposal = self.world.proposal(ad);
        let price = amount % (MAX_PRICE + 1);
        proposal.storage_price_per_epoch = atto(price);
        proposal.verified_deal = amount % 3 == 0;
        let n = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 4, 5][usize::try_from(of / 5).unwrap()];
        let provider = SP + n;
        // An owner is whom a miner names.
        let idle = provider >= FIRST_IDLE;
        let named = if idle && choice == 5 { 0 } else { usize::try_from(n).unwrap() };
        let admitted =
            self.world.state.admit(&self.world.store, &proposal, &self.world.facts(provider))?;
        let paid = self.world.publish(&proposal, provider, OWNERS[named])?;
        self.balance -= &paid;
        assert!(self.filled.insert(ad), "ad {ad} is filled twice");
        let (start, end) = (proposal.start_epoch, proposal.end_epoch);
        let cost = atto(price * (end - start));
        assert!(cost <= self.market.unlocked, "the market would not publish the deal");
        self.market.unlocked -= &cost;
        self.market.locked += cost;
        let (now, delay) = (self.world.now, DAY * i64::from(choice) / 5);
        let deal = MarketDeal {
            of: id,
            provider,
            start,
            end,
            price,
            collateral: proposal.provider_collateral,
            standing: Standing::Waiting,
            proves: (!idle && amount % 8 > 0).then_some(now + delay),
            settled: start,
            bounty: admitted.bounty,
            paid,
            steps: 0,
        };
        self.market.deals.insert(self.world.last_deal, deal);
        *self.openings.entry(id).or_default() += 1;
        Ok(Some(if admitted.ad.renews.is_some() { "renew" } else { "publish" }))
    }

    /// As the actor does it: it asks, has settled what is over, changes its state, and pays.
    fn refresh(&mut self, id: PerpetualDealId) -> Result<Done, Error> {
        let now = self.world.now;
        let replicas = self.world.state.replicas(&self.world.store, id)?;
        let standing = |replica: &Replica| self.market.deals[&replica.deal].standing;
        let standings: Vec<_> =
            replicas.iter().map(|replica| (replica.deal, standing(replica))).collect();
        let over = |replica: &&Replica| {
            let Replica { start_epoch, end_epoch, active, .. } = replica;
            let fate = standing(replica).fate(*start_epoch, *end_epoch, active.is_some(), now);
            replica.price_per_epoch.is_positive() && fate.is_some_and(Fate::is_end)
        };
        let over: Vec<_> = replicas.iter().filter(over).map(|replica| replica.deal).collect();
        for deal in &over {
            self.market.settle(*deal, now);
        }
        let unlocked = (!over.is_empty()).then(|| self.market.unlocked.clone());
        let work = self.world.attempt(|state, store| {
            state.refresh(store, now, id, &Findings { standings, unlocked })
        })?;
        self.move_escrow(work.to_escrow);
        self.balance -= &work.sum.paid + &work.sum.tip;
        let mut steps = u64::from(work.sum.opened);
        for item in &work.news {
            steps += self.meet(id, item);
        }
        let openings = self.openings.entry(id).or_default();
        *openings -= i64::from(work.sum.opened);
        assert!(*openings >= 0, "more ads were opened for tips than there was room for");
        let (tip, more) = (&self.world.state.rules.tip, &work.sum.tip);
        let for_expiry = more - tip * steps;
        assert!(for_expiry == atto(0) || work.sum.expired && for_expiry == *tip);
        self.count("open", work.sum.opened);
        self.count("expire", u32::from(work.sum.expired));
        Ok((work.sum != Refreshed::default()).then_some("refresh"))
    }

    /// News of a deal. Returns the steps that have a tip.
    fn meet(&mut self, id: PerpetualDealId, item: &News) -> u64 {
        let News { replica, fate, first_seen, earned } = item;
        let deal = self.market.deals.get_mut(&replica.deal).unwrap();
        let steps = u64::from(*first_seen) + u64::from(fate.is_end());
        deal.paid += earned;
        deal.steps += steps;
        assert_eq!((deal.of, deal.end), (id, replica.end_epoch));
        assert!(!earned.is_negative() && deal.paid <= deal.bounty, "{item:?}");
        let silent = matches!(fate, Fate::Missed | Fate::Terminated | Fate::Unseen);
        assert!(!silent || *earned == atto(0), "{item:?}");
        let name = match fate {
            Fate::Activated => "activated",
            Fate::Kept => "kept",
            Fate::Missed => "missed",
            Fate::Completed => "completed",
            Fate::Terminated => "terminated",
            Fate::Unseen => "unseen",
        };
        self.count(name, 1);
        steps
    }

    fn count(&mut self, what: &'static str, times: u32) {
        *self.done.entry(what).or_default() += times;
    }

    fn move_escrow(&mut self, by: ToEscrow) {
        match by {
            ToEscrow::Nothing => {}
            ToEscrow::Add(amount) => {
                assert!(amount.is_positive() && amount <= self.balance);
                self.balance -= &amount;
                self.market.unlocked += amount;
            }
            ToEscrow::Withdraw(amount) => {
                assert!(amount.is_positive() && amount <= self.market.unlocked);
                self.market.unlocked -= &amount;
                self.balance += amount;
            }
        }
    }

    /// All that only looks.
    fn look(&mut self, id: PerpetualDealId) -> Result<Done, Error> {
        let World { store, state, now, .. } = &self.world;
        let page = PageParams { from: 1, limit: 10 };
        let listed = state.list_perpetual(store, &page)?;
        let params = ListAdsParams { from: 1, scan: 10, limit: 100, order: AdOrder::Bounty };
        let ads = state.list_ads(store, &params, *now)?.ads;
        assert_eq!(listed.iter().map(|found| found.ads as usize).sum::<usize>(), ads.len());
        for ad in &ads {
            assert!(state.ad_info(store, ad.id, *now)?.bounty <= ad.limit);
        }
        let info = state.perpetual_info(store, id)?;
        assert!(info.committed >= &info.purse + &info.escrow);
        Ok(Some("look"))
    }

    /// Heads of each perpetual deal, beside how many it wants.
    fn heads(&self) -> BTreeMap<PerpetualDealId, (usize, usize)> {
        let World { store, state, .. } = &self.world;
        let all = (1..=state.last).filter_map(|id| Some((id, state.find(store, id).unwrap()?)));
        all.map(|(id, perpetual)| {
            let heads = perpetual.replicas.iter().filter(|replica| replica.renews.is_none());
            let wanted = perpetual.spec(store).unwrap().terms.replicas as usize;
            (id, (heads.count(), wanted))
        })
        .collect()
    }

    fn check(&self, before: &BTreeMap<PerpetualDealId, (usize, usize)>) {
        self.world.check_invariants();
        let state = &self.world.state;
        assert!(state.booked <= self.balance, "{} booked, {}", state.booked, self.balance);
        let unlocked = &self.market.unlocked;
        assert!(state.escrow <= *unlocked, "{} in escrow, {unlocked}", state.escrow);
        for (id, (heads, wanted)) in self.heads() {
            let (were, _) = before.get(&id).copied().unwrap_or_default();
            assert!(heads <= wanted.max(were), "{heads} replicas of {id}, {wanted} wanted");
        }
    }

    /// Whoever published and never proved a sector has lost by it, even if all tips went to it.
    fn check_failures(&self) {
        let tip = &self.world.state.rules.tip;
        let mut idle = atto(0);
        for (id, deal) in &self.market.deals {
            assert!(deal.steps < TIPS_PER_DEAL);
            let Some(burnt) = self.market.burnt.get(id) else { continue };
            if matches!(deal.proves, Some(proves) if proves <= self.world.now) {
                continue;
            }
            let gained = &deal.paid + tip * TIPS_PER_DEAL - burnt;
            assert!(!gained.is_positive(), "{deal:?} gained {gained}");
            if deal.provider >= FIRST_IDLE {
                idle += gained;
            }
        }
        assert!(!idle.is_positive());
    }

    /// All perpetual deals are closed, all deals end, all is refreshed and withdrawn.
    fn wind_up(&mut self) {
        for id in 1..=self.world.state.last {
            let Ok(perpetual) = self.world.state.perpetual(&self.world.store, id) else { continue };
            let message = self.world.by(perpetual.uploader);
            if let Ok(moved) = self.world.attempt(|s, store| s.close(store, &message, id)) {
                self.move_escrow(moved);
            }
        }
        self.pass(2_000 * DAY).unwrap();
        for id in 1..=self.world.state.last {
            self.refresh(id).unwrap();
            assert_eq!(self.world.state.find(&self.world.store, id).unwrap(), None);
        }
        self.check(&BTreeMap::new());
        let mut spent = atto(0);
        for account in ACCOUNTS {
            let Funds { free, committed, spent: paid } = self.world.funds(account);
            assert_eq!(committed, atto(0));
            spent += paid;
            if free.is_positive() {
                self.withdraw(account, &free).unwrap();
            }
        }
        let state = &self.world.state;
        assert_eq!((&state.booked, &state.escrow), (&atto(0), &atto(0)));
        assert!(state.recent.is_empty());
        assert_eq!(spent, &self.came_in - &self.withdrawn);
        assert_eq!(self.market.locked, atto(0));
    }
}

#[test]
fn the_state_stays_sound_whatever_anyone_does() {
    let done = RefCell::new(BTreeMap::<&str, u32>::new());
    let config = ProptestConfig { cases: CASES, ..ProptestConfig::default() };
    proptest!(config, |(steps in steps())| {
        let mut whole = Whole::new();
        for step in steps {
            let (state, heads) = (whole.world.state.clone(), whole.heads());
            match whole.step(step) {
                Ok(what) => what.into_iter().for_each(|what| whole.count(what, 1)),
                Err(_) => {
                    prop_assert_eq!(&whole.world.state, &state, "a refused step leaves a trace");
                }
            }
            whole.check(&heads);
        }
        whole.check_failures();
        whole.wind_up();
        for (what, times) in whole.done {
            *done.borrow_mut().entry(what).or_default() += times;
        }
    });
    for what in OFTEN {
        let times = done.borrow().get(what).copied().unwrap_or_default();
        assert!(times >= CASES / 20, "{what}: {times} times in all");
    }
}
