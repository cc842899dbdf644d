//! The blueprints end to end on the embedded FVM, told as a story.

use actor_datadao::api::{AddDataset, AddDatasetParams, GetDataset};
use anyhow::{Context, Result};
use fvm_harness::{Network, Outcome, TokenAmount, fil};
use fvm_shared::address::Address;
use shared::ext::DataCid;
use shared::ext::MARKET_ACTOR;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::{
    GET_DEAL_ACTIVATION, GetDealActivationReturn, MARKET_NOTIFY_DEAL, PublishStorageDealsReturn,
};
use shared::token::{Balance, TotalSupply};

use crate::story::{DAY, Dao};
use crate::table::thousands;
use crate::{build, commp, official_bundle};

/// The file whose storage the story is about.
const FILE: &str = "README.md";

pub fn command() -> Result<()> {
    let actors = crate::actors()?;
    let builtin =
        official_bundle().map_or_else(|| "stand-ins".to_owned(), |path| path.display().to_string());
    let mut net = Network::new(actors)?;
    net.set_tracing(true);
    println!("\nA data DAO, on the real FVM (built-in actors: {builtin})\n");
    let mut story = Story::default();

    let path = build::workspace_root().join(FILE);
    let piece = commp::of_file(&path)?;
    story.tell(
        0,
        &format!("{FILE} is a piece: {} bytes after padding", thousands(piece.padded_size.0)),
    );
    story.add(&format!("piece CID {}", piece.cid));

    let mut dao = Dao::pushing(net);
    let (at, to) = (dao.net.epoch(), dao.address);
    story.tell(at, &format!("The DAO is created through Init at {to}, for the token $DATA"));
    story.tell(
        at,
        &format!("A storage provider makes its miner {} through storage power", dao.sp.address()),
    );

    let params = AddDatasetParams {
        piece_cid: piece.cid,
        piece_size: piece.padded_size,
        payload_cid: DataCid(piece.cid),
        locations: vec![format!("https://example.org/{FILE}")],
        wanted: 1,
        reward: fil(100),
    };
    let listed = dao.net.call::<AddDataset>(&dao.admin, to, &params);
    story.message(
        "The DAO's admin lists the piece: 1 replica wanted, for 100 $DATA",
        &listed.outcome,
    );
    let dataset = listed.ok();

    let proposal = dao.sp.proposal(&dao.net, to, piece.cid, piece.padded_size);
    let published = dao.sp.publish(&mut dao.net, std::slice::from_ref(&proposal)).ok();
    story.message("The provider publishes a deal for it through the market", &published);
    for (method, what) in [
        (AUTHENTICATE_MESSAGE, "the market asks the DAO (AuthenticateMessage)"),
        (MARKET_NOTIFY_DEAL, "the market tells the DAO (MarketNotifyDeal), which mints"),
    ] {
        let calls = published.calls.of_method(method);
        let call = calls.first().with_context(|| format!("{what}: no such call"))?;
        story.add(&format!("{what}: {} gas", thousands(call.gas)));
    }
    let deal = published.returned::<PublishStorageDealsReturn>().ids[0];
    let replicas = dao.net.view::<GetDataset>(to, &dataset).replicas.len();
    story.add(&format!("deal {deal}, {replicas} of 1 replicas"));

    dao.sp.activate(&mut dao.net, deal, &proposal);
    let market = Address::new_id(MARKET_ACTOR);
    let ask = fvm_harness::Call::new(&dao.admin, market).method(GET_DEAL_ACTIVATION, &deal);
    let activation: GetDealActivationReturn = dao.net.dry_run(ask).returned();
    let days = (proposal.end_epoch - proposal.start_epoch) / DAY;
    story.tell(
        dao.net.epoch(),
        &format!("The sector is sealed and proven; the deal is active for {days} days"),
    );
    story.add(&format!("activated at epoch {}", activation.activated));

    let owner = dao.sp.owner.address();
    let balance: TokenAmount = dao.net.view::<Balance>(to, &owner);
    let supply: TokenAmount = dao.net.view::<TotalSupply>(to, &());
    println!("\nThe provider's owner {owner} has {balance} of the {supply} $DATA that exist.");
    Ok(())
}

/// Prints the story as it goes, each event with its epoch and what it cost.
#[derive(Default)]
struct Story {
    epoch: i64,
}

impl Story {
    fn tell(&mut self, epoch: i64, what: &str) {
        self.epoch = epoch;
        println!("epoch {epoch:>4}  {what}");
    }

    fn add(&self, what: &str) {
        println!("            · {what}");
    }

    fn message(&mut self, what: &str, outcome: &Outcome) {
        println!("epoch {:>4}  {what}", self.epoch);
        self.add(&format!("{} gas", thousands(outcome.gas_used)));
    }
}
