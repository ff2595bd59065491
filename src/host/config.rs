//! The configuration file: `$XDG_CONFIG_HOME/rollbook/config.toml`, then `/etc/rollbook/config.toml`.
//!
//! Each key is taken from the first file that has it. An unknown key is an error that names its file and line, so that
//! a slip of the pen is not silently without effect.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::accounts::error::{Error, Kind, Result};
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
    /// The theme.
    pub theme: Found<Theme>,
    /// When to use colours.
    pub color: Found<Color>,
    /// Whether to draw with ASCII alone.
    pub ascii: Found<bool>,
}

impl Config {
    /// Reads these files, the one that counts most first. One that does not exist says nothing.
    ///
    /// # Errors
    /// `failure` naming file and line.
    pub fn read(files: &[PathBuf]) -> Result<Config> {
        let mut config = Config::default();
        for path in files {
            let Some(file) = read_file(path)? else { continue };
            let folder = path.parent().unwrap_or(Path::new("/"));
            // A path in a file means the same wherever the program is started.
            config.db = config.db.or(file.db.map(|db| (folder.join(db), path.clone())));
            config.theme = config.theme.or(file.theme.map(|theme| (theme, path.clone())));
            config.color = config.color.or(file.color.map(|color| (color, path.clone())));
            config.ascii = config.ascii.or(file.ascii.map(|ascii| (ascii, path.clone())));
        }
        Ok(config)
    }
}

fn read_file(path: &Path) -> Result<Option<File>> {
    let shown = visible(&from_bytes(path.as_os_str().as_encoded_bytes())).into_owned();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => {
            return Err(Error::new(Kind::Failure, format!("{shown} cannot be read: {error}"))
                .hint("let yourself read it, or move it away: everything in it can be said by flags too"));
        }
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Error::new(Kind::Failure, format!("{shown}, line {line}: {}", visible(error.message())))
            .hint("the keys are db, theme, color and ascii")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Config> {
        let folder = tempfile::tempdir().expect("folder");
        let files: Vec<PathBuf> = (0..texts.len()).map(|n| folder.path().join(format!("{n}.toml"))).collect();
        for (file, text) in files.iter().zip(texts) {
            fs::write(file, text).expect("written");
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
    fn a_file_that_is_not_there_says_nothing() {
        assert_eq!(Config::read(&[PathBuf::from("/nowhere/config.toml")]), Ok(Config::default()));
    }
}
