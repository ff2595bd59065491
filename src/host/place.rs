//! The place of the database.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::config::Config;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::text::{from_bytes, quote, visible};

/// What named the path, the strongest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// This flag.
    Flag(&'static str),
    /// This variable.
    Environment(&'static str),
    /// A configuration file.
    Config(PathBuf),
    /// Nothing; it is where it is when nothing is said.
    Default,
}

impl Source {
    /// The words for it. Safe to print.
    pub fn words(&self) -> String {
        match self {
            Source::Flag(name) | Source::Environment(name) => (*name).to_owned(),
            Source::Config(path) => show(path),
            Source::Default => "default".to_owned(),
        }
    }
}

/// A path and why it is that one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// What named it.
    pub source: Source,
}

/// Finds the database's place: the flag, then the environment, then the configuration, then the default.
///
/// # Errors
/// `no_database` where none of them says anything and there is no home folder either.
pub fn locate(flag: Option<PathBuf>, environment: Option<OsString>, config: &Config) -> Result<Place> {
    if let Some(path) = flag {
        return Ok(Place { path: of_url(path)?, source: Source::Flag("--db") });
    }
    if let Some(path) = environment.filter(|path| !path.is_empty()) {
        return Ok(Place { path: of_url(path.into())?, source: Source::Environment("ROLLBOOK_DB") });
    }
    if let Some((path, file)) = config.db.clone() {
        return Ok(Place { path: of_url(path)?, source: Source::Config(file) });
    }
    let folder = etcetera::choose_base_strategy().map(|base| base.data_dir()).ok();
    match folder.filter(|folder| folder.is_absolute()) {
        Some(folder) => Ok(Place { path: folder.join("rollbook").join("rollbook.db"), source: Source::Default }),
        None => Err(Error::new(Kind::NoDatabase, "this account has no home folder to look for a database in")
            .hint("name the database: --db PATH, ROLLBOOK_DB, or db in /etc/rollbook/config.toml")),
    }
}

/// The path in `sqlite:PATH`; any other path as it is. Other kinds of databases are refused by name.
fn of_url(path: PathBuf) -> Result<PathBuf> {
    let Some((scheme, rest)) = path.to_str().and_then(|text| text.split_once(':')) else { return Ok(path) };
    match scheme {
        "sqlite" if !rest.is_empty() => Ok(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest))),
        _ if rest.starts_with("//") => Err(Error::new(Kind::Usage, format!("no engine for {}", quote(scheme)))
            .hint("this version opens SQLite files: --db PATH or --db sqlite:PATH")),
        _ => Ok(path),
    }
}

/// Whether the file belongs to whoever runs this, or they are root. By the real account, which lending a program's
/// rights does not change.
pub fn is_owned(path: &Path) -> bool {
    let uid = rustix::process::getuid();
    owner(path).is_some_and(|owner| may_break(owner, uid.as_raw()))
}

/// The owner of the database's file, if it can be seen.
pub fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|facts| facts.uid())
}

/// The account that this process acts as.
pub fn account() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn may_break(owner: u32, uid: u32) -> bool {
    uid == 0 || owner == uid
}

/// A path as it may be printed.
pub fn show(path: &Path) -> String {
    visible(&from_bytes(path.as_os_str().as_encoded_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_environment_and_that_the_configuration() {
        let config =
            Config { db: Some(("/config.db".into(), "/etc/rollbook/config.toml".into())), ..Config::default() };
        let find = |flag: Option<&str>, variable: Option<&str>| {
            locate(flag.map(PathBuf::from), variable.map(OsString::from), &config).expect("a place")
        };
        assert_eq!(find(Some("/flag.db"), Some("/env.db")).path, Path::new("/flag.db"));
        assert_eq!(find(None, Some("/env.db")).source, Source::Environment("ROLLBOOK_DB"));
        assert_eq!(find(None, Some("")).path, Path::new("/config.db"), "an empty variable says nothing");
        assert_eq!(find(None, None).source.words(), "/etc/rollbook/config.toml");
    }

    #[test]
    fn a_file_is_its_owners_and_roots() {
        for (owner, uid, may) in
            [(1000, 1000, true), (1000, 0, true), (0, 0, true), (0, 1000, false), (1001, 1000, false)]
        {
            assert_eq!(may_break(owner, uid), may, "{owner} {uid}");
        }
        assert!(!is_owned(Path::new("/nowhere/at/all")));
    }

    #[test]
    fn a_url_names_the_engine_and_other_engines_are_refused_by_name() {
        let find = |path: &str| locate(Some(PathBuf::from(path)), None, &Config::default());
        for path in ["sqlite:/srv/users.db", "sqlite:///srv/users.db", "/srv/users.db"] {
            assert_eq!(find(path).expect(path).path, Path::new("/srv/users.db"), "{path}");
        }
        assert_eq!(find("odd:name.db").expect("a file").path, Path::new("odd:name.db"));
        assert_eq!(find("postgres://host/db").expect_err("no engine").kind, Kind::Usage);
    }
}
