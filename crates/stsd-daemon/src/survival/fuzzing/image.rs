//! Images made of few bytes, and another reader of them than the one that is tried: it knows the places by
//! their numbers.

use crc32fast::hash;

use crate::survival::image::{CONTROL_MAGIC, PROVED, SIZE, VERSION, header};

const SLOTS: [usize; 2] = [0x1000, 0x10_1000];
const ROOM: usize = 0x10_0000 - 32;

/// The control block in the first 32 bytes, and the two slots in what is left of them.
pub(super) fn spread(bytes: &[u8]) -> Vec<u8> {
    let (control, slots) = bytes.split_at(bytes.len().min(32));
    let (first, second) = slots.split_at(slots.len() / 2);
    let mut image = vec![0; SIZE];
    for (at, part) in [(0, control), (SLOTS[0], first), (SLOTS[1], second)] {
        image[at..at + part.len()].copy_from_slice(part);
    }
    image
}

/// The same with each slot's checksum as it should be, where its length is one.
pub(super) fn set_right(mut image: Vec<u8>) -> Vec<u8> {
    for slot in SLOTS {
        if let Some(checksum) = checksum(&image[slot..]) {
            image[slot + 24..slot + 28].copy_from_slice(&checksum.to_le_bytes());
        }
    }
    image
}

/// A record of a daemon that lives with it, with this in its second slot.
pub(super) fn holding(payload: &[u8]) -> Vec<u8> {
    let mut image = vec![0; SIZE];
    image[..8].copy_from_slice(&CONTROL_MAGIC);
    image[8] = PROVED;
    let payload = &payload[..payload.len().min(ROOM)];
    let at = SLOTS[1];
    image[at..at + 32].copy_from_slice(&header(VERSION, 1, payload));
    image[at + 32..at + 32 + payload.len()].copy_from_slice(payload);
    image
}

/// The payload that counts, if any does: whole, of this version, proved, and the newer of two.
pub(super) fn in_force(image: &[u8]) -> Option<&[u8]> {
    let proved = image.len() == 0x20_1000 && image.starts_with(b"stsdrec\nP");
    let whole = |at: &usize| {
        let slot = &image[*at..*at + 32 + ROOM];
        let ours = slot.starts_with(b"stsdslot\x01\0\0\0");
        ours && checksum(slot).is_some_and(|sum| sum == number(slot, 24))
    };
    let sequence = |at: &usize| (number(&image[*at..], 20), number(&image[*at..], 16));
    // Of two of the same age the first.
    let newest =
        SLOTS.iter().rev().filter(|at| proved && whole(at)).max_by_key(|at| sequence(at))?;
    let length = number(&image[*newest..], 12) as usize;
    Some(&image[newest + 32..newest + 32 + length])
}

/// Of the slot that begins here; nothing if it is longer than there is room.
fn checksum(slot: &[u8]) -> Option<u32> {
    let length = number(slot, 12) as usize;
    (length <= ROOM).then(|| hash(&[&slot[..24], &slot[32..32 + length]].concat()))
}

/// Page by page: these are megabytes.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    bytes.chunks(ZERO.len()).all(|page| *page == ZERO[..page.len()])
}

static ZERO: [u8; 4096] = [0; 4096];

fn number(slot: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([slot[at], slot[at + 1], slot[at + 2], slot[at + 3]])
}
