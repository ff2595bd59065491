//! A user: who they are, in which status, and whether they could log in.

use std::fmt;
use std::str::FromStr;

use super::error::{Error, Field, Kind, Result};
use super::text::{first_forbidden, fold, name_of, quote};
use super::time::Time;

/// The public id of a user: 32 hex digits of 128 random bits, or what an import brought. Never used twice.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct UserId(String);

impl UserId {
    /// Takes an id as it stands in the database.
    pub fn new(id: impl Into<String>) -> Self {
        UserId(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text::visible(&self.0))
    }
}

/// A lawful name: trimmed, 1–512 code points, nothing that terminals obey or hide, not in the form of an id, and without
/// a beginning that commands read as an option or a prefix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    spelled: String,
    key: String,
}

/// The beginnings of a folded name that commands read as something else.
pub const MISREAD: [&str; 3] = ["-", "name:", "id:"];

impl Name {
    /// The longest name, in code points after trimming.
    pub const MAX: usize = 512;

    /// Judges a name as it was typed.
    ///
    /// # Errors
    /// `constraint_violation` with the rule that it breaks.
    pub fn parse(typed: &str) -> Result<Name> {
        let fault = |message: String| Err(Error::constraint(Field::Name, message));
        let spelled = typed.trim();
        if spelled.is_empty() {
            return fault("a name is needed".into());
        }
        let length = spelled.chars().count();
        if length > Self::MAX {
            return fault(format!("the name has {length} characters; {} are allowed", Self::MAX));
        }
        if let Some(c) = first_forbidden(spelled) {
            return fault(format!("the name contains {}", name_of(c)));
        }
        if spelled.len() == 32 && spelled.bytes().all(|b| b.is_ascii_hexdigit()) {
            return fault("a name of 32 hex digits would look like an id".into());
        }
        let key = fold(spelled);
        if let Some(prefix) = MISREAD.into_iter().find(|prefix| key.starts_with(prefix)) {
            return Err(Error::constraint(Field::Name, format!("a name cannot begin with \"{prefix}\""))
                .hint("commands read such a beginning as an option, or as a prefix of the name of another user"));
        }
        Ok(Name { spelled: spelled.to_owned(), key })
    }

    /// The original spelling.
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// What is unique among the living.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Role {
    /// Logs in; administers nobody.
    #[default]
    Member,
    /// Sees everything and changes nothing.
    Auditor,
    /// Administers.
    Admin,
}

impl Role {
    /// All roles, in rising order of power.
    pub const ALL: [Role; 3] = [Role::Member, Role::Auditor, Role::Admin];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Member => "member",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Role> {
        Role::ALL.into_iter().find(|role| role.word() == text).ok_or_else(|| {
            Error::constraint(Field::Role, format!("no role {}", quote(text))).hint("member, auditor or admin")
        })
    }
}

/// Where a user stands, apart from time and deletion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Registered, not yet activated.
    Pending,
    /// May log in.
    Active,
    /// Was switched off by somebody, perhaps with a reason.
    Inactive,
}

impl Status {
    /// All statuses.
    pub const ALL: [Status; 3] = [Status::Pending, Status::Active, Status::Inactive];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Active => "active",
            Status::Inactive => "inactive",
        }
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Status> {
        Status::ALL.into_iter().find(|status| status.word() == text).ok_or_else(|| {
            Error::constraint(Field::Filter, format!("no status {}", quote(text))).hint("pending, active or inactive")
        })
    }
}

/// A user as the database holds them. Texts may be hostile: show them through [`super::text::visible`] only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The public id.
    pub id: UserId,
    /// The name in its original spelling.
    pub name: String,
    /// An address to reach them; not unique, never logs anyone in.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Short words that a service may read as groups, sorted.
    pub labels: Vec<String>,
    /// Where they stand.
    pub status: Status,
    /// Why they are inactive, in the words of whoever did it.
    pub reason: Option<String>,
    /// By whom the status was last changed.
    pub status_by: Option<String>,
    /// When the status was last changed.
    pub status_at: Option<Time>,
    /// Free words for administrators.
    pub note: Option<String>,
    /// Whether a second factor is on.
    pub factor: bool,
    /// Whether a password is set; a person who chooses by a code has none before.
    pub password_set_at: Option<Time>,
    /// When they came into being.
    pub created_at: Time,
    /// When they were last activated.
    pub activated_at: Option<Time>,
    /// When they last logged in.
    pub last_login_at: Option<Time>,
    /// When any session or API token was last used, up to an hour late.
    pub last_used_at: Option<Time>,
    /// The last instant at which they may log in or be checked.
    pub valid_until: Option<Time>,
    /// When they were deleted; restorable for [`super::user::KEPT_DAYS`] days.
    pub deleted_at: Option<Time>,
    /// How many sessions are live.
    pub sessions: u32,
    /// Until when the next try to log in from some class of sources is held, if one has to wait now.
    pub throttled_until: Option<Time>,
    /// Counts the changes of this row; what was drawn in one version is not done to another.
    pub version: i64,
}

/// For how many days a deleted person can be restored.
pub const KEPT_DAYS: i64 = 30;

impl User {
    /// Whether the last instant of validity has passed.
    pub fn is_expired(&self, now: Time) -> bool {
        self.valid_until.is_some_and(|until| now > until)
    }

    /// The facts in the row of this user that refuse a login with the right password, the most general first. The login
    /// and the login status both ask this function.
    pub fn barriers(&self, now: Time) -> impl Iterator<Item = Barrier> + use<> {
        let status = match self.status {
            Status::Active => None,
            Status::Pending => Some(Barrier::Pending),
            Status::Inactive => Some(Barrier::Inactive),
        };
        let barriers = [
            self.deleted_at.map(|_| Barrier::Deleted),
            status,
            self.is_expired(now).then_some(Barrier::Expired),
            self.password_set_at.is_none().then_some(Barrier::NoPassword),
        ];
        barriers.into_iter().flatten()
    }

    /// Whether log-in and checks are open to this person, a right password and code supposed.
    pub fn can_log_in(&self, now: Time) -> bool {
        self.barriers(now).next().is_none()
    }
}

/// One fact about a user that refuses every login.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Barrier {
    /// The user is deleted.
    Deleted,
    /// The user was never activated.
    Pending,
    /// The user was deactivated.
    Inactive,
    /// The end date has passed.
    Expired,
    /// No password is set.
    NoPassword,
}

/// Somebody who is about to exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The judged name.
    pub name: Name,
    /// The judged e-mail address.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Judged labels.
    pub labels: Vec<String>,
    /// Free words.
    pub note: Option<String>,
    /// Whether they must be activated before the first log-in.
    pub pending: bool,
    /// The last instant of validity.
    pub valid_until: Option<Time>,
}

impl Draft {
    /// A member of this name, active, with nothing else said.
    ///
    /// # Errors
    /// What [`Name::parse`] says.
    pub fn named(name: &str) -> Result<Draft> {
        Ok(Draft {
            name: Name::parse(name)?,
            email: None,
            role: Role::Member,
            labels: Vec::new(),
            note: None,
            pending: false,
            valid_until: None,
        })
    }
}

/// What is to be changed of a user; `None` leaves as it is, `Some(None)` empties.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    /// A new name.
    pub name: Option<Name>,
    /// A new e-mail address.
    pub email: Option<Option<String>>,
    /// A new role.
    pub role: Option<Role>,
    /// New labels, all of them.
    pub labels: Option<Vec<String>>,
    /// A new note.
    pub note: Option<Option<String>>,
    /// A new last instant.
    pub valid_until: Option<Option<Time>>,
}

/// Judges an e-mail address: one `@` with something on both sides, no spaces, at most 254 bytes (RFC 5321, 4.5.3.1.3).
/// An empty text is no address.
///
/// # Errors
/// `constraint_violation`.
pub fn parse_email(typed: &str) -> Result<Option<String>> {
    let email = typed.trim();
    if email.is_empty() {
        return Ok(None);
    }
    let fault = |message: String| Err(Error::constraint(Field::Email, message));
    if email.len() > 254 {
        return fault("the e-mail address is longer than 254 bytes".into());
    }
    if let Some(c) = first_forbidden(email) {
        return fault(format!("the e-mail address contains {}", name_of(c)));
    }
    match email.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !email.contains(' ') => {
            Ok(Some(email.to_owned()))
        }
        _ => fault("an e-mail address has the form name@host".into()),
    }
}

/// Judges labels: words of 1–32 letters, digits, `-`, `_`, `.` or `:`, folded, sorted, each once, at most 32.
///
/// # Errors
/// `constraint_violation` naming the label.
pub fn parse_labels<'a>(typed: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>> {
    let mut labels = Vec::new();
    for word in typed.into_iter().flat_map(|text| text.split([',', ' '])).filter(|word| !word.is_empty()) {
        let label = fold(word);
        let lawful = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        if label.chars().count() > 32 || !label.chars().all(lawful) || first_forbidden(&label).is_some() {
            return Err(Error::constraint(Field::Labels, format!("not a label: {}", quote(word)))
                .hint("up to 32 letters, digits, - _ . or :"));
        }
        labels.push(label);
    }
    labels.sort();
    labels.dedup();
    if labels.len() > 32 {
        return Err(Error::constraint(Field::Labels, "more than 32 labels"));
    }
    Ok(labels)
}

/// The longest note about a person, in code points after trimming.
pub const LONGEST_NOTE: usize = 1000;

/// The longest reason for a change, in code points after trimming.
pub const LONGEST_REASON: usize = 200;

/// Judges a note or a reason: one line of at most `max` code points after trimming; empty is none.
///
/// # Errors
/// `constraint_violation` of `field`.
pub fn parse_words(field: Field, typed: &str, max: usize) -> Result<Option<String>> {
    let words = typed.trim();
    if words.is_empty() {
        return Ok(None);
    }
    if words.chars().count() > max {
        return Err(Error::constraint(field, format!("longer than {max} characters")));
    }
    match first_forbidden(words) {
        Some(c) => Err(Error::constraint(field, format!("contains {}", name_of(c)))),
        None => Ok(Some(words.to_owned())),
    }
}

/// A status that a command asks for, deletion included.
///
/// # Errors
/// [`Kind::ConstraintViolation`] for an unknown word.
pub fn parse_state(text: &str) -> Result<Option<Status>> {
    if text == "deleted" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: Error| Error {
        kind: Kind::ConstraintViolation,
        hint: Some("pending, active, inactive or deleted".into()),
        ..error
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A member who can log in, for the tests of whatever judges people.
    pub(crate) fn somebody() -> User {
        User {
            id: UserId::new("0"),
            name: "alice".into(),
            email: None,
            role: Role::Member,
            labels: Vec::new(),
            status: Status::Active,
            reason: None,
            status_by: None,
            status_at: None,
            note: None,
            password_set_at: None,
            created_at: Time::from_millis(1),
            activated_at: None,
            last_login_at: None,
            last_used_at: None,
            valid_until: None,
            deleted_at: None,
            throttled_until: None,
            factor: false,
            sessions: 0,
            version: 1,
        }
    }

    #[test]
    fn f03_a_name_is_trimmed_before_any_check() {
        assert_eq!(Name::parse(" \u{2003}alice\t").expect("lawful").as_str(), "alice");
    }

    #[test]
    fn f04_a_blank_name_is_missing_and_not_too_long() {
        for blank in ["", " \t", "\u{a0}"] {
            let error = Name::parse(blank).expect_err("blank");
            assert_eq!(error.kind, Kind::ConstraintViolation);
            assert_eq!(error.message, "a name is needed");
        }
    }

    #[test]
    fn f05_512_code_points_after_trimming_and_no_more() {
        assert!(Name::parse(&"é".repeat(512)).is_ok());
        assert!(Name::parse(&format!("{}   ", "a".repeat(512))).is_ok());
        assert!(Name::parse(&"a".repeat(513)).is_err());
    }

    #[test]
    fn names_that_deceive_are_refused() {
        for bad in ["a\u{1b}[31m", "ad\u{200b}min", "\u{202e}nimda", "a\nb", "a\u{a0}b", "\u{e000}", "x\u{378}"] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Name::parse("0123456789abcdef0123456789ABCDEF").is_err(), "looks like an id");
        assert!(Name::parse("Anna Müller").is_ok(), "inner spaces are fine");
        assert!(Name::parse("a:b").is_ok());
    }

    #[test]
    fn names_that_commands_misread_are_refused() {
        for bad in ["-", "-x", " --filter=!is:deleted", "name:x", "NAME:x", "Name:", "id:x", "\tID:x", "iD:1"] {
            let error = Name::parse(bad).expect_err(bad);
            assert_eq!((error.kind, error.field), (Kind::ConstraintViolation, Some(Field::Name)), "{bad:?}");
        }
        for good in ["a-b", "x:-", "named:x", "idea", "i d:x", "my id:x", "\u{2010}x"] {
            assert!(Name::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn labels_are_folded_sorted_and_each_there_once() {
        assert_eq!(parse_labels(["Support,billing", "support"]).expect("lawful"), ["billing", "support"]);
        assert!(parse_labels(["a/b"]).is_err());
    }

    #[test]
    fn an_email_has_two_sides() {
        assert_eq!(parse_email(" a@b ").expect("lawful"), Some("a@b".into()));
        assert_eq!(parse_email("").expect("none"), None);
        let long = |bytes: usize| format!("{}@b", "a".repeat(bytes - 2));
        assert!(parse_email(&long(254)).is_ok() && parse_email(&long(255)).is_err());
        for bad in ["a", "@b", "a@", "a b@c"] {
            assert!(parse_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn labels_have_at_most_thirty_two_characters_and_are_as_many() {
        let word = |letters: usize| "é".repeat(letters);
        assert_eq!(parse_labels([word(32).as_str()]).expect("lawful"), [word(32)]);
        assert!(parse_labels([word(33).as_str()]).is_err());
        let many = |n: usize| (0..n).map(|at| format!("l{at:02}")).collect::<Vec<_>>().join(" ");
        assert_eq!(parse_labels([many(32).as_str(), "l00"]).expect("lawful").len(), 32, "each counts once");
        assert!(parse_labels([many(33).as_str()]).is_err());
        assert!(parse_labels(["a-b_c.d:e"]).is_ok() && parse_labels(["a\u{200b}"]).is_err());
    }
}
