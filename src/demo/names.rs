//! Names from many countries, as many as are wanted, no two alike under folding.
//!
//! Every domain is reserved for documentation (RFC 2606), so that no sample person can be written to.

use unicode_normalization::UnicodeNormalization as _;

use super::dice::Dice;

static FIRST: &str = include_str!("../../assets/demo/first.txt");
static LAST: &str = include_str!("../../assets/demo/last.txt");
static WHOLE: &str = include_str!("../../assets/demo/whole.txt");

const DOMAINS: [&str; 6] = ["example.org", "example.org", "example.org", "example.net", "mail.example", "example.com"];

/// Every so many people somebody goes by a name that is no first and last one.
const WHOLE_EVERY: u64 = 12;

/// The names of one seed, by number.
pub(super) struct Names {
    first: Vec<&'static str>,
    last: Vec<&'static str>,
    whole: Vec<&'static str>,
    stride: u64,
    seed: u64,
}

/// What somebody is called.
pub(super) struct Called {
    pub(super) name: String,
    pub(super) email: Option<String>,
}

impl Names {
    pub(super) fn new(seed: u64) -> Self {
        let first: Vec<_> = FIRST.lines().collect();
        let last: Vec<_> = LAST.lines().collect();
        let pairs = (first.len() * last.len()) as u64;
        // A stride without a common divisor visits every pair once before any comes again; about 0.618 of the whole
        // keeps neighbours unlike each other.
        let mut stride = pairs * 618 / 1000 + seed % 97;
        while common_divisor(stride, pairs) != 1 {
            stride += 1;
        }
        Names { first, last, whole: WHOLE.lines().collect(), stride, seed }
    }

    /// The name with this number: the same for the same seed, whoever asks.
    pub(super) fn nth(&self, i: u64) -> Called {
        let mut dice = Dice::new(self.seed, i ^ 0x6E61_6D65);
        if i % WHOLE_EVERY == 5 {
            return self.whole(i / WHOLE_EVERY);
        }
        let pairs = (self.first.len() * self.last.len()) as u64;
        let (pair, round) = (i % pairs * self.stride % pairs, i / pairs);
        let split = |at: u64, list: &[&'static str]| list[usize::try_from(at).unwrap_or_default() % list.len()];
        let first = split(pair, &self.first);
        let last = split(pair / self.first.len() as u64, &self.last);
        let number = if round == 0 { String::new() } else { (round + 1).to_string() };
        let domain = dice.pick(&DOMAINS);
        let dotted = format!("{first}.{last}{number}").to_lowercase();
        let name = match dice.below(20) {
            0..=12 => return Called { name: format!("{dotted}@{domain}"), email: None },
            13..=15 => dotted.clone(),
            16 => format!("{first}_{last}{number}").to_lowercase(),
            _ if number.is_empty() => format!("{first} {last}"),
            _ => format!("{first} {last} {number}"),
        };
        let email = (!dice.one_in(4)).then(|| format!("{}@{domain}", ascii(&dotted)));
        Called { name, email }
    }

    fn whole(&self, k: u64) -> Called {
        let length = self.whole.len() as u64;
        let name = self.whole[usize::try_from(k % length).unwrap_or_default()];
        let name = match k / length {
            0 => name.to_owned(),
            round => format!("{name} {}", round + 1),
        };
        Called { name, email: (!k.is_multiple_of(3)).then(|| format!("member{}@mail.example", 100 + k)) }
    }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The letters of an address as mail providers used to ask for them: marks dropped, the rest spelled out.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfd() {
        match c {
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' => out.push('d'),
            'ı' => out.push('i'),
            'ß' => out.push_str("ss"),
            _ if c.is_ascii() => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::accounts::user::{Name, parse_email};

    #[test]
    fn forty_thousand_names_are_lawful_and_no_two_alike() {
        let names = Names::new(7);
        let mut seen = HashSet::new();
        for i in 0..40_000 {
            let called = names.nth(i);
            let name = Name::parse(&called.name).expect(&called.name);
            assert!(seen.insert(name.key().to_owned()), "{i}: {}", called.name);
            if let Some(email) = called.email {
                assert!(email.is_ascii(), "{email}");
                parse_email(&email).expect(&email);
            }
        }
    }

    #[test]
    fn the_first_240_go_without_numbers_and_come_from_many_places() {
        let names = Names::new(7);
        let all: Vec<String> = (0..240).map(|i| names.nth(i).name).collect();
        assert!(!all.iter().any(|name| name.contains(|c: char| c.is_ascii_digit())));
        assert!(all.iter().filter(|name| !name.is_ascii()).count() > 20);
        assert!(all.iter().filter(|name| name.contains(' ')).count() > 10);
        assert!(all.iter().filter(|name| name.contains("@example.")).count() > 80);
    }
}
