//! What becomes of the bytes of a record that a daemon has taken: it is used once, and what is not taken
//! over or is replaced stands nowhere any more.

use super::image::is_blank;
use super::restored::NOW;
use crate::survival::image::{CONTROL, HEADER, Kept, Refused, SIZE, decode, encode, start};
use crate::survival::memory::Image;
use crate::survival::record::Record;
use crate::survival::{Us, judged};

const US: Us<'_> = Us { boot: "this", uid: 1000, now: NOW };

/// Takes it, and then lives or does not.
pub(super) fn taken(found: &[u8], kept: Option<&Kept>) {
    let mut image = Image { bytes: found.to_vec(), left: usize::MAX };
    let mut record = Record::take(&mut image, found).expect("memory takes what is written");
    let (judged, crashes) = judged(&mut record, found, US).expect("as before");
    let for_us = kept.is_some_and(|kept| {
        kept.boot == US.boot && kept.uid == US.uid && kept.survivors.are_of_the_past(NOW)
    });
    assert_eq!(matches!(judged, Ok(Some(_))), for_us && !crashes, "{judged:?}");
    let now = &record.medium.bytes;
    assert_eq!(now.len(), SIZE);
    match (&judged, decode(now)) {
        (Ok(Some(_)), Err(Refused::Taken)) => {}
        (Ok(None) | Err(_), Ok(None)) => {}
        // Where headers are blank, what follows them is nobody's.
        (Ok(None), Err(Refused::Taken)) => {}
        (judged, next) => panic!("after {judged:?} the next daemon finds {next:?}"),
    }
    if judged.is_err() {
        assert!(is_blank(&now[CONTROL..]), "what is refused is wiped");
    }
    let survivors = kept.map(|kept| kept.survivors.clone()).unwrap_or_default();
    let mut kept = Kept { boot: US.boot.to_owned(), uid: US.uid, survivors };
    let Some(payload) = encode(&mut kept) else { return };
    record.write(&mut kept).expect("as before");
    let now = &mut record.medium.bytes;
    let again = decode(now).expect("a record that was written");
    assert!(again.is_some_and(|kept| kept.boot == US.boot && kept.uid == US.uid));
    now[start(1)..start(1) + HEADER + payload.len()].fill(0);
    assert!(is_blank(&now[CONTROL..]), "what was replaced still stands there");
}
