//! Where everything is: a function of the size and of what is looked at. Updating and drawing both ask it.

use ratatui::layout::Rect;

/// A pane of view 1, or the one of another view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Pane {
    Users,
    Detail,
    Sessions,
    Everybody,
    Audit,
    System,
}

/// How the panes stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Below 40×10: one sentence.
    TooSmall,
    /// Below 72×20, or a pane alone: one at a time.
    Single,
    /// One above the other.
    Stacked,
    /// The list left, the rest right.
    Side,
}

/// The rectangles. A pane that is not shown is empty. Each has its title in its first row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Screen {
    pub shape: Shape,
    pub top: Rect,
    pub users: Rect,
    pub detail: Rect,
    pub sessions: Rect,
    /// The history beside the sessions; only where there is room for it.
    pub history: Rect,
    pub everybody: Rect,
    pub audit: Rect,
    /// The entry under the cursor of the audit.
    pub entry: Rect,
    /// The session under the cursor in full; only where a list of them stands alone whose rows have no room for it.
    pub session: Rect,
    pub system: Rect,
    /// The rule above the last line; only where panes stand side by side.
    pub base: Rect,
    pub bottom: Rect,
}

impl Screen {
    /// The places at this size, with `pane` focused, alone if `whole`; in another view if `pane` is one of that.
    pub fn of(size: (u16, u16), pane: Pane, whole: bool) -> Screen {
        let (width, height) = size;
        let none = Rect::ZERO;
        let mut screen = Screen {
            shape: Shape::TooSmall,
            top: none,
            users: none,
            detail: none,
            sessions: none,
            history: none,
            everybody: none,
            audit: none,
            entry: none,
            session: none,
            system: none,
            base: none,
            bottom: none,
        };
        if width < 40 || height < 10 {
            return screen;
        }
        screen.top = Rect::new(0, 0, width, 1);
        screen.bottom = Rect::new(0, height - 1, width, 1);
        let body = Rect::new(0, 1, width, height - 2);
        if whole || width < 72 || height < 20 {
            screen.shape = Shape::Single;
            match pane {
                Pane::Users => screen.users = body,
                Pane::Detail => screen.detail = body,
                Pane::Sessions => screen.sessions = body,
                Pane::Everybody => screen.everybody = body,
                // One entry is read in full; the list alone would tell no more than beside it.
                Pane::Audit if whole => screen.entry = body,
                Pane::Audit => screen.audit = body,
                Pane::System => screen.system = body,
            }
            if whole {
                screen.spare_for_session();
            }
        } else if pane == Pane::System {
            screen.shape = Shape::Single;
            screen.system = body;
        } else if pane == Pane::Audit {
            screen.shape = if width >= 100 { Shape::Side } else { Shape::Stacked };
            let entry = (body.height / 3).clamp(7, 12);
            screen.audit = Rect { height: body.height - entry, ..body };
            screen.entry = Rect { y: body.y + body.height - entry, height: entry, ..body };
        } else if pane == Pane::Everybody {
            screen.shape = if width >= 100 { Shape::Side } else { Shape::Stacked };
            // The owner of the session under the cursor stands below the list.
            let detail = 4;
            screen.everybody = Rect { height: body.height - detail, ..body };
            screen.detail = Rect { y: body.y + body.height - detail, height: detail, ..body };
        } else if width >= 100 {
            screen.side(body);
        } else {
            screen.stacked(body);
        }
        screen
    }

    fn side(&mut self, body: Rect) {
        self.shape = Shape::Side;
        self.base = Rect { y: body.y + body.height - 1, height: 1, ..body };
        let body = Rect { height: body.height - 1, ..body };
        let left = body.width / 2 - 1;
        self.users = Rect { width: left, ..body };
        let right = Rect { x: left + 1, width: body.width - left - 1, ..body };
        let detail = 5;
        let rest = right.height - detail;
        let sessions = (rest * 2 / 5).clamp(4, 14);
        self.detail = Rect { height: detail, ..right };
        self.sessions = Rect { y: right.y + detail, height: sessions, ..right };
        self.history = Rect { y: right.y + detail + sessions, height: rest - sessions, ..right };
    }

    /// Leaves room for one session in full, where a row of the list cannot tell its exact times.
    fn spare_for_session(&mut self) {
        let width = self.top.width;
        for (list, least) in [(&mut self.sessions, 112), (&mut self.everybody, 130)] {
            if !list.is_empty() && width < least {
                let told = if width < 60 { 5 } else { 4 };
                list.height = list.height.saturating_sub(told);
                self.session = Rect { y: list.bottom(), height: told, ..*list };
            }
        }
    }

    fn stacked(&mut self, body: Rect) {
        self.shape = Shape::Stacked;
        let (detail, sessions) = (4, 6);
        let users = body.height - detail - sessions;
        self.users = Rect { height: users, ..body };
        self.detail = Rect { y: body.y + users, height: detail, ..body };
        self.sessions = Rect { y: body.y + users + detail, height: sessions, ..body };
    }

    /// The rectangle of a pane.
    pub fn pane(&self, pane: Pane) -> Rect {
        match pane {
            Pane::Users => self.users,
            Pane::Detail => self.detail,
            Pane::Sessions => self.sessions,
            Pane::Everybody => self.everybody,
            Pane::Audit => self.audit,
            Pane::System => self.system,
        }
    }

    /// How many rows a list shows: all but its title, and but the column heads where there are any.
    pub fn rows(&self, pane: Pane) -> usize {
        let heads = self.heads(pane);
        usize::from(self.pane(pane).height).saturating_sub(1 + usize::from(heads))
    }

    /// Whether a list has a line of column heads.
    pub fn heads(&self, pane: Pane) -> bool {
        let roomy = self.shape == Shape::Side || self.shape == Shape::Single && self.top.width >= 72;
        roomy && matches!(pane, Pane::Users | Pane::Everybody | Pane::Audit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_80_by_24_the_list_has_eleven_rows() {
        let screen = Screen::of((80, 24), Pane::Users, false);
        assert_eq!((screen.shape, screen.rows(Pane::Users)), (Shape::Stacked, 11));
    }

    #[test]
    fn panes_never_overlap_and_stay_on_the_screen() {
        for width in 1..=200 {
            for height in 1..=60 {
                for pane in [Pane::Users, Pane::Detail, Pane::Sessions, Pane::Everybody, Pane::Audit, Pane::System] {
                    for whole in [false, true] {
                        let s = Screen::of((width, height), pane, whole);
                        let panes = [
                            s.users,
                            s.detail,
                            s.sessions,
                            s.history,
                            s.everybody,
                            s.audit,
                            s.entry,
                            s.system,
                            s.session,
                        ];
                        let all = panes.into_iter().chain([s.top, s.base, s.bottom]);
                        let shown: Vec<Rect> = all.filter(|r| !r.is_empty()).collect();
                        for (i, a) in shown.iter().enumerate() {
                            assert!(a.right() <= width && a.bottom() <= height, "{width}x{height} {s:?}");
                            for b in &shown[i + 1..] {
                                assert!(!a.intersects(*b), "{width}x{height} {s:?}");
                            }
                        }
                        assert_eq!(s.shape == Shape::TooSmall, width < 40 || height < 10);
                    }
                }
            }
        }
    }

    #[test]
    fn the_shapes_change_where_the_design_says() {
        let shape = |width, height| Screen::of((width, height), Pane::Users, false).shape;
        assert_eq!(shape(100, 20), Shape::Side);
        assert_eq!(shape(99, 24), Shape::Stacked);
        assert_eq!(shape(71, 24), Shape::Single);
        assert_eq!(shape(80, 19), Shape::Single);
        assert_eq!(shape(60, 15), Shape::Single);
        assert_eq!(shape(39, 15), Shape::TooSmall);
    }
}
