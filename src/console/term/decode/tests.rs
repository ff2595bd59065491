//! The decoder against every spelling, every split and every pause.
#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Long after everything has been given up.
const LATER: u64 = 1_000_000;

fn key(code: Code) -> Input {
    Input::Key(Key::named(code))
}

fn letters(text: &str) -> Vec<Input> {
    text.chars().map(|c| Input::Key(Key::char(c))).collect()
}

fn pasted(text: &str) -> Input {
    Input::Paste(text.to_owned().into())
}

/// Feeds pieces with the pause before each, waits, and gives all that came of it.
fn with_pauses(pieces: &[(u64, &[u8])]) -> Vec<Input> {
    let mut decoder = Decoder::new(false);
    let mut now = 0;
    let mut inputs = Vec::new();
    for (pause, bytes) in pieces {
        let next = now + pause;
        // As the reading thread does: what falls due before the bytes come is dealt with when it is due.
        while let Some(due) = decoder.pending_until().filter(|due| *due < next) {
            inputs.extend(decoder.timeout(due));
        }
        now = next;
        inputs.extend(decoder.feed(bytes, now));
    }
    inputs.extend(decoder.timeout(LATER));
    assert_eq!(decoder.pending_until(), None);
    inputs
}

fn at_once(bytes: &[u8]) -> Vec<Input> {
    with_pauses(&[(0, bytes)])
}

#[test]
fn single_bytes() {
    assert_eq!(at_once(b"aZ /"), letters("aZ /"));
    assert_eq!(
        at_once(b"\r\n\t\x7f\x08"),
        [Code::Enter, Code::Enter, Code::Tab, Code::Backspace, Code::Backspace].map(key)
    );
    assert_eq!(at_once(b"\x03\x15\x1a\x00"), ['c', 'u', 'z', ' '].map(|c| Input::Key(Key::ctrl(c))));
    assert_eq!(at_once(b"\x1c\x1d\x1e\x1f"), ['\\', ']', '^', '_'].map(|c| Input::Key(Key::ctrl(c))));
}

#[test]
fn characters_of_several_bytes_and_broken_ones() {
    assert_eq!(at_once("äλ漢🦀".as_bytes()), letters("äλ漢🦀"));
    assert_eq!(with_pauses(&[(0, b"\xf0\x9f"), (9_000, b"\xa6"), (9_000, b"\x80")]), letters("🦀"));
    assert_eq!(at_once(b"a\xffb\xc3c\xe2\x82d\x80\xc0e"), letters("abcde"));
    assert_eq!(at_once(b"\xed\xa0\x80x\xf4\x90\x80\x80y"), letters("xy"), "surrogates and beyond the last one");
    assert_eq!(at_once("\u{9b}A\u{85}".as_bytes()), letters("A"), "eight-bit controls");
}

#[test]
fn named_keys_in_all_spellings() {
    let spelled: &[(&[u8], Code)] = &[
        (b"\x1b[A", Code::Up),
        (b"\x1bOA", Code::Up),
        (b"\x1b[B", Code::Down),
        (b"\x1b[1;5C", Code::Right),
        (b"\x1bOD", Code::Left),
        (b"\x1b[H", Code::Home),
        (b"\x1b[1~", Code::Home),
        (b"\x1b[7~", Code::Home),
        (b"\x1bOF", Code::End),
        (b"\x1b[4~", Code::End),
        (b"\x1b[8~", Code::End),
        (b"\x1b[2~", Code::Insert),
        (b"\x1b[3;5~", Code::Delete),
        (b"\x1b[5~", Code::PageUp),
        (b"\x1b[6~", Code::PageDown),
        (b"\x1b[Z", Code::BackTab),
        (b"\x1b[1;2Z", Code::BackTab),
        (b"\x1bOP", Code::F(1)),
        (b"\x1b[[A", Code::F(1)),
        (b"\x1b[11~", Code::F(1)),
        (b"\x1b[1;2P", Code::F(1)),
        (b"\x1bOS", Code::F(4)),
        (b"\x1b[15~", Code::F(5)),
        (b"\x1b[17~", Code::F(6)),
        (b"\x1b[21~", Code::F(10)),
        (b"\x1b[23~", Code::F(11)),
        (b"\x1b[24~", Code::F(12)),
    ];
    for (bytes, code) in spelled {
        assert_eq!(at_once(bytes), [key(*code)], "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_is_no_key_is_swallowed_whole() {
    let strange: &[&[u8]] = &[
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b[12;40R",
        b"\x1b[1;1R",
        b"\x1b[?62;c",
        b"\x1b[>0;276;0c",
        b"\x1b[<0;10;20M",
        b"\x1b[<0;10;20m",
        b"\x1b[M !!",
        b"\x1b[32;10;20M",
        b"\x1b[97;5u",
        b"\x1b[97:65;2:3u",
        b"\x1b[1;1:3A",
        b"\x1b[27;5;13~",
        b"\x1b[?2026;2$y",
        b"\x1b[200z",
        b"\x1b[201~",
        b"\x1b[9~",
        b"\x1b[16~",
        b"\x1b[99999999999~",
        b"\x1b[[Z",
        b"\x1bOx",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1b]52;c;YWxpY2U=\x07",
        b"\x1bP>|XTerm(390)\x1b\\",
        b"\x1b_Gi=1;OK\x1b\\",
        b"\x1b^x\x1b\\",
    ];
    for bytes in strange {
        assert_eq!(at_once(&[bytes, b"q".as_slice()].concat()), letters("q"), "{}", bytes.escape_ascii());
    }
    let long = [b"\x1b[".as_slice(), &[b'1'; 10_000], b"Aq"].concat();
    assert_eq!(at_once(&long), letters("q"));
}

#[test]
fn esc_alone_waits_for_its_grace_and_no_longer() {
    let mut decoder = Decoder::new(false);
    assert_eq!(decoder.feed(b"\x1b", 1_000), []);
    assert_eq!(decoder.pending_until(), Some(1_050));
    assert_eq!(decoder.timeout(1_049), []);
    assert_eq!(decoder.timeout(1_050), [key(Code::Esc)]);
    assert_eq!(decoder.pending_until(), None);
    let mut far = Decoder::new(true);
    far.feed(b"\x1b", 1_000);
    assert_eq!(far.pending_until(), Some(1_100));
}

#[test]
fn esc_and_a_quick_character_are_both() {
    assert_eq!(at_once(b"\x1bx"), [key(Code::Esc), Input::Key(Key::char('x'))]);
    assert_eq!(at_once(b"\x1b\r"), [key(Code::Esc), key(Code::Enter)]);
    assert_eq!(at_once("\x1bä".as_bytes()), [key(Code::Esc), Input::Key(Key::char('ä'))]);
    assert_eq!(at_once(b"\x1b\x1b[A"), [key(Code::Esc), key(Code::Up)]);
    assert_eq!(at_once(b"\x1b\x1b"), [key(Code::Esc), key(Code::Esc)]);
    assert_eq!(at_once(b"\x1bP"), [key(Code::Esc), Input::Key(Key::char('P'))]);
}

#[test]
fn a_torn_sequence_is_joined() {
    assert_eq!(with_pauses(&[(0, b"\x1b"), (30, b"[D")]), [key(Code::Left)]);
    assert_eq!(with_pauses(&[(0, b"\x1b["), (200, b"D")]), [key(Code::Left)]);
    assert_eq!(with_pauses(&[(0, b"\x1b[2"), (1_500, b"0"), (1_500, b"0~x"), (1_500, b"\x1b[201~")]), [pasted("x")]);
    assert_eq!(with_pauses(&[(0, b"\x1b"), (30, b"O"), (200, b"P")]), [key(Code::F(1))]);
}

#[test]
fn a_sequence_without_end_is_dropped_whole() {
    assert_eq!(with_pauses(&[(0, b"\x1b["), (400, b"j")]), letters("j"));
    assert_eq!(with_pauses(&[(0, b"\x1b[200"), (3_000, b"j")]), letters("j"));
    assert_eq!(with_pauses(&[(0, b"\x1b]11;rgb:00"), (3_000, b"j")]), letters("j"));
    assert_eq!(at_once(b"\x1b[12\x1b[A"), [key(Code::Up)], "a new one ends it");
}

#[test]
fn the_rest_of_a_sequence_is_no_letters_even_after_esc_was_let_go() {
    assert_eq!(with_pauses(&[(0, b"\x1b"), (90, b"[200~a\r"), (9, b"\x1b[201~")]), [key(Code::Esc), pasted("a\r")]);
    assert_eq!(with_pauses(&[(0, b"\x1b"), (90, b"[B")]), [key(Code::Esc), key(Code::Down)]);
    // A hand types one at a time, and later.
    assert_eq!(with_pauses(&[(0, b"\x1b"), (90, b"["), (90, b"B")])[1..], letters("[B"));
    assert_eq!(with_pauses(&[(0, b"\x1b"), (2_000, b"[B")])[1..], letters("[B"));
}

#[test]
fn a_paste_start_torn_after_esc_gives_no_key() {
    assert_eq!(with_pauses(&[(0, b"\x1b"), (30, b"[200~a\r")]), [pasted("a\r")]);
}

#[test]
fn pastes() {
    assert_eq!(at_once(b"\x1b[200~\x1b[201~"), [pasted("")]);
    assert_eq!(at_once("\x1b[200~ä\r\n\tb\x1b[201~q".as_bytes())[..1], [pasted("ä\r\n\tb")]);
    assert_eq!(at_once(b"\x1b[200~a\x1b[20\x1b[A\x1b\x1b[201~"), [pasted("a\x1b[20\x1b[A\x1b")]);
    assert_eq!(at_once(b"\x1b[200~a\xffb\x1b[201~"), [pasted("ab")], "broken bytes are dropped");
    assert_eq!(with_pauses(&[(0, b"\x1b[200~a"), (1_900, b"b\x1b[2"), (1_900, b"01~")]), [pasted("ab")]);
    assert_eq!(with_pauses(&[(0, b"\x1b[200~rm\r"), (2_100, b"q")]), [pasted("rm\r"), letters("q")[0].clone()]);
}

#[test]
fn a_paste_is_bounded() {
    let long = [b"\x1b[200~".as_slice(), &vec![b'x'; LONGEST_PASTE + 5_000], b"\x1b[201~q"].concat();
    let inputs = at_once(&long);
    assert!(matches!(&inputs[0], Input::Paste(text) if text.len() == LONGEST_PASTE));
    assert_eq!(inputs[1..], letters("q"));
}

/// Bytes as terminals send them, and bytes as nobody does.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..6),
        "[a-z~\\[O\\r]{1,5}".prop_map(String::into_bytes),
        "\\PC{1,4}".prop_map(String::into_bytes),
        "\x1b\\[[0-9;:<?]{0,7}[ -~]".prop_map(String::into_bytes),
        "\x1b[\\]P_^O][ -~]{0,5}(\x1b\\\\|\x07)?".prop_map(String::into_bytes),
        "\x1b\\[200~[ -~\r\x1b]{0,9}\x1b\\[201~".prop_map(String::into_bytes),
        Just(b"\x1b[200~".to_vec()),
        Just(b"\x1b[20".to_vec()),
        Just(b"\x1b".to_vec()),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_without_long_pauses_gives_the_same(bytes in stream(), cuts in vec((1_usize..5, 0..=GRACE), 0..60)) {
        let mut pieces = Vec::new();
        let mut rest = bytes.as_slice();
        for (length, pause) in cuts {
            let (piece, left) = rest.split_at(length.min(rest.len()));
            pieces.push((pause, piece));
            rest = left;
        }
        pieces.push((0, rest));
        prop_assert_eq!(with_pauses(&pieces), at_once(&bytes));
    }

    #[test]
    fn no_stream_and_no_pause_panics_or_waits_for_ever(pieces in vec((0_u64..3_000, stream()), 0..12)) {
        let pieces: Vec<(u64, &[u8])> = pieces.iter().map(|(pause, bytes)| (*pause, bytes.as_slice())).collect();
        with_pauses(&pieces);
    }

    #[test]
    fn a_paste_yields_no_keys(text in "[ -~\r\n\t\x1bäλ]{0,40}", cuts in vec((1_usize..6, 0_u64..1_900), 0..40)) {
        prop_assume!(!text.contains("\x1b[201~"));
        let bytes = format!("{text}\x1b[201~").into_bytes();
        let mut pieces: Vec<(u64, &[u8])> = vec![(0, b"\x1b[200~")];
        let mut rest = bytes.as_slice();
        for (length, pause) in cuts {
            let (piece, left) = rest.split_at(length.min(rest.len()));
            if !piece.is_empty() {
                pieces.push((pause, piece));
            }
            rest = left;
        }
        pieces.push((0, rest));
        prop_assert_eq!(with_pauses(&pieces), [pasted(&text)]);
    }
}

const CANCEL: Input = Input::Key(Key::ctrl('c'));

#[test]
fn ctrl_c_ends_a_paste_and_what_follows_it_at_once_is_swallowed() {
    let mut decoder = Decoder::new(false);
    assert_eq!(decoder.feed(b"\x1b[200~secret\x03ady\r", 1_000), [CANCEL]);
    assert_eq!(decoder.feed(b"more\x03", 1_100), [CANCEL]);
    assert_eq!(decoder.feed(b"more\x1b[201~j", 1_250), [Input::Key(Key::char('j'))], "up to the end marker");
    assert_eq!(decoder.feed(b"\x1b[200~x\x03", 2_000), [CANCEL]);
    assert_eq!(decoder.pending_until(), Some(2_200));
    assert_eq!(decoder.feed(b"j", 2_300), [Input::Key(Key::char('j'))], "or up to a pause");
}

#[test]
fn ctrl_c_is_heard_inside_every_sequence() {
    for begun in ["\x1b[1;", "\x1bO", "\x1b]52;c;", "\x1bP1", "\x1b[M", "\x1b[<", "\x1b[200~"] {
        let mut decoder = Decoder::new(false);
        let inputs = decoder.feed(format!("{begun}\x03").as_bytes(), 1_000);
        assert_eq!(inputs, [CANCEL], "{begun:?}");
    }
}

#[test]
fn a_paste_that_takes_too_long_is_over_and_its_rest_is_swallowed() {
    let mut decoder = Decoder::new(false);
    let mut inputs = decoder.feed(b"\x1b[200~", 0);
    for at in (1_000..=40_000).step_by(1_000) {
        inputs.extend(decoder.feed(b"a", at));
    }
    let Some(Input::Paste(text)) = inputs.first() else { panic!("{inputs:?}") };
    assert_eq!(text.len(), 30);
    // The key a second later is one again: nothing was swallowed for longer than the pause.
    assert!(inputs[1..].iter().all(|input| *input == Input::Key(Key::char('a'))), "{inputs:?}");
    let mut decoder = Decoder::new(false);
    let mut inputs = decoder.feed(b"\x1b[200~", 0);
    (1..=600).for_each(|n| inputs.extend(decoder.feed(b"a", n * 100)));
    inputs.extend(decoder.feed(b"\x1b[201~", 60_100));
    assert!(matches!(&inputs[..], [Input::Paste(text)] if text.len() == 300), "{inputs:?}");
}
