//! `fab worker` and `fab underwrite`.

use actor_perpetual_storage::api::CreatePerpetualDealParams;
use fab::story::{PIECE_SIZE, piece, storage_terms};
use serde_json::{Value, json};

use super::Deployed;
use crate::node::setup::Dev;

/// A miner's address, its owner's and its worker's.
fn miner(dev: &Dev) -> [String; 3] {
    let miner = dev.prints(&["dev", "miner", "sp"]);
    ["ID", "Owner", "Worker"].map(|key| miner[key].as_str().unwrap().to_owned())
}

/// What a provider publishes that takes the only ad.
fn proposal(dev: &Dev, storage: &str, provider: &str) -> Value {
    let page = r#"{"from": 1, "scan": 1, "limit": 100, "order": "Deal"}"#;
    let ad = dev.reads(storage, "ListAds", &[page])["ads"][0]["id"].to_string();
    let info = dev.reads(storage, "GetAd", &[&ad]);
    let start = dev.ask("ChainHead", json!([]))["Height"].as_i64().unwrap() + 5_760;
    let proposal = json!({
        "piece_cid": info["piece_cid"],
        "piece_size": info["piece_size"],
        "verified_deal": false,
        "client": storage,
        "provider": provider,
        "label": ad,
        "start_epoch": start,
        "end_epoch": start + info["ad"]["duration"].as_i64().unwrap(),
        "storage_price_per_epoch": "0",
        "provider_collateral": info["min_provider_collateral"],
        "client_collateral": "0",
    });
    let nobody = json!({ "Type": 2, "Data": "" });
    json!({ "deals": [{ "proposal": proposal, "client_signature": nobody }] })
}

#[test]
fn a_worker_sees_that_a_deal_is_active_and_is_tipped() {
    let Deployed { dev, storage, bob, .. } = Deployed::new();
    let [provider, _, worker] = miner(&dev);
    dev.prints(&["invoke", &storage, "Deposit", "null", "--value", "500"]);
    let terms = storage_terms(1);
    let wanted = CreatePerpetualDealParams { piece_cid: piece(1), piece_size: PIECE_SIZE, terms };
    let create = fab::typed::method("perpetual-storage", "CreatePerpetualDeal").unwrap();
    let wanted = create.params_to_json(&fvm_ipld_encoding::to_vec(&wanted).unwrap()).unwrap();
    let kept = dev.prints(&["invoke", &storage, "CreatePerpetualDeal", &wanted.to_string()]);
    assert_eq!(kept, json!(1));

    let deals = proposal(&dev, &storage, &provider).to_string();
    let published = ["invoke", "t05", "PublishStorageDeals", &deals, "--from", &worker];
    let deal = dev.prints(&published)["ids"][0].to_string();
    dev.prints(&["dev", "prove", &deal]);
    let replica = || dev.reads(&storage, "GetPerpetualDeal", &["1"])["replicas"][0].clone();
    assert_eq!(replica()["active"], json!(null));

    let work = ["worker", "--actor", &storage, "--from", &bob, "--once"];
    let log = dev.fab(&work);
    log.end.unwrap();
    let said = [
        format!("keeping f0{}, with 1 perpetual deals so far", &storage[2..]),
        "deal 1      1 replica activated".into(),
        "1 perpetual deal, 1 due, 0 left; 1 message: tips 0.01 FIL".into(),
    ];
    for line in said {
        assert!(log.out.contains(&line), "{line}: {}", log.out);
    }
    assert_ne!(replica()["active"], json!(null));
    let log = dev.fab(&work);
    assert!(log.out.contains("1 perpetual deal, none due"), "{}", log.out);
}

/// A market with 5,000 FIL, and a miner that has won two blocks: one secures no loan of 10 FIL on each of
/// the official networks.
struct Lending {
    dev: Dev,
    market: String,
    miner: String,
    owner: String,
    underwriter: String,
}

impl Lending {
    fn new() -> Self {
        let Deployed { dev, market, bob, .. } = Deployed::new();
        let [miner, owner, _] = miner(&dev);
        for _ in 0..2 {
            dev.prints(&["dev", "reward", &miner]);
        }
        let shares = r#"{"to": null, "min_shares": "0"}"#;
        dev.prints(&["invoke", &market, "Deposit", shares, "--value", "5000"]);
        Lending { dev, market, miner, owner, underwriter: bob }
    }

    fn ask<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let Lending { market, miner, underwriter, .. } = self;
        let who = ["--market", market, "--miner", miner, "--underwriter", underwriter];
        [&["underwrite", "--json"], &who[..], more].concat()
    }

    /// What the underwriter offers.
    fn offered(&self, more: &[&str]) -> Value {
        self.dev.prints(&self.ask(more))["offer"].clone()
    }

    /// The command line by which somebody sends a message of an offer.
    fn send<'a>(&'a self, method: &'a str, message: &'a Value, from: &'a str) -> Vec<&'a str> {
        let params = message["params_hex"].as_str().unwrap();
        vec!["invoke", &self.market, method, "--hex", params, "--from", from]
    }
}

#[test]
fn a_loan_goes_from_the_underwriter_s_signature_to_its_activation() {
    let m = Lending::new();
    let (dev, owner) = (&m.dev, &m.owner);
    let told = dev.fails(&m.ask(&["--amount", "100000"]));
    assert!(told.starts_with("no loan: "), "{told}");
    let offered = m.offered(&["--amount", "10"]);
    let submitted = dev.prints(&m.send("Submit", &offered["submit"], owner));
    assert_eq!(submitted["agent_address"], offered["agent"]);

    let agent = format!("t0{}", submitted["agent"]);
    dev.prints(&["invoke", &m.miner, "ChangeOwnerAddress", &agent, "--from", owner]);
    let loan = submitted["loan"].to_string();
    dev.prints(&["invoke", &m.market, "Activate", &loan, "--from", owner]);
    assert_eq!(dev.reads(&m.market, "GetLoan", &[&loan])["phase"], json!("Live"));
}

#[test]
fn an_underwriter_approves_on_chain_what_it_does_not_sign() {
    let m = Lending::new();
    let offered = m.offered(&["--amount", "10", "--approve"]);
    let submit = m.send("Submit", &offered["submit"], &m.owner);
    m.dev.fails(&submit);
    m.dev.prints(&m.send("ApproveSpec", &offered["approve"], &m.underwriter));
    assert_eq!(m.dev.prints(&submit)["loan"], json!(1));
}
