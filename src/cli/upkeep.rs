//! The upkeep that follows a change, at most once a day: a database that only commands use is kept up as well.

use super::args::session::Session;
use super::args::user::User;
use super::args::{Command, Global, Policy};
use super::world::World;

/// Whether upkeep follows a command: one that changes something, and really does.
pub fn follows(global: &Global, command: &Command) -> bool {
    let changes = match command {
        Command::User(verb) => !matches!(verb, User::List(_) | User::Show(_) | User::Why(_) | User::Authenticate(_)),
        Command::Session(verb) => !matches!(verb, Session::List(_) | Session::Check(_)),
        Command::Policy(verb) => matches!(verb, Policy::Set { .. }),
        Command::Reset(_) => true,
        _ => false,
    };
    changes && !global.dry_run && !global.read_only
}

/// Does it if it is due. The change is done and told already: whatever is in the way is left for the next time.
pub fn run(world: &dyn World) {
    if let Ok(mut accounts) = world.open(None) {
        let _ = accounts.upkeep();
    }
}
