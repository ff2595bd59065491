//! The filter line, whichever list it is of.

use tui_input::Input;

use super::commands;
use super::layout::Pane;
use super::model::Model;
use crate::accounts::query::{Completion, Subject, complete};

impl Model {
    /// What is wrong with the filter that is being typed, or was.
    pub fn filter_fault(&self) -> Option<&str> {
        match self.pane {
            Pane::Everybody => self.everybody.list.fault.as_deref(),
            Pane::Audit => self.audit.list.fault.as_deref(),
            _ => self.users.list.fault.as_deref(),
        }
    }

    /// Whether a filter is being typed.
    pub fn is_filtering(&self) -> bool {
        match self.pane {
            Pane::Everybody => self.everybody.list.typing,
            Pane::Audit => self.audit.list.typing,
            Pane::System => false,
            Pane::Users | Pane::Detail | Pane::Sessions => self.users.list.typing,
        }
    }

    /// Begins to type a filter.
    pub fn start_filter(&mut self) {
        match self.pane {
            Pane::Everybody => self.everybody.list.start_typing(),
            Pane::Audit => {
                self.whole = false;
                self.audit.list.start_typing();
            }
            _ => {
                (self.pane, self.whole) = (Pane::Users, false);
                self.users.list.start_typing();
            }
        }
    }

    /// Changes what was typed, and filters by it.
    pub fn type_filter(&mut self, change: impl FnOnce(&mut Input)) {
        match self.pane {
            Pane::Everybody => {
                change(&mut self.everybody.list.input);
                self.everybody.list.apply_input();
            }
            Pane::Audit => {
                change(&mut self.audit.list.input);
                self.audit.list.apply_input();
            }
            _ => {
                change(&mut self.users.list.input);
                self.users.list.apply_input();
            }
        }
    }

    /// Completes what is typed; where several words fit, names them.
    pub fn complete_filter(&mut self) {
        let (input, subject) = match self.pane {
            Pane::Everybody => (&self.everybody.list.input, Subject::Sessions),
            Pane::Audit => return self.refuse("Tab completes the filters of users and sessions".to_owned()),
            _ => (&self.users.list.input, Subject::Users),
        };
        let value = input.value().to_owned();
        let cursor = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
        let Some(Completion { range, text, choices }) = complete(&value, cursor, subject) else {
            return self.refuse("nothing is known that begins so".to_owned());
        };
        let grown = format!("{}{text}{}", &value[..range.start], &value[range.end..]);
        let at = value[..range.start].chars().count() + text.chars().count();
        if grown != value {
            self.type_filter(|input| *input = Input::new(grown).with_cursor(at));
        }
        if choices.len() > 1 {
            self.progress(choices.join("  "));
        }
    }

    /// The command that lists what is listed here, where a filter is in force.
    pub fn list_command(&self) -> Option<String> {
        let (noun, input) = match self.pane {
            Pane::Everybody => ("session", &self.everybody.list.input),
            Pane::Users => ("user", &self.users.list.input),
            _ => return None,
        };
        let expression = input.value().trim();
        (!expression.is_empty()).then(|| commands::list(noun, expression))
    }

    /// Ends the typing.
    pub fn end_filter(&mut self) {
        match self.pane {
            Pane::Everybody => self.everybody.list.typing = false,
            Pane::Audit => self.audit.list.typing = false,
            _ => self.users.list.typing = false,
        }
    }

    /// Takes the filter away.
    pub fn clear_filter(&mut self) {
        match self.pane {
            Pane::Everybody => self.everybody.list.clear_filter(),
            Pane::Audit => self.audit.list.clear_filter(),
            Pane::System => {}
            Pane::Users | Pane::Detail | Pane::Sessions => self.users.list.clear_filter(),
        }
    }
}
