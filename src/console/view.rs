//! Draws the model: the first line, the panes, the layers, the last line. Writes nothing back.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::Action;
use super::bar;
use super::ink::Ink;
use super::key::{Code, Key};
use super::keymap::{Scope, bindings, key_of};
use super::layers::Layer;
use super::layout::{Pane, Screen, Shape};
use super::model::{Book, Model};
use super::panes::sessions::{draw_one, over_words};
use super::panes::users::Look;
use super::signin;
use super::theme::Role;
use super::words::{clip_end, clip_middle, clipped, number, shown, width, wrap};
use crate::accounts::Actor;

/// Draws everything; answers with the place of the terminal's cursor.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let mut ink = Ink::new(buffer, model.setup.theme, model.setup.ascii);
    let screen = model.screen();
    if screen.shape == Shape::TooSmall {
        ink.text(0, 0, model.size.0, "q quits · 40×10 needed", Role::Text);
        return None;
    }
    if let Some(signin) = &model.signin {
        return signin::draw(model, signin, &mut ink);
    }
    top_line(model, &mut ink, &screen);
    match &model.book {
        Book::Open(_) => panes(model, &mut ink, &screen),
        book => no_database(model, book, &mut ink, &screen),
    }
    bottom_line(model, &mut ink, &screen);
    for layer in &model.layers {
        ink.cursor = None;
        let about = match layer {
            Layer::Keyring(keyring) => model.detail.of(keyring.user_id()),
            _ => None,
        };
        layer.draw(&mut ink, about, model.now, &model.setup.zone);
    }
    ink.cursor
}

fn top_line(model: &Model, ink: &mut Ink<'_>, screen: &Screen) {
    let row = screen.top;
    let name = match &model.book {
        Book::Open(place) if place.demo && row.width < 48 => "sample".to_owned(),
        Book::Open(place) if place.demo => "sample people".to_owned(),
        Book::Opening => "opening".to_owned(),
        Book::Missing(_) => "no database".to_owned(),
        _ => {
            let file = model.setup.path.as_deref().and_then(|path| path.file_name());
            // The views are found by what stands behind it, also on the narrowest screen.
            let most = match row.width {
                72.. => 24,
                48..72 => 12,
                _ => 8,
            };
            file.map(|file| clipped(&file.to_string_lossy(), most)).unwrap_or_default()
        }
    };
    let mut left = vec![(format!(" {name}  "), Role::Focus)];
    if model.place().is_some() {
        let chosen = match model.pane {
            Pane::Users | Pane::Detail | Pane::Sessions => 0,
            Pane::Everybody => 1,
            Pane::Audit => 2,
            Pane::System => 3,
        };
        for (n, words) in ["1 Users", "2 Sessions", "3 Audit", "4 System"].into_iter().enumerate() {
            let gap = if n > 0 { " " } else { "" };
            left.push(match n {
                _ if n == chosen && row.width >= 100 => (format!("[{words}]"), Role::Focus),
                _ if row.width >= 100 => (format!(" {words} "), Role::Faint),
                _ if n == chosen => (format!("{gap}[{words}]"), Role::Focus),
                // Where there is little room the others are known by their keys.
                _ => (format!("{gap}{}", n + 1), Role::Faint),
            });
        }
    }
    let end = ink.pieces(row.x, row.y, row.width, &left);
    let mut right: Vec<(String, Role)> = Vec::new();
    if let Some(attention) = model.attention.filter(|attention| attention.pending > 0) {
        right.push((format!("{} pending", number(u64::from(attention.pending))), Role::Warn));
    }
    if let Some(attention) = model.attention.filter(|attention| attention.throttled > 0) {
        right.push((format!("{} throttled", number(u64::from(attention.throttled))), Role::Bad));
    }
    if model.place().is_some_and(|place| place.demo) {
        right.push(("demo".to_owned(), Role::Badge));
    }
    if model.setup.read_only {
        right.push(("read-only".to_owned(), Role::Badge));
    }
    if model.setup.glass {
        right.push(("break-glass".to_owned(), Role::Badge));
    }
    let who = match &model.setup.actor {
        Actor::User { name, .. } => format!("{} · {}", shown(name), model.setup.who),
        Actor::Operator(_) | Actor::Service(_) => model.setup.who.clone(),
    };
    let cells = |text: &str, ink: &Ink<'_>| width(&ink.drawn(text)) + 3;
    let room = usize::from(row.right().saturating_sub(end + 1));
    // What wants attention stays; who acts has what room is left, and gives way first where that is hardly any.
    while right.iter().map(|(text, _)| cells(text, ink)).sum::<usize>() > room && right.pop().is_some() {}
    let left = room.saturating_sub(right.iter().map(|(text, _)| cells(text, ink)).sum::<usize>() + 3);
    let who = clip_middle(&ink.drawn(&who), left);
    if left >= LEAST || width(&who) < left {
        right.push((who, Role::Text));
    }
    let taken: usize = right.iter().map(|(text, _)| cells(text, ink)).sum();
    let mut x = row.right().saturating_sub(taken as u16);
    for (text, role) in &right {
        x = ink.text(x, row.y, row.right().saturating_sub(x), text, *role) + 3;
    }
}

/// Fewer cells tell nobody who acts.
const LEAST: usize = 8;

fn panes(model: &Model, ink: &mut Ink<'_>, screen: &Screen) {
    let look = |pane: Pane| Look {
        focused: model.pane == pane,
        heads: screen.heads(pane),
        now: model.now,
        zone: &model.setup.zone,
        people: model.attention.map(|attention| attention.people),
        whole: model.whole,
    };
    model.users.draw(ink, screen.users, &look(Pane::Users));
    model.everybody.draw(ink, screen.everybody, &look(Pane::Everybody));
    let reached = model.audit.list.matches.map(u64::from).filter(|_| model.audit.list.filter.is_empty());
    let verified = model.verifying.words(reached, &model.setup.zone);
    model.audit.draw(ink, screen.audit, &look(Pane::Audit), verified);
    model.audit.draw_entry(ink, screen.entry, &look(Pane::Audit));
    if let Some(around) = model.around_system() {
        model.system.draw(ink, screen.system, &around);
    }
    let person = model.person();
    let apart = Look { heads: !screen.history.is_empty(), ..look(Pane::Detail) };
    let whole = screen.shape == Shape::Single;
    model.detail.draw(ink, screen.detail, person, &apart, whole);
    let sessions = model.their_sessions().map(|sessions| (sessions, model.live_count()));
    let exactly = model.whole && screen.session.is_empty();
    let of = person.map(|user| user.name.as_str()).filter(|_| whole);
    model.sessions.draw(ink, screen.sessions, sessions, of, &look(Pane::Sessions), exactly);
    if let Some(session) = model.session() {
        draw_one(ink, screen.session, session, &look(model.pane));
    }
    model.detail.draw_history(ink, screen.history, person, &look(Pane::Detail));
    if screen.shape == Shape::Side && !screen.users.is_empty() {
        join_walls(ink, screen);
    }
    bars(model, ink, screen);
}

/// The scrollbars: on the wall beside a list where there is one, else in the list's last column.
fn bars(model: &Model, ink: &mut Ink<'_>, screen: &Screen) {
    let column = |pane: Pane| {
        let (area, heads) = (screen.pane(pane), u16::from(screen.heads(pane)));
        let walled = screen.shape == Shape::Side && pane == Pane::Users;
        let x = if walled { area.right() } else { area.right().saturating_sub(1) };
        (Rect { x, y: area.y + 1 + heads, width: 1, height: area.height.saturating_sub(1 + heads) }, walled)
    };
    let Model { users, everybody, audit, .. } = model;
    if !screen.users.is_empty() {
        users.list.draw_bar(ink, column(Pane::Users), users.total(model.attention.map(|attention| attention.people)));
    }
    if !screen.everybody.is_empty() {
        everybody.list.draw_bar(ink, column(Pane::Everybody), everybody.list.matches);
    }
    if !screen.audit.is_empty() {
        audit.list.draw_bar(ink, column(Pane::Audit), audit.list.matches);
    }
    let theirs = model.their_sessions().filter(|_| !screen.sessions.is_empty());
    if let Some(seen) = theirs.and_then(|theirs| model.sessions.seen(theirs, screen.rows(Pane::Sessions))) {
        let (column, walled) = column(Pane::Sessions);
        bar::draw(ink, column, walled, &seen);
    }
}

/// The wall between the list and the rest, and where the rules meet it.
fn join_walls(ink: &mut Ink<'_>, screen: &Screen) {
    let x = screen.users.right();
    ink.rule(screen.base.x, screen.base.y, screen.base.width);
    ink.wall(x, screen.users.top(), screen.base.y);
    ink.text(x, screen.users.top(), 1, "┬", Role::Rule);
    ink.text(x, screen.sessions.top(), 1, "├", Role::Rule);
    ink.text(x, screen.history.top(), 1, "├", Role::Rule);
    ink.text(x, screen.base.y, 1, "┴", Role::Rule);
}

fn no_database(model: &Model, book: &Book, ink: &mut Ink<'_>, screen: &Screen) {
    let (what, keys): (String, &[(&str, &str)]) = match book {
        Book::Opening => (String::new(), &[]),
        Book::Missing(_) => (
            format!("No database yet. Looked for: {}", model.setup.looked),
            &[
                ("n", "create the first administrator, in a new database there"),
                ("o", "open another file"),
                (":demo", "look around among sample people"),
                ("q", "quit"),
            ],
        ),
        Book::Outdated(error) => (
            error.to_string(),
            &[("U", "upgrade it now; a backup is made first"), ("o", "open another file"), ("q", "quit")],
        ),
        Book::Trouble(error) => (
            error.to_string(),
            &[("o", "open another file"), (":demo", "look around among sample people"), ("q", "quit")],
        ),
        Book::Open(_) => return,
    };
    let room = screen.top.width.saturating_sub(8);
    let lines = wrap(&what, usize::from(room));
    let mut y = 3.min(screen.bottom.y.saturating_sub(1));
    for line in &lines {
        if y < screen.bottom.y {
            ink.text(4, y, room, line, Role::Text);
        }
        y += 1;
    }
    y += 1;
    for (key, words) in keys {
        if y < screen.bottom.y {
            ink.text(6, y, 7, key, Role::Key);
            ink.text(14, y, room.saturating_sub(10), words, Role::Text);
        }
        y += 1;
    }
}

fn bottom_line(model: &Model, ink: &mut Ink<'_>, screen: &Screen) {
    let row = screen.bottom;
    if let Some(notice) = &model.notice {
        let role = if notice.fault { Role::Fault } else { Role::Notice };
        let mut text = format!(" {}", notice.text);
        let session = notice.session.as_ref().and_then(|id| model.their_sessions()?.iter().find(|s| s.id == *id));
        if let Some(session) = session {
            let words = over_words(session, model.now);
            let tried = words.split_once(", ").map_or("", |(_, tried)| tried);
            text = format!("{text} · {}", if session.refused == 0 { "no attempt seen yet" } else { tried });
        }
        ink.text(row.x, row.y, row.width, &clip_end(&text, usize::from(row.width)), role);
        return;
    }
    let scope = model.scope();
    match model.filter_fault().filter(|_| scope == Scope::Filter) {
        Some(fault) => {
            let room = usize::from(row.width);
            // How it is looked for as text gives way before it is cut.
            let brief = fault.rsplit_once("; as text").filter(|_| width(fault) >= room);
            let told = brief.map_or_else(|| format!(" {fault}"), |(what, _)| format!(" {what})"));
            ink.text(row.x, row.y, row.width, &clip_end(&told, room), Role::Fault);
        }
        None if scope == Scope::Nothing => {}
        None if model.running.is_some() && model.layers.is_empty() && scope != Scope::Filter => {
            let words = model.running.as_ref().map(|running| running.words(model.now)).unwrap_or_default();
            ink.text(row.x, row.y, row.width, &clip_end(&format!(" {words}"), usize::from(row.width)), Role::Notice);
        }
        None => keys_line(model, ink, screen, scope),
    }
}

/// The keys that work now, left; how to find the others, or how to get out, right.
fn keys_line(model: &Model, ink: &mut Ink<'_>, screen: &Screen, scope: Scope) {
    let row = screen.bottom;
    let narrow = row.width < 100;
    let right = ways_on(model, scope, narrow);
    let tail: usize = right.iter().map(|(text, _)| width(&ink.drawn(text))).sum();
    let room = usize::from(row.width).saturating_sub(tail);
    let mut bound: Vec<_> = bindings(scope).filter(|b| b.footer > 0 && model.refusal(b.action).is_none()).collect();
    bound.sort_by_key(|b| b.footer);
    let mut told: Vec<(String, String)> = Vec::new();
    for binding in bound {
        let key = match binding.action {
            // Up stands for both ways.
            Action::Up => "↑↓".to_owned(),
            Action::Accept => model.wanted().unwrap_or_else(|| binding.keys[0].to_string()),
            _ => binding.keys[0].to_string(),
        };
        let mut word = model.label(binding.action);
        if narrow && binding.action == Action::EndAll {
            word = word.trim_start_matches("log out ").to_owned();
        }
        told.push((key, word));
    }
    // A question about few is answered by a key; only about many the number is typed.
    let typed = model.many().is_none_or(|many| many.number().is_some());
    told.extend(
        model.typed_here(scope).iter().filter(|_| typed).map(|(key, words)| ((*key).to_owned(), (*words).to_owned())),
    );
    let mut x = 1;
    for (key, word) in &told {
        let taken = width(&ink.drawn(key)) + 1 + width(&ink.drawn(word)) + 2;
        // What is too long gives way to what is not.
        if x + taken > room {
            continue;
        }
        let at = ink.text(x as u16, row.y, row.width, key, Role::Key);
        ink.text(at + 1, row.y, row.width, word, Role::Text);
        x += taken;
    }
    let start = row.right().saturating_sub(tail as u16);
    ink.pieces(start, row.y, tail as u16, &right);
}

/// How to find the other keys, or how to get out. Where there is little room two keys share the word of the one that is
/// named second here: what finds people, and what lists the keys.
fn ways_on(model: &Model, scope: Scope, narrow: bool) -> Vec<(String, Role)> {
    use Action::{Back, Filter, Help, Lists, Palette};
    let groups: &[(&[Action], Action)] = match (scope.is_dialog(), narrow) {
        (true, _) => &[(&[Back], Back), (&[Help], Help)],
        (false, true) => &[(&[Filter, Lists], Filter), (&[Palette, Help], Help)],
        (false, false) => &[(&[Filter], Filter), (&[Lists], Lists), (&[Palette], Palette), (&[Help], Help)],
    };
    let mut ways = Vec::new();
    for (actions, word) in groups {
        let before = ways.len();
        let works = actions.iter().filter(|action| model.refusal(**action).is_none());
        ways.extend(works.filter_map(|action| way_out(scope, *action)).map(|key| (format!("{key} "), Role::Key)));
        if ways.len() > before {
            ways.push((format!("{}  ", model.label(*word)), Role::Text));
        }
    }
    ways
}

/// The key that is told for leaving, or for finding more: Esc, where several do.
fn way_out(scope: Scope, action: Action) -> Option<Key> {
    let keys = bindings(scope).filter(|b| b.action == action).flat_map(|b| b.keys);
    keys.copied()
        .max_by_key(|key| key.code == Code::Esc)
        .filter(|_| action == Action::Back)
        .or_else(|| key_of(scope, action))
}
