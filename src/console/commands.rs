//! The command that does what is done on the screen, ready to be typed.

use super::effect::{Grave, Write};
use super::words::{shell_word, shown, typed};
use crate::accounts::time::Time;
use crate::accounts::user::{Draft, Edit, Role, User};

/// Flags and their values, one behind the other.
struct Line(String);

impl Line {
    fn flag(mut self, flag: &str, value: Option<&str>) -> Line {
        if let Some(value) = value {
            self.0.push_str(&format!(" {flag} {}", word(value)));
        }
        self
    }

    fn bare(mut self, flag: &str, on: bool) -> Line {
        if on {
            self.0.push(' ');
            self.0.push_str(flag);
        }
        self
    }
}

/// A value as one word. What is being typed may hold anything; only harmless text stays as it is. A backslash is
/// harmless and stays single, since a shell takes the word as it stands.
fn word(value: &str) -> String {
    let plain = value.replace('\\', "");
    if shown(&plain) == plain { shell_word(value) } else { shell_word(&shown(value)) }
}

/// What a new user is called into being by, as far as it has been filled in.
#[derive(Default)]
#[allow(missing_docs)] // the fields of the form, in its words
pub struct NewUser<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub labels: Vec<&'a str>,
    pub role: Role,
    pub pending: bool,
    pub by_code: bool,
}

impl NewUser<'_> {
    /// The command.
    pub fn command(&self) -> String {
        let some = |text: &'_ str| if text.is_empty() { None } else { Some(text.to_owned()) };
        let name = Some(word(self.name)).filter(|_| !self.name.is_empty()).unwrap_or_else(|| "NAME".to_owned());
        let role = (self.role != Role::Member).then(|| self.role.word());
        let mut line = Line(format!("rollbook user register {name}"))
            .flag("--email", some(self.email).as_deref())
            .flag("--role", role);
        for label in &self.labels {
            line = line.flag("--label", Some(label));
        }
        let line = line.bare("--pending", self.pending);
        if self.by_code {
            return format!("{} && rollbook reset request {name}", line.bare("--no-password", true).0);
        }
        line.bare("--password-stdin", true).0
    }
}

/// The command that edits a person so.
pub fn edit(user: &User, edit: &Edit) -> String {
    let text = |value: &Option<Option<String>>| value.clone().map(Option::unwrap_or_default);
    let until = edit.valid_until.map(|until| until.map_or_else(|| "none".to_owned(), Time::rfc3339));
    let labels = edit.labels.as_ref().map(|labels| labels.join(","));
    Line(format!("rollbook user edit {}", typed(user)))
        .flag("--name", edit.name.as_ref().map(|name| name.as_str()))
        .flag("--email", text(&edit.email).as_deref())
        .flag("--label", labels.as_deref())
        .flag("--note", text(&edit.note).as_deref())
        .flag("--role", edit.role.map(Role::word))
        .flag("--valid-until", until.as_deref())
        .0
}

/// The command that requests a reset code.
pub fn request(user: &User) -> String {
    format!("rollbook reset request {}", typed(user))
}

/// The command for an order about `user`; `None` where no command does the same.
pub fn of(write: &Write, user: Option<&User>) -> Option<String> {
    let who = user.map(typed);
    let about = |verb: &str| who.as_ref().map(|who| format!("rollbook {verb} {who}"));
    match write {
        Write::Create { draft, password } => Some(created(draft, password.is_none())),
        Write::Activate { .. } => about("user activate"),
        Write::Deactivate { reason, .. } => {
            about("user deactivate").map(|line| Line(line).flag("--reason", reason.as_deref()).0)
        }
        Write::Edit { edit: changes, .. } => user.map(|user| edit(user, changes)),
        Write::Delete { .. } => about("user delete"),
        Write::Restore { id, name, .. } => {
            let line = Line(format!("rollbook user restore id:{}", shell_word(&shown(id.as_str()))));
            Some(line.flag("--name", name.as_ref().map(|name| name.as_str())).0)
        }
        Write::SetPassword { .. } => about("user passwd").map(|line| format!("{line} --set --password-stdin")),
        Write::IssueCode { .. } => user.map(request),
        Write::EndSession { id } => Some(format!("rollbook session logout {}", shell_word(&shown(id.as_str())))),
        Write::EndSessions { .. } => about("session logout --user"),
        Write::Contain { .. } | Write::Proven { grave: Grave::Contain { .. }, .. } => about("user contain"),
        Write::Unthrottle { .. } => about("user unthrottle"),
        Write::CreateToken { name, .. } => {
            about("token create").map(|line| Line(line).flag("--name", name.as_deref()).0)
        }
        Write::RevokeToken { id } => Some(format!("rollbook token revoke {}", shell_word(&shown(id.as_str())))),
        Write::DisableFactor { .. } => about("factor disable"),
        Write::SetPolicy { key, value } => Some(format!("rollbook policy set {key} {}", word(value))),
        Write::EnableFactor { .. } => about("factor enable"),
        Write::RefreshCodes { .. } => about("factor codes"),
        Write::BeginFactor { .. } => None,
        Write::Many(_) | Write::Proven { grave: Grave::Many(_), .. } => None,
        Write::Undo(_) | Write::SignIn { .. } => None,
    }
}

/// The command that makes a change to everybody whom a filter lets through.
pub fn for_many(verb: &str, expression: &str, reason: Option<&str>) -> String {
    Line(format!("rollbook user {verb}"))
        .flag("--filter", Some(expression))
        .flag("--reason", reason)
        .bare("--yes", true)
        .0
}

/// The command that lists what a filter lets through; `noun` is of users or of sessions.
pub fn list(noun: &str, expression: &str) -> String {
    Line(format!("rollbook {noun} list")).flag("--filter", Some(expression)).0
}

fn created(draft: &Draft, by_code: bool) -> String {
    NewUser {
        name: draft.name.as_str(),
        email: draft.email.as_deref().unwrap_or_default(),
        labels: draft.labels.iter().map(String::as_str).collect(),
        role: draft.role,
        pending: draft.pending,
        by_code,
    }
    .command()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::user::UserId;
    use crate::accounts::user::tests::somebody;

    fn person(name: &str) -> User {
        User { id: UserId::new("0123"), name: name.to_owned(), ..somebody() }
    }

    #[test]
    fn a_code_is_requested_by_name_or_by_id() {
        for (name, named) in [
            ("ann", "ann"),
            ("Ann Lee", "'Ann Lee'"),
            ("id:ann", "name:id:ann"),
            ("-ann", "id:0123"),
            ("an\u{200b}n", "id:0123"),
            ("o'ann", "id:0123"),
        ] {
            assert_eq!(request(&person(name)), format!("rollbook reset request {named}"), "{name:?}");
        }
    }

    #[test]
    fn every_field_of_a_new_user_is_in_the_command() {
        let new = NewUser {
            name: "Zoë Test",
            email: "z@example.org",
            labels: vec!["beta", "ops"],
            role: Role::Auditor,
            pending: true,
            by_code: false,
        };
        let wanted = "rollbook user register 'Zoë Test' --email z@example.org --role auditor --label beta --label ops \
                      --pending --password-stdin";
        assert_eq!(new.command(), wanted);
        let backslash = NewUser { name: "corp\\ann", ..NewUser::default() };
        assert_eq!(backslash.command(), "rollbook user register 'corp\\ann' --password-stdin");
        let tower = format!("a{}", "\u{301}".repeat(60));
        assert!(!NewUser { name: &tower, ..NewUser::default() }.command().contains(&tower));
        let by_code = NewUser { name: "abc", by_code: true, ..NewUser::default() };
        assert_eq!(by_code.command(), "rollbook user register abc --no-password && rollbook reset request abc");
    }
}
