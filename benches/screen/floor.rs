//! The least a program with three panes can cost in ratatui: no database, rows made up from their number, the library's
//! own terminal and widgets. What the console takes beyond this is ours.

use std::io::{BufWriter, Stdout, Write as _, stdout};

use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Borders, Paragraph, Row, Table, TableState};

const PEOPLE: u64 = 1_000_000;

#[derive(Default)]
struct Floor {
    top: u64,
    cursor: u64,
    pane: usize,
    reversed: bool,
    filter: Option<String>,
    height: u64,
}

/// Runs until `q`.
pub fn run() -> std::io::Result<()> {
    terminal::enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    let mut screen = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout())))?;
    let mut floor = Floor::default();
    let outcome = floor.live(&mut screen);
    terminal::disable_raw_mode()?;
    execute!(stdout(), LeaveAlternateScreen)?;
    outcome
}

impl Floor {
    fn live(&mut self, screen: &mut Terminal<CrosstermBackend<BufWriter<Stdout>>>) -> std::io::Result<()> {
        loop {
            self.height = u64::from(screen.size()?.height.saturating_sub(4));
            screen.draw(|frame| self.draw(frame))?;
            screen.backend_mut().flush()?;
            loop {
                if let Event::Key(key) = event::read()? {
                    if !self.press(key.code) {
                        return Ok(());
                    }
                    break;
                }
            }
        }
    }

    /// Takes a key; `false` ends.
    fn press(&mut self, key: KeyCode) -> bool {
        let page = i64::try_from(self.height).unwrap_or(1);
        match (key, self.filter.as_mut()) {
            (KeyCode::Char('q'), None) => return false,
            (KeyCode::Char('j') | KeyCode::Down, None) => self.go(1),
            (KeyCode::Char('k') | KeyCode::Up, None) => self.go(-1),
            (KeyCode::PageDown, _) => self.go(page),
            (KeyCode::Char('G'), None) => self.go(i64::MAX / 2),
            (KeyCode::Char('g'), None) => self.go(i64::MIN / 2),
            (KeyCode::Tab, _) => self.pane = (self.pane + 1) % 3,
            (KeyCode::Char('s' | 'S'), None) => self.reversed = !self.reversed,
            (KeyCode::Char('/'), None) => self.filter = Some(String::new()),
            (KeyCode::Char(c), Some(filter)) => filter.push(c),
            (KeyCode::Esc, _) => self.filter = None,
            _ => {}
        }
        true
    }

    fn go(&mut self, by: i64) {
        self.cursor = self.cursor.saturating_add_signed(by).min(PEOPLE - 1);
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + self.height {
            self.top = self.cursor + 1 - self.height;
        }
    }

    /// Everything about a row follows from its number, and letters typed change every row, as a search would.
    fn person(&self, at: u64) -> [String; 4] {
        const FIRST: [&str; 8] = ["amara", "bela", "chidi", "dunya", "esra", "farah", "goran", "hanne"];
        const STATE: [&str; 4] = ["", "", "pending", "inactive"];
        let at = if self.reversed { PEOPLE - at } else { at };
        let salt = self.filter.as_ref().map_or(0, |filter| filter.len() as u64);
        let mixed = (at + salt * 7_919 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let pick = |words: &[&str], shift: u32| words[(mixed >> shift) as usize % words.len()].to_owned();
        [
            format!("{}.{}@example.org", pick(&FIRST, 8), at + salt),
            pick(&STATE, 20),
            format!("{} d", mixed % 90),
            format!("{}", mixed % 4),
        ]
    }

    fn draw(&self, frame: &mut Frame) {
        let [body, last] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(frame.area());
        let [list, right] = Layout::horizontal([Constraint::Percentage(55), Constraint::Min(1)]).areas(body);
        let [detail, sessions] = Layout::vertical([Constraint::Percentage(40), Constraint::Min(1)]).areas(right);
        self.draw_list(frame, list);
        let person = self.person(self.cursor);
        let block = |name: &str, pane: usize| {
            let style = if self.pane == pane { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
            Block::new().borders(Borders::ALL).title(name.to_owned()).title_style(style)
        };
        frame.render_widget(Paragraph::new(person.join("\n")).block(block("Detail", 1)), detail);
        let lines: Vec<String> =
            (0..self.cursor % 5).map(|n| format!("firefox  10.0.{n}.{}  3 min", self.cursor % 251)).collect();
        frame.render_widget(Paragraph::new(lines.join("\n")).block(block("Sessions", 2)), sessions);
        let words = match &self.filter {
            Some(filter) => format!("/{filter}_"),
            None => format!("row {} of {PEOPLE}   / filter   q quit", self.cursor + 1),
        };
        frame.render_widget(Paragraph::new(words), last);
    }

    fn draw_list(&self, frame: &mut Frame, area: Rect) {
        let rows = (0..self.height).map(|n| Row::new(self.person(self.top + n)));
        let widths = [Constraint::Fill(1), Constraint::Length(10), Constraint::Length(5), Constraint::Length(4)];
        let table = Table::new(rows, widths)
            .header(Row::new(["name", "state", "seen", "live"]))
            .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
            .block(Block::new().borders(Borders::ALL).title(format!("Users {PEOPLE}")));
        let mut state = TableState::default().with_selected(usize::try_from(self.cursor - self.top).ok());
        frame.render_stateful_widget(table, area, &mut state);
    }
}
