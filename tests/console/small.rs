//! Dialogs on small screens: whole borders, no text over another, nothing cut without a sign of it.

use std::collections::BTreeSet;

use rollbook::accounts::user::Role;
use rollbook::accounts::{Actor, Span};
use rollbook::console::effect::Event;

use crate::others::draft;
use crate::stage::Stage;

const SIZES: [(u16, u16); 3] = [(40, 10), (60, 15), (80, 24)];

/// Every dialog there is, by the keys that open it.
const DIALOGS: &[&str] = &[
    "*d",
    "*i<enter>",
    "*i<enter>7<enter>",
    "*d123456789012",
    "*!",
    "vj*vd",
    "/p1<enter>*<esc>/p2<enter>d",
    "/^ann<enter>*d",
    "d",
    "i",
    "X",
    "!",
    "p",
    "p<right>",
    "p<tab>",
    "p<tab><tab>",
    "e",
    "e<tab><tab><tab>",
    "e<tab><tab><tab><tab>",
    "n",
    "n<tab>",
    "n<tab><tab>",
    "n<tab><tab><tab>",
    "n<tab><tab><tab><tab>",
    "n<enter><enter><enter><enter><enter><enter>",
    "t",
    "tn",
    "te",
    "te12<enter>",
    "te123456<enter>",
    "tec",
    "te?",
    "w",
    "f",
    "s",
    "c",
    "?",
    "?del",
    ":",
    ":mess<enter>",
    ":qqq",
    "3f",
    "3c",
    "3?",
    "4c",
    "4<enter><enter>",
    "4<enter>jj<enter>",
    "2*x",
    "2?",
];

fn peopled() -> Stage {
    let mut stage = Stage::people(&["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "ann"]);
    let ann = stage.person("ann");
    stage.log_in("ann", "firefox on a very old laptop");
    stage.log_in("ann", "phone");
    let named = Some("deployment of the nightly builds".to_owned());
    stage.db().create_token(&ann.id, named.as_deref(), rollbook::accounts::time::Until::Default).unwrap();
    stage.create(draft("root", |draft| draft.role = Role::Admin));
    stage.moved().press("/^ann<enter><esc>").wait(Span::SECOND);
    stage.is_under_cursor("ann");
    stage
}

fn opened(script: &str, size: (u16, u16)) -> Stage {
    let mut stage = peopled();
    for key in crate::stage::keys(script) {
        stage.event(Event::Key { key, burst: false }).wait(Span::SECOND);
    }
    stage.event(Event::Resize(size.0, size.1));
    stage
}

/// The rows of cells, each cell as it is seen: behind a wide sign comes an empty one.
fn cells(stage: &Stage) -> Vec<Vec<String>> {
    let buffer = stage.buffer();
    let row = |y: u16| {
        let mut row: Vec<String> = Vec::new();
        for x in 0..buffer.area.width {
            let hidden = row.last().is_some_and(|left| unicode_width::UnicodeWidthStr::width(left.as_str()) > 1);
            row.push(if hidden { String::new() } else { buffer[(x, y)].symbol().to_owned() });
        }
        row
    };
    (0..buffer.area.height).map(row).collect()
}

/// Where the top dialog stands: the smallest frame that is whole, since a larger one lies beneath or nowhere.
fn frame(cells: &[Vec<String>]) -> Option<(usize, usize, usize, usize)> {
    let mut frames = Vec::new();
    for (top, row) in cells.iter().enumerate() {
        for left in row.iter().enumerate().filter(|(_, cell)| *cell == "┌").map(|(x, _)| x) {
            let Some(right) = row.iter().skip(left).position(|cell| cell == "┐").map(|x| x + left) else { continue };
            let bottom = (top + 1..cells.len()).find(|y| cells[*y][left] == "└" && cells[*y][right] == "┘");
            let Some(bottom) = bottom else { continue };
            let across = cells[bottom][left + 1..right].iter().all(|cell| "─ ↓ more ".contains(cell.as_str()));
            if across && (top + 1..bottom).all(|y| cells[y][left] == "│" && cells[y][right] == "│") {
                frames.push((left, top, right, bottom));
            }
        }
    }
    frames.into_iter().min_by_key(|(left, top, right, bottom)| (right - left) * (bottom - top))
}

/// The lines of text inside the top dialog, its title first.
fn told(stage: &Stage) -> Option<Vec<String>> {
    let cells = cells(stage);
    let (left, top, right, bottom) = frame(&cells)?;
    Some((top..bottom).map(|y| cells[y][left + 1..right].concat()).collect())
}

/// The words of lines, without the rules of a border.
fn words(lines: &[String]) -> BTreeSet<String> {
    let all = lines.iter().flat_map(|line| line.split_whitespace());
    all.filter(|word| !word.chars().all(|c| c == '─')).map(str::to_owned).collect()
}

/// What only a small screen says.
const SMALL: &[&str] = &["↓", "more", "…"];

#[test]
fn every_dialog_is_whole_and_legible_on_small_screens() {
    for script in DIALOGS {
        let mut stage = opened(script, (120, 40));
        let large = stage.screen();
        let whole = words(&told(&stage).unwrap_or_else(|| panic!("{script} opens no dialog\n{large}")));
        let shown =
            |word: &str| SMALL.contains(&word) || word.contains('…') || whole.iter().any(|all| all.contains(word));
        for size in SIZES {
            stage.event(Event::Resize(size.0, size.1));
            let lines = told(&stage).unwrap_or_else(|| panic!("{script} {size:?}: no whole frame\n{}", stage.screen()));
            let odd: Vec<String> = words(&lines).into_iter().filter(|word| !shown(word)).collect();
            // What takes the place of the picture of a second factor is told only where it does not fit.
            let instead = "The QR code needs a screen of 80×23. 80×24. Type this secret into an authenticator app:";
            let odd: Vec<&String> = odd.iter().filter(|word| !instead.contains(word.as_str())).collect();
            assert!(odd.is_empty(), "{script} {size:?}: {odd:?} is no word of it\n{}\n{}", stage.screen(), large);
            for line in &lines[1..] {
                let full =
                    line.chars().next().is_some_and(|c| c != ' ') || line.chars().last().is_some_and(|c| c != ' ');
                assert!(
                    !full || line.trim_matches('─').is_empty(),
                    "{script} {size:?}: touches the border\n{}",
                    stage.screen()
                );
            }
        }
    }
}

#[test]
fn a_question_about_many_and_an_enrolment_can_be_answered_on_the_smallest_screen() {
    let mut stage = opened("*d", (40, 10));
    stage.shows("Delete 12 users").shows("type 12, then Enter").hides("Tab all");
    stage.press("12<enter>").says("12 users deleted");
    let mut stage = opened("te", (40, 10));
    let is_group = |word: &&str| word.len() == 4 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let groups = |stage: &Stage| stage.screen().split_whitespace().filter(is_group).count();
    assert_eq!(groups(stage.shows("Code")), 8, "all of the secret\n{}", stage.screen());
    stage.press("12<enter>").shows("6 digits are needed").press("3456<enter>").shows("the second-factor code is wrong");
    assert_eq!(groups(stage.shows("Code")), 8, "also while something is wrong\n{}", stage.screen());
}

#[test]
fn the_first_line_sets_nothing_over_something_else() {
    for (width, height) in (40..=120).map(|width| (width, 24)) {
        let mut stage = Stage::set_up(
            width,
            height,
            |setup| {
                setup.read_only = true;
                setup.path = Some("/srv/a-database-of-a-rather-long-name.db".into());
                setup.actor = Actor::Operator("root".into());
            },
            |accounts| {
                for n in 0..3 {
                    let mut draft = draft(&format!("p{n}"), |draft| draft.pending = true);
                    draft.role = Role::Member;
                    accounts.create_user(draft, None).unwrap();
                }
            },
        );
        for view in ["1", "2", "3", "4"] {
            let screen = stage.press(view).screen();
            let line = screen.lines().next().unwrap();
            for word in line.split_whitespace() {
                let known =
                    ["[1", "Users]", "1", "Users", "[2", "2", "Sessions]", "Sessions", "[3", "3", "Audit]", "Audit"];
                let more = ["[4", "4", "System]", "System", "pending", "read-only", "root", "·", "ssh", "10.0.0.5"];
                let told = known.contains(&word) || more.contains(&word) || word.contains('…');
                assert!(told, "{width}: {word:?} in {line:?}");
            }
        }
    }
}

#[test]
fn a_smaller_dialog_above_a_larger_one_stands_on_ground_of_its_own() {
    for size in [(120, 40), (80, 24), (60, 15), (40, 10)] {
        for script in ["tec", "te?", "wc", "e?", "t?"] {
            let mut stage = opened(script, (120, 40));
            for between in [(40, 10), (100, 30), size] {
                stage.event(Event::Resize(between.0, between.1));
            }
            let cells = cells(&stage);
            let layers = stage.model.layers.len();
            let Some((left, top, right, bottom)) = frame(&cells) else {
                panic!("{script} {size:?}\n{}", stage.screen())
            };
            if layers < 2 {
                continue;
            }
            let around = (top..=bottom)
                .flat_map(|y| [left.checked_sub(1), Some(right + 1)].into_iter().flatten().map(move |x| (x, y)));
            for (x, y) in around.filter(|(x, y)| *x < usize::from(size.0) && *y > 0 && *y + 1 < usize::from(size.1)) {
                assert!(cells[y][x].trim().is_empty(), "{script} {size:?}: {x},{y}\n{}", stage.screen());
            }
        }
    }
}

#[test]
fn a_wide_name_behind_a_dialog_leaves_its_border_whole() {
    let wide = "李".repeat(40);
    let names: Vec<String> =
        (0..30).map(|n| format!("{}{wide}", "x".repeat(n % 2 + 1).to_owned() + &n.to_string())).collect();
    for size in [(120, 40), (119, 40), (80, 24), (79, 24), (60, 15), (61, 15), (40, 10), (41, 10)] {
        for script in ["d", "c", "f", "n", "?"] {
            let mut stage = Stage::people(&names.iter().map(String::as_str).collect::<Vec<_>>());
            stage.press(script).event(Event::Resize(size.0, size.1));
            let cells = cells(&stage);
            let Some((left, top, _, bottom)) = frame(&cells) else { panic!("{script} {size:?}\n{}", stage.screen()) };
            let beside = |y: usize| left == 0 || cells[y][left - 1] == " ";
            assert!((top..=bottom).all(beside), "half a sign at {script} {size:?}\n{}", stage.screen());
        }
    }
}

#[test]
fn sessions_of_everybody_tell_what_is_left_and_what_was_refused_where_there_is_little_room() {
    let mut stage = Stage::with(60, 15, |accounts| {
        for name in ["ann.lindholm@example.org", "bob"] {
            accounts.create_user(draft(name, |_| {}), Some(&crate::stage::PASSWORD.into())).unwrap();
        }
    });
    let token = stage.log_in("ann.lindholm@example.org", "phone");
    stage.log_in("bob", "firefox");
    stage.elsewhere(|accounts| accounts.log_out(&token)).unwrap();
    stage.moved().press("2").shows("─ Sessions ─").shows("2 with ended ones · newest first").shows("1 d left");
    stage.shows("ended just now").hides("ended just now,");
    for _ in 0..3 {
        assert!(stage.db().check(&token).is_err());
    }
    stage.db().flush();
    stage.wait(Span::MINUTE.times(3)).moved().shows("ended, refused 3×").hides("…");
    stage.press("*v").shows("1 marked · range · 2 with ended ones ─");
}

#[test]
fn whole_pane_tells_the_exact_times_of_the_session_under_the_cursor_on_every_screen() {
    for size in [(60, 15), (80, 24), (100, 30), (120, 40)] {
        let mut stage = peopled();
        stage.event(Event::Resize(size.0, size.1));
        let began = stage.person("ann").last_login_at.unwrap();
        let began = rollbook::console::words::exact(began, &stage.model.setup.zone);
        for keys in ["<tab><enter>", "<esc><esc>2<enter>"] {
            stage.press(keys).press("G");
            let screen = stage.screen();
            let joined = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(joined.contains(&format!("began {began}")), "{size:?}\n{screen}");
        }
    }
}

#[test]
fn help_tells_the_chosen_sentence_in_full_where_its_row_is_too_short() {
    let mut stage = opened("?", (60, 15));
    stage.hides("let this person log in; restores a deleted one │").shows("let this person log in; resto…");
    stage.shows("│ let this person log in; restores a deleted one").press("<down>");
    stage.shows("│ keep this person out and end their sessions").shows("rollbook user deactivate");
    let mut stage = opened("?", (80, 24));
    stage.shows("activate       let this person log in; restores a deleted… │");
    stage.shows("│ let this person log in; restores a deleted one ");
}

#[test]
fn filter_at_fault_leaves_out_how_it_is_text_before_it_is_cut() {
    let mut stage = opened("/is:pendng", (60, 15));
    stage.says("no state \"pendng\" (pending is nearest)").event(Event::Resize(80, 24));
    stage.says("(pending is nearest; as text: \"is:pendng\")");
}

#[test]
fn light_theme_paints_every_cell_of_every_dialog() {
    let views = ["", "<tab>", "<tab><tab>", "2", "2<enter>", "3", "3<enter>", "4", "/ann", "/is:x"];
    for script in DIALOGS.iter().chain(&views) {
        let mut stage = opened("", (60, 15));
        stage.model.setup.theme = rollbook::console::theme::Theme::Light;
        stage.press(script).draw();
        let bare = stage.buffer().content().iter().filter(|cell| {
            let painted = |colour| matches!(colour, ratatui::style::Color::Rgb(..));
            !painted(cell.bg) || cell.symbol() != " " && !painted(cell.fg)
        });
        assert_eq!(bare.count(), 0, "{script}\n{}", stage.screen());
    }
}

#[test]
fn last_line_at_80_columns_tells_why_the_lists_and_all_actions_too() {
    let mut stage = opened("", (80, 24));
    stage.says("i deactivate  x sessions  w why  X all 2  p password").says("/ f filter  : ? keys");
    assert!(stage.last_line().chars().count() <= 79, "{}", stage.last_line());
    stage.event(Event::Resize(60, 15)).says("w why").says("/ f filter  : ? keys");
    stage.press("2").says("/ filter  : ? keys").press("4").says(": ? keys").hides("/ filter");
    stage.event(Event::Resize(120, 40)).press("1").says("X log out all 2").says("/ filter  f lists  : all  ? keys");
}
