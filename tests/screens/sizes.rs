//! Sizes, themes, ASCII, and what stays when the size changes.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use rollbook::accounts::{Draft, Error, Kind, Role, Secret, Span};
use rollbook::console::effect::Event;
use rollbook::console::layout::{Pane, Screen};
use rollbook::console::model::{Book, Model};
use rollbook::console::theme::Theme;
use rollbook::console::view;

use crate::stage::{PASSWORD, Stage};
use crate::support::long;

/// People in every state, with sessions, and under the cursor one with two of them.
pub fn peopled() -> Stage {
    let mut stage = Stage::people(&["root@example.org", "pia.pending", "ina.inactive", "zoë 李明", "dora.deleted"]);
    stage.press("d").moment().press("y<down><down>");
    stage.press("ileft the project<enter>");
    stage.press("n").press("alice@example.org<tab>al@example.org<tab><tab>").press(PASSWORD);
    stage.press("<tab>billing support<s-tab><s-tab><s-tab><s-tab><s-tab><s-tab><enter>");
    stage.log_in("alice@example.org", "firefox");
    stage.log_in("alice@example.org", "phone ‒ app");
    let token = stage.log_in("alice@example.org", "old");
    stage.db().log_out(&token).unwrap();
    stage.press("<esc>/<esc>g").wait(Span::MINUTE).moved();
    assert_eq!(stage.under_cursor(), "alice@example.org", "{}", stage.screen());
    stage
}

/// Every screen there is: what brings it about from the peopled stage.
const SCREENS: &[&str] = &[
    "",
    "<tab>",
    "<tab><tab>",
    "<enter>",
    "<tab><enter>",
    "<tab><tab><enter>",
    "2",
    "2<enter>",
    "/ali",
    "/is:nonsense",
    "/ali seen:soon",
    "/is:<tab>",
    "*",
    "v<down>",
    "*d",
    "*i",
    "*i<enter>",
    "/ali<enter>*<esc>/liddell<enter>!",
    "2*",
    "2*x",
    "/nobody at all<enter>",
    "2/fire",
    "3",
    "3<enter>",
    "3/about:alice",
    "3/action:dance",
    "3/nobody at all<enter>",
    "3f",
    "3c",
    "3w",
    "h",
    "3V",
    "4",
    "4V",
    "4G",
    "4c",
    "4<pgdn><pgdn>jj<enter>",
    "fd",
    "f",
    "s",
    "c",
    "cn",
    "w",
    "d",
    "i",
    "X",
    "p",
    "p<right>",
    "e",
    "n",
    "n<tab><tab><right>",
    "?",
    ":",
    ":qqq",
    ":mess<enter>",
    "x",
    "z",
    "a",
    "p<tab><tab><enter>",
    "<c-c>",
];

fn reached(script: &str, change: impl FnOnce(&mut Model)) -> Stage {
    let mut stage = peopled();
    stage.press(script);
    change(&mut stage.model);
    stage
}

/// The screens without people.
fn bare() -> Vec<Stage> {
    let book = |make: fn(Error) -> Book| {
        let mut stage = Stage::without_database();
        let words = "users.db has schema 1; this program works with 2, and a long sentence goes on and on here";
        stage.model.book = make(Error::new(Kind::Schema, words).hint("`rollbook db upgrade` brings it up to date"));
        stage
    };
    let mut all = vec![
        Stage::without_database(),
        book(Book::Outdated),
        book(Book::Trouble),
        book(|_| Book::Opening),
        Stage::sized(80, 24),
    ];
    for script in ["n", "o", ":", "?"] {
        let mut stage = Stage::without_database();
        stage.press(script);
        all.push(stage);
    }
    all
}

/// Draws on a sheet of exactly this size: a stroke outside of it is a panic.
fn draw(model: &Model) -> Buffer {
    let (width, height) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    if let Some((x, y)) = view::draw(model, &mut buffer) {
        assert!(x < width && y < height, "the cursor at {x},{y} on {width}×{height}");
    }
    buffer
}

fn text(buffer: &Buffer) -> String {
    buffer.content().iter().map(|cell| cell.symbol()).collect()
}

fn is_sound(model: &Model) {
    let buffer = draw(model);
    let words = text(&buffer);
    let (width, height) = model.size;
    if model.setup.ascii {
        let odd: String = words.chars().filter(|c| !c.is_ascii() || c.is_ascii_control()).collect();
        assert_eq!(odd, "", "{width}×{height}: not ASCII");
    }
    if model.setup.theme == Theme::Mono {
        let reset = |color: Color| color == Color::Reset;
        assert!(buffer.content().iter().all(|cell| reset(cell.fg) && reset(cell.bg)), "a colour in mono");
    }
    if width < 40 || height < 10 {
        let all = if model.setup.ascii { "q quits ; 40x10 needed" } else { "q quits · 40×10 needed" };
        let mut shown = words.trim_end().to_owned();
        if usize::from(width) < all.chars().count() {
            assert!(matches!(shown.pop(), Some('…' | '~')), "{width}×{height}: {words:?}");
        }
        assert!(all.starts_with(&shown), "{width}×{height}: {words:?}");
    }
}

/// Small sizes one by one, larger ones around the places where the shape changes.
fn sizes() -> Vec<(u16, u16)> {
    let widths = [1, 2, 3, 5, 22, 39, 40, 41, 47, 55, 57, 63, 71, 72, 73, 79, 80, 91, 99, 100, 101, 120, 130];
    let heights = [1, 2, 3, 6, 9, 10, 11, 12, 14, 19, 20, 21, 24, 33, 45];
    let mut sizes: Vec<(u16, u16)> = (1..=9).flat_map(|w| (1..=6).map(move |h| (w, h))).collect();
    // Each width with some heights, each height with some widths.
    for (i, &w) in widths.iter().enumerate() {
        sizes.extend(heights.iter().enumerate().filter(|(j, _)| (i + j) % 4 == 0).map(|(_, &h)| (w, h)));
    }
    sizes
}

fn at_all_sizes(stage: &mut Stage, nth: usize) {
    let plain = stage.model.size;
    // The screens share the sizes; the long test draws each at all.
    let share = if long() { 1 } else { 4 };
    for (n, size) in sizes().into_iter().enumerate().filter(|(n, _)| (n + nth).is_multiple_of(share)) {
        // Themes and ASCII take turns, each screen beginning with another.
        stage.model.setup.theme = Theme::ALL[(n / share + nth) % 4];
        stage.model.setup.ascii = (n / share + nth).is_multiple_of(3);
        resize(stage, size);
        is_sound(&stage.model);
    }
    resize(stage, plain);
}

/// A resize without the stage's own drawing.
fn resize(stage: &mut Stage, (columns, rows): (u16, u16)) {
    rollbook::console::update::update(&mut stage.model, Event::Resize(columns, rows));
}

#[test]
fn every_screen_is_drawn_at_every_size_in_every_theme() {
    for (n, script) in SCREENS.iter().enumerate() {
        at_all_sizes(&mut reached(script, |_| {}), n);
    }
    for (n, mut stage) in bare().into_iter().enumerate() {
        at_all_sizes(&mut stage, n);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if long() { 48 } else { 12 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_screen_is_drawn_at_any_size(
        screen in 0..SCREENS.len(),
        sizes in prop::collection::vec((1u16..=130, 1u16..=45), 12),
        theme in 0usize..4,
        ascii: bool,
    ) {
        let mut stage = reached(SCREENS[screen], |model| {
            (model.setup.theme, model.setup.ascii) = (Theme::ALL[theme], ascii);
        });
        for size in sizes {
            resize(&mut stage, size);
            is_sound(&stage.model);
        }
    }
}

#[test]
fn a_resize_keeps_the_person_the_layer_and_what_was_typed() {
    for (script, typed) in [
        ("<down>", ""),
        ("<down><tab><enter>", ""),
        ("<down>eyes<tab>e@x.org", "e@x.org"),
        ("<down>nsomebody new", "somebody new"),
        ("<down>i<bs>because", "because"),
        ("<down>d", "can be restored"),
        ("<down>c", "name"),
        ("<down>:delet", ": delet"),
        ("<down>/o", "/o"),
    ] {
        let mut stage = peopled();
        stage.press(script);
        let (person, layers, focus) = (stage.under_cursor(), stage.model.layers.len(), stage.model.scope());
        for size in [(80, 24), (60, 15), (39, 9), (1, 1), (130, 45), (72, 20), (40, 10), (120, 40)] {
            stage.event(Event::Resize(size.0, size.1));
            assert_eq!((stage.under_cursor(), stage.model.layers.len()), (person.clone(), layers), "{script} {size:?}");
            assert_eq!(stage.model.scope(), focus);
            let screen = Screen::of(size, stage.model.pane, stage.model.whole);
            if stage.model.pane == Pane::Users && size.0 >= 40 && size.1 >= 10 {
                let seen = stage.model.users.list.window.cursor_in_view();
                assert!(seen < screen.rows(Pane::Users).max(1), "{script} {size:?}: the cursor is out of sight");
            }
        }
        stage.shows(typed);
    }
}

#[test]
fn the_row_under_the_cursor_is_reversed_in_every_theme() {
    for (size, script) in [
        ((120, 40), ""),
        ((80, 24), ""),
        ((60, 15), ""),
        ((120, 40), "<tab>"),
        ((60, 15), "<tab>"),
        ((80, 24), "2"),
        ((120, 40), "3"),
        ((60, 15), "3"),
        ((120, 40), "4"),
        ((60, 15), "4G"),
    ] {
        let mut stage = reached(script, |_| {});
        for theme in Theme::ALL {
            stage.model.setup.theme = theme;
            stage.event(Event::Resize(size.0, size.1));
            let buffer = draw(&stage.model);
            let pane = stage.model.screen().pane(stage.model.pane);
            let reversed = |y: u16| {
                let cells = (pane.left()..pane.right()).map(|x| &buffer[(x, y)]);
                cells.filter(|cell| cell.modifier.contains(Modifier::REVERSED)).count()
            };
            let rows: Vec<u16> = (0..size.1).filter(|&y| reversed(y) > 0).collect();
            assert_eq!(rows.len(), 1, "{theme:?} {size:?} {script:?}");
            assert_eq!(reversed(rows[0]), usize::from(pane.width), "all of the row");
            assert_eq!(buffer[(pane.x + 1, rows[0])].symbol(), "›", "not by reversing alone");
        }
    }
}

/// People in every state, the words for it beside their names.
const STATES: [(&str, &str); 7] = [
    ("pending", "pending"),
    ("inactive", "inactive"),
    ("expired", "expired"),
    ("fresh", "no password"),
    ("root", "admin"),
    ("looker", "auditor"),
    ("plain", ""),
];

fn every_state() -> Stage {
    let mut stage = Stage::with(120, 40, |accounts| {
        for (word, _) in STATES {
            let mut draft = Draft::named(&format!("p.{word}")).unwrap();
            draft.pending = word == "pending";
            draft.role = match word {
                "root" => Role::Admin,
                "looker" => Role::Auditor,
                _ => Role::Member,
            };
            draft.valid_until = (word == "expired").then(|| accounts.now().plus(Span::MINUTE));
            let password = Secret::from(PASSWORD);
            let user = accounts.create_user(draft, (word != "fresh").then_some(&password)).unwrap();
            if word == "inactive" {
                accounts.deactivate(&user.id, None).unwrap();
            }
        }
    });
    stage.wait(Span::HOUR).moved();
    stage
}

#[test]
fn every_state_is_a_word() {
    let mut stage = every_state();
    for size in [(120, 40), (80, 24), (60, 15), (40, 12)] {
        stage.press("G").event(Event::Resize(size.0, size.1));
        for (name, word) in STATES {
            // The first two lines are of the screen and of the pane; side by side the list is the left half.
            let screen = stage.screen();
            let mut rows = screen.lines().skip(2).map(|line| line.split('│').next().unwrap_or_default());
            let row = rows.find(|row| row.contains(&format!("p.{name}"))).unwrap_or_else(|| panic!("{name}\n{screen}"));
            let row = row.replace(&format!("p.{name}"), "");
            assert!(row.contains(&word[..word.len().min(15)]), "{name} {size:?}: {row}");
            if word.is_empty() {
                let told = STATES.iter().any(|(_, other)| !other.is_empty() && row.contains(other));
                assert!(!told, "the normal state is silent: {row}");
            }
        }
    }
    stage.event(Event::Resize(120, 40));
    for (n, (name, _)) in STATES.iter().enumerate() {
        stage.press(&format!("G{}", "<up>".repeat(n)));
        assert_eq!(stage.under_cursor(), format!("p.{name}"));
        let barred = ["pending", "inactive", "expired", "fresh"].contains(name);
        stage.shows(if barred { "CANNOT LOG IN" } else { "─ CAN LOG IN" });
    }
    peopled().press("<tab><tab>").shows("2 live").shows("ended").press("2/is:ended<enter>").shows("ended");
}

#[test]
fn nothing_moves_by_itself() {
    for script in SCREENS {
        let mut stage = reached(script, |_| {});
        let before = draw(&stage.model);
        assert!(before.diff(&draw(&stage.model)).is_empty(), "{script}: drawn twice, not alike");
        stage.wait(Span::from_millis(400)).wait(Span::SECOND.times(2));
        let after = draw(&stage.model);
        let moved: String = before.diff(&after).iter().map(|(_, _, cell)| cell.symbol()).collect();
        assert_eq!(moved, "", "{script}: something moves within the minute");
    }
}
