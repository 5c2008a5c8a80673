//! Daemons one after the other, each of which takes the record, writes and empties it, and is killed between
//! two bytes or finds no room for them. What the next one reads is what was held last, or nothing.

use super::image::is_blank;
use crate::state::Survivors;
use crate::survival::image::{CONTROL, HEADER, Kept, Refused, decode, encode, start};
use crate::survival::memory::Image;
use crate::survival::record::Record;

/// Lives as the bytes say: what each does, how much of it is written, and what ends it.
pub(super) fn lives(bytes: &[u8]) {
    let mut told = Told { bytes: bytes.iter(), serial: 0 };
    let mut image = Image::blank();
    let mut left = Left::default();
    for _ in 0..MOST_LIVES {
        left.is_found_in(&image.bytes);
        let Some(byte) = told.bytes.next() else { return };
        let found = image.bytes.clone();
        image.left = if byte % 4 == 3 { usize::from(byte / 4) % 10 } else { usize::MAX };
        let record = Record::take(&mut image, &found);
        left.taken = true;
        if let Ok(record) = record {
            left = live(record, left, &mut told);
        }
    }
}

/// One daemon from its start to its end.
fn live(mut record: Record<&mut Image>, mut left: Left, told: &mut Told<'_>) -> Left {
    let mut proved = false;
    record.medium.left = usize::MAX;
    while let Some(step) = told.bytes.next() {
        record.medium.left = told.room();
        let (done, now) = match step % 4 {
            0 | 1 => {
                let mut kept = told.kept(usize::from(*step) * 64);
                (record.write(&mut kept), Some(kept.boot))
            }
            2 => (record.empty(), None),
            _ => (record.give_up(), None),
        };
        let is_write = now.is_some();
        if done.is_ok() {
            proved |= is_write;
            left = Left { either: vec![now.clone()], torn: false, taken: !proved && left.taken };
            holds_alone(&record.medium.bytes, now);
        } else if step % 8 < 4 {
            // Killed. Without a proof nobody goes on with what it was about to write.
            left.torn |= !is_write || left.either.contains(&None);
            if proved {
                left.either.push(now)
            } else {
                left.taken = true
            }
            return left;
        } else {
            record.medium.left = usize::MAX;
            let _ = record.give_up();
            proved = false;
            left = Left::default();
            holds_alone(&record.medium.bytes, None);
        }
    }
    left
}

/// What may be found in the record.
struct Left {
    /// One of these.
    either: Vec<Option<String>>,
    /// Or a header that was cut off, with nothing else to go on with.
    torn: bool,
    /// Or what a daemon has taken and not proved.
    taken: bool,
}

impl Default for Left {
    fn default() -> Self {
        Self { either: vec![None], torn: false, taken: false }
    }
}

impl Left {
    fn is_found_in(&self, image: &[u8]) {
        match decode(image) {
            Ok(kept) => {
                let found = kept.map(|kept| kept.boot);
                // What was taken may have been wiped by then.
                let wiped = self.taken && found.is_none();
                assert!(wiped || self.either.contains(&found), "{found:?}");
            }
            Err(Refused::Taken) => assert!(self.taken, "it was proved"),
            Err(Refused::Damaged) => assert!(self.torn, "no write was cut off"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Nothing else stands there, not even where nobody reads it.
fn holds_alone(image: &[u8], expected: Option<String>) {
    let kept = decode(image).expect("it was written by a daemon that lives");
    assert_eq!(kept.as_ref().map(|kept| &kept.boot), expected.as_ref());
    let length = kept.and_then(|mut kept| encode(&mut kept)).map_or(0, |text| HEADER + text.len());
    let in_force = if is_blank(&image[start(0)..start(1)]) { start(1) } else { start(0) };
    assert!(is_blank(&image[CONTROL..in_force]) && is_blank(&image[in_force + length..]));
}

struct Told<'a> {
    bytes: std::slice::Iter<'a, u8>,
    serial: u32,
}

impl Told<'_> {
    /// How much may be written: half of the time everything.
    fn room(&mut self) -> usize {
        match self.bytes.next().copied().unwrap_or_default() {
            byte @ 128.. => usize::from(byte - 128) * 67,
            byte @ 64.. => usize::from(byte - 64),
            _ => usize::MAX,
        }
    }

    /// Something that no other is like.
    fn kept(&mut self, length: usize) -> Kept {
        self.serial += 1;
        let boot = format!("life {} ", self.serial).repeat(1 + length / 8);
        Kept { boot, uid: 1000, survivors: Survivors::default() }
    }
}

const MOST_LIVES: usize = 8;
