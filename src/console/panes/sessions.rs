//! The pane of one person's sessions.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::users::Look;
use crate::accounts::session::{Session, SessionId};
use crate::accounts::time::Time;
use crate::accounts::user::UserId;
use crate::console::bar::Seen;
use crate::console::effect::{DEEP, may_be_cut};
use crate::console::ink::Ink;
use crate::console::theme::Role;
use crate::console::words::{ago, ago_exactly, clip_end, clipped, exact, number, since, span, width, wrap};

/// The state of the pane: a cursor over the dossier's sessions.
#[derive(Default)]
pub struct Sessions {
    cursor: usize,
    top: usize,
    /// The session under the cursor when it was last drawn for its owner.
    held: Option<SessionId>,
    /// Whose sessions these are.
    owner: Option<UserId>,
    /// The session under the cursor vanished, and the cursor was not moved since.
    vanished: bool,
}

impl Sessions {
    /// The session under the cursor.
    pub fn current<'a>(&self, sessions: &'a [Session]) -> Option<&'a Session> {
        sessions.get(self.cursor)
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, delta: isize, sessions: &[Session], height: usize) {
        let last = sessions.len().saturating_sub(1);
        self.vanished = false;
        self.cursor = self.cursor.saturating_add_signed(delta).min(last);
        self.hold(sessions, height);
    }

    /// Whether the session under the cursor is not the one that was drawn there.
    pub fn is_adrift(&self) -> bool {
        self.vanished
    }

    /// Follows the session under the cursor when the list has changed around it; begins anew for another person.
    pub fn follow(&mut self, owner: &UserId, sessions: &[Session], height: usize) {
        if self.owner.as_ref() != Some(owner) {
            *self = Sessions { owner: Some(owner.clone()), ..Sessions::default() };
        } else if let Some(at) = self.held.as_ref().and_then(|held| sessions.iter().position(|s| s.id == *held)) {
            self.cursor = at;
        } else {
            self.vanished |= self.held.is_some();
            self.cursor = self.cursor.min(sessions.len().saturating_sub(1));
        }
        self.hold(sessions, height);
    }

    fn hold(&mut self, sessions: &[Session], height: usize) {
        self.held = sessions.get(self.cursor).map(|session| session.id.clone());
        self.keep_in_view(sessions.len(), height);
    }

    /// Scrolls so that the cursor is seen and the pane is filled, whatever has made it smaller or larger.
    pub fn keep_in_view(&mut self, rows: usize, height: usize) {
        let height = height.max(1);
        let least = (self.cursor + 1).saturating_sub(height);
        self.top = self.top.min(self.cursor).min(rows.saturating_sub(height)).max(least);
    }

    /// What is seen of the sessions in a pane of this height; `None` where the list is so long that its end is not held.
    pub fn seen(&self, sessions: &[Session], height: usize) -> Option<Seen> {
        let wide = |rows: usize| u64::try_from(rows).ok();
        let (first, last) = (self.top == 0, self.top.saturating_add(height) >= sessions.len());
        let total = wide(sessions.len()).filter(|_| !may_be_cut(sessions.len()));
        total.and_then(|_| Some(Seen { first, last, above: wide(self.top), height: wide(height)?, total }))
    }

    /// Draws the pane with so many live ones, of whom not all may be held. `None` while the sessions of the person under
    /// the cursor are not known yet. Whose they are is told where no other pane does, and the exact times
    /// where the rows have room for them.
    pub fn draw(
        &self,
        ink: &mut Ink<'_>,
        area: Rect,
        sessions: Option<(&[Session], u32)>,
        of: Option<&str>,
        look: &Look<'_>,
        exactly: bool,
    ) {
        if area.is_empty() {
            return;
        }
        let room = usize::from(area.width).saturating_sub(36).max(12);
        let whose = of.map(|name| format!(" of {}", clipped(name, room))).unwrap_or_default();
        let mut title = vec![(format!("Sessions{whose}"), Role::Title)];
        if let Some((_, live @ 1..)) = sessions {
            title.push((format!("  {} live", number(u64::from(live))), Role::Text));
        }
        let more = sessions.is_some_and(|(held, _)| held.len() >= usize::from(DEEP));
        let hint = match more {
            true => vec![(format!("the first {DEEP}, all in 2"), Role::Faint)],
            false if look.focused || look.whole => Vec::new(),
            false => vec![("Tab".to_owned(), Role::Faint)],
        };
        ink.title(area, &title, &hint, look.focused);
        let Some((sessions, _)) = sessions else { return };
        let top = area.y + 1;
        if sessions.is_empty() && area.height > 1 {
            ink.text(area.x + 3, top, area.width.saturating_sub(4), "none", Role::Faint);
        }
        for (i, (session, y)) in sessions.iter().skip(self.top).zip(top..area.bottom()).enumerate() {
            let under = look.focused && self.top + i == self.cursor;
            let line = Rect { y, height: 1, ..area };
            if under {
                ink.text(area.x + 1, y, 1, "›", Role::Key);
            }
            draw_row(ink, line, session, look, exactly);
            if under {
                ink.paint(line, Role::Cursor);
            }
        }
    }
}

/// One session: what it is called, where from, since when, and how it stands.
fn draw_row(ink: &mut Ink<'_>, line: Rect, session: &Session, look: &Look<'_>, exactly: bool) {
    let live = session.is_live(look.now);
    let role = if live { Role::Text } else { Role::Faint };
    let (client, address) = if line.width >= 76 { (16, 18) } else { (12, 13) };
    let x = line.x + 3;
    ink.text(
        x,
        line.y,
        client,
        &clipped(session.client.as_deref().unwrap_or("unnamed"), usize::from(client) - 1),
        role,
    );
    let from = clipped(session.address.as_deref().unwrap_or("–"), usize::from(address) - 1);
    ink.text(x + client, line.y, address, &from, role);
    let x = x + client + address;
    let room = line.right().saturating_sub(x + 1);
    if exactly {
        ink.text(x, line.y, room, &exact_words(session, look.now, look.zone), role);
    } else if live {
        let began = format!("began {}", since(session.created_at, look.now));
        let used =
            session.last_used_at.map_or_else(|| "unused".to_owned(), |at| format!("used {}", since(at, look.now)));
        let left = left_words(session, look.now);
        let tail = width(&left) as u16;
        // Where all three do not fit, how long it has been there gives way first.
        let both = room >= 28 + tail;
        if both {
            ink.text(x, line.y, 13, &began, role);
        }
        let x = if both { x + 14 } else { x };
        ink.text(x, line.y, (line.right() - 1).saturating_sub(x + tail + 1), &used, role);
        ink.right(line.right().saturating_sub(1), line.y, tail, &left, role);
    } else {
        ink.text(x, line.y, room, &over_within(session, look.now, usize::from(room)), role);
    }
}

/// Draws one session in full, where no row has the room.
pub fn draw_one(ink: &mut Ink<'_>, area: Rect, session: &Session, look: &Look<'_>) {
    if area.is_empty() {
        return;
    }
    let room = usize::from(area.width.saturating_sub(2));
    let client = clipped(session.client.as_deref().unwrap_or("unnamed"), room.saturating_sub(4));
    ink.title(area, &[(client, Role::Title)], &[], false);
    let from = session.address.as_deref().map_or_else(|| "no address".to_owned(), |from| clipped(from, room));
    let exact = wrap(&exact_words(session, look.now, look.zone), room);
    let lines: Vec<(String, Role)> = std::iter::once(from).chain(exact).map(|line| (line, Role::Text)).collect();
    let body = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height - 1 };
    ink.lines(body, &lines);
}

/// How long a session goes on.
pub fn left_words(session: &Session, now: Time) -> String {
    match session.runs_out_at() {
        Some(at) => match span(at.since(now)).as_str() {
            "now" => "ends now".to_owned(),
            left => format!("{left} left"),
        },
        None => "endless".to_owned(),
    }
}

/// How a session that is over came to its end, and whether it is refused since.
pub fn over_words(session: &Session, now: Time) -> String {
    match session.ended_at {
        Some(at) => {
            let tried = match (session.refused, session.refused_at) {
                (0, _) | (_, None) => ", no attempt seen".to_owned(),
                (n, Some(last)) => format!(", refused {n}×, last {}", ago_exactly(last, now)),
            };
            format!("ended {}{tried}", ago(at, now))
        }
        None => "over".to_owned(),
    }
}

/// How a session ended, in so many cells: when the last refusal was gives way first, then when it ended; that there were refusals
/// does not.
pub fn over_within(session: &Session, now: Time, room: usize) -> String {
    let words = over_words(session, now);
    let brief = words.split(", last").next().unwrap_or_default().to_owned();
    let (end, tried) = brief.split_once(", ").unwrap_or((&brief, ""));
    let bare = if session.refused > 0 { format!("ended, {tried}") } else { end.to_owned() };
    let fits = [words.as_str(), &brief, &bare].into_iter().find(|words| width(words) <= room);
    fits.map_or_else(|| clip_end(&bare, room), str::to_owned)
}

/// How a session began and ended, with exact times.
pub fn exact_words(session: &Session, now: Time, zone: &TimeZone) -> String {
    let began = format!("began {}", exact(session.created_at, zone));
    match session.ended_at {
        Some(at) => {
            let by = session.ended_by.as_deref().map(|by| format!(" by {}", clipped(by, 24))).unwrap_or_default();
            let refused = format!(" · refused {}×", session.refused);
            format!("ended {}{by}{refused} · {began}", exact(at, zone))
        }
        None => {
            let used =
                session.last_used_at.map_or_else(|| "unused".to_owned(), |at| format!("used {}", exact(at, zone)));
            format!("{used} · {} · {began}", left_words(session, now))
        }
    }
}
