//! All methods in any order, by anyone: whatever is done, the state stays sound, and the DAO has the
//! FIL that its books say.

use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::governance::actions::Effect;

/// Random sequences that are tried. What fails is kept under `proptest-regressions` and tried first.
const CASES: u32 = 10_000;
const ACCOUNTS: [ActorID; 6] = [ANN, BOB, EVE, ADMIN, OWNER, OWNER + 1];
/// Owners of the providers `SP`, `SP + 1` and `SP + 2`.
const OWNERS: [ActorID; 3] = [OWNER, OWNER, OWNER + 1];

/// Something to try; the numbers say what with, each in its own way.
#[derive(Clone, Copy, Debug)]
struct Step {
    method: u8,
    by: usize,
    /// A dataset, proposal, request, provider or account.
    of: u64,
    amount: i64,
    choice: u8,
}

const METHODS: u8 = 44;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..METHODS, 0..ACCOUNTS.len(), 0..4_u64, 0..40_i64, 0..6_u8)
        .prop_map(|(method, by, of, amount, choice)| Step { method, by, of, amount, choice });
    prop::collection::vec(step, 1..=160)
}

/// What the market knows of a deal.
#[derive(Clone, Copy, Debug)]
struct MarketDeal {
    dataset: DatasetId,
    start: ChainEpoch,
    end: ChainEpoch,
    standing: Standing,
}

#[derive(Clone)]
struct Whole {
    world: World,
    /// AttoFIL that the DAO has, and that is in its escrow in the market.
    balance: TokenAmount,
    escrow: TokenAmount,
    deals: BTreeMap<DealID, MarketDeal>,
    last_deal: DealID,
}

impl Whole {
    fn new() -> Self {
        let mut world = World::with(|config| {
            let voting = &mut config.rules.voting;
            (voting.threshold, voting.quorum) = (atto(1), 500);
            (voting.delay, voting.period, voting.timelock) = (1, 6, 2);
            config.rules.staking.unbonding = 5;
        })
        .listing(2, 2);
        // Who may do what is not the question here.
        for account in ACCOUNTS {
            world.give(account, 100);
            for role in [Role::Curator, Role::Minter, Role::Guardian, Role::Arbiter] {
                let admin = world.by(ADMIN);
                world.state.grant_role(&world.store, &admin, role, account).unwrap();
            }
        }
        let (balance, escrow) = (atto(0), atto(0));
        Whole { world, balance, escrow, deals: BTreeMap::new(), last_deal: 0 }
    }

    /// Tries one step, as a message or as the market does it. Whether it succeeds is not the question.
    fn step(&mut self, step: Step) -> Result<(), Error> {
        let Step { method, by, of, amount, choice } = step;
        let (mut by, value) = (ACCOUNTS[by], atto(amount));
        let dataset = 1 + of % 3;
        let cold = self.world.state.cold(&self.world.store)?;
        let newest = |last: u64| last.saturating_sub(of / 2);
        let (proposal, request) = (newest(cold.governance.last), newest(cold.compute.last));
        if let (39..=40, Ok(found)) =
            (method, self.world.state.compute_request(&self.world.store, request))
        {
            // Those whose turn it is, mostly.
            by = match found.worker() {
                Some(worker) if method == 39 && choice > 0 => worker,
                _ if choice < 4 => found.requester,
                _ => by,
            };
        }
        let account = ACCOUNTS[usize::try_from(of).unwrap()];
        let currency = if choice % 2 == 0 { Currency::Fil } else { Currency::Data };
        let message = self.world.by(by);
        match method {
            0..=1 => self.world.now += 1 + amount / 10,
            2 => self.world.now += amount,
            3..=4 => return self.publish(of),
            5 => self.activate(of),
            6 => self.forget(of),
            7..=8 => return self.refresh(dataset),
            9 => return self.pay(by, &value, |s, store, m| s.fund(store, &m.value)),
            10 => self.balance += &value,
            11 => {
                self.world.attempt(|s, store| {
                    Ok(s.token.transfer(store, message.now, by, DAO, &value)?)
                })?;
            }
            12 => {
                let balance = self.balance.clone();
                self.world.attempt(|s, store| s.book_donations(store, DAO, &balance))?;
            }
            13 => return self.withdraw(by, account, choice == 0),
            14 => return self.act(by, |s, store, m| s.bond(store, m, SP + of % 3, &value)),
            15 => return self.act(by, |s, store, m| s.unbond(store, m, SP + of % 3, &value)),
            16 => return self.act(by, |s, store, m| s.stake(store, m, &value)),
            17 => return self.act(by, |s, store, m| s.unstake(store, m, &value).map(|_| ())),
            18 => {
                return self
                    .act(by, |s, store, m| s.release_unstaked(store, m, account).map(|_| ()));
            }
            19 => return self.act(by, |s, store, _| s.claim_revenue(store, account).map(|_| ())),
            20 => return self.act(by, |s, store, m| s.delegate(store, m, Some(account))),
            21 => {
                return self.act(by, |s, store, m| {
                    Ok(s.token.transfer(store, m.now, by, account, &value).map(|_| ())?)
                });
            }
            22 => {
                return self.act(by, |s, store, m| {
                    Ok(s.token.burn(store, m.now, by, &value).map(|_| ())?)
                });
            }
            23 => {
                return self.act(by, |s, store, m| s.mint_by_hand(store, m, account, &value));
            }
            24 => {
                let actions = vec![action(choice, dataset, account, &value)];
                let params = ProposeParams { actions, description: String::new() };
                return self.act(by, |s, store, m| s.propose(store, m, params).map(|_| ()));
            }
            25..=26 => {
                let choice = [Choice::For, Choice::For, Choice::Against, Choice::Abstain];
                let choice = choice[usize::try_from(amount % 4).unwrap()];
                return self
                    .act(by, |s, store, m| s.cast_vote(store, m, proposal, choice).map(|_| ()));
            }
            27..=28 => return self.execute(by, proposal),
            29..=30 => {
                return self.act(by, |s, store, m| match choice {
                    0 if amount < 10 => s.veto(store, m, proposal),
                    1 => s.cancel_proposal(store, m, proposal),
                    _ => s.cast_vote(store, m, proposal, Choice::For).map(|_| ()),
                });
            }
            31 => {
                let policy = policy(choice, &value);
                return self
                    .act(by, |s, store, m| s.set_access(store, m, dataset, &policy).map(|_| ()));
            }
            32..=33 => {
                let params = BuyAccessParams {
                    dataset,
                    to: Address::new_id(account),
                    periods: 1,
                    max_price: atto(1_000),
                    min_period: 1,
                };
                let pays =
                    match self.world.state.access(&self.world.store, 0, None, dataset)?.policy {
                        AccessPolicy::Paid(price) if price.currency == Currency::Fil => {
                            price.amount
                        }
                        _ => atto(0),
                    };
                return self.pay(by, &pays, |s, store, m| {
                    s.buy_access(store, m, &params, account).map(|_| ())
                });
            }
            34 => {
                let until = message.now + amount;
                return self.act(by, |s, store, m| {
                    s.grant_access(store, m, dataset, account, until).map(|_| ())
                });
            }
            35 => {
                return self.act(by, |s, store, m| {
                    s.revoke_access(store, m, dataset, account).map(|_| ())
                });
            }
            36 => {
                return self.act(by, |s, store, m| {
                    s.expire_access(store, m, dataset, &[account]).map(|_| ())
                });
            }
            37 => {
                let fil = currency == Currency::Fil;
                let deadline = message.now + 5 + i64::from(choice);
                let params = RequestComputeParams {
                    dataset,
                    job: DataCid(piece(1)),
                    currency,
                    bounty: value.clone(),
                    deadline,
                };
                let pays = if fil { value } else { atto(0) };
                return self
                    .pay(by, &pays, |s, store, m| s.request_compute(store, m, params).map(|_| ()));
            }
            38 => {
                let bond = self.world.state.compute_request(&self.world.store, request)?;
                let fil = bond.currency == Currency::Fil;
                let pays = if fil { bond.bond } else { atto(0) };
                return self.pay(by, &pays, |s, store, m| match choice {
                    0 => s.dispute_compute(store, m, request).map(|_| ()),
                    _ => s.accept_compute(store, m, request).map(|_| ()),
                });
            }
            39 => {
                let params = DeliverComputeParams { id: request, result: DataCid(piece(2)) };
                return self.act(by, |s, store, m| s.deliver_compute(store, m, &params));
            }
            40 => {
                return self.act(by, |s, store, m| match choice {
                    0 => s.cancel_compute(store, m, request).map(|_| ()),
                    1..=3 => s.approve_compute(store, m, request).map(|_| ()),
                    _ => {
                        let worker_share = u32::from(choice) * 1_000;
                        let ruling = RuleComputeParams { id: request, worker_share };
                        s.rule_compute(store, m, &ruling).map(|_| ())
                    }
                });
            }
            41 => {
                return self
                    .act(by, |s, store, m| s.settle_compute(store, m.now, &[1, 2, 3]).map(|_| ()));
            }
            42 => {
                return self.act(by, |s, store, m| match choice {
                    0 => s.retire_dataset(store, m, dataset),
                    1 => s.pause(store, m, amount / 10),
                    2 => s.unpause(store, m),
                    3 => s.grant_role(store, m, Role::Provider, SP + of),
                    4 => s.revoke_role(store, m, Role::Provider, SP + of),
                    _ => s.update_dataset(store, m, dataset, terms(1, 3)),
                });
            }
            _ => {
                let (n, wanted) = (u8::try_from(amount % 5).unwrap(), 1 + u32::from(choice));
                self.world.list(n, wanted)?;
            }
        }
        Ok(())
    }

    fn act(
        &mut self,
        by: ActorID,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.pay(by, &atto(0), rule)
    }

    /// A message that brings FIL, which is the sender's again if it fails.
    fn pay(
        &mut self,
        by: ActorID,
        value: &TokenAmount,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let message = self.world.paying(by, value.clone());
        self.world.attempt(|state, store| rule(state, store, &message))?;
        self.balance += value;
        Ok(())
    }

    fn publish(&mut self, of: u64) -> Result<(), Error> {
        let n = of % 3;
        let proposal = self.world.proposal(u8::try_from(of % 2).unwrap());
        let deal = self.last_deal + 1;
        let owner = OWNERS[usize::try_from(n).unwrap()];
        let recorded = self.world.record(&proposal, deal, SP + n, owner)?;
        self.last_deal = deal;
        let (start, end) = (proposal.start_epoch, proposal.end_epoch);
        let dataset = recorded.dataset;
        let standing = Standing::Waiting;
        self.deals.insert(deal, MarketDeal { dataset, start, end, standing });
        Ok(())
    }

    fn activate(&mut self, of: u64) {
        let now = self.world.now;
        let waits = |deal: &&mut MarketDeal| {
            matches!(deal.standing, Standing::Waiting) && now <= deal.start
        };
        if let Some(deal) = self.deals.values_mut().filter(waits).nth(usize::try_from(of).unwrap())
        {
            deal.standing = Standing::Active(now);
        }
    }

    /// Terminates a deal, or settles it after its end.
    fn forget(&mut self, of: u64) {
        let now = self.world.now;
        let known = |deal: &&mut MarketDeal| match deal.standing {
            Standing::Waiting => now > deal.start,
            Standing::Active(_) => true,
            Standing::Gone => false,
        };
        if let Some(deal) = self.deals.values_mut().filter(known).nth(usize::try_from(of).unwrap())
        {
            deal.standing = Standing::Gone;
        }
    }

    fn refresh(&mut self, dataset: DatasetId) -> Result<(), Error> {
        let of = |(deal, found): (&DealID, &MarketDeal)| {
            (found.dataset == dataset).then_some((*deal, found.standing))
        };
        let standings: Vec<_> = self.deals.iter().filter_map(of).collect();
        let news = self.world.refresh(dataset, &standings)?;
        for item in news {
            let deal = self.deals[&item.replica.deal];
            assert!(item.replica.paid <= item.replica.reward, "{item:?}");
            assert_eq!(deal.end, item.replica.end_epoch);
        }
        Ok(())
    }

    fn withdraw(&mut self, by: ActorID, account: ActorID, refuses: bool) -> Result<(), Error> {
        let message = self.world.by(by);
        let paid = self.world.attempt(|s, store| s.withdraw(store, &message, account))?;
        let Some(paid) = paid else { return Ok(()) };
        self.balance -= &paid.fil;
        if refuses {
            self.world.attempt(|s, store| s.take_back(store, &message, account, &paid.data))?;
        }
        Ok(())
    }

    fn execute(&mut self, by: ActorID, id: ProposalId) -> Result<(), Error> {
        let message = self.world.by(by);
        let resolve = |address: &Address| Ok(address.id().expect("an ID address"));
        let effects =
            self.world.attempt(|state, store| state.execute(store, &message, id, &resolve))?;
        for effect in effects {
            match effect {
                Effect::AddEscrow(amount) => {
                    self.balance -= &amount;
                    self.escrow += amount;
                }
                Effect::WithdrawEscrow(asked) => {
                    let paid = asked.min(self.escrow.clone());
                    self.escrow -= &paid;
                    self.balance += &paid;
                    self.world.attempt(|state, store| state.fund(store, &paid))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let World { store, state, now } = &self.world;
        let broken = invariants::check(state, store, DAO, *now).unwrap();
        prop_assert!(broken.is_empty(), "broken invariants: {:#?}", broken);
        let booked = self.world.treasury().booked.fil;
        prop_assert!(booked <= self.balance, "{} booked, {} there", booked, self.balance);
        Ok(())
    }
}

fn action(choice: u8, dataset: u64, account: ActorID, amount: &TokenAmount) -> Action {
    let (to, amount) = (Address::new_id(account), amount.clone());
    match choice {
        0 => Action::Spend { to, currency: Currency::Fil, amount },
        1 => Action::Spend { to, currency: Currency::Data, amount },
        2 => Action::Mint { to, amount },
        3 => Action::AddEscrow { amount },
        4 => Action::WithdrawEscrow { amount },
        _ => Action::RetireDataset(dataset),
    }
}

fn policy(choice: u8, amount: &TokenAmount) -> AccessPolicy {
    let price =
        |currency| AccessPolicy::Paid(AccessPrice { currency, amount: amount.clone(), period: 10 });
    match choice {
        0 => AccessPolicy::Open,
        1 => AccessPolicy::Members,
        2 => AccessPolicy::Granted,
        3 => price(Currency::Data),
        _ => price(Currency::Fil),
    }
}

#[test]
fn the_state_stays_sound_whatever_anyone_does() {
    let start = Whole::new();
    let config = ProptestConfig { cases: CASES, ..ProptestConfig::default() };
    proptest!(config, |(steps in steps())| {
        let mut whole = start.clone();
        for step in steps {
            let before = whole.world.state.clone();
            if whole.step(step).is_err() {
                prop_assert_eq!(&whole.world.state, &before, "a refused step leaves a trace");
            }
        }
        whole.check()?;
    });
}
