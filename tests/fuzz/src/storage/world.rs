//! A storage, and what is around it: accounts, providers, and a market that tells the truth.

use actor_perpetual_storage::api::*;
use actor_perpetual_storage::deals::Facts;
use actor_perpetual_storage::error::Error;
use actor_perpetual_storage::escrow::ToEscrow;
use actor_perpetual_storage::invariants;
use actor_perpetual_storage::refresh::{Findings, MAX_REFRESHED};
use actor_perpetual_storage::state::{Message, State};
use cid::Cid;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::deal::{self, Standing};
use shared::ext::DataCid;
use shared::ext::market::{DealProposal, Label, MarketNotifyDealParams};

use crate::messages::{DAY, atto, is_published};

pub const SIZE: PaddedPieceSize = PaddedPieceSize(2_048);
pub const PROVIDER: Address = Address::new_id(500);
const STORAGE: ActorID = 101;

/// Whether a message did something.
pub type Outcome = Option<()>;

pub struct World {
    store: MemoryBlockstore,
    state: State,
    now: ChainEpoch,
    /// AttoFIL that the storage has, and that it has in escrow.
    balance: TokenAmount,
    escrow: TokenAmount,
}

pub fn piece() -> Cid {
    data_commitment_v1_to_cid(&[7; 32]).expect("a commitment")
}

/// One replica for ever, free of charge but for the bounty.
pub fn terms() -> Terms {
    Terms {
        payload_cid: DataCid(piece()),
        urls: vec!["https://example.org/data.car".into()],
        replicas: 1,
        expiry: None,
        policy: Policy {
            duration: 200 * DAY,
            max_bounty: atto(60),
            publish_share: 2_000,
            locked: false,
            max_price_per_epoch: TokenAmount::default(),
            max_start_delay: 10 * DAY,
            max_replicas_per_owner: 16,
            providers: Providers::Any,
            min_power: 0,
            region: None,
            min_record: None,
            datacap: 0,
        },
    }
}

/// What a provider publishes for the first ad, and for its renewal two hundred days later.
pub fn proposal(ad: AdId) -> DealProposal {
    let (start, end) = if ad % 2 == 1 { (5, 205) } else { (200, 405) };
    DealProposal {
        piece_cid: piece(),
        piece_size: SIZE,
        verified_deal: false,
        client: Address::new_id(STORAGE),
        provider: PROVIDER,
        label: Label::String(ad.to_string()),
        start_epoch: start * DAY,
        end_epoch: end * DAY,
        storage_price_per_epoch: TokenAmount::default(),
        provider_collateral: atto(70),
        client_collateral: TokenAmount::default(),
    }
}

impl World {
    pub fn new() -> Self {
        let rules = Rules {
            bounty: BountyRule {
                floor: 2_000,
                scarcity: 1_000,
                urgency: 1_000,
                auction: 8_000,
                auction_period: 100,
            },
            renewal_window: 30 * DAY,
            cooldown: 7 * DAY,
            tip: TokenAmount::from_atto(2),
        };
        let store = MemoryBlockstore::default();
        let state = State::new(&store, rules).expect("rules that make sense");
        let (balance, escrow) = Default::default();
        World { store, state, now: DAY, balance, escrow }
    }

    pub fn pass(&mut self, epochs: ChainEpoch) {
        self.now += epochs;
    }

    /// What fails leaves no trace.
    fn attempt<R>(
        &mut self,
        rule: impl FnOnce(&mut State, &MemoryBlockstore) -> Result<R, Error>,
    ) -> Option<R> {
        let mut state = self.state.clone();
        let result = rule(&mut state, &self.store).ok()?;
        self.state = state;
        Some(result)
    }

    fn message(&self, by: u8, value: TokenAmount) -> Message {
        Message { now: self.now, caller: 200 + ActorID::from(by % 4), value }
    }

    pub fn look<R>(
        &self,
        view: impl FnOnce(&State, &MemoryBlockstore, ChainEpoch) -> Result<R, Error>,
    ) -> Outcome {
        view(&self.state, &self.store, self.now).ok().map(drop)
    }

    pub fn deposit(&mut self, by: u8, value: u8) -> Outcome {
        let message = self.message(by, atto(value));
        self.attempt(|state, store| state.deposit(store, &message, message.caller))?;
        self.balance += message.value;
        Some(())
    }

    pub fn withdraw(&mut self, by: u8, amount: TokenAmount) -> Outcome {
        let message = self.message(by, TokenAmount::default());
        self.attempt(|state, store| state.withdraw(store, &message, &amount))?;
        self.balance -= amount;
        Some(())
    }

    pub fn create(&mut self, by: u8, value: u8, params: CreatePerpetualDealParams) -> Outcome {
        let message = self.message(by, atto(value));
        let (_, moved) = self.attempt(|state, store| state.create(store, &message, params))?;
        self.balance += message.value;
        self.move_escrow(moved);
        Some(())
    }

    pub fn change(&mut self, by: u8, value: u8, params: ChangePerpetualDealParams) -> Outcome {
        let message = self.message(by, atto(value));
        let moved = self.attempt(|state, store| state.change(store, &message, params))?;
        self.balance += message.value;
        self.move_escrow(moved);
        Some(())
    }

    pub fn top_up(&mut self, by: u8, value: u8, id: PerpetualDealId) -> Outcome {
        let message = self.message(by, atto(value));
        self.attempt(|state, store| state.top_up(store, &message, id))?;
        self.balance += message.value;
        Some(())
    }

    pub fn close(&mut self, by: u8, id: PerpetualDealId) -> Outcome {
        let message = self.message(by, TokenAmount::default());
        let moved = self.attempt(|state, store| state.close(store, &message, id))?;
        self.move_escrow(moved);
        Some(())
    }

    pub fn vouch(&mut self, by: u8, provider: Address) -> Outcome {
        let (message, provider) = (self.message(by, TokenAmount::default()), provider.id().ok()?);
        self.attempt(|state, store| state.vouch(store, &message, provider))
    }

    pub fn attest(&mut self, by: u8, params: AttestRegionParams) -> Outcome {
        let AttestRegionParams { provider, region } = params;
        let (message, provider) = (self.message(by, TokenAmount::default()), provider.id().ok()?);
        self.attempt(|state, store| state.attest(store, &message, provider, region))
    }

    /// A deal that the market publishes: with a number that it has not given before, and free of
    /// charge, since what prices do to an escrow the actor's own tests are about.
    pub fn publish(&mut self, params: MarketNotifyDealParams) -> Outcome {
        let proposal = deal::decode(&params.proposal).ok()?;
        let facts = Facts {
            now: self.now,
            storage: STORAGE,
            client: proposal.client.id().ok()?,
            provider: proposal.provider.id().ok()?,
        };
        let free = proposal.storage_price_per_epoch == TokenAmount::default();
        let sound = free && is_published(&proposal, self.now);
        let admission = sound.then(|| self.state.admit(&self.store, &proposal, &facts).ok())??;
        let owner = 900 + facts.provider % 4;
        let paid = self.attempt(|state, store| {
            state.record_deal(store, &proposal, &facts, params.deal_id, owner, &admission)
        })?;
        self.balance -= paid;
        Some(())
    }

    /// Two bits of `standing` say of each deal in turn how it stands, where it can.
    pub fn refresh(&mut self, standing: u8, ids: Vec<PerpetualDealId>) -> Outcome {
        for id in ids.into_iter().take(MAX_REFRESHED) {
            let replicas = self.state.replicas(&self.store, id).ok()?;
            let standings = replicas.iter().enumerate().map(|(nth, replica)| {
                let how = standing.rotate_right(2 * u32::try_from(nth % 4).unwrap_or_default()) % 4;
                (replica.deal, self.standing(replica, how))
            });
            let findings = Findings { standings: standings.collect(), unlocked: None };
            let now = self.now;
            let work = self.attempt(|state, store| state.refresh(store, now, id, &findings))?;
            self.balance -= &work.sum.paid + &work.sum.tip;
            self.move_escrow(work.to_escrow);
        }
        Some(())
    }

    fn standing(&self, replica: &Replica, how: u8) -> Standing {
        match (how, replica.active) {
            (0 | 1, Some(activity)) => Standing::Active(activity.since),
            (0, None) => Standing::Waiting,
            (1, None) => Standing::Active(self.now.min(replica.start_epoch)),
            _ => Standing::Gone,
        }
    }

    fn move_escrow(&mut self, by: ToEscrow) {
        match by {
            ToEscrow::Nothing => {}
            ToEscrow::Add(amount) => {
                assert!(amount.is_positive() && amount <= self.balance, "{amount} into escrow");
                self.balance -= &amount;
                self.escrow += amount;
            }
            ToEscrow::Withdraw(amount) => {
                assert!(amount.is_positive() && amount <= self.escrow, "{amount} from escrow");
                self.escrow -= &amount;
                self.balance += amount;
            }
        }
    }

    pub fn check(&self) {
        let broken = invariants::check(&self.state, &self.store).expect("a whole state");
        assert!(broken.is_empty(), "{broken:?}");
        let books = self.state.books();
        assert_eq!((&books.booked, &books.escrow), (&self.balance, &self.escrow));
        assert!(!self.balance.is_negative());
    }
}
