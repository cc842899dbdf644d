//! Messages to a PerpetualStorage, one after the other, with any parameters that decode: whatever
//! is asked, its rules do not panic, its state stays sound, and it has the FIL that its books say.

mod world;

use actor_perpetual_storage::api::*;
use fvm_ipld_encoding::to_vec;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::Method;
use shared::deal::decode;
use shared::ext::DataCid;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::market::MarketNotifyDealParams;

use crate::deals::{PROVIDER, SIZE, piece, proposal};
use crate::messages::{self, DAY, Message, USER, atto};
use crate::world::{self as worlds, Outcome, World, id};
use world::{STORAGE, Storage};

thread_local! {
    static BEGINNING: Storage = Storage::new();
}

pub fn run(input: &[u8]) {
    worlds::run(&BEGINNING, input);
}

impl Storage {
    fn dispatch(&mut self, message: &Message<'_>) -> Outcome {
        let now = self.actor.now;
        match message.method {
            Deposit::NUMBER => self.call::<Deposit, _>(message, |s, db, sent, to| {
                let account = to.map_or(Ok(sent.caller), |to| id(&to))?;
                s.deposit(db, sent, account)
            }),
            Withdraw::NUMBER => {
                let paid = self.call::<Withdraw, _>(message, |s, db, sent, amount| {
                    s.withdraw(db, sent, &amount).map(|()| amount)
                })?;
                self.actor.pay(&paid);
                Some(())
            }
            CreatePerpetualDeal::NUMBER => {
                let (_, moved) = self
                    .call::<CreatePerpetualDeal, _>(message, |s, db, sent, p| {
                        s.create(db, sent, p)
                    })?;
                self.move_escrow(moved);
                Some(())
            }
            ChangePerpetualDeal::NUMBER => {
                let moved = self.call::<ChangePerpetualDeal, _>(message, |s, db, sent, p| {
                    s.change(db, sent, p)
                })?;
                self.move_escrow(moved);
                Some(())
            }
            TopUp::NUMBER => {
                self.call::<TopUp, _>(message, |s, db, sent, id| s.top_up(db, sent, id))
            }
            ClosePerpetualDeal::NUMBER => {
                let close = self.call::<ClosePerpetualDeal, _>(message, |s, db, sent, id| {
                    s.close(db, sent, id)
                });
                self.move_escrow(close?);
                Some(())
            }
            Vouch::NUMBER => self.call::<Vouch, _>(message, |s, db, sent, provider| {
                s.vouch(db, sent, id(&provider)?)
            }),
            AttestRegion::NUMBER => self.call::<AttestRegion, _>(message, |s, db, sent, p| {
                s.attest(db, sent, id(&p.provider)?, p.region)
            }),
            MarketNotifyDeal::NUMBER => self.publish(&message.params::<MarketNotifyDeal>()?),
            Refresh::NUMBER => self.refresh(message.value, message.params::<Refresh>()?),
            AuthenticateMessage::NUMBER => {
                let asked = message.params::<AuthenticateMessage>()?;
                let proposal = decode(&asked.message).ok()?;
                let facts = self.facts(&proposal)?;
                self.actor.look(|s, db| s.admit(db, &proposal, &facts)).map(drop)
            }
            FindDue::NUMBER => {
                let page = message.params::<FindDue>()?;
                for id in self.actor.look(|s, _| s.numbers(&page))? {
                    let findings = self.find(message.value, id)?;
                    let work =
                        self.actor.look(|s, db| s.clone().refresh(db, now, id, &findings))?;
                    assert!(!work.sum.tip.is_negative(), "{work:?}");
                }
                Some(())
            }
            Estimate::NUMBER => {
                self.actor.view::<Estimate, _, _>(message, |s, _, p| s.estimate(&p))
            }
            GetAd::NUMBER => {
                self.actor.view::<GetAd, _, _>(message, |s, db, id| s.ad_info(db, id, now))
            }
            ListAds::NUMBER => {
                self.actor.view::<ListAds, _, _>(message, |s, db, p| s.list_ads(db, &p, now))
            }
            GetPerpetualDeal::NUMBER => self
                .actor
                .view::<GetPerpetualDeal, _, _>(message, |s, db, id| s.perpetual_info(db, id)),
            ListPerpetualDeals::NUMBER => self
                .actor
                .view::<ListPerpetualDeals, _, _>(message, |s, db, p| s.list_perpetual(db, &p)),
            GetFunds::NUMBER => {
                self.actor.view::<GetFunds, _, _>(message, |s, db, of| s.funds(db, id(&of)?))
            }
            GetRegion::NUMBER => self.actor.view::<GetRegion, _, _>(message, |s, db, p| {
                s.region(db, id(&p.attester)?, id(&p.provider)?)
            }),
            GetProvider::NUMBER => {
                self.actor.view::<GetProvider, _, _>(message, |s, db, of| s.record(db, id(&of)?))
            }
            _ => None,
        }
    }
}

/// One replica for ever, free of charge but for the bounty.
fn terms() -> Terms {
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
fn published(ad: AdId) -> Vec<u8> {
    let term = if ad % 2 == 1 { [5, 205] } else { [200, 405] };
    to_vec(&proposal(STORAGE, ad.to_string(), term)).expect("a proposal encodes")
}

/// A life of a perpetual deal: it is paid for, wanted, changed, taken, renewed, and closed.
pub fn seeds() -> Vec<Vec<u8>> {
    let create = CreatePerpetualDealParams { piece_cid: piece(), piece_size: SIZE, terms: terms() };
    let change = ChangePerpetualDealParams { id: 1, terms: Terms { replicas: 2, ..terms() } };
    let until = |at: ChainEpoch| Some(Attestation { region: "EU".into(), until: at });
    let estimate = EstimateParams {
        piece_size: SIZE,
        replicas: 3,
        policy: terms().policy,
        funds: atto(70),
        epochs: 3_650 * DAY,
    };
    let attest = AttestRegionParams { provider: PROVIDER, region: until(90 * DAY) };
    let region = GetRegionParams { attester: Address::new_id(USER + 1), provider: PROVIDER };
    let ads = ListAdsParams { from: 1, scan: 10, limit: 16, order: AdOrder::Bounty };
    let page = PageParams { from: 1, limit: 10 };
    let asked = AuthenticateMessageParams { signature: vec![], message: published(1_000_000_001) };
    let created =
        [message::<Deposit>(0, 0, 70, &None), message::<CreatePerpetualDeal>(0, 0, 0, &create)]
            .concat();
    let publish = |ad: u64, deal_id| {
        let params = MarketNotifyDealParams { proposal: published(ad), deal_id };
        message::<MarketNotifyDeal>(9, 0, 0, &params)
    };
    let refresh = |wait, how| message::<Refresh>(1, wait, how, &vec![1]);
    let taken = [&created[..], &publish(1_000_000_001, 7), &refresh(1, 1)].concat();
    let ended =
        [&taken[..], &refresh(190, 1), &publish(1_000_000_002, 8), &refresh(30, 2)].concat();
    let closed = [
        &ended[..],
        &message::<ClosePerpetualDeal>(0, 0, 0, &1),
        &message::<Withdraw>(0, 0, 0, &atto(20)),
    ]
    .concat();
    let others = [
        created.clone(),
        message::<GetAd>(0, 0, 0, &1_000_000_001),
        message::<AuthenticateMessage>(0, 0, 0, &asked),
        message::<ChangePerpetualDeal>(0, 1, 30, &change),
        message::<TopUp>(1, 0, 60, &1),
        message::<Estimate>(0, 0, 0, &estimate),
        message::<AttestRegion>(1, 0, 0, &attest),
        message::<GetRegion>(1, 0, 0, &region),
        message::<Vouch>(2, 0, 0, &PROVIDER),
        message::<GetProvider>(2, 0, 0, &PROVIDER),
        message::<GetFunds>(2, 0, 0, &Address::new_id(USER)),
        message::<GetPerpetualDeal>(0, 0, 0, &1),
        message::<ListAds>(0, 0, 0, &ads),
        message::<ListPerpetualDeals>(0, 0, 0, &page),
        message::<FindDue>(0, 0, 0, &page),
    ];
    vec![created, taken, ended, closed, others.concat()]
}

fn message<M: Method>(by: u8, wait: u8, value: u8, params: &M::Params) -> Vec<u8> {
    messages::write::<M>(Storage::ACTOR, [by, wait, value], params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_try_every_method_that_is_more_than_a_look() {
        worlds::check_seeds::<Storage>(
            &seeds(),
            &["Constructor", "GetRules", "GetBooks", "Receive"],
        );
    }
}
