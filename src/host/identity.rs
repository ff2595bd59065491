//! Who sits at this machine, as far as the machine can tell: what the kernel says first, what the environment merely
//! claims behind it and marked as a claim.

use std::fs;
use std::path::Path;

use crate::accounts::audit::Actor;
use crate::accounts::file_error::name_in;
use crate::accounts::text::{from_bytes, visible};

/// The operator and where they came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The login name of the real user id, or `uid N`.
    pub name: String,
    /// For the audit: terminal, login, and the claims marked as such. Safe to print.
    pub origin: String,
    /// For a heading: the name and the one fact that says most. Safe to print.
    pub short: String,
}

/// What is known about the process, apart from how it is found out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The real user id.
    pub uid: u32,
    /// The text of the passwd file.
    pub passwd: String,
    /// The terminal's device.
    pub tty: Option<String>,
    /// The user id that once logged in, which su and sudo do not change.
    pub login_uid: Option<u32>,
    /// `SUDO_USER`: anybody can set it.
    pub sudo_user: Option<String>,
    /// `SSH_CONNECTION`: anybody can set it.
    pub ssh_connection: Option<String>,
}

/// What the kernel writes where nobody logged in: a daemon, a container.
const NOBODY_LOGGED_IN: u32 = u32::MAX;

impl Facts {
    /// Asks the machine.
    pub fn gather() -> Facts {
        let variable = |name| std::env::var_os(name).map(|value| from_bytes(value.as_encoded_bytes()));
        Facts {
            uid: rustix::process::getuid().as_raw(),
            passwd: read_text(Path::new("/etc/passwd")),
            tty: terminal(),
            login_uid: read_text(Path::new("/proc/self/loginuid")).trim().parse().ok(),
            sudo_user: variable("SUDO_USER"),
            ssh_connection: variable("SSH_CONNECTION"),
        }
    }

    /// What follows from it.
    pub fn identity(&self) -> Identity {
        let name = self.name_of(self.uid);
        let tty = self.tty.as_deref().map(|tty| format!("tty {}", clean(tty)));
        let login = self
            .login_uid
            .filter(|&uid| uid != NOBODY_LOGGED_IN && uid != self.uid)
            .map(|uid| format!("login {}", clean(&self.name_of(uid))));
        let sudo = self.sudo_user.as_deref().filter(|user| !user.is_empty());
        let ssh = self.ssh_connection.as_deref().and_then(|all| all.split_whitespace().next());
        let origin: Vec<String> = [
            Some(format!("uid {}", self.uid)),
            tty.clone(),
            login,
            sudo.map(|user| format!("sudo from {} (claimed)", clean(user))),
            ssh.map(|address| format!("ssh {} (claimed)", clean(address))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let most = match ssh {
            Some(address) => Some(format!("ssh {}", clean(address))),
            None => tty,
        };
        let short = match most {
            Some(most) => format!("{} · {most}", clean(&name)),
            None => clean(&name),
        };
        Identity { name, origin: origin.join(" · "), short }
    }

    fn name_of(&self, uid: u32) -> String {
        name_in(&self.passwd, uid).unwrap_or_else(|| format!("uid {uid}"))
    }
}

impl Identity {
    /// The operator as an actor.
    pub fn actor(&self) -> Actor {
        Actor::Operator(self.name.clone())
    }
}

/// A short text that may be written down and printed, whatever the environment holds.
fn clean(text: &str) -> String {
    visible(text).chars().take(64).collect()
}

fn read_text(path: &Path) -> String {
    fs::read(path).map(|bytes| from_bytes(&bytes)).unwrap_or_default()
}

/// The terminal behind any of the three standard streams.
fn terminal() -> Option<String> {
    use rustix::{stdio, termios::ttyname};
    let found = ttyname(stdio::stdin(), Vec::new())
        .or_else(|_| ttyname(stdio::stderr(), Vec::new()))
        .or_else(|_| ttyname(stdio::stdout(), Vec::new()))
        .ok()?;
    let path = from_bytes(found.as_bytes());
    Some(path.strip_prefix("/dev/").unwrap_or(&path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        Facts { passwd: passwd.into(), ..Facts::default() }
    }

    #[test]
    fn the_kernels_facts_come_before_what_is_only_claimed() {
        let facts = Facts {
            tty: Some("pts/3".into()),
            login_uid: Some(1000),
            sudo_user: Some("bob".into()),
            ssh_connection: Some("10.0.0.5 50000 10.0.0.1 22".into()),
            ..facts()
        };
        let identity = facts.identity();
        assert_eq!(identity.name, "root");
        assert_eq!(
            identity.origin,
            "uid 0 · tty pts/3 · login alice · sudo from bob (claimed) · ssh 10.0.0.5 (claimed)"
        );
        assert_eq!(identity.short, "root · ssh 10.0.0.5");
    }

    #[test]
    fn nobody_logged_in_is_not_a_login() {
        let identity = Facts { login_uid: Some(u32::MAX), ..facts() }.identity();
        assert_eq!((identity.origin.as_str(), identity.short.as_str()), ("uid 0", "root"));
    }

    #[test]
    fn an_unknown_uid_is_named_by_its_number() {
        assert_eq!(Facts { uid: 4711, ..facts() }.identity().name, "uid 4711");
    }

    #[test]
    fn a_claim_cannot_write_escape_sequences_into_the_audit() {
        let hostile = format!("\u{1b}[2J{}", "x".repeat(500));
        let identity = Facts { sudo_user: Some(hostile.clone()), ssh_connection: Some(hostile), ..facts() }.identity();
        assert!(!identity.origin.contains('\u{1b}') && !identity.short.contains('\u{1b}'));
        assert!(identity.origin.chars().count() < 200);
    }
}
