//! The filter line, whichever list it is of.

use tui_input::Input;

use super::commands;
use super::effect::{Effect, Read, Slot, Turn};
use super::layout::Pane;
use super::model::Model;
use super::words::shown;
use crate::accounts::query::{Completion, Filter, Subject, complete};
use crate::accounts::search::Search;
use crate::accounts::text::first_forbidden;

impl Model {
    /// What is wrong with the filter that is being typed, or was.
    pub fn filter_fault(&self) -> Option<&str> {
        match self.pane {
            Pane::Everybody => self.everybody.list.fault.as_deref(),
            Pane::Audit => self.audit.list.fault.as_deref(),
            _ => self.users.list.fault.as_deref(),
        }
    }

    /// Says once more why what is typed cannot be kept.
    pub fn refuse_filter(&mut self) {
        if let Some(fault) = self.filter_fault().map(|fault| format!("not in force: {fault}")) {
            self.refuse(fault);
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
        self.completing.seen = self.seen_words();
        match self.pane {
            Pane::Everybody => self.everybody.list.start_typing(),
            Pane::Audit => {
                self.whole = false;
                self.audit.list.start_typing();
            }
            _ => {
                (self.pane, self.whole) = (Pane::Users, false);
                self.users.list.start_typing();
                self.users.expected = None;
            }
        }
    }

    /// Changes what was typed, and filters by it.
    pub fn type_filter(&mut self, change: impl FnOnce(&mut Input)) {
        match self.pane {
            Pane::Everybody => self.everybody.list.type_input(change),
            Pane::Audit => self.audit.list.type_input(change),
            _ => self.users.list.type_input(change),
        }
    }

    /// Completes what is typed; where several words fit, names them. Which labels there are has to be asked.
    pub fn complete_filter(&mut self, effects: &mut Vec<Effect>) {
        let (value, cursor) = self.typed_filter();
        let mut wanted = None;
        let done = match self.pane {
            Pane::Everybody => complete(&value, cursor, Subject::Sessions, |field| self.words_held(field)),
            Pane::Audit => Search::complete(&value, cursor, |field| self.words_held(field)),
            _ => complete(&value, cursor, Subject::Users, |field| {
                // Labels hold no blanks: what is begun is what stands behind the first colon of the last word.
                let word = value[..cursor].rsplit(char::is_whitespace).next().unwrap_or_default();
                wanted = (field == "label").then(|| word.split_once(':').map_or("", |(_, begun)| begun));
                Vec::new()
            }),
        };
        if let Some(begun) = wanted {
            let prefix = begun.trim_start_matches('"').to_owned();
            self.completing.turn += 1;
            effects.push(Effect::Ask(Slot::Labels, self.completing.turn, Read::Labels(prefix)));
            self.completing.line = Some((value, cursor));
            return;
        }
        self.put_completion(&value, done);
    }

    /// Takes the labels that were asked for, if the line is still the one that they were asked for.
    pub fn labels_found(&mut self, turn: Turn, labels: &[String]) {
        let Some((value, cursor)) = self.completing.line.take_if(|_| turn == self.completing.turn) else { return };
        if self.is_filtering() && self.pane == Pane::Users && self.typed_filter() == (value.clone(), cursor) {
            let done = complete(&value, cursor, Subject::Users, |_| typeable(labels.to_vec()));
            self.put_completion(&value, done);
        }
    }

    /// What is typed, and at which byte the cursor stands.
    fn typed_filter(&self) -> (String, usize) {
        let input = match self.pane {
            Pane::Everybody => &self.everybody.list.input,
            Pane::Audit => &self.audit.list.input,
            _ => &self.users.list.input,
        };
        let value = input.value().to_owned();
        let cursor = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
        (value, cursor)
    }

    fn put_completion(&mut self, value: &str, done: Option<Completion>) {
        let Some(Completion { range, text, choices }) = done else {
            return self.refuse("nothing is known that begins so".to_owned());
        };
        let grown = format!("{}{text}{}", &value[..range.start], &value[range.end..]);
        let at = value[..range.start].chars().count() + text.chars().count();
        if grown != value {
            self.type_filter(|input| *input = Input::new(grown).with_cursor(at));
        }
        if choices.len() > 1 {
            self.progress(choices.iter().map(|choice| shown(choice)).collect::<Vec<_>>().join("  "));
        }
    }

    /// The words for a field that the rows have which are held, those on the screen and some beside it: no question is
    /// worth asking for them. What was there before the filter was begun counts too, since half a name may have emptied
    /// the list.
    fn words_held(&self, field: &str) -> Vec<String> {
        let mut words = self.seen_words();
        words.extend(self.completing.seen.iter().cloned());
        let words = words.into_iter().filter(|(of, _)| *of == field).map(|(_, word)| word).collect();
        let mut words = typeable(words);
        words.sort();
        words.dedup();
        words
    }

    /// The words of the rows that are held, each with its field.
    fn seen_words(&self) -> Vec<(&'static str, String)> {
        let mut words = Vec::new();
        let mut add = |field, word: Option<&str>| words.extend(word.map(|word| (field, word.to_owned())));
        match self.pane {
            Pane::Everybody => {
                for session in self.everybody.list.window.visible(usize::MAX) {
                    add("client", session.client.as_deref());
                    add("address", session.address.as_deref());
                }
            }
            Pane::Audit => {
                for entry in self.audit.list.window.visible(usize::MAX) {
                    add("actor", entry.known_actor());
                    add("about", entry.detail.as_ref().and_then(|detail| detail.target.as_deref()));
                }
            }
            _ => {}
        }
        words
    }

    /// The command that lists what is listed here, where a filter is in force.
    pub fn list_command(&self) -> Option<String> {
        let (noun, input, subject) = match self.pane {
            Pane::Everybody => ("session", &self.everybody.list.input, Subject::Sessions),
            Pane::Users => ("user", &self.users.list.input, Subject::Users),
            _ => return None,
        };
        let expression = input.value().trim();
        // A line that is still to be finished is none that a command takes.
        let finished = !expression.is_empty() && Filter::read_finished(expression, subject).is_ok();
        finished.then(|| commands::list(noun, expression))
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

/// The words that could be typed: what could not be is not put into a line either.
fn typeable(mut words: Vec<String>) -> Vec<String> {
    words.retain(|word| !word.contains('"') && first_forbidden(word).is_none());
    words
}
