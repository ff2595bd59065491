//! The parts of the demo: which states there are, who gets which, and what happens in each.

use crate::accounts::audit::{Actor, Deed};
use crate::accounts::change::UserChange;
use crate::accounts::error::Result;
use crate::accounts::hash::PasswordHash;
use crate::accounts::time::{Span, Time};
use crate::accounts::user::{Edit, Role};

use super::dice::Dice;
use super::names::Called;
use super::story::{DEVICES, ETERNAL, FIREFOX, OLD_LAPTOP, Story, root, web};

pub(super) const LABELS: [&str; 8] = ["beta", "billing", "board", "ops", "press", "research", "support", "volunteers"];
pub(super) const NOTES: [&str; 6] = [
    "on call for billing",
    "prefers to be phoned",
    "shares the reading room's computer",
    "asked for a second account, refused",
    "knows the old system",
    "treasurer until the next meeting",
];
pub(super) const REASONS: [&str; 5] =
    ["left the project", "asked for it by mail", "mail bounces, no answer", "looks like spam", "on leave until spring"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Founder,
    Admin,
    Auditor,
    Regular,
    Pending,
    NoPassword,
    Never,
    Inactive,
    Deleted,
    Expired,
    Ended,
    Eternal,
    Stale,
}

/// Deals the parts: `n` counts from the newest, who stands at the top of the screen.
pub(super) fn part(n: u64) -> Part {
    match n {
        239 => Part::Founder,
        238 | 150 | 61 => Part::Admin,
        237 | 95 => Part::Auditor,
        0 | 2 | 6 => Part::Pending,
        3 => Part::NoPassword,
        7 => Part::Never,
        8 => Part::Inactive,
        12 => Part::Ended,
        14 => Part::Eternal,
        _ if n % 40 == 37 => Part::Expired,
        _ if n % 24 == 19 => Part::Inactive,
        _ if n % 30 == 22 => Part::Deleted,
        _ if n % 27 == 16 => Part::Pending,
        _ if n % 26 == 9 => Part::Never,
        _ if n % 50 == 31 => Part::NoPassword,
        _ if n % 60 == 33 => Part::Eternal,
        _ if n % 15 == 5 => Part::Ended,
        _ if n > 110 && n % 9 == 4 => Part::Stale,
        _ => Part::Regular,
    }
}

/// What one person's story is told from.
pub(super) struct Scene<'a> {
    pub(super) now: Time,
    pub(super) born: Time,
    pub(super) part: Part,
    pub(super) hash: &'a PasswordHash,
    pub(super) admin: &'a Actor,
}

impl Scene<'_> {
    /// Tells the story of somebody in this part.
    pub(super) fn play(&self, called: Called, mut dice: Dice) -> Result<Story> {
        let by_admin = dice.one_in(3);
        let mut story = match self.part {
            Part::Founder => Story::created(called, self.born, &root(), Role::Admin, Some(self.hash), dice)?,
            Part::Admin => self.created(called, Role::Admin, Some(self.hash), dice)?,
            Part::Auditor => self.created(called, Role::Auditor, Some(self.hash), dice)?,
            Part::NoPassword => {
                let mut story = self.created(called, Role::Member, None, dice)?;
                story.reset_requested(self.after(Span::SECOND.times(40)), self.admin);
                return Ok(story);
            }
            Part::Pending => return Story::registered(called, self.born, self.hash, dice),
            Part::Never => return self.created(called, Role::Member, Some(self.hash), dice),
            _ if by_admin => self.created(called, Role::Member, Some(self.hash), dice)?,
            _ => {
                let mut story = Story::registered(called, self.born, self.hash, dice)?;
                let soon = self.after(Span::MINUTE.times(2));
                story.change(soon, &web(), None, &UserChange::Activate)?;
                story
            }
        };
        let lived = self.now.since(self.born).millis();
        let middle = self.born.plus(Span::from_millis(lived * 6 / 10));
        let away = self.now.minus(Span::DAY.times(95));
        let until = if self.part == Part::Stale { away } else { self.now };
        self.youth(&mut story, middle.min(until))?;
        // Whose session shall be seen to have ended comes in by that scene alone.
        if self.part != Part::Ended {
            self.coming_in(&mut story, middle.min(until), until)?;
        }
        self.turn(&mut story)?;
        Ok(story)
    }

    fn created(&self, called: Called, role: Role, hash: Option<&PasswordHash>, dice: Dice) -> Result<Story> {
        Story::created(called, self.born, self.admin, role, hash, dice)
    }

    /// So long after the birth, but not in the future.
    fn after(&self, span: Span) -> Time {
        self.born.plus(span).min(self.now)
    }

    /// Something out of the ordinary in the first part of a life; nothing at all for most.
    fn youth(&self, story: &mut Story, until: Time) -> Result<()> {
        let from = self.after(Span::MINUTE.times(3));
        if until.since(from) < Span::HOUR {
            return Ok(());
        }
        let first = story.dice.between(from, until);
        story.log_in(first, FIREFOX, self.now)?;
        let at = story.dice.between(first, until);
        let edit = match story.dice.below(10) {
            0 | 1 => Edit { labels: Some(labels(&mut story.dice)), ..Edit::default() },
            2 => Edit { note: Some(Some(story.dice.pick(&NOTES).to_owned())), ..Edit::default() },
            3 => {
                let email = format!("member{}@mail.example", 1000 + story.dice.below(9000));
                Edit { email: Some(Some(email)), ..Edit::default() }
            }
            4 => {
                let (labels, note) = (labels(&mut story.dice), story.dice.pick(&NOTES).to_owned());
                Edit { labels: Some(labels), note: Some(Some(note)), ..Edit::default() }
            }
            5 => {
                let myself = story.actor();
                story.password(at, &myself, Deed::ChangePassword);
                return Ok(());
            }
            6 => {
                story.reset_requested(at, &web());
                let soon = at.plus(story.dice.within(Span::MINUTE.times(20))).min(until);
                story.password(soon, &web(), Deed::CompleteReset);
                return Ok(());
            }
            7 => {
                story.password(at, self.admin, Deed::SetPassword);
                return Ok(());
            }
            _ => return Ok(()),
        };
        story.change(at, self.admin, None, &UserChange::Edit(edit))
    }

    /// Log-ins in the second part, some of which are sessions still.
    fn coming_in(&self, story: &mut Story, from: Time, until: Time) -> Result<()> {
        let mut visits = Vec::new();
        let young = self.now.since(self.born) < Span::DAY;
        for _ in 0..=story.dice.below(if young { 1 } else { 3 }) {
            let device = story.dice.pick(&DEVICES);
            visits.push((story.dice.between(from, until), device));
        }
        // Half of the people have been here within the last days, whatever their age.
        if until == self.now && !young && story.dice.one_in(2) {
            let device = story.dice.pick(&DEVICES);
            let life = device.life.unwrap_or(Span::DAY);
            let began = until.minus(story.dice.within(life));
            visits.push((began.max(from), device));
        }
        visits.sort_by_key(|(at, _)| *at);
        for (at, device) in visits {
            if !story.is_in_by(device, at) {
                story.log_in(at, device, self.now)?;
            }
        }
        Ok(())
    }

    /// What makes the part.
    fn turn(&self, story: &mut Story) -> Result<()> {
        // What makes the part comes after all that was told, not only after the last log-in.
        let last = story.latest().unwrap_or(self.born);
        let mut then = story.dice.between(last, self.now);
        match self.part {
            Part::Inactive => {
                let why = story.dice.pick(&REASONS);
                let why = (!story.dice.one_in(5)).then_some(why);
                story.change(then, self.admin, why, &UserChange::Deactivate)?;
            }
            Part::Deleted => {
                then = then.max(self.now.minus(Span::DAY.times(25)));
                story.change(then, self.admin, None, &UserChange::Delete)?;
            }
            Part::Expired => {
                let edit = Edit { valid_until: Some(Some(then)), ..Edit::default() };
                let promised = last.max(self.born).plus(Span::SECOND.times(1)).min(then);
                story.change(promised, self.admin, None, &UserChange::Edit(edit))?;
            }
            Part::Ended => {
                let long = self.now.since(self.born).millis() / 4;
                let began = self.now.minus(Span::from_millis(long).min(Span::DAY.times(9))).max(last);
                story.log_in(began, OLD_LAPTOP, self.now)?;
                let ended = story.dice.between(began, self.now);
                let refused = u32::try_from(1 + story.dice.below(40)).unwrap_or(1);
                story.end_newest(ended, self.admin, refused, self.now);
                let again = story.dice.between(ended, self.now);
                story.log_in(again, FIREFOX, self.now)?;
            }
            Part::Founder | Part::Admin | Part::Auditor if !story.dice.one_in(4) => {
                let lately = self.now.minus(story.dice.within(Span::HOUR.times(20))).max(last);
                story.log_in(lately, FIREFOX, self.now)?;
            }
            Part::Eternal => story.log_in(then, ETERNAL, self.now)?,
            Part::Regular if story.dice.one_in(6) => story.end_newest(then, &web(), 0, self.now),
            _ => {}
        }
        Ok(())
    }
}

/// One to three labels.
pub(super) fn labels(dice: &mut Dice) -> Vec<String> {
    let mut labels: Vec<String> = (0..=dice.below(3)).map(|_| dice.pick(&LABELS).to_owned()).collect();
    labels.sort();
    labels.dedup();
    labels
}
