//! The first minutes: no database, the first administrator, the first people.

use crate::stage::{PASSWORD, Stage};

#[test]
fn without_a_database_the_screen_says_where_it_looked_and_what_to_do() {
    let mut stage = Stage::without_database();
    stage.shows("No database yet. Looked for: /srv/users.db (--db)").shows("create the first administrator");
    stage.shows(":demo").shows("quit");
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
