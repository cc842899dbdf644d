//! Keys in files, as Lotus keeps them: a file for each, named in base32 by the name of the key, that
//! only its owner may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use data_encoding::BASE32_NOPAD;

use crate::keys::KeyInfo;

/// The key under which a node signs its tokens.
pub const TOKEN_SECRET: &str = "auth-jwt-private";
/// A copy of the key that signs where no sender is named.
pub const DEFAULT: &str = "default";
/// Before the address, in the name of a key that a wallet holds.
pub const WALLET: &str = "wallet-";
/// Before the address, in the name of a key that a wallet gave up.
pub const TRASH: &str = "trash-";

/// The directory of the keys. Its owner holds the lock of the repository.
pub struct Keystore {
    dir: PathBuf,
    /// Held from the look whether a name is free until it is taken.
    changing: Mutex<()>,
}

impl Keystore {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Keystore { dir, changing: Mutex::new(()) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(BASE32_NOPAD.encode(name.as_bytes()))
    }

    /// The names of all keys, sorted.
    pub fn list(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).context("opening dir to list keystore")? {
            let file = entry.context("reading keystore dir")?.file_name();
            let file = file.to_string_lossy();
            let name = BASE32_NOPAD.decode(file.as_bytes()).ok();
            let Some(name) = name.and_then(|name| String::from_utf8(name).ok()) else {
                bail!("decoding key: '{file}': no name in base32; move the file elsewhere")
            };
            names.push(name);
        }
        names.sort();
        Ok(names)
    }

    /// The key of this name, unless others than its owner could have read it.
    pub fn get(&self, name: &str) -> Result<KeyInfo> {
        let path = self.path(name);
        let Some(mode) = mode(&path).with_context(|| format!("opening key '{name}'"))? else {
            bail!("opening key '{name}': key info not found")
        };
        if mode & 0o077 != 0 {
            bail!("permissions of key: '{name}' are too relaxed, required: 0600, got: 0{mode:o}")
        }
        let text = fs::read(&path).with_context(|| format!("reading key '{name}'"))?;
        match serde_json::from_slice(&text) {
            Ok(key) => Ok(key),
            Err(error) => bail!("decoding key '{name}': {error}"),
        }
    }

    /// Keeps a key under a name that is free. A name that starts as the trash does is made so.
    pub fn put(&self, name: &str, key: &KeyInfo) -> Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = |name: &str| self.path(name).exists();
        let name = match taken(name) {
            false => name.to_owned(),
            true if name.starts_with(TRASH) => {
                let mut numbered = (1u32..).map(|number| format!("{name}-{number}"));
                numbered.find(|name| !taken(name)).unwrap_or_default()
            }
            true => bail!("checking key before put '{name}': key already exists"),
        };
        let text = serde_json::to_vec(key).with_context(|| format!("encoding key '{name}'"))?;
        write_whole(&self.path(&name), &self.dir.with_extension("draft"), &text, 0o600)
            .with_context(|| format!("writing key '{name}'"))
    }

    /// Removes a key that is there.
    pub fn delete(&self, name: &str) -> Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("checking key before delete '{name}': key info not found")
            }
            removed => removed.with_context(|| format!("deleting key '{name}'")),
        }
    }
}

/// The permission bits of a file, or none where there is no file.
fn mode(path: &Path) -> io::Result<Option<u32>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.permissions().mode() & 0o777)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a file so that after a crash it is there in whole or not at all. The draft is on the same file
/// system, where no listing of keys comes upon it.
pub(crate) fn write_whole(path: &Path, draft: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(draft, path)?;
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Base64;
    use crate::keys::KeyType;

    fn info(key_type: &str, bytes: Vec<u8>) -> KeyInfo {
        KeyInfo { key_type: KeyType(key_type.to_owned()), private_key: Base64(bytes) }
    }

    fn key(byte: u8) -> KeyInfo {
        info("secp256k1", vec![byte; 32])
    }

    fn keystore(test: &str) -> Keystore {
        let dir = std::env::temp_dir().join(format!("lotus-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("keystore")).unwrap();
        Keystore::new(dir.join("keystore"))
    }

    fn refused<T>(result: Result<T>) -> String {
        result.err().expect("refused").to_string()
    }

    #[test]
    fn a_key_is_a_file_as_lotus_writes_it() {
        let keys = keystore("file");
        keys.put(DEFAULT, &info("bls", vec![1, 2])).unwrap();
        let file = keys.dir.join("MRSWMYLVNR2A");
        assert_eq!(fs::read_to_string(&file).unwrap(), r#"{"Type":"bls","PrivateKey":"AQI="}"#);
        assert_eq!(mode(&file).unwrap(), Some(0o600));
        assert!(keys.path(TOKEN_SECRET).ends_with("MF2XI2BNNJ3XILLQOJUXMYLUMU"));
    }

    #[test]
    fn keys_are_listed_until_they_are_deleted() {
        let keys = keystore("list");
        for name in ["wallet-t1b", "wallet-t1a", DEFAULT] {
            keys.put(name, &key(7)).unwrap();
        }
        keys.delete("wallet-t1b").unwrap();
        assert_eq!(keys.list().unwrap(), [DEFAULT, "wallet-t1a"]);
        assert!(keys.get("wallet-t1a").unwrap() == key(7));
        let gone = "checking key before delete 'wallet-t1b': key info not found";
        assert_eq!(refused(keys.delete("wallet-t1b")), gone);
        assert_eq!(refused(keys.get("wallet-t1b")), "opening key 'wallet-t1b': key info not found");
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let keys = keystore("twice");
        keys.put("wallet-t1a", &key(1)).unwrap();
        let taken = "checking key before put 'wallet-t1a': key already exists";
        assert_eq!(refused(keys.put("wallet-t1a", &key(2))), taken);
        assert!(keys.get("wallet-t1a").unwrap() == key(1));
    }

    #[test]
    fn the_trash_holds_every_key_that_was_thrown_away() {
        let keys = keystore("trash");
        for byte in 1..=3 {
            keys.put("trash-t1a", &key(byte)).unwrap();
        }
        assert_eq!(keys.list().unwrap(), ["trash-t1a", "trash-t1a-1", "trash-t1a-2"]);
        assert!(keys.get("trash-t1a-2").unwrap() == key(3));
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let keys = keystore("mode");
        keys.put(DEFAULT, &key(1)).unwrap();
        fs::set_permissions(keys.path(DEFAULT), fs::Permissions::from_mode(0o640)).unwrap();
        let relaxed = "permissions of key: 'default' are too relaxed, required: 0600, got: 0640";
        assert_eq!(refused(keys.get(DEFAULT)), relaxed);
    }
}
