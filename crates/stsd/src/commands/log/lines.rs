//! Lines of the bytes of a file that may still be written: whole ones only.

use std::io::{self, BufRead, Read};

/// What there is of a line whose end has not been read yet.
#[derive(Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
    /// It is longer than any of ours, and what has been read of it is forgotten.
    is_overlong: bool,
}

impl Lines {
    /// The lines that end in what the reader has now. One that is too long to be ours comes as an empty
    /// one: the end of it alone could pass for a record.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn whole(&mut self, reader: &mut impl BufRead) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let room = LONGEST_LINE.saturating_sub(self.partial.len());
            let read = reader.by_ref().take(room as u64).read_until(b'\n', &mut self.partial)?;
            if self.partial.last() == Some(&b'\n') {
                self.partial.pop();
                let line = String::from_utf8_lossy(&self.partial);
                lines.push(if self.is_overlong { String::new() } else { line.into_owned() });
                *self = Self::default();
            } else if read == 0 {
                return Ok(lines);
            } else if self.partial.len() >= LONGEST_LINE {
                self.is_overlong = true;
                self.partial.clear();
            }
        }
    }
}

/// Far more than a record has.
pub(super) const LONGEST_LINE: usize = 64 << 10;
