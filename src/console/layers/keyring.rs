//! The dialog `t`: a person's second factor and API tokens. What it lists is read live from what is known of them.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use crate::accounts::api_token::ApiToken;
use crate::accounts::looking::Dossier;
use crate::accounts::time::Time;
use crate::accounts::user::{User, UserId};
use crate::console::ink::{Ink, centered};
use crate::console::theme::Role;
use crate::console::words::{clipped, count, day, since};

/// The dialog.
pub struct Keyring {
    user: User,
    cursor: usize,
}

impl Keyring {
    /// The dialog for this person.
    pub fn new(user: &User) -> Keyring {
        Keyring { user: user.clone(), cursor: 0 }
    }

    /// Whose it is.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The id of whose it is.
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    /// Moves the cursor over the tokens.
    pub fn move_by(&mut self, delta: isize, tokens: usize) {
        self.cursor = self.cursor.saturating_add_signed(delta).min(tokens.saturating_sub(1));
    }

    /// The token under the cursor.
    pub fn chosen<'a>(&self, tokens: &'a [ApiToken]) -> Option<&'a ApiToken> {
        tokens.get(self.cursor.min(tokens.len().saturating_sub(1)))
    }

    /// Draws the dialog; `dossier` is what is known of the person, if it is known yet.
    pub fn draw(&self, ink: &mut Ink<'_>, dossier: Option<&Dossier>, now: Time, zone: &TimeZone) {
        let tokens = dossier.map(|dossier| dossier.tokens.as_slice()).unwrap_or_default();
        let height = (tokens.len().max(1) as u16 + 6).min(ink.area().height);
        let frame = centered(ink.area(), 72, height);
        let inside = ink.frame(frame, &format!("Second factor and tokens of {}", clipped(&self.user.name, 36)));
        let on = dossier.map_or(self.user.factor, |dossier| dossier.user.factor);
        let left = dossier.map(|dossier| format!(" · {} left", count(u64::from(dossier.codes), "backup code")));
        let factor = if on { format!("on{}", left.unwrap_or_default()) } else { "off".to_owned() };
        ink.text(inside.x, inside.y, inside.width, &format!("second factor  {factor}"), Role::Text);
        let head = inside.y + 2;
        if head < inside.bottom() {
            draw_row(ink, Rect { y: head, height: 1, ..inside }, ["token", "created", "used", "until"], Role::Faint);
        }
        let rows = Rect { y: head + 1, height: inside.bottom().saturating_sub(head + 2), ..inside };
        if tokens.is_empty() && rows.height > 0 {
            ink.text(rows.x, rows.y, rows.width, "no tokens; n creates one", Role::Text);
        }
        let cursor = self.cursor.min(tokens.len().saturating_sub(1));
        let top = (cursor + 1).saturating_sub(usize::from(rows.height.max(1)));
        for ((i, token), y) in tokens.iter().enumerate().skip(top).zip(rows.top()..rows.bottom()) {
            let line = Rect { y, height: 1, ..rows };
            let used = token.last_used_at.map_or_else(|| "never".to_owned(), |at| since(at, now));
            let until = token.expires_at.map_or_else(|| "no end".to_owned(), |at| day(at, zone));
            let created = since(token.created_at, now);
            draw_row(
                ink,
                line,
                [&clipped(&token.name, columns(line.width)[1].into()), &created, &used, &until],
                Role::Text,
            );
            if i == cursor {
                ink.paint(line, Role::Cursor);
                ink.cursor = Some((line.x, y));
            }
        }
        ink.right(inside.right(), inside.bottom().saturating_sub(1), inside.width, "Esc closes", Role::Faint);
    }
}

/// Where the columns begin, and after the first how wide a name may be. On a narrow screen when a token was made, and
/// then when it was used, is left out.
fn columns(width: u16) -> [u16; 5] {
    let at = |from_right: u16| width.saturating_sub(from_right);
    match width {
        60.. => [0, at(35), at(34), at(24), at(13)],
        46..60 => [0, at(25), width, at(24), at(13)],
        _ => [0, at(14), width, width, at(13)],
    }
}

fn draw_row(ink: &mut Ink<'_>, line: Rect, words: [&str; 4], role: Role) {
    let [name, _, created, used, until] = columns(line.width);
    for (text, x) in words.iter().zip([name, created, used, until]) {
        ink.text(line.x + x, line.y, line.width.saturating_sub(x), text, role);
    }
}
