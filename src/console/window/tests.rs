//! What a window promises, tried on lists of numbers.

use super::*;
use crate::accounts::query::KeyValue;

#[derive(Clone, PartialEq, Debug)]
struct N(i64);

impl Row for N {
    type Id = i64;

    fn identity(&self) -> &i64 {
        &self.0
    }
}

fn key(n: i64) -> Key {
    Key { value: KeyValue::Number(n), seq: n }
}

/// Answers as a store over the numbers `all` would.
fn page(all: &[i64], anchor: &Anchor, limit: usize) -> Page<N> {
    let at = |key: &Key| all.iter().position(|&n| n >= key.seq).unwrap_or(all.len());
    let (from, to) = match anchor {
        Anchor::Start => (0, limit.min(all.len())),
        Anchor::End => (all.len().saturating_sub(limit), all.len()),
        Anchor::From(k) => (at(k), (at(k) + limit).min(all.len())),
        Anchor::After(k) => (at(k) + 1, (at(k) + 1 + limit).min(all.len())),
        Anchor::Before(k) => (at(k).saturating_sub(limit), at(k)),
    };
    let rows = all[from.min(to)..to].iter().map(|&n| (key(n), N(n))).collect();
    Page { rows, more_before: from > 0, more_after: to < all.len(), total: None }
}

fn settle(window: &mut Window<N>, all: &[i64], height: usize) {
    while let Some(want) = window.wants(height) {
        window.land(&want, page(all, &want.anchor(), height * 3), height);
    }
}

fn open(all: &[i64], height: usize) -> Window<N> {
    let mut window = Window::default();
    window.land(&Want::Top, page(all, &Anchor::Start, height * 3), height);
    settle(&mut window, all, height);
    window
}

#[test]
fn walking_down_and_up_visits_every_row_once_and_holds_few() {
    let all: Vec<i64> = (0..500).collect();
    let mut window = open(&all, 10);
    for n in 0..499 {
        assert_eq!(window.current(), Some(&N(n)));
        window.move_by(1, 10);
        settle(&mut window, &all, 10);
        assert!(window.rows.len() <= 80, "{} rows held", window.rows.len());
        assert!(window.visible(10).any(|row| Some(row) == window.current()));
    }
    for n in (1..500).rev() {
        assert_eq!(window.current(), Some(&N(n)));
        window.move_by(-1, 10);
        settle(&mut window, &all, 10);
    }
    assert_eq!(window.current(), Some(&N(0)));
}

#[test]
fn moves_ahead_of_the_rows_are_owed_and_not_lost() {
    let all: Vec<i64> = (0..500).collect();
    let mut window = open(&all, 10);
    window.move_by(100, 10);
    assert!(window.is_adrift(), "the person who would be acted on was not drawn yet");
    settle(&mut window, &all, 10);
    assert_eq!(window.current(), Some(&N(100)));
    assert!(!window.is_adrift());
    window.move_by(1000, 10);
    settle(&mut window, &all, 10);
    assert_eq!(window.current(), Some(&N(499)));
}

#[test]
fn reading_anew_in_the_middle_of_a_list_keeps_the_row_under_the_cursor() {
    let all: Vec<i64> = (0..500).collect();
    for height in [1, 5, 10, 30] {
        let limit = usize::from(Window::<N>::limit(height));
        let mut window: Window<N> = Window::default();
        let want = Want::At(key(250));
        window.land(&want, page(&all, &want.anchor(), limit), height);
        while let Some(want) = window.wants(height) {
            window.land(&want, page(&all, &want.anchor(), limit), height);
        }
        for step in [0, 3, -7, -20, 1] {
            window.move_by(step, height);
            while let Some(want) = window.wants(height) {
                window.land(&want, page(&all, &want.anchor(), limit), height);
            }
            let (before, seen) = (window.current().cloned(), window.cursor_in_view());
            let want = window.again();
            window.land(&want, page(&all, &want.anchor(), limit), height);
            assert_eq!(window.current().cloned(), before, "height {height}, step {step}");
            assert!(!window.is_adrift() && window.cursor_in_view() == seen, "height {height}, step {step}");
        }
    }
}

#[test]
fn who_is_new_appears_without_moving_the_cursor() {
    let mut all: Vec<i64> = (0..50).map(|n| n * 2).collect();
    let mut window = open(&all, 10);
    window.move_by(5, 10);
    all.push(3);
    all.sort_unstable();
    let want = window.again();
    window.land(&want, page(&all, &want.anchor(), 30), 10);
    assert_eq!(window.current(), Some(&N(10)));
    assert!(!window.is_adrift());
    assert_eq!(window.visible(10).next(), Some(&N(0)));
}

#[test]
fn when_the_one_under_the_cursor_vanishes_it_is_adrift_until_moved() {
    let mut all: Vec<i64> = (0..50).collect();
    let mut window = open(&all, 10);
    window.move_by(5, 10);
    all.retain(|&n| n != 5);
    let want = window.again();
    window.land(&want, page(&all, &want.anchor(), 30), 10);
    assert!(window.is_adrift());
    window.move_by(1, 10);
    assert!(!window.is_adrift());
}

#[test]
fn a_page_of_an_older_list_is_not_glued_on() {
    let all: Vec<i64> = (0..500).collect();
    let mut window = open(&all, 10);
    let before = window.rows.len();
    window.land(&Want::Below(key(400)), page(&all, &Anchor::After(key(400)), 30), 10);
    assert_eq!(window.rows.len(), before);
}

#[test]
fn the_last_page_leaves_no_gap_below() {
    let all: Vec<i64> = (0..500).collect();
    let mut window: Window<N> = open(&all, 10);
    window.land(&Want::Bottom, page(&all, &Anchor::End, 30), 10);
    settle(&mut window, &all, 10);
    assert_eq!(window.current(), Some(&N(499)));
    assert_eq!(window.visible(10).count(), 10);
}

/// How many rows stand above what is seen, as far as the window knows.
fn above(window: &Window<N>, all: &[i64], height: usize) -> Option<u64> {
    window.seen(height, Some(all.len() as u64)).above
}

/// The truth, and the ends.
fn assert_seen(window: &Window<N>, all: &[i64], height: usize) {
    let seen = window.seen(height, Some(all.len() as u64));
    let rows: Vec<&N> = window.visible(height).collect();
    let place = |row: &N| all.iter().position(|n| *n == row.0).expect("in the list");
    let (first, last) = (place(rows[0]), place(rows[rows.len() - 1]));
    assert_eq!((seen.first, seen.last), (first == 0, last == all.len() - 1));
    assert!(seen.above.is_none_or(|above| above == first as u64), "{seen:?}, not {first}");
}

#[test]
fn paging_keeps_the_place_from_either_end_and_from_what_was_counted() {
    let all: Vec<i64> = (0..700).collect();
    for (height, want) in [(5, Want::Top), (10, Want::Bottom), (10, Want::At(key(300))), (3, Want::Till(key(420)))] {
        let limit = usize::from(Window::<N>::limit(height));
        let mut window: Window<N> = Window::default();
        window.land(&want, page(&all, &want.anchor(), limit), height);
        let counted = matches!(want, Want::At(_) | Want::Till(_));
        assert_eq!(window.lost_at().is_some(), counted, "{want:?}");
        if let Some(key) = window.lost_at().cloned() {
            assert_eq!(above(&window, &all, height), None);
            window.bearings_mut().begin();
            // The window pages on while it is being counted.
            for _ in 0..4 {
                window.move_by(-13, height);
                settle(&mut window, &all, height);
            }
            window.bearings_mut().tell(u32::try_from(key.seq).expect("small"));
        }
        for step in [1, 7, -20, 60, 61, -9, -100, 3, 250, -300, 11, -40, 90].into_iter().cycle().take(80) {
            window.move_by(step, height);
            settle(&mut window, &all, height);
            assert!(above(&window, &all, height).is_some() && window.lost_at().is_none(), "{want:?}");
            assert_seen(&window, &all, height);
        }
    }
}

#[test]
fn what_others_do_in_the_middle_is_counted_again_and_told_meanwhile_as_it_was() {
    let mut all: Vec<i64> = (0..400).map(|n| n * 2).collect();
    let mut window: Window<N> = Window::default();
    let want = Want::At(key(400));
    window.land(&want, page(&all, &want.anchor(), 30), 10);
    window.bearings_mut().tell(200);
    assert_eq!(above(&window, &all, 10), Some(200));
    all.extend([1, 3, 5]);
    all.sort_unstable();
    let want = window.again();
    window.land(&want, page(&all, &want.anchor(), 30), 10);
    assert!(window.lost_at().is_some());
    assert_eq!(above(&window, &all, 10), Some(200), "nearly right, until it is counted");
    window.bearings_mut().tell(203);
    assert!(window.lost_at().is_none());
    assert_seen(&window, &all, 10);
}

#[test]
fn at_an_end_nothing_has_to_be_counted_whatever_others_do() {
    let mut all: Vec<i64> = (0..400).map(|n| n * 2).collect();
    for want in [Want::Top, Want::Bottom] {
        let mut window: Window<N> = Window::default();
        window.land(&want, page(&all, &want.anchor(), 30), 10);
        settle(&mut window, &all, 10);
        all.extend([1, 3, 795, 797]);
        all.sort_unstable();
        let want = window.again();
        window.land(&want, page(&all, &want.anchor(), 30), 10);
        settle(&mut window, &all, 10);
        assert!(window.lost_at().is_none(), "{want:?}");
        assert_seen(&window, &all, 10);
        all.retain(|n| n % 2 == 0);
    }
}

#[test]
fn more_rows_than_were_counted_show_that_it_has_to_be_counted_again() {
    let mut all: Vec<i64> = (0..400).map(|n| n * 2).collect();
    let mut window: Window<N> = Window::default();
    let want = Want::At(key(100));
    window.land(&want, page(&all, &want.anchor(), 30), 10);
    window.bearings_mut().tell(50);
    // Nobody has told the window of these.
    all.extend((1..60).step_by(2));
    all.sort_unstable();
    window.move_by(-48, 10);
    settle(&mut window, &all, 10);
    assert!(window.lost_at().is_some() && !window.seen(10, Some(430)).first);
    window.move_by(-99, 10);
    settle(&mut window, &all, 10);
    assert!(window.lost_at().is_none(), "the beginning is known by itself");
    assert_seen(&window, &all, 10);
}
