//! Planning a change to many people, doing it in batches, and taking it back.

use super::bulk::{BATCH, Chosen, Ended, Former, Outcome, Plan, count};
use super::change::UserChange;
use super::door::Accounts;
use super::error::{Error, Result};
use super::losses::Losses;
use super::query::{Anchor, Filter, State, Term, page_through};
use super::session::SessionId;
use super::user::User;

impl Accounts {
    /// What a change would do to many people; changes nothing.
    ///
    /// # Errors
    /// `unauthorized`, `unauthenticated`; as any read.
    pub fn plan(&mut self, chosen: &Chosen, change: &UserChange) -> Result<Plan> {
        let stamp = self.administer()?;
        self.store.plan(chosen, change, &stamp)
    }

    /// The losses of a change to one user, who is in the version that was looked at; changes nothing.
    ///
    /// # Errors
    /// As [`Accounts::plan`].
    pub fn losses(&mut self, user: &User, change: &UserChange) -> Result<Losses> {
        Ok(self.plan(&Chosen::People(vec![(user.id.clone(), user.version)]), change)?.losses)
    }

    /// Does what was planned, in batches between which others get their turn. `progress` hears how many of how many
    /// were reached and answers whether to go on. Whoever has changed since the plan is left as they are, and told.
    ///
    /// # Errors
    /// `unauthorized`, `unauthenticated` (also where the password [is asked for](Accounts::asks_again) once more), `busy`
    /// and the like if nothing was done yet; later they are in the outcome.
    pub fn carry_out(&mut self, plan: &Plan, progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        (outcome.rest, outcome.fault) = in_batches(&plan.people, progress, |batch| {
            let stamp = self.administer_gravely()?;
            let answers = self.store.change_many(batch, &plan.change, &stamp)?;
            for ((id, _), answer) in batch.iter().zip(answers) {
                outcome.hear(id, answer, Some(&plan.change));
            }
            Ok(())
        })?;
        Ok(self.named(outcome))
    }

    /// Gives many people back the state from before a change, sessions, tokens and passwords aside; whoever has moved
    /// on since is left as they are, and told.
    ///
    /// # Errors
    /// As [`Accounts::carry_out`].
    pub fn undo_many(&mut self, former: &[Former], progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        (outcome.rest, outcome.fault) = in_batches(former, progress, |batch| {
            let stamp = self.administer_gravely()?;
            let answers = self.store.undo_many(batch, &stamp)?;
            for (former, answer) in batch.iter().zip(answers) {
                outcome.passwords_void += u32::from(former.password_voided && answer.is_ok());
                outcome.hear(&former.id, answer, None);
            }
            Ok(())
        })?;
        Ok(self.named(outcome))
    }

    /// With the names of those who were left out.
    fn named(&mut self, mut outcome: Outcome) -> Outcome {
        for left in &mut outcome.left {
            // What was done must be told, and can be taken back, even where a name cannot be read any more.
            if let Ok(Some(user)) = self.store.user(&left.id, self.now()) {
                left.name = user.name;
            }
        }
        outcome
    }

    /// The ids of the sessions that pass a filter and are live, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn live_sessions(&mut self, filter: &Filter) -> Result<Vec<SessionId>> {
        const PAGE: u16 = 1000;
        let mut live = filter.clone();
        live.terms.push(Term::Is(State::Live));
        let mut ids = Vec::new();
        page_through(
            Anchor::Start,
            |anchor| self.sessions(&live, false, anchor, PAGE),
            |rows| {
                ids.extend(rows.into_iter().map(|(_, session)| session.id));
                true
            },
        )?;
        Ok(ids)
    }

    /// Ends many sessions in batches between which others get their turn; `progress` as in [`Accounts::carry_out`].
    ///
    /// # Errors
    /// `unauthorized`, `unauthenticated`, `busy` and the like if nothing was done yet; later they are in the outcome.
    pub fn end_many(&mut self, ids: &[SessionId], progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Ended> {
        let mut outcome = Ended::default();
        (outcome.rest, outcome.fault) = in_batches(ids, progress, |batch| {
            let stamp = self.administer()?;
            let ended = self.store.end_many(batch, &stamp)?;
            outcome.ended += ended;
            outcome.over += count(batch.len()) - ended;
            Ok(())
        })?;
        Ok(outcome)
    }
}

/// Hands batch after batch to `deed`, and says how many were not reached, and why it could not go on. What goes wrong
/// before anything was done is the error.
fn in_batches<T>(
    all: &[T],
    progress: &mut dyn FnMut(u32, u32) -> bool,
    mut deed: impl FnMut(&[T]) -> Result<()>,
) -> Result<(u32, Option<Error>)> {
    let mut reached = 0;
    let rest = |reached| count(all.len() - reached);
    for batch in all.chunks(BATCH) {
        match deed(batch) {
            Ok(()) => reached += batch.len(),
            Err(fault) if reached == 0 => return Err(fault),
            Err(fault) => return Ok((rest(reached), Some(fault))),
        }
        if !progress(count(reached), count(all.len())) {
            break;
        }
    }
    Ok((rest(reached), None))
}
