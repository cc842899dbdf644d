//! Bearer tokens as Lotus makes and reads them: JWTs under HMAC-SHA256 whose one claim is the list of
//! permissions. They do not expire.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use hmac::{Hmac, Mac};
use jwt::header::HeaderType;
use jwt::{AlgorithmType, Header, SignWithKey, Token, VerifyWithKey};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a method may ask of its caller.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    Read,
    Write,
    Sign,
    Admin,
}

impl Permission {
    pub const ALL: [Permission; 4] =
        [Permission::Read, Permission::Write, Permission::Sign, Permission::Admin];

    /// The word for it in tokens and in errors.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Permission::Read => "read",
            Permission::Write => "write",
            Permission::Sign => "sign",
            Permission::Admin => "admin",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The permissions of a caller. None implies another: who may only administer may not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant(u8);

impl Grant {
    /// What a caller without a token may do: read.
    pub const ANONYMOUS: Grant = Grant(1 << Permission::Read as u8);

    #[must_use]
    pub fn of(permissions: &[Permission]) -> Self {
        Grant(permissions.iter().fold(0, |set, permission| set | 1 << *permission as u8))
    }

    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u8 != 0
    }

    /// Its permissions, the least first.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.allows(*permission)).collect()
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    /// Words that are no permission grant nothing.
    #[serde(rename = "Allow", default)]
    allow: Option<Vec<String>>,
}

/// The secret under which a node signs its tokens.
#[derive(Clone)]
pub struct Secret {
    bytes: Vec<u8>,
    key: Hmac<Sha256>,
}

impl Secret {
    /// A new one, of 32 bytes from the operating system.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).context("the operating system gives no random bytes")?;
        Secret::read(&bytes)
    }

    /// The secret that was kept as these bytes.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        ensure!(!bytes.is_empty(), "the secret of the tokens is empty: remove it for a new one");
        Ok(Secret { bytes: bytes.to_vec(), key: Hmac::new_from_slice(bytes)? })
    }

    /// What is kept of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A token that grants these permissions.
    pub fn token(&self, permissions: &[Permission]) -> Result<String> {
        let header = Header {
            algorithm: AlgorithmType::Hs256,
            type_: Some(HeaderType::JsonWebToken),
            ..Header::default()
        };
        let allow = permissions.iter().map(Permission::to_string).collect();
        let token = Token::new(header, Claims { allow: Some(allow) }).sign_with_key(&self.key)?;
        Ok(token.as_str().to_owned())
    }

    /// What a token grants. The comparison of signatures takes the same time for all of them.
    pub fn verify(&self, token: &str) -> Result<Grant> {
        let claims: Claims = match token.verify_with_key(&self.key) {
            Ok(claims) => claims,
            Err(jwt::Error::InvalidSignature | jwt::Error::RustCryptoMac(_)) => {
                bail!("jwt: HMAC verification failed")
            }
            Err(_) => bail!("jwt: malformed token"),
        };
        let words = claims.allow.unwrap_or_default();
        let granted = |permission: &Permission| words.iter().any(|word| word == permission.word());
        Ok(Grant::of(&Permission::ALL.into_iter().filter(granted).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;

    use super::Permission::{Admin, Read, Sign, Write};
    use super::*;

    fn part(token: &str, index: usize) -> String {
        let text = token.split('.').nth(index).unwrap();
        String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_written_as_lotus_writes_it() {
        let token = Secret::generate().unwrap().token(&[Read, Write, Sign, Admin]).unwrap();
        assert_eq!(part(&token, 0), r#"{"alg":"HS256","typ":"JWT"}"#);
        assert_eq!(part(&token, 1), r#"{"Allow":["read","write","sign","admin"]}"#);
    }

    #[test]
    fn a_token_of_another_implementation_is_read() {
        let secret = Secret::read(b"0123456789abcdef0123456789abcdef").unwrap();
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIiwid3JpdGUiXX0.\
                     iikVzfJ2_ZQfWiwsn48DNYDiO-HazuWT4FkJQsZpbug";
        assert_eq!(secret.verify(token).unwrap(), Grant::of(&[Read, Write]));
    }

    #[test]
    fn a_grant_is_what_was_granted_and_no_more() {
        let secret = Secret::generate().unwrap();
        let grant = secret.verify(&secret.token(&[Admin]).unwrap()).unwrap();
        assert_eq!(grant.permissions(), [Admin]);
        assert!(!grant.allows(Read));
        assert_eq!(secret.verify(&secret.token(&[]).unwrap()).unwrap().permissions(), []);
        assert_eq!(Grant::ANONYMOUS.permissions(), [Read]);
    }

    #[test]
    fn a_token_of_another_secret_is_refused() {
        let token = Secret::generate().unwrap().token(&[Admin]).unwrap();
        let refused = Secret::generate().unwrap().verify(&token).unwrap_err();
        assert_eq!(refused.to_string(), "jwt: HMAC verification failed");
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        let secret = Secret::generate().unwrap();
        let token = secret.token(&[Read]).unwrap();
        let unsigned = "eyJhbGciOiJub25lIn0.eyJBbGxvdyI6WyJhZG1pbiJdfQ.";
        for bad in ["", ".", "..", "a.b.c", "é", unsigned, token.rsplit_once('.').unwrap().0] {
            let refused = secret.verify(bad).unwrap_err().to_string();
            assert_eq!(refused, "jwt: malformed token", "{bad}");
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        assert!(Secret::read(&[]).is_err());
    }
}
