//! The audit's filter as it is typed, and what it comes to once the names in it are looked up.

use std::ops::Range;

use super::audit::{Deed, Entry};
use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::filter::near;
use super::query::{Anchor, Completion, Key, Page, complete_from};
use super::resolve::Among;
use super::text::{bare, fold, quote};
use super::time::Time;
use super::trail::{Trail, parse_deed, parse_since};
use super::user::UserId;

/// What is asked for, with people by the names that were given. All of these at once; the empty one asks for every
/// entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// About this person.
    pub about: Option<String>,
    /// By this person, operator or service.
    pub by: Option<String>,
    /// This deed.
    pub deed: Option<Deed>,
    /// From this time on, or so far back.
    pub since: Option<String>,
    /// Up to this time, or so far back.
    pub until: Option<String>,
    /// About a user, or by a user or an operator, whose name holds each of these. Services are named by `by`.
    pub words: Vec<String>,
}

/// The fields of the audit's filter.
const FIELDS: [&str; 5] = ["about", "actor", "action", "since", "until"];

impl Search {
    /// Reads a filter line: words, `about:`, `actor:`, `action:`, `since:`, `until:`; in double quotes a value may hold
    /// spaces, and a word whatever it likes.
    ///
    /// # Errors
    /// `constraint_violation` naming what is not understood, with its place. Whether the people exist shows only when
    /// they are looked up.
    pub fn parse(text: &str) -> Result<Search> {
        let mut search = Search::default();
        for (word, place) in split(text) {
            let quoted = text[place.clone()].starts_with('"');
            search.take(&word, quoted).map_err(|fault| fault.field(Field::Filter).at(place))?;
        }
        Ok(search)
    }

    fn take(&mut self, word: &str, quoted: bool) -> Result<()> {
        let parts = word.split_once(':').filter(|_| !quoted).map(|(field, value)| (fold(field), value));
        match parts.as_ref().map(|(field, value)| (field.as_str(), *value)) {
            Some((field, "")) if FIELDS.contains(&field) => {
                return Err(Error::constraint(Field::Filter, format!("{} asks for nothing yet", quote(word)))
                    .hint("about:, actor:, action:, since:, until: take a value"));
            }
            Some(("about", who)) => self.about = Some(who.to_owned()),
            Some(("actor", who)) => self.by = Some(who.to_owned()),
            Some(("action", deed)) => self.deed = Some(parse_deed(deed)?),
            Some(("since", at)) => self.since = Some(instant(at)?),
            Some(("until", at)) => self.until = Some(instant(at)?),
            _ => match near::head(word).filter(|_| !quoted) {
                Some(name) => return Err(near::unknown(name, word, &FIELDS)),
                None => self.words.extend(Some(bare(word)).filter(|word| !word.is_empty())),
            },
        }
        Ok(())
    }

    /// Whether every entry is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Search::default()
    }

    /// How a line goes on at the cursor, which is a byte's number; `None` where nothing is known. `more` tells the names
    /// that a field could be asked for.
    pub fn complete(line: &str, cursor: usize, more: impl FnOnce(&str) -> Vec<String>) -> Option<Completion> {
        complete_from(line, cursor, &FIELDS, |field| match field {
            "action" => Deed::ALL.iter().map(|deed| deed.spelling()).collect(),
            "since" | "until" => ["1h", "1d", "7d", "30d"].map(str::to_owned).to_vec(),
            other => more(other),
        })
    }
}

/// An instant that can be read; when it is, depends on when it is asked for.
fn instant(text: &str) -> Result<String> {
    parse_since(text, Time::default()).map_err(|error| error.field(Field::Filter))?;
    Ok(text.to_owned())
}

/// The words of a line, each with its place; between double quotes a space is a letter like any other.
fn split(text: &str) -> Vec<(String, Range<usize>)> {
    let (mut words, mut word, mut quoted, mut from) = (Vec::new(), String::new(), false, 0);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                words.push((std::mem::take(&mut word), from..at));
                from = at + c.len_utf8();
            }
            c => word.push(c),
        }
    }
    words.push((word, from..text.len()));
    words.retain(|(word, _)| !word.is_empty());
    words
}

impl Accounts {
    /// Looks up whom a search names.
    ///
    /// # Errors
    /// `unknown_user`, `ambiguous_name`, `constraint_violation`.
    pub fn follow(&mut self, search: &Search) -> Result<Trail> {
        self.oversee()?;
        let now = self.now();
        let time = |text: &Option<String>| text.as_deref().map(|text| parse_since(text, now)).transpose();
        let mut trail = Trail {
            about: search.about.as_deref().map(|wanted| self.traced(wanted)).transpose()?,
            deed: search.deed,
            since: time(&search.since)?,
            until: time(&search.until)?,
            words: search.words.clone(),
            ..Trail::default()
        };
        if let Some(wanted) = &search.by {
            trail.by = match self.traced(wanted) {
                Ok(id) => Some(id),
                // Operators and services are no users.
                Err(error) if error.kind == Kind::UnknownUser && !wanted.starts_with("id:") => None,
                Err(error) => return Err(error),
            };
            let name = wanted.strip_prefix("name:").unwrap_or(wanted);
            trail.by_name = (!wanted.starts_with("id:")).then(|| name.to_owned());
        }
        Ok(trail)
    }

    /// A page of a search, newest first.
    ///
    /// # Errors
    /// As [`Accounts::follow`].
    pub fn entries_page(&mut self, search: &Search, anchor: &Anchor, limit: u16) -> Result<Page<Entry>> {
        let trail = self.follow(search)?;
        self.store.entries_page(&trail, anchor, limit)
    }

    /// How many entries a search finds, counting no further than `at_most`.
    ///
    /// # Errors
    /// As [`Accounts::follow`].
    pub fn count_entries(&mut self, search: &Search, at_most: Option<u32>) -> Result<u32> {
        let trail = self.follow(search)?;
        self.store.entries_count(&trail, at_most)
    }

    /// How many entries of a search stand before a key.
    ///
    /// # Errors
    /// As [`Accounts::follow`].
    pub fn count_entries_before(&mut self, search: &Search, key: &Key) -> Result<u32> {
        let trail = self.follow(search)?;
        self.store.entries_before(&trail, key)
    }

    /// A person who is gone for good still has entries under their id.
    fn traced(&mut self, wanted: &str) -> Result<UserId> {
        match (self.resolve(wanted, Among::All), wanted.strip_prefix("id:")) {
            (Ok(user), _) => Ok(user.id),
            (Err(error), Some(id)) if error.kind == Kind::UnknownUser => Ok(UserId::new(id)),
            (Err(error), _) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_word_by_word_and_quotes_hold_spaces() {
        let search = Search::parse("Ann action:log-in about:\"bob smith\" actor:root since:2h").expect("lawful");
        assert_eq!(search.words, ["ann"]);
        assert_eq!(search.deed, Some(Deed::LogIn));
        assert_eq!((search.about.as_deref(), search.by.as_deref()), (Some("bob smith"), Some("root")));
        assert_eq!(search.since.as_deref(), Some("2h"));
        assert!(Search::parse("  ").expect("lawful").is_empty());
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(Search::parse("action:dance").expect_err("no such deed").to_string().contains("dance"));
        assert!(Search::parse("since:yesterday").is_err());
        for (text, place) in [("ann acton:log-in", 4..16), ("actor:", 0..6), ("ann  since:soon x", 5..15)] {
            assert_eq!(Search::parse(text).expect_err("not understood").place, Some(place), "{text}");
        }
        assert!(
            Search::parse("acton:log-in").expect_err("a slip").to_string().contains("actor: or action: is nearest")
        );
        assert_eq!(Search::parse("\"acton:log-in\" 10:30").expect("words").words, ["acton:log-in", "10:30"]);
        assert!(Search::parse("action:log-inn").expect_err("a slip").to_string().contains("log-in is nearest"));
        let plain = Search::parse("actor:root action:log-in since:2h").expect("lawful");
        assert_eq!(Search::parse("ACTOR:root Action:Log-In Since:2h"), Ok(plain), "however it is spelt");
        assert!(Search::parse("actor:").expect_err("half a word").to_string().contains("actor:"));
    }
}
