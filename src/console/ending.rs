//! Ending the sessions that are marked: how many of them are live, the question, and what came of it.

use super::effect::{Bulk, Effect, Read, Slot, Turn, Write};
use super::layers::Layer;
use super::layers::many::FEW;
use super::layers::question::Question;
use super::many::are;
use super::model::Model;
use super::words::{count, for_good, number, refused};
use crate::accounts::bulk::Ended;
use crate::accounts::losses::Losses;
use crate::accounts::session::{Session, SessionId};

impl Model {
    /// How many of the marked sessions are live, as far as the rows that are held tell: those that they show as
    /// over are no part of it.
    pub fn marked_live(&self) -> usize {
        let Some(marks) = Some(&self.everybody.marks).filter(|_| self.marked_sessions() > 0) else { return 0 };
        let over = |row: &&Session| !row.is_live(self.now) && marks.of(&row.id).is_some();
        marks.count() - self.everybody.list.window.visible(usize::MAX).filter(over).count()
    }
}

/// Ends the sessions that are marked, after a question. How many of them have come to their end since they were marked
/// is asked first: the list holds only some of them.
pub fn end_marked(model: &mut Model, effects: &mut Vec<Effect>) {
    let sessions: Vec<SessionId> = model.everybody.marks.all().map(|(id, ())| id.clone()).collect();
    let lines = vec!["counting which of them are live".to_owned()];
    model.survey_turn += 1;
    let filter = model.everybody.list.filter.clone();
    effects.push(Effect::Ask(Slot::Plan, model.survey_turn, Read::Live(sessions.clone(), filter)));
    let title = format!("End {}?", count(sessions.len() as u64, "marked session"));
    let question = Question::new(title, lines, "ends them", model.now, Write::Many(Bulk::End { sessions }));
    model.layers.push(Layer::Question(Box::new(question.counting())));
}

/// Which of the marked sessions are live has been found. Those that the filter hides are left alone, and told.
pub fn counted(model: &mut Model, turn: Turn, live: Vec<SessionId>, over: Vec<SessionId>, hidden: usize) {
    let now = model.now;
    let asking = |layer: &Layer| matches!(layer, Layer::Question(question) if question.is_counting());
    let Some(at) = model.layers.iter().rposition(asking).filter(|_| turn == model.survey_turn) else { return };
    let (marked, ended, known) = (live.len() + over.len() + hidden, over.len() as u64, live.len());
    if live.is_empty() {
        model.layers.truncate(at);
        return model.refuse(match hidden {
            0 => all_over(marked),
            _ => format!("{} hidden by the filter; without it they can be ended", left_alone(hidden)),
        });
    }
    let mut lines = for_good(&Losses::of_sessions(known as u32, Vec::new()));
    if ended > 0 {
        lines.push(format!("{} of the {} marked {} over already", number(ended), number(marked as u64), are(ended)));
    }
    if hidden > 0 {
        lines.push(format!("{} hidden, and left alone", left_alone(hidden)));
    }
    let word = (known > FEW).then(|| known.to_string());
    let sessions = live.into_iter().chain(over).collect();
    if let Layer::Question(question) = &mut model.layers[at] {
        let title = format!("End {}?", count(known as u64, "session"));
        question.counted(title, lines, word, now, Write::Many(Bulk::End { sessions }));
    }
}

fn left_alone(hidden: usize) -> String {
    format!("{} {}", count(hidden as u64, "marked session"), are(hidden as u64))
}

/// Why none of the marked sessions can be ended.
pub fn all_over(marked: usize) -> String {
    format!("{} {} over already; u drops the marks", count(marked as u64, "marked session"), are(marked as u64))
}

/// Sessions were ended.
pub fn ended(model: &mut Model, outcome: &Ended) {
    let Ended { ended, over, rest, .. } = *outcome;
    let mut sentence = vec![format!("{} ended", count(u64::from(ended), "session"))];
    for (n, what) in [(over, "over already"), (rest, "not reached")] {
        if n > 0 {
            sentence.push(format!("{} {what}", number(u64::from(n))));
        }
    }
    if let Some(fault) = &outcome.fault {
        sentence.push(refused(fault));
    }
    if ended > 0 {
        model.never_undone = Some(sentence[0].clone());
    }
    model.everybody.marks.order_ends(true);
    model.say(sentence.join(" · "));
}
