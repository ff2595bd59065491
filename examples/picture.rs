//! Draws the pictures of the README: the real program on its sample people, in a pseudo-terminal, written as SVG.
//!
//! `cargo build && cargo run --example picture` writes them to `assets/pictures/`. The sample people are always the
//! same; only the times, which count from now, differ from one run to the next.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::{Cell, Color, Parser, Screen};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One picture: what is typed, what must then be on the screen, and where it goes.
struct Picture {
    file: &'static str,
    size: (u16, u16),
    /// Keys, and a text that their screen holds.
    steps: &'static [(&'static str, &'static str)],
    /// What the picture shows, for those who do not see it.
    says: &'static str,
}

const PICTURES: &[Picture] = &[
    Picture {
        file: "console.svg",
        size: (120, 30),
        steps: &[("", "newest first"), ("/", "/"), ("li\r", "/li"), ("jjj", "linh_iyer ─")],
        says: "The console: on the left the users that match a filter, on the right the person under the cursor with \
               the verdict, their sessions and their history.",
    },
    Picture {
        file: "why.svg",
        size: (100, 24),
        steps: &[
            ("", "newest first"),
            ("f", "Ready lists"),
            ("i", "is:inactive"),
            ("j", "farid.okafor ─"),
            ("w", "activates"),
        ],
        says: "Why a person cannot log in, with the key that cures it.",
    },
];

fn main() -> Result<()> {
    // Examples lie in a folder beside the program.
    let here = std::env::current_exe()?;
    let program = here.parent().and_then(Path::parent).ok_or("no place")?.join("rollbook");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
    std::fs::create_dir_all(&folder)?;
    let only = std::env::args().nth(1);
    for picture in PICTURES.iter().filter(|picture| only.as_deref().is_none_or(|only| picture.file == only)) {
        let screen = take(&program, picture)?;
        std::fs::write(folder.join(picture.file), svg(&screen, picture.says))?;
        println!("{}\n{}", picture.file, screen.contents());
    }
    Ok(())
}

/// Runs the program, types the steps and gives the last screen.
fn take(program: &Path, picture: &Picture) -> Result<Screen> {
    let (cols, rows) = picture.size;
    let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
    let mut command = CommandBuilder::new(program);
    command.args(["demo", "--theme", "dark"]);
    command.env_clear();
    let home = tempfile::tempdir()?;
    command.cwd(home.path());
    command.env("HOME", home.path());
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("LANG", "C.UTF-8"),
        ("TZ", "UTC"),
        ("SSH_CONNECTION", "10.0.0.5 50022 10.0.0.1 22"),
    ] {
        command.env(name, value);
    }
    let mut reader = pair.master.try_clone_reader()?;
    let mut writer = pair.master.take_writer()?;
    let mut child = pair.slave.spawn_command(command)?;
    let (sender, bytes) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    let cells = |count| NonZeroU16::new(count).ok_or("an empty screen");
    let mut parser = Parser::new(cells(rows)?, cells(cols)?, 0);
    let taken = picture.steps.iter().try_for_each(|(keys, wanted)| {
        writer.write_all(keys.as_bytes())?;
        wait(&mut parser, &bytes, wanted)
    });
    child.kill()?;
    child.wait()?;
    taken.map(|()| parser.screen().clone())
}

/// Until the text is there and nothing has been drawn for a moment.
fn wait(parser: &mut Parser, bytes: &Receiver<Vec<u8>>, wanted: &str) -> Result<()> {
    const QUIET: Duration = Duration::from_millis(400);
    let until = Instant::now() + Duration::from_secs(30);
    let mut quiet = false;
    while !(quiet && parser.screen().contents().contains(wanted)) {
        if Instant::now() > until {
            return Err(format!("no {wanted:?} on the screen:\n{}", parser.screen().contents()).into());
        }
        match bytes.recv_timeout(QUIET) {
            Ok(bytes) => parser.process(&bytes),
            Err(_) => quiet = true,
        }
    }
    Ok(())
}

const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 19.0;
const SIZE: f32 = 14.0;
const MARGIN: f32 = 16.0;
const BACK: &str = "#16181d";
const TEXT: &str = "#e4e6ea";
const RULE: &str = "#4a515e";

/// How a run of cells looks.
#[derive(PartialEq, Clone)]
struct Style {
    fore: String,
    back: String,
    bold: bool,
    underline: bool,
}

impl Style {
    fn of(cell: &Cell) -> Style {
        let (fore, back) = (color(cell.fgcolor(), TEXT), color(cell.bgcolor(), BACK));
        let (fore, back) = if cell.inverse() { (back, fore) } else { (fore, back) };
        Style { fore, back, bold: cell.bold(), underline: cell.underline() }
    }
}

fn color(color: Color, default: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        // The picture is taken in a theme that paints its own colours.
        Color::Default | Color::Idx(_) => default.to_owned(),
    }
}

fn svg(screen: &Screen, says: &str) -> String {
    let (rows, cols) = screen.size();
    let (wide, high) = (f32::from(cols.get()) * WIDTH + 2.0 * MARGIN, f32::from(rows.get()) * HEIGHT + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" \
         role=\"img\">\n<title>{}</title>\n<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{BACK}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{SIZE}\" \
         xml:space=\"preserve\">\n",
        escape(says)
    );
    for row in 0..rows.get() {
        let runs = runs(screen, row);
        grounds(&runs, row, &mut out);
        runs.iter().for_each(|run| run.draw(row, &mut out));
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Neighbouring cells of one look.
struct Run {
    col: u16,
    cells: u16,
    text: String,
    style: Style,
}

fn runs(screen: &Screen, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for col in 0..screen.size().1.get() {
        let Some(cell) = screen.cell(row, col).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let cells = if cell.is_wide() { 2 } else { 1 };
        let style = Style::of(cell);
        let rule = arms(text).is_some();
        match runs.last_mut() {
            Some(last) if last.style == style && !rule && arms(&last.text).is_none() => {
                last.text.push_str(text);
                last.cells += cells;
            }
            _ => runs.push(Run { col, cells, text: text.to_owned(), style }),
        }
    }
    runs
}

/// What lies behind the text of a row. Neighbours of one ground are one piece, so that no seam shows between them.
fn grounds(runs: &[Run], row: u16, out: &mut String) {
    for piece in runs.chunk_by(|a, b| a.style.back == b.style.back) {
        let back = &piece[0].style.back;
        if back != BACK {
            let (x, y) = (MARGIN + f32::from(piece[0].col) * WIDTH, MARGIN + f32::from(row) * HEIGHT);
            let wide = f32::from(piece.iter().map(|run| run.cells).sum::<u16>()) * WIDTH;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{HEIGHT}\" fill=\"{back}\"/>"
            );
        }
    }
}

/// Which ways a rule's piece goes from the middle of its cell: left, right, up, down.
fn arms(text: &str) -> Option<[bool; 4]> {
    Some(match text {
        "─" => [true, true, false, false],
        "│" => [false, false, true, true],
        "┌" => [false, true, false, true],
        "┐" => [true, false, false, true],
        "└" => [false, true, true, false],
        "┘" => [true, false, true, false],
        "├" => [false, true, true, true],
        "┤" => [true, false, true, true],
        "┬" => [true, true, false, true],
        "┴" => [true, true, true, false],
        "┼" => [true, true, true, true],
        _ => return None,
    })
}

impl Run {
    fn draw(&self, row: u16, out: &mut String) {
        let (x, y) = (MARGIN + f32::from(self.col) * WIDTH, MARGIN + f32::from(row) * HEIGHT);
        let wide = f32::from(self.cells) * WIDTH;
        let Style { fore, bold, underline, .. } = &self.style;
        if let Some(arms) = arms(&self.text) {
            // Drawn, because no two fonts agree on how far their rules reach.
            let (middle, centre) = (x + WIDTH / 2.0, y + HEIGHT / 2.0);
            let ends = [(x, centre), (x + WIDTH, centre), (middle, y), (middle, y + HEIGHT)];
            for ((end_x, end_y), _) in ends.into_iter().zip(arms).filter(|(_, there)| *there) {
                let _ = writeln!(
                    out,
                    "<path d=\"M{middle:.1} {centre:.1}L{end_x:.1} {end_y:.1}\" stroke=\"{RULE}\" \
                     stroke-linecap=\"square\"/>"
                );
            }
            return;
        }
        if self.text.trim().is_empty() && !underline {
            return;
        }
        let weight = if *bold { " font-weight=\"bold\"" } else { "" };
        let line = if *underline { " text-decoration=\"underline\"" } else { "" };
        let base = y + HEIGHT * 0.72;
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacing\" \
             fill=\"{fore}\"{weight}{line}>{}</text>",
            escape(&self.text)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}")
}
