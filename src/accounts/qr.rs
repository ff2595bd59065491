//! A secret as a QR code made of text, for whatever draws it.

use qrcode::{Color, EcLevel, QrCode};

use super::secret::Secret;

/// How a picture is put into characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// With `##` instead of half blocks; then every module takes a line of its own.
    pub ascii: bool,
    /// Marks the light modules instead of the dark ones, for dark screens whose colours cannot be chosen.
    pub inverted: bool,
    /// How many light modules stand around it; scanners want four, and mostly do with two.
    pub margin: usize,
}

/// The picture of a text, a line after the other, all of one width; `None` for a text that is too long for one.
pub fn lines(text: &Secret, look: Look) -> Option<Vec<Secret>> {
    let code = QrCode::with_error_correction_level(text.expose(), EcLevel::L).ok()?;
    let (width, modules) = (code.width(), code.into_colors());
    let marked = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(look.margin).filter(|at| *at < width);
        let dark = match (inside(x), inside(y)) {
            (Some(x), Some(y)) => modules[y * width + x] == Color::Dark,
            _ => false,
        };
        dark != look.inverted
    };
    let whole = width + 2 * look.margin;
    let step = if look.ascii { 1 } else { 2 };
    let line = |y: usize| {
        let mut line = String::with_capacity(whole * 3);
        for x in 0..whole {
            // Below the last line of modules is nothing, which is not marked in any look.
            let below = !look.ascii && y + 1 < whole && marked(x, y + 1);
            line.push_str(match (look.ascii, marked(x, y), below) {
                (true, true, _) => "##",
                (true, false, _) => "  ",
                (false, true, true) => "█",
                (false, true, false) => "▀",
                (false, false, true) => "▄",
                (false, false, false) => " ",
            });
        }
        Secret::new(line)
    };
    Some((0..whole).step_by(step).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a picture shows, read back out of its characters.
    fn modules(look: Look) -> Vec<Vec<bool>> {
        let mut rows: Vec<Vec<bool>> = Vec::new();
        for line in lines(&Secret::from("otpauth://totp/Rollbook:alice"), look).expect("short enough") {
            let line: Vec<char> = line.expose().chars().collect();
            if look.ascii {
                rows.push(line.chunks(2).map(|pair| (pair[0] == '#') != look.inverted).collect());
                continue;
            }
            let has = |set: &str| line.iter().map(|c| set.contains(*c) != look.inverted).collect();
            rows.push(has("█▀"));
            rows.push(has("█▄"));
        }
        let width = rows[0].len();
        rows.truncate(width);
        rows
    }

    #[test]
    fn every_look_shows_the_same_modules() {
        let plain = Look { ascii: true, inverted: false, margin: 4 };
        let truth = modules(plain);
        assert_eq!(truth.len(), 25 + 8, "version 2");
        for (ascii, inverted) in [(true, true), (false, false), (false, true)] {
            assert_eq!(modules(Look { ascii, inverted, ..plain }), truth, "{ascii} {inverted}");
        }
        // The finder pattern in the corner, and the light around it.
        let corner: Vec<bool> = truth[4][3..13].to_vec();
        assert_eq!(corner, [false, true, true, true, true, true, true, true, false, corner[9]]);
        assert!(truth[..4].iter().flatten().all(|dark| !dark));
    }

    #[test]
    fn a_text_that_no_picture_holds_has_none() {
        assert!(lines(&Secret::new("x".repeat(3000)), Look { ascii: false, inverted: false, margin: 2 }).is_none());
    }

    #[test]
    fn below_the_last_line_of_modules_nothing_is_marked() {
        for (inverted, margin) in [(true, 4), (false, 4), (true, 2), (false, 0)] {
            let look = Look { ascii: false, inverted, margin };
            let all = lines(&Secret::from("otpauth://totp/Rollbook:alice"), look).expect("short enough");
            assert_eq!(all.len(), (25 + 2 * margin).div_ceil(2));
            let last = all.last().expect("a line").expose();
            assert!(last.chars().all(|c| matches!(c, '▀' | ' ')), "{inverted}: {last:?}");
            assert!(all.iter().all(|line| line.expose().chars().count() == 25 + 2 * margin));
        }
    }
}
