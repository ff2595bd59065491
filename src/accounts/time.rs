//! Instants and spans: UTC milliseconds in the store, RFC 3339 on the outside.
//!
//! Deliberately knows no clock: who needs the present is handed a [`Clock`].

use std::fmt;

use super::error::{Error, Field, Kind, Result};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Time(i64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Span(i64);

/// Tells the present. The system's clock in service, a hand-moved one in tests.
pub trait Clock: Send {
    /// The present instant.
    fn now(&self) -> Time;

    /// Blocks this thread for about this long.
    fn pause(&self, span: Span);
}

impl Time {
    /// The instant `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Time(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `span`, held within the range of the type.
    pub const fn plus(self, span: Span) -> Self {
        Time(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`.
    pub const fn minus(self, span: Span) -> Self {
        Time(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Time) -> Span {
        let millis = self.0.saturating_sub(earlier.0);
        Span(if millis < 0 { 0 } else { millis })
    }

    /// RFC 3339 in UTC with milliseconds, as every JSON output writes it.
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => format!("{at:.3}"),
            // A row written by another program may hold any number.
            Err(_) => format!("{} ms", self.0),
        }
    }

    /// The first instant of a day in UTC, where the text is a bare date.
    pub fn day(text: &str) -> Option<Time> {
        let bare = text.parse::<jiff::civil::Date>().is_ok() && !text.contains(['T', ':', ' ']);
        if bare { Time::parse(text).ok() } else { None }
    }

    /// Reads an instant: RFC 3339, a bare date or date-time (taken as UTC), or Unix seconds.
    ///
    /// # Errors
    /// `constraint_violation` when it is none of these.
    pub fn parse(text: &str) -> Result<Time> {
        let text = text.trim();
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Ok(Time(at.as_millisecond()));
        }
        if let Ok(at) = text.parse::<jiff::civil::DateTime>()
            && let Ok(zoned) = at.to_zoned(jiff::tz::TimeZone::UTC)
        {
            return Ok(Time(zoned.timestamp().as_millisecond()));
        }
        if let Ok(seconds) = text.parse::<f64>()
            && seconds.is_finite()
            && seconds.abs() < 253_402_300_800.0
        {
            #[allow(clippy::cast_possible_truncation)] // bounded by the year 9999 just above
            return Ok(Time((seconds * 1000.0) as i64));
        }
        Err(Error::new(Kind::ConstraintViolation, format!("not a time: {}", super::text::quote(text)))
            .hint("write 2026-12-01, 2026-12-01T18:00:00Z, Unix seconds, or a distance such as +30d")
            .field(Field::Time))
    }
}

impl Span {
    /// One second.
    pub const SECOND: Span = Span(1000);
    /// One minute.
    pub const MINUTE: Span = Span(60_000);
    /// One hour.
    pub const HOUR: Span = Span(3_600_000);
    /// Twenty-four hours.
    pub const DAY: Span = Span(86_400_000);

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Span(millis)
    }

    /// Its length in milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This span `n` times over.
    pub const fn times(self, n: i64) -> Self {
        Span(self.0.saturating_mul(n))
    }

    /// Reads `90s`, `15m`, `24h`, `30d` or `2w`.
    ///
    /// # Errors
    /// `constraint_violation` for anything else, for zero and for more than a hundred years.
    pub fn parse(text: &str) -> Result<Span> {
        let text = text.trim();
        let fault = || {
            Error::new(Kind::ConstraintViolation, format!("not a length of time: {}", super::text::quote(text)))
                .hint("write a number and a unit: 90s, 15m, 24h, 30d, 2w")
                .field(Field::Time)
        };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "s" => Span::SECOND,
            "m" | "min" => Span::MINUTE,
            "h" => Span::HOUR,
            "d" => Span::DAY,
            "w" => Span::DAY.times(7),
            _ => return Err(fault()),
        };
        let count: i64 = digits.trim_end().parse().map_err(|_| fault())?;
        let span = unit.times(count);
        if count <= 0 || span > Span::DAY.times(36_525) { Err(fault()) } else { Ok(span) }
    }
}

impl fmt::Display for Span {
    /// The largest unit that divides it: `24h` stays `1d`, `90s` stays `90s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(Span::DAY, "d"), (Span::HOUR, "h"), (Span::MINUTE, "m"), (Span::SECOND, "s")] {
            if self.0 % unit.0 == 0 && self.0 != 0 {
                return write!(f, "{}{name}", self.0 / unit.0);
            }
        }
        write!(f, "{} ms", self.0)
    }
}

/// When something ends: the policy's default, an instant, or never (only when asked for by name).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Until {
    /// Whatever the policy says.
    #[default]
    Default,
    /// At this instant; still valid at it.
    At(Time),
    /// No end.
    Never,
}

impl Until {
    /// Reads what [`Time::parse`] reads, `+30d` counted from `now`, or `never`. A bare date ends with that day, in UTC.
    ///
    /// # Errors
    /// `constraint_violation` when it is none of these.
    pub fn parse(text: &str, now: Time) -> Result<Until> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("never") {
            return Ok(Until::Never);
        }
        if let Some(distance) = text.strip_prefix('+') {
            return Ok(Until::At(now.plus(Span::parse(distance)?)));
        }
        let at = Time::parse(text)?;
        // A bare date means all of that day: who may come until the 31st may come on the 31st.
        let whole_day = Time::day(text).is_some();
        Ok(Until::At(if whole_day { at.plus(Span::DAY).minus(Span::from_millis(1)) } else { at }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w16_a_time_without_a_zone_is_utc_wherever_the_machine_stands() {
        let zoned = Time::parse("2026-11-21T16:00:00Z").map(Time::millis);
        assert_eq!(Time::parse("2026-11-21T16:00:00").map(Time::millis).ok(), zoned.clone().ok());
        assert_eq!(Time::parse("2026-11-21 16:00:00").map(Time::millis).ok(), zoned.ok());
    }

    #[test]
    fn p14_an_expiry_is_epoch_seconds_or_iso_text_or_a_distance_or_never() {
        let now = Time::from_millis(1_000_000);
        assert_eq!(Until::parse("1700000000", now).ok(), Some(Until::At(Time::from_millis(1_700_000_000_000))));
        assert_eq!(
            Until::parse("2023-11-14T22:13:20Z", now).ok(),
            Some(Until::At(Time::from_millis(1_700_000_000_000)))
        );
        assert_eq!(Until::parse("+1s", now).ok(), Some(Until::At(Time::from_millis(1_001_000))));
        assert_eq!(Until::parse("never", now).ok(), Some(Until::Never));
        let last = Time::parse("2026-12-31T23:59:59.999Z").ok().map(Until::At);
        assert_eq!(Until::parse("2026-12-31", now).ok(), last, "the whole of the last day counts");
        for bad in ["", "soon", "+", "+0d", "+1y", "-5d", "inf", "NaN", "+99999999d"] {
            assert!(Until::parse(bad, now).is_err(), "{bad:?} was read as a time");
        }
    }

    #[test]
    fn a_span_prints_as_it_is_read() {
        for text in ["90s", "15m", "24h", "30d", "2w", "1h"] {
            let span = Span::parse(text).expect(text);
            assert_eq!(Span::parse(&span.to_string()).ok(), Some(span), "{text}");
        }
    }

    #[test]
    fn rfc3339_is_utc_with_milliseconds() {
        assert_eq!(Time::from_millis(1_700_000_000_123).rfc3339(), "2023-11-14T22:13:20.123Z");
        assert_eq!(Time::from_millis(i64::MAX).rfc3339(), format!("{} ms", i64::MAX));
    }

    #[test]
    fn a_span_is_something_and_at_most_a_hundred_years() {
        assert_eq!(Span::parse("36525d").ok(), Some(Span::DAY.times(36_525)));
        assert_eq!(Span::parse("1s").ok(), Some(Span::SECOND));
        for bad in ["36526d", "0s", "-1s", "5", "d", "5y"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
        let printed = |millis| Span::from_millis(millis).to_string();
        assert_eq!((printed(0), printed(1500), printed(86_400_000)), ("0 ms".into(), "1500 ms".into(), "1d".into()));
    }
}
