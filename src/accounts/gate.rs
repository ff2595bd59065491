//! How many passwords one process hashes at once. Each takes megabytes and a core: without a bound, a flood of log-ins
//! would take all the memory there is.

use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

use super::error::{Error, Kind, Result};

/// How many may wait for their turn.
const QUEUE: usize = 16;

/// So many at once, so many waiting; whoever comes then is turned away.
pub struct Gate {
    places: usize,
    queue: usize,
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    inside: usize,
    waiting: usize,
}

/// A turn; over when it is dropped.
pub struct Turn<'a>(&'a Gate);

impl Gate {
    /// A gate with this many places and this long a queue.
    pub fn new(places: usize, queue: usize) -> Gate {
        Gate { places: places.max(1), queue, state: Mutex::default(), left: Condvar::new() }
    }

    /// The gate of this process: half its cores, at least one.
    pub fn of_process() -> &'static Gate {
        static GATE: LazyLock<Gate> = LazyLock::new(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            Gate::new(cores / 2, QUEUE)
        });
        &GATE
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `busy` where too many wait already.
    pub fn enter(&self) -> Result<Turn<'_>> {
        let mut state = self.state();
        if state.inside >= self.places {
            if state.waiting >= self.queue {
                return Err(Error::new(Kind::Busy, "too many passwords are being checked at once")
                    .hint("try again in a moment; a service should pass this on as \"too busy\""));
            }
            state.waiting += 1;
            state = self
                .left
                .wait_while(state, |state| state.inside >= self.places)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.inside += 1;
        Ok(Turn(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn whoever_finds_the_queue_full_is_turned_away() {
        let gate = Gate::new(1, 0);
        let turn = gate.enter().expect("a place");
        assert_eq!(gate.enter().err().map(|error| error.kind), Some(Kind::Busy));
        drop(turn);
        gate.enter().expect("a place again");
    }

    #[test]
    fn no_more_are_inside_than_there_are_places_and_all_who_wait_get_in() {
        let gate = Gate::new(2, 16);
        let (inside, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let turn = gate.enter().expect("the queue is long enough");
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 2);
        assert_eq!(done.load(Ordering::SeqCst), 16);
    }

    #[test]
    fn a_process_has_a_place_for_every_second_core_and_at_least_one() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!((Gate::of_process().places, Gate::of_process().queue), ((cores / 2).max(1), QUEUE));
        assert_eq!(Gate::new(0, 1).places, 1);
    }

    #[test]
    fn whoever_has_waited_leaves_the_queue_to_the_next() {
        let gate = Gate::new(1, 1);
        for round in 0..3 {
            let turn = gate.enter().expect("a place");
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| drop(gate.enter().expect("a place in the queue")));
                while gate.state().waiting == 0 {
                    std::thread::yield_now();
                }
                assert!(gate.enter().is_err(), "the queue is full in round {round}");
                drop(turn);
                waiting.join().expect("let in");
            });
        }
        let State { inside, waiting } = *gate.state();
        assert_eq!((inside, waiting), (0, 0));
    }
}
