//! A secret that is shown once: a reset code, or a password that was made here. Wiped when the layer closes.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use crate::accounts::Secret;
use crate::accounts::reset::Issued;
use crate::accounts::time::{Span, Time};
use crate::console::ink::{Ink, centered};
use crate::console::theme::Role;
use crate::console::words::{clipped, clock, day, width, wrap};

/// For how long it stays whatever is pressed: it comes by itself after a key, and a key that bounces or was typed ahead
/// must not close what can never be seen again.
const STAYS: Span = Span::from_millis(1000);

/// The secret and what it is.
pub struct Code {
    title: &'static str,
    name: String,
    secret: Secret,
    until: Option<Time>,
    redeems: &'static str,
    opened_at: Time,
}

/// The time of the day for what ends today, the day for the rest.
fn short_until(at: Time, now: Time, zone: &TimeZone) -> String {
    if at.since(now) < Span::DAY { clock(at, zone) } else { day(at, zone) }
}

impl Code {
    /// A reset code for a person of this name.
    pub fn reset(name: &str, issued: Issued, now: Time) -> Code {
        Code {
            title: "Reset code, shown once",
            name: name.to_owned(),
            secret: issued.request_id,
            until: Some(issued.expires_at),
            redeems: "rollbook reset complete --stdin  redeems it",
            opened_at: now,
        }
    }

    /// A password that was made for a person of this name.
    pub fn password(name: &str, made: Secret, now: Time) -> Code {
        Code {
            title: "Password, shown once",
            name: name.to_owned(),
            secret: made,
            until: None,
            redeems: "hand it over on a way that only they read",
            opened_at: now,
        }
    }

    /// A new API token.
    pub fn token(name: &str, value: Secret, until: Option<Time>, now: Time) -> Code {
        Code {
            title: "Token, shown once",
            name: name.to_owned(),
            secret: value,
            until,
            redeems: "rollbook token check --token-stdin  tries it",
            opened_at: now,
        }
    }

    /// The backup codes of a second factor.
    pub fn backup(name: &str, codes: &[Secret], now: Time) -> Code {
        // Reserved at once: a text that grows leaves copies behind.
        let mut lines = String::with_capacity(codes.iter().map(|code| code.expose().len() + 1).sum());
        for (i, code) in codes.iter().enumerate() {
            if i > 0 {
                lines.push('\n');
            }
            lines.push_str(code.expose());
        }
        Code {
            title: "Backup codes, shown once",
            name: name.to_owned(),
            secret: Secret::new(lines),
            until: None,
            redeems: "each is good for one log-in without the app",
            opened_at: now,
        }
    }

    /// The secret itself, for the terminal's clipboard, which is at the other end of the line.
    pub fn reveal(&self) -> &Secret {
        &self.secret
    }

    /// Whether it is too early to close it.
    pub fn is_fresh(&self, now: Time) -> bool {
        now.since(self.opened_at) < STAYS
    }

    /// Draws it.
    pub fn draw(&self, ink: &mut Ink<'_>, zone: &TimeZone) {
        let wide = 64.min(ink.area().width);
        let room = usize::from(wide.saturating_sub(4));
        let mut lines: Vec<(String, Role)> = Vec::new();
        let secrets: Vec<String> = self.secret.expose().lines().flat_map(|line| wrap(line, room)).collect();
        match self.secret.expose().contains('\n') && 2 * width(&secrets[0]) + 2 <= room {
            true => lines.extend(secrets.chunks(2).map(|pair| (pair.join("  "), Role::Focus))),
            false => lines.extend(secrets.into_iter().map(|line| (line, Role::Focus))),
        }
        // A low screen shows all of the secret rather than the air beneath.
        if lines.len() + 7 <= usize::from(ink.area().height) {
            lines.push((String::new(), Role::Text));
        }
        let until =
            self.until.map(|at| format!(", until {}", short_until(at, self.opened_at, zone))).unwrap_or_default();
        lines.push((format!("for {}{until}", clipped(&self.name, room.saturating_sub(18))), Role::Text));
        let copies = wrap("c copies, if your terminal takes OSC 52", room);
        lines.extend(copies.into_iter().map(|line| (line, Role::Text)));
        lines.extend(wrap(self.redeems, room).into_iter().map(|line| (line, Role::Faint)));
        let frame = centered(ink.area(), wide, lines.len() as u16 + 3);
        let inside = ink.frame(frame, self.title);
        ink.lines(Rect { height: inside.height.saturating_sub(1), ..inside }, &lines);
        let foot = inside.bottom().saturating_sub(1);
        ink.right(inside.right(), foot, inside.width, "Enter or Esc closes and forgets", Role::Faint);
    }
}
