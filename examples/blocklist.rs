//! Makes the list of the commonest passwords out of its source: `assets/blocklist.front`, and the sample of the source
//! that the tests look up.
//!
//! `cargo run --example blocklist -- FILE`, where FILE is the source that `assets/SOURCES.md` names. Another file than
//! that very one is refused: whoever takes a newer list changes the digest here and says so there.

use std::collections::BTreeSet;
use std::path::Path;

use rollbook::accounts::text::fold;
use sha2::{Digest as _, Sha256};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SOURCE: &str = "84f9f01da3323b41cdc030f89f7fab65bf76a7e0d5265acabb715c2b3795f148";

/// Length alone refuses what is shorter, under every rule that asks for the list.
const LEAST: usize = 8;

/// How many words stand on a line. More would save little, and each look-up reads one line.
const LINE: usize = 32;

/// The byte that says "shares nothing with the word before"; line feed and what lies below are no such bytes.
const NOTHING_SHARED: usize = 0x0b;

/// The most that such a byte can say: 0x1f is the last that is no character.
const MOST_SHARED: usize = 0x1f - NOTHING_SHARED;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("which file? The one that assets/SOURCES.md names")?;
    let bytes = std::fs::read(&path)?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != SOURCE {
        return Err(format!("{path} is not the source: its SHA-256 is {digest}").into());
    }
    let source = String::from_utf8(bytes)?;
    let words: BTreeSet<String> = source.lines().map(fold).filter(|word| word.chars().count() >= LEAST).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let coded = front_coded(&words);
    println!("{} words, {} bytes", words.len(), coded.len());
    std::fs::write(root.join("assets/blocklist.front"), coded)?;
    let sample: Vec<&str> = source.lines().step_by(100).collect();
    std::fs::write(root.join("tests/scenarios/commonest.txt"), sample.join("\n") + "\n")?;
    Ok(())
}

fn front_coded(words: &BTreeSet<String>) -> Vec<u8> {
    let mut coded = Vec::new();
    let mut before: &[u8] = b"";
    for (at, word) in words.iter().enumerate() {
        let word = word.as_bytes();
        if at % LINE == 0 {
            if at > 0 {
                coded.push(b'\n');
            }
            coded.extend_from_slice(word);
        } else {
            let shared = word.iter().zip(before).take_while(|(a, b)| a == b).count().min(MOST_SHARED);
            coded.extend(u8::try_from(NOTHING_SHARED + shared));
            coded.extend_from_slice(&word[shared..]);
        }
        before = word;
    }
    coded
}
