//! Looking for letters somewhere in a text, as a function of SQL. It is the domain's own comparison, so that a search by
//! SQL, one in memory and the plain meaning of a filter cannot differ.

use std::borrow::Cow;

use memchr::memmem::Finder;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

use crate::accounts::error::Result;
use crate::accounts::text::{bare, from_bytes};

/// The function: whether its first argument, which is bare, is somewhere in one of the others, if these are bare too.
pub const SOMEWHERE: &str = "somewhere";

/// Teaches a connection the function.
pub fn teach(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        // Nothing that stands in a file may call it.
        | FunctionFlags::SQLITE_DIRECTONLY;
    Ok(db.create_scalar_function(SOMEWHERE, -1, flags, somewhere)?)
}

fn somewhere(context: &Context<'_>) -> rusqlite::Result<bool> {
    let finder = context.get_or_create_aux(0, |word: ValueRef<'_>| {
        Ok::<_, rusqlite::types::FromSqlError>(Finder::new(word.as_bytes()?).into_owned())
    })?;
    Ok((1..context.len()).any(|at| match context.get_raw(at) {
        ValueRef::Text(text) | ValueRef::Blob(text) => finder.find(&stripped(text)).is_some(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => false,
    }))
}

/// A text as words are searched in it.
pub fn stripped(text: &[u8]) -> Cow<'_, [u8]> {
    match text.is_ascii() && !text.iter().any(u8::is_ascii_uppercase) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(bare(&from_bytes(text)).into_bytes()),
    }
}
