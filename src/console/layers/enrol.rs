//! Turning a second factor on: the secret as a picture and as text, and the code that shows that an app has it.
//!
//! It does not know where the secret comes from, nor who seals it. Closing the layer wipes it.

use ratatui::layout::Rect;
use zeroize::Zeroizing;

use crate::accounts::factor::Enrolment;
use crate::accounts::qr;
use crate::accounts::user::{User, UserId};
use crate::accounts::{Error, Kind, Secret};
use crate::console::ink::{Ink, centered, covering};
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
            let lines = wrapped(words, 56.min(area.width.saturating_sub(FRAME.0)));
            let high = lines.iter().map(|(lines, _)| lines.len()).sum::<usize>() as u16;
            let inside = ink.frame(centered(area, 60, high + 5), &title);
            return self.draw_words(ink, inside, lines, sent);
        };
        let inside = ink.frame(covering(area, wide + 1 + WORDS + FRAME.0, high + FRAME.1), &title);
        for (line, y) in picture.iter().zip(inside.top()..inside.bottom()) {
            ink.picture(inside.x, y, line.expose());
        }
        let beside = Rect { x: inside.x + wide + 1, width: inside.width.saturating_sub(wide + 1), ..inside };
        self.draw_words(ink, beside, wrapped(self.words(None), beside.width), sent);
    }

    fn picture(&self, ink: &Ink<'_>, margin: usize) -> Option<Vec<Secret>> {
        qr::lines(&self.enrolment.uri, ink.look(margin))
    }

    /// What is said above the code, the most needed with the lowest number; `needed` is the size of a screen that would
    /// show the picture.
    fn words(&self, needed: Option<(u16, u16)>) -> Vec<(String, Role, u8)> {
        let letters: Vec<char> = self.enrolment.secret.expose().chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        let mut words = match needed {
            None => {
                let how = "Scan this with an authenticator app, or type this secret into it:";
                vec![(how.to_owned(), Role::Text, 1)]
            }
            Some((columns, rows)) => vec![
                (format!("The QR code needs a screen of {columns}×{rows}."), Role::Faint, 4),
                ("Type this secret into an authenticator app:".to_owned(), Role::Text, 2),
            ],
        };
        words.extend(groups.chunks(4).map(|four| (four.join(" "), Role::Focus, 0)));
        words.extend([
            ("Rollbook, time-based, 6 digits every 30 s".to_owned(), Role::Faint, 3),
            ("Nothing is stored until a code confirms it.".to_owned(), Role::Text, 5),
        ]);
        if self.user.sessions > 0 {
            let sessions = count(u64::from(self.user.sessions), "session");
            words.push((format!("That logs out {sessions} for good, opened without it."), Role::Text, 1));
        }
        words
    }

    fn draw_words(&self, ink: &mut Ink<'_>, area: Rect, lines: Vec<Paragraph>, sent: bool) {
        let fault: Vec<String> = self.fault.iter().flat_map(|fault| wrap(fault, usize::from(area.width))).collect();
        // The code keeps its place, and beneath it what is wrong with it.
        let foot = (1 + fault.len() as u16).min(area.height);
        let lines = most_needed(lines, usize::from(area.height - foot));
        ink.lines(Rect { height: area.height - foot, ..area }, &lines);
        let spare = u16::from(lines.len() as u16 + 1 + foot <= area.height);
        let y = (area.y + lines.len() as u16 + spare).min(area.bottom() - foot);
        if sent {
            ink.text(area.x, y, area.width, "at work …", Role::Notice);
            return;
        }
        let end = ink.text(area.x, y, area.width, "Code  ", Role::Focus);
        ink.text(end, y, DIGITS as u16 + 2, &" ".repeat(DIGITS + 2), Role::Typed);
        let end = ink.text(end, y, DIGITS as u16, &self.typed, Role::Typed);
        ink.cursor = Some((end, y));
        for (line, y) in fault.iter().zip(y + 1..area.bottom()) {
            ink.text(area.x, y, area.width, line, Role::Fault);
        }
    }
}

/// A sentence in lines, and how much it is needed.
type Paragraph = (Vec<(String, Role)>, u8);

fn wrapped(words: Vec<(String, Role, u8)>, room: u16) -> Vec<Paragraph> {
    let lines = |text: &str, role| wrap(text, usize::from(room.max(1))).into_iter().map(|line| (line, role)).collect();
    words.into_iter().map(|(text, role, need)| (lines(&text, role), need)).collect()
}

/// The lines of as many sentences as there is room for: what is needed least goes first, and goes whole.
fn most_needed(mut paragraphs: Vec<Paragraph>, room: usize) -> Vec<(String, Role)> {
    while paragraphs.iter().map(|(lines, _)| lines.len()).sum::<usize>() > room {
        let least = paragraphs.iter().enumerate().max_by_key(|(_, (_, need))| *need).map(|(at, (_, need))| (at, *need));
        match least {
            Some((at, need)) if need > 0 => drop(paragraphs.remove(at)),
            _ => break,
        }
    }
    paragraphs.into_iter().flat_map(|(lines, _)| lines).collect()
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
