//! The time that is believed. A clock can be set back, and leap ahead; neither may revive what is over or erase what is
//! not.
//!
//! The store remembers the latest time that was reached. What is judged by time is judged by that or by the clock,
//! whichever is later. A clock that is suddenly far ahead moves it only after it has stood a day, and nothing is purged
//! until then.

use super::time::{Span, Time};

/// A clock further ahead than this of what was reached has leapt; or nobody used the database for so long.
pub const LEAP: Span = Span::HOUR.times(25);

/// How long a clock that has leapt must stand to be believed.
pub const STAND: Span = Span::DAY;

/// Seen again after more than this it has leapt anew, and not stood.
const AGAIN: Span = Span::DAY.times(31);

/// Less than this is the ordinary setting of a clock.
pub const SLACK: Span = Span::MINUTE.times(5);

/// What the store remembers of the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClockState {
    /// The latest time that is believed; zero where none was seen yet.
    pub high: Time,
    /// When a clock far ahead of that was first seen.
    pub leapt_at: Option<Time>,
    /// When it was last seen there.
    pub seen_at: Option<Time>,
    /// When upkeep was last done.
    pub tidied_at: Option<Time>,
}

impl ClockState {
    /// The time by which things are over.
    pub fn believed(&self, wall: Time) -> Time {
        wall.max(self.high)
    }

    /// What is remembered after the clock showed this.
    #[must_use]
    pub fn see(self, wall: Time) -> ClockState {
        let arrived = |high| ClockState { high, leapt_at: None, seen_at: None, ..self };
        if wall <= self.high {
            return arrived(self.high);
        }
        if self.high == Time::default() || wall.since(self.high) <= LEAP {
            return arrived(wall);
        }
        match (self.leapt_at, self.seen_at) {
            (Some(from), Some(seen)) if from <= wall && wall.since(seen) <= AGAIN => {
                if wall.since(from) >= STAND {
                    arrived(wall)
                } else {
                    ClockState { seen_at: Some(wall.max(seen)), ..self }
                }
            }
            _ => ClockState { leapt_at: Some(wall), seen_at: Some(wall), ..self },
        }
    }

    /// Whether the clock is so far ahead that nothing may be purged by it.
    pub fn is_ahead(&self, wall: Time) -> bool {
        self.see(wall).leapt_at.is_some()
    }

    /// Whether the clock is behind what was reached by more than a clock is usually set.
    pub fn is_behind(&self, wall: Time) -> bool {
        self.high.since(wall) > SLACK
    }

    /// The clock taken at its word.
    #[must_use]
    pub fn accept(self, wall: Time) -> ClockState {
        ClockState { high: wall, leapt_at: None, seen_at: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Time {
        Time::from_millis(1_000_000_000_000).plus(Span::HOUR.times(hours))
    }

    fn reached(hours: i64) -> ClockState {
        ClockState::default().see(at(hours))
    }

    #[test]
    fn time_goes_on_by_itself_and_never_back() {
        let state = reached(0).see(at(20)).see(at(45)).see(at(3));
        assert_eq!((state.high, state.believed(at(3)), state.believed(at(46))), (at(45), at(45), at(46)));
        assert!(state.is_behind(at(3)) && !state.is_behind(at(45).minus(Span::MINUTE)));
    }

    #[test]
    fn a_leap_is_believed_after_a_day_and_not_before() {
        let leapt = reached(0).see(at(100));
        assert_eq!((leapt.high, leapt.leapt_at), (at(0), Some(at(100))));
        let waiting = leapt.see(at(123));
        assert!(waiting.is_ahead(at(123)));
        assert_eq!(waiting.high, at(0));
        assert_eq!(waiting.see(at(124)), reached(124));
        assert!(!waiting.is_ahead(at(124)));
    }

    #[test]
    fn a_leap_that_is_taken_back_leaves_no_trace() {
        assert_eq!(reached(0).see(at(100)).see(at(1)), reached(1));
    }

    #[test]
    fn a_second_leap_is_no_standing() {
        let state = reached(0).see(at(100)).see(at(100 + 32 * 24));
        assert_eq!(state.leapt_at, Some(at(100 + 32 * 24)));
    }

    #[test]
    fn who_comes_once_a_week_is_believed_the_second_time() {
        assert_eq!(reached(0).see(at(7 * 24)).see(at(14 * 24)), reached(14 * 24));
    }

    #[test]
    fn an_accepted_clock_is_believed_in_both_directions() {
        assert_eq!(reached(0).see(at(100)).accept(at(100)), reached(100));
        assert_eq!(reached(100).accept(at(0)), reached(0));
    }
}
