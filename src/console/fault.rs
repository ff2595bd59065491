//! A panic of the program itself, turned into an error: it fails the one request that it struck.
//!
//! Knows neither threads nor the terminal. The hook that hears of every panic asks [`is_contained`].

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use crate::accounts::error::{Error, Kind, Result};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The threads of the engine that only help: SQL answers in place of the one, and the other is started anew.
const HELPERS: [&str; 2] = ["names", "uses"];

/// Does something that may panic. The state that it leaves behind must not be used again.
///
/// # Errors
/// `failure` if it panicked, with the place in the program.
pub fn contain<T>(work: impl FnOnce() -> T) -> Result<T> {
    let before = CONTAINED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(before);
    outcome.map_err(|_| {
        // Not the payload, which may hold anything, secrets too.
        let place = PLACE.take().map(|place| format!(" at {place}")).unwrap_or_default();
        Error::new(Kind::Failure, format!("a fault in the program{place} stopped this request"))
            .hint("every change is made whole or not at all; try again, and report the fault")
    })
}

/// Whether a panic ends no more than a request or a helper, so that the process goes on. Called by the panic hook.
pub fn is_contained(info: &PanicHookInfo<'_>) -> bool {
    if CONTAINED.get() {
        PLACE.set(info.location().map(|place| format!("{}:{}", place.file(), place.line())));
        return true;
    }
    std::thread::current().name().is_some_and(|name| HELPERS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_thread_goes_on() {
        let error = contain(|| std::panic::resume_unwind(Box::new("a secret, perhaps"))).map(|()| 0).err();
        let error = error.map(|error| (error.kind, error.message));
        assert_eq!(error, Some((Kind::Failure, "a fault in the program stopped this request".to_owned())));
        assert_eq!(contain(|| 5).ok(), Some(5));
        assert!(!CONTAINED.get());
    }
}
