//! The configuration file: `$XDG_CONFIG_HOME/rollbook/config.toml`, then `/etc/rollbook/config.toml`.
//!
//! Each key is taken from the first file that has it. An unknown key is an error that names its file and line, so that
//! a slip of the pen is not silently without effect. A file that others may write is refused: it says which database is
//! opened.

use std::fs::File as Opened;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::file_error::{blocking, file_error, is_absent, named};
use crate::accounts::text::{from_bytes, visible};

/// When colours are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// Where the terminal is one that has them.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// Never: bold and reverse video alone.
    Never,
}

impl Color {
    /// The word in the file and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Color::Auto => "auto",
            Color::Always => "always",
            Color::Never => "never",
        }
    }

    /// The mode of this word.
    pub fn from_word(word: &str) -> Option<Color> {
        [Color::Auto, Color::Always, Color::Never].into_iter().find(|mode| mode.word() == word)
    }
}

/// A theme's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are those of the themes
pub enum Theme {
    #[default]
    Terminal,
    Dark,
    Light,
    Mono,
}

impl Theme {
    /// The word in the file and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Theme::Terminal => "terminal",
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::Mono => "mono",
        }
    }

    /// The theme of this word.
    pub fn from_word(word: &str) -> Option<Theme> {
        [Theme::Terminal, Theme::Dark, Theme::Light, Theme::Mono].into_iter().find(|theme| theme.word() == word)
    }
}

/// One file as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    db: Option<PathBuf>,
    key: Option<PathBuf>,
    theme: Option<Theme>,
    color: Option<Color>,
    ascii: Option<bool>,
}

/// A value and the file that it stands in.
pub type Found<T> = Option<(T, PathBuf)>;

/// What the files say together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// Where the database lies.
    pub db: Found<PathBuf>,
    /// The file of the key that seals second factors.
    pub key: Found<PathBuf>,
    /// The theme.
    pub theme: Found<Theme>,
    /// When to use colours.
    pub color: Found<Color>,
    /// Whether to draw with ASCII alone.
    pub ascii: Found<bool>,
    /// Files that this account cannot reach. Their settings do not apply.
    pub unreachable: Vec<Error>,
}

impl Config {
    /// Reads the file that `--config` names, no file for `none`, and the usual files without the flag.
    ///
    /// # Errors
    /// As [`Config::read`]; `failure` if the named file cannot be read.
    pub fn choose(flag: Option<&Path>) -> Result<Config> {
        match flag {
            None => Config::read(&config_files()),
            Some(path) if path == Path::new("none") => Ok(Config::default()),
            Some(path) => {
                Opened::open(path).map_err(|fault| file_error("cannot be read", path, &fault, LEAVE_OUT))?;
                let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
                Config::read(std::slice::from_ref(&path))
            }
        }
    }

    /// Reads these files; the first counts most. A file that does not exist sets nothing. Neither does one that this
    /// account cannot reach, but it is reported in [`Config::unreachable`].
    ///
    /// # Errors
    /// `failure` naming file and line.
    pub fn read(files: &[PathBuf]) -> Result<Config> {
        let mut config = Config::default();
        for path in files {
            let Some(file) = read_file(path, &mut config.unreachable)? else { continue };
            let folder = path.parent().unwrap_or(Path::new("/"));
            // A path in a file means the same wherever the program is started.
            config.db = config.db.or(file.db.map(|db| (folder.join(db), path.clone())));
            config.key = config.key.or(file.key.map(|key| (folder.join(key), path.clone())));
            config.theme = config.theme.or(file.theme.map(|theme| (theme, path.clone())));
            config.color = config.color.or(file.color.map(|color| (color, path.clone())));
            config.ascii = config.ascii.or(file.ascii.map(|ascii| (ascii, path.clone())));
        }
        Ok(config)
    }
}

/// How to go on without any configuration file.
const LEAVE_OUT: &str = "leave it out with --config none";

/// The configuration files in their usual places; the first counts most.
pub fn config_files() -> Vec<PathBuf> {
    let own = etcetera::choose_base_strategy().ok().map(|base| base.config_dir());
    // A relative folder would mean another file wherever the program is started.
    let own = own.filter(|folder| folder.is_absolute());
    let folders = own.into_iter().chain([PathBuf::from("/etc")]);
    folders.map(|folder| folder.join("rollbook").join("config.toml")).collect()
}

/// The report of a file that this account cannot reach.
fn out_of_reach(path: &Path, fault: &io::Error) -> Error {
    let step = match blocking(path) {
        Some(closed) if closed.starts_with("/etc") => {
            format!("let every account read it: chmod a+rX {}", named(&closed))
        }
        _ => "set HOME or XDG_CONFIG_HOME to a folder of this account".to_owned(),
    };
    let error = file_error("does not apply", path, fault, LEAVE_OUT);
    Error::new(Kind::Failure, format!("the configuration {}", error.message)).hint(format!("{step}, or {LEAVE_OUT}"))
}

fn read_file(path: &Path, unreachable: &mut Vec<Error>) -> Result<Option<File>> {
    let shown = visible(&from_bytes(path.as_os_str().as_encoded_bytes())).into_owned();
    let unreadable = |fault| file_error("cannot be read", path, &fault, LEAVE_OUT);
    let mut file = match Opened::open(path) {
        Ok(file) => file,
        Err(fault) if is_absent(&fault) => return Ok(None),
        Err(fault) if fault.kind() == io::ErrorKind::PermissionDenied => {
            unreachable.push(out_of_reach(path, &fault));
            return Ok(None);
        }
        Err(fault) => return Err(unreadable(fault)),
    };
    let facts = file.metadata().map_err(unreadable)?;
    trust(&shown, facts.mode(), facts.uid(), rustix::process::geteuid().as_raw())?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    toml::from_str(&text).map(Some).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Error::new(Kind::Failure, format!("{shown}, line {line}: {}", visible(error.message())))
            .hint("the keys are db, key, theme, color and ascii")
    })
}

/// Refuses a file by which somebody else chooses what `own` opens.
fn trust(shown: &str, mode: u32, owner: u32, own: u32) -> Result<()> {
    if owner != 0 && owner != own {
        return Err(Error::new(
            Kind::Failure,
            format!("{shown} belongs to somebody else, who would choose the database"),
        )
        .hint("give it to the one who runs this, or move it away: everything in it can be said by flags too"));
    }
    if mode & 0o022 != 0 {
        return Err(Error::new(Kind::Failure, format!("others may write {shown}, which says what database is opened"))
            .hint(format!("chmod go-w {shown}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn read(texts: &[&str]) -> Result<Config> {
        let folder = tempfile::tempdir().expect("folder");
        let files: Vec<PathBuf> = (0..texts.len()).map(|n| folder.path().join(format!("{n}.toml"))).collect();
        for (file, text) in files.iter().zip(texts) {
            fs::write(file, text).expect("written");
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("its own");
        }
        Config::read(&files)
    }

    #[test]
    fn each_key_comes_from_the_first_file_that_has_it() {
        let config = read(&["db = \"/a.db\"\n", "db = \"/b.db\"\ntheme = \"dark\"\nascii = true\n"]).expect("lawful");
        assert_eq!(config.db.map(|(path, _)| path), Some(PathBuf::from("/a.db")));
        assert_eq!(config.theme.map(|(theme, _)| theme), Some(Theme::Dark));
        assert_eq!(config.ascii.map(|(ascii, _)| ascii), Some(true));
        assert_eq!(config.color, None);
    }

    #[test]
    fn an_unknown_key_is_named_with_file_and_line() {
        let error = read(&["theme = \"dark\"\n\ndatabase = \"/a.db\"\n"]).expect_err("unknown key");
        assert!(error.message.contains("0.toml, line 3: "), "{}", error.message);
        assert!(error.message.contains("database"), "{}", error.message);
        let error = read(&["theme = \"purple\"\n"]).expect_err("unknown theme");
        assert!(error.message.contains("line 1"), "{}", error.message);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_the_reason_and_the_next_step() {
        let folder = tempfile::tempdir().expect("folder");
        let error = Config::read(&[folder.path().to_owned()]).expect_err("a folder is no file");
        assert!(error.message.contains(" cannot be read: ") && error.hint.is_some(), "{error}");
    }

    #[test]
    fn a_file_that_others_may_write_or_that_is_neither_ones_own_nor_roots_is_refused() {
        for (mode, owner, own, words) in [
            (0o100_644, 1000, 1000, ""),
            (0o100_600, 0, 1000, ""),
            (0o100_644, 0, 0, ""),
            (0o100_664, 1000, 1000, "others may write /c"),
            (0o100_646, 0, 1000, "others may write /c"),
            (0o100_600, 1001, 1000, "/c belongs to somebody else"),
            (0o100_600, 1000, 0, "/c belongs to somebody else"),
        ] {
            let told = trust("/c", mode, owner, own).err().map(|error| error.message).unwrap_or_default();
            assert!(told.starts_with(words) && told.is_empty() == words.is_empty(), "{mode:o} {owner} {own}: {told}");
        }
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("config.toml");
        fs::write(&file, "theme = \"dark\"\n").expect("written");
        for (mode, read) in [(0o620, false), (0o602, false), (0o644, true)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("its own");
            assert_eq!(Config::read(std::slice::from_ref(&file)).is_ok(), read, "{mode:o}");
        }
    }

    #[test]
    fn a_relative_path_in_a_file_is_relative_to_the_file() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("config.toml");
        fs::write(&file, "db = \"users.db\"\nkey = \"keys/key\"\n").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("its own");
        let config = Config::read(std::slice::from_ref(&file)).expect("lawful");
        assert_eq!(config.db.map(|(path, _)| path), Some(folder.path().join("users.db")));
        assert_eq!(config.key, Some((folder.path().join("keys/key"), file)));
    }

    #[test]
    fn the_file_that_the_flag_names_must_exist_and_none_reads_no_file() {
        let error = Config::choose(Some(Path::new("/nowhere/config.toml"))).expect_err("no such file");
        assert_eq!(error.message, "\"/nowhere/config.toml\" cannot be read: no such file or directory");
        assert!(error.hint.is_some_and(|hint| hint.contains("--config none")));
        assert_eq!(Config::choose(Some(Path::new("none"))), Ok(Config::default()));
    }

    #[test]
    fn a_file_out_of_reach_is_reported_with_the_step_that_opens_it() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = out_of_reach(Path::new("/nowhere/config.toml"), &denied);
        let words = "the configuration \"/nowhere/config.toml\" does not apply: permission denied";
        assert!(error.message.starts_with(words), "{error}");
        assert!(error.hint.is_some_and(|hint| hint.contains("HOME") && hint.ends_with("--config none")));
    }

    #[test]
    fn a_file_that_is_not_there_says_nothing() {
        assert_eq!(Config::read(&[PathBuf::from("/nowhere/config.toml")]), Ok(Config::default()));
    }
}
