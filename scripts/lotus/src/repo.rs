//! The directory by which a node and its clients find each other: where the node listens, a token for
//! it, and the keys it holds. Laid out as Lotus lays out its own.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::auth::{Permission, Secret};
use crate::json::Base64;
use crate::keys::{KeyInfo, KeyType};
use crate::keystore::{Keystore, TOKEN_SECRET, write_whole};

/// A repository that one node has to itself for as long as it holds this.
pub struct Repo {
    dir: PathBuf,
    keys: Keystore,
    /// Locked; the lock goes with the file, however the process ends.
    _lock: File,
}

impl Repo {
    /// Takes the repository in `dir`, which is made where there is none.
    pub fn open(dir: &Path) -> Result<Self> {
        let keystore = dir.join("keystore");
        DirBuilder::new().recursive(true).mode(0o700).create(&keystore).with_context(|| {
            format!("{}: cannot be made; name another directory", dir.display())
        })?;
        let path = dir.join("repo.lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{}: cannot be opened", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "{}: another node uses this repository; stop it, or name another directory",
                dir.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{}: cannot be locked", path.display()));
            }
        }
        Ok(Repo { dir: dir.to_owned(), keys: Keystore::new(keystore), _lock: lock })
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    #[must_use]
    pub fn keys(&self) -> &Keystore {
        &self.keys
    }

    /// The secret of the node's tokens, and a token with all permissions, which clients find in the
    /// file `token`. Both are made where they are missing.
    pub fn secret(&self) -> Result<(Secret, String)> {
        let secret = match self.keys.list()?.iter().any(|name| name == TOKEN_SECRET) {
            true => Secret::read(&self.keys.get(TOKEN_SECRET)?.private_key.0)?,
            false => {
                let secret = Secret::generate()?;
                let private_key = Base64(secret.bytes().to_vec());
                let key_type = KeyType("jwt-hmac-secret".to_owned());
                let key = KeyInfo { key_type, private_key };
                self.keys.put(TOKEN_SECRET, &key)?;
                secret
            }
        };
        let path = self.dir.join("token");
        let kept = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("{}: cannot be read", path.display()))?,
        };
        if secret.verify(kept.trim()).is_ok() {
            return Ok((secret, kept.trim().to_owned()));
        }
        let token = secret.token(&Permission::ALL)?;
        write_whole(&path, &path.with_extension("draft"), token.as_bytes(), 0o600)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        Ok((secret, token))
    }

    /// Tells clients where the node listens, until the repository is given up.
    pub fn announce(&self, address: SocketAddr) -> Result<()> {
        let path = self.dir.join("api");
        write_whole(&path, &path.with_extension("draft"), multiaddr(address).as_bytes(), 0o644)
            .with_context(|| format!("{}: cannot be written", path.display()))
    }
}

impl Drop for Repo {
    /// A client that finds no `api` says that no node runs, which is better than a refused connection.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.dir.join("api"));
    }
}

/// An address on which HTTP is served, in the notation of libp2p.
#[must_use]
pub fn multiaddr(address: SocketAddr) -> String {
    let family = match address.ip() {
        IpAddr::V4(_) => "ip4",
        IpAddr::V6(_) => "ip6",
    };
    format!("/{family}/{}/tcp/{}/http", address.ip(), address.port())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::auth::Grant;

    fn fresh(test: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("lotus-{}-repo-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn two_nodes_never_share_a_repository() {
        let dir = fresh("shared");
        let first = Repo::open(&dir).unwrap();
        let refused = Repo::open(&dir).err().unwrap().to_string();
        assert!(refused.contains("another node uses this repository; stop it"), "{refused}");
        drop(first);
        assert!(Repo::open(&dir).is_ok());
    }

    #[test]
    fn a_client_finds_the_node_and_a_token_while_the_node_runs() {
        let dir = fresh("found");
        let repo = Repo::open(&dir).unwrap();
        let (secret, token) = repo.secret().unwrap();
        repo.announce("127.0.0.1:1234".parse().unwrap()).unwrap();
        assert_eq!(fs::read_to_string(dir.join("api")).unwrap(), "/ip4/127.0.0.1/tcp/1234/http");
        assert_eq!(fs::read_to_string(dir.join("token")).unwrap(), token);
        assert_eq!(secret.verify(&token).unwrap(), Grant::of(&Permission::ALL));
        assert_eq!((mode(&dir), mode(&dir.join("token"))), (0o700, 0o600));
        drop(repo);
        assert!(!dir.join("api").exists() && dir.join("token").exists());
    }

    #[test]
    fn tokens_outlive_the_node() {
        let dir = fresh("tokens");
        let (_, token) = Repo::open(&dir).unwrap().secret().unwrap();
        let (secret, kept) = Repo::open(&dir).unwrap().secret().unwrap();
        assert_eq!(kept, token);
        assert!(secret.verify(&token).is_ok());
        fs::remove_file(dir.join("token")).unwrap();
        assert_eq!(Repo::open(&dir).unwrap().secret().unwrap().1, token);
    }

    #[test]
    fn an_address_is_written_as_libp2p_writes_it() {
        assert_eq!(multiaddr("[::1]:80".parse().unwrap()), "/ip6/::1/tcp/80/http");
    }
}
