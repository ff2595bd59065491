//! Turning a second factor on: the secret as a picture and as text, and the code that shows that an app has it.
//!
//! It does not know where the secret comes from, nor who seals it. Closing the layer wipes it.

use ratatui::layout::Rect;
use zeroize::Zeroizing;

use crate::accounts::factor::Enrolment;
use crate::accounts::qr;
use crate::accounts::user::{User, UserId};
use crate::accounts::{Error, Kind, Secret};
use crate::console::ink::{Ink, centered};
use crate::console::key::{Code, Key};
use crate::console::theme::Role;
use crate::console::words::{clipped, count, wrap};

/// How many digits a code has.
const DIGITS: usize = 6;

/// How wide the words beside the picture are.
const WORDS: u16 = 34;

/// The frame's own cells, across and down.
const FRAME: (u16, u16) = (4, 2);

/// The dialog.
pub struct Enrol {
    user: User,
    enrolment: Enrolment,
    typed: Zeroizing<String>,
    fault: Option<String>,
}

impl Enrol {
    /// The dialog for this person and this fresh secret.
    pub fn new(user: User, enrolment: Enrolment) -> Enrol {
        Enrol { user, enrolment, typed: Zeroizing::new(String::with_capacity(DIGITS)), fault: None }
    }

    /// Whose second factor it shall be, as when the dialog was opened.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The id of whose it shall be.
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    /// A copy of the secret, as an app scans it or as it is typed.
    pub fn copy(&self, uri: bool) -> Secret {
        if uri { self.enrolment.uri.duplicate() } else { self.enrolment.secret.duplicate() }
    }

    /// A key of the code: a digit, or one that takes back.
    pub fn key(&mut self, key: Key) {
        match (key.code, key.ctrl) {
            (Code::Char(c), false) => self.push(c),
            (Code::Backspace, _) => drop(self.typed.pop()),
            (Code::Char('u' | 'w'), true) => self.typed.clear(),
            _ => {}
        }
    }

    /// A pasted code, however its digits are grouped.
    pub fn paste(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        if c.is_ascii_digit() && self.typed.len() < DIGITS {
            self.fault = None;
            self.typed.push(c);
        }
    }

    /// The secret and the code, if the code is whole.
    pub fn submit(&mut self) -> Option<(Secret, Secret)> {
        if self.typed.len() < DIGITS {
            self.fault = Some(format!("{DIGITS} digits are needed"));
            return None;
        }
        let code = Secret::new(self.typed.as_str().to_owned());
        Some((self.enrolment.secret.duplicate(), code))
    }

    /// The code was refused; the secret stays, so that the next one can be tried.
    pub fn refused(&mut self, error: &Error) {
        if error.kind == Kind::InvalidOtpCode {
            self.typed.clear();
        }
        self.fault = Some(error.to_string());
    }

    /// Draws the dialog: the picture with the words beside it, or the words alone where it does not fit.
    pub fn draw(&self, ink: &mut Ink<'_>, sent: bool) {
        let area = ink.area();
        let picture = [4, 3, 2].into_iter().find_map(|margin| self.picture(ink, margin).filter(|p| fits(p, area)));
        let (wide, high) = picture.as_ref().map_or((0, 0), |picture| size(picture));
        let title = format!("Second factor of {}", clipped(&self.user.name, 36));
        let Some(picture) = picture else {
            let needed = self.picture(ink, 2).map(|picture| size(&picture));
            let words = self.words(needed.map(|(wide, high)| (wide + 1 + WORDS + FRAME.0, high + FRAME.1)));
            let lines = wrapped(&words, 56.min(area.width.saturating_sub(FRAME.0)));
            let inside = ink.frame(centered(area, 60, lines.len() as u16 + 5), &title);
            return self.draw_words(ink, inside, &lines, sent);
        };
        let inside = ink.frame(centered(area, wide + 1 + WORDS + FRAME.0, high + FRAME.1), &title);
        for (line, y) in picture.iter().zip(inside.top()..inside.bottom()) {
            ink.picture(inside.x, y, line.expose());
        }
        let beside = Rect { x: inside.x + wide + 1, width: inside.width.saturating_sub(wide + 1), ..inside };
        self.draw_words(ink, beside, &wrapped(&self.words(None), beside.width), sent);
    }

    fn picture(&self, ink: &Ink<'_>, margin: usize) -> Option<Vec<Secret>> {
        qr::lines(&self.enrolment.uri, ink.look(margin))
    }

    /// What is said above the code; `needed` is the size of a screen that would show the picture.
    fn words(&self, needed: Option<(u16, u16)>) -> Vec<(String, Role)> {
        let how = match needed {
            None => "Scan this with an authenticator app, or type this secret into it:".to_owned(),
            Some((columns, rows)) => {
                format!("The QR code needs a screen of {columns}×{rows}. Type this secret into an authenticator app:")
            }
        };
        let letters: Vec<char> = self.enrolment.secret.expose().chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        let mut words = vec![(how, Role::Text)];
        words.extend(groups.chunks(4).map(|four| (four.join(" "), Role::Focus)));
        words.extend([
            ("Rollbook, time-based, 6 digits every 30 s".to_owned(), Role::Faint),
            ("Nothing is stored until a code confirms it.".to_owned(), Role::Text),
        ]);
        if self.user.sessions > 0 {
            let sessions = count(u64::from(self.user.sessions), "session");
            words.push((format!("That ends {sessions}, opened without it."), Role::Text));
        }
        words
    }

    fn draw_words(&self, ink: &mut Ink<'_>, area: Rect, lines: &[(String, Role)], sent: bool) {
        let mut y = area.y;
        for (line, role) in lines {
            if y < area.bottom() {
                ink.text(area.x, y, area.width, line, *role);
            }
            y += 1;
        }
        let y = (y + 1).min(area.bottom().saturating_sub(1));
        if sent {
            ink.text(area.x, y, area.width, "at work …", Role::Notice);
            return;
        }
        let end = ink.text(area.x, y, area.width, "Code  ", Role::Focus);
        ink.text(end, y, DIGITS as u16 + 2, &" ".repeat(DIGITS + 2), Role::Typed);
        let end = ink.text(end, y, DIGITS as u16, &self.typed, Role::Typed);
        ink.cursor = Some((end, y));
        let fault = self.fault.iter().flat_map(|fault| wrap(fault, usize::from(area.width)));
        for (line, y) in fault.zip(y + 1..area.bottom()) {
            ink.text(area.x, y, area.width, &line, Role::Fault);
        }
    }
}

fn wrapped(words: &[(String, Role)], room: u16) -> Vec<(String, Role)> {
    let lines = words.iter().map(|(text, role)| (wrap(text, usize::from(room.max(1))), *role));
    lines.flat_map(|(lines, role)| lines.into_iter().map(move |line| (line, role))).collect()
}

/// Columns and rows of a picture.
fn size(picture: &[Secret]) -> (u16, u16) {
    let wide = picture.first().map_or(0, |line| line.expose().chars().count());
    (wide as u16, picture.len() as u16)
}

fn fits(picture: &[Secret], area: Rect) -> bool {
    let (wide, high) = size(picture);
    wide + 1 + WORDS + FRAME.0 <= area.width && high + FRAME.1 <= area.height
}
