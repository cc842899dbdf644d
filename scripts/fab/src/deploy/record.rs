//! `deployment.json`: what was signed, sent and created, on which network. A message is on disk before
//! the network can know of it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use ::lotus::json::{Addr, Atto, Base64, Link};
use ::lotus::message::{SignedMessage, SignedMessageJson};
use anyhow::{Context, Result, bail};
use fvm_shared::clock::ChainEpoch;
use serde::{Deserialize, Serialize};

use crate::node::lotus::Identity;

/// All deployments of a file.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Record {
    pub deployments: Vec<Deployment>,
}

/// What one deployer did on one network.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Deployment {
    pub network: String,
    /// The first block: a network that is started anew has another, by the same name or not.
    pub genesis: Link,
    pub deployer: Addr,
    pub steps: Vec<Progress>,
}

/// How far a step is.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Progress {
    pub step: String,
    /// The actor that it created.
    pub created: Option<Created>,
    /// Its messages, of which the last counts.
    pub attempts: Vec<Attempt>,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// f0: another one may have it after a re-organisation.
    pub id: Addr,
    /// f2.
    pub robust: Addr,
    pub code: Link,
}

/// A signed message.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Attempt {
    pub cid: Link,
    /// When it was signed.
    pub epoch: ChainEpoch,
    pub message: Signed,
    pub outcome: Option<Outcome>,
}

/// What became of a message.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ran {
        exit_code: u32,
        gas_used: u64,
        height: ChainEpoch,
        reply: Base64,
        /// AttoFIL for its gas, where the node told.
        cost: Option<Atto>,
    },
    /// What it was to do is done, though the node does not know it any more.
    Done,
    /// Another message has its nonce: it can never run.
    Void,
}

impl Outcome {
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Done | Outcome::Ran { exit_code: 0, .. })
    }
}

/// A signed message in the shape of Lotus.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(try_from = "SignedMessageJson", into = "SignedMessageJson")]
pub struct Signed(pub SignedMessage);

impl TryFrom<SignedMessageJson> for Signed {
    type Error = anyhow::Error;

    fn try_from(json: SignedMessageJson) -> Result<Self> {
        let message = json.message.message().context("a message without sender or receiver")?;
        let signature = json.signature.signature().context("a signature of an unknown type")?;
        Ok(Signed(SignedMessage { message, signature }))
    }
}

impl From<Signed> for SignedMessageJson {
    fn from(Signed(signed): Signed) -> Self {
        (&signed).into()
    }
}

impl Progress {
    /// The last message and what became of it.
    #[must_use]
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }
}

impl Record {
    /// Reads a file; one that does not exist has nothing in it.
    pub fn read(path: &Path) -> Result<Self> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Record::default()),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        serde_json::from_slice(&text).with_context(|| {
            format!("{} is no record of deployments: name another by --record", path.display())
        })
    }

    /// The deployment on a network.
    #[must_use]
    pub fn on(&self, network: &Identity) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.is_on(network))
    }

    /// What is to be said of a network that the record does not have.
    #[must_use]
    pub fn unknown(&self, network: &Identity) -> Option<String> {
        let Identity { name, genesis, .. } = network;
        let named = self.deployments.iter().rev().find(|other| other.network == *name);
        match (self.deployments.last(), named) {
            (None, _) => None,
            (_, Some(Deployment { genesis: Link(was), .. })) => Some(format!(
                "{name} was started anew: its first block was {was} and is {genesis}. What was deployed \
                 there is gone, and is deployed again"
            )),
            (Some(last), None) => Some(format!(
                "nothing was deployed on {name} by this record yet; what it has of {} stays as it is",
                last.network
            )),
        }
    }
}

impl Deployment {
    fn is_on(&self, network: &Identity) -> bool {
        self.network == network.name && self.genesis.0 == network.genesis
    }

    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Progress> {
        self.steps.iter().find(|progress| progress.step == name)
    }

    /// The actor of this name in the manifest, if it was created.
    #[must_use]
    pub fn created(&self, actor: &str) -> Option<Created> {
        self.step(&format!("create {actor}"))?.created
    }
}

/// A record that one process alone changes, and that is on disk after each change.
pub struct Book {
    path: PathBuf,
    record: Record,
    /// The deployment that is under way.
    current: usize,
    /// Held for as long as the process lives.
    _lock: File,
}

impl Book {
    /// Opens the record for a deployment, which is new unless the record has it.
    pub fn open(path: &Path, network: &Identity, deployer: Addr) -> Result<Self> {
        let lock = lock(path)?;
        let mut record = Record::read(path)?;
        let found = record.deployments.iter().position(|other| other.is_on(network));
        let current = found.unwrap_or(record.deployments.len());
        if found.is_none() {
            let (network, genesis) = (network.name.clone(), Link(network.genesis));
            record.deployments.push(Deployment { network, genesis, deployer, steps: vec![] });
        }
        Ok(Book { path: path.to_owned(), record, current, _lock: lock })
    }

    pub fn deployment(&self) -> Result<&Deployment> {
        self.record.deployments.get(self.current).context("no deployment")
    }

    /// Changes how far a step is, and has it on disk.
    pub fn change(&mut self, step: &str, change: impl FnOnce(&mut Progress)) -> Result<()> {
        let deployment = self.record.deployments.get_mut(self.current).context("no deployment")?;
        let steps = &mut deployment.steps;
        match steps.iter_mut().find(|progress| progress.step == step) {
            Some(progress) => change(progress),
            None => {
                let mut progress =
                    Progress { step: step.to_owned(), created: None, attempts: vec![] };
                change(&mut progress);
                steps.push(progress);
            }
        }
        save(&self.path, &self.record)
    }
}

/// Writes the whole file or leaves the old one.
fn save(path: &Path, record: &Record) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let (new, directory) = (path.with_extension("new"), directory(path));
    let mut text = serde_json::to_vec_pretty(record)?;
    text.push(b'\n');
    let mut file = File::create(&new).with_context(cannot)?;
    file.write_all(&text).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    fs::rename(&new, path).with_context(cannot)?;
    // The name is on disk once the directory is.
    File::open(directory).and_then(|directory| directory.sync_all()).with_context(cannot)
}

/// Two processes would use the same nonces.
fn lock(path: &Path) -> Result<File> {
    let name = path.with_extension("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = open.with_context(|| format!("cannot write {}", name.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            bail!("another process deploys by {}: wait for it", path.display())
        }
        Err(fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", name.display()))
        }
    }
}

fn directory(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}
