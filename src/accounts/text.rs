//! Text from outside: folding for comparison, what may not be in a name, and how untrusted text is shown.
//!
//! Everything that comes out of the database may have been written by anybody, and a terminal obeys what it is sent
//! (CWE-150). [`visible`] is the one door between such text and a screen, a table or a message.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory as Cat, UnicodeGeneralCategory as _};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;
use zeroize::Zeroizing;

/// The key under which names, e-mail addresses, labels and other short texts are compared: NFC(casefold(NFD(text))),
/// with full Unicode case folding.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    casefold(text).nfc().collect()
}

/// Full Unicode case folding of a text in NFD, which need not be in NFD itself.
///
/// `unicase` is maintained, has no dependencies and agrees with ICU 2.4 on each code point. `caseless` has older tables
/// (49 code points differ), and `icu_casemap` brings 70 crates.
fn casefold(text: &str) -> Zeroizing<String> {
    // Passwords pass through here, too: no copy of one is left behind.
    let decomposed = Zeroizing::new(text.nfd().collect::<String>());
    Zeroizing::new(UniCase::unicode(decomposed.as_str()).to_folded_case())
}

/// The form in which words are searched: folded, without accents, and with plain letters in place of a few that have no
/// accent to lose. So "maria" finds "María", "lukasz" finds "Łukasz" and "soren" finds "Søren".
///
/// Only the accents of alphabets go (U+0300 to U+036F); the signs of other scripts that stand for vowels stay.
pub fn bare(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Letters of European alphabets, each of which stands for itself: most that is not ASCII, at a fraction of the cost.
    let mut found = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(LATIN.0) {
            None => found.push(c.to_ascii_lowercase()),
            Some(at) => match LATIN_BARE.get(at as usize) {
                Some(letter) => found.push_str(letter),
                None => return plain(text),
            },
        }
    }
    found
}

/// From the first letter beyond ASCII to the last before the signs that are put upon others.
const LATIN: (u32, u32) = (0x80, 0x24F);

static LATIN_BARE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let letters = (LATIN.0..=LATIN.1).filter_map(char::from_u32);
    letters.map(|letter| plain(letter.encode_utf8(&mut [0; 4]))).collect()
});

fn plain(text: &str) -> String {
    let folded = casefold(text);
    let mut letters = Zeroizing::new(String::with_capacity(folded.len()));
    for c in folded.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        match plain_letter(c) {
            Some(plain) => letters.push_str(plain),
            None => letters.push(c),
        }
    }
    letters.nfc().collect()
}

/// The letters by which people search for a folded letter that they cannot type.
fn plain_letter(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => return None,
    })
}

/// Bytes that are not UTF-8 are carried through Rust strings in the last 256 code points of plane 16, one a byte.
const BYTES: u32 = 0x10_FF00;

/// Reads bytes as UTF-8, keeping every byte that is not so that it can be shown and told apart.
pub fn from_bytes(bytes: &[u8]) -> String {
    // Nearly every text is one that nothing has to be carried in: what we borrow begins with this byte in UTF-8.
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.contains(&0xF4)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c as u32 >= BYTES {
                // A genuine code point of the range we borrow is spelled as its bytes: no two inputs look alike.
                let mut buffer = [0; 4];
                text.extend(c.encode_utf8(&mut buffer).bytes().map(carried));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().copied().map(carried));
    }
    text
}

fn carried(byte: u8) -> char {
    char::from_u32(BYTES + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Whether a character is obeyed or hidden by terminals instead of being shown.
pub fn is_hostile(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    match c.general_category() {
        Cat::Control | Cat::Format | Cat::Surrogate | Cat::PrivateUse | Cat::Unassigned => true,
        Cat::LineSeparator | Cat::ParagraphSeparator | Cat::SpaceSeparator => true,
        // Fillers and selectors are letters or marks by category and yet draw nothing.
        _ => matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'),
    }
}

/// Whether a character takes no place of its own and is drawn on the one before it.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && (c.width() == Some(0) || matches!(c.general_category(), Cat::NonspacingMark | Cat::EnclosingMark))
}

/// The most combining marks that are drawn on one base; the rest of a tower is escaped.
const MARKS: usize = 2;

/// The most code points that are drawn as one character. The syllables of living scripts stay well below.
const CLUSTER: usize = 8;

/// How untrusted text is shown: what a terminal would obey or hide becomes `\u{…}`, a stray byte `\x{…}`, a backslash
/// two. No two different texts look alike through it, and every character of it takes a place.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'\\') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for cluster in text.graphemes(true) {
        let mut marks = MARKS; // a mark without a base counts as one too many
        for (n, c) in cluster.chars().enumerate() {
            marks = if is_mark(c) { marks + 1 } else { 0 };
            match c {
                '\\' => shown.push_str("\\\\"),
                _ if c as u32 >= BYTES => push_escape(&mut shown, 'x', c as u32 - BYTES),
                _ if is_hostile(c) || marks > MARKS || n >= CLUSTER => push_escape(&mut shown, 'u', c as u32),
                _ => {
                    shown.push(c);
                    continue;
                }
            }
            // Whatever follows would sit on our own spelling.
            marks = MARKS;
        }
    }
    Cow::Owned(shown)
}

/// What [`visible`] gave, for a list of names: blanks at either end, and those that follow upon another, are spelled out
/// as well, since nobody sees them there.
pub fn told_apart(shown: &str) -> Cow<'_, str> {
    let bytes = shown.as_bytes();
    let unseen = |at: usize| at == 0 || at + 1 == bytes.len() || bytes[at - 1] == b' ';
    if !(0..bytes.len()).any(|at| bytes[at] == b' ' && unseen(at)) {
        return Cow::Borrowed(shown);
    }
    let mut told = String::with_capacity(shown.len() + 16);
    for (at, c) in shown.char_indices() {
        match c {
            ' ' if unseen(at) => push_escape(&mut told, 'u', c as u32),
            c => told.push(c),
        }
    }
    Cow::Owned(told)
}

fn push_escape(shown: &mut String, kind: char, value: u32) {
    use std::fmt::Write as _;
    let _ = write!(shown, "\\{kind}{{{value:02x}}}");
}

/// Untrusted text inside one of our sentences: escaped, and cut at 64 characters.
pub fn brief(text: &str) -> String {
    // Escaping never shortens: what lies beyond cannot be seen anyway, however long the text is.
    let text = text.char_indices().nth(65).map_or(text, |(end, _)| &text[..end]);
    let shown = visible(text);
    if shown.chars().count() <= 64 {
        return shown.into_owned();
    }
    let head: String = shown.chars().take(63).collect();
    format!("{head}…")
}

/// Untrusted text between quotation marks in one of our sentences: escaped, and cut as [`brief`] does.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", brief(text))
}

/// The first character that may not be in a name or another one-line field, if there is one.
pub fn first_forbidden(text: &str) -> Option<char> {
    text.chars().find(|&c| c != ' ' && is_hostile(c))
}

/// How a forbidden character is named in a sentence.
pub fn name_of(c: char) -> String {
    let class = match c.general_category() {
        Cat::Control => "a control character",
        Cat::Format => "an invisible format character",
        Cat::SpaceSeparator | Cat::LineSeparator | Cat::ParagraphSeparator => "a special space",
        Cat::PrivateUse | Cat::Unassigned | Cat::Surrogate => "an unassigned or private character",
        _ => "a character that draws nothing",
    };
    format!("{class} (U+{:04X})", c as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn letters_by_themselves_lose_what_they_lose_among_others(
            text in "[\\x00-\\u{260}\\u{2f0}-\\u{380}]{0,8}\\PC?",
        ) {
            prop_assert_eq!(bare(&text), if text.is_ascii() { text.to_lowercase() } else { plain(&text) });
        }
    }

    #[test]
    fn names_with_blanks_that_nobody_sees_are_told_apart() {
        for (name, told) in [
            ("ann m", "ann m"),
            ("ann  m", "ann \\u{20}m"),
            (" ann", "\\u{20}ann"),
            ("ann ", "ann\\u{20}"),
            ("  ", "\\u{20}\\u{20}"),
            (" ", "\\u{20}"),
            ("a   b", "a \\u{20}\\u{20}b"),
            ("zoë  李", "zoë \\u{20}李"),
            ("\\u{20}ann", "\\\\u{20}ann"),
            ("", ""),
        ] {
            assert_eq!(told_apart(&visible(name)), told);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(visible("\u{202e}drow"), "\\u{202e}drow");
        assert_eq!(visible("ad\u{200b}min"), "ad\\u{200b}min");
        assert_eq!(visible("c:\\users"), "c:\\\\users");
        assert_eq!(visible("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(visible("zoë 李"), "zoë 李");
        assert_eq!(visible("a\u{a0}b"), "a\\u{a0}b", "a space that is not the space must not look like it");
    }

    #[test]
    fn a_tower_of_marks_is_cut_at_two() {
        let tower = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(visible(&tower), format!("a\u{301}\u{301}{}", "\\u{301}".repeat(3)));
        assert_eq!(visible("\u{301}a"), "\\u{301}a", "a mark without a base would sit on our own text");
    }

    #[test]
    fn what_takes_no_place_of_its_own_is_spelled_out_where_it_stands_alone() {
        assert_eq!(visible("a\u{1161}b"), "a\\u{1161}b", "half a syllable");
        assert_eq!(visible("\u{1112}\u{1161}\u{11ab}"), "\u{1112}\u{1161}\u{11ab}", "a syllable in its parts");
        assert_eq!(visible("\u{302e}a"), "\\u{302e}a");
        assert_eq!(visible("\u{200b}\u{301}"), "\\u{200b}\\u{301}", "a mark would sit on our own text");
        assert_eq!(visible("लक्ष्मी"), "लक्ष्मी", "a name as it is written");
    }

    #[test]
    fn no_character_grows_without_end() {
        for c in ['\u{9be}', '\u{e33}', '\u{301}', '\u{11a8}'] {
            let tower = format!("\u{995}{}", c.to_string().repeat(500));
            let longest = visible(&tower).graphemes(true).map(|g| g.chars().count()).max();
            assert!(longest <= Some(CLUSTER), "{c:?}: {longest:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_shown_and_told_apart() {
        assert_eq!(visible(&from_bytes(b"a\xffb")), "a\\x{ff}b");
        assert_ne!(visible(&from_bytes(b"\xff")), visible(&from_bytes("\u{10ffff}".as_bytes())));
        assert_ne!(visible(&from_bytes(b"\xff")), visible("\\x{ff}"));
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for spellings in [
            &["ALICE", "Alice", "alice"][..],
            &["ΝΙΚΟΣ", "νικος", "νικοσ", "Νίκος".nfd().filter(|c| *c != '\u{301}').collect::<String>().as_str()],
            &["Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ", "ΣΙ\u{301}ΣΥΦΟΣ"],
            &["STRASSE", "straße", "STRAẞE", "Strasse"],
            &["Éva", "E\u{301}va", "ÉVA", "e\u{301}VA"],
            &["Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"],
            &["ᾠδή", "ὨΙΔΉ", "ᾨΔΉ", "ω\u{345}\u{313}δή"],
            &["oﬃce", "OFFICE"],
            &["Ꮳꮃꭹ", "ᏣᎳᎩ"],
        ] {
            for spelling in spellings {
                assert_eq!(fold(spelling), fold(spellings[0]), "{spelling}");
            }
        }
        for (one, other) in [("Łukasz", "Lukasz"), ("María", "Maria"), ("Søren", "Soren"), ("ı", "i")] {
            assert_ne!(fold(one), fold(other), "accents and special letters count");
        }
    }

    #[test]
    fn each_letter_has_the_key_of_its_capital_and_keeps_its_key() {
        for c in ('\0'..=char::MAX).filter(|c| c.to_lowercase().ne([*c]) || c.to_uppercase().ne([*c])) {
            let (text, key) = (c.to_string(), fold(c.encode_utf8(&mut [0; 4])));
            assert_eq!(fold(&key), key, "{c:?}");
            assert_eq!(fold(&c.to_lowercase().to_string()), key, "{c:?}");
            // A dotless i has the capital of another letter.
            assert!(c == 'ı' || fold(&c.to_uppercase().to_string()) == key, "{c:?}");
            assert_eq!(bare(&key), bare(&text), "{c:?}");
        }
    }

    #[test]
    fn words_are_looked_for_without_accents() {
        assert_eq!(bare("MARÍA Żółć"), "maria zolc");
        assert_eq!(bare("E\u{301}va"), "eva");
        assert_eq!(bare("लक्ष्मी 한글"), "लक्ष्मी 한글");
    }

    #[test]
    fn letters_that_have_no_accent_to_lose_are_searched_by_plain_ones() {
        for (name, plain) in [
            ("Łukasz", "lukasz"),
            ("SØREN", "soren"),
            ("Søren", "soren"),
            ("Ǿ", "o"),
            ("Đoković", "dokovic"),
            ("Guðmundur", "gudmundur"),
            ("Ħaż-Żgħir", "haz-zghir"),
            ("ILGIN Ilgın", "ilgin ilgin"),
            ("İpek", "ipek"),
            ("Ægir", "aegir"),
            ("Œuvre", "oeuvre"),
            ("Weiß WEISS WEIẞ", "weiss weiss weiss"),
            ("Þór", "thor"),
            ("Νίκος", "νικοσ"),
        ] {
            assert_eq!((bare(name).as_str(), bare(plain).as_str()), (plain, plain), "{name}");
            assert_eq!(bare(&name.to_uppercase()), plain, "{name}");
        }
    }

    proptest! {
        #[test]
        fn showing_is_injective(a in any::<Vec<u8>>(), b in any::<Vec<u8>>()) {
            let (x, y) = (from_bytes(&a), from_bytes(&b));
            prop_assert_eq!(a == b, visible(&x) == visible(&y));
        }

        #[test]
        fn nothing_shown_is_hostile(text in any::<String>()) {
            let shown = visible(&text).into_owned();
            prop_assert!(!shown.chars().any(is_hostile), "{:?}", shown);
        }

        #[test]
        fn all_that_is_shown_takes_a_place(text in any::<String>(), n in 0usize..5, odd in "[ᅡᆨ〮গা́a]{0,5}") {
            let text = format!("{}{odd}{}", text.chars().take(n).collect::<String>(), text);
            let shown = visible(&text).into_owned();
            let lost = shown.graphemes(true).find(|g| unicode_width::UnicodeWidthStr::width(*g) == 0);
            prop_assert_eq!(lost, None);
        }

        #[test]
        fn what_is_folded_is_as_bare_as_what_is_not(text in any::<String>()) {
            prop_assert_eq!(bare(&fold(&text)), bare(&text));
            prop_assert_eq!(bare(&bare(&text)), bare(&text));
        }

        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }

        #[test]
        fn a_key_is_the_same_in_each_normal_form_and_case(
            text in "[a-zΑ-ωά-ώἀ-ῼßẞŁøİıſŉǰ\u{300}-\u{345}\u{1e00}-\u{1eff}\u{fb00}-\u{fb06}]{0,9}",
        ) {
            let key = fold(&text);
            prop_assert_eq!(&fold(&key), &key);
            for spelling in [text.nfd().collect::<String>(), text.nfc().collect(), text.to_lowercase()] {
                prop_assert_eq!(fold(&spelling), key.clone(), "{:?}", spelling);
            }
            if !text.contains('ı') {
                // In another order the capital of an iota below a letter would catch the accents of that letter.
                let capitals = text.nfd().collect::<String>().to_uppercase();
                prop_assert_eq!(fold(&capitals), key.clone());
            }
            prop_assert_eq!(bare(&key), bare(&text));
        }
    }

    #[test]
    fn a_forbidden_character_is_named_by_what_it_does() {
        for (c, name) in [
            ('\u{1b}', "a control character (U+001B)"),
            ('\u{200b}', "an invisible format character (U+200B)"),
            ('\u{a0}', "a special space (U+00A0)"),
            ('\u{2028}', "a special space (U+2028)"),
            ('\u{2029}', "a special space (U+2029)"),
            ('\u{e000}', "an unassigned or private character (U+E000)"),
            ('\u{378}', "an unassigned or private character (U+0378)"),
            ('\u{34f}', "a character that draws nothing (U+034F)"),
        ] {
            assert_eq!(name_of(c), name);
        }
    }
}
