//! JSON for programs: stable keys, RFC 3339 times, and no byte in it that a terminal would obey or hide.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::words;
use crate::accounts::api_token::ApiToken;
use crate::accounts::audit::{Change, Entry};
use crate::accounts::error::Error;
use crate::accounts::losses::Losses;
use crate::accounts::secret::Secret;
use crate::accounts::session::Session;
use crate::accounts::text::is_hostile;
use crate::accounts::time::Time;
use crate::accounts::trail::Failed;
use crate::accounts::user::User;
use crate::accounts::verdict::Obstacle;

/// Compact, with every hostile character spelled as `\uXXXX`: the value is the same, the bytes are harmless.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_hostile(c) && c != ' ') {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// One value on one line.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn line<T: Serialize + ?Sized>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(256);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Harmless))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// An error.
#[derive(Serialize)]
pub struct ErrorJson<'a> {
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> From<&'a Error> for ErrorJson<'a> {
    fn from(error: &'a Error) -> Self {
        ErrorJson { kind: error.kind.word(), message: &error.message, hint: error.hint.as_deref() }
    }
}

/// A user: everything but what a password leaves behind.
#[derive(Serialize)]
pub struct UserJson<'a> {
    user_id: &'a str,
    name: &'a str,
    email: Option<&'a str>,
    role: &'static str,
    labels: &'a [String],
    status: &'static str,
    reason: Option<&'a str>,
    note: Option<&'a str>,
    factor: bool,
    created_at: String,
    activated_at: Option<String>,
    last_login_at: Option<String>,
    last_used_at: Option<String>,
    valid_until: Option<String>,
    deleted_at: Option<String>,
    throttled_until: Option<String>,
    sessions: u32,
    /// Only in the answer of a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    losses: Option<LossesJson<'a>>,
    /// Only where nothing of it was really done.
    #[serde(skip_serializing_if = "is_false")]
    dry_run: bool,
}

/// What a change took, or would take, for good.
#[derive(Serialize)]
pub struct LossesJson<'a> {
    sessions: u32,
    clients: &'a [String],
    tokens: u32,
    token_names: &'a [String],
    resets: u32,
    passwords: u32,
}

impl<'a> From<&'a Losses> for LossesJson<'a> {
    fn from(losses: &'a Losses) -> Self {
        LossesJson {
            sessions: losses.sessions,
            clients: &losses.clients,
            tokens: losses.tokens,
            token_names: &losses.token_names,
            resets: losses.resets,
            passwords: losses.passwords,
        }
    }
}

impl<'a> UserJson<'a> {
    /// Adds the losses of the change that led to this.
    pub fn losing(self, losses: Option<&'a Losses>) -> Self {
        UserJson { losses: losses.map(LossesJson::from), ..self }
    }

    /// Marks it as a rehearsal.
    pub fn rehearsed(self, dry_run: bool) -> Self {
        UserJson { dry_run, ..self }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
fn is_false(flag: &bool) -> bool {
    !flag
}

fn time(at: Option<Time>) -> Option<String> {
    at.map(Time::rfc3339)
}

impl<'a> From<&'a User> for UserJson<'a> {
    fn from(user: &'a User) -> Self {
        UserJson {
            user_id: user.id.as_str(),
            name: &user.name,
            email: user.email.as_deref(),
            role: user.role.word(),
            labels: &user.labels,
            status: words::status(user),
            reason: user.reason.as_deref(),
            note: user.note.as_deref(),
            factor: user.factor,
            created_at: user.created_at.rfc3339(),
            activated_at: time(user.activated_at),
            last_login_at: time(user.last_login_at),
            last_used_at: time(user.last_used_at),
            valid_until: time(user.valid_until),
            deleted_at: time(user.deleted_at),
            throttled_until: time(user.throttled_until),
            sessions: user.sessions,
            losses: None,
            dry_run: false,
        }
    }
}

/// A session; its token only when it was opened just now, its user only when it was checked.
#[derive(Serialize)]
pub struct SessionJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    session_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    client: Option<&'a str>,
    address: Option<&'a str>,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    ended_at: Option<String>,
    refused: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserJson<'a>>,
}

impl<'a> From<&'a Session> for SessionJson<'a> {
    fn from(session: &'a Session) -> Self {
        SessionJson {
            token: None,
            session_id: session.id.as_str(),
            user_id: session.user_id.as_str(),
            name: &session.name,
            client: session.client.as_deref(),
            address: session.address.as_deref(),
            created_at: session.created_at.rfc3339(),
            expires_at: time(session.expires_at),
            last_used_at: time(session.last_used_at),
            ended_at: time(session.ended_at),
            refused: session.refused,
            user: None,
        }
    }
}

impl<'a> SessionJson<'a> {
    /// Adds its token.
    pub fn with_token(self, token: &'a Secret) -> Self {
        SessionJson { token: Some(token.expose()), ..self }
    }

    /// Adds its owner.
    pub fn with_user(self, user: &'a User) -> Self {
        SessionJson { user: Some(user.into()), ..self }
    }
}

/// An API token; its value only when it was created just now, its user only when it was checked.
#[derive(Serialize)]
pub struct TokenJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    token_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    token_name: &'a str,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserJson<'a>>,
}

impl<'a> From<&'a ApiToken> for TokenJson<'a> {
    fn from(token: &'a ApiToken) -> Self {
        TokenJson {
            token: None,
            token_id: token.id.as_str(),
            user_id: token.user_id.as_str(),
            name: &token.owner,
            token_name: &token.name,
            created_at: token.created_at.rfc3339(),
            expires_at: time(token.expires_at),
            last_used_at: time(token.last_used_at),
            user: None,
        }
    }
}

impl<'a> TokenJson<'a> {
    /// Adds its value.
    pub fn with_value(self, value: &'a Secret) -> Self {
        TokenJson { token: Some(value.expose()), ..self }
    }

    /// Adds its owner.
    pub fn with_user(self, user: &'a User) -> Self {
        TokenJson { user: Some(user.into()), ..self }
    }
}

/// An obstacle of a verdict, with the command that cures it.
#[derive(Serialize)]
pub struct ObstacleJson<'a> {
    kind: &'static str,
    since: Option<String>,
    by: Option<&'a str>,
    reason: Option<&'a str>,
    cure: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

impl<'a> ObstacleJson<'a> {
    /// An obstacle in this person's way.
    pub fn of(obstacle: &'a Obstacle, user: &User) -> Self {
        ObstacleJson {
            kind: obstacle.word,
            since: time(obstacle.since),
            by: obstacle.by.as_deref(),
            reason: obstacle.reason.as_deref(),
            cure: words::cure(obstacle.cure, user),
            until: obstacle.throttled.as_ref().map(|throttled| throttled.until.rfc3339()),
            failures: obstacle.throttled.as_ref().map(|throttled| throttled.failures),
            address: obstacle.throttled.as_ref().and_then(|throttled| throttled.address.as_deref()),
        }
    }
}

/// An audit entry.
#[derive(Serialize)]
pub struct EntryJson<'a> {
    seq: i64,
    at: String,
    actor_kind: &'a str,
    actor_id: Option<&'a str>,
    actor: Option<&'a str>,
    origin: Option<&'a str>,
    action: &'a str,
    target_id: Option<&'a str>,
    target: Option<&'a str>,
    reason: Option<&'a str>,
    changes: &'a [Change],
    words: Option<&'a str>,
    erased: bool,
    digest: String,
}

impl<'a> From<&'a Entry> for EntryJson<'a> {
    fn from(entry: &'a Entry) -> Self {
        let detail = entry.detail.as_ref();
        EntryJson {
            seq: entry.seq,
            at: entry.at.rfc3339(),
            actor_kind: &entry.actor_kind,
            actor_id: entry.actor_id.as_ref().map(|id| id.as_str()),
            actor: entry.known_actor(),
            origin: detail.map(|detail| detail.origin.as_str()).filter(|origin| !origin.is_empty()),
            action: &entry.deed,
            target_id: entry.target.as_ref().map(|id| id.as_str()),
            target: detail.and_then(|detail| detail.target.as_deref()),
            reason: detail.and_then(|detail| detail.reason.as_deref()),
            changes: detail.map_or(&[], |detail| &detail.changes),
            words: detail.and_then(|detail| detail.words.as_deref()),
            erased: detail.is_none(),
            digest: entry.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// Failed log-ins of a minute, with the keys of an entry: they have no number and no digest, being counted and no deed.
#[derive(Serialize)]
pub struct FailedJson<'a> {
    seq: Option<i64>,
    at: String,
    actor_kind: Option<&'a str>,
    actor_id: Option<&'a str>,
    actor: Option<&'a str>,
    origin: Option<&'a str>,
    action: &'a str,
    target_id: Option<&'a str>,
    target: Option<&'a str>,
    reason: Option<&'a str>,
    changes: &'a [Change],
    words: Option<String>,
    erased: bool,
    digest: Option<String>,
}

impl<'a> From<&'a Failed> for FailedJson<'a> {
    fn from(failed: &'a Failed) -> Self {
        let whose = failed.whose.as_ref();
        FailedJson {
            seq: None,
            at: failed.failures.at.rfc3339(),
            actor_kind: None,
            actor_id: None,
            actor: None,
            origin: None,
            action: words::FAILED,
            target_id: whose.map(|(id, _)| id.as_str()),
            target: whose.map(|(_, name)| name.as_str()),
            reason: None,
            changes: &[],
            words: Some(words::failed_words(failed)),
            erased: false,
            digest: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::text::from_bytes;

    fn round(text: &str) -> String {
        let Ok(bytes) = line(text) else { panic!("not written") };
        assert!(!String::from_utf8_lossy(&bytes).trim_end().chars().any(is_hostile), "{bytes:?}");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn hostile_text_is_harmless_and_nothing_of_it_is_lost() {
        let stray = from_bytes(b"a\xffb");
        for text in ["\u{1b}[2J", "\u{202e}nimda", "ad\u{200b}min", "\u{9b}", "\u{7f}", "\u{10ffff}", "zoë 李", &stray]
        {
            assert_eq!(round(text), text);
        }
        assert_eq!(line("\u{202e}").ok(), Some(b"\"\\u202e\"\n".to_vec()));
        assert_eq!(line("zoë").ok(), Some("\"zoë\"\n".as_bytes().to_vec()), "what is harmless stays readable");
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives(text in proptest::prelude::any::<String>()) {
            proptest::prop_assert_eq!(round(&text), text);
        }
    }
}
