//! The events that wait to be taken: in their order, except that Ctrl-C overtakes all other keys and takes their place.
//!
//! More keys than fit are dropped: they come from a paste. Knows no terminal and no thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::burst::{Burst, printable};
use super::effect::Event;
use super::key::{Input, Key};

/// The most keys that wait; a text field takes as many characters.
pub const MOST: usize = 4_096;

/// So many bytes of a paste count as one key.
const BYTES: usize = 16;

const CTRL_C: Key = Key::ctrl('c');

/// What arrives.
pub enum Arrived {
    /// A key or a paste, with the time at which it was read, in milliseconds.
    Input(Input, u64),
    /// Anything else.
    Event(Box<Event>),
    /// The process is asked to stop for a while.
    Suspend,
}

/// Counts the keys on their way, across the threads that read and take them.
#[derive(Default)]
pub struct Room {
    under_way: AtomicUsize,
    full: AtomicBool,
}

impl Room {
    /// Whether there is room for this input; Ctrl-C always has some. An admitted one must be taken or left later.
    pub fn admits(&self, input: &Input) -> bool {
        let fits = self.under_way.load(Ordering::SeqCst) < MOST || *input == Input::Key(CTRL_C);
        if fits {
            self.under_way.fetch_add(weight(input), Ordering::SeqCst);
        } else {
            self.full.store(true, Ordering::SeqCst);
        }
        fits
    }

    fn left(&self, input: &Input) {
        self.under_way.fetch_sub(weight(input), Ordering::SeqCst);
    }

    /// Whether an input was dropped since this was asked last.
    pub fn dropped(&self) -> bool {
        self.full.swap(false, Ordering::SeqCst)
    }
}

fn weight(input: &Input) -> usize {
    match input {
        Input::Key(_) => 1,
        Input::Paste(text) => 1 + text.len() / BYTES,
    }
}

/// The queue.
#[derive(Default)]
pub struct Inputs {
    waiting: VecDeque<Arrived>,
    burst: Burst,
}

impl Inputs {
    /// Puts something at the end. Ctrl-C takes the place of all keys and pastes that wait.
    pub fn push(&mut self, arrived: Arrived, room: &Room) {
        let is_cancel = |other: &Arrived| matches!(other, Arrived::Input(Input::Key(CTRL_C), _));
        if !is_cancel(&arrived) {
            return self.waiting.push_back(arrived);
        }
        // Two of them quit. More say nothing else.
        if let Arrived::Input(input, _) = &arrived
            && self.waiting.iter().take(2).filter(|other| is_cancel(other)).count() == 2
        {
            return room.left(input);
        }
        self.waiting.retain(|other| match other {
            Arrived::Input(Input::Key(CTRL_C), _) => true,
            Arrived::Input(input, _) => {
                room.left(input);
                false
            }
            Arrived::Event(_) | Arrived::Suspend => true,
        });
        // What was dropped would have been cancelled too.
        room.full.store(false, Ordering::SeqCst);
        let first = |other: &Arrived| !matches!(other, Arrived::Input(Input::Key(CTRL_C), _));
        let at = self.waiting.iter().position(first).unwrap_or(self.waiting.len());
        self.waiting.insert(at, arrived);
    }

    /// Takes the first; a key is told whether it is part of a burst.
    pub fn pop(&mut self, room: &Room) -> Option<(Arrived, bool)> {
        let next = self.waiting.pop_front()?;
        let mut burst = false;
        if let Arrived::Input(input, at) = &next {
            room.left(input);
            if let Input::Key(key) = input
                && printable(*key)
            {
                let behind = self.waiting.iter().filter_map(|next| match next {
                    Arrived::Input(Input::Key(key), then) if printable(*key) => Some(*then),
                    _ => None,
                });
                burst = self.burst.take(*at, behind);
            }
        }
        Some((next, burst))
    }

    /// The key that is taken next, if it is one.
    pub fn next_key(&self) -> Option<Key> {
        match self.waiting.front() {
            Some(Arrived::Input(Input::Key(key), _)) => Some(*key),
            _ => None,
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char) -> Input {
        Input::Key(Key::char(c))
    }

    /// Sends these inputs as one read does, and gives those that were let in.
    fn sent(inputs: &[Input]) -> (Inputs, Room) {
        let (mut queue, room) = (Inputs::default(), Room::default());
        for input in inputs {
            if room.admits(input) {
                queue.push(Arrived::Input(input.clone(), 100), &room);
            }
        }
        (queue, room)
    }

    fn taken(queue: &mut Inputs, room: &Room) -> Vec<Input> {
        let next = || queue.pop(room).map(|(arrived, _)| arrived);
        std::iter::from_fn(next)
            .filter_map(|arrived| match arrived {
                Arrived::Input(input, _) => Some(input),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn ctrl_c_overtakes_what_waits_and_a_second_one_follows_it() {
        let c = Input::Key(CTRL_C);
        let paste = Input::Paste("text".to_owned().into());
        let (mut queue, room) = sent(&[key('a'), paste, key('b'), c.clone(), key('d'), c.clone(), key('e')]);
        queue.push(Arrived::Event(Box::new(Event::Tick)), &room);
        assert_eq!(taken(&mut queue, &room), [c.clone(), c, key('e')]);
        assert_eq!(room.under_way.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn ctrl_c_overtakes_answers_too() {
        let (mut queue, room) = (Inputs::default(), Room::default());
        queue.push(Arrived::Event(Box::new(Event::Tick)), &room);
        assert!(room.admits(&Input::Key(CTRL_C)));
        queue.push(Arrived::Input(Input::Key(CTRL_C), 100), &room);
        let first = queue.pop(&room).map(|(first, _)| first);
        assert!(matches!(first, Some(Arrived::Input(Input::Key(CTRL_C), _))));
    }

    #[test]
    fn no_more_wait_than_fit_and_ctrl_c_always_does() {
        let many = vec![key('x'); 100_000];
        let (mut queue, room) = sent(&many);
        assert!(room.dropped() && !room.dropped());
        assert!(!room.admits(&key('x')));
        assert_eq!(queue.waiting.len(), MOST);
        assert!(room.admits(&Input::Key(CTRL_C)));
        queue.push(Arrived::Input(Input::Key(CTRL_C), 100), &room);
        assert_eq!(queue.waiting.len(), 1);
        assert_eq!(taken(&mut queue, &room), [Input::Key(CTRL_C)]);
        assert!(!room.dropped(), "what was dropped is cancelled too");
        assert!(room.admits(&key('x')) && !room.dropped(), "there is room again");
    }

    #[test]
    fn pastes_count_by_their_size() {
        let paste = Input::Paste("x".repeat(64 * 1024).into());
        let (queue, room) = sent(&vec![paste; 50]);
        assert!(queue.waiting.len() == 1 && room.dropped());
    }

    #[test]
    fn every_key_of_a_long_burst_is_one_and_those_right_behind_it() {
        let (mut queue, room) = sent(&vec![key('x'); 500]);
        while let Some((_, burst)) = queue.pop(&room) {
            assert!(burst);
        }
        for (at, burst) in [(250, true), (1_200, true), (2_300, false)] {
            assert!(room.admits(&key('d')));
            queue.push(Arrived::Input(key('d'), at), &room);
            assert_eq!(queue.pop(&room).map(|(_, burst)| burst), Some(burst), "at {at}");
        }
    }
}
