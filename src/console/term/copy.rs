//! The escape sequence that puts a text on the clipboard of the terminal at the other end (OSC 52).
//!
//! Pure: it is handed the environment and writes nothing. It cannot know whether the terminal obeys.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// Beyond this much base64, terminals begin to ignore the sequence or to choke on it.
const LONGEST: usize = 64 * 1024;

/// screen drops a pass-through string beyond 768 bytes.
const SCREEN_PIECE: usize = 512;

/// The bytes that copy the text; `None` if it is too long.
///
/// What is copied may be a secret: every buffer on the way has its size from the beginning, and is wiped.
pub fn copy_sequence(text: &str, env: impl Fn(&str) -> Option<String>) -> Option<Zeroizing<Vec<u8>>> {
    let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    if text.len().div_ceil(3) * 4 > LONGEST {
        return None;
    }
    let encoded = Zeroizing::new(Base64::encode_string(text.as_bytes()));
    let plain = joined(&[b"\x1b]52;c;", encoded.as_bytes(), b"\x07"]);
    if set("TMUX") {
        // Which of the two arrives depends on tmux's set-clipboard and allow-passthrough; twice the same does no harm.
        return Some(joined(&[&plain, b"\x1bPtmux;\x1b", &plain, b"\x1b\\"]));
    }
    if set("STY") && env("TERM").is_some_and(|term| term.starts_with("screen")) {
        let pieces = plain.chunks(SCREEN_PIECE);
        let pieces: Vec<&[u8]> = pieces.flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"]).collect();
        return Some(joined(&pieces));
    }
    Some(plain)
}

fn joined(pieces: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
    pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sequence(text: &str, env: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        copy_sequence(text, find).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn plain_where_nothing_stands_between() {
        assert_eq!(sequence("alice", &[("TERM", "xterm")]).unwrap(), "\x1b]52;c;YWxpY2U=\x07");
        assert_eq!(sequence("alice", &[("TERM", "screen-256color")]).unwrap(), "\x1b]52;c;YWxpY2U=\x07");
        assert_eq!(sequence("alice", &[("TMUX", "")]).unwrap(), "\x1b]52;c;YWxpY2U=\x07");
    }

    #[test]
    fn both_forms_inside_tmux() {
        let bytes = sequence("alice", &[("TMUX", "/tmp/tmux-0/default,1,0"), ("TERM", "screen")]).unwrap();
        assert_eq!(bytes, "\x1b]52;c;YWxpY2U=\x07\x1bPtmux;\x1b\x1b]52;c;YWxpY2U=\x07\x1b\\");
    }

    #[test]
    fn in_pieces_inside_screen() {
        let long = "x".repeat(3_000);
        let bytes = sequence(&long, &[("STY", "1.pts"), ("TERM", "screen")]).unwrap();
        let pieces: Vec<&str> =
            bytes.split_terminator("\x1b\\").map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE));
        assert_eq!(pieces.concat(), sequence(&long, &[]).unwrap());
    }

    #[test]
    fn too_long_is_refused_rather_than_cut() {
        assert!(sequence(&"x".repeat(48 * 1024), &[]).is_some());
        assert!(sequence(&"x".repeat(48 * 1024 + 1), &[]).is_none());
    }
}
