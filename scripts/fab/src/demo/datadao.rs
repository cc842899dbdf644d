//! A data DAO: its holders vote a dataset in, providers store it, a deal ends early and its slot is
//! offered again, and a reader buys access.

use actor_datadao::api::{
    AccessParams, AccessPolicy, AccessPrice, Action, AddDatasetParams, BuyAccess, BuyAccessParams,
    CastVote, CastVoteParams, Choice, Currency, DatasetId, DatasetTerms, Execute, GetTreasury,
    HasAccess, ListDatasets, PageParams, ProposalId, Propose, ProposeParams, RefreshDatasets,
    RetrieveDataset, SetAccess, SetAccessParams, Withdraw,
};
use anyhow::Result;
use fvm_harness::{Account, Call, Network, Provider, TokenAmount, fil};
use fvm_shared::address::Address;
use fvm_shared::sector::SectorNumber;
use shared::Method;
use shared::ext::DataCid;
use shared::ext::market::{DealProposal, PublishStorageDealsReturn};
use shared::token::TotalSupply;

use super::{Teller, short};
use crate::build;
use crate::commp::{self, Piece};
use crate::story::{DAY, Dao, vesting_rules};
use crate::table::{self, thousands};

/// The file whose storage the story is about.
const FILE: &str = "README.md";

pub(super) fn chapter(net: Network) -> Result<()> {
    let piece = commp::of_file(&build::workspace_root().join(FILE))?;
    let mut story = Story::begin(net, piece);
    let dataset = story.decide();
    let deals = story.replicate(dataset);
    story.lose_one(dataset, deals);
    story.sell_access(dataset);
    story.settle(dataset);
    Ok(())
}

/// A deal, where it lies, and what it is.
struct Deal {
    sp: Provider,
    sector: SectorNumber,
    proposal: DealProposal,
}

struct Story {
    dao: Dao,
    piece: Piece,
    teller: Teller,
    ann: Account,
    bob: Account,
    carol: Account,
    owners: Vec<Account>,
}

impl Story {
    fn begin(net: Network, piece: Piece) -> Self {
        let teller = Teller::default();
        teller.heading("A data DAO");
        let mut dao = Dao::deploy(net, vesting_rules());
        let [ann, bob, carol] = ["ann", "bob", "carol"].map(|name| dao.net.account(name));
        let at = dao.net.epoch();
        teller.tell(at, &format!("The DAO is created through Init at {}, for $DATA", dao.address));
        for (holder, amount) in [(&ann, 3_000), (&bob, 2_000)] {
            dao.mint(holder, fil(amount));
        }
        teller.add("its founders Ann and Bob have 3 000 and 2 000 $DATA");
        let size = thousands(piece.padded_size.0);
        teller.add(&format!("{FILE} is a piece of {size} bytes after padding,"));
        teller.add(&piece.cid.to_string());
        Story { dao, piece, teller, ann, bob, carol, owners: vec![] }
    }

    /// Ann proposes to store the file, she and Bob vote, and anyone executes it.
    fn decide(&mut self) -> DatasetId {
        self.teller.heading("The holders decide what to store");
        let terms = DatasetTerms {
            payload_cid: DataCid(self.piece.cid),
            locations: vec![format!("https://example.org/{FILE}")],
            metadata_cid: None,
            wanted: 3,
            reward: fil(100),
            publish_share: None,
            policy: None,
        };
        let (piece_cid, piece_size) = (self.piece.cid, self.piece.padded_size);
        let action = Action::AddDataset(AddDatasetParams { piece_cid, piece_size, terms });
        let params =
            ProposeParams { actions: vec![action], description: format!("Let us keep {FILE}.") };
        let ann = self.ann.clone();
        let id: ProposalId = self.call::<Propose>(
            &ann,
            "Ann proposes 3 replicas of it, for 100 $DATA each",
            &params,
        );
        self.dao.net.skip(DAY / 4 + 1);
        for (voter, name) in [(ann, "Ann"), (self.bob.clone(), "Bob")] {
            let vote = CastVoteParams { proposal: id, choice: Choice::For };
            self.call::<CastVote>(&voter, &format!("{name} votes For"), &vote);
        }
        self.dao.net.skip(4 * DAY);
        let carol = self.carol.clone();
        self.call::<Execute>(&carol, "after vote and timelock, Carol executes the proposal", &id);
        self.show();
        1
    }

    /// Three providers store it.
    fn replicate(&mut self, dataset: DatasetId) -> Vec<Deal> {
        self.teller.heading("Providers replicate it");
        let deals = ["Sam", "Sue", "Sid"].map(|name| self.store(name)).into();
        self.refresh(dataset);
        self.show();
        deals
    }

    /// Sue's deal ends early, and Sol takes its place.
    fn lose_one(&mut self, dataset: DatasetId, deals: Vec<Deal>) {
        self.teller.heading("A deal ends early, and its slot is offered again");
        self.dao.net.skip(DAY / 2);
        let Some(Deal { sp, sector, proposal }) = deals.into_iter().nth(1) else { return };
        let (deadline, partition) = sp.locate(&mut self.dao.net, sector);
        let terminated = sp.terminate(&mut self.dao.net, deadline, partition, sector);
        let days = (proposal.end_epoch - proposal.start_epoch) / DAY;
        let what = format!("Sue terminates the sector of her deal of {days} days");
        self.teller.message(self.dao.net.epoch(), &what, terminated);
        self.dao.net.advance(10);
        self.refresh(dataset);
        self.show();
        self.store("Sol");
        self.refresh(dataset);
        self.show();
    }

    /// Carol buys access for a week.
    fn sell_access(&mut self, dataset: DatasetId) {
        self.teller.heading("A reader buys access");
        let price = AccessPrice { currency: Currency::Fil, amount: fil(10), period: 7 * DAY };
        let params = SetAccessParams { dataset, policy: AccessPolicy::Paid(price) };
        let admin = self.dao.admin.clone();
        self.call::<SetAccess>(&admin, "A curator prices access at 10 FIL a week", &params);
        self.access(dataset);
        let buy = BuyAccessParams {
            dataset,
            to: self.carol.address(),
            periods: 1,
            max_price: fil(10),
            min_period: 7 * DAY,
        };
        let call = Call::new(&self.carol, self.dao.address).method(BuyAccess::NUMBER, &buy);
        let bought = self.dao.net.run(call.value(fil(10)));
        self.teller.message(self.dao.net.epoch(), "Carol buys a week", bought);
        self.access(dataset);
        let retrieval = self.dao.net.view::<RetrieveDataset>(self.dao.address, &dataset);
        let providers: Vec<_> =
            retrieval.sources.iter().map(|source| format!("f0{}", source.provider)).collect();
        self.teller.add(&format!("she can fetch it from {}", providers.join(", ")));
        self.dao.net.skip(7 * DAY);
        self.teller.tell(self.dao.net.epoch(), "The week is over");
        self.access(dataset);
    }

    /// Everybody is paid.
    fn settle(&mut self, dataset: DatasetId) {
        self.teller.heading("What everybody has");
        self.refresh(dataset);
        let owners: Vec<Address> = self.owners.iter().map(Account::address).collect();
        let carol = self.carol.clone();
        self.call::<Withdraw>(
            &carol,
            "Carol has the DAO pay the owners what it owes them",
            &owners,
        );
        println!();
        let names = ["Sam", "Sue", "Sid", "Sol"];
        let mut rows = vec![];
        for (name, owner) in names.iter().zip(self.owners.clone()) {
            let data = self.dao.balance(&owner);
            rows.push(vec![format!("{name}'s owner"), short(&data)]);
        }
        for (name, holder) in [("Ann", self.ann.clone()), ("Bob", self.bob.clone())] {
            rows.push(vec![name.to_owned(), short(&self.dao.balance(&holder))]);
        }
        let to = self.dao.address;
        let supply: TokenAmount = self.dao.net.view::<TotalSupply>(to, &());
        rows.push(vec!["all $DATA".to_owned(), short(&supply)]);
        let free = self.dao.net.view::<GetTreasury>(to, &()).free;
        rows.push(vec!["treasury, FIL".to_owned(), short(&free.fil)]);
        table::print(&["who", "has"], &rows);
        self.teller.end();
    }

    /// A new provider publishes a deal for the dataset and proves its sector.
    fn store(&mut self, name: &str) -> Deal {
        let mut sp = Provider::create(&mut self.dao.net, name);
        let (cid, size) = (self.piece.cid, self.piece.padded_size);
        let proposal = sp.proposal(&self.dao.net, self.dao.address, cid, size);
        let published = sp.publish(&mut self.dao.net, std::slice::from_ref(&proposal));
        let what = format!("{name} publishes a deal (provider {})", sp.address());
        let published = self.teller.message(self.dao.net.epoch(), &what, published);
        let deal = published.returned::<PublishStorageDealsReturn>().ids[0];
        let sector = sp.activate(&mut self.dao.net, deal, &proposal);
        self.teller.tell(self.dao.net.epoch(), &format!("{name}'s sector is sealed and proven"));
        self.owners.push(sp.owner.clone());
        Deal { sp, sector, proposal }
    }

    fn refresh(&mut self, dataset: DatasetId) {
        let carol = self.carol.clone();
        let what = "anyone has the DAO ask the market about its deals";
        let found = self.call::<RefreshDatasets>(&carol, what, &vec![dataset]).remove(0);
        self.teller.add(&format!(
            "{} newly active, {} ended early, {} $DATA earned",
            found.activated,
            found.terminated,
            short(&found.earned)
        ));
    }

    /// How many replicas there are.
    fn show(&mut self) {
        let page = PageParams { from: 1, limit: 1 };
        for dataset in self.dao.net.view::<ListDatasets>(self.dao.address, &page) {
            self.teller.add(&format!(
                "dataset {}: {} of {} replicas, {} active",
                dataset.id, dataset.current, dataset.wanted, dataset.active
            ));
        }
    }

    fn access(&mut self, dataset: DatasetId) {
        let params = AccessParams { account: self.carol.address(), dataset };
        let has = self.dao.net.view::<HasAccess>(self.dao.address, &params);
        self.teller.add(if has { "Carol has access" } else { "Carol has no access" });
    }

    fn call<M: Method>(&mut self, from: &Account, what: &str, params: &M::Params) -> M::Return {
        let reply = self.dao.net.call::<M>(from, self.dao.address, params);
        self.teller.message(self.dao.net.epoch(), what, reply.outcome.clone());
        reply.ok()
    }
}
