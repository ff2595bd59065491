//! What is said about an action where the keys are now: each view has a filter, ready lists and a command of its own.

use super::action::{About, Action};
use super::keymap::Scope;
use super::layout::Pane;
use super::model::Model;

/// What can be typed, and what about it.
type Typed = &'static [(&'static str, &'static str)];

/// What people can be filtered by.
const OF_USERS: Typed = &[
    ("^ali", "by prefix"),
    ("is:", "pending throttled inactive live stale never admin expired deleted"),
    ("role:", "admin"),
    ("label:", "ops"),
];

/// What sessions can be filtered by.
const OF_SESSIONS: Typed = &[
    ("^ali", "by prefix"),
    ("is:", "live ended"),
    ("client:", "chrome"),
    ("address:", "10.1."),
    ("created:", "<30d"),
    ("seen:", "never"),
    ("used:", "never"),
];

/// What the audit can be filtered by.
const OF_AUDIT: Typed =
    &[("action:", "log-in"), ("actor:", "root"), ("about:", "ann"), ("since:", "2h"), ("until:", "2026-12-31")];

impl Model {
    /// What can be typed or pressed in a dialog beside its bound keys.
    pub fn typed_here(&self, scope: Scope) -> Typed {
        match (scope, self.pane) {
            (Scope::Filter, Pane::Audit) => OF_AUDIT,
            (Scope::Filter, Pane::Everybody) => OF_SESSIONS,
            (Scope::Filter, _) => OF_USERS,
            (Scope::Form, _) => &[("←→ Space", "choose")],
            (Scope::Many, _) => &[("0-9", "the number")],
            (Scope::Palette, _) => &[("letters", "search")],
            (Scope::Enrol, _) => &[("0-9", "the code")],
            _ => &[],
        }
    }

    /// What is said about an action in the view that is looked at.
    pub fn about(&self, action: Action) -> About {
        let about = action.about();
        let (help, command) = match (action, self.pane) {
            (Action::Filter, Pane::Everybody) => {
                ("filter as you type: is:, client:, address:, seen:", "session list --filter")
            }
            (Action::Filter, Pane::Audit) => {
                ("filter: names, action:, actor:, about:, since:, until:", "audit list --action")
            }
            (Action::Lists, Pane::Audit) => ("ready lists: today, by me, log-ins, settings, purged …", "audit list"),
            _ => return about,
        };
        About { help, command, ..about }
    }
}
