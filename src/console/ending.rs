//! Ending the sessions that are marked: how many of them are live, the question, and what came of it.

use super::effect::{Bulk, Effect, Read, Slot, Turn, Write};
use super::layers::Layer;
use super::layers::many::FEW;
use super::layers::question::Question;
use super::many::are;
use super::model::Model;
use super::words::{count, number, refused};
use crate::accounts::bulk::Ended;
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
    effects.push(Effect::Ask(Slot::Plan, model.survey_turn, Read::Live(sessions.clone())));
    let title = format!("End {}?", count(sessions.len() as u64, "marked session"));
    let question = Question::new(title, lines, "ends them", model.now, Write::Many(Bulk::End { sessions }));
    model.layers.push(Layer::Question(Box::new(question.counting())));
}

/// How many of the marked sessions are live has been counted.
pub fn counted(model: &mut Model, turn: Turn, live: u32, marked: usize) {
    let now = model.now;
    let asking = |layer: &Layer| matches!(layer, Layer::Question(question) if question.is_counting());
    let Some(at) = model.layers.iter().rposition(asking).filter(|_| turn == model.survey_turn) else { return };
    if live == 0 {
        model.layers.truncate(at);
        return model.refuse(all_over(marked));
    }
    let over = marked.saturating_sub(live as usize) as u64;
    let mut lines = vec!["they stop working, now; they cannot be given back".to_owned()];
    if over > 0 {
        lines.push(format!("{} of the {} marked {} over already", number(over), number(marked as u64), are(over)));
    }
    let word = (live as usize > FEW).then(|| live.to_string());
    if let Layer::Question(question) = &mut model.layers[at] {
        question.counted(format!("End {}?", count(u64::from(live), "session")), lines, word, now);
    }
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
