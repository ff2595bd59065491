//! What the console asks for: what its screen needs to be complete, and what has to be read again.

use super::effect::{Effect, Read, Slot};
use super::layout::{Pane, Screen};
use super::model::{Book, Model};
use super::outcome;
use super::panes::audit::Audit;
use super::panes::detail::Detail;
use super::panes::everybody::Everybody;
use super::panes::system::System;
use super::panes::users::Users;
use super::verifying::Verifying;
use crate::accounts::looking::Dossier;
use crate::accounts::time::Span;
use crate::accounts::user::UserId;

impl Model {
    /// Whether everything that is looked at is there, so that a frame need not be drawn twice.
    pub fn is_complete(&self) -> bool {
        match (&self.book, self.pane) {
            _ if self.signin.is_some() => true,
            (Book::Opening, _) => false,
            (Book::Open(_), Pane::Everybody) => !self.everybody.list.is_waiting() && !self.detail.is_waiting(),
            (Book::Open(_), Pane::Audit) => !self.audit.list.is_waiting(),
            (Book::Open(_), Pane::System) => self.system.is_loaded(),
            (Book::Open(_), _) => !self.users.list.is_waiting() && !self.detail.is_waiting(),
            _ => true,
        }
    }

    /// Shows the open database as if nothing had been looked at or done in it yet.
    pub fn start_over(&mut self) {
        (self.users, self.everybody, self.detail) = (Users::default(), Everybody::default(), Detail::default());
        (self.audit, self.system, self.verifying) = (Audit::default(), System::default(), Verifying::default());
        self.undo.clear();
        (self.never_undone, self.last_command, self.changed_here, self.doubted) = (None, None, None, None);
        self.attention = None;
        self.attention_turn.1 = true;
        (self.pane, self.whole) = (Pane::Users, false);
        self.users.list.restart();
    }

    /// Reads again whatever shows users or sessions.
    pub fn refresh(&mut self) {
        self.users.list.refresh();
        if self.everybody.list.window.is_loaded() {
            self.everybody.list.refresh();
        }
        self.audit.refresh();
        self.system.refresh();
        self.detail.refresh();
        self.attention_turn.1 = true;
    }

    /// What has to be asked for now, so that the screen becomes complete.
    pub fn needs(&mut self, effects: &mut Vec<Effect>) {
        if self.place().is_none() {
            return;
        }
        match &self.signin {
            // Whether whoever sat here may still come back is worth a question; nothing else is.
            Some(signin) if signin.back.is_some() => return self.ask_for_attention(effects),
            Some(_) => return,
            None => {}
        }
        let screen = self.screen();
        self.keep_in_view(&screen);
        self.needs_rows(&screen, false, effects);
        if self.pane == Pane::System {
            self.system.needs(self.now, effects);
        }
        self.verifying.needs(effects);
        self.needs_marks(effects);
        // Whoever is doubted is on the way already, and comes before whoever stands in their place now.
        let person = self.doubted.clone().or_else(|| self.person_id().cloned());
        if let Some(known) = person.as_ref().and_then(|id| self.known_ahead(id)) {
            outcome::show(self, known, true);
        }
        self.detail.needs(person.as_ref(), effects);
        if self.is_complete() {
            self.needs_rows(&screen, true, effects);
            self.look_ahead(effects);
        }
        self.ask_for_attention(effects);
        if self.is_complete() {
            self.ask_for_ranks(&screen, effects);
        }
    }

    /// The person under the cursor, where they were read before the cursor came to them and are as the list has them.
    fn known_ahead(&mut self, id: &UserId) -> Option<Dossier> {
        let row = match self.pane {
            Pane::Users | Pane::Detail | Pane::Sessions => self.users.list.window.current(),
            Pane::Everybody | Pane::Audit | Pane::System => None,
        };
        self.detail.known_ahead(id, row)
    }

    fn look_ahead(&mut self, effects: &mut Vec<Effect>) {
        let near: Vec<&UserId> = match self.pane {
            Pane::Users | Pane::Detail | Pane::Sessions => self.users.list.window.near().map(|user| &user.id).collect(),
            Pane::Everybody => self.everybody.list.window.near().map(|session| &session.user_id).collect(),
            Pane::Audit | Pane::System => Vec::new(),
        };
        self.detail.look_ahead(&near, effects);
    }

    fn needs_rows(&mut self, screen: &Screen, leisure: bool, effects: &mut Vec<Effect>) {
        self.users.needs(screen.rows(Pane::Users).max(1), leisure, effects);
        if self.pane == Pane::Everybody {
            self.everybody.needs(screen.rows(Pane::Everybody).max(1), leisure, effects);
        }
        if self.pane == Pane::Audit {
            let height = self.audit_rows();
            self.audit.needs(height, leisure, effects);
        }
    }

    /// Scrolls the lists that are seen so that their cursors are, whatever has made them smaller.
    fn keep_in_view(&mut self, screen: &Screen) {
        let rows = |pane| Some(screen.rows(pane)).filter(|rows| *rows > 0);
        if let Some(height) = rows(Pane::Users) {
            self.users.list.window.follow(height);
        }
        if let Some(height) = rows(Pane::Sessions) {
            let held = self.their_sessions().map_or(0, <[_]>::len);
            self.sessions.keep_in_view(held, height);
        }
        if let Some(height) = rows(Pane::Everybody) {
            self.everybody.list.window.follow(height);
        }
    }

    fn ask_for_attention(&mut self, effects: &mut Vec<Effect>) {
        // Whoever is throttled comes free by time alone, of which no change tells.
        let throttled = self.attention.is_some_and(|attention| attention.throttled > 0);
        let age = self.now.since(self.attention_at).millis();
        self.attention_turn.1 |= throttled && !(0..Span::MINUTE.millis()).contains(&age);
        // Counting may read the whole file: it begins when what is looked at has come.
        if self.is_complete() && std::mem::take(&mut self.attention_turn.1) {
            self.attention_turn.0 += 1;
            self.attention_at = self.now;
            effects.push(Effect::Ask(Slot::Attention, self.attention_turn.0, Read::Attention));
        }
    }

    /// How many rows stand before those that are seen, where nothing but counting tells.
    fn ask_for_ranks(&mut self, screen: &Screen, effects: &mut Vec<Effect>) {
        let now = self.now;
        if !screen.users.is_empty()
            && let Some((turn, key)) = self.users.list.rank_due(now)
        {
            effects.push(Effect::Ask(Slot::UsersBefore, turn, Read::UsersBefore(self.users.query(), key)));
        }
        if !screen.everybody.is_empty()
            && let Some((turn, key)) = self.everybody.list.rank_due(now)
        {
            let (filter, reversed) = (self.everybody.list.filter.clone(), self.everybody.reversed);
            effects.push(Effect::Ask(Slot::SessionsBefore, turn, Read::SessionsBefore(filter, reversed, key)));
        }
        if !screen.audit.is_empty()
            && let Some((turn, key)) = self.audit.list.rank_due(now)
        {
            let search = self.audit.list.filter.clone();
            effects.push(Effect::Ask(Slot::EntriesBefore, turn, Read::EntriesBefore(search, key)));
        }
    }
}
