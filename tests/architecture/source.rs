//! Source text as the rules read it: without comments, without unit tests, with or without what stands in quotes.

use std::path::{Path, PathBuf};

/// One file.
#[derive(Clone)]
pub struct Source {
    /// From the root of the repository, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Without comments and unit tests, every string empty. As long as the text, line by line.
    pub code: String,
    /// The same with its strings.
    pub spelled: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let (code, spelled) = (blank(text, true), blank(text, false));
        let tests = tests_in(&code);
        let cut = |text: String| {
            let mut bytes = text.into_bytes();
            for at in tests.iter().flat_map(Clone::clone) {
                if bytes[at] != b'\n' {
                    bytes[at] = b' ';
                }
            }
            String::from_utf8(bytes).unwrap()
        };
        Source { path: path.to_owned(), text: text.to_owned(), code: cut(code), spelled: cut(spelled) }
    }

    /// The line of a place in the text.
    pub fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    pub fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    /// A place as a person looks it up.
    pub fn at(&self, at: usize) -> String {
        format!("{}:{}", self.path, self.line(at))
    }
}

/// Every Rust file below these folders.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                let path = entry.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push(Source::new(&path, &std::fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folders:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Blanks comments, and strings and characters where these are not wanted either. Positions and lines stay.
fn blank(text: &str, strings: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (end, hide) = if rest.starts_with(b"//") {
            (find(bytes, at, b"\n"), true)
        } else if rest.starts_with(b"/*") {
            (find(bytes, at + 2, b"*/") + 2, true)
        } else if let Some(hashes) = raw_string(bytes, at) {
            let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            (find(bytes, at + hashes + 2, &close) + close.len(), strings)
        } else if rest[0] == b'"' {
            (quoted(bytes, at), strings)
        } else if rest[0] == b'\'' && is_character(rest) {
            (character(bytes, at), strings)
        } else {
            at += 1;
            continue;
        };
        let end = end.min(bytes.len());
        if hide {
            // The quotes stay, so that an argument that is a string still is one.
            let quotes = usize::from(rest[0] == b'"');
            for byte in &mut out[at + quotes..end - quotes] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        at = end;
    }
    String::from_utf8(out).unwrap()
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    let from = from.min(bytes.len());
    bytes[from..].windows(what.len()).position(|window| window == what).map_or(bytes.len(), |at| from + at)
}

/// The number of hashes, if a raw string begins here.
fn raw_string(bytes: &[u8], at: usize) -> Option<usize> {
    let word_before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if bytes[at] != b'r' || word_before && bytes[at - 1] != b'b' {
        return None;
    }
    let hashes = bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count();
    (bytes.get(at + 1 + hashes) == Some(&b'"')).then_some(hashes)
}

fn quoted(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    end + 1
}

/// A character, not a lifetime: it is closed after one character or an escape.
fn is_character(rest: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(8)]).into_owned();
    let mut chars = text.chars();
    matches!((chars.next(), chars.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

fn character(bytes: &[u8], at: usize) -> usize {
    let from = if bytes[at + 1] == b'\\' { at + 3 } else { at + 2 };
    find(bytes, from, b"'") + 1
}

/// Where unit tests stand: `#[cfg(test)]` and the item after it.
fn tests_in(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = code[from..].find("#[cfg(test)]").map(|at| from + at) {
        let open = code[at..].find(['{', ';']).map_or(code.len(), |open| at + open);
        let end = if code[open..].starts_with('{') { closing(code, open) } else { open };
        found.push(at..(end + 1).min(code.len()));
        from = (end + 1).min(code.len());
    }
    found
}

/// The place of the bracket that closes the one here.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

/// Where these words stand, as words: nothing that belongs to a name before or after them.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = word.starts_with(part) && code[..at].ends_with(part);
        let after = word.ends_with(part) && code[at + word.len()..].starts_with(part);
        !before && !after
    })
}
