//! The record as the service manager passes it: whatever its bytes are, and whatever a daemon makes of what
//! it has believed. The first byte chooses the form.
//!
//! No mutation of bytes gets past a checksum, so most forms set it right: what is behind it is tried too.

mod image;
mod lives;
mod plan;
mod plausible;
mod restored;
mod taken;
mod told;

use serde_json::Value;

use super::image::{HEADER, Kept, Refused, SLOT, decode, encode};

/// Reads the bytes as a record, or as what stands in one, or as the lives of daemons that write it.
pub fn record(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    match choice % 6 {
        0 => found(bytes),
        1 => found(&image::spread(bytes)),
        2 => found(&image::set_right(image::spread(bytes))),
        3 => believed(bytes),
        4 => believed(told::kept(bytes).to_string().as_bytes()),
        _ => lives::lives(bytes),
    }
}

/// What a daemon does that is passed these bytes.
fn found(image: &[u8]) {
    let kept = read(image);
    taken::taken(image, kept.as_ref());
    if let Some(kept) = kept {
        goes_on_with(kept);
    }
}

/// The same for a slot that is whole, whatever it says.
fn believed(payload: &[u8]) {
    if let Some(kept) = read(&image::holding(payload)) {
        goes_on_with(kept);
    }
}

/// What is read is what stands there in force, and nothing is read that no daemon can have held.
fn read(bytes: &[u8]) -> Option<Kept> {
    let (read, in_force) = (decode(bytes), image::in_force(bytes));
    let expected = in_force.and_then(|payload| {
        let kept: Kept = serde_json::from_slice(payload).ok()?;
        Some(value(&kept)).filter(plausible::is_plausible)
    });
    assert_eq!(read.as_ref().ok().and_then(|kept| kept.as_ref().map(value)), expected);
    match read {
        Err(Refused::Version(version)) => assert_ne!(version, super::VERSION),
        Ok(None) => assert!(in_force.is_none(), "what is damaged passes for nothing"),
        _ => {}
    }
    read.ok().flatten()
}

fn goes_on_with(mut kept: Kept) {
    discreet(&kept);
    restored::restored(&kept.survivors);
    let before = value(&kept);
    let Some(payload) = encode(&mut kept) else { return };
    assert!(payload.len() <= SLOT - HEADER);
    let again = decode(&image::holding(&payload)).expect("a record that was written");
    let again = again.as_ref().map(value);
    assert_eq!(again, Some(value(&kept)));
    // Roles that do not fit are left out, and nothing else.
    let fits = before.to_string().len() <= SLOT - HEADER;
    assert!(!fits || again == Some(before), "written, it says something else");
}

/// No log shows what is held.
fn discreet(kept: &Kept) {
    let shown = format!("{kept:?}");
    let wire = value(kept).to_string();
    let survivors = &kept.survivors;
    let sessions = survivors.sessions.iter().map(|session| &session.held);
    for held in sessions.chain(survivors.roles.iter().map(|role| &role.held)) {
        for secret in [&held.credentials.secret_access_key, &held.credentials.session_token] {
            let text = secret.expose();
            // One that stands in another field too, or that is too short to be one, may be shown.
            let only_there = text.len() >= 24 && wire.matches(text).count() == 1;
            assert!(!only_there || !shown.contains(text), "a secret is shown");
        }
    }
}

fn value(kept: &Kept) -> Value {
    serde_json::to_value(kept).expect("what was JSON becomes JSON")
}
