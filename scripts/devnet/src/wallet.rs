//! The keys with which the node signs for its users.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use fvm_shared::address::Address;
use lotus::json::Addr;
use lotus::keys::{Key, KeyInfo, KeyType};
use lotus::keystore::{DEFAULT, Keystore, TRASH, WALLET};
use lotus::repo::Repo;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use thiserror::Error;

/// Keys by their addresses. Where there is a repository, they are in its keystore too.
#[derive(Default)]
pub struct Wallet {
    keys: Mutex<Keys>,
    repo: Option<Arc<Repo>>,
}

#[derive(Default)]
struct Keys {
    by_address: BTreeMap<Address, Key>,
    default: Option<Address>,
}

/// A key that is not in the wallet.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
#[error("key not found for {0}")]
pub struct Missing(pub Addr);

impl Wallet {
    /// The wallet of a repository, with the keys that are there.
    pub fn kept(repo: Arc<Repo>) -> Result<Self> {
        let mut keys = Keys::default();
        for name in repo.keys().list()? {
            let is_default = name == DEFAULT;
            if !is_default && !name.starts_with(WALLET) {
                continue;
            }
            let key = Key::try_from(&repo.keys().get(&name)?);
            let key = key.with_context(|| format!("key '{name}' of the keystore"))?;
            match is_default {
                true => keys.default = Some(key.address()),
                false => drop(keys.by_address.insert(key.address(), key)),
            }
        }
        Ok(Wallet { keys: Mutex::new(keys), repo: Some(repo) })
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the same to the keystore, if there is one.
    fn keep(&self, change: impl FnOnce(&Keystore) -> Result<()>) -> Result<()> {
        self.repo.as_ref().map_or(Ok(()), |repo| change(repo.keys()))
    }

    /// The addresses of all keys, sorted by their text.
    #[must_use]
    pub fn list(&self) -> Vec<Addr> {
        let mut addresses: Vec<_> = self.keys().by_address.keys().copied().map(Addr).collect();
        addresses.sort_by_cached_key(Addr::to_string);
        addresses
    }

    #[must_use]
    pub fn has(&self, address: &Address) -> bool {
        self.keys().by_address.contains_key(address)
    }

    /// The key of an address.
    pub fn key(&self, address: &Address) -> Result<Key, Missing> {
        self.keys().by_address.get(address).cloned().ok_or(Missing(Addr(*address)))
    }

    /// Makes a key. The first one is the default.
    pub fn new_key(&self, key_type: &KeyType) -> Result<Address> {
        let Some(sig_type) = key_type.signatures() else {
            bail!("unknown sig type: {}", key_type.0)
        };
        let mut rng = StdRng::try_from_rng(&mut SysRng)
            .context("the operating system gives no random bytes")?;
        let key = Key::generate(sig_type, &mut rng);
        let mut keys = self.keys();
        self.add(&mut keys, key.clone())?;
        if keys.default.is_none() {
            self.name_default(&mut keys, &key)?;
        }
        Ok(key.address())
    }

    /// Takes a key that was made elsewhere.
    pub fn import(&self, info: &KeyInfo) -> Result<Address> {
        let key = Key::try_from(info).context("failed to make key")?;
        let address = key.address();
        self.add(&mut self.keys(), key)?;
        Ok(address)
    }

    /// Has a key that may be there already.
    pub fn provide(&self, key: &Key) -> Result<()> {
        let mut keys = self.keys();
        match keys.by_address.contains_key(&key.address()) {
            true => Ok(()),
            false => self.add(&mut keys, key.clone()),
        }
    }

    fn add(&self, keys: &mut Keys, key: Key) -> Result<()> {
        let (address, name) = (key.address(), name(&key.address()));
        if keys.by_address.contains_key(&address) {
            bail!("saving to keystore: checking key before put '{name}': key already exists");
        }
        self.keep(|store| store.put(&name, &KeyInfo::from(&key))).context("saving to keystore")?;
        keys.by_address.insert(address, key);
        Ok(())
    }

    /// Gives up a key, if it is there. The keystore has it in its trash from then on.
    pub fn delete(&self, address: &Address) -> Result<()> {
        let mut keys = self.keys();
        let Some(key) = keys.by_address.get(address) else { return Ok(()) };
        let info = KeyInfo::from(key);
        self.keep(|store| {
            store
                .put(&format!("{TRASH}{}", Addr(*address)), &info)
                .with_context(|| format!("failed to mark key {} as trashed", Addr(*address)))?;
            store
                .delete(&name(address))
                .with_context(|| format!("failed to delete key {}", Addr(*address)))
        })?;
        keys.by_address.remove(address);
        if keys.default == Some(*address) {
            self.keep(|store| store.delete(DEFAULT))?;
            keys.default = None;
        }
        Ok(())
    }

    /// The address that sends where no other is named.
    pub fn default_address(&self) -> Result<Address> {
        let default = self.keys().default;
        default.context("failed to get default key: opening key 'default': key info not found")
    }

    pub fn set_default(&self, address: &Address) -> Result<()> {
        let mut keys = self.keys();
        let Some(key) = keys.by_address.get(address).cloned() else {
            bail!("opening key '{}': key info not found", name(address))
        };
        self.name_default(&mut keys, &key)
    }

    fn name_default(&self, keys: &mut Keys, key: &Key) -> Result<()> {
        if keys.default.take().is_some() {
            self.keep(|store| store.delete(DEFAULT))?;
        }
        self.keep(|store| store.put(DEFAULT, &KeyInfo::from(key)))?;
        keys.default = Some(key.address());
        Ok(())
    }
}

/// The name of a key in the keystore.
fn name(address: &Address) -> String {
    format!("{WALLET}{}", Addr(*address))
}
