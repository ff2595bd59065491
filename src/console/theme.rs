//! Roles and what they look like. With its child, the only file that names a colour.

pub mod tint;

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text means. Drawing speaks in these words only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Role {
    Text,
    /// Of less weight: column heads, old things, keys that would do nothing.
    Faint,
    Title,
    /// The title of the pane that has the keys.
    Focus,
    Rule,
    /// The row under the cursor in the pane that has the keys.
    Cursor,
    /// The row under the cursor elsewhere.
    Marked,
    /// All is well.
    Good,
    /// Wants a look.
    Warn,
    /// Keeps somebody out, or went wrong.
    Bad,
    /// A key to press.
    Key,
    Notice,
    Fault,
    /// A field that can be typed into.
    Field,
    /// The field that is typed into.
    Typed,
    Button,
    /// The button that Enter presses.
    Pressed,
    Badge,
    /// A picture that a camera reads: dark on light, whatever lies around it.
    Picture,
    /// The dark of such a picture, where it has no sign of its own.
    Dark,
}

/// The colour settings that a person can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// Sixteen colours of the terminal's own, on any background.
    #[default]
    Terminal,
    /// Painted, dark.
    Dark,
    /// Painted, light.
    Light,
    /// No colour at all: bold, reverse and underline.
    Mono,
}

impl Theme {
    /// All themes.
    pub const ALL: [Theme; 4] = [Theme::Terminal, Theme::Dark, Theme::Light, Theme::Mono];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Theme::Terminal => "terminal",
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::Mono => "mono",
        }
    }

    /// The theme of this word.
    pub fn from_word(word: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.word() == word)
    }

    /// How a role looks.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let shape = match role {
            Role::Focus | Role::Good | Role::Bad | Role::Key | Role::Badge => plain.add_modifier(Modifier::BOLD),
            Role::Cursor | Role::Pressed => plain.add_modifier(Modifier::REVERSED),
            Role::Typed => plain.add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
            Role::Field => plain.add_modifier(Modifier::UNDERLINED),
            Role::Marked => plain.add_modifier(Modifier::BOLD),
            Role::Faint => plain.add_modifier(Modifier::DIM),
            _ => plain,
        };
        match self {
            Theme::Mono => shape,
            // Not every app reads the negative, so the picture alone does not follow the terminal's own background.
            _ if role == Role::Picture => shape.fg(Color::Black).bg(Color::White),
            _ if role == Role::Dark => shape.fg(Color::Black).bg(Color::Black),
            Theme::Terminal => match role {
                Role::Good => shape.fg(Color::Green),
                Role::Warn => shape.fg(Color::Yellow),
                Role::Bad | Role::Fault => shape.fg(Color::Red),
                Role::Badge => shape.fg(Color::Magenta),
                Role::Key | Role::Focus => shape.fg(Color::Cyan),
                _ => shape,
            },
            Theme::Dark => painted(role, shape, &DARK),
            Theme::Light => painted(role, shape, &LIGHT),
        }
    }
}

/// The colours of a theme that paints its own background.
struct Palette {
    back: Color,
    text: Color,
    faint: Color,
    good: Color,
    warn: Color,
    bad: Color,
    badge: Color,
    key: Color,
}

const DARK: Palette = Palette {
    back: Color::Rgb(0x16, 0x18, 0x1d),
    text: Color::Rgb(0xe4, 0xe6, 0xea),
    faint: Color::Rgb(0x9a, 0xa1, 0xad),
    good: Color::Rgb(0x8f, 0xd1, 0x9e),
    warn: Color::Rgb(0xe6, 0xc0, 0x7b),
    bad: Color::Rgb(0xf2, 0x8b, 0x82),
    badge: Color::Rgb(0xd7, 0xa6, 0xf0),
    key: Color::Rgb(0x8a, 0xc8, 0xf0),
};

const LIGHT: Palette = Palette {
    back: Color::Rgb(0xfb, 0xfb, 0xf8),
    text: Color::Rgb(0x1f, 0x23, 0x28),
    faint: Color::Rgb(0x5c, 0x63, 0x6e),
    good: Color::Rgb(0x1a, 0x6b, 0x34),
    warn: Color::Rgb(0x80, 0x55, 0x00),
    bad: Color::Rgb(0xa6, 0x1b, 0x1b),
    badge: Color::Rgb(0x7a, 0x2a, 0x92),
    key: Color::Rgb(0x0b, 0x5c, 0x9c),
};

fn painted(role: Role, shape: Style, palette: &Palette) -> Style {
    let fg = match role {
        Role::Faint | Role::Rule => palette.faint,
        Role::Good => palette.good,
        Role::Warn => palette.warn,
        Role::Bad | Role::Fault => palette.bad,
        Role::Badge => palette.badge,
        Role::Key | Role::Focus => palette.key,
        _ => palette.text,
    };
    shape.fg(fg).bg(palette.back).remove_modifier(Modifier::DIM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color) -> f64 {
        let Color::Rgb(r, g, b) = color else { panic!("a painted theme uses RGB") };
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    #[test]
    fn painted_themes_reach_the_contrast_of_wcag_aa() {
        for palette in [&DARK, &LIGHT] {
            let fore =
                [palette.text, palette.faint, palette.good, palette.warn, palette.bad, palette.badge, palette.key];
            for color in fore {
                let (a, b) = (luminance(color), luminance(palette.back));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= 4.5, "{color:?} on {:?}: {ratio:.1}", palette.back);
            }
        }
    }

    const ROLES: [Role; 18] = [
        Role::Text,
        Role::Faint,
        Role::Title,
        Role::Focus,
        Role::Rule,
        Role::Cursor,
        Role::Marked,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Key,
        Role::Notice,
        Role::Fault,
        Role::Field,
        Role::Typed,
        Role::Button,
        Role::Pressed,
        Role::Badge,
    ];

    #[test]
    fn the_terminals_theme_never_guesses_the_background() {
        for role in ROLES {
            let style = Theme::Terminal.style(role);
            let guesses = [Color::White, Color::Black, Color::Gray, Color::DarkGray];
            assert!(style.bg.is_none(), "{role:?}");
            assert!(style.fg.is_none_or(|fg| !guesses.contains(&fg)), "{role:?}");
        }
    }

    #[test]
    fn mono_names_no_colour() {
        for role in ROLES {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }
}
