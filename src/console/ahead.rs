//! Who may be looked at next, read before they are: so that a step of the cursor is one frame, and not two with a
//! question between them.
//!
//! Pure state. What it holds was true when it was read, like all that is on the screen: it is given up as soon as
//! something has changed, and whoever is shown from here is read once more.

use super::effect::{Effect, Read, SHALLOW, Slot, Turn};
use crate::accounts::looking::Dossier;
use crate::accounts::user::{User, UserId};

/// Those around the cursor of whom something was read, and those who are being read.
#[derive(Default)]
pub struct Ahead {
    known: Vec<Dossier>,
    /// Who was asked for last and has not come; nobody is asked for twice because they are not to be had.
    asked: Vec<(UserId, u16)>,
    turn: Turn,
}

impl Ahead {
    /// Something has changed: nothing is known any more, and what is on its way is of before.
    pub fn forget(&mut self) {
        self.known.clear();
        self.asked.clear();
        self.turn += 1;
    }

    /// What is known of this person. Where the list shows them otherwise, it is of another moment and of no use.
    pub fn take(&mut self, id: &UserId, row: Option<&User>) -> Option<Dossier> {
        let at = self.known.iter().position(|dossier| dossier.user.id == *id)?;
        Some(self.known.swap_remove(at)).filter(|dossier| row.is_none_or(|row| dossier.user == *row))
    }

    /// Keeps what was read of somebody.
    pub fn keep(&mut self, dossier: Dossier) {
        self.known.retain(|known| known.user.id != dossier.user.id);
        self.known.push(dossier);
    }

    /// Asks for those of them who are not known, and for `unsure`, who is looked at and was read before or in part, with
    /// so much of their history; keeps nobody else.
    pub fn needs(&mut self, near: &[&UserId], unsure: Option<(&UserId, u16)>, effects: &mut Vec<Effect>) {
        self.known.retain(|known| near.contains(&&known.user.id));
        let mut wanted: Vec<(UserId, u16)> = unsure.into_iter().map(|(id, depth)| (id.clone(), depth)).collect();
        for id in near {
            let known = self.known.iter().any(|known| known.user.id == **id);
            if !known && wanted.iter().all(|(other, _)| other != *id) {
                wanted.push(((*id).clone(), SHALLOW));
            }
        }
        if wanted.iter().any(|one| !self.asked.contains(one)) {
            self.turn += 1;
            self.asked.clone_from(&wanted);
            effects.push(Effect::Ask(Slot::Ahead, self.turn, Read::People(wanted)));
        }
    }

    /// Somebody who was asked for has come.
    pub fn came(&mut self, id: &UserId) {
        self.asked.retain(|(asked, _)| asked != id);
    }

    /// Whether this is the answer that is waited for.
    pub fn is_current(&self, turn: Turn) -> bool {
        turn == self.turn
    }
}
