//! What `created:`, `seen:`, `used:` and `valid:` ask: a stretch of time, from the calendar or measured from the present.
//!
//! Judges nobody itself: it gives the stretch, and whoever asks compares.

use crate::accounts::time::{Span, Time};

/// Which of a row's times is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Clocked {
    /// When somebody came into being, or a session began.
    Created,
    /// When somebody last logged in, or a session was last used.
    Seen,
    /// When a session or an API token of a user, or a session itself, was last used.
    Used,
    /// Until when somebody may log in.
    Valid,
}

/// A stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum When {
    /// `never`: there is no such time.
    Never,
    /// `<30d`: less far away than this.
    Within(Span),
    /// `>30d`: further away than this.
    Beyond(Span),
    /// `<2026-01-01`: before this instant.
    Before(Time),
    /// `>2026-01-01`: after this instant.
    After(Time),
    /// `2026-01-01`: from the one instant through the other.
    During(Time, Time),
}

const FIRST: Time = Time::from_millis(i64::MIN);
const LAST: Time = Time::from_millis(i64::MAX);
const TICK: Span = Span::from_millis(1);

impl When {
    /// Reads what stands behind the colon; `None` where it is not a time.
    pub(super) fn read(text: &str) -> Option<When> {
        if ["never", "none"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Some(When::Never);
        }
        let (sign, rest) = match text.as_bytes().first()? {
            b'<' => (Some(true), &text[1..]),
            b'>' => (Some(false), &text[1..]),
            _ => (None, text),
        };
        let day = Time::day(rest);
        // A short number is a length of time whose unit was forgotten, not the first minutes of 1970.
        let unlikely = rest.len() < 9 && rest.bytes().all(|byte| byte.is_ascii_digit());
        let instant = || if unlikely { None } else { Time::parse(rest).ok() };
        match (sign, Span::parse(rest), day) {
            (Some(true), Ok(span), _) => Some(When::Within(span)),
            (Some(false), Ok(span), _) => Some(When::Beyond(span)),
            (None, _, Some(day)) => Some(When::During(day, day.plus(Span::DAY).minus(TICK))),
            (None, _, None) => None,
            (Some(true), _, _) => instant().map(When::Before),
            (Some(false), _, Some(day)) => Some(When::After(day.plus(Span::DAY).minus(TICK))),
            (Some(false), _, None) => instant().map(When::After),
        }
    }

    /// The first and the last instant that are meant at `now`; `None` where the absence of one is.
    ///
    /// Distances reach into the past, but for an end that is yet to come: there they reach into the future.
    pub fn stretch(self, what: Clocked, now: Time) -> Option<(Time, Time)> {
        let ahead = what == Clocked::Valid;
        Some(match self {
            When::Never => return None,
            When::Within(span) if ahead => (now, now.plus(span).minus(TICK)),
            When::Beyond(span) if ahead => (now.plus(span).plus(TICK), LAST),
            When::Within(span) => (now.minus(span).plus(TICK), LAST),
            When::Beyond(span) => (FIRST, now.minus(span).minus(TICK)),
            When::Before(at) => (FIRST, at.minus(TICK)),
            When::After(at) => (at.plus(TICK), LAST),
            When::During(from, to) => (from, to),
        })
    }

    /// Whether a time that a row has, or has not, is meant.
    pub(super) fn holds(self, what: Clocked, at: Option<Time>, now: Time) -> bool {
        match (self.stretch(what, now), at) {
            (None, at) => at.is_none(),
            (Some(_), None) => false,
            (Some((from, to)), Some(at)) => from <= at && at <= to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_dates_and_never_are_read() {
        let at = |text: &str| Time::parse(text).expect("a time");
        let end = at("2026-01-02").minus(TICK);
        for (text, when) in [
            ("never", When::Never),
            ("<30d", When::Within(Span::DAY.times(30))),
            (">2w", When::Beyond(Span::DAY.times(14))),
            ("<2026-01-01", When::Before(at("2026-01-01"))),
            (">2026-01-01", When::After(end)),
            ("2026-01-01", When::During(at("2026-01-01"), end)),
            (">2026-01-01T10:00:00Z", When::After(at("2026-01-01T10:00:00Z"))),
        ] {
            assert_eq!(When::read(text), Some(when), "{text}");
        }
        for text in ["", "<", "30d", "<30", "soon", "2026", ">yesterday", "<-3d"] {
            assert_eq!(When::read(text), None, "{text}");
        }
    }

    #[test]
    fn distances_reach_back_but_for_ends_to_come() {
        let (now, day) = (Time::from_millis(1_000_000_000), Span::DAY);
        let near = When::Within(day);
        assert!(near.holds(Clocked::Seen, Some(now), now) && !near.holds(Clocked::Seen, Some(now.minus(day)), now));
        assert!(near.holds(Clocked::Valid, Some(now), now) && !near.holds(Clocked::Valid, Some(now.minus(TICK)), now));
        assert!(!near.holds(Clocked::Seen, None, now), "who was never seen was not seen lately");
        assert!(When::Beyond(day).holds(Clocked::Seen, Some(now.minus(day).minus(TICK)), now));
        assert!(!When::Beyond(day).holds(Clocked::Seen, None, now), "nor long ago");
        assert!(When::Never.holds(Clocked::Valid, None, now));
    }

    #[test]
    fn a_short_number_is_a_length_of_time_without_its_unit() {
        assert_eq!(When::read("<12345678"), None);
        assert_eq!(When::read("<123456789"), Some(When::Before(Time::from_millis(123_456_789_000))));
        assert_eq!(When::read(">1700000000"), Some(When::After(Time::from_millis(1_700_000_000_000))));
        assert_eq!(When::read("1700000000"), None, "an instant is no stretch");
        let at = Time::from_millis(5_000);
        let stretch = |when: When| when.stretch(Clocked::Seen, at);
        assert_eq!(stretch(When::Before(at)), Some((FIRST, at.minus(TICK))));
        assert_eq!(stretch(When::After(at)), Some((at.plus(TICK), LAST)));
        assert_eq!(stretch(When::Never), None);
        assert_eq!(
            When::Beyond(Span::SECOND).stretch(Clocked::Valid, at),
            Some((at.plus(Span::SECOND).plus(TICK), LAST))
        );
        assert_eq!(
            When::Within(Span::SECOND).stretch(Clocked::Valid, at),
            Some((at, at.plus(Span::SECOND).minus(TICK)))
        );
    }
}
