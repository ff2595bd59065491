//! By what right a change is made: a word that goes with the change into the store, so that it is looked at once more
//! in the change's own transaction. What each word asks for is judged by [`standing`](super::standing).

/// The right that a change is made by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Warrant {
    /// Nobody's in particular: what a service does, what the program does by itself, and what the bearer of a token, a
    /// request or a password may do because they bear it.
    #[default]
    Open,
    /// That of whoever it concerns: the one who acts can still log in.
    Own,
    /// An administrator's: an admin who can still log in, or the operator where no log-in is required.
    Administrator,
    /// The operator's, who has broken the glass: a required log-in does not hold them.
    BrokenGlass,
}

/// An origin, marked as that of somebody behind broken glass.
pub(super) fn glassy(origin: &str) -> String {
    if origin.is_empty() { "break-glass".to_owned() } else { format!("{origin} · break-glass") }
}
