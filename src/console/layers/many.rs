//! The question before a change to many: how many, who is kept back and why, what ends with it. Up to ten are
//! confirmed by `y`, more by typing their number.

use ratatui::layout::Rect;

use super::question::{draw_typed, not_the_word};
use crate::accounts::bulk::Plan;
use crate::accounts::change::UserChange;
use crate::accounts::time::{Span, Time};
use crate::console::action::Action;
use crate::console::effect::{Bulk, Survey, Write};
use crate::console::ink::{Ink, centered};
use crate::console::key::{Code, Key};
use crate::console::running::{users, words};
use crate::console::theme::Role;
use crate::console::words::{clipped, count, number, wrap};

/// For how long what has just been counted takes no answer, which was typed ahead of it.
const GRACE: Span = Span::from_millis(250);

/// How many are confirmed by one key; beyond, the number is typed.
pub const FEW: usize = 10;

/// The question.
pub struct Many {
    /// What it was planned for.
    pub survey: Survey,
    /// The present filter, as it was typed.
    expression: String,
    reason: Option<String>,
    /// The plan, and how many of the marked people are hidden.
    plan: Option<(Box<Plan>, u32)>,
    typed: String,
    /// What is wrong with the number, once it was given.
    fault: Option<String>,
    yes: bool,
    since: Time,
}

impl Many {
    /// A question whose numbers are not known yet.
    pub fn new(survey: Survey, expression: String, reason: Option<String>, now: Time) -> Many {
        Many { survey, expression, reason, plan: None, typed: String::new(), fault: None, yes: false, since: now }
    }

    /// What it would do.
    pub fn change(&self) -> &UserChange {
        &self.survey.change
    }

    /// The plan, once there is one.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref().map(|(plan, _)| plan.as_ref())
    }

    /// How many marked people the present filter hides, once that is known.
    pub fn hidden(&self) -> u32 {
        self.plan.as_ref().map_or(0, |(_, hidden)| *hidden)
    }

    /// Takes the hidden ones in, or leaves them out again; it has to be planned anew.
    pub fn turn_hidden(&mut self) {
        self.survey.hidden_too = !self.survey.hidden_too;
        self.plan = None;
        self.typed.clear();
        self.fault = None;
    }

    /// Takes the plan.
    pub fn land(&mut self, plan: Box<Plan>, hidden: u32, now: Time) {
        (self.plan, self.since) = (Some((plan, hidden)), now);
    }

    /// Whether an answer was typed before anybody can have read the numbers.
    pub fn is_fresh(&self, now: Time) -> bool {
        self.plan.is_some() && now.since(self.since) < GRACE
    }

    /// The number to type, where one has to be.
    pub fn number(&self) -> Option<usize> {
        self.plan().map(|plan| plan.people.len()).filter(|people| *people > FEW)
    }

    /// What has yet to be typed before Enter does it; `None` where that stands there, or nothing has to.
    pub fn wanted(&self) -> Option<String> {
        self.number().map(|people| people.to_string()).filter(|word| *word != self.typed)
    }

    /// Why a key would do nothing.
    pub fn refusal(&self, action: Action) -> Option<String> {
        match (action, self.plan(), self.number()) {
            (Action::Yes | Action::ShowAll, None, _) => Some("still counting".to_owned()),
            (Action::Yes, _, Some(people)) => Some(format!("type {people}, then Enter; Esc cancels")),
            (Action::TakeHidden, _, _) if self.hidden() == 0 => {
                Some("none of the marked people is hidden by the filter".to_owned())
            }
            _ => None,
        }
    }

    /// From Cancel to yes and back.
    pub fn toggle(&mut self) {
        self.yes = !self.yes;
    }

    /// Whether Enter would do it.
    pub fn is_yes(&self) -> bool {
        self.yes
    }

    /// A digit of the number, or one taken back.
    pub fn key(&mut self, key: Key) {
        self.fault = None;
        match key.code {
            Code::Char(c) if c.is_ascii_digit() && !key.ctrl && self.typed.len() < 12 => self.typed.push(c),
            Code::Backspace => {
                self.typed.pop();
            }
            _ => {}
        }
    }

    /// Whether the number that was typed is the right one; if it is not, that is said beneath it.
    pub fn is_typed(&mut self) -> bool {
        let Some(word) = self.number().map(|people| people.to_string()) else { return false };
        self.fault = (self.typed != word).then(|| not_the_word(&word, &self.typed));
        self.fault.is_none()
    }

    /// The order; `None` while nothing is planned, and where nobody is left.
    pub fn order(&mut self) -> Option<Write> {
        let (plan, _) = self.plan.take_if(|(plan, _)| !plan.people.is_empty())?;
        Some(Write::Many(Bulk::Change { plan, reason: self.reason.take() }))
    }

    fn title(&self) -> String {
        let verb = words(self.change()).verb;
        match self.plan() {
            Some(plan) => format!("{verb} {}", users(u32::try_from(plan.people.len()).unwrap_or(u32::MAX))),
            None => format!("{verb} marked users"),
        }
    }

    /// The lines: a word for what is told, and what.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let Some((plan, hidden)) = &self.plan else {
            return vec![("", "counting who it would be done to".to_owned())];
        };
        let mut lines = vec![("marked", number(self.survey.marked.len() as u64))];
        if *hidden > 0 {
            let what = if self.survey.hidden_too { "taken in, h leaves out" } else { "left out, h takes in" };
            let which = match self.expression.trim() {
                "" => "in the list".to_owned(),
                text => format!("matching /{}", clipped(text, 20)),
            };
            lines.push(("hidden", format!("{} not {which}: {what}", number(u64::from(*hidden)))));
        }
        for left in plan.kept.iter().take(3) {
            lines.push(("kept", left.why.message.clone()));
        }
        if plan.kept_back > 3 {
            lines.push(("", format!("and {} more, Tab shows them", number(u64::from(plan.kept_back) - 3))));
        }
        if plan.already > 0 {
            lines.push(("already", number(u64::from(plan.already))));
        }
        if plan.people.is_empty() {
            lines.push(("", "nobody is left to whom it could be done".to_owned()));
            return lines;
        }
        let for_good = std::iter::once("for good").chain(std::iter::repeat(""));
        lines.extend(for_good.zip(plan.losses.sentences()));
        let pause = plan.exposure.tokens.saturating_sub(plan.losses.tokens);
        if pause > 0 {
            let stop = if pause == 1 { "stops" } else { "stop" };
            lines.push(("", format!("{} {stop} working while inactive", count(u64::from(pause), "API token"))));
        }
        if plan.losses.passwords > 0 {
            lines.push(("", "only a new password lets them log in again".to_owned()));
        }
        for dates in self.survey.filter.dates_that_count() {
            lines.push(("dates", dates.to_owned()));
        }
        if let Some(reason) = &self.reason {
            lines.push(("reason", clipped(reason, 44)));
        }
        let such: Vec<String> = plan.examples.iter().take(3).map(|name| clipped(name, 20)).collect();
        lines.push(("such as", such.join("  ")));
        lines.push(("", words(self.change()).back.to_owned()));
        lines
    }

    /// Draws the question.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        const HEAD: u16 = 9;
        let area = ink.area();
        let wide = 62.min(area.width);
        let room = usize::from(wide.saturating_sub(4 + HEAD));
        let mut rows: Vec<(&str, String)> = Vec::new();
        for (head, text) in self.lines() {
            for (n, line) in wrap(&text, room).into_iter().enumerate() {
                rows.push((if n == 0 { head } else { "" }, line));
            }
        }
        let foot = if self.number().is_some() { 2 } else { 1 };
        let frame = centered(area, wide, rows.len() as u16 + 2 + foot);
        let inside = ink.frame(frame, &self.title());
        let body = Rect { height: inside.height.saturating_sub(foot), ..inside };
        let (heads, lines): (Vec<&str>, Vec<(String, Role)>) =
            rows.into_iter().map(|(head, text)| (head, (text, Role::Text))).unzip();
        for (head, y) in heads.iter().zip(body.top()..body.bottom()) {
            ink.text(body.x, y, HEAD, head, Role::Faint);
        }
        ink.lines(Rect { x: body.x + HEAD, width: body.width.saturating_sub(HEAD), ..body }, &lines);
        self.draw_foot(ink, Rect { y: body.bottom(), height: foot, ..inside });
    }

    fn draw_foot(&self, ink: &mut Ink<'_>, foot: Rect) {
        let Some(plan) = self.plan().filter(|plan| !plan.people.is_empty()) else {
            ink.right(foot.right(), foot.y, foot.width, "Esc closes", Role::Faint);
            return;
        };
        if self.number().is_some() {
            let word = plan.people.len().to_string();
            return draw_typed(ink, foot, &word, &self.typed, self.fault.as_deref());
        }
        let role = |focused| if focused { Role::Pressed } else { Role::Button };
        let end = ink.text(foot.x, foot.y, foot.width, "[ Cancel ]", role(!self.yes));
        let yes = format!("[ y  {} ]", words(self.change()).does);
        let next = ink.text(end + 2, foot.y, foot.right().saturating_sub(end + 2), &yes, role(self.yes));
        ink.cursor = Some((if self.yes { end + 4 } else { foot.x + 2 }, foot.y));
        ink.right_of(next, foot.right(), foot.y, "Tab all  Esc cancels", Role::Faint);
    }
}
