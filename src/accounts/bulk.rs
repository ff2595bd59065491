//! One change to many people: planned first, then done in batches, each person in the version that was counted.
//!
//! The plan says how many there are, who is kept back and why, and what would end with it. What was done can be taken
//! back by one record for all of them.

use super::audit::{Actor, Stamp};
use super::change::{Changed, Exposure, UserChange, last_admin, stale};
use super::error::{Error, Kind, Result};
use super::losses::{Losses, Names};
use super::query::Filter;
use super::text::quote;
use super::time::Time;
use super::user::{Status, User, UserId};

/// Whom a change is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// These people, each in the version that was looked at.
    People(Vec<(UserId, i64)>),
    /// Everybody whom a filter lets through.
    All(Filter),
}

/// Somebody to whom it is not done, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Left {
    /// Their id.
    pub id: UserId,
    /// Their name, where it is known.
    pub name: String,
    /// Why not.
    pub why: Error,
}

/// How many of those who are left out are told one by one; of the others only the number.
pub const TOLD: usize = 1000;

/// How many names stand for all.
pub const EXAMPLES: usize = 5;

/// What a change would do to many people, looked at in one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The change.
    pub change: UserChange,
    /// How many people were chosen.
    pub matched: u32,
    /// To whom it would be done, in the version that was counted.
    pub people: Vec<(UserId, i64)>,
    /// How many are like that already.
    pub already: u32,
    /// Who is kept back and why; at most [`TOLD`] of them.
    pub kept: Vec<Left>,
    /// How many are kept back.
    pub kept_back: u32,
    /// What these people have out in the world, where the change takes of it or makes it useless.
    pub exposure: Exposure,
    /// What the change takes of it for good.
    pub losses: Losses,
    /// Some of their names.
    pub examples: Vec<String>,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// How to take it back, one entry a person who was changed.
    pub former: Vec<Former>,
    /// How many turned out to be like that already.
    pub already: u32,
    /// What was lost with it for good.
    pub taken: Losses,
    /// After an undo: how many users have a password that stays void, because the change that was undone voided it.
    pub passwords_void: u32,
    /// To whom it was not done and why: moved on, kept, failed; at most [`TOLD`] of them.
    pub left: Vec<Left>,
    /// How many those are.
    pub left_out: u32,
    /// How many were not reached, since it was stopped or could not go on.
    pub rest: u32,
    /// Why it could not go on.
    pub fault: Option<Error>,
}

impl Outcome {
    /// How many people were changed.
    pub fn changed(&self) -> u32 {
        count(self.former.len())
    }

    /// Whether it was done to everybody who was planned for.
    pub fn is_whole(&self) -> bool {
        self.left_out == 0 && self.rest == 0 && self.fault.is_none()
    }

    /// Takes the answer for one person in.
    pub(super) fn hear(&mut self, id: &UserId, answer: Result<Changed>, change: Option<&UserChange>) {
        match answer {
            Ok(changed) if changed.is_change() => {
                self.taken.add(changed.losses());
                self.former.push(Former::of(changed, change));
            }
            Ok(_) => self.already += 1,
            Err(why) => {
                self.left_out += 1;
                if self.left.len() < TOLD {
                    self.left.push(Left { id: id.clone(), name: String::new(), why });
                }
            }
        }
    }
}

/// Somebody's state before a change among many, as far as the change moved it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Former {
    /// Who.
    pub id: UserId,
    /// The version that the change led to; in another one it is not taken back.
    pub version: i64,
    /// Whether the change voided the password, which an undo does not give back.
    pub password_voided: bool,
    past: Past,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Past {
    Standing(Box<Standing>),
    /// All of it, where a change may have moved anything.
    Whole(Box<User>),
}

/// What most changes move: kept alone, since forty thousand whole people are a lot to remember.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Standing {
    status: Status,
    reason: Option<String>,
    status_by: Option<String>,
    status_at: Option<Time>,
    activated_at: Option<Time>,
    deleted_at: Option<Time>,
}

impl Former {
    fn of(changed: Changed, change: Option<&UserChange>) -> Former {
        let Changed { before, after, password_voided, .. } = changed;
        let (id, version) = (after.id, after.version);
        let small = change.is_some_and(|change| {
            !matches!(change, UserChange::Edit(_) | UserChange::Undo(_) | UserChange::Restore(Some(_)))
        });
        if !small {
            return Former { id, version, password_voided, past: Past::Whole(Box::new(before)) };
        }
        let User { status, reason, status_by, status_at, activated_at, deleted_at, .. } = before;
        let standing = Standing { status, reason, status_by, status_at, activated_at, deleted_at };
        Former { id, version, password_voided, past: Past::Standing(Box::new(standing)) }
    }

    /// The change that gives the former state back to `user`, who is as the change left them.
    pub fn undo(&self, user: &User) -> UserChange {
        let before = match &self.past {
            Past::Whole(before) => (**before).clone(),
            Past::Standing(standing) => {
                let Standing { status, reason, status_by, status_at, activated_at, deleted_at } = (**standing).clone();
                User { status, reason, status_by, status_at, activated_at, deleted_at, ..user.clone() }
            }
        };
        UserChange::Undo(Box::new(before))
    }
}

/// The id, name and age of an administrator, what they have out in the world, and what the change takes of it.
type Doomed = (UserId, String, Time, Exposure, Losses);

/// Gathers a plan from the people whom an engine has found, one after the other.
pub struct Planner<'a> {
    plan: Plan,
    stamp: &'a Stamp,
    /// Who would keep the door open for administrators no longer, with what they have out in the world.
    doomed: Vec<Doomed>,
}

impl<'a> Planner<'a> {
    /// A plan for nobody yet.
    pub fn new(change: &UserChange, stamp: &'a Stamp) -> Self {
        let plan = Plan {
            change: change.clone(),
            matched: 0,
            people: Vec::new(),
            already: 0,
            kept: Vec::new(),
            kept_back: 0,
            exposure: Exposure::default(),
            losses: Losses::default(),
            examples: Vec::new(),
        };
        Planner { plan, stamp, doomed: Vec::new() }
    }

    /// Takes somebody in, whom the chooser saw in version `expect` if it is given. What they have out in the world is
    /// asked for where it counts. `is_keeper`: an administrator who can log in, with a hash that a login can verify.
    ///
    /// # Errors
    /// What asking says.
    pub fn consider(
        &mut self,
        user: &User,
        expect: Option<i64>,
        is_keeper: bool,
        exposure: impl FnOnce() -> Result<(Exposure, Names)>,
    ) -> Result<()> {
        self.plan.matched += 1;
        let change = &self.plan.change;
        let after = match expect.filter(|version| *version != user.version) {
            Some(_) => Err(stale(&user.name, None, self.stamp.at)),
            None => change.apply(user, self.stamp).and_then(|after| self.spare(user, &after).map(|()| after)),
        };
        let after = match after {
            Ok(after) => after,
            Err(why) => {
                self.keep(user.id.clone(), user.name.clone(), why);
                return Ok(());
            }
        };
        let touches = change.shuts(user, &after, self.stamp.at) || change.strips(&after);
        let (mut exposure, names) = if touches { exposure()? } else { Default::default() };
        if !change.voids_password() {
            exposure.passwords = 0;
        }
        if after == *user && (*change != UserChange::Contain || exposure.is_empty()) {
            self.plan.already += 1;
            return Ok(());
        }
        let losses = change.losses(user, &after, exposure, names, self.stamp.at);
        if is_keeper && !after.is_keeper() {
            self.doomed.push((user.id.clone(), user.name.clone(), user.created_at, exposure, losses.clone()));
        }
        self.plan.exposure.add(exposure);
        self.plan.losses.add(losses);
        self.plan.people.push((user.id.clone(), user.version));
        if self.plan.examples.len() < EXAMPLES {
            self.plan.examples.push(user.name.clone());
        }
        Ok(())
    }

    /// Somebody who was chosen and does not exist.
    pub fn missing(&mut self, id: &UserId) {
        self.plan.matched += 1;
        self.keep(id.clone(), String::new(), Error::unknown_user(id.as_str()));
    }

    /// The plan, in a database where so many people keep the door open for administrators: if all of them were chosen,
    /// the one who has been there for longest is kept back.
    pub fn finish(mut self, keepers: u32) -> Plan {
        let oldest = self.doomed.iter().min_by_key(|(id, _, since, ..)| (*since, id)).cloned();
        if let Some((id, name, _, exposure, losses)) = oldest
            && count(self.doomed.len()) >= keepers
        {
            self.plan.people.retain(|(other, _)| *other != id);
            self.plan.examples.retain(|other| *other != name);
            self.plan.exposure.less(exposure);
            self.plan.losses.less(&losses);
            let why = last_admin(&name);
            self.keep(id, name, why);
        }
        self.plan
    }

    /// Refuses what would take somebody's own access: that is never done among many.
    fn spare(&self, user: &User, after: &User) -> Result<()> {
        let own = matches!(&self.stamp.actor, Actor::User { id, .. } if *id == user.id);
        let loses = user.can_log_in(self.stamp.at) && !after.can_log_in(self.stamp.at) || user.role != after.role;
        match own && loses {
            true => Err(Error::new(Kind::Unauthorized, format!("{} is yourself", quote(&user.name)))
                .hint("your own access is changed alone, not among many")),
            false => Ok(()),
        }
    }

    fn keep(&mut self, id: UserId, name: String, why: Error) {
        self.plan.kept_back += 1;
        if self.plan.kept.len() < TOLD {
            self.plan.kept.push(Left { id, name, why });
        }
    }
}

/// What came of ending many sessions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ended {
    /// How many were live and are ended.
    pub ended: u32,
    /// How many were over already.
    pub over: u32,
    /// How many were not reached, since it was stopped or could not go on.
    pub rest: u32,
    /// Why it could not go on.
    pub fault: Option<Error>,
}

/// How many people one transaction changes: few enough that a service's own write soon gets its turn.
pub const BATCH: usize = 250;

/// A length as a count.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::user::Edit;
    use crate::accounts::user::tests::somebody;

    #[test]
    fn of_what_changes_a_standing_only_the_standing_is_kept() {
        let (before, after) = (somebody(), User { version: 2, ..somebody() });
        let changed = || Changed::without_loss(before.clone(), after.clone());
        let small = |change: Option<&UserChange>| {
            let former = Former::of(changed(), change);
            assert_eq!((&former.id, former.version), (&before.id, 2));
            matches!(former.past, Past::Standing(_))
        };
        for change in [UserChange::Deactivate, UserChange::Activate, UserChange::Delete, UserChange::Restore(None)] {
            assert!(small(Some(&change)), "{change:?}");
        }
        assert!(!small(Some(&UserChange::Edit(Edit::default()))) && !small(None));
        let name = crate::accounts::user::Name::parse("bob").expect("lawful");
        assert!(
            !small(Some(&UserChange::Restore(Some(name)))) && !small(Some(&UserChange::Undo(Box::new(somebody()))))
        );
    }
}
