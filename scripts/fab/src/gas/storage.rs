//! What uploaders, providers and keepers pay: each method of a perpetual storage once, in one that is in
//! use.

use actor_perpetual_storage::api::*;
use fvm_harness::{Account, Call, Network, TokenAmount, fil};
use shared::Method;

use super::{Row, push, share};
use crate::story::{DAY, PIECE_SIZE, Storage, piece, storage_terms};

/// A storage, and where to note what its methods cost.
struct Bench<'r> {
    storage: Storage,
    rows: &'r mut Vec<Row>,
}

pub fn measure(net: Network, rows: &mut Vec<Row>) {
    let mut storage = Storage::deploy(net);
    storage.deposit(fil(1_000));
    for n in 1..=60 {
        storage.create(n, 1, |_| {}).ok();
    }
    let mut bench = Bench { storage, rows };
    bench.uploader();
    bench.queries();
    bench.keeper();
    bench.provider();
}

/// Publishes deals that each take the ad of a perpetual deal of its own, and are paid at once.
pub fn publish(net: Network, count: u64, rows: &mut Vec<Row>) {
    let mut storage = Storage::deploy(net);
    storage.deposit(fil(1_000));
    for n in 1..=60 {
        storage.create(n, 1, |terms| terms.policy.locked = false).ok();
    }
    let sp = storage.sp.clone();
    let propose = |id| {
        let ad = storage.ads(id)[0];
        storage.proposal(&sp, ad)
    };
    let deals: Vec<_> = (1..=count).map(propose).collect();
    let published = sp.publish(&mut storage.net, &deals);
    let case = format!("{count} ads, share paid");
    share(rows, &storage.net, "perpetual-storage", &published, &case);
    push(rows, "market", "PublishStorageDeals", case, published);
}

impl Bench<'_> {
    fn call<M: Method>(&mut self, from: &Account, case: &str, params: &M::Params) -> M::Return {
        self.pay::<M>(from, case, params, TokenAmount::default())
    }

    /// A call that brings FIL.
    fn pay<M: Method>(
        &mut self,
        from: &Account,
        case: &str,
        params: &M::Params,
        value: TokenAmount,
    ) -> M::Return {
        let call = Call::new(from, self.storage.address).method(M::NUMBER, params).value(value);
        let reply = self.storage.net.run_as::<M>(call);
        push(self.rows, "perpetual-storage", M::NAME, case, reply.outcome.clone());
        reply.ok()
    }

    fn uploader(&mut self) {
        let uploader = self.storage.uploader.clone();
        let terms = storage_terms(3);
        let create = CreatePerpetualDealParams {
            piece_cid: piece(1_000),
            piece_size: PIECE_SIZE,
            terms: terms.clone(),
        };
        self.pay::<Deposit>(&uploader, "", &None, fil(1));
        self.call::<Withdraw>(&uploader, "", &fil(1));
        let id = self.call::<CreatePerpetualDeal>(&uploader, "3 replicas, 60 others", &create);
        self.pay::<TopUp>(&uploader, "", &id, fil(1));
        let change = ChangePerpetualDealParams { id, terms: terms.clone() };
        self.call::<ChangePerpetualDeal>(&uploader, "3 ads", &change);
        self.call::<ClosePerpetualDeal>(&uploader, "3 ads", &id);
        let estimate = EstimateParams {
            piece_size: PIECE_SIZE,
            replicas: 3,
            policy: terms.policy,
            funds: fil(100),
            epochs: 3_650 * DAY,
        };
        self.call::<Estimate>(&uploader, "", &estimate);
    }

    fn queries(&mut self) {
        let anyone = self.storage.keeper.clone();
        let ad = self.storage.ads(30)[0];
        let page = PageParams { from: 1, limit: 60 };
        let order = AdOrder::Bounty;
        let list = ListAdsParams { from: 1, scan: 60, limit: 100, order };
        self.call::<GetRules>(&anyone, "", &());
        self.call::<GetBooks>(&anyone, "", &());
        self.call::<GetFunds>(&anyone, "", &anyone.address());
        self.call::<GetPerpetualDeal>(&anyone, "", &30);
        self.call::<ListPerpetualDeals>(&anyone, "60", &page);
        self.call::<GetAd>(&anyone, "", &ad);
        self.call::<ListAds>(&anyone, "best of 60", &list);
    }

    fn keeper(&mut self) {
        let keeper = self.storage.keeper.clone();
        self.call::<Refresh>(&keeper, "nothing due", &vec![1]);
        for id in 1..=16 {
            let ad = self.storage.ads(id)[0];
            let (deal, proposal) = self.storage.take(ad);
            self.storage.activate(deal, &proposal);
        }
        self.call::<FindDue>(&keeper, "16 of 60", &PageParams { from: 1, limit: 60 });
        self.call::<Refresh>(&keeper, "1 deal activated", &vec![1]);
        let rest: Vec<_> = (2..=16).collect();
        self.call::<Refresh>(&keeper, "15 deals activated", &rest);
    }

    fn provider(&mut self) {
        let (owner, sp) = (self.storage.sp.owner.clone(), self.storage.sp.address());
        self.call::<Vouch>(&owner, "", &sp);
        let until = self.storage.net.epoch() + DAY;
        let region = Some(Attestation { region: "eu-west".into(), until });
        self.call::<AttestRegion>(&owner, "", &AttestRegionParams { provider: sp, region });
        let params = GetRegionParams { attester: owner.address(), provider: sp };
        self.call::<GetRegion>(&owner, "", &params);
        self.call::<GetProvider>(&owner, "", &sp);
    }
}
