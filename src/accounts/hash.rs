//! Hashing: argon2id over a buffer that is kept, and a verification that always costs the same.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::error::{Error, Field, Kind, Result};
use super::gate::{Gate, Turn};
use super::password::Rule;
use super::secret::Secret;
use super::text::quote;
use super::token::Entropy;

/// A stored password hash in PHC string form. Has no `Debug`: it belongs in the store and nowhere else.
#[derive(Clone)]
pub struct PasswordHash {
    phc: String,
    alone: Option<bool>,
}

impl PartialEq for PasswordHash {
    // What is known of the password's length is no part of the hash.
    fn eq(&self, other: &Self) -> bool {
        self.phc == other.phc
    }
}

impl Eq for PasswordHash {}

impl PasswordHash {
    /// Takes a string as it stands in the database.
    pub fn new(phc: impl Into<String>) -> Self {
        PasswordHash { phc: phc.into(), alone: None }
    }

    /// Adds what is known of the password: whether it is long enough to stand without a second factor.
    #[must_use]
    pub fn with_alone(self, alone: Option<bool>) -> Self {
        PasswordHash { alone, ..self }
    }

    /// Whether the password is long enough to stand without a second factor; `None` where nobody noted it.
    pub fn stands_alone(&self) -> Option<bool> {
        self.alone
    }

    /// Whether a login can verify it: its scheme is known and it costs no more than the caps.
    pub fn is_usable(&self) -> bool {
        Parts::read(&self.phc).is_some()
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.phc
    }
}

/// What one hash costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for Cost {
    /// OWASP's second configuration (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.
    fn default() -> Self {
        Cost { memory: 19_456, passes: 2 }
    }
}

/// The cheapest parameters that a policy may ask for, each as good as the others: memory in KiB and passes (OWASP,
/// Password Storage Cheat Sheet).
const FLOORS: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// What takes less memory than this need not wait for its turn: only tests hash so cheaply.
const WEIGHTLESS: u32 = 1024;

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "m={},t={}", self.memory, self.passes)
    }
}

impl std::str::FromStr for Cost {
    type Err = Error;

    /// Reads `m=19456,t=2`: memory in KiB and passes, neither below what is safe nor above what a verification honours.
    fn from_str(text: &str) -> Result<Cost> {
        let fault = |message: String| Error::constraint(Field::Policy, message);
        let form = || fault(format!("not a cost of argon2id: {}", quote(text))).hint("it has the form m=19456,t=2");
        let (memory, passes) = text.trim().split_once(',').ok_or_else(form)?;
        let number = |text: &str, key: &str| text.trim().strip_prefix(key)?.parse::<u32>().ok();
        let (Some(memory), Some(passes)) = (number(memory, "m="), number(passes, "t=")) else { return Err(form()) };
        if memory > CAP.0 || passes > CAP.1 || work(memory, passes) > WORK {
            let hint = format!("at most m={} and t={}, and m times t no more than {WORK}", CAP.0, CAP.1);
            return Err(fault(format!("m={memory},t={passes} is dearer than a log-in honours")).hint(hint));
        }
        if !FLOORS.iter().any(|(m, t)| memory >= *m && passes >= *t) {
            let floors: Vec<String> = FLOORS.iter().map(|(m, t)| format!("m={m},t={t}")).collect();
            return Err(fault(format!("m={memory},t={passes} is cheap to guess against for whoever gets the file"))
                .hint(format!("at least one of {}", floors.join("; "))));
        }
        Ok(Cost { memory, passes })
    }
}

/// The scheme and the parameters of a stored hash, without its salt and its digest.
pub fn scheme(hash: &str) -> String {
    let parts: Vec<&str> = hash.split('$').collect();
    match parts.as_slice() {
        ["", scheme, rest @ ..] => {
            let parameters = rest.iter().take_while(|part| part.contains('='));
            let all: Vec<&str> = std::iter::once(scheme).chain(parameters).copied().collect();
            all.join(" ")
        }
        _ => "unknown".to_owned(),
    }
}

/// The dearest stored parameters that a verification will honour: a row with more is unusable, not a way to stop us.
const CAP: (u32, u32, u32) = (262_144, 16, 8);

/// The most memory times passes (KiB): what 64 MiB in four passes cost, the dearest that anybody recommends.
const WORK: u64 = 262_144;

/// Memory times passes.
fn work(memory: u32, passes: u32) -> u64 {
    u64::from(memory) * u64::from(passes)
}

/// No PHC string of ours is longer.
const LONGEST: usize = 512;

const SALT: usize = 16;
const OUT: usize = 32;

/// Makes and verifies hashes with one memory buffer. Counts its verifications, so that a test can show that every
/// log-in makes exactly one, whoever knocks.
pub struct Hasher {
    cost: Cost,
    blocks: Vec<Block>,
    dummy: PasswordHash,
    verifications: u64,
}

impl Hasher {
    /// A hasher of this cost.
    pub fn new(cost: Cost) -> Self {
        // Verified when nobody answers to a name. Any digest does, since no password has this one on purpose.
        let dummy = encode(cost, &[0x5a; SALT], &[0xa5; OUT]);
        Hasher { cost, blocks: Vec::new(), dummy, verifications: 0 }
    }

    /// From now on hashes at this cost.
    pub fn adopt(&mut self, cost: Cost) {
        if cost != self.cost {
            *self = Hasher { verifications: self.verifications, ..Hasher::new(cost) };
        }
    }

    /// Waits until this process may hash one more password.
    ///
    /// # Errors
    /// `busy` where too many wait already.
    pub fn turn(&self) -> Result<Option<Turn<'static>>> {
        if self.cost.memory < WEIGHTLESS { Ok(None) } else { Gate::of_process().enter().map(Some) }
    }

    /// How many verifications were made.
    pub fn verifications(&self) -> u64 {
        self.verifications
    }

    /// Hashes a password, NFC first, under a fresh salt.
    ///
    /// # Errors
    /// When there is no randomness or no memory; `busy` as [`Hasher::turn`].
    pub fn hash(&mut self, password: &Secret, entropy: &mut dyn Entropy) -> Result<PasswordHash> {
        let _turn = self.turn()?;
        let mut salt = [0u8; SALT];
        entropy.fill(&mut salt)?;
        let mut out = [0u8; OUT];
        self.compute(self.cost.memory, self.cost.passes, 1, password, &salt, &mut out)?;
        // The length is known only now; a hash tells nothing of it.
        let length = password.nfc().expose().chars().count();
        Ok(encode(self.cost, &salt, &out).with_alone(Some(length >= Rule::Nist.least(false))))
    }

    /// Whether the password is behind the hash. Without a hash, or with one that cannot be honoured, the dummy is
    /// verified in its place and the answer is no. Whoever calls has waited for its [turn](Hasher::turn).
    pub fn verify(&mut self, password: &Secret, hash: Option<&PasswordHash>) -> bool {
        self.verifications += 1;
        let parsed = hash.and_then(|hash| Parts::read(hash.as_str()));
        let honest = parsed.is_some();
        let Some(parts) = parsed.or_else(|| Parts::read(self.dummy.as_str())) else { return false };
        let mut out = vec![0u8; parts.out.len()];
        let (m, t, p) = parts.params;
        let same = self.compute(m, t, p, password, &parts.salt, &mut out).is_ok() && equal(&out, &parts.out);
        same && honest
    }

    /// Whether a stored hash is weaker than what would be made today.
    pub fn is_weak(&self, hash: &PasswordHash) -> bool {
        match Parts::read(hash.as_str()) {
            Some(parts) => parts.params.0 < self.cost.memory || parts.params.1 < self.cost.passes,
            None => false,
        }
    }

    /// Whether a stored hash is one that a verification would honour.
    pub fn can_verify(&self, hash: &PasswordHash) -> bool {
        Parts::read(hash.as_str()).is_some()
    }

    fn compute(&mut self, m: u32, t: u32, p: u32, password: &Secret, salt: &[u8], out: &mut [u8]) -> Result<()> {
        let fault = |reason: argon2::Error| {
            Error::new(Kind::Failure, format!("this password hash cannot be computed: {reason}"))
                .hint("`rollbook policy show` tells what a hash costs")
        };
        let params = Params::new(m, t, p, Some(out.len())).map_err(fault)?;
        let needed = params.block_count();
        if self.blocks.len() < needed {
            self.blocks.resize(needed, Block::default());
        }
        let password = password.nfc();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.expose().as_bytes(), salt, out, &mut self.blocks[..needed])
            .map_err(fault)
    }
}

/// What is read out of a PHC string, within the caps.
struct Parts {
    params: (u32, u32, u32),
    salt: Vec<u8>,
    out: Vec<u8>,
}

impl Parts {
    fn read(text: &str) -> Option<Parts> {
        if text.len() > LONGEST {
            return None;
        }
        let hash = phc::PasswordHash::new(text).ok()?;
        if hash.algorithm.as_str() != "argon2id" || hash.version != Some(Version::V0x13.into()) {
            return None;
        }
        let params = Params::try_from(&hash).ok()?;
        if !params.data().is_empty() {
            // A login has no such data, so that no password fits.
            return None;
        }
        let params = (params.m_cost(), params.t_cost(), params.p_cost());
        if params.0 > CAP.0 || params.1 > CAP.1 || params.2 > CAP.2 || work(params.0, params.1) > WORK {
            return None;
        }
        let (salt, out) = (hash.salt?.to_vec(), hash.hash?.as_bytes().to_vec());
        ((8..=64).contains(&salt.len()) && (16..=64).contains(&out.len())).then_some(Parts { params, salt, out })
    }
}

fn encode(cost: Cost, salt: &[u8], out: &[u8]) -> PasswordHash {
    use base64ct::{Base64Unpadded, Encoding as _};
    PasswordHash::new(format!(
        "$argon2id$v=19$m={},t={},p=1${}${}",
        cost.memory,
        cost.passes,
        Base64Unpadded::encode_string(salt),
        Base64Unpadded::encode_string(out)
    ))
}

/// Equality in a time that does not depend on where two digests differ.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |rest, (x, y)| rest | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
            bytes.fill(7);
            Ok(())
        }
    }

    const CHEAP: Cost = Cost { memory: 8, passes: 1 };

    #[test]
    fn a_hash_is_verified_and_says_what_it_cost() {
        let mut hasher = Hasher::new(CHEAP);
        let hash = hasher.hash(&Secret::from("curiouser and curiouser"), &mut Fixed).expect("hash");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(hasher.verify(&Secret::from("curiouser and curiouser"), Some(&hash)));
        assert!(!hasher.verify(&Secret::from("curiouser and curiouseR"), Some(&hash)));
    }

    #[test]
    fn a_hash_that_cannot_be_computed_says_why() {
        let mut hasher = Hasher::new(Cost { memory: 1, passes: 1 });
        let error = hasher.hash(&Secret::from("curiouser"), &mut Fixed).err().expect("too little memory");
        assert_eq!(error.message, "this password hash cannot be computed: memory cost is too small");
        assert!(error.hint.is_some());
    }

    #[test]
    fn both_normal_forms_of_a_password_log_in() {
        let mut hasher = Hasher::new(CHEAP);
        let hash = hasher.hash(&Secret::from("cafe\u{301}"), &mut Fixed).expect("hash");
        assert!(hasher.verify(&Secret::from("caf\u{e9}"), Some(&hash)));
    }

    #[test]
    fn w05_nobody_costs_one_verification_like_anybody() {
        let mut hasher = Hasher::new(CHEAP);
        assert!(!hasher.verify(&Secret::from("x"), None));
        assert_eq!(hasher.verifications(), 1);
    }

    #[test]
    fn a_hash_dearer_than_the_cap_is_unusable_and_cheap() {
        let mut hasher = Hasher::new(CHEAP);
        let salt_and_hash = "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for params in
            ["m=262144,t=16,p=1", "m=1048576,t=1,p=1", "m=8,t=200,p=1", "m=4294967295,t=1,p=1", "m=64,t=1,p=9"]
        {
            let bomb = PasswordHash::new(format!("$argon2id$v=19${params}${salt_and_hash}"));
            assert!(!hasher.verify(&Secret::from("x"), Some(&bomb)), "{params}");
        }
        for broken in ["", "!", "*", "plain", "$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA"] {
            assert!(!hasher.verify(&Secret::from(broken), Some(&PasswordHash::new(broken))), "{broken}");
        }
    }

    #[test]
    fn a_hash_at_the_caps_is_usable_and_one_step_beyond_each_is_not() {
        let hasher = Hasher::new(CHEAP);
        let usable = |kind: &str, version: u32, params: &str, salt: usize, out: usize| {
            use base64ct::{Base64Unpadded, Encoding as _};
            let (salt, out) = (vec![1; salt], vec![2; out]);
            let (salt, out) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&out));
            hasher.can_verify(&PasswordHash::new(format!("${kind}$v={version}${params}${salt}${out}")))
        };
        for params in ["m=262144,t=1,p=1", "m=16384,t=16,p=1", "m=64,t=1,p=8"] {
            assert!(usable("argon2id", 19, params, 16, 32), "{params}");
        }
        for params in ["m=262145,t=1,p=1", "m=8,t=17,p=1", "m=131073,t=2,p=1", "m=72,t=1,p=9"] {
            assert!(!usable("argon2id", 19, params, 16, 32), "{params}");
        }
        let sized = |salt, out| usable("argon2id", 19, "m=8,t=1,p=1", salt, out);
        assert!(sized(8, 16) && sized(16, 64) && sized(48, 32));
        assert!(!sized(7, 32) && !sized(16, 15) && !sized(16, 65));
        assert!(!usable("argon2i", 19, "m=8,t=1,p=1", 16, 32) && !usable("argon2id", 16, "m=8,t=1,p=1", 16, 32));
    }

    #[test]
    fn a_cost_at_the_caps_may_be_set_and_one_step_beyond_may_not() {
        for (text, lawful) in [
            ("m=262144,t=1", true),
            ("m=16384,t=16", true),
            ("m=262145,t=1", false),
            ("m=7168,t=17", false),
            ("m=131073,t=2", false),
        ] {
            assert_eq!(text.parse::<Cost>().is_ok(), lawful, "{text}");
        }
    }

    #[test]
    fn every_byte_of_a_long_password_counts() {
        let mut hasher = Hasher::new(CHEAP);
        let long = "abcdefgh".repeat(128);
        let hash = hasher.hash(&Secret::from(long.as_str()), &mut Fixed).expect("hash");
        for at in [63, 64, 71, 72, 254, 255, 1023] {
            let mut other = long.clone();
            other.replace_range(at..=at, "!");
            assert!(!hasher.verify(&Secret::from(other.as_str()), Some(&hash)), "byte {at}");
        }
    }

    #[test]
    fn a_cost_below_every_floor_is_refused_with_the_floors() {
        for (memory, passes) in FLOORS {
            let cost: Cost = format!("m={memory},t={passes}").parse().expect("a floor");
            assert_eq!(cost, Cost { memory, passes });
            for (m, t) in [(memory - 1, passes), (memory, passes - 1)] {
                let error = format!("m={m},t={t}").parse::<Cost>().expect_err("below");
                assert!(error.hint.expect("the floors").contains("m=19456,t=2"));
            }
        }
        for odd in ["", "m=19456", "t=2,m=19456", "m=19456,t=2,p=1", "m=-1,t=2", "m=262145,t=2", "m=19456,t=17"] {
            assert!(odd.parse::<Cost>().is_err(), "{odd}");
        }
    }

    #[test]
    fn whatever_cost_a_policy_may_have_a_log_in_honours() {
        let mut lawful = 0;
        for memory in [7_168, 9_216, 19_456, 47_104, 65_536, 65_537, 131_072, 262_144, 262_145] {
            for passes in 1..=17 {
                let Ok(cost) = format!("m={memory},t={passes}").parse::<Cost>() else { continue };
                let made = encode(cost, &[1; SALT], &[2; OUT]);
                assert!(Hasher::new(cost).can_verify(&made), "{cost}");
                lawful += 1;
            }
        }
        assert!(lawful > 20, "{lawful}");
        for dear in ["m=262144,t=2", "m=65537,t=4", "m=19456,t=16"] {
            let error = dear.parse::<Cost>().expect_err(dear);
            assert!(error.message.contains("dearer") && error.hint.is_some_and(|hint| hint.contains("m times t")));
        }
    }

    #[test]
    fn a_scheme_tells_nothing_of_salt_and_digest() {
        assert_eq!(scheme("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), "argon2id v=19 m=19456,t=2,p=1");
        assert_eq!(scheme("$2b$12$saltandhash"), "2b");
        assert_eq!(scheme("secret"), "unknown");
    }

    #[test]
    fn a_weaker_hash_is_noticed() {
        let old = Hasher::new(CHEAP).hash(&Secret::from("x"), &mut Fixed).expect("hash");
        assert!(Hasher::new(Cost { memory: 16, passes: 1 }).is_weak(&old));
        assert!(!Hasher::new(CHEAP).is_weak(&old));
    }

    #[test]
    fn only_what_takes_memory_waits_for_its_turn() {
        let turn = |memory| Hasher::new(Cost { memory, passes: 1 }).turn().expect("a turn").is_some();
        assert_eq!((turn(WEIGHTLESS - 1), turn(WEIGHTLESS)), (false, true));
    }

    #[test]
    fn a_hash_is_weak_by_memory_or_by_passes_and_never_by_being_stronger() {
        let made = |memory, passes| encode(Cost { memory, passes }, &[1; SALT], &[2; OUT]);
        let hasher = Hasher::new(Cost { memory: 64, passes: 3 });
        for (memory, passes, weak) in [(64, 3, false), (63, 3, true), (64, 2, true), (65, 4, false), (65, 2, true)] {
            assert_eq!(hasher.is_weak(&made(memory, passes)), weak, "{memory} {passes}");
        }
        assert!(!hasher.is_weak(&PasswordHash::new("$2b$12$saltandhash")), "what cannot be read cannot be renewed");
    }

    #[test]
    fn two_differences_do_not_cancel_each_other() {
        assert!(equal(&[1, 2], &[1, 2]) && equal(&[], &[]));
        for (one, other) in [(&[1, 1][..], &[0, 0][..]), (&[1, 2], &[1, 3]), (&[1], &[1, 1]), (&[], &[1])] {
            assert!(!equal(one, other), "{one:?} {other:?}");
        }
    }
}
