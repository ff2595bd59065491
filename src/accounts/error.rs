//! What went wrong: a kind for programs, a sentence and a hint for people.

use std::fmt;
use std::ops::Range;

/// The result of everything that can be refused.
pub type Result<T> = std::result::Result<T, Error>;

/// The kinds of failure. Their names are the stable words of the JSON output, their codes the exit codes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)] // each name is its own documentation; the groups are told apart in `exit_code`
pub enum Kind {
    UnknownUser,
    UnknownSession,
    UnknownRequest,
    UnknownToken,
    InvalidCredentials,
    MissingOtpCode,
    InvalidOtpCode,
    Unauthenticated,
    Unauthorized,
    RegistrationDisabled,
    DuplicateUser,
    TokenNameExists,
    Stale,
    AmbiguousName,
    Busy,
    NoDatabase,
    Schema,
    ConstraintViolation,
    WeakPassword,
    LastAdmin,
    /// The command line was not understood.
    Usage,
    /// A newer question took the place of this one; never shown to anybody.
    Interrupted,
    /// The person at the keyboard said no.
    Cancelled,
    /// Done to some of many people, and not to others.
    PartlyDone,
    /// Anything else: a full disk, a damaged file.
    Failure,
}

impl Kind {
    /// The stable snake_case word.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::UnknownUser => "unknown_user",
            Kind::UnknownSession => "unknown_session",
            Kind::UnknownRequest => "unknown_request",
            Kind::UnknownToken => "unknown_token",
            Kind::InvalidCredentials => "invalid_credentials",
            Kind::MissingOtpCode => "missing_otp_code",
            Kind::InvalidOtpCode => "invalid_otp_code",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Unauthorized => "unauthorized",
            Kind::RegistrationDisabled => "registration_disabled",
            Kind::DuplicateUser => "duplicate_user",
            Kind::TokenNameExists => "token_name_exists",
            Kind::Stale => "stale",
            Kind::AmbiguousName => "ambiguous_name",
            Kind::Busy => "busy",
            Kind::NoDatabase => "no_database",
            Kind::Schema => "schema",
            Kind::ConstraintViolation => "constraint_violation",
            Kind::WeakPassword => "weak_password",
            Kind::LastAdmin => "last_admin",
            Kind::Usage => "usage",
            Kind::Interrupted => "interrupted",
            Kind::Cancelled => "cancelled",
            Kind::PartlyDone => "partly_done",
            Kind::Failure => "failure",
        }
    }

    /// The process's exit code for this kind.
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Failure | Kind::Interrupted => 1,
            Kind::Usage => 2,
            Kind::UnknownUser | Kind::UnknownSession | Kind::UnknownRequest | Kind::UnknownToken => 3,
            Kind::InvalidCredentials
            | Kind::MissingOtpCode
            | Kind::InvalidOtpCode
            | Kind::Unauthenticated
            | Kind::Unauthorized
            | Kind::RegistrationDisabled => 4,
            Kind::DuplicateUser | Kind::TokenNameExists | Kind::Stale | Kind::AmbiguousName => 5,
            Kind::Busy | Kind::NoDatabase | Kind::Schema => 6,
            Kind::ConstraintViolation | Kind::WeakPassword | Kind::LastAdmin => 7,
            Kind::PartlyDone => 8,
            Kind::Cancelled => 9,
        }
    }
}

/// Which input was at fault, so that a form can show the sentence beneath it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Field {
    Name,
    Email,
    Password,
    Labels,
    Note,
    Role,
    Reason,
    Time,
    Filter,
    Policy,
    Client,
    Address,
    TokenName,
    Code,
}

/// A refusal or a failure. Its text is safe to print: whoever builds it escapes what came from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What kind it is.
    pub kind: Kind,
    /// What happened, one sentence without a full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The input at fault.
    pub field: Option<Field>,
    /// Which bytes of that input are at fault, where it is a line of several words.
    pub place: Option<Range<usize>>,
}

impl Error {
    /// An error of this kind with this sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), hint: None, field: None, place: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the input that is at fault.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.field = Some(field);
        self
    }

    /// Adds which bytes of the input are at fault.
    #[must_use]
    pub fn at(mut self, place: Range<usize>) -> Self {
        self.place = Some(place);
        self
    }

    /// A [`Kind::ConstraintViolation`] of one field.
    pub fn constraint(field: Field, message: impl Into<String>) -> Self {
        Error::new(Kind::ConstraintViolation, message).field(field)
    }

    /// The one answer to every log-in that does not succeed, whatever the reason (ASVS 6.3.8).
    pub fn invalid_credentials() -> Self {
        Error::new(Kind::InvalidCredentials, "name or password is wrong, or this person cannot log in")
            .hint("`rollbook user why NAME` tells an administrator the reason")
    }

    /// The password was right; the second factor is still to come.
    pub fn missing_otp_code() -> Self {
        Error::new(Kind::MissingOtpCode, "a second-factor code is needed")
            .hint("the six digits that the authenticator app shows, or a backup code")
    }

    /// The password was right; the second factor is not, whatever the reason.
    pub fn invalid_otp_code() -> Self {
        Error::new(Kind::InvalidOtpCode, "the second-factor code is wrong, or was used before")
            .hint("wait for the next code of the app, or use another backup code")
    }

    /// No user answers to this name or id.
    pub fn unknown_user(wanted: &str) -> Self {
        Error::new(Kind::UnknownUser, format!("no user {}", super::text::quote(wanted)))
            .hint("`rollbook user list --prefix` finds names; deleted people are listed with --status deleted")
    }

    /// No live session is behind what was shown.
    pub fn unauthenticated() -> Self {
        Error::new(Kind::Unauthenticated, "not logged in").hint("log in again; the session is unknown, over or ended")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
