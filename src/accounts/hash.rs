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
    work: u64,
}

impl Hasher {
    /// A hasher of this cost.
    pub fn new(cost: Cost) -> Self {
        // Verified when nobody answers to a name. Any digest does, since no password has this one on purpose.
        let dummy = encode(cost, &[0x5a; SALT], &[0xa5; OUT]);
        Hasher { cost, blocks: Vec::new(), dummy, verifications: 0, work: 0 }
    }

    /// From now on hashes at this cost.
    pub fn adopt(&mut self, cost: Cost) {
        if cost != self.cost {
            *self = Hasher { verifications: self.verifications, work: self.work, ..Hasher::new(cost) };
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
    ///
    /// A hash that is cheaper than the policy's costs the rest as well: otherwise a fast answer would show that the name
    /// has an account. The rest is at most what the dearest policy costs, about 250 ms. A hash that is dearer than the
    /// policy's still takes longer than the dummy.
    pub fn verify(&mut self, password: &Secret, hash: Option<&PasswordHash>) -> bool {
        self.verifications += 1;
        let parsed = hash.and_then(|hash| Parts::read(hash.as_str()));
        let honest = parsed.is_some();
        let Some(parts) = parsed.or_else(|| Parts::read(self.dummy.as_str())) else { return false };
        let mut out = vec![0u8; parts.out.len()];
        let (m, t, p) = parts.params;
        let same = self.compute(m, t, p, password, &parts.salt, &mut out).is_ok() && equal(&out, &parts.out);
        self.spend(work(self.cost.memory, self.cost.passes).saturating_sub(work(m, t)), password);
        same && honest
    }

    /// Spends memory times passes (KiB), in the policy's memory, on a digest that is thrown away.
    fn spend(&mut self, rest: u64, password: &Secret) {
        let rest = rest.min(WORK);
        let memory = u64::from(self.cost.memory).max(1);
        let mut out = [0; OUT];
        for (memory, passes) in [(memory, rest / memory), (rest % memory, 1)] {
            let (Ok(memory), Ok(passes)) = (u32::try_from(memory), u32::try_from(passes)) else { continue };
            if passes > 0 && memory >= Params::MIN_M_COST {
                // There is no answer to spoil: the work is done for its time.
                let _ = self.compute(memory, passes, 1, password, &[0x5a; SALT], &mut out);
            }
        }
    }

    /// How much was computed: memory times passes (KiB), over all hashes.
    pub fn work(&self) -> u64 {
        self.work
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
        self.work += needed as u64 * u64::from(t);
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
mod tests;
