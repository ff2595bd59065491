//! Which entries of the audit are asked for.

use super::audit::{Deed, Failures};
use super::error::{Error, Field, Result};
use super::filter::near;
use super::text::quote;
use super::time::{Span, Time};
use super::user::UserId;

/// All of these at once; the empty one asks for every entry. Pages go on by the number of their last entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trail {
    /// About this person.
    pub about: Option<UserId>,
    /// By this person or, where a name is given as well, by whoever has that.
    pub by: Option<UserId>,
    /// By the operator or the service of this name.
    pub by_name: Option<String>,
    /// This deed.
    pub deed: Option<Deed>,
    /// At this instant or later.
    pub since: Option<Time>,
    /// At this instant or earlier.
    pub until: Option<Time>,
    /// About a user, or by a user or an operator, whose name holds each of these [`bare`](super::text::bare) words.
    pub words: Vec<String>,
}

impl Trail {
    /// Everything about one person, or everything.
    pub fn about(id: Option<&UserId>) -> Trail {
        Trail { about: id.cloned(), ..Trail::default() }
    }
}

/// Where a list of failed log-ins goes on: the minute and the store's own number of the person.
pub type FailedKey = (i64, i64);

/// Failed log-ins under one name within one minute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// Where the list goes on behind it.
    pub key: FailedKey,
    /// Whose name it was, and how they are called now; none where nobody has it.
    pub whose: Option<(UserId, String)>,
    /// How many, when and from where last.
    pub failures: Failures,
}

/// Reads a deed's word, with hyphens or with spaces between; or the words that a history tells it by.
///
/// # Errors
/// `constraint_violation` with the words that there are.
pub fn parse_deed(text: &str) -> Result<Deed> {
    let plain = text.trim().to_lowercase().replace(['-', '_'], " ");
    let told = || Deed::ALL.into_iter().find(|deed| deed.past() == plain);
    Deed::from_word(&plain).or_else(told).ok_or_else(|| {
        let words: Vec<String> = Deed::ALL.iter().map(|deed| deed.spelling()).collect();
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        let meant = near::meant(&plain.replace(' ', "-"), &known);
        Error::constraint(Field::Filter, format!("no action {}", quote(text))).hint(meant)
    })
}

/// Reads an instant that has been: as [`Time::parse`], or a distance back such as `2h`.
///
/// # Errors
/// `constraint_violation`.
pub fn parse_since(text: &str, now: Time) -> Result<Time> {
    match Span::parse(text.trim().trim_start_matches('-')) {
        Ok(span) => Ok(now.minus(span)),
        // What has been is measured back from now, never ahead of it.
        Err(_) => Time::parse(text)
            .map_err(|fault| fault.hint("write 2h or 30d back, 2026-12-01, 2026-12-01T18:00:00Z, or Unix seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_been_is_advised_backwards() {
        let hint = parse_since("2x", Time::default()).expect_err("no time").hint.unwrap_or_default();
        assert!(hint.contains("2h") && !hint.contains('+'), "{hint}");
    }

    #[test]
    fn a_deed_is_read_as_it_is_typed() {
        for deed in Deed::ALL {
            assert_eq!(parse_deed(&deed.word().replace(' ', "-")).ok(), Some(deed));
            assert_eq!(parse_deed(deed.word()).ok(), Some(deed));
            assert_eq!(parse_deed(&deed.past().replace(' ', "-")).ok(), Some(deed), "as a history tells it");
        }
        assert!(parse_deed("dance").expect_err("unknown").hint.expect("words").contains("set-password"));
    }

    #[test]
    fn an_instant_may_be_a_distance_back() {
        let now = Time::from_millis(10_000_000);
        assert_eq!(parse_since("1h", now), Ok(now.minus(Span::HOUR)));
        assert_eq!(parse_since("-90s", now), Ok(now.minus(Span::SECOND.times(90))));
        assert_eq!(parse_since("1970-01-01T00:00:05Z", now), Ok(Time::from_millis(5000)));
        assert!(parse_since("yesterday", now).is_err());
    }
}
