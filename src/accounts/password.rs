//! What a password must be. Follows NIST 800-63B-4 3.1.1.2: length and a blocklist, no rules of composition.

use std::str::FromStr;

use zeroize::Zeroizing;

use super::blocklist;
use super::error::{Error, Field, Kind, Result};
use super::secret::Secret;
use super::text::{bare, fold, name_of, quote};

/// How strict the policy is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rule {
    /// At least 15 code points, 8 where the person has a second factor; blocklist; context words.
    #[default]
    Nist,
    /// At least 8; blocklist; context words.
    Basic,
    /// Not blank: what both predecessors ask for.
    Open,
}

impl Rule {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Rule::Nist => "nist",
            Rule::Basic => "basic",
            Rule::Open => "open",
        }
    }

    /// The least number of code points.
    pub const fn least(self, factor: bool) -> usize {
        match (self, factor) {
            (Rule::Nist, false) => 15,
            (Rule::Nist, true) | (Rule::Basic, _) => 8,
            (Rule::Open, _) => 1,
        }
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Rule> {
        match text {
            "nist" => Ok(Rule::Nist),
            "basic" => Ok(Rule::Basic),
            "open" => Ok(Rule::Open),
            _ => Err(Error::constraint(Field::Policy, format!("no password rule {}", quote(text)))
                .hint("nist, basic or open")),
        }
    }
}

/// The longest password, in bytes after NFC. Longer ones are refused, never cut.
pub const MAX_BYTES: usize = 1024;

/// A word about person or service that has fewer code points is in too many passwords by chance.
pub const SHORTEST_WORD: usize = 3;

/// What must be left of a password beside words that anybody can guess, and what a piece must have that is repeated.
const OWN: usize = 8;

/// What the policy asks of a password.
#[derive(Clone, Copy, Default)]
pub struct Demands<'a> {
    /// How strict it is.
    pub rule: Rule,
    /// What the service, its host and its makers are called.
    pub words: &'a [String],
}

/// The words about a person that their password must not be made of.
#[derive(Clone, Copy, Default)]
pub struct About<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their e-mail address.
    pub email: Option<&'a str>,
    /// Whether a second factor is on.
    pub factor: bool,
}

/// Judges a password; `Ok` means that it may be set.
///
/// # Errors
/// `constraint_violation` for a blank or overlong one and for a control character in it, `weak_password` for one that the rule refuses.
pub fn judge(demands: Demands<'_>, password: &Secret, about: About<'_>) -> Result<()> {
    let rule = demands.rule;
    let text = password.nfc();
    let text = text.expose();
    if text.trim().is_empty() {
        return Err(Error::constraint(Field::Password, "a password is needed; spaces alone are none"));
    }
    if text.len() > MAX_BYTES {
        return Err(Error::constraint(Field::Password, format!("the password is longer than {MAX_BYTES} bytes"))
            .hint("take a shorter one; nothing is cut off"));
    }
    if let Some(c) = text.chars().find(|c| c.is_control()) {
        return Err(Error::constraint(Field::Password, format!("the password contains {}", name_of(c)))
            .hint("type it anew: an arrow key or a pasted text may have brought the character"));
    }
    let weak =
        |message: String, hint: &str| Err(Error::new(Kind::WeakPassword, message).hint(hint).field(Field::Password));
    let (length, least) = (text.chars().count(), rule.least(about.factor));
    if length < least {
        return weak(
            format!("{length} of {least} characters"),
            "a phrase of several words is long and can be remembered",
        );
    }
    if rule == Rule::Open {
        return Ok(());
    }
    let folded = Zeroizing::new(fold(text));
    if blocklist::contains(&folded) {
        return weak("among the commonest passwords".into(), "attackers try these first; make another");
    }
    if is_repetition(&folded) {
        return weak("a short or common piece, repeated".into(), "use several different words");
    }
    if let Some(words) = made_of(&folded, demands, about) {
        let hint = "leave out the person's own name and address, and what the service is called";
        return weak(format!("made of {}", listed(&words)), hint);
    }
    Ok(())
}

/// Words in a sentence.
fn listed(words: &[String]) -> String {
    let mut words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

/// Whether it is one piece over and over, which alone would be too short or is among the commonest.
fn is_repetition(folded: &str) -> bool {
    let half = folded.chars().count() / 2;
    folded.char_indices().enumerate().skip(1).take(half).any(|(length, (at, _))| {
        folded.starts_with(&folded[at..]) && (length < OWN || blocklist::contains(&folded[..at]))
    })
}

/// The context words that, taken out, leave too little of the password's own.
fn made_of(folded: &str, demands: Demands<'_>, about: About<'_>) -> Option<Vec<String>> {
    let mut words: Vec<String> = context(demands, about).iter().map(|word| as_guessed(word)).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = Zeroizing::new(as_guessed(folded));
    let mut found = Vec::new();
    for word in words {
        if left.contains(word.as_str()) {
            left = Zeroizing::new(left.replace(word.as_str(), ""));
            found.push(word);
            if left.chars().count() < OWN {
                return Some(found);
            }
        }
    }
    None
}

/// A folded text as somebody who guesses spells it: without accents, and one letter for those that are one to them.
fn as_guessed(folded: &str) -> String {
    // With room enough, so that no copy of a password is left behind by growing.
    let mut text = String::with_capacity(folded.len() * 2);
    for c in Zeroizing::new(bare(folded)).chars() {
        match c {
            'ß' => text.push_str("ss"),
            'ς' => text.push('σ'),
            c => text.push(c),
        }
    }
    text
}

/// Everything that a password must not be made of, folded.
fn context(demands: Demands<'_>, about: About<'_>) -> Vec<String> {
    // The parts of what somebody did not choose themselves are common words more often: "org", "www".
    let chosen_for_them = SHORTEST_WORD + 1;
    let mut words = vec!["rollbook".to_owned()];
    words.extend(with_parts(about.name, SHORTEST_WORD));
    if let Some(email) = about.email {
        words.push(fold(email));
        if let Some((local, domain)) = email.split_once('@') {
            words.push(fold(domain));
            words.extend(with_parts(local, SHORTEST_WORD));
            words.extend(with_parts(domain.rsplit_once('.').map_or(domain, |(owned, _)| owned), chosen_for_them));
        }
    }
    words.extend(demands.words.iter().flat_map(|word| with_parts(word, chosen_for_them)));
    words.retain(|word| word.chars().count() >= SHORTEST_WORD);
    words
}

/// A name, and those of its parts that are not shorter than this.
fn with_parts(name: &str, least: usize) -> Vec<String> {
    let name = fold(name);
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() >= least);
    let mut words: Vec<String> = parts.map(str::to_owned).collect();
    words.push(name);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(rule: Rule, password: &str, about: About<'_>) -> Option<Kind> {
        judge(Demands { rule, words: &[] }, &Secret::from(password), about).err().map(|error| error.kind)
    }

    #[test]
    fn another_spelling_of_a_context_word_is_the_same_word() {
        let words = ["Straße", "ΣΊΣΥΦΟΣ", "Müller"].map(fold);
        let judged = |password: &str| {
            let demands = Demands { rule: Rule::Nist, words: &words };
            judge(demands, &Secret::from(password), About::default()).map_err(|error| error.message)
        };
        for made in ["STRASSE.straße-1234", "Σίσυφος-σισυφοσ!", "muller+MÜLLER+Mu\u{308}ller"] {
            assert!(judged(made).expect_err(made).starts_with("made of"), "{made}");
        }
        judged("ein Stein auf der strasse").expect("words of their own");
    }

    #[test]
    fn f06_a_blank_password_is_missing() {
        for blank in ["", " ", "\t\n", "\u{2003}"] {
            assert_eq!(kind(Rule::Open, blank, About::default()), Some(Kind::ConstraintViolation));
        }
    }

    #[test]
    fn length_is_counted_in_code_points_after_nfc() {
        let about = About::default();
        for letter in ["x", "é", "李", "🦀", "e\u{301}"] {
            let piece = ["q", "w", "z", letter];
            let make = |n: usize| (0..n).map(|i| piece[(i * i / 5 + i) % 4]).collect::<String>();
            assert_eq!(kind(Rule::Nist, &make(14), about), Some(Kind::WeakPassword), "{letter} 14");
            assert_eq!(kind(Rule::Nist, &make(15), about), None, "{letter} 15");
            assert_eq!(kind(Rule::Basic, &make(7), about), Some(Kind::WeakPassword), "{letter} 7");
            assert_eq!(kind(Rule::Basic, &make(8), about), None, "{letter} 8");
        }
        let factor = About { factor: true, ..about };
        assert_eq!(kind(Rule::Nist, "qwzxqqzw", factor), None, "eight are enough beside a second factor");
    }

    #[test]
    fn nothing_is_cut_off() {
        assert_eq!(kind(Rule::Open, &"a".repeat(MAX_BYTES), About::default()), None);
        let long = Secret::from("a".repeat(MAX_BYTES + 1).as_str());
        let error = judge(Demands { rule: Rule::Open, words: &[] }, &long, About::default()).expect_err("too long");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::ConstraintViolation, "the password is longer than 1024 bytes")
        );
        assert_eq!(error.hint.as_deref(), Some("take a shorter one; nothing is cut off"));
    }

    #[test]
    fn control_characters_are_refused_and_named() {
        for (c, named) in
            [('\0', "U+0000"), ('\t', "U+0009"), ('\n', "U+000A"), ('\u{7f}', "U+007F"), ('\u{9b}', "U+009B")]
        {
            for password in [format!("seven lamps{c}in the fog"), format!("{c}seven lamps in the fog"), format!("x{c}")]
            {
                let judged =
                    judge(Demands { rule: Rule::Open, words: &[] }, &Secret::from(password.as_str()), About::default());
                let error = judged.expect_err(named);
                assert_eq!((error.kind, error.field), (Kind::ConstraintViolation, Some(Field::Password)));
                assert_eq!(error.message, format!("the password contains a control character ({named})"));
            }
        }
        assert_eq!(kind(Rule::Nist, "seven\u{a0}lamps \u{200d} in 🦀 fog", About::default()), None, "as given");
    }

    #[test]
    fn repetition_and_the_persons_own_name_do_not_make_a_password() {
        assert_eq!(kind(Rule::Nist, "aaaaaaaaaaaaaaaa", About::default()), Some(Kind::WeakPassword));
        assert_eq!(kind(Rule::Nist, "passwordpassword", About::default()), Some(Kind::WeakPassword));
        let about = About { name: "alice.liddell@example.org", email: None, factor: false };
        assert_eq!(kind(Rule::Nist, "alice.liddell@example.org", about), Some(Kind::WeakPassword));
        assert_eq!(kind(Rule::Nist, "alice.liddell@example.org2026", about), Some(Kind::WeakPassword));
        assert_eq!(kind(Rule::Nist, "alice likes long rabbit holes", about), None);
        assert_eq!(kind(Rule::Open, "alice.liddell@example.org", about), None);
    }

    #[test]
    fn a_piece_that_is_too_short_alone_is_so_repeated() {
        let refused = |password: &str| kind(Rule::Nist, password, About::default()).is_some();
        assert!(refused("hunter2hunter2hunter2") && refused("qzvjxkwqzvjxkwqzv"), "seven");
        assert!(refused("iloveyouiloveyou"), "eight, and common");
        assert!(!refused("qzvjxkwpqzvjxkwp"), "eight, and the person's own");
    }

    /// The words that a refusal names, or nothing where the password may be set.
    fn named(password: &str, words: &[&str], about: About<'_>) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let demands = Demands { rule: Rule::Nist, words: &words };
        judge(demands, &Secret::from(password), about).err().map(|error| error.message).unwrap_or_default()
    }

    #[test]
    fn the_reason_names_the_words_that_a_password_is_made_of() {
        let alice = About { name: "Alice Liddell", email: Some("lorina@croquet-ground.example.org"), factor: false };
        for (password, words) in [
            ("ALICELIDDELL 1865", "made of \"liddell\" and \"alice\""),
            ("alice croquet-liddell-ground", "made of \"liddell\", \"croquet\", \"ground\" and \"alice\""),
            ("alice liddell 1865", "made of \"alice liddell\""),
            ("liddellliddell-22", "made of \"liddell\""),
            ("rollbookrollbook1", "made of \"rollbook\""),
            ("Lorina rollbook 1", "made of \"rollbook\" and \"lorina\""),
            ("croquet.ground.24", "made of \"croquet\" and \"ground\""),
            ("lorina@croquet-ground.example.org", "made of \"lorina@croquet-ground.example.org\""),
            ("wonderland-2026-1", "made of \"wonderland\""),
            ("the.tea.party #12", "made of \"the.tea.party\""),
        ] {
            assert_eq!(named(password, &["Wonderland", "the.tea.party"], alice), words, "{password}");
        }
    }

    #[test]
    fn context_words_in_a_longer_phrase_and_short_chance_parts_are_nobodys_concern() {
        let alice = About { name: "al", email: Some("a.b@mx.org"), factor: true };
        for fine in
            ["wonderland of my own", "rollbook for the night", "organized", "mx-allover", "alabasta", "flyover1"]
        {
            assert_eq!(named(fine, &["wonderland", "www.fly.it"], alice), "", "{fine}");
        }
    }

    #[test]
    fn eight_characters_of_ones_own_beside_a_context_word_are_enough_and_seven_are_not() {
        assert_eq!(named("rollbookqzvjxkwp", &[], About::default()), "");
        assert_eq!(named("rollbookqzvjxkw", &[], About::default()), "made of \"rollbook\"");
    }
}
