//! Bearer tokens: what they look like, and the digest that is kept in their place.
//!
//! A token is `rb`, a letter for its kind, `_`, 43 base62 digits (256 random bits) and 6 base62 digits of CRC-32 over
//! all before them: enough to find a leaked one in a text, and to refuse a typing slip without asking the database.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::Result;
use super::secret::Secret;

/// Hands out random bytes: the operating system's in service, a seeded sequence in tests.
pub trait Entropy: Send {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    /// When the operating system cannot give any.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()>;
}

/// Bytes that follow from the first, for tests: the same in every run, and none twice in a row.
#[cfg(test)]
pub(super) struct Counting(pub(super) u8);

#[cfg(test)]
impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(5).wrapping_add(113);
            *byte = self.0;
        }
        Ok(())
    }
}

/// What a token is good for. The kind is part of the digest: one can never serve as another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// A session, `rbs_`.
    Session,
    /// A password-reset request, `rbr_`.
    Reset,
    /// An API token, `rbk_`.
    Api,
}

/// SHA-256 over the kind and the token: the only form in which a token is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = 43;
const CHECK: usize = 6;

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            TokenKind::Session => "rbs_",
            TokenKind::Reset => "rbr_",
            TokenKind::Api => "rbk_",
        }
    }

    /// A fresh token and the digest to keep.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn mint(self, entropy: &mut dyn Entropy) -> Result<(Secret, Digest)> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        entropy.fill(&mut bytes[..])?;
        let mut text = String::with_capacity(4 + BODY + CHECK);
        text.push_str(self.prefix());
        push_base62(&mut text, &mut bytes, BODY);
        let mut check = [0u8; 32];
        check[28..].copy_from_slice(&crc32fast::hash(text.as_bytes()).to_be_bytes());
        push_base62(&mut text, &mut check, CHECK);
        let digest = self.digest(&text);
        Ok((Secret::new(text), digest))
    }

    /// The digest of a well-formed token of this kind; `None` for anything else, without a look into the database.
    pub fn read(self, token: &str) -> Option<Digest> {
        let well_formed = token.len() == 4 + BODY + CHECK
            && token.starts_with(self.prefix())
            && token.as_bytes()[4..].iter().all(u8::is_ascii_alphanumeric);
        if !well_formed {
            return None;
        }
        let (all, written) = token.split_at(4 + BODY);
        let mut check = [0u8; 32];
        check[28..].copy_from_slice(&crc32fast::hash(all.as_bytes()).to_be_bytes());
        let mut wanted = String::with_capacity(CHECK);
        push_base62(&mut wanted, &mut check, CHECK);
        (wanted == written).then(|| self.digest(token))
    }

    fn digest(self, token: &str) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"rollbook token v1 ");
        hash.update(self.prefix().as_bytes());
        hash.update(token.as_bytes());
        Digest(hash.finalize().into())
    }
}

/// Appends the lowest `digits` base62 digits of a big-endian number, which is used up.
fn push_base62(text: &mut String, number: &mut [u8; 32], digits: usize) {
    let mut out = Zeroizing::new(vec![0u8; digits]);
    for slot in out.iter_mut().rev() {
        let mut rest = 0u32;
        for byte in number.iter_mut() {
            let value = rest << 8 | u32::from(*byte);
            *byte = (value / 62) as u8;
            rest = value % 62;
        }
        *slot = DIGITS[rest as usize];
    }
    text.extend(out.iter().map(|&digit| char::from(digit)));
}

/// Sixteen random bytes as 32 hex digits: the public id of a user, a session or an API token.
///
/// # Errors
/// When there is no randomness to be had.
pub fn random_id(entropy: &mut dyn Entropy) -> Result<String> {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_to_the_digest_that_was_kept() {
        let (token, digest) = TokenKind::Session.mint(&mut Counting(1)).expect("randomness");
        assert_eq!(token.expose().len(), 53);
        assert!(token.expose().starts_with("rbs_"));
        assert_eq!(TokenKind::Session.read(token.expose()), Some(digest));
    }

    #[test]
    fn a_token_of_one_kind_never_serves_as_another() {
        let (token, _) = TokenKind::Reset.mint(&mut Counting(1)).expect("randomness");
        assert_eq!(TokenKind::Session.read(token.expose()), None);
        let body = token.expose().replacen("rbr_", "rbs_", 1);
        assert_eq!(TokenKind::Session.read(&body), None, "the checksum covers the kind");
    }

    #[test]
    fn every_single_slip_of_the_finger_is_noticed() {
        let (token, _) = TokenKind::Session.mint(&mut Counting(9)).expect("randomness");
        for at in 4..token.expose().len() {
            let mut typed = token.expose().as_bytes().to_vec();
            typed[at] = if typed[at] == b'x' { b'y' } else { b'x' };
            let typed = String::from_utf8(typed).expect("ascii");
            assert_eq!(TokenKind::Session.read(&typed), None, "slip at {at}");
        }
        for bad in ["", "rbs_", "rbs_é", &token.expose()[..52]] {
            assert_eq!(TokenKind::Session.read(bad), None);
        }
    }

    #[test]
    fn all_256_bits_are_in_the_token() {
        let mut lowest = [0u8; 32];
        lowest[31] = 1;
        let mut highest = [0u8; 32];
        highest[0] = 0x80;
        let (mut low, mut high) = (String::new(), String::new());
        push_base62(&mut low, &mut lowest, BODY);
        push_base62(&mut high, &mut highest, BODY);
        assert_ne!(low, high);
        assert!(low.ends_with("01"), "{low}");
        assert!(!high.starts_with('0'), "the highest bit must reach the first digit: {high}");
    }
}
