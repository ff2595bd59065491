//! The second factor in its parts: the enrolment that is shown, the row that is kept, the backup codes.
//!
//! What is done with them stands in `enrolment`; which key seals them in `keyring`.

use sha2::{Digest as _, Sha256};

use super::base32;
use super::change::Changed;
use super::error::{Error, Field, Kind, Result};
use super::hash::PasswordHash;
use super::password::Rule;
use super::seal::{KeyId, Sealed};
use super::secret::Secret;
use super::text::quote;
use super::token::Entropy;
use super::user::UserId;

/// How many backup codes there are.
pub const CODES: usize = 10;

/// How many random bytes a backup code spells: 120 bits, of which a plain digest tells nothing.
const CODE: usize = 15;

/// Who the apps shall say the code is for.
const ISSUER: &str = "Rollbook";

/// What the seal is for.
pub const PURPOSE: &str = "totp";

/// A secret that is about to become somebody's second factor. Nothing of it is stored before a code confirms it.
pub struct Enrolment {
    /// The secret in base32, to be typed into an authenticator app.
    pub secret: Secret,
    /// An `otpauth://…` with that secret, to be scanned.
    pub uri: Secret,
}

impl Enrolment {
    /// The enrolment of a secret for somebody of this name.
    pub fn of(name: &str, secret: &[u8]) -> Enrolment {
        let secret = base32::encode(secret);
        let mut uri = format!("otpauth://totp/{ISSUER}:{}?secret=", label(name));
        uri.reserve_exact(secret.expose().len() + 32);
        uri.push_str(secret.expose());
        uri.push_str("&issuer=");
        uri.push_str(ISSUER);
        Enrolment { secret, uri: Secret::new(uri) }
    }
}

/// A name inside a URI (RFC 3986, 2.1). A long one is cut: it only helps people to tell their codes apart, and the
/// picture of the whole must fit on a screen.
fn label(name: &str) -> String {
    const LONGEST: usize = 60;
    let mut label = String::new();
    for c in name.chars() {
        let mut piece = String::new();
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => piece.push(char::from(byte)),
                _ => piece.push_str(&format!("%{byte:02X}")),
            }
        }
        if label.len() + piece.len() > LONGEST {
            break;
        }
        label.push_str(&piece);
    }
    label
}

/// What is kept of a backup code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CodeDigest([u8; 32]);

impl CodeDigest {
    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest of a code as it was typed, whatever its case and grouping; `None` for what no code looks like. The
    /// owner is part of it: a code that is copied to somebody else's rows is of no use there.
    pub fn read(owner: &UserId, typed: &str) -> Option<CodeDigest> {
        let bytes = base32::decode(typed).filter(|bytes| bytes.len() == CODE)?;
        Some(CodeDigest::of(owner, &bytes))
    }

    fn of(owner: &UserId, bytes: &[u8]) -> CodeDigest {
        let mut hash = Sha256::new();
        hash.update(b"rollbook backup code v1 ");
        hash.update((owner.as_str().len() as u64).to_be_bytes());
        hash.update(owner.as_str().as_bytes());
        hash.update(bytes);
        CodeDigest(hash.finalize().into())
    }
}

/// Fresh backup codes, each in six groups of four letters, and what is to be kept of them.
///
/// # Errors
/// When there is no randomness.
pub fn draw_codes(owner: &UserId, entropy: &mut dyn Entropy) -> Result<(Vec<Secret>, Vec<CodeDigest>)> {
    let mut codes = (Vec::with_capacity(CODES), Vec::with_capacity(CODES));
    for _ in 0..CODES {
        let mut bytes = zeroize::Zeroizing::new([0u8; CODE]);
        entropy.fill(&mut bytes[..])?;
        codes.0.push(grouped(&base32::encode(&bytes[..])));
        codes.1.push(CodeDigest::of(owner, &bytes[..]));
    }
    Ok(codes)
}

/// The letters in groups of four, as people read them to themselves.
fn grouped(letters: &Secret) -> Secret {
    let mut text = String::with_capacity(letters.expose().len() * 5 / 4);
    for (i, letter) in letters.expose().chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    Secret::new(text)
}

/// A second factor as the database holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Factor {
    /// The secret under its seal.
    pub sealed: Sealed,
    /// The last time step whose code was taken: neither it nor an earlier one is taken again.
    pub last_step: i64,
    /// How many backup codes are left.
    pub codes: u32,
}

/// A second factor on its way into the store.
#[derive(Clone, Debug)]
pub struct NewFactor {
    /// The secret under its seal.
    pub sealed: Sealed,
    /// The step of the code that confirmed it.
    pub step: i64,
    /// What is kept of the backup codes.
    pub codes: Vec<CodeDigest>,
}

/// One secret's seal in the place of another.
#[derive(Clone, Debug)]
pub struct Reseal {
    /// Whose it is.
    pub user_id: UserId,
    /// The seal that was looked at.
    pub was: Sealed,
    /// The one to come.
    pub now: Sealed,
}

/// What came of turning a second factor on.
pub struct Enabled {
    /// The backup codes, shown here and never again.
    pub codes: Vec<Secret>,
    /// How many sessions ended with it: they were opened without it.
    pub ended: u32,
}

/// What came of turning a second factor off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disabled {
    /// The user before and now.
    pub changed: Changed,
    /// Whether the password that now stands alone is shorter than the rule asks for.
    pub weak: bool,
}

/// Whether somebody's password is shorter than `rule` asks for where no second factor stands beside it.
pub fn is_weak_alone(hash: Option<&PasswordHash>, rule: Rule) -> bool {
    rule == Rule::Nist && hash.is_some_and(|hash| hash.stands_alone() == Some(false))
}

/// The refusal to leave such a password alone.
pub fn weak_alone(name: &str) -> Error {
    Error::new(Kind::WeakPassword, format!("the password of {} is too short to stand alone", quote(name)))
        .hint(format!("set one of {} characters first: user passwd", Rule::Nist.least(false)))
        .field(Field::Password)
}

/// How it stands with the key that seals the second factors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyReport {
    /// Where the key lies, safe to print.
    pub place: String,
    /// The key in force; `None` where there is none yet.
    pub key: Option<KeyId>,
    /// Why it cannot be read, safe to print.
    pub fault: Option<String>,
    /// How many people have a second factor, deleted ones included.
    pub people: u32,
    /// How many of these cannot log in, because the key of theirs is not there.
    pub shut: u32,
}

#[cfg(test)]
mod tests {
    use super::super::token::Counting;
    use super::*;

    #[test]
    fn p24_ten_codes_of_120_bits_are_read_back_however_they_are_typed() {
        let owner = UserId::new("alice");
        let (codes, digests) = draw_codes(&owner, &mut Counting(1)).expect("randomness");
        assert_eq!((codes.len(), digests.len()), (CODES, CODES));
        for (code, digest) in codes.iter().zip(&digests) {
            assert_eq!(code.expose().len(), 29);
            assert!(code.expose().split('-').all(|group| group.len() == 4), "{}", code.expose());
            assert_eq!(CodeDigest::read(&owner, code.expose()), Some(*digest));
            let typed = format!(" {} ", code.expose().to_lowercase().replace('-', " "));
            assert_eq!(CodeDigest::read(&owner, &typed), Some(*digest));
            assert_ne!(CodeDigest::read(&UserId::new("bob"), code.expose()), Some(*digest));
        }
        for bad in ["", "123456", &codes[0].expose()[..24], "ABCD-1BCD-ABCD-ABCD-ABCD-ABCD"] {
            assert_eq!(CodeDigest::read(&owner, bad), None, "{bad}");
        }
    }

    #[test]
    fn p21_the_uri_names_issuer_person_and_secret_and_hides_nothing_in_the_name() {
        let enrolment = Enrolment::of("zoë <a&b>?", b"12345678901234567890");
        assert_eq!(enrolment.secret.expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            enrolment.uri.expose(),
            "otpauth://totp/Rollbook:zo%C3%AB%20%3Ca%26b%3E%3F?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Rollbook"
        );
        let long = Enrolment::of(&"李".repeat(512), b"12345678901234567890");
        assert!(long.uri.expose().len() < 150 && long.uri.expose().contains(":%E6%9D%8E"));
    }

    #[test]
    fn a_long_name_is_cut_at_sixty_and_never_within_a_character() {
        let length = |name: &str| label(name).len();
        assert_eq!((length(&"a".repeat(60)), length(&"a".repeat(61))), (60, 60));
        assert_eq!(label(&format!("{}é", "a".repeat(54))), format!("{}%C3%A9", "a".repeat(54)));
        assert_eq!(label(&format!("{}éb", "a".repeat(55))), "a".repeat(55));
    }
}
