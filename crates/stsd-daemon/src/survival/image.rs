//! The bytes of the record, as one daemon leaves them and the next finds them. Pure.
//!
//! A control block, then two slots of which one at most is in force. A slot is a header of 32 bytes
//! and JSON; its checksum covers both. The control block says whether a daemon has taken the record
//! and not yet proved that it can live with it, and when daemons crashed by their own fault.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::state::Survivors;

/// The record's version: another one for whatever an older or a newer daemon could misread.
pub const VERSION: u32 = 1;

/// Where the first slot begins.
pub(super) const CONTROL: usize = 4096;
/// The size of a slot: the sessions of every identity, and the roles of some four hundred profiles.
pub(super) const SLOT: usize = 1 << 20;
/// The size of the record; or it has none, and holds nothing.
pub const SIZE: usize = CONTROL + 2 * SLOT;
/// The size of a slot's header.
pub(super) const HEADER: usize = 32;

/// Where the control block says the stage, and the last two crashes.
pub(super) const STAGE: usize = 8;
pub(super) const CRASHES: usize = 16;

pub(super) const CONTROL_MAGIC: [u8; 8] = *b"stsdrec\n";
const SLOT_MAGIC: [u8; 8] = *b"stsdslot";

/// A daemon lives with what the record says.
pub(super) const PROVED: u8 = b'P';
/// A daemon has begun to read it.
pub(super) const TAKEN: u8 = b'T';

/// What a slot says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    /// The boot during which it was written: the boot clock begins anew with the next.
    pub boot: String,
    /// Whose daemon wrote it.
    pub uid: u32,
    /// What it held.
    pub survivors: Survivors,
}

/// Why a record is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The daemon before did not get beyond reading it.
    #[error("the daemon before ended while it took them over")]
    Taken,
    /// Cut off.
    #[error("the record is cut off")]
    Truncated,
    /// Of another version.
    #[error("the record is of version {0}, and this daemon reads {VERSION}")]
    Version(u32),
    /// Not what was written.
    #[error("the record is damaged")]
    Damaged,
    /// Written before the machine was started anew.
    #[error("the record is of another boot of this machine")]
    AnotherBoot,
    /// Written by somebody else.
    #[error("the record is of uid {0}")]
    AnotherUser(u32),
    /// No file of ours.
    #[error("the service manager passed something else than the record")]
    Strange,
    /// Twice.
    #[error("the service manager passed several records")]
    Several,
    /// The system does not let us read it.
    #[error("the record cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// The second time within a minute.
    #[error("the daemon crashed twice within a minute")]
    Crashes,
}

/// Reads a record, whatever its bytes are. Nothing, if it is empty.
///
/// Where a write was interrupted, the one before it counts.
///
/// # Errors
/// If it holds something that is not to be taken over.
pub fn decode(image: &[u8]) -> Result<Option<Kept>, Refused> {
    if is_blank(image) {
        return Ok(None);
    }
    if image.len() != SIZE {
        return Err(Refused::Truncated);
    }
    let (control, slots) = image.split_at(CONTROL);
    if is_blank(slots) {
        return Ok(None);
    }
    if !control.starts_with(&CONTROL_MAGIC) {
        return Err(Refused::Damaged);
    }
    if control[STAGE] != PROVED {
        return Err(Refused::Taken);
    }
    let (mut newest, mut refused) = (None::<Whole<'_>>, None);
    for slot in slots.chunks_exact(SLOT).filter_map(slot) {
        match slot {
            Ok(slot) if newest.as_ref().is_none_or(|n| n.sequence < slot.sequence) => {
                newest = Some(slot);
            }
            Ok(_) => {}
            Err(error) => refused = Some(error),
        }
    }
    match (newest, refused) {
        (Some(slot), _) => slot.read().map(Some),
        (None, Some(refused)) => Err(refused),
        // Killed at the first write, or at the last wipe.
        (None, None) => Ok(None),
    }
}

/// When daemons crashed last by their own fault, by the boot clock: the last time, and the one before.
pub(super) fn crashes(image: &[u8]) -> [Option<Duration>; 2] {
    let number = |at: usize| image.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let moment = |at| number(at).filter(|nanos| *nanos != 0).map(Duration::from_nanos);
    [moment(CRASHES), moment(CRASHES + 8)]
}

/// How much of each slot there is to wipe, to the page.
pub(super) fn used(image: &[u8]) -> [usize; 2] {
    [0, 1].map(|slot| {
        let slot = image.get(start(slot)..start(slot) + SLOT).unwrap_or_default();
        let mut pages = slot.chunks(PAGE.len());
        pages.rposition(|page| !is_blank(page)).map_or(0, |last| (last + 1) * PAGE.len())
    })
}

/// Page by page: this looks at two megabytes at each start.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.chunks(PAGE.len()).all(|page| *page == PAGE[..page.len()])
}

pub(super) const PAGE: [u8; 4096] = [0; 4096];

/// Where a slot begins.
pub(super) fn start(slot: usize) -> usize {
    CONTROL + slot * SLOT
}

/// The payload of what is to be kept. Where it does not fit, role credentials are left out: they
/// are had again for the asking.
pub(super) fn encode(kept: &mut Kept) -> Option<Zeroizing<Vec<u8>>> {
    loop {
        // Rather more than needed: a buffer that grows leaves copies behind.
        let roles = &kept.survivors.roles;
        let room = 4096 * (2 + roles.len() + kept.survivors.sessions.len());
        let mut payload = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *payload, kept).ok()?;
        if payload.len() <= SLOT - HEADER {
            return Some(payload);
        }
        let half = kept.survivors.roles.len().checked_sub(1)? / 2;
        kept.survivors.roles.truncate(half);
    }
}

/// The header of a slot with this payload.
pub(super) fn header(version: u32, sequence: u64, payload: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    header[..8].copy_from_slice(&SLOT_MAGIC);
    header[8..12].copy_from_slice(&version.to_le_bytes());
    header[12..16].copy_from_slice(&length.to_le_bytes());
    header[16..24].copy_from_slice(&sequence.to_le_bytes());
    let checksum = checksum(&header, payload);
    header[24..28].copy_from_slice(&checksum.to_le_bytes());
    header
}

/// A slot that is whole.
struct Whole<'a> {
    sequence: u64,
    payload: &'a [u8],
}

impl Whole<'_> {
    fn read(&self) -> Result<Kept, Refused> {
        let kept: Kept = serde_json::from_slice(self.payload).map_err(|_| Refused::Damaged)?;
        if kept.survivors.are_plausible() { Ok(kept) } else { Err(Refused::Damaged) }
    }
}

/// Nothing, if no header stands there (yet, or any more).
fn slot(slot: &[u8]) -> Option<Result<Whole<'_>, Refused>> {
    let (header, rest) = slot.split_at_checked(HEADER)?;
    (!is_blank(header)).then(|| whole(header, rest))
}

fn whole<'a>(header: &[u8], rest: &'a [u8]) -> Result<Whole<'a>, Refused> {
    let number = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).ok_or(Refused::Damaged)
    };
    if !header.starts_with(&SLOT_MAGIC) {
        return Err(Refused::Damaged);
    }
    match number(8)? {
        VERSION => {}
        other => return Err(Refused::Version(other)),
    }
    let payload = rest.get(..number(12)? as usize).ok_or(Refused::Damaged)?;
    let sequence = u64::from(number(16)?) | u64::from(number(20)?) << 32;
    if checksum(header, payload) != number(24)? {
        return Err(Refused::Damaged);
    }
    Ok(Whole { sequence, payload })
}

/// Of the header up to where it stands, and the payload.
fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..24]);
    hasher.update(payload);
    hasher.finalize()
}
