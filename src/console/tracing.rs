//! What the keys do that lead into the views of the audit and of the system, and within them.

use super::layers::Layer;
use super::layers::menu::{Item, Menu, Pick};
use super::layers::prompt::Prompt;
use super::layout::Pane;
use super::model::Model;
use super::words::shown;
use crate::accounts::Actor;
use crate::accounts::report::break_glass;
use crate::accounts::time::{Span, Time};

/// All that was done to the person under the cursor.
pub fn history(model: &mut Model) {
    let Some(user) = model.person().cloned() else { return };
    (model.pane, model.whole) = (Pane::Audit, false);
    model.audit.trace(&user);
}

/// The person under the cursor in the view of users.
pub fn person(model: &mut Model) {
    let Some(user) = model.person().cloned() else { return };
    (model.pane, model.whole) = (Pane::Users, false);
    model.users.go_to(&user, model.now);
}

/// Verifies the audit from its beginning.
pub fn verify(model: &mut Model) {
    model.verifying.start();
    model.say("verifying the audit · Esc stops");
}

/// Asks for another value of the setting under the cursor; where that is on none, it is put on the first.
pub fn set(model: &mut Model) {
    if model.setting().is_none() {
        (model.pane, model.whole) = (Pane::System, false);
        model.system.to_settings();
        return;
    }
    let Some(place) = model.place() else { return };
    if let Some(prompt) = model.setting().and_then(|key| Prompt::setting(key, &place.policy)) {
        model.layers.push(Layer::Prompt(Box::new(prompt), None));
    }
}

/// The ready lists of the audit.
pub fn lists(model: &Model) -> Menu {
    let item = |letter, label: &str, filter: String| Item {
        letter,
        label: label.to_owned(),
        value: shown(&filter),
        pick: Pick::Search(filter),
    };
    let me = match &model.setup.actor {
        Actor::User { id, .. } => format!("id:{id}"),
        actor => actor.name().to_owned(),
    };
    let me = if me.contains(char::is_whitespace) { format!("\"{me}\"") } else { me };
    let mut items = vec![
        item('t', "today", format!("since:{}", midnight(model).rfc3339())),
        item('w', "the last seven days", "since:7d".to_owned()),
        item('m', "by me", format!("actor:{me}")),
        item('l', "log-ins", "action:log-in".to_owned()),
        item('i', "deactivated", "action:deactivate".to_owned()),
        item('c', "contained", "action:contain".to_owned()),
        item('o', "second factors turned off", "action:disable-factor".to_owned()),
        item('s', "settings", "action:set-policy".to_owned()),
        item('p', "purged", "action:purge".to_owned()),
    ];
    if let Some(deed) = break_glass() {
        items.push(item('b', "past the rules", format!("action:{}", deed.spelling())));
    }
    items.push(item('x', "all: no filter", String::new()));
    Menu::new("Ready lists", items)
}

/// The beginning of the local day.
fn midnight(model: &Model) -> Time {
    let local = jiff::Timestamp::from_millisecond(model.now.millis()).ok();
    let start = local.and_then(|at| at.to_zoned(model.setup.zone.clone()).start_of_day().ok());
    start.map_or(model.now.minus(Span::DAY), |start| Time::from_millis(start.timestamp().as_millisecond()))
}

/// What can be copied from the views of the audit and of the system.
pub fn copies(model: &Model) -> Menu {
    let item = |letter, label: &str, text: String| Item {
        letter,
        label: label.to_owned(),
        value: shown(&text),
        pick: Pick::Copy(text),
    };
    let mut items = Vec::new();
    let head = model.system.report().and_then(|report| report.head);
    let command = match (model.pane, model.setting()) {
        (Pane::System, Some(key)) => format!("rollbook policy set {key} "),
        (Pane::System, None) => "rollbook doctor".to_owned(),
        _ => model.audit.command(),
    };
    items.push(item('l', "command", command));
    items.push(item('v', "command: verify", "rollbook audit verify".to_owned()));
    if model.pane == Pane::Audit
        && let Some(entry) = model.audit.list.window.current()
    {
        items.push(item('d', "digest", crate::accounts::token::hex(&entry.digest)));
        if let Some(id) = &entry.target {
            items.push(item('i', "id", shown(id.as_str())));
        }
    } else if let Some(head) = head {
        items.push(item('h', "head of the audit, to be kept elsewhere", head.to_string()));
    }
    Menu::new("Copy", items)
}
