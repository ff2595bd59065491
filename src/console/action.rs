//! What a person at the console can mean, each with its word, its sentence and the command that does the same.

/// An intention. Carries no data: what it acts on is what was drawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)] // `about` documents every one, in the words that the screen shows
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    First,
    Last,
    NextPane,
    PreviousPane,
    Whole,
    Back,
    ViewUsers,
    ViewSessions,
    ViewAudit,
    ViewSystem,
    History,
    Person,
    Verify,
    Set,
    Filter,
    Complete,
    Lists,
    Order,
    Reverse,
    New,
    Activate,
    Deactivate,
    OpenSessions,
    End,
    EndAll,
    Password,
    Edit,
    Delete,
    Undo,
    Keyring,
    NewToken,
    RevokeToken,
    FactorOn,
    FactorOff,
    NewCodes,
    Contain,
    Unthrottle,
    Mark,
    Range,
    MarkAll,
    DropMarks,
    ShowAll,
    TakeHidden,
    Why,
    Copy,
    Help,
    Palette,
    Messages,
    Reload,
    Repaint,
    OpenFile,
    Demo,
    Upgrade,
    Quit,
    Cancel,
    Suspend,
    NextField,
    PreviousField,
    Accept,
    Yes,
    Generate,
    Show,
}

/// What is said about an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// Its word, the same from the command line to the audit.
    pub name: &'static str,
    /// One sentence for the help and the palette.
    pub help: &'static str,
    /// The command that does the same; empty where there is none.
    pub command: &'static str,
    /// Whether it changes data: such keys are dropped after a burst or a paste, and dim when nothing may be changed.
    pub changes: bool,
}

const fn about(name: &'static str, help: &'static str) -> About {
    About { name, help, command: "", changes: false }
}

const fn with(name: &'static str, help: &'static str, command: &'static str) -> About {
    About { name, help, command, changes: false }
}

const fn change(name: &'static str, help: &'static str, command: &'static str) -> About {
    About { name, help, command, changes: true }
}

impl Action {
    /// What is said about it.
    pub const fn about(self) -> About {
        match self {
            Action::Up => about("up", "one row up"),
            Action::Down => about("down", "one row down"),
            Action::PageUp => about("page up", "one page up"),
            Action::PageDown => about("page down", "one page down"),
            Action::HalfUp => about("half up", "half a page up"),
            Action::HalfDown => about("half down", "half a page down"),
            Action::First => about("first", "to the first row"),
            Action::Last => about("last", "to the last row"),
            Action::NextPane => about("next pane", "the keys go to the next pane"),
            Action::PreviousPane => about("previous pane", "the keys go to the pane before"),
            Action::Whole => about("whole pane", "this pane alone, with exact times; again: back"),
            Action::Back => about("back", "one step back; never quits"),
            Action::ViewUsers => about("users", "the view of users"),
            Action::ViewSessions => with("sessions", "the view of everybody's sessions", "session list"),
            Action::ViewAudit => with("audit", "the view of everything that was done", "audit list"),
            Action::ViewSystem => with("system", "the view of the database, its key and its settings", "doctor"),
            Action::History => with("history", "all that was done to this person", "audit list --about"),
            Action::Person => about("person", "this person in the view of users"),
            Action::Verify => with("verify", "verify the audit's chain; Esc stops", "audit verify"),
            Action::Set => change("set", "change the setting under the cursor", "policy set"),
            Action::Filter => {
                with("filter", "filter as you type: words, ^prefix, is:, role:, label:", "user list --filter")
            }
            Action::Complete => about("complete", "complete the field or its value; where several fit, name them"),
            Action::Lists => {
                with("lists", "ready lists: pending, live, stale, admins, never logged in …", "user list --filter")
            }
            Action::Order => about("order", "by when created, by name, by last log-in"),
            Action::Reverse => about("reverse", "the other way round"),
            Action::New => change("new", "create a user", "user register"),
            Action::Activate => change("activate", "let this person log in; restores a deleted one", "user activate"),
            Action::Deactivate => {
                change("deactivate", "keep this person out and end their sessions", "user deactivate")
            }
            Action::OpenSessions => {
                with("sessions", "to the sessions of this user; logs nobody out", "session list --user")
            }
            Action::End => change(
                "log out",
                "log out the session under the cursor; asks first if it never expires",
                "session logout",
            ),
            Action::EndAll => {
                change("log out all", "log this user out everywhere; asks first", "session logout --user")
            }
            Action::Password => change("password", "issue a reset code, or set a password now", "reset request"),
            Action::Edit => change("edit", "name, e-mail, labels, note, role, valid until", "user edit"),
            Action::Delete => change("delete", "delete this person; asks first, can be restored", "user delete"),
            Action::Undo => change("undo", "take the last change back", ""),
            Action::Keyring => with("tokens", "second factor and API tokens of this person", "token list"),
            Action::NewToken => change("new token", "create an API token for this person", "token create"),
            Action::RevokeToken => change("revoke", "revoke the token under the cursor", "token revoke"),
            Action::FactorOn => change(
                "turn on",
                "turn the second factor on: a QR code to scan, and a code that confirms it",
                "factor enable",
            ),
            Action::NewCodes => {
                change("new codes", "new backup codes in the place of all there were; asks first", "factor codes")
            }
            Action::FactorOff => change("turn off", "turn the second factor off; asks first", "factor disable"),
            Action::Contain => change(
                "contain",
                "deactivate, end sessions, revoke tokens, void resets and the password",
                "user contain",
            ),
            Action::Unthrottle => {
                change("unthrottle", "let this person try again at once after wrong passwords", "user unthrottle")
            }
            Action::Mark => {
                about("mark", "mark the row under the cursor, or take its mark away, and go on to the next")
            }
            Action::Range => about("range", "begin a range of marks; again: mark all between"),
            Action::MarkAll => about("mark all", "mark all that the filter lets through"),
            Action::DropMarks => about("drop marks", "drop all marks; again: bring them back"),
            Action::ShowAll => about("show all", "all names, and who is kept back and why"),
            Action::TakeHidden => about("take in", "take in the marked ones that the filter hides, or leave them out"),
            Action::Why => with("why", "why this person can or cannot log in, with the cures as keys", "user why"),
            Action::Copy => about("copy", "copy name, id, e-mail or the command"),
            Action::Help => about("keys", "the keys here, and why some are dim; Enter runs one"),
            Action::Palette => about("all", "every action by name, with its key and its command"),
            Action::Messages => about("messages", "what was said in the last line so far"),
            Action::Reload => about("reload", "read everything again"),
            Action::Repaint => about("repaint", "draw the whole screen again"),
            Action::OpenFile => with("open", "open another database", "console --db"),
            Action::Demo => with("demo", "look around among sample people, in a throw-away database", "demo"),
            Action::Upgrade => {
                change("upgrade", "bring the database up to this program's schema, after a backup", "db upgrade")
            }
            Action::Quit => about("quit", "close what is open, or quit"),
            Action::Cancel => about("cancel", "cancel; twice quits"),
            Action::Suspend => about("suspend", "back to the shell; fg returns"),
            Action::NextField => about("next field", "to the next field"),
            Action::PreviousField => about("previous field", "to the field before"),
            Action::Accept => about("accept", "to the next field; on a button, press it; in a list, choose"),
            Action::Yes => change("yes", "do it", ""),
            Action::Generate => about("make one", "make a passphrase that nobody else has"),
            Action::Show => about("show", "show or hide the password"),
        }
    }

    /// Whether it works a dialog, whatever the dialog is about.
    pub const fn is_of_dialogs(self) -> bool {
        self.moves()
            || matches!(
                self,
                Action::NextField
                    | Action::PreviousField
                    | Action::Accept
                    | Action::Back
                    | Action::Yes
                    | Action::Generate
                    | Action::Show
                    | Action::Copy
                    | Action::Help
                    | Action::ShowAll
                    | Action::TakeHidden
            )
    }

    /// Whether it moves the cursor through a list.
    pub const fn moves(self) -> bool {
        matches!(
            self,
            Action::Up
                | Action::Down
                | Action::PageUp
                | Action::PageDown
                | Action::HalfUp
                | Action::HalfDown
                | Action::First
                | Action::Last
        )
    }
}
