//! How things are said to people: states, times, commands to type. Everything returned here is safe to print.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::accounts::losses::Losses;
use crate::accounts::text::{is_hostile, visible};
use crate::accounts::time::Time;
use crate::accounts::trail::Failed;
use crate::accounts::user::User;
use crate::accounts::verdict::Cure;

/// The status as commands ask for it: somebody deleted is in no other.
pub fn status(user: &User) -> &'static str {
    if user.deleted_at.is_some() { "deleted" } else { user.status.word() }
}

/// What keeps somebody out at a glance; the status where nothing does.
pub fn state(user: &User, now: Time) -> &'static str {
    match status(user) {
        "active" if user.is_expired(now) => "expired",
        "active" if user.throttled_until.is_some_and(|until| now < until) => "throttled",
        "active" if user.password_set_at.is_none() => "no password",
        word => word,
    }
}

/// An instant in the machine's zone, with the zone.
pub fn local(at: Time) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(instant) => instant.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string(),
        // A row written by another program may hold any number.
        Err(_) => at.rfc3339(),
    }
}

/// The time of day of an instant close by, to the second, in the machine's zone.
pub fn clock(at: Time) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(instant) => instant.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => at.rfc3339(),
    }
}

/// A distance in time in its largest unit: `3 min`, `6 d`.
fn distance(millis: i64) -> String {
    let seconds = millis / 1000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        86_400..63_072_000 => format!("{} d", seconds / 86_400),
        _ => format!("{} y", seconds / 31_536_000),
    }
}

/// What a failed log-in is called in the list of what was done.
pub const FAILED: &str = "log-in refused";

/// How often, and from where last.
pub fn failed_words(failed: &Failed) -> String {
    let times = match failed.failures.count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    match &failed.failures.address {
        Some(address) => format!("{times}, last from {address}"),
        None => times,
    }
}

/// How long ago that was.
pub fn ago(at: Option<Time>, now: Time) -> String {
    match at {
        None => "never".to_owned(),
        Some(at) if now.since(at).millis() < 1000 => "now".to_owned(),
        Some(at) => format!("{} ago", distance(now.since(at).millis())),
    }
}

/// How long it is until then.
pub fn left(until: Option<Time>, now: Time) -> String {
    match until {
        None => "never ends".to_owned(),
        Some(until) if until < now => "over".to_owned(),
        Some(until) => format!("{} left", distance(until.since(now).millis())),
    }
}

/// The losses of a change that would be made: ` · for good: logs out 1 session (firefox)`.
pub fn for_good(losses: &Losses) -> String {
    if losses.is_empty() { String::new() } else { format!(" · for good: {}", losses.sentences().join(", ")) }
}

/// The losses of a change that was made: ` · lost for good: 1 session (firefox)`.
pub fn lost(losses: &Losses) -> String {
    if losses.is_empty() { String::new() } else { format!(" · lost for good: {}", losses.nouns().join(", ")) }
}

/// How many of something.
pub fn count(n: u32, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// A user's name as it is typed in a shell, such that it means this person and no other.
pub fn typed(user: &User) -> Option<String> {
    let name = user.name.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._+-".contains(c);
    if name.is_empty() || name.starts_with('-') || name.chars().any(|c| is_hostile(c) && c != ' ') {
        return None;
    }
    if name.chars().all(plain) {
        return Some(name.to_owned());
    }
    let forced = if name.starts_with("id:") || name.starts_with("name:") { "name:" } else { "" };
    (visible(name) == name && !name.contains('\'')).then(|| format!("'{forced}{name}'"))
}

/// An id as one word of a shell's command line: one that came from elsewhere may hold anything.
fn by_id(id: &str) -> String {
    format!("'id:{}'", visible(id).replace('\'', "'\\''"))
}

/// The command that cures an obstacle, ready to be typed.
pub fn cure(cure: Cure, user: &User) -> String {
    let by_id = || by_id(user.id.as_str());
    match (cure, typed(user)) {
        (Cure::Password, name) => format!("rollbook reset request {}", name.unwrap_or_else(by_id)),
        // Several deleted people may have had one name; the id means the one who was asked about.
        (Cure::Restore, _) => format!("rollbook user restore {}", by_id()),
        (Cure::Activate, name) => format!("rollbook user activate {}", name.unwrap_or_else(by_id)),
        (Cure::Unthrottle, name) => format!("rollbook user unthrottle {}", name.unwrap_or_else(by_id)),
        (Cure::Factor | Cure::BackupCode, name) => format!("rollbook factor disable {}", name.unwrap_or_else(by_id)),
        (Cure::Rename, _) => format!("rollbook user edit {} --name NEW", by_id()),
        (Cure::Edit, name) => format!("rollbook user edit {} --valid-until none", name.unwrap_or_else(by_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_word_of_the_shell_whatever_it_holds() {
        assert_eq!(by_id("ab12"), "'id:ab12'");
        assert_eq!(by_id("a';touch x;'"), "'id:a'\\'';touch x;'\\'''");
    }

    #[test]
    fn a_distance_is_told_in_its_largest_unit() {
        let at = |seconds: i64| Some(Time::from_millis(1_000_000_000_000 - seconds * 1000));
        let now = Time::from_millis(1_000_000_000_000);
        let told: Vec<String> = [0, 59, 60, 7200, 172_800, 90_000_000].map(|s| ago(at(s), now)).into();
        assert_eq!(told, ["now", "59 s ago", "1 min ago", "2 h ago", "2 d ago", "2 y ago"]);
        assert_eq!(ago(None, now), "never");
        assert_eq!(left(Some(Time::from_millis(1_000_000_060_000)), now), "1 min left");
    }
}
