//! The commonest passwords, and whether one is among them. Does not know what is asked of a password; the source is
//! named in `assets/SOURCES.md`.
//!
//! The list is front-coded: it is sorted by bytes and cut into lines of a few words. A line begins with a whole word;
//! each further one is a byte that says how much of its beginning it shares with the word before, and then the rest.
//! So it takes half of its plain size, is read as it lies in the program, and needs nothing at start-up.

/// The list: folded, at least eight code points each, since no rule that asks for it lets a shorter one get so far.
static LIST: &[u8] = include_bytes!("../../assets/blocklist.front");

/// The byte before a word that shares nothing; the next says one byte, and so on up to the last that is no character.
const NOTHING_SHARED: u8 = 0x0b;

/// Whether a password, [folded](super::text::fold), is among the commonest.
pub fn contains(folded: &str) -> bool {
    let wanted = folded.as_bytes();
    block_of(wanted).is_some_and(|block| words(block).any(|word| word == wanted))
}

/// The line that would hold this word: the last that does not begin beyond it.
fn block_of(wanted: &[u8]) -> Option<&'static [u8]> {
    let (mut low, mut high) = (0, LIST.len());
    let mut found = None;
    while low < high {
        let middle = low + (high - low) / 2;
        let start = LIST[low..middle].iter().rposition(|&b| b == b'\n').map_or(low, |at| low + at + 1);
        let end = LIST[middle..].iter().position(|&b| b == b'\n').map_or(LIST.len(), |at| middle + at);
        let block = &LIST[start..end];
        let first = block.split(|&b| b < b' ').next().unwrap_or_default();
        if first <= wanted {
            found = Some(block);
            low = end + 1;
        } else {
            high = start;
        }
    }
    found
}

/// The words of a line.
fn words(block: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let (mut rest, mut word, mut over) = (block, Vec::new(), false);
    std::iter::from_fn(move || {
        if over {
            return None;
        }
        let end = rest.iter().position(|&b| b < b' ').unwrap_or(rest.len());
        word.extend_from_slice(&rest[..end]);
        let whole = word.clone();
        match rest.get(end) {
            Some(mark) => {
                word.truncate(usize::from(mark.saturating_sub(NOTHING_SHARED)));
                rest = &rest[end + 1..];
            }
            None => over = true,
        }
        Some(whole)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::text::fold;

    fn all() -> Vec<String> {
        let lines = LIST.split(|&b| b == b'\n').filter(|line| !line.is_empty());
        lines.flat_map(words).map(|word| String::from_utf8(word).expect("text")).collect()
    }

    #[test]
    fn the_list_is_whole_sorted_and_folded() {
        let all = all();
        assert_eq!(all.len(), 38_452, "of 100,000: those of eight characters and more, in one case");
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(all.iter().all(|word| word.chars().count() >= 8 && fold(word) == *word));
    }

    #[test]
    fn every_word_is_found_and_none_beside_it() {
        for word in all() {
            assert!(contains(&word), "{word}");
            // What shares its beginning with a word, or sorts right before or after it, is not yet the word.
            assert!(!contains(&format!("{word}\u{1}")) && !contains(&format!("{word} !")), "{word}");
        }
        for other in ["", "!", "\u{10ffff}", "zzzzzzzzzz not there", "password\n", "password\u{b}", "correct horse"] {
            assert!(!contains(other), "{other:?}");
        }
    }
}
