//! Stories: keys in, screen out, on the real engine in memory.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/mod.rs"]
mod support;

#[path = "console/stage.rs"]
mod stage;

#[path = "console/ahead.rs"]
mod ahead;
#[path = "console/audit.rs"]
mod audit;
#[path = "console/bar.rs"]
mod bar;
#[path = "console/bursts.rs"]
mod bursts;
#[path = "console/calm.rs"]
mod calm;
#[path = "console/desk.rs"]
mod desk;
#[path = "console/dialogs.rs"]
mod dialogs;
#[path = "console/drift.rs"]
mod drift;
#[path = "console/enrol.rs"]
mod enrol;
#[path = "console/filter.rs"]
mod filter;
#[path = "console/first.rs"]
mod first;
#[path = "console/forms.rs"]
mod forms;
#[path = "console/guards.rs"]
mod guards;
#[path = "console/keys.rs"]
mod keys;
#[path = "console/live.rs"]
mod live;
#[path = "console/losses.rs"]
mod losses;
#[path = "console/marks.rs"]
mod marks;
#[path = "console/met.rs"]
mod met;
#[path = "console/moving.rs"]
mod moving;
#[path = "console/others.rs"]
mod others;
#[path = "console/passwords.rs"]
mod passwords;
#[path = "console/races.rs"]
mod races;
#[path = "console/replaced.rs"]
mod replaced;
#[path = "console/screen.rs"]
mod screen;
#[path = "console/sessions.rs"]
mod sessions;
#[path = "console/signin.rs"]
mod signin;
#[path = "console/status.rs"]
mod status;

#[path = "console/small.rs"]
mod small;
#[path = "console/stumbles.rs"]
mod stumbles;
#[path = "console/system.rs"]
mod system;
#[path = "console/wire.rs"]
mod wire;
#[path = "console/worker.rs"]
mod worker;

/// The longest of these words that the name of a story begins with.
fn told_by<'a>(story: &str, words: &'a [String]) -> Option<&'a String> {
    let begins = |word: &&String| story.strip_prefix(word.as_str()).is_some_and(|rest| rest.starts_with('_'));
    words.iter().filter(begins).max_by_key(|word| word.len())
}

/// A story is about an action if its name begins with the action's own word: `log_out_all_asks` is about the
/// action called "log out all".
#[test]
fn every_action_has_a_story_whose_name_begins_with_its_word() {
    use rollbook::console::action::Action;
    use rollbook::console::keymap::{GLOBAL, KEYS};

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/console");
    let mut stories = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for after in text.split("#[test]\nfn ").skip(1) {
            stories.push(after.split('(').next().unwrap().to_owned());
        }
    }
    let keyless = [Action::Messages, Action::Demo];
    let actions: Vec<Action> = KEYS.iter().chain(GLOBAL).map(|binding| binding.action).chain(keyless).collect();
    let words: Vec<String> = actions.iter().map(|action| action.about().name.replace(' ', "_")).collect();
    let missing: Vec<&String> =
        words.iter().filter(|word| !stories.iter().any(|story| told_by(story, &words) == Some(word))).collect();
    assert!(missing.is_empty(), "no story tells of {missing:?}");
}
