//! Writing the record so that a daemon may be killed between any two bytes of it: the new slot
//! stands whole before the old one is wiped.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use zeroize::Zeroizing;

use super::image::{
    self, CONTROL_MAGIC, CRASHES, HEADER, Kept, PAGE, PROVED, SIZE, STAGE, TAKEN, VERSION, header,
    start,
};
use super::platform;

/// Where the bytes go.
pub(super) trait Medium {
    /// Writes these bytes there.
    fn put(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()>;

    /// Gives the memory of these bytes back, which are zero and stay so.
    fn free(&mut self, offset: usize, length: usize);

    /// Gives up all bytes, and has as many new ones, all zero.
    fn clear(&mut self) -> io::Result<()>;
}

impl Medium for File {
    fn put(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset as u64)
    }

    fn free(&mut self, offset: usize, length: usize) {
        platform::free(self, offset, length);
    }

    fn clear(&mut self) -> io::Result<()> {
        self.set_len(0)?;
        self.set_len(SIZE as u64)
    }
}

/// The record of a daemon that lives.
#[derive(Debug)]
pub(super) struct Record<M> {
    pub(super) medium: M,
    /// The slot in force, if one is.
    in_force: usize,
    sequence: u64,
    /// How much of each slot is to be wiped.
    used: [usize; 2],
    proved: bool,
}

impl<M: Medium> Record<M> {
    /// Takes the record: until it is written anew, nobody else may.
    pub(super) fn take(mut medium: M, found: &[u8]) -> io::Result<Self> {
        if found.len() != SIZE {
            medium.clear()?;
        }
        medium.put(0, &CONTROL_MAGIC)?;
        medium.put(STAGE, &[TAKEN])?;
        Ok(Self { medium, in_force: 0, sequence: 0, used: image::used(found), proved: false })
    }

    /// Puts this in the place of all that it said.
    pub(super) fn write(&mut self, kept: &mut Kept) -> io::Result<()> {
        let payload = image::encode(kept).ok_or(io::ErrorKind::FileTooLarge)?;
        let slot = 1 - self.in_force;
        // What stands there has no header; so nobody reads it while it is written over.
        self.wipe(slot)?;
        self.used[slot] = HEADER + payload.len();
        self.medium.put(start(slot) + HEADER, &payload)?;
        self.sequence = self.sequence.wrapping_add(1);
        self.medium.put(start(slot), &header(VERSION, self.sequence, &payload))?;
        self.in_force = slot;
        self.wipe(1 - slot)?;
        if !self.proved {
            self.medium.put(0, &CONTROL_MAGIC)?;
            self.medium.put(STAGE, &[PROVED])?;
            self.proved = true;
        }
        Ok(())
    }

    /// How many bytes it says.
    pub(super) fn size(&self) -> usize {
        self.used[self.in_force]
    }

    /// Overwrites all that it said.
    pub(super) fn empty(&mut self) -> io::Result<()> {
        let older = self.wipe(1 - self.in_force);
        let newer = self.wipe(self.in_force);
        older.and(newer)
    }

    /// The same, by hook or by crook: what cannot be overwritten is cut off.
    pub(super) fn give_up(&mut self) -> io::Result<()> {
        let wiped = self.empty();
        // The control block goes with the rest.
        self.proved = false;
        self.medium.clear().and(wiped)
    }

    /// A daemon that begins locked has drawn the lesson; the last crash still counts against the next.
    pub(super) fn forget_the_crash_before(&mut self) -> io::Result<()> {
        self.medium.put(CRASHES + 8, &[0; 8])
    }

    /// The header first: without it, nothing of the slot is read.
    fn wipe(&mut self, slot: usize) -> io::Result<()> {
        let used = std::mem::take(&mut self.used[slot]);
        if used == 0 {
            return Ok(());
        }
        let zeros = Zeroizing::new(vec![0; used.max(HEADER)]);
        let wiped = self
            .medium
            .put(start(slot), &zeros[..HEADER])
            .and_then(|()| self.medium.put(start(slot) + HEADER, &zeros[HEADER..]));
        match &wiped {
            // What is written next is then this service's memory, to which the unit's limits apply,
            // and not what is left of the one before.
            Ok(()) => self.medium.free(start(slot), used.next_multiple_of(PAGE.len())),
            Err(_) => self.used[slot] = used,
        }
        wiped
    }
}
