//! The filter line, whichever list it is of.

use tui_input::Input;

use super::layout::Pane;
use super::model::Model;

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
