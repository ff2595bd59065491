//! Text to read: why somebody cannot log in, the messages so far.

use ratatui::layout::Rect;

use crate::accounts::looking::Dossier;
use crate::accounts::time::Time;
use crate::accounts::user::{User, UserId};
use crate::accounts::verdict::{Cure, Verdict};
use crate::console::action::Action;
use crate::console::commands;
use crate::console::ink::{Ink, centered};
use crate::console::keymap::{Scope, key_of};
use crate::console::theme::Role;
use crate::console::words::{ago, clipped, shell_word, shown, typed, wrap};

/// A text with its place.
pub struct Pager {
    title: String,
    lines: Vec<(String, Role)>,
    scroll: usize,
    /// The actions that cure what is told here: their keys work although this text lies above.
    pub cures: Vec<Action>,
    /// Whom it is about, in which version: their cures are for nobody else.
    about: Option<(UserId, i64)>,
}

impl Pager {
    /// A text to read, `lines` being our own words or escaped ones.
    pub fn new(title: String, lines: Vec<(String, Role)>) -> Pager {
        Pager { title, lines, scroll: 0, cures: Vec::new(), about: None }
    }

    /// The evidence for a verdict: what blocks, first things first, each with the key that cures it.
    pub fn why(dossier: &Dossier, now: Time) -> Pager {
        let Dossier { user, verdict, .. } = dossier;
        let name = clipped(&user.name, 40);
        let title = format!("{name} {}", if verdict.can_log_in() { "CAN LOG IN" } else { "CANNOT LOG IN" });
        let mut cures: Vec<Action> = verdict.obstacles.iter().filter_map(|obstacle| cure(obstacle.cure).0).collect();
        cures.push(Action::Password);
        let about = Some((user.id.clone(), user.version));
        Pager { cures, about, ..Pager::new(title, evidence(user, verdict, now)) }
    }

    /// Why its cures are not for this person; `None` where they are.
    pub fn refusal(&self, person: Option<&User>) -> Option<&'static str> {
        let (id, version) = self.about.as_ref()?;
        match person.filter(|user| user.id == *id) {
            None => Some("whom this is about is not under the cursor any more; Esc closes"),
            Some(user) if user.version != *version => {
                Some("who this is about has changed meanwhile; Esc, then w reads it again")
            }
            Some(_) => None,
        }
    }

    /// Scrolls.
    pub fn move_by(&mut self, delta: isize) {
        self.scroll = self.scroll.saturating_add_signed(delta).min(self.lines.len().saturating_sub(1));
    }

    /// To the beginning or the end.
    pub fn to_edge(&mut self, last: bool) {
        self.scroll = if last { self.lines.len().saturating_sub(1) } else { 0 };
    }

    /// Draws the text in a frame.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        let area = ink.area();
        let wide = 76.min(area.width);
        let room = usize::from(wide.saturating_sub(4));
        let lines: Vec<(String, Role)> =
            self.lines.iter().flat_map(|(text, role)| wrap(text, room).into_iter().map(|line| (line, *role))).collect();
        let frame = centered(area, wide, (lines.len() as u16 + 3).min(area.height));
        let inside = ink.frame(frame, &self.title);
        let body = Rect { height: inside.height.saturating_sub(1), ..inside };
        let scroll = self.scroll.min(lines.len().saturating_sub(usize::from(body.height)));
        for ((text, role), y) in lines.iter().skip(scroll).zip(body.top()..body.bottom()) {
            ink.text(body.x, y, body.width, text, *role);
        }
        let more = scroll + usize::from(body.height) < lines.len();
        let foot = if more { "↓ more   Esc closes" } else { "Esc closes" };
        ink.right(inside.right(), inside.bottom().saturating_sub(1), inside.width, foot, Role::Faint);
    }
}

/// The action that cures, and what it does about it.
fn cure(cure: Cure) -> (Option<Action>, &'static str) {
    match cure {
        Cure::Activate => (Some(Action::Activate), "activates"),
        Cure::Restore => (Some(Action::Activate), "restores"),
        Cure::Edit => (Some(Action::Edit), "edits the end date"),
        Cure::Password => (Some(Action::Password), "issues a code, or sets a password"),
        Cure::Unthrottle => (Some(Action::Unthrottle), "lets them try again at once; it also passes by itself"),
        Cure::Factor => (Some(Action::Keyring), "bring the key back, or turn the factor off here"),
        Cure::Rename => (Some(Action::Edit), "gives the user another name"),
        Cure::BackupCode => (Some(Action::Keyring), "a backup code lets them in; or turn the factor off and on here"),
    }
}

/// The command that does the same, ready to be typed.
fn command(cure: Cure, user: &User) -> String {
    let id = shell_word(&shown(user.id.as_str()));
    match cure {
        Cure::Password => commands::request(user),
        // Several deleted people may have had one name.
        Cure::Restore => format!("rollbook user restore id:{id}"),
        Cure::Rename => format!("rollbook user edit id:{id} --name NEW"),
        cure => format!("rollbook {} {}", cure.command(), typed(user)),
    }
}

fn evidence(user: &User, verdict: &Verdict, now: Time) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    for (i, obstacle) in verdict.obstacles.iter().enumerate() {
        let since = obstacle.since.map(|at| format!(", {}", ago(at, now))).unwrap_or_default();
        lines.push((format!("{}  {}{since}", i + 1, obstacle.sentence()), Role::Bad));
        let (action, words) = cure(obstacle.cure);
        let key = action.and_then(|action| key_of(Scope::Users, action)).map(|key| key.to_string()).unwrap_or_default();
        lines.push((format!("     {key}  {words}"), Role::Key));
        lines.push((format!("     {}", command(obstacle.cure, user)), Role::Faint));
    }
    if verdict.can_log_in() {
        lines.push(("A right password lets them in.".to_owned(), Role::Good));
        lines.push(("     p  issues a code, if they have forgotten it".to_owned(), Role::Key));
    }
    lines.push((String::new(), Role::Text));
    lines.push((format!("fine: {}", verdict.fine.join(" · ")), Role::Faint));
    lines
}
