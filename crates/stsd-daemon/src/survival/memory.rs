//! The record in memory, and a writer that is killed after so many bytes of it: for tests and for the fuzz
//! targets.

use std::io;

use super::image::SIZE;
use super::record::{Medium, Record};

/// A file whose writer is killed after so many more bytes.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) bytes: Vec<u8>,
    pub(super) left: usize,
}

impl Image {
    pub(super) fn blank() -> Self {
        Self { bytes: vec![0; SIZE], left: usize::MAX }
    }

    pub(super) fn record(&mut self) -> Record<&mut Self> {
        let found = self.bytes.clone();
        Record::take(self, &found).expect("nobody is killed yet")
    }
}

impl Medium for &mut Image {
    fn put(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let written = bytes.len().min(self.left);
        self.bytes[offset..offset + written].copy_from_slice(&bytes[..written]);
        self.left -= written;
        if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    }

    fn free(&mut self, offset: usize, length: usize) {
        assert!(self.bytes[offset..offset + length].iter().all(|byte| *byte == 0));
    }

    fn clear(&mut self) -> io::Result<()> {
        self.bytes = vec![0; SIZE];
        Ok(())
    }
}
