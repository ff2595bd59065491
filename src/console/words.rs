//! How things are said on the screen: times, names, counts. Untrusted text is made fit to be seen here, by [`shown`] and
//! [`clipped`].

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::accounts::error::Error;
use crate::accounts::losses::Losses;
use crate::accounts::text::{told_apart, visible};
use crate::accounts::time::{Span, Time};
use crate::accounts::user::User;

/// Untrusted text, escaped.
pub fn shown(text: &str) -> String {
    visible(&bounded(text, LONGEST)).into_owned()
}

/// Untrusted text, escaped and cut in the middle to `width` cells.
pub fn clipped(text: &str, width: usize) -> String {
    // A row of a list pays for no more than it can show.
    clip_middle(&visible(&bounded(text, LONGEST / 4)), width)
}

/// What [`shown`] gave, for a list, where nobody may look like another: blanks that nobody sees are spelled out.
pub fn listed(shown: &str, width: usize) -> String {
    clip_middle(&told_apart(shown), width)
}

/// What went wrong, and what to do next.
pub fn refused(error: &Error) -> String {
    match &error.hint {
        Some(hint) => format!("{} · {hint}", error.message),
        None => error.message.clone(),
    }
}

/// Many times what the rules allow and what a screen holds; another program may have written a mebibyte, and every
/// frame would pay for it.
const LONGEST: usize = 16 * 1024;

fn bounded(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let boundary = |at: usize| (at..).find(|&at| text.is_char_boundary(at)).unwrap_or(at);
    let head = &text[..boundary(longest / 2)];
    let tail = &text[boundary(text.len() - longest / 2)..];
    let left_out = number((text.len() - head.len() - tail.len()) as u64);
    Cow::Owned(format!("{head} … {left_out} bytes … {tail}"))
}

/// How many cells a text takes. A ligature is counted as its letters: the screen sets each into cells of its own.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(|g| g.width()).sum() }
}

/// Cuts a text in its middle to at most `width` cells.
pub fn clip_middle(text: &str, width: usize) -> String {
    if self::width(text) <= width {
        return text.to_owned();
    }
    if width == 0 {
        return String::new();
    }
    let room = width - 1;
    let (head, tail) = (room.div_ceil(2), room / 2);
    format!("{}…{}", take(text, head), take_last(text, tail))
}

/// Cuts a text at its end to at most `width` cells.
pub fn clip_end(text: &str, width: usize) -> String {
    if self::width(text) <= width {
        return text.to_owned();
    }
    if width == 0 {
        return String::new();
    }
    format!("{}…", take(text, width - 1))
}

/// As much of the beginning as fits.
pub fn take(text: &str, width: usize) -> &str {
    let mut used = 0;
    let over = text.grapheme_indices(true).find(|(_, g)| {
        used += g.width();
        used > width
    });
    over.map_or(text, |(at, _)| &text[..at])
}

/// As much of the end as fits.
pub fn take_last(text: &str, width: usize) -> &str {
    let mut used = 0;
    let over = text.grapheme_indices(true).rev().find(|(_, g)| {
        used += g.width();
        used > width
    });
    over.map_or(text, |(at, g)| &text[at + g.len()..])
}

/// Breaks a text into lines of at most `width` cells, at spaces where there are any.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let cells = self::width;
    if cells(text) <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut pieces = pieces(word, width);
        let last = pieces.pop().unwrap_or_default();
        if !line.is_empty() && (!pieces.is_empty() || cells(&line) + 1 + cells(&last) > width) {
            lines.push(std::mem::take(&mut line));
        }
        lines.extend(pieces);
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&last);
    }
    lines.push(line);
    lines
}

/// Breaks a text into lines of at most `width` cells wherever that is: nothing of it is lost at the breaks.
pub fn pieces(text: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let head = take(rest, width);
        if head.len() == rest.len() || head.is_empty() {
            pieces.push(rest.to_owned());
            return pieces;
        }
        pieces.push(head.to_owned());
        rest = &rest[head.len()..];
    }
}

/// A length of time in its largest unit: `now`, `3 min`, `2 h`, `41 d`.
pub fn span(span: Span) -> String {
    let minutes = span.millis() / Span::MINUTE.millis();
    match minutes {
        ..=0 => "now".to_owned(),
        1..=59 => format!("{minutes} min"),
        60..=1439 => format!("{} h", minutes / 60),
        1440..=1_051_199 => format!("{} d", minutes / 1440),
        _ => format!("{} y", minutes / 525_600),
    }
}

/// A short wait to the second, a longer one in its largest unit.
pub fn span_exactly(wait: Span) -> String {
    let seconds = (wait.millis() + 999) / 1000;
    if seconds < 120 { format!("{seconds} s") } else { span(wait) }
}

/// How long ago, for a column.
pub fn since(at: Time, now: Time) -> String {
    span(now.since(at))
}

/// How long ago, for a sentence: `now` or `3 min ago`.
pub fn ago(at: Time, now: Time) -> String {
    match since(at, now).as_str() {
        "now" => "just now".to_owned(),
        text => format!("{text} ago"),
    }
}

/// Seconds count only where somebody is waiting for them.
pub fn ago_exactly(at: Time, now: Time) -> String {
    let seconds = now.since(at).millis() / 1000;
    if seconds < 120 { format!("{seconds} s ago") } else { ago(at, now) }
}

/// The exact local time with its zone.
pub fn exact(at: Time, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(instant) => instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        Err(_) => format!("{} ms", at.millis()),
    }
}

/// A short local time for a history: the clock today, the day this year, the month before that.
pub fn short(at: Time, now: Time, zone: &TimeZone) -> String {
    let local = |at: Time| Timestamp::from_millisecond(at.millis()).ok().map(|t| t.to_zoned(zone.clone()));
    match (local(at), local(now)) {
        (Some(then), Some(today)) if then.date() == today.date() => then.strftime("%H:%M").to_string(),
        (Some(then), Some(today)) if then.year() == today.year() => then.strftime("%-d %b").to_string(),
        (Some(then), Some(_)) => then.strftime("%b %Y").to_string(),
        _ => "?".to_owned(),
    }
}

/// The local day, for "until 21 Dec".
pub fn day(at: Time, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(instant) => instant.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string(),
        Err(_) => "?".to_owned(),
    }
}

/// The local time of the day, for "until 18:02".
pub fn clock(at: Time, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(instant) => instant.to_zoned(zone.clone()).strftime("%H:%M").to_string(),
        Err(_) => "?".to_owned(),
    }
}

/// A number with its thousands set apart: `1,204,311`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 session`, `2 sessions`.
pub fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", number(n)) }
}

/// The losses of a change, a line each; the first line says that no undo restores them.
pub fn for_good(losses: &Losses) -> Vec<String> {
    let sentences = losses.sentences();
    if sentences.is_empty() {
        return vec!["nothing is lost for good".to_owned()];
    }
    let head = |at: usize| if at == 0 { "for good: " } else { "          " };
    sentences.iter().enumerate().map(|(at, sentence)| format!("{}{sentence}", head(at))).collect()
}

/// The losses of a change that was made: ` · lost for good: 2 sessions (firefox, phone)`.
pub fn lost(losses: &Losses) -> String {
    if losses.is_empty() { String::new() } else { format!(" · lost for good: {}", losses.nouns().join(", ")) }
}

/// The losses that an undo does not restore: ` · not restored: 2 sessions (firefox, phone)`.
pub fn not_restored(losses: &Losses) -> String {
    if losses.is_empty() { String::new() } else { format!(" · not restored: {}", losses.nouns().join(", ")) }
}

/// A person as a command line names them, such that it means this person and nothing else: by id where the name cannot
/// be typed, would be taken for an option, or would do something on its way through a shell.
pub fn typed(user: &User) -> String {
    let name = user.name.as_str();
    let forced = if name.starts_with("id:") || name.starts_with("name:") { "name:" } else { "" };
    if name.is_empty() || name.starts_with('-') || name.contains('\'') || visible(name) != name {
        return format!("id:{}", shell_word(&shown(user.id.as_str())));
    }
    shell_word(&format!("{forced}{name}"))
}

/// A text as one word of a shell's command line.
pub fn shell_word(text: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "@._+-:/=".contains(c);
    // At its beginning `=` stands for the path of a program in some shells, and `-` for an option everywhere.
    if !text.is_empty() && text.chars().all(safe) && !text.starts_with(['-', '=']) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_cut_in_its_middle() {
        assert_eq!(clip_middle("alice.liddell@example.org", 12), "alice.…e.org");
        assert_eq!(clip_middle("alice", 5), "alice");
        assert_eq!(clip_middle("alice", 1), "…");
        assert_eq!(clip_middle("alice", 0), "");
    }

    #[test]
    fn cells_are_counted_as_they_are_set() {
        // As a ligature these two are one cell wide, and yet each is set into its own.
        assert_eq!(width("\u{644}\u{627}"), 2);
        assert_eq!(clip_end("\u{644}\u{627}\u{644}\u{627}", 3), "\u{644}\u{627}…");
        assert_eq!(take_last("ab李", 3), "b李");
    }

    #[test]
    fn lines_break_at_spaces_or_where_they_must() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(pieces("abcd efgh", 4), ["abcd", " efg", "h"]);
        assert_eq!(wrap(&"x".repeat(1 << 20), 100).len(), 10_486, "in one pass");
    }

    #[test]
    fn what_is_much_too_long_is_cut_in_its_middle() {
        let long = format!("begin{}end", "\u{1b}".repeat(1 << 20));
        let text = shown(&long);
        assert!(text.starts_with("begin") && text.ends_with("end") && text.contains(" … 1,032,200 bytes … "));
        assert_eq!(clipped(&long, 20).len(), 20 + 2);
    }

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let spans = [(0, "now"), (59, "now"), (60, "1 min"), (3599, "59 min"), (7200, "2 h"), (86_400 * 41, "41 d")];
        for (seconds, words) in spans {
            assert_eq!(span(Span::SECOND.times(seconds)), words);
        }
        assert_eq!(span(Span::DAY.times(365 * 3)), "3 y");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!((number(0), number(999), number(1000)), ("0".into(), "999".into(), "1,000".into()));
        assert_eq!(number(1_204_311), "1,204,311");
    }

    #[test]
    fn an_instant_is_local_with_its_zone() {
        let at = Time::from_millis(1_795_276_800_000);
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap_or(TimeZone::UTC);
        assert!(exact(at, &tokyo).starts_with("2026-11-2"), "{}", exact(at, &tokyo));
        assert_eq!(exact(at, &TimeZone::UTC), "2026-11-21 16:00:00 UTC");
        assert_eq!(short(at, at, &TimeZone::UTC), "16:00");
    }

    #[test]
    fn a_word_that_a_shell_would_read_otherwise_is_quoted() {
        for word in ["=ls", "=", "-x", "a b", "$x", "", "a;b", "~root"] {
            assert_eq!(shell_word(word), format!("'{word}'"));
        }
        for word in ["ann", "a=b", "zoë@example.org", "name:x", "10.0.0.1/8"] {
            assert_eq!(shell_word(word), word);
        }
        assert_eq!(shell_word("it's"), "'it'\\''s'");
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in any::<String>(), cells in 0usize..40) {
            let text = shown(&text);
            prop_assert!(width(&clip_middle(&text, cells)) <= cells);
            prop_assert!(width(&clip_end(&text, cells)) <= cells);
        }
    }
}
