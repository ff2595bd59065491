//! The grammar of NAME, and of values that may hold any text.

use clap::Args;

use crate::accounts::text::visible;

/// A NAME: exact name or id.
#[derive(Args, Debug, Default)]
pub struct Named {
    /// Exact name or id; name:X and id:X force one. Scripts write -- before it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Read NAME from standard input, as its first line
    #[arg(long)]
    pub name_stdin: bool,
}

/// A NAME that must be given.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["name", "name_stdin"]))]
pub struct Target {
    /// The NAME
    #[command(flatten)]
    pub named: Named,
}

/// One NAME, or every user whom a filter lets through.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["name", "name_stdin", "filter"]))]
pub struct Whom {
    /// The NAME
    #[command(flatten)]
    pub named: Named,
    /// Everybody who passes this filter, as `user list --filter` shows them
    #[arg(long, value_name = "F")]
    pub filter: Option<String>,
}

/// A value that may begin with a hyphen. A value that looks like a flag is refused: the value before it was forgotten.
///
/// # Errors
/// A sentence about the flag.
pub fn any_text(value: &str) -> Result<String, String> {
    let long = value.strip_prefix("--").map(|flag| flag.split('=').next().unwrap_or_default());
    let looks_long =
        long.is_some_and(|flag| !flag.is_empty() && flag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    match looks_long || ["-h", "-q", "-y", "-V"].contains(&value) {
        true => Err(format!("{} is read as a flag whose value before it is missing", visible(value))),
        false => Ok(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_no_value_and_any_other_text_is() {
        for flag in ["--dry-run", "--yes", "--filter=!is:deleted", "-y", "-h"] {
            assert!(any_text(flag).is_err(), "{flag}");
        }
        for text in ["", "-", "--", "-x", "-because", "-- signed", "--Dry run", "a --yes", "--2"] {
            assert_eq!(any_text(text), Ok(text.to_owned()));
        }
    }
}
