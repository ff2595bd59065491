//! Why a key would do nothing now: one sentence, read by the last line, the help and the palette to dim, and by the
//! dispatcher to say.

use super::action::{About, Action};
use super::effect::may_be_cut;
use super::ending::all_over;
use super::keymap::Scope;
use super::layers::Layer;
use super::layers::many::Many;
use super::layout::Pane;
use super::model::{Book, Model};
use crate::accounts::user::{Status, User};
use crate::accounts::{Kind, text::quote};

/// The most changes that wait for the database.
const MOST_ORDERS: usize = 32;

impl Model {
    /// The sentence; `None` where the action would do something.
    pub fn refusal(&self, action: Action) -> Option<String> {
        let say = |text: &str| Some(text.to_owned());
        // What a dialog is worked with does not need a database.
        if let Some(layer) = self.layers.last().filter(|_| action.is_of_dialogs()) {
            let missing = matches!(action, Action::Generate | Action::Show) && !layer.has_secret();
            if let Layer::Many(many) = layer {
                return many.refusal(action);
            }
            if matches!(layer, Layer::Question(question) if question.is_counting() && action == Action::Yes) {
                return say("still counting");
            }
            return missing.then(|| "there is no password in this form".to_owned());
        }
        if self.place().is_none() {
            return self.refusal_without_database(action);
        }
        if action.about().changes && self.setup.read_only {
            return say("the database was opened read-only");
        }
        if action.about().changes && self.is_auditor() {
            return say("auditor: looks, changes nothing");
        }
        if let Some(running) = self.running.as_ref().filter(|_| action.about().changes) {
            return Some(running.refusal());
        }
        if action.about().changes && self.orders.len() >= MOST_ORDERS {
            return Some(format!("{MOST_ORDERS} changes wait for the database; then again"));
        }
        if matches!(action, Action::OpenFile | Action::Demo | Action::Upgrade) && !self.orders.is_empty() {
            return say("a change is still at work here");
        }
        if let Some(refusal) = self.refusal_with_marks(action) {
            return Some(refusal);
        }
        match action {
            Action::Activate | Action::Deactivate | Action::Delete | Action::Contain if self.marked() > 0 => None,
            Action::Mark | Action::Range | Action::MarkAll | Action::DropMarks => self.refusal_to_mark(action),
            Action::Activate
            | Action::Deactivate
            | Action::EndAll
            | Action::Password
            | Action::Edit
            | Action::Delete
            | Action::Unthrottle
            | Action::Contain => self.refusal_about_person(action),
            Action::End if self.marked_sessions() > 0 => {
                (self.marked_live() == 0).then(|| all_over(self.marked_sessions()))
            }
            Action::End => self.refusal_to_end(),
            Action::OpenSessions => self.refusal_to_open_sessions(),
            Action::Copy if matches!(self.pane, Pane::Audit | Pane::System) => None,
            Action::Verify if self.verifying.is_running() => say("the audit is being verified; Esc stops"),
            Action::Why | Action::Copy | Action::Keyring | Action::History | Action::Person => match self.person() {
                None if self.pane == Pane::Audit => say("the entry is about nobody who is still here"),
                Some(_) => None,
                None => say("nobody is under the cursor"),
            },
            Action::NewToken | Action::RevokeToken | Action::FactorOn | Action::FactorOff | Action::NewCodes => {
                self.refusal_in_keyring(action)
            }
            Action::Undo if self.never_undone.is_some() => self.refusal_for_good(),
            Action::Undo => match self.undo.last() {
                Some(_) if self.orders.is_empty() => None,
                Some(_) => say("the last change is still at work"),
                None => say("nothing to undo: only changes made here since the start are taken back"),
            },
            Action::Order | Action::Reverse if self.pane == Pane::Audit => {
                say("the audit is told in the order in which it was written, newest first")
            }
            Action::Order if self.pane == Pane::Everybody => {
                say("sessions are ordered by when they began; S turns them round")
            }
            Action::Lists if self.pane == Pane::Everybody => say("the ready lists are of users; 1 shows them"),
            Action::Upgrade => say("the schema is up to date"),
            _ => None,
        }
    }

    fn refusal_without_database(&self, action: Action) -> Option<String> {
        let missing = matches!(self.book, Book::Missing(_));
        match action {
            Action::New if missing && self.setup.read_only => Some("--read-only makes no database".to_owned()),
            Action::New if missing => None,
            Action::Upgrade if matches!(self.book, Book::Outdated(_)) => {
                self.setup.read_only.then(|| "--read-only upgrades no database".to_owned())
            }
            Action::Back
            | Action::Help
            | Action::Palette
            | Action::Messages
            | Action::OpenFile
            | Action::Demo
            | Action::Quit
            | Action::Cancel
            | Action::Suspend
            | Action::Repaint => None,
            _ => Some("no database is open".to_owned()),
        }
    }

    fn refusal_about_person(&self, action: Action) -> Option<String> {
        if action == Action::Delete && matches!(self.pane, Pane::Sessions | Pane::Everybody | Pane::Audit) {
            return Some(
                "d deletes a person, never from among sessions; x logs out a session, 1 shows the users".to_owned(),
            );
        }
        let Some(user) = self.person() else { return Some("nobody is under the cursor".to_owned()) };
        let name = quote(&user.name);
        if let Some(refusal) = self.refusal_adrift() {
            return Some(refusal);
        }
        if self.orders.values().any(|about| about.as_ref() == Some(&user.id)) {
            return Some(format!("a change of {name} is still at work"));
        }
        self.refusal_by_state(action, user, &name)
    }

    fn refusal_adrift(&self) -> Option<String> {
        let words = match self.is_led() {
            true => "whom the last change was about comes under the cursor at once; then once more",
            false => "who was under the cursor is gone from the list; move the cursor first",
        };
        self.is_adrift().then(|| words.to_owned())
    }

    fn refusal_by_state(&self, action: Action, user: &User, name: &str) -> Option<String> {
        if user.deleted_at.is_some() {
            return match action {
                Action::Activate => None,
                _ => Some(format!("{name} is deleted; a restores")),
            };
        }
        match (action, user.status) {
            (Action::Activate, Status::Active) => Some(format!("{name} is already active")),
            (Action::Deactivate, Status::Inactive) => Some(format!("{name} is already inactive")),
            (Action::Unthrottle, _) if user.throttled_until.is_none_or(|until| until <= self.now) => {
                Some(format!("{name} is not kept waiting after wrong passwords"))
            }
            (Action::EndAll, _) if self.live_sessions().is_empty() => Some(format!("{name} has no live session")),
            _ => None,
        }
    }

    /// That the last change is one that cannot be taken back, where it is, and what the next `z` would do instead.
    pub(super) fn refusal_for_good(&self) -> Option<String> {
        let last = self.never_undone.as_ref()?;
        let next = self.undo.last().map(|undo| format!(" · z again takes back: {}", undo.sentence()));
        Some(format!("{last}: that cannot be taken back{}", next.unwrap_or_default()))
    }

    fn refusal_in_keyring(&self, action: Action) -> Option<String> {
        let Some(Layer::Keyring(keyring)) = self.layers.last() else { return None };
        let dossier = self.detail.of(keyring.user_id());
        let user = dossier.map_or(keyring.user(), |dossier| &dossier.user);
        let nothing = match action {
            Action::FactorOff | Action::NewCodes if !user.factor => {
                return Some(format!("{} has no second factor", quote(&user.name)));
            }
            Action::FactorOff | Action::NewCodes if self.is_own(user) => {
                return Some(
                    "your own second factor takes your password and a code: rollbook factor … --own".to_owned(),
                );
            }
            Action::FactorOn if user.factor => {
                return Some(format!("{} has a second factor; b makes new backup codes", quote(&user.name)));
            }
            Action::FactorOn | Action::NewToken => user.deleted_at.is_some(),
            Action::RevokeToken => dossier.is_none_or(|dossier| dossier.tokens.is_empty()),
            _ => false,
        };
        nothing.then(|| "there is nothing here to do that to".to_owned())
    }

    fn refusal_to_end(&self) -> Option<String> {
        if let Some(refusal) = self.refusal_adrift() {
            return Some(refusal);
        }
        if self.pane == Pane::Sessions && self.sessions.is_adrift() {
            // Where only the first are held, one that newer ones have pushed out goes on all the same.
            let words = match self.their_sessions().is_some_and(|held| may_be_cut(held.len())) {
                true => {
                    "the session under the cursor is not among those shown any more; move the cursor, or 2 shows all"
                }
                false => "the session under the cursor is gone; move the cursor first",
            };
            return Some(words.to_owned());
        }
        match (self.session(), self.pane) {
            (Some(session), _) if !session.is_live(self.now) => Some("this session is already over".to_owned()),
            (Some(_), _) => None,
            (None, Pane::Users | Pane::Detail) => Some("x opens the sessions; then x logs out one of them".to_owned()),
            (None, _) => Some("no session is under the cursor".to_owned()),
        }
    }

    fn refusal_to_open_sessions(&self) -> Option<String> {
        let Some(user) = self.person() else { return Some("nobody is under the cursor".to_owned()) };
        let none = self.their_sessions().is_some_and(<[_]>::is_empty);
        none.then(|| format!("{} has no sessions", quote(&user.name)))
    }

    /// The words for an action where they depend on what it would touch: `log out all 2`, `restore`.
    pub fn label(&self, action: Action) -> String {
        match action {
            Action::Activate if self.marked() > 0 && self.users.list.filter.wants_deleted() => {
                format!("restore {}", self.marked())
            }
            Action::Activate | Action::Deactivate | Action::Delete | Action::Contain if self.marked() > 0 => {
                let About { name: word, .. } = action.about();
                format!("{word} {}", self.marked())
            }
            Action::End if self.marked_sessions() > 0 => format!("log out {}", self.marked_live()),
            Action::EndAll => format!("log out all {}", self.live_count()),
            Action::Activate if self.person().is_some_and(|user| user.deleted_at.is_some()) => "restore".to_owned(),
            Action::Undo => match self.undo.last() {
                Some(undo) => format!("undo: {}", undo.sentence()),
                None => "undo".to_owned(),
            },
            Action::Accept if self.many().is_some_and(|many| many.number().is_none() && !many.is_yes()) => {
                "cancels".into()
            }
            Action::Accept if self.wanted().is_some() => "then Enter does it".to_owned(),
            action if self.scope().is_dialog() => dialog_word(self.scope(), action).to_owned(),
            Action::Set if self.setting().is_none() => "to the settings".to_owned(),
            Action::Whole if self.pane == Pane::Audit && !self.whole => "whole entry".to_owned(),
            Action::Whole if self.whole => "all panes".to_owned(),
            Action::Whole => "whole pane".to_owned(),
            _ => action.about().name.to_owned(),
        }
    }

    /// The question about the marked, where it is the top layer.
    pub fn many(&self) -> Option<&Many> {
        match self.layers.last() {
            Some(Layer::Many(many)) => Some(many),
            _ => None,
        }
    }

    /// Whether an error means that there simply is no database yet.
    pub fn book_of(error: crate::accounts::Error) -> Book {
        match error.kind {
            Kind::NoDatabase => Book::Missing(error),
            Kind::Schema if error.hint.as_deref().is_some_and(|hint| hint.contains("db upgrade")) => {
                Book::Outdated(error)
            }
            _ => Book::Trouble(error),
        }
    }
}

/// What a key that many dialogs have does in this one.
fn dialog_word(scope: Scope, action: Action) -> &'static str {
    match (action, scope) {
        (Action::Accept, Scope::Form) => "goes on",
        (Action::Accept, Scope::Confirm) => "the marked one",
        (Action::Accept, Scope::Typed | Scope::Many) => "does it",
        (Action::Accept, Scope::Palette) => "runs it",
        (Action::Accept, Scope::Filter) => "keeps",
        (Action::Accept, Scope::Enrol) => "turns it on",
        (Action::Accept, _) => "chooses",
        (Action::Back, Scope::Filter) => "clears",
        (Action::Back, Scope::Form | Scope::Confirm | Scope::Many | Scope::Typed) => "cancels",
        (Action::Back, Scope::Enrol) => "forgets it",
        (Action::Back, _) => "closes",
        (Action::Up, Scope::Pager) => "scroll",
        (Action::Up, _) => "choose",
        (Action::NextField, Scope::Confirm) => "the other one",
        (Action::NextField, _) => "next",
        (Action::PreviousField, _) => "back",
        (Action::Generate, _) => "makes a password",
        (action, _) => action.about().name,
    }
}
