//! Deployments by way of a simulated node.

mod kill;
mod simulated;

use clap::Parser;

use super::record::Outcome;
use super::*;
use simulated::{Init, Node as Behind, Simulated};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

/// A deployer with a record of its own.
struct Desk {
    record: PathBuf,
    sim: Simulated,
    codes: Vec<Code>,
}

impl Desk {
    fn new(name: &str, init: Init) -> Self {
        let file = format!("fab-deploy-{name}-{}.json", std::process::id());
        let record = std::env::temp_dir().join(file);
        let bundle = Bundle::read(&crate::bundles().unwrap().shipped).unwrap();
        let desk = Desk {
            record,
            sim: Simulated::start(Behind::new(init)),
            codes: codes(&bundle).unwrap(),
        };
        desk.forget();
        desk
    }

    fn forget(&self) {
        for ending in ["json", "lock", "new"] {
            let _ = fs::remove_file(self.record.with_extension(ending));
        }
    }

    fn options(&self, args: &[&str]) -> Options {
        let record = self.record.to_str().unwrap();
        let args = [&["fab", "--record", record], args].concat();
        Cli::try_parse_from(args).unwrap().options
    }

    /// Runs the command. Returns what it says, and how it ends.
    fn run(&self, args: &[&str]) -> (String, Result<()>) {
        let mut node = Lotus::new(self.sim.endpoint.clone());
        let mut said = String::new();
        let say = &mut |line: String| said += &(line + "\n");
        let done = deploy(&mut node, &self.options(args), &self.codes, say);
        (said, done)
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let (said, done) = self.run(args);
        done.unwrap_or_else(|error| panic!("{error:#}\n{said}"));
        said
    }

    #[track_caller]
    fn refused(&self, args: &[&str]) -> String {
        let (said, done) = self.run(args);
        format!("{:#}", done.expect_err(&said))
    }

    fn deployment(&self) -> Deployment {
        Record::read(&self.record).unwrap().deployments.pop().unwrap()
    }

    #[track_caller]
    fn one_of_each(&self) {
        let node = self.sim.node();
        let counts = Kind::ALL.map(|kind| node.created(kind.name()));
        assert_eq!(counts, [1, 1, 1], "data DAOs, storages, markets");
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.forget();
    }
}

#[test]
fn everything_is_deployed_once_with_all_roles_the_deployer_s() {
    let desk = Desk::new("all", Init::Lists);
    let said = desk.ok(&["--underwriter", "f0100", "--ceiling", "5"]);
    desk.one_of_each();
    let deployment = desk.deployment();
    let mut node = Lotus::new(desk.sim.endpoint.clone());
    for kind in Kind::ALL {
        let created = deployment.created(kind.name()).unwrap();
        let code = code_of(&desk.codes, kind.name()).unwrap();
        assert_eq!(node.actor(&created.robust.0).unwrap().unwrap().code, code);
        assert_eq!(node.id_of(&created.robust.0), Ok(created.id.0.id().unwrap()));
        assert!(said.contains(&created.robust.to_string()), "{said}");
        let made = deployment.step(&format!("create {}", kind.name())).unwrap().last().unwrap();
        assert_eq!(run::created_by(&made.message.0).unwrap(), created.robust.0);
    }
    let gas = deployment.steps.iter().filter(|progress| !progress.step.starts_with("create"));
    for progress in gas {
        let Some(Outcome::Ran { exit_code, gas_used, .. }) = &progress.last().unwrap().outcome
        else {
            panic!("{}", progress.step)
        };
        assert!(*exit_code == 0 && *gas_used < CALL_GAS / 2, "{}: {gas_used}", progress.step);
    }
    assert_eq!(deployment.steps.len(), 3 + 4 + 1);
    assert!(said.contains("fab worker --actor"), "{said}");
}

#[test]
fn another_run_does_nothing() {
    let desk = Desk::new("again", Init::Lists);
    desk.ok(&[]);
    let (pushes, record) = (desk.sim.node().pushes(), fs::read(&desk.record).unwrap());
    let said = desk.ok(&[]);
    assert_eq!(desk.sim.node().pushes(), pushes);
    assert!(fs::read(&desk.record).unwrap() == record);
    assert_eq!(said.matches("was done before").count(), 7, "{said}");
    desk.one_of_each();
}

#[test]
fn a_dry_run_says_what_each_step_costs_and_sends_nothing() {
    let desk = Desk::new("dry", Init::Lists);
    let said = desk.ok(&["--dry-run"]);
    let node = desk.sim.node();
    assert_eq!(node.pushes(), 0);
    assert!(!node.asked.iter().any(|method| method == "WalletSignMessage"));
    assert!(!desk.record.exists());
    for line in ["create datadao", "create lending-market", "datadao: grant Curator", "in all"] {
        let line = said.lines().find(|told| told.starts_with(line)).unwrap();
        assert!(line.ends_with("FIL"), "{line}");
    }
    assert!(said.contains("which has 99999.9999 FIL"), "{said}");
}

#[test]
fn a_public_network_is_refused_before_anything_is_signed() {
    let desk = Desk::new("public", Init::Official);
    let told = desk.refused(&[]);
    assert!(told.contains("native actors cannot be created on localnet"), "{told}");
    assert!(told.contains("multisigs") && told.contains("fab devnet"), "{told}");
    let node = desk.sim.node();
    assert!(
        !node.asked.iter().any(|method| method == "WalletSignMessage" || method == "MpoolPush")
    );
    assert!(!desk.record.exists());
}

#[test]
fn a_public_network_is_refused_to_an_account_that_is_not_there_yet() {
    let desk = Desk::new("nobody", Init::Official);
    let nobody = Addr(fvm_harness::Key::secp256k1("nobody").address().unwrap()).to_string();
    assert!(desk.refused(&["--from", &nobody]).contains("native actors cannot be created"));
    desk.sim.node().init = Init::Lists;
    assert!(desk.refused(&["--from", &nobody]).contains("is not on chain: send it FIL first"));
    assert_eq!(desk.sim.node().pushes(), 0);
}

#[test]
fn on_a_network_of_the_m2_kind_code_is_installed_first() {
    let desk = Desk::new("m2", Init::Installs(1 << 20));
    let plan = desk.ok(&["--only", "perpetual-storage", "--dry-run"]);
    assert!(plan.contains("install perpetual-storage") && plan.contains("after install"), "{plan}");
    desk.ok(&["--only", "perpetual-storage"]);
    assert_eq!(desk.sim.node().created("perpetual-storage"), 1);
    let pushes = desk.sim.node().pushes();
    assert_eq!(pushes, 2);
    desk.ok(&["--only", "perpetual-storage"]);
    assert_eq!(desk.sim.node().pushes(), pushes);
}

#[test]
fn code_that_a_network_lost_is_installed_again() {
    let mut desk = Desk::new("m2-lost", Init::Installs(1 << 20));
    desk.ok(&["--only", "perpetual-storage"]);
    desk.sim = Simulated::start(Behind::new(Init::Installs(1 << 20)));
    desk.ok(&["--only", "perpetual-storage"]);
    let node = desk.sim.node();
    assert_eq!((node.pushes(), node.created("perpetual-storage")), (2, 1));
}

#[test]
fn code_that_no_message_holds_is_named_with_its_size() {
    let desk = Desk::new("large", Init::Installs(1 << 20));
    let told = desk.refused(&[]);
    assert!(told.contains("datadao (") && told.contains("lending-market ("), "{told}");
    assert!(!told.contains("perpetual-storage (") && told.contains("--only"), "{told}");
    desk.sim.node().init = Init::Installs(64 << 10);
    let told = desk.refused(&["--only", "perpetual-storage"]);
    assert!(told.contains("perpetual-storage ("), "the pool takes 64 KiB: {told}");
    assert_eq!(desk.sim.node().pushes(), 0);
}

#[test]
fn a_token_that_the_node_does_not_know_is_told_of() {
    let mut desk = Desk::new("token", Init::Lists);
    desk.sim.endpoint.token = Some("wrong".into());
    assert!(desk.refused(&[]).contains("lotus auth create-token"));
}

#[test]
fn too_little_fil_is_said_before_anything_is_sent() {
    let desk = Desk::new("poor", Init::Lists);
    desk.sim.node().drain();
    let told = desk.refused(&[]);
    assert!(told.contains("more. Nothing was sent"), "{told}");
    assert_eq!(desk.sim.node().pushes(), 0);
}

#[test]
fn a_network_that_was_started_anew_is_noticed() {
    let mut desk = Desk::new("wiped", Init::Lists);
    desk.ok(&[]);
    let mut anew = Behind::new(Init::Lists);
    anew.genesis = ::lotus::cid_of(b"another genesis");
    desk.sim = Simulated::start(anew);
    let said = desk.ok(&[]);
    assert!(said.contains("localnet was started anew"), "{said}");
    desk.one_of_each();
    assert_eq!(Record::read(&desk.record).unwrap().deployments.len(), 2);
}

#[test]
fn a_network_that_lost_what_was_deployed_is_noticed_though_its_genesis_is_the_same() {
    let mut desk = Desk::new("lost", Init::Lists);
    desk.ok(&["--only", "perpetual-storage"]);
    desk.sim = Simulated::start(Behind::new(Init::Lists));
    let said = desk.ok(&["--only", "perpetual-storage"]);
    assert!(said.contains("the chain does not have it (any more)"), "{said}");
    assert_eq!(desk.sim.node().created("perpetual-storage"), 1);
    assert_eq!(desk.deployment().step("create perpetual-storage").unwrap().attempts.len(), 1);
}

#[test]
fn an_actor_keeps_the_parameters_that_it_was_created_with() {
    let desk = Desk::new("other", Init::Lists);
    desk.ok(&[]);
    let told = desk.refused(&["--admin", "f0100"]);
    assert!(told.starts_with("create datadao: the record has it with other code"), "{told}");
    let other = Addr(fvm_harness::Key::secp256k1("other").address().unwrap()).to_string();
    assert!(desk.refused(&["--from", &other]).contains("deployed on this network before"));
    desk.one_of_each();
}

#[test]
fn roles_are_granted_by_the_admin_alone() {
    let desk = Desk::new("roles", Init::Lists);
    desk.ok(&["--admin", "f0100", "--governor", "f0101", "--treasury", "f0101"]);
    assert_eq!(desk.deployment().steps.len(), 3, "the deployer has nothing to grant");
    let other = Desk::new("governor", Init::Lists);
    let told = other.refused(&["--governor", "f0101", "--underwriter", "f0100"]);
    assert!(told.contains("only the market's governor"), "{told}");
    assert_eq!(other.sim.node().pushes(), 0);
}

#[test]
fn parameters_come_from_a_file_in_the_form_in_which_they_are_printed() {
    let desk = Desk::new("config", Init::Lists);
    let printed = desk.ok(&["--print-config", "--admin", "f0100"]);
    let file = desk.record.with_extension("config");
    fs::write(&file, &printed).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(desk.ok(&["--print-config", "--config", path]), printed);
    desk.ok(&["--only", "datadao", "--config", path]);
    fs::remove_file(file).unwrap();
    assert_eq!(desk.deployment().steps.len(), 1, "the admin is another");
}

#[test]
fn a_constructor_that_refuses_is_told_of_before_anything_is_sent() {
    let desk = Desk::new("bad", Init::Lists);
    let from = desk.sim.node().deployer;
    let agent = code_of(&desk.codes, AGENT).unwrap();
    let mut params = Params::defaults(from, agent);
    params.datadao.token.symbol = String::new();
    let file = desk.record.with_extension("config");
    fs::write(&file, params.write().unwrap().to_string()).unwrap();
    let told = desk.refused(&["--config", file.to_str().unwrap()]);
    assert!(told.starts_with("the constructor of datadao refuses its parameters: exit"), "{told}");
    params.lending_market.rules.agent_code.0 = ::lotus::cid_of(b"other");
    fs::write(&file, params.write().unwrap().to_string()).unwrap();
    let told = desk.refused(&["--config", file.to_str().unwrap()]);
    assert!(told.contains("the code of other agents than this build's"), "{told}");
    fs::remove_file(file).unwrap();
    assert_eq!(desk.sim.node().pushes(), 0);
}

#[test]
fn two_processes_do_not_deploy_by_one_record() {
    let desk = Desk::new("both", Init::Lists);
    let on = Lotus::new(desk.sim.endpoint.clone()).identity().unwrap();
    let _held = Book::open(&desk.record, &on, Addr(desk.sim.node().deployer)).unwrap();
    assert!(desk.refused(&[]).contains("another process deploys"));
    assert_eq!(desk.sim.node().pushes(), 0);
}
