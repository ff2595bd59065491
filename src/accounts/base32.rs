//! Base32 of RFC 4648 without padding: what authenticator apps take, and what can be typed off a sheet of paper.

use zeroize::Zeroizing;

use super::secret::Secret;

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Spells bytes.
pub fn encode(bytes: &[u8]) -> Secret {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    Secret::new(text)
}

fn letter(value: u32) -> char {
    char::from(LETTERS[(value & 31) as usize])
}

/// Reads what was typed: upper or lower case, with spaces, dashes and padding wherever somebody put them. `None` for
/// anything that no bytes are spelled as.
pub fn decode(typed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(typed.len() * 5 / 8));
    let (mut held, mut bits) = (0u32, 0);
    for c in bare(typed).expose().trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|letter| *letter == c)?;
        held = held << 5 | value as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 255) as u8);
        }
    }
    // What is left over must be less than a letter, and nothing but zeros.
    (bits < 5 && held & ((1 << bits) - 1) == 0).then_some(bytes)
}

/// What was typed without its spaces and dashes, in upper case.
pub fn bare(typed: &str) -> Secret {
    let mut text = String::with_capacity(typed.len());
    text.extend(typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()));
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_are_spelled_and_read() {
        let examples = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (text, spelled) in examples {
            assert_eq!(encode(text.as_bytes()).expose(), spelled);
            assert_eq!(decode(spelled).expect("lawful").as_slice(), text.as_bytes());
        }
        assert_eq!(decode("mzxw-6ytb oi======").expect("lawful").as_slice(), b"foobar");
    }

    #[test]
    fn what_spells_no_bytes_is_not_read() {
        for bad in ["M", "MZ1", "MY0", "MZ=XQ", "é", "MZXW6YTBO", "MZ"] {
            assert!(decode(bad).is_none(), "{bad}");
        }
    }
}
