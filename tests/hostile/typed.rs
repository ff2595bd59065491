//! The corpus typed and pasted, wherever text is taken.

use rollbook::accounts::text::is_hostile;
use rollbook::console::effect::Event;
use rollbook::console::key::Key;
use rollbook::console::update::update;

use crate::corpus::{corpus, mebibyte, texts};
use crate::planted::Planted;
use crate::stage::{PASSWORD, Stage};
use crate::support::long;
use crate::walk::{console, is_harmless};

fn paste(stage: &mut Stage, text: &str) {
    stage.event(Event::Paste(text.to_owned().into()));
    is_harmless(stage, text);
}

fn type_in(stage: &mut Stage, text: &str) {
    // All but the last without the work of drawing.
    for c in text.chars().take(30) {
        update(&mut stage.model, Event::Key { key: Key::char(c), burst: true });
    }
    stage.event(Event::Key { key: Key::char('.'), burst: true });
    is_harmless(stage, text);
}

/// Pastes and types every text into what the script has opened, and empties it again.
fn feed(stage: &mut Stage, open: &str, close: &str) {
    // Each place takes its share of the texts: what escapes them is the same everywhere.
    let share = if long() { 2 } else { 5 };
    for (n, text) in texts().iter().enumerate().filter(|(n, _)| (n / 2 + open.len()).is_multiple_of(share)) {
        stage.press(open);
        if n % 2 == 0 {
            type_in(stage, text)
        } else {
            paste(stage, text)
        }
        stage.press(close);
        is_harmless(stage, text);
    }
}

#[test]
fn filters_take_anything() {
    let planted = Planted::of(corpus().into_iter().take(8).collect());
    let mut stage = console(&planted, 120, 40);
    feed(&mut stage, "/", "<enter><esc>");
    stage.press("2");
    feed(&mut stage, "/", "<esc>");
}

#[test]
fn a_filter_that_finds_nobody_says_so_harmlessly() {
    let mut stage = Stage::people(&["ann"]);
    for text in texts().into_iter().step_by(if long() { 1 } else { 3 }) {
        stage.press("/zz");
        paste(&mut stage, &text);
        stage.press("<enter>");
        is_harmless(&stage, &text);
        stage.press("<esc>");
    }
}

#[test]
fn the_palette_takes_anything() {
    let mut stage = Stage::people(&["ann"]);
    feed(&mut stage, ":", "<enter><esc><esc>");
}

#[test]
fn fields_take_anything_and_say_what_is_wrong_with_it() {
    let mut stage = Stage::people(&["ann"]);
    // A name, which is refused where it may not be; a shown password; a note, a label, a reason.
    feed(&mut stage, "n", "<tab><tab><c-t><esc><esc>");
    feed(&mut stage, "n<tab><tab><c-t>", "<tab><esc><esc>");
    feed(&mut stage, "e<tab><tab>", "<esc><esc>");
    feed(&mut stage, "e<tab><tab><tab>", "<esc><esc>");
    feed(&mut stage, "i", "<esc><esc>");
}

#[test]
fn people_created_from_what_was_typed_have_lawful_names() {
    let mut stage = Stage::people(&["ann"]);
    for text in texts().into_iter().step_by(if long() { 1 } else { 2 }) {
        stage.press("n");
        paste(&mut stage, &text);
        stage.press("<tab><tab><tab>").event(Event::Paste(PASSWORD.to_owned().into()));
        // From the first field backwards to the button.
        stage.press("<s-tab><s-tab><s-tab><s-tab><s-tab><enter>");
        is_harmless(&stage, &text);
        stage.press("<esc><esc>");
    }
    let names: Vec<String> = {
        use rollbook::accounts::query::{Anchor, Query};
        let page = stage.db().users(&Query::default(), &Anchor::Start, 500).unwrap();
        page.rows.into_iter().map(|(_, user)| user.name).collect()
    };
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(!name.chars().any(|c| c != ' ' && is_hostile(c)), "{name:?}");
        assert_eq!(name, name.trim());
    }
}

#[test]
fn a_file_to_open_may_be_called_anything() {
    let mut stage = Stage::without_database();
    feed(&mut stage, "o", "<enter><esc><esc>");
}

#[test]
fn a_mebibyte_can_be_pasted() {
    let mut stage = Stage::people(&["ann"]);
    let text = String::from_utf8_lossy(&mebibyte()).into_owned();
    let began = std::time::Instant::now();
    for open in ["/", "n", "n<tab><tab><c-t>", "e<tab><tab><tab>", "i", ":"] {
        stage.press(open);
        paste(&mut stage, &text);
        stage.press("<left>x<enter>");
        is_harmless(&stage, open);
        stage.press("<esc><esc>");
    }
    // A bound for what hangs, far beyond what a busy machine needs.
    assert!(began.elapsed().as_secs() < 300, "{:?}", began.elapsed());
}

#[test]
fn what_is_typed_at_the_end_of_a_long_line_is_seen() {
    let mut stage = Stage::people(&["ann"]);
    for filling in ["x", "李", "\u{1f600}", "e\u{301}"] {
        stage.press("n");
        stage.event(Event::Paste(filling.repeat(100).into()));
        stage.press("end");
        stage.shows("end");
        let (x, y) = stage.cursor().unwrap();
        let row: String = stage.screen().lines().nth(usize::from(y)).unwrap().to_owned();
        let before = &row[..row.find("end").unwrap() + 3];
        assert_eq!(unicode_width::UnicodeWidthStr::width(before), usize::from(x), "{row}");
        stage.press("<esc><esc>");
    }
}
