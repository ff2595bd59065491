//! Passphrases that can be read out over a telephone.

use super::error::Result;
use super::secret::Secret;
use super::token::Entropy;

/// Sixteen consonants and four vowels: every syllable is six bits, and none is spelled in two ways.
const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aeio";

/// Four words of three syllables: 72 random bits in 27 characters.
///
/// # Errors
/// When there is no randomness.
pub fn make(entropy: &mut dyn Entropy) -> Result<Secret> {
    let mut bytes = zeroize::Zeroizing::new([0u8; 12]);
    entropy.fill(&mut bytes[..])?;
    let mut text = String::with_capacity(32);
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && i % 3 == 0 {
            text.push('-');
        }
        text.push(char::from(CONSONANTS[usize::from(byte >> 4)]));
        text.push(char::from(VOWELS[usize::from(byte & 3)]));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::super::password::{About, Demands, Rule, judge};
    use super::super::token::Counting;
    use super::*;

    #[test]
    fn what_is_made_satisfies_the_strictest_rule() {
        let made = make(&mut Counting(3)).expect("randomness");
        assert_eq!(made.expose().len(), 27);
        assert!(judge(Demands { rule: Rule::Nist, words: &[] }, &made, About::default()).is_ok());
    }
}
