//! The geometry of the bar at every size, place and length of a list.

use ratatui::buffer::Buffer;

use super::*;
use crate::console::theme::Theme;

fn seen(above: u64, height: u64, total: u64) -> Seen {
    Seen { first: above == 0, last: above + height >= total, above: Some(above), height, total: Some(total) }
}

#[test]
fn the_thumb_touches_an_end_exactly_where_the_end_is_seen() {
    for cells in 3..40u16 {
        let height = u64::from(cells);
        let few = height + 1..height + 60;
        for total in few.chain([199, 1_000, 1_000_000, u64::from(u32::MAX)]) {
            let last = total.saturating_sub(height);
            let places = (0..60).chain([last / 3, last / 2]).chain(last.saturating_sub(60)..=last);
            for above in places.filter(|above| *above <= last && total > height) {
                let thumb = seen(above, height, total).thumb(cells).expect("a thumb");
                let what = format!("{above} above of {total} in {cells}: {thumb:?}");
                assert!(thumb.start < thumb.end && thumb.end <= cells, "{what}");
                assert_eq!(thumb.start == 0, above == 0, "{what}");
                assert_eq!(thumb.end == cells, above == last, "{what}");
            }
        }
    }
}

#[test]
fn further_down_the_list_the_thumb_is_never_higher() {
    for (cells, total) in [(3u16, 50u64), (11, 40), (33, 1_000_000)] {
        let height = u64::from(cells);
        let step = usize::try_from((total / 500).max(1)).expect("small");
        let starts = (0..=total - height).step_by(step).map(|above| seen(above, height, total).thumb(cells));
        let starts: Vec<u16> = starts.map(|thumb| thumb.expect("a thumb").start).collect();
        assert!(starts.is_sorted() && starts.len() > 10, "{starts:?}");
    }
}

#[test]
fn half_way_down_the_thumb_is_half_way_down() {
    assert_eq!(seen(500_000, 33, 1_000_000).thumb(33), Some(16..17));
    assert_eq!(seen(50, 20, 120).thumb(20), Some(8..11));
}

#[test]
fn what_is_not_known_is_not_drawn() {
    let middle = seen(50, 20, 120);
    assert_eq!(Seen { above: None, ..middle }.thumb(20), None);
    assert_eq!(Seen { total: None, ..middle }.thumb(20), None);
    assert_eq!(seen(1, 2, 9).thumb(2), None, "too short to tell");
    let end = Seen { above: None, ..seen(100, 20, 120) };
    assert_eq!(end.thumb(20), Some(17..20), "the end is known by itself");
}

#[test]
fn a_count_that_is_older_than_the_rows_does_not_lie_about_the_ends() {
    for total in [0, 1, 10, 11] {
        let stale = Seen { first: false, last: false, above: Some(99), height: 10, total: Some(total) };
        assert_eq!(stale.thumb(10), Some(1..9));
        assert_eq!(Seen { first: true, ..stale }.thumb(10), Some(0..9));
        assert_eq!(Seen { last: true, ..stale }.thumb(10), Some(1..10));
    }
}

#[test]
fn it_is_drawn_in_ascii_and_without_colours() {
    let column = Rect::new(0, 0, 1, 6);
    let drawn = |ascii: bool, seen: &Seen| {
        let mut buffer = Buffer::empty(column);
        draw(&mut Ink::new(&mut buffer, Theme::Mono, ascii), column, false, seen);
        (0..6).map(|y| buffer[(0, y)].symbol().to_owned()).collect::<String>()
    };
    assert_eq!(drawn(false, &seen(0, 6, 12)), "┃┃┃│││");
    assert_eq!(drawn(true, &seen(3, 6, 12)), "|###||");
    assert_eq!(drawn(true, &Seen { above: None, ..seen(3, 6, 12) }), "||||||");
    assert_eq!(drawn(true, &seen(0, 6, 6)), "      ", "all is seen");
}
