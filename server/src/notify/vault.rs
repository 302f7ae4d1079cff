//! Secrets of channels at rest: encrypted with a key that is not in the database, so that a dump of it gives none away.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest,
    rand::{SecureRandom as _, SystemRandom},
};
use domain::alert::Fields;

/// The file in the data folder that has the key.
const FILE: &str = "secrets.key";
/// Bytes of a key.
const KEY: usize = 32;

/// Encrypts and decrypts.
pub struct Vault(RandomizedNonceKey);

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([redacted])")
    }
}

/// Why secrets cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key's file cannot be read or made.
    #[error("the key for secrets in {path}")]
    File {
        /// Where it is.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// What is there is no key of ours.
    #[error("{path} is no key for secrets: it should have {KEY} bytes")]
    NoKey {
        /// Where it is.
        path: String,
    },
    /// Encrypted with another key, or changed.
    #[error("the secrets cannot be read with this key; enter them anew")]
    Sealed,
}

impl Vault {
    /// With the key in a data folder, which is made when it is missing: 32 random bytes that only we may read.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        let path = folder.join(FILE);
        let wrong = |source| VaultError::File {
            path: path.display().to_string(),
            source,
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(folder).map_err(wrong)?;
                let mut bytes = vec![0; KEY];
                SystemRandom::new()
                    .fill(&mut bytes)
                    .map_err(|_no_random| VaultError::Sealed)?;
                let made = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path);
                match made {
                    Ok(mut file) => {
                        file.write_all(&bytes)
                            .and_then(|()| file.sync_all())
                            .map_err(wrong)?;
                        bytes
                    }
                    // Another of us was faster.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        fs::read(&path).map_err(wrong)?
                    }
                    Err(error) => return Err(wrong(error)),
                }
            }
            Err(error) => return Err(wrong(error)),
        };
        if bytes.len() != KEY {
            return Err(VaultError::NoKey {
                path: path.display().to_string(),
            });
        }
        Self::with(&bytes)
    }

    /// With a key that was configured, of any length.
    pub fn from_passphrase(passphrase: &str) -> Result<Self, VaultError> {
        Self::with(digest::digest(&digest::SHA256, passphrase.as_bytes()).as_ref())
    }

    fn with(key: &[u8]) -> Result<Self, VaultError> {
        RandomizedNonceKey::new(&AES_256_GCM, key)
            .map(Self)
            .map_err(|_wrong_length| VaultError::Sealed)
    }

    /// Encrypts secrets; `None` when there are none. What they belong to is bound to them.
    pub fn seal(&self, fields: &Fields) -> Result<Option<Vec<u8>>, VaultError> {
        if fields.iter().next().is_none() {
            return Ok(None);
        }
        let mut bytes = serde_json::to_vec(fields).map_err(|_no_json| VaultError::Sealed)?;
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::empty(), &mut bytes)
            .map_err(|_unspecified| VaultError::Sealed)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut bytes);
        Ok(Some(sealed))
    }

    /// Decrypts what [`Vault::seal`] has made.
    pub fn open_fields(&self, sealed: Option<&[u8]>) -> Result<Fields, VaultError> {
        let Some(sealed) = sealed else {
            return Ok(Fields::default());
        };
        let (nonce, bytes) = sealed
            .split_at_checked(NONCE_LEN)
            .ok_or(VaultError::Sealed)?;
        let nonce =
            Nonce::try_assume_unique_for_key(nonce).map_err(|_wrong_length| VaultError::Sealed)?;
        let mut bytes = bytes.to_vec();
        let plain = self
            .0
            .open_in_place(nonce, Aad::empty(), &mut bytes)
            .map_err(|_unspecified| VaultError::Sealed)?;
        serde_json::from_slice(plain).map_err(|_no_json| VaultError::Sealed)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn secrets() -> Fields {
        [("url", "https://hooks.example.com/T0/secret")]
            .into_iter()
            .collect()
    }

    #[test]
    fn what_is_sealed_is_opened_by_the_same_key_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Vault::open(folder.path()).expect("a key");
        let sealed = vault
            .seal(&secrets())
            .expect("is sealed")
            .expect("there are some");
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let again = Vault::open(folder.path()).expect("the key");
        assert_eq!(
            again.open_fields(Some(&sealed)).expect("is opened"),
            secrets()
        );
        let mode = fs::metadata(folder.path().join(FILE))
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        let other = Vault::from_passphrase("another").expect("a key");
        assert!(other.open_fields(Some(&sealed)).is_err());
        let mut changed = sealed;
        *changed.last_mut().expect("has bytes") ^= 1;
        assert!(again.open_fields(Some(&changed)).is_err());
        assert!(again.open_fields(Some(b"short")).is_err());
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let vault = Vault::from_passphrase("a").expect("a key");
        assert_ne!(
            vault.seal(&secrets()).expect("is sealed"),
            vault.seal(&secrets()).expect("is sealed")
        );
    }

    #[test]
    fn a_file_that_is_no_key_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "hello").expect("is written");
        assert!(matches!(
            Vault::open(folder.path()),
            Err(VaultError::NoKey { .. })
        ));
        assert_eq!(
            fs::read(folder.path().join(FILE)).expect("is there"),
            b"hello"
        );
    }
}
