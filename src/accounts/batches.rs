//! Planning a change to many people, doing it in batches, and taking it back.

use super::bulk::{BATCH, Chosen, Ended, Former, Outcome, Plan, count};
use super::change::UserChange;
use super::door::Accounts;
use super::error::Result;
use super::query::{Anchor, Filter, State, Term};
use super::session::SessionId;

impl Accounts {
    /// What a change would do to many people; changes nothing.
    ///
    /// # Errors
    /// `unauthorized`, `unauthenticated`; as any read.
    pub fn plan(&mut self, chosen: &Chosen, change: &UserChange) -> Result<Plan> {
        let stamp = self.administer()?;
        self.store.plan(chosen, change, &stamp)
    }

    /// Does what was planned, in batches between which others get their turn. `progress` hears how many of how many
    /// were reached and answers whether to go on. Whoever has changed since the plan is left as they are, and told.
    ///
    /// # Errors
    /// `unauthorized`, `unauthenticated` (also where the password [is asked for](Accounts::asks_again) once more), `busy`
    /// and the like if nothing was done yet; later they are in the outcome.
    pub fn carry_out(&mut self, plan: &Plan, progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Outcome> {
        self.in_batches(&plan.people, progress, |accounts, batch, outcome| {
            let stamp = accounts.administer_gravely()?;
            let answers = accounts.store.change_many(batch, &plan.change, &stamp)?;
            for ((id, _), answer) in batch.iter().zip(answers) {
                outcome.hear(id, answer, Some(&plan.change));
            }
            Ok(())
        })
    }

    /// Gives many people back the state from before a change, sessions, tokens and passwords aside; whoever has moved
    /// on since is left as they are, and told.
    ///
    /// # Errors
    /// As [`Accounts::carry_out`].
    pub fn undo_many(&mut self, former: &[Former], progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Outcome> {
        self.in_batches(former, progress, |accounts, batch, outcome| {
            let stamp = accounts.administer_gravely()?;
            let answers = accounts.store.undo_many(batch, &stamp)?;
            for (former, answer) in batch.iter().zip(answers) {
                outcome.hear(&former.id, answer, None);
            }
            Ok(())
        })
    }

    /// The ids of the sessions that pass a filter and are live, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn live_sessions(&mut self, filter: &Filter) -> Result<Vec<SessionId>> {
        const PAGE: u16 = 1000;
        let mut live = filter.clone();
        live.terms.push(Term::Is(State::Live));
        let (mut anchor, mut ids) = (Anchor::Start, Vec::new());
        loop {
            let page = self.sessions(&live, false, &anchor, PAGE)?;
            let last = page.rows.last().map(|(key, _)| key.clone());
            ids.extend(page.rows.into_iter().map(|(_, session)| session.id));
            match last {
                Some(key) if page.more_after => anchor = Anchor::After(key),
                _ => return Ok(ids),
            }
        }
    }

    /// Ends many sessions in batches between which others get their turn; `progress` as in [`Accounts::carry_out`].
    ///
    /// # Errors
    /// `unauthorized`, `unauthenticated`, `busy` and the like if nothing was done yet; later they are in the outcome.
    pub fn end_many(&mut self, ids: &[SessionId], progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Ended> {
        let (mut outcome, mut reached) = (Ended::default(), 0);
        for batch in ids.chunks(BATCH) {
            let answer = match self.administer() {
                Ok(stamp) => self.store.end_many(batch, &stamp),
                Err(fault) => Err(fault),
            };
            match answer {
                Ok(ended) => {
                    reached += batch.len();
                    outcome.ended += ended;
                    outcome.over += count(batch.len()) - ended;
                }
                Err(fault) if reached == 0 => return Err(fault),
                Err(fault) => {
                    outcome.fault = Some(fault);
                    break;
                }
            }
            if !progress(count(reached), count(ids.len())) {
                break;
            }
        }
        outcome.rest = count(ids.len() - reached);
        Ok(outcome)
    }

    fn in_batches<T>(
        &mut self,
        all: &[T],
        progress: &mut dyn FnMut(u32, u32) -> bool,
        mut change: impl FnMut(&mut Accounts, &[T], &mut Outcome) -> Result<()>,
    ) -> Result<Outcome> {
        let (mut outcome, mut reached) = (Outcome::default(), 0);
        for batch in all.chunks(BATCH) {
            match change(self, batch, &mut outcome) {
                Ok(()) => reached += batch.len(),
                Err(fault) if reached == 0 => return Err(fault),
                Err(fault) => {
                    outcome.fault = Some(fault);
                    break;
                }
            }
            if !progress(count(reached), count(all.len())) {
                break;
            }
        }
        outcome.rest = count(all.len() - reached);
        for left in &mut outcome.left {
            // What was done must be told, and can be taken back, even where a name cannot be read any more.
            if let Ok(Some(user)) = self.store.user(&left.id, self.now()) {
                left.name = user.name;
            }
        }
        Ok(outcome)
    }
}
