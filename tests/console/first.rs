//! The first minutes: no database, the first administrator, the first people.

use crate::stage::{PASSWORD, Stage};

#[test]
fn without_a_database_the_screen_says_where_it_looked_and_what_to_do() {
    let mut stage = Stage::without_database();
    stage.shows("No database yet. Looked for: /srv/users.db (--db)").shows("create the first administrator");
    stage.shows(":demo").shows("quit");
}

#[test]
fn only_a_missing_database_is_offered_to_be_created() {
    use rollbook::accounts::{Error, Kind};
    use rollbook::console::model::{Book, Model};
    let book = |kind| Model::book_of(Error::new(kind, "\"/srv/users.db\" cannot be opened: permission denied"));
    assert!(matches!(book(Kind::NoDatabase), Book::Missing(_)));
    assert!(matches!(book(Kind::Failure), Book::Trouble(_)));
}

#[test]
fn a_warning_of_the_start_is_on_the_first_screen() {
    let warning = "the configuration cannot be read: permission denied";
    let mut stage = Stage::set_up(120, 24, |setup| setup.warning = Some(warning.to_owned()), |_| {});
    stage.shows("the configuration cannot be read: permission denied");
}

#[test]
fn n_makes_the_database_and_its_first_administrator() {
    let mut stage = Stage::without_database();
    stage.press("n").shows("New database: its first administrator");
    stage.press("root@example.org<tab><tab>").press(PASSWORD).press("<enter>");
    stage.says("root@example.org created").shows("root@example.org").shows("CAN LOG IN").shows("admin");
    assert_eq!(stage.under_cursor(), "root@example.org");
}

#[test]
fn an_empty_database_says_what_to_do_next() {
    let mut stage = Stage::sized(80, 24);
    stage.shows("No users yet. n creates the first administrator.");
}

#[test]
fn the_newest_person_is_on_top_under_the_cursor() {
    let stage = Stage::people(&["ann", "bob", "carol"]);
    assert_eq!(stage.under_cursor(), "carol");
    let screen = stage.screen();
    let at = |name| screen.find(name).unwrap();
    assert!(at("carol") < at("bob") && at("bob") < at("ann"));
}
