//! The seal on secrets that must be read again: XChaCha20-Poly1305 under a key that never lies in the database.
//!
//! Knows neither files nor users: a [`Keyring`] is handed in, and what a secret is bound to is a text.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::Result;
use super::token::{Entropy, hex};

/// The public name of a key: the first eight hex digits of its SHA-256.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KeyId(String);

impl KeyId {
    /// Takes a name as it stands in the database.
    pub fn new(id: impl Into<String>) -> Self {
        KeyId(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key of 256 bits, wiped from memory when dropped. Has no `Debug` and no `Clone`.
pub struct Key {
    bytes: Zeroizing<[u8; 32]>,
    id: KeyId,
}

impl Key {
    /// Takes over the bytes.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Key {
        let mut hash = Sha256::new();
        hash.update(b"rollbook key v1");
        hash.update(&bytes[..]);
        let id = KeyId(hex(&hash.finalize()[..4]));
        Key { bytes, id }
    }

    /// A fresh key.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn draw(entropy: &mut dyn Entropy) -> Result<Key> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        entropy.fill(&mut bytes[..])?;
        Ok(Key::new(bytes))
    }

    /// Its name, which may be shown.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The bytes themselves, for whoever keeps the key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// A secret under a key: what the database holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Which key opens it.
    pub key_id: KeyId,
    /// The nonce, the ciphertext and its tag.
    pub bytes: Vec<u8>,
}

/// Where a key is kept. While one key takes the place of another there are up to three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// The key in force.
    Present,
    /// The one that is about to come into force.
    Next,
    /// The one before.
    Former,
}

impl Slot {
    /// All slots, the one in force first.
    pub const ALL: [Slot; 3] = [Slot::Present, Slot::Next, Slot::Former];
}

/// The keeper of the keys, outside the database and outside its backups.
pub trait Keyring: Send {
    /// Where the key lies, safe to print.
    fn place(&self) -> String;

    /// The key of a slot; `None` where there is none.
    ///
    /// # Errors
    /// `failure` for one that cannot be read, is none, or is open to others.
    fn read(&self, slot: Slot) -> Result<Option<Key>>;

    /// Lays a key into an empty slot.
    ///
    /// # Errors
    /// `failure` where there is one already; it stays as it is.
    fn make(&self, slot: Slot, key: &Key) -> Result<()>;

    /// Brings the next key into force, and keeps the present one as the former. Without a next one nothing happens.
    ///
    /// # Errors
    /// `failure`; then the present key is in force still.
    fn advance(&self) -> Result<()>;
}

const NONCE: usize = 24;

/// Seals a secret. It can be opened only with the same key, for the same `purpose` and the same `owner`.
///
/// # Errors
/// When there is no randomness.
pub fn seal(key: &Key, purpose: &str, owner: &str, secret: &[u8], entropy: &mut dyn Entropy) -> Result<Sealed> {
    use super::error::{Error, Kind};
    let mut nonce = [0u8; NONCE];
    entropy.fill(&mut nonce)?;
    let bound = bound(purpose, owner, &key.id);
    let payload = Payload { msg: secret, aad: &bound };
    let closed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::new(Kind::Failure, "this secret cannot be sealed"))?;
    Ok(Sealed { key_id: key.id.clone(), bytes: [&nonce[..], &closed].concat() })
}

/// Opens a sealed secret; `None` where it was changed, or sealed for another purpose or owner or under another key.
pub fn open(key: &Key, purpose: &str, owner: &str, sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, closed) = sealed.bytes.split_at_checked(NONCE)?;
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    let bound = bound(purpose, owner, &sealed.key_id);
    let payload = Payload { msg: closed, aad: &bound };
    cipher(key).decrypt(&XNonce::from(nonce), payload).ok().map(Zeroizing::new)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.bytes).into())
}

/// What the ciphertext is bound to. Lengths stand before the texts, so that no two triples have one spelling.
fn bound(purpose: &str, owner: &str, key: &KeyId) -> Vec<u8> {
    let mut bound = Vec::new();
    for text in [purpose, owner, key.as_str()] {
        bound.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bound.extend_from_slice(text.as_bytes());
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::super::token::Counting;
    use super::*;

    fn key(n: u8) -> Key {
        Key::new(Zeroizing::new([n; 32]))
    }

    #[test]
    fn what_is_sealed_is_opened_by_its_key_for_its_purpose_and_owner_alone() {
        let sealed = seal(&key(1), "totp", "alice", b"secret", &mut Counting(1)).expect("sealed");
        assert_eq!(open(&key(1), "totp", "alice", &sealed).expect("opened").as_slice(), b"secret");
        assert!(open(&key(2), "totp", "alice", &sealed).is_none());
        assert!(open(&key(1), "totp", "bob", &sealed).is_none());
        assert!(open(&key(1), "totpa", "lice", &sealed).is_none());
        let renamed = Sealed { key_id: KeyId::new("00000000"), ..sealed.clone() };
        assert!(open(&key(1), "totp", "alice", &renamed).is_none());
    }

    #[test]
    fn every_byte_counts() {
        let sealed = seal(&key(1), "totp", "alice", b"secret", &mut Counting(1)).expect("sealed");
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[at] ^= 1;
            assert!(open(&key(1), "totp", "alice", &changed).is_none(), "byte {at}");
            changed.bytes.truncate(at);
            assert!(open(&key(1), "totp", "alice", &changed).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_secret_is_never_sealed_in_the_same_way() {
        let mut entropy = Counting(1);
        let once = seal(&key(1), "totp", "alice", b"secret", &mut entropy).expect("sealed");
        let twice = seal(&key(1), "totp", "alice", b"secret", &mut entropy).expect("sealed");
        assert_ne!(once.bytes[..NONCE], twice.bytes[..NONCE]);
        assert_ne!(once.bytes[NONCE..], twice.bytes[NONCE..]);
        assert!(!once.bytes.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_key_is_known_by_a_name_that_tells_nothing_of_it() {
        assert_eq!(key(1).id().as_str().len(), 8);
        assert_ne!(key(1).id(), key(2).id());
    }
}
