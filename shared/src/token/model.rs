//! The rules of the ledger, in any order, against a model that remembers everything.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use proptest::prelude::*;

use super::ledger::Token;
use crate::Error;

const ANN: ActorID = 100;
const SAFE: ActorID = 103;

fn atto(n: i64) -> TokenAmount {
    TokenAmount::from_atto(n)
}

/// What can happen to a token.
#[derive(Clone, Debug)]
enum Act {
    Mint { to: ActorID, amount: i64 },
    Burn { from: ActorID, amount: i64 },
    Transfer { from: ActorID, to: ActorID, amount: i64 },
    Stake { holder: ActorID, amount: i64 },
    Unstake { holder: ActorID, amount: i64 },
    Delegate { holder: ActorID, to: Option<ActorID> },
    Approve { owner: ActorID, operator: ActorID, amount: i64 },
    Open { delay: ChainEpoch },
    Close { nth: usize },
    Pass { epochs: ChainEpoch },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = || ANN..=SAFE;
    let amount = || -3..60_i64;
    let act = prop_oneof![
        (who(), amount()).prop_map(|(to, amount)| Act::Mint { to, amount }),
        (who(), amount()).prop_map(|(from, amount)| Act::Burn { from, amount }),
        (who(), who(), amount()).prop_map(|(from, to, amount)| Act::Transfer { from, to, amount }),
        (who(), amount()).prop_map(|(holder, amount)| Act::Stake { holder, amount }),
        (who(), amount()).prop_map(|(holder, amount)| Act::Unstake { holder, amount }),
        (who(), prop::option::of(who())).prop_map(|(holder, to)| Act::Delegate { holder, to }),
        (who(), who(), amount()).prop_map(|(owner, operator, amount)| Act::Approve {
            owner,
            operator,
            amount
        }),
        (0..3_i64).prop_map(|delay| Act::Open { delay }),
        (0..4_usize).prop_map(|nth| Act::Close { nth }),
        (1..3_i64).prop_map(|epochs| Act::Pass { epochs }),
    ];
    prop::collection::vec(act, 0..60)
}

/// Everything that happened, kept the simplest way.
struct Model {
    liquid: bool,
    now: ChainEpoch,
    balances: BTreeMap<ActorID, i64>,
    staked: BTreeMap<ActorID, i64>,
    delegates: BTreeMap<ActorID, ActorID>,
    snapshots: BTreeSet<ChainEpoch>,
    /// Supply and weights at the ends of all past epochs.
    past: BTreeMap<ChainEpoch, (i64, BTreeMap<ActorID, i64>)>,
}

impl Model {
    fn of(map: &BTreeMap<ActorID, i64>, id: ActorID) -> i64 {
        map.get(&id).copied().unwrap_or_default()
    }

    fn own(&self, id: ActorID) -> i64 {
        let liquid = if self.liquid { Self::of(&self.balances, id) } else { 0 };
        Self::of(&self.staked, id) + liquid
    }

    fn weights(&self) -> BTreeMap<ActorID, i64> {
        let mut weights = BTreeMap::new();
        for id in ANN..=SAFE {
            let voter = self.delegates.get(&id).copied().unwrap_or(id);
            *weights.entry(voter).or_default() += self.own(id);
        }
        weights
    }

    fn present(&self) -> (i64, BTreeMap<ActorID, i64>) {
        (self.balances.values().sum(), self.weights())
    }

    /// Whether the act is lawful; if so, it has happened.
    fn act(&mut self, act: &Act) -> bool {
        let covered =
            |by: &BTreeMap<ActorID, i64>, id, amount| (0..=Self::of(by, id)).contains(&amount);
        match *act {
            Act::Mint { to, amount } if amount >= 0 => {
                *self.balances.entry(to).or_default() += amount;
            }
            Act::Burn { from, amount } if covered(&self.balances, from, amount) => {
                *self.balances.entry(from).or_default() -= amount;
            }
            Act::Transfer { from, to, amount } if covered(&self.balances, from, amount) => {
                *self.balances.entry(from).or_default() -= amount;
                *self.balances.entry(to).or_default() += amount;
            }
            Act::Stake { holder, amount }
                if holder != SAFE && covered(&self.balances, holder, amount) =>
            {
                *self.balances.entry(holder).or_default() -= amount;
                *self.balances.entry(SAFE).or_default() += amount;
                *self.staked.entry(holder).or_default() += amount;
            }
            Act::Unstake { holder, amount } if covered(&self.staked, holder, amount) => {
                *self.staked.entry(holder).or_default() -= amount;
            }
            Act::Delegate { holder, to } => {
                self.delegates.remove(&holder);
                self.delegates.extend(to.map(|to| (holder, to)));
            }
            Act::Approve { owner, operator, amount } => return owner != operator && amount >= 0,
            Act::Open { delay } => _ = self.snapshots.insert(self.now + delay),
            Act::Close { nth } => {
                let nth = self.snapshots.iter().nth(nth).copied();
                nth.map(|epoch| self.snapshots.remove(&epoch));
            }
            Act::Pass { epochs } => {
                for _ in 0..epochs {
                    self.past.insert(self.now, self.present());
                    self.now += 1;
                }
            }
            _ => return false,
        }
        true
    }
}

fn act(token: &mut Token, store: &MemoryBlockstore, model: &Model, act: &Act) -> Result<(), Error> {
    let now = model.now;
    match *act {
        Act::Mint { to, amount } => token.mint(store, now, to, &atto(amount)),
        Act::Burn { from, amount } => token.burn(store, now, from, &atto(amount)).map(|_| ()),
        Act::Transfer { from, to, amount } => {
            token.transfer(store, now, from, to, &atto(amount)).map(|_| ())
        }
        Act::Stake { holder, amount } => token.stake(store, now, holder, SAFE, &atto(amount)),
        Act::Unstake { holder, amount } => token.unstake(store, now, holder, &atto(amount)),
        Act::Delegate { holder, to } => token.delegate(store, now, holder, to),
        Act::Approve { owner, operator, amount } => {
            token.approve(store, owner, operator, &atto(amount))
        }
        Act::Open { .. } | Act::Close { .. } | Act::Pass { .. } => {
            token.set_snapshots(model.snapshots.iter().copied().collect());
            Ok(())
        }
    }
}

proptest! {
    #[test]
    fn votes_are_those_of_a_model_that_remembers_everything(liquid in any::<bool>(), acts in acts()) {
        let store = MemoryBlockstore::default();
        let mut token = Token::new(crate::map::empty(&store).unwrap(), liquid);
        let mut model = Model {
            liquid,
            now: 10,
            balances: BTreeMap::new(),
            staked: BTreeMap::new(),
            delegates: BTreeMap::new(),
            snapshots: BTreeSet::new(),
            past: BTreeMap::new(),
        };
        for step in acts {
            let before = token.clone();
            let lawful = model.act(&step);
            let done = act(&mut token, &store, &model, &step);
            prop_assert_eq!(done.is_ok(), lawful, "{:?}: {:?}", step, done);
            if !lawful {
                prop_assert_eq!(&token, &before, "a refused step leaves a trace");
            }
            let (supply, weights) = model.present();
            prop_assert_eq!(&token.supply, &atto(supply));
            let staked = token.total_staked(&store).unwrap();
            prop_assert_eq!(staked, atto(model.staked.values().sum()));
            for id in ANN..=SAFE {
                prop_assert_eq!(token.balance(&store, id).unwrap(), atto(Model::of(&model.balances, id)));
                prop_assert_eq!(token.weight(&store, id).unwrap(), atto(Model::of(&weights, id)));
            }
            for snapshot in &model.snapshots {
                let (supply, weights) =
                    model.past.get(snapshot).cloned().unwrap_or_else(|| model.present());
                prop_assert_eq!(token.supply_at(*snapshot), atto(supply));
                for id in ANN..=SAFE {
                    let weight = token.weight_at(&store, id, *snapshot).unwrap();
                    prop_assert_eq!(weight, atto(Model::of(&weights, id)), "f0{} at {}", id, snapshot);
                }
            }
            prop_assert_eq!(token.check_invariants(&store).unwrap(), Vec::<String>::new());
        }
    }
}
