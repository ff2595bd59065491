//! Every key, once. The dispatcher, the last line, the help, the palette and the README read this table.

use super::action::Action;
use super::key::{Code, Key};

/// Where the keys go: derived from the top layer or the focused pane, never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// The list of users.
    Users,
    /// The detail of the person under the cursor.
    Detail,
    /// That person's sessions.
    Sessions,
    /// Everybody's sessions.
    Everybody,
    /// The audit.
    Audit,
    /// How the database stands.
    System,
    /// No database is open.
    Nothing,
    /// The filter line: takes text.
    Filter,
    /// A form: takes text.
    Form,
    /// A question with Cancel and Yes.
    Confirm,
    /// A question about many, with a number to type where they are more than a few.
    Many,
    /// A question whose answer is typed: takes text.
    Typed,
    /// A short list to choose from.
    Menu,
    /// A person's second factor and tokens.
    Keyring,
    /// A second factor being turned on: takes the digits of a code.
    Enrol,
    /// Text to read.
    Pager,
    /// The palette and the help: take text, list actions.
    Palette,
}

impl Scope {
    /// Whether it is a dialog: its last line ends with how to leave it.
    pub const fn is_dialog(self) -> bool {
        !matches!(
            self,
            Scope::Users
                | Scope::Detail
                | Scope::Sessions
                | Scope::Everybody
                | Scope::Audit
                | Scope::System
                | Scope::Nothing
        )
    }

    /// Whether plain characters are text here.
    pub const fn takes_text(self) -> bool {
        matches!(self, Scope::Filter | Scope::Form | Scope::Typed | Scope::Palette)
    }
}

use Scope::{Audit, Confirm, Detail, Enrol, Everybody, Filter, Form, Keyring};
use Scope::{Many, Menu, Nothing, Pager, Palette, Sessions, System, Typed, Users};

/// The panes that list things.
const LISTS: &[Scope] = &[Users, Detail, Sessions, Everybody, Audit];
/// Where keys act on a person or their sessions.
const PERSON: &[Scope] = &[Users, Detail, Sessions, Everybody];
/// The lists in which rows are marked.
const MARKED: &[Scope] = &[Users, Everybody];
/// The panes of all views.
const VIEWS: &[Scope] = &[Users, Detail, Sessions, Everybody, Audit, System];
/// Where one reads through lines.
const LINES: &[Scope] = &[Users, Detail, Sessions, Everybody, Audit, System, Pager, Menu];
/// Wherever no text is typed.
pub const ANYWHERE: &[Scope] = &[Users, Detail, Sessions, Everybody, Audit, System, Nothing];

/// One line of the table.
pub struct Binding {
    /// Where it holds.
    pub scopes: &'static [Scope],
    /// The keys, the first one being shown.
    pub keys: &'static [Key],
    /// What they mean.
    pub action: Action,
    /// Its place in the last line, from the left; zero stays out of it.
    pub footer: u8,
}

const fn c(c: char) -> Key {
    Key::char(c)
}

const fn k(code: Code) -> Key {
    Key::named(code)
}

const fn bind(scopes: &'static [Scope], keys: &'static [Key], action: Action, footer: u8) -> Binding {
    Binding { scopes, keys, action, footer }
}

/// The table.
pub const KEYS: &[Binding] = &[
    bind(PERSON, &[c('a')], Action::Activate, 1),
    bind(PERSON, &[c('i')], Action::Deactivate, 2),
    bind(&[Users, Detail], &[c('x')], Action::OpenSessions, 3),
    bind(&[Sessions, Everybody], &[c('x')], Action::End, 3),
    bind(PERSON, &[c('X')], Action::EndAll, 5),
    bind(PERSON, &[c('p')], Action::Password, 6),
    bind(PERSON, &[c('e')], Action::Edit, 7),
    bind(PERSON, &[c('d')], Action::Delete, 8),
    bind(ANYWHERE, &[c('n')], Action::New, 8),
    bind(PERSON, &[c('w')], Action::Why, 4),
    bind(PERSON, &[c('t')], Action::Keyring, 12),
    bind(PERSON, &[c('!')], Action::Contain, 13),
    bind(PERSON, &[c('r')], Action::Unthrottle, 3),
    bind(&[Audit], &[c('a')], Action::Activate, 0),
    bind(&[Audit], &[c('i')], Action::Deactivate, 5),
    bind(&[Audit], &[c('X')], Action::EndAll, 7),
    bind(&[Audit], &[c('p')], Action::Password, 0),
    bind(&[Audit], &[c('e')], Action::Edit, 0),
    bind(&[Audit], &[c('w')], Action::Why, 4),
    bind(&[Audit], &[c('t')], Action::Keyring, 0),
    bind(&[Audit], &[c('!')], Action::Contain, 6),
    bind(&[Audit], &[c('r')], Action::Unthrottle, 0),
    bind(MARKED, &[c(' ')], Action::Mark, 0),
    bind(MARKED, &[c('v')], Action::Range, 0),
    bind(MARKED, &[c('*')], Action::MarkAll, 0),
    bind(MARKED, &[c('u')], Action::DropMarks, 0),
    bind(PERSON, &[c('h')], Action::History, 14),
    bind(&[Audit], &[c('h')], Action::History, 3),
    bind(&[Everybody, Audit], &[c('o')], Action::Person, 2),
    bind(&[System], &[k(Code::Enter)], Action::Set, 1),
    bind(&[Audit, System], &[c('V')], Action::Verify, 4),
    bind(&[Keyring], &[c('n')], Action::NewToken, 1),
    bind(&[Keyring], &[c('x')], Action::RevokeToken, 2),
    bind(&[Keyring], &[c('e')], Action::FactorOn, 3),
    bind(&[Keyring], &[c('o')], Action::FactorOff, 3),
    bind(&[Keyring], &[c('b')], Action::NewCodes, 4),
    bind(&[Enrol], &[k(Code::Enter)], Action::Accept, 1),
    bind(&[Enrol], &[c('c')], Action::Copy, 2),
    bind(&[Enrol], &[k(Code::Esc), c('q')], Action::Back, 0),
    bind(&[Keyring], &[k(Code::Esc), c('q')], Action::Back, 0),
    bind(&[Keyring], &[k(Code::Up), c('k')], Action::Up, 8),
    bind(&[Keyring], &[k(Code::Down), c('j')], Action::Down, 0),
    bind(VIEWS, &[c('z')], Action::Undo, 9),
    bind(LISTS, &[c('/')], Action::Filter, 0),
    bind(LISTS, &[c('f')], Action::Lists, 0),
    bind(PERSON, &[c('s')], Action::Order, 0),
    bind(PERSON, &[c('S')], Action::Reverse, 0),
    bind(VIEWS, &[c('c')], Action::Copy, 0),
    bind(VIEWS, &[c('1')], Action::ViewUsers, 0),
    bind(VIEWS, &[c('2')], Action::ViewSessions, 0),
    bind(VIEWS, &[c('3')], Action::ViewAudit, 0),
    bind(VIEWS, &[c('4')], Action::ViewSystem, 0),
    bind(ANYWHERE, &[c('?'), k(Code::F(1))], Action::Help, 0),
    bind(&[Keyring, Enrol], &[c('?'), k(Code::F(1))], Action::Help, 0),
    bind(ANYWHERE, &[c(':'), Key::ctrl('p')], Action::Palette, 0),
    bind(VIEWS, &[c('R'), k(Code::F(5))], Action::Reload, 0),
    bind(&[Nothing], &[c('o')], Action::OpenFile, 2),
    bind(&[Nothing], &[c('U')], Action::Upgrade, 1),
    bind(ANYWHERE, &[c('q')], Action::Quit, 0),
    bind(&[Pager, Menu], &[c('q')], Action::Quit, 0),
    bind(&[Form], &[k(Code::Tab)], Action::NextField, 1),
    bind(&[Form], &[k(Code::BackTab)], Action::PreviousField, 2),
    bind(&[Confirm], &[k(Code::Tab), k(Code::Right), k(Code::Left)], Action::NextField, 2),
    bind(&[Confirm], &[k(Code::BackTab)], Action::PreviousField, 0),
    bind(&[Confirm, Many], &[c('y')], Action::Yes, 1),
    bind(&[Many], &[k(Code::Tab)], Action::ShowAll, 2),
    bind(&[Many], &[c('h')], Action::TakeHidden, 3),
    bind(&[Many], &[k(Code::Left), k(Code::Right)], Action::NextField, 0),
    bind(&[Confirm, Many], &[c('n'), c('q')], Action::Back, 0),
    bind(&[Form], &[Key::ctrl('g')], Action::Generate, 6),
    bind(&[Form], &[Key::ctrl('t')], Action::Show, 7),
    bind(&[Form, Confirm, Many, Typed, Menu, Palette, Filter], &[k(Code::Enter)], Action::Accept, 5),
    bind(&[Pager], &[k(Code::Enter)], Action::Accept, 0),
    bind(&[Form, Confirm, Many, Typed, Menu, Pager, Palette, Filter], &[k(Code::Esc)], Action::Back, 0),
    bind(&[Filter], &[k(Code::Tab)], Action::Complete, 6),
    bind(&[Filter], &[k(Code::Down)], Action::Down, 0),
    bind(&[Filter], &[k(Code::Up)], Action::Up, 0),
    bind(VIEWS, &[k(Code::Up), c('k')], Action::Up, 0),
    bind(&[Pager, Menu], &[k(Code::Up), c('k')], Action::Up, 1),
    bind(LINES, &[k(Code::Down), c('j')], Action::Down, 0),
    bind(&[Palette], &[k(Code::Up)], Action::Up, 1),
    bind(&[Palette], &[k(Code::Down)], Action::Down, 0),
    bind(&[Users, Detail, Sessions, Everybody, Audit, System, Pager, Palette], &[k(Code::PageUp)], Action::PageUp, 0),
    bind(
        &[Users, Detail, Sessions, Everybody, Audit, System, Pager, Palette],
        &[k(Code::PageDown)],
        Action::PageDown,
        0,
    ),
    bind(&[Users, Detail, Sessions, Everybody, Audit, System, Pager], &[Key::ctrl('u')], Action::HalfUp, 0),
    bind(&[Users, Detail, Sessions, Everybody, Audit, System, Pager], &[Key::ctrl('d')], Action::HalfDown, 0),
    bind(LINES, &[c('g'), k(Code::Home)], Action::First, 0),
    bind(LINES, &[c('G'), k(Code::End)], Action::Last, 0),
    bind(PERSON, &[k(Code::Tab)], Action::NextPane, 0),
    bind(PERSON, &[k(Code::BackTab)], Action::PreviousPane, 0),
    bind(LISTS, &[k(Code::Enter)], Action::Whole, 10),
    bind(ANYWHERE, &[k(Code::Esc)], Action::Back, 0),
];

/// The keys that hold everywhere, text or not.
pub const GLOBAL: &[Binding] = &[
    bind(&[], &[Key::ctrl('l')], Action::Repaint, 0),
    bind(&[], &[Key::ctrl('c')], Action::Cancel, 0),
    bind(&[], &[Key::ctrl('z')], Action::Suspend, 0),
];

/// What a key means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// An action.
    Act(Action),
    /// Text, or a key that edits it.
    Text(Key),
    /// Nothing here.
    Nothing,
}

/// Resolves a key: the scope's own binding, then text where text is taken, then the global ones.
pub fn resolve(scope: Scope, key: Key) -> Meaning {
    let bound = |table: &'static [Binding], scope: Option<Scope>| {
        let here = |b: &&Binding| scope.is_none_or(|scope| b.scopes.contains(&scope)) && b.keys.contains(&key);
        table.iter().find(here).map(|b| Meaning::Act(b.action))
    };
    if let Some(meaning) = bound(KEYS, Some(scope)).or_else(|| bound(GLOBAL, None)) {
        return meaning;
    }
    if scope.takes_text() { Meaning::Text(key) } else { Meaning::Nothing }
}

/// The bindings of a scope, in the order of the table.
pub fn bindings(scope: Scope) -> impl Iterator<Item = &'static Binding> {
    KEYS.iter().filter(move |b| b.scopes.contains(&scope)).chain(GLOBAL)
}

/// The key that is shown for an action in a scope.
pub fn key_of(scope: Scope, action: Action) -> Option<Key> {
    bindings(scope).find(|b| b.action == action).map(|b| b.keys[0])
}

/// The table of keys as the README shows it.
pub fn markdown() -> String {
    let mut text = String::from("| key | does |\n| --- | --- |\n");
    let shown = |b: &Binding| b.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
    let mut seen = Vec::new();
    for binding in KEYS.iter().chain(GLOBAL) {
        let panes = binding.scopes.is_empty() || binding.scopes.iter().any(|scope| ANYWHERE.contains(scope));
        let form = binding.scopes == [Form];
        if (panes || form) && !seen.contains(&binding.action) {
            seen.push(binding.action);
            let place = if form { "in a form: " } else { "" };
            text.push_str(&format!("| {} | {place}{} |\n", shown(binding), binding.action.about().help));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPES: [Scope; 17] = [
        Users, Detail, Sessions, Everybody, Audit, System, Nothing, Filter, Form, Confirm, Many, Typed, Menu, Keyring,
        Enrol, Pager, Palette,
    ];

    #[test]
    fn no_scope_gives_a_key_two_meanings() {
        for scope in SCOPES {
            let mut seen = Vec::new();
            for key in bindings(scope).flat_map(|b| b.keys) {
                assert!(!seen.contains(key), "{key} means two things in {scope:?}");
                seen.push(*key);
            }
        }
    }

    #[test]
    fn no_scope_that_takes_text_binds_a_bare_character() {
        for scope in SCOPES.into_iter().filter(|scope| scope.takes_text()) {
            for key in bindings(scope).flat_map(|b| b.keys) {
                assert!(key.ctrl || !matches!(key.code, Code::Char(_)), "{key} could not be typed in {scope:?}");
            }
        }
    }

    #[test]
    fn no_key_that_changes_data_is_the_tail_of_a_split_sequence() {
        for binding in KEYS.iter().filter(|b| b.action.about().changes && b.action != Action::Yes) {
            for key in binding.keys {
                let Code::Char(c) = key.code else { continue };
                assert!(!"ABCDEFHMOPQRSZ~0123456789[".contains(c), "{key} ends an escape sequence");
            }
        }
    }

    #[test]
    fn in_dialogs_y_only_ever_means_yes() {
        for binding in KEYS {
            if binding.keys.contains(&Key::char('y')) {
                assert_eq!(binding.action, Action::Yes);
            }
        }
    }

    #[test]
    fn keys_that_terminals_cannot_tell_apart_are_not_bound() {
        for key in KEYS.iter().chain(GLOBAL).flat_map(|b| b.keys) {
            let taken = matches!(key.code, Code::Char('h' | 'i' | 'j' | 'm' | 's' | 'q' | 'b')) && key.ctrl;
            assert!(!taken, "{key}");
        }
    }
}
