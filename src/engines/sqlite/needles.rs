//! What is looked for in the names in memory: words, all of which must be somewhere, and what the name must begin with.

use memchr::memmem::Finder;

use crate::accounts::query::{Filter, Term};

/// Stands before and behind each text. It is in no UTF-8, so that no word spans two people.
pub const END: u8 = 0xFF;

/// The words that all must be there, the rarest first as far as can be told.
#[derive(Clone)]
pub struct Needles {
    finders: Vec<Finder<'static>>,
    /// Which of them was typed last, and may be going to be longer.
    last: Option<usize>,
    /// How long the beginning is that is asked for.
    beginning: usize,
    /// Whether nothing else is asked of anybody.
    whole: bool,
}

impl Needles {
    /// What a filter looks for; `None` where that is nothing, or deleted people are asked for, who are not kept.
    pub fn of(filter: &Filter) -> Option<Needles> {
        let (mut all, mut beginning, mut whole) = (Vec::new(), 0, true);
        let mut last = None;
        for term in &filter.terms {
            let before = all.len();
            match term {
                Term::Word(word) => all.push(word.as_bytes().to_vec()),
                // What is kept has lost its accents; letters that have none are the same in it.
                Term::Prefix(prefix) if prefix.is_ascii() && beginning == 0 && prefix.len() < usize::from(u8::MAX) => {
                    beginning = prefix.len();
                    all.push([&[END], prefix.as_bytes()].concat());
                }
                _ => whole = false,
            }
            last = all.get(before).cloned();
        }
        all.retain(|needle| !needle.is_empty());
        // The longest is the rarest.
        all.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        let last = all.iter().position(|needle| Some(needle) == last.as_ref());
        let finders: Vec<_> = all.iter().map(|needle| Finder::new(needle).into_owned()).collect();
        (!finders.is_empty() && !filter.wants_deleted()).then_some(Needles { finders, last, beginning, whole })
    }

    /// Whether whoever has all of them passes the filter.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// By which to look first.
    pub fn first(&self) -> Option<&Finder<'static>> {
        self.finders.first()
    }

    /// The only one.
    pub fn alone(&self) -> Option<&[u8]> {
        match &self.finders[..] {
            [one] => Some(one.needle()),
            _ => None,
        }
    }

    /// The one to which a letter may come.
    pub fn last(&self) -> Option<&Finder<'static>> {
        self.last.and_then(|at| self.finders.get(at))
    }

    /// The letter by which these are longer than others that were typed before.
    pub fn letter_behind(&self, others: &Needles) -> Option<u8> {
        let (letter, before) = self.last()?.needle().split_last()?;
        let rest = |needles: &Needles| {
            let mut rest: Vec<Vec<u8>> = needles.finders.iter().map(|finder| finder.needle().to_vec()).collect();
            needles.last.map(|at| rest.swap_remove(at));
            rest.sort_unstable();
            rest
        };
        (others.last()?.needle() == before && rest(self) == rest(others)).then_some(*letter)
    }

    /// Whether a beginning of which this many bytes stand unchanged in a text is still the name's own with a letter more.
    pub fn may_grow(&self, plain: u8) -> bool {
        let begins = self.last().is_some_and(|last| last.needle().first() == Some(&END));
        self.beginning + usize::from(begins) <= usize::from(plain)
    }

    /// Whether all are in a text with its two ends.
    pub fn are_in(&self, between: &[u8]) -> bool {
        self.finders.iter().all(|finder| finder.find(between).is_some())
    }

    /// The same for all but the first.
    pub fn others_are_in(&self, between: &[u8]) -> bool {
        self.finders.iter().skip(1).all(|finder| finder.find(between).is_some())
    }

    /// Whether it takes more than the texts to say who has all of them.
    pub fn asks_who(&self) -> bool {
        self.beginning > 0
    }

    /// Whether a beginning that was found is the name's own, of which so many bytes stand unchanged in the text.
    pub fn are_meant(&self, plain: u8) -> bool {
        self.beginning <= usize::from(plain)
    }

    /// Whether exactly those have all of these who have all of the others.
    pub fn are_same(&self, others: &Needles) -> bool {
        self.are_narrower_than(others) && others.are_narrower_than(self)
    }

    /// Whether nobody can have all of these who has not all of the others.
    pub fn are_narrower_than(&self, others: &Needles) -> bool {
        let among = |other: &Finder<'static>| {
            let holds = |finder: &Finder<'static>| other.find(finder.needle()).is_some();
            self.finders.iter().any(holds)
        };
        others.beginning <= self.beginning && others.finders.iter().all(among)
    }
}
