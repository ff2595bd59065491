//! Erases the screen so that no terminal keeps a copy of it.
//!
//! tmux and screen move the rows into their scrollback if the whole screen is erased at once (`CSI J`). They do not if
//! each row is erased by itself.

/// Writes the bytes that erase this many rows and leave the cursor in the first column of the first row.
pub fn erase_rows(rows: u16, out: &mut Vec<u8>) {
    // Without a look, so that the rows become blank in the terminal's own colours.
    out.extend_from_slice(b"\x1b[0m\x1b[H\x1b[2K");
    for _ in 1..rows {
        // One row down; unlike a line feed, this never scrolls a screen that has become smaller.
        out.extend_from_slice(b"\x1b[B\x1b[2K");
    }
    out.extend_from_slice(b"\x1b[H");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_erased_by_itself_and_the_cursor_goes_home() {
        let mut bytes = Vec::new();
        erase_rows(3, &mut bytes);
        assert_eq!(bytes, b"\x1b[0m\x1b[H\x1b[2K\x1b[B\x1b[2K\x1b[B\x1b[2K\x1b[H");
    }
}
