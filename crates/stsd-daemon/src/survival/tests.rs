//! The record as bytes: what becomes of it when its writer is killed between any two of them, and of
//! one that is not what a daemon of ours, of now, has left.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::Survival;
use super::image::{
    CONTROL, HEADER, Kept, PROVED, Refused, SIZE, SLOT, STAGE, VERSION, decode, header, start,
};
use super::memory::Image;
use super::record::Record;
use crate::clock::test::at;
use crate::state::{Story, Survivors};

impl Image {
    /// As a daemon leaves it that has held this.
    fn of(survivors: Survivors) -> Self {
        let mut image = Self::blank();
        image.record().write(&mut kept(survivors)).unwrap();
        image
    }
}

/// Every byte would take ten seconds; this comes to each place of a header in turn.
const STRIDE: usize = 17;

fn kept(survivors: Survivors) -> Kept {
    Kept { boot: "this".to_owned(), uid: 1000, survivors }
}

/// A session, and this many roles that say of what they are.
fn survivors(roles: &[&str]) -> Survivors {
    let mut story = Story::unlocked();
    for role in roles {
        story.fetch(role, 3600);
    }
    story.state.survivors().unwrap()
}

fn roles(image: &[u8]) -> Result<Option<Vec<String>>, Refused> {
    let names = |kept: Kept| kept.survivors.roles.into_iter().map(|role| role.profile).collect();
    decode(image).map(|kept| kept.map(names))
}

#[test]
fn a_record_says_what_was_written_last_and_nothing_of_what_was_before() {
    let mut image = Image::of(survivors(&["prod", "my staging"]));
    let names = |names: &[&str]| Ok(Some(names.iter().map(|name| (*name).to_owned()).collect()));
    assert_eq!(roles(&image.bytes), names(&["prod", "my staging"]));
    let mut record = image.record();
    for _ in 0..3 {
        record.write(&mut kept(survivors(&["my staging"]))).unwrap();
    }
    assert_eq!(roles(&image.bytes), names(&["my staging"]));
    assert!(!holds(&image.bytes, "444455556666:role/prod"));
    image.record().empty().unwrap();
    assert!(image.bytes[CONTROL..].iter().all(|byte| *byte == 0));
    assert_eq!(roles(&image.bytes), Ok(None));
}

#[test]
fn whoever_is_killed_in_the_middle_of_a_write_leaves_the_old_record_or_the_new_one() {
    let (old, new) = (survivors(&["prod"]), survivors(&["my staging"]));
    let (mut olds, mut news) = (0, 0);
    for left in (0..).step_by(STRIDE) {
        let mut image = Image::blank();
        let mut record = image.record();
        record.write(&mut kept(old.clone())).unwrap();
        let image = record.killed_after(left, |record| record.write(&mut kept(new.clone())));
        match roles(&image.bytes).unwrap().unwrap()[0].as_str() {
            "prod" => olds += 1,
            _ => news += 1,
        }
        assert!(news == 0 || roles(&image.bytes).unwrap().unwrap() == ["my staging"], "{left}");
        if image.left > 0 {
            break;
        }
    }
    assert!(olds > 50 && news > 50, "{olds} {news}");
}

#[test]
fn whoever_is_killed_in_the_middle_of_a_lock_leaves_the_record_whole_or_nothing() {
    let held = survivors(&["prod"]);
    for left in (0..).step_by(STRIDE) {
        let mut image = Image::blank();
        let mut record = image.record();
        record.write(&mut kept(held.clone())).unwrap();
        let image = record.killed_after(left, |record| record.empty());
        // Cut off in the middle of its header it is damaged, which is nothing too.
        let there = roles(&image.bytes);
        assert!(matches!(there, Ok(_) | Err(Refused::Damaged)), "{left}: {there:?}");
        assert_eq!(there == Ok(Some(vec!["prod".to_owned()])), left == 0, "{left}");
        if image.left > 0 {
            break;
        }
    }
}

#[test]
fn a_record_that_could_not_be_written_is_emptied_and_written_when_it_can_be() {
    let mut image = Image::blank();
    let mut record = image.record();
    record.write(&mut kept(survivors(&["prod"]))).unwrap();
    record.medium.left = 100;
    record.write(&mut kept(survivors(&["my staging"]))).unwrap_err();
    record.give_up().unwrap_err();
    assert_eq!(roles(&record.medium.bytes), Ok(None));
    record.medium.left = usize::MAX;
    record.write(&mut kept(survivors(&["my staging"]))).unwrap();
    assert_eq!(roles(&record.medium.bytes), Ok(Some(vec!["my staging".to_owned()])));
}

#[test]
fn a_record_that_could_not_be_written_is_tried_again_without_a_change() {
    let blank = tempfile::tempfile().unwrap();
    blank.set_len(SIZE as u64).unwrap();
    let mut record = Record::take(blank.try_clone().unwrap(), &vec![0; SIZE]).unwrap();
    record.medium = File::open("/dev/null").unwrap();
    let mut survival = Survival { record: Some(record), ..Survival::without("a test") };
    let state = Story::unlocked().state;
    let wait = survival.keep(&state, at(Duration::ZERO)).unwrap();
    assert_eq!(wait, Duration::from_secs(30));
    survival.record.as_mut().unwrap().medium = blank;
    assert_eq!(survival.keep(&state, at(wait)), None);
    assert_eq!(survival.outlook().restart().reason.unwrap(), "there is no record of them");
}

#[test]
fn a_record_that_was_taken_and_not_proved_is_not_taken_again() {
    let mut image = Image::of(survivors(&[]));
    assert_eq!(image.bytes[STAGE], PROVED);
    image.record();
    assert_eq!(roles(&image.bytes), Err(Refused::Taken));
    image.record().write(&mut kept(survivors(&[]))).unwrap();
    assert_eq!(roles(&image.bytes), Ok(Some(Vec::new())));
    // One that holds nothing may be taken by anybody.
    image.record().empty().unwrap();
    assert_eq!(roles(&image.bytes), Ok(None));
}

#[test]
fn what_no_daemon_of_ours_has_left_is_refused_with_its_reason() {
    let whole = Image::of(survivors(&["prod"])).bytes;
    let slot = if whole[start(0)] == 0 { start(1) } else { start(0) };
    let length = whole[slot..].iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let payload = &whole[slot + HEADER..slot + length];
    let of_version = |version| {
        let mut image = whole.clone();
        image[slot..slot + HEADER].copy_from_slice(&header(version, 1, payload));
        image
    };
    let turned = |at: usize| {
        let mut image = whole.clone();
        image[at] ^= 0x10;
        image
    };
    let garbage: Vec<u8> = (0..SIZE).map(|at| (at * 7 + 1) as u8).collect();
    for (image, expected) in [
        (of_version(VERSION + 1), Refused::Version(VERSION + 1)),
        (of_version(0), Refused::Version(0)),
        (whole[..SIZE - 1].to_vec(), Refused::Truncated),
        (whole[..64].to_vec(), Refused::Truncated),
        (turned(0), Refused::Damaged),
        (turned(STAGE), Refused::Taken),
        (turned(slot), Refused::Damaged),
        (turned(slot + 13), Refused::Damaged),
        (turned(slot + 20), Refused::Damaged),
        (turned(slot + HEADER), Refused::Damaged),
        (turned(slot + length - 1), Refused::Damaged),
        (garbage, Refused::Damaged),
    ] {
        assert_eq!(roles(&image), Err(expected));
    }
    assert_eq!(roles(&of_version(VERSION)), Ok(Some(vec!["prod".to_owned()])));
    for nothing in [&[][..], &[0; 1], &vec![0; SIZE]] {
        assert_eq!(roles(nothing), Ok(None));
    }
}

#[test]
fn lengths_that_no_clock_gives_are_refused_before_anybody_reckons_with_them() {
    let text = serde_json::to_string(&kept(survivors(&["prod"]))).unwrap();
    let long = "\"ends\":{\"secs\":18446744073709551000,";
    let place = text.find("\"ends\":{\"secs\":").unwrap();
    let comma = place + text[place..].find(',').unwrap();
    let text = format!("{}{long}{}", &text[..place], &text[comma + 1..]);
    let mut image = Image::of(survivors(&[])).bytes;
    image[CONTROL..].fill(0);
    image[start(0)..start(0) + HEADER].copy_from_slice(&header(VERSION, 1, text.as_bytes()));
    image[start(0) + HEADER..start(0) + HEADER + text.len()].copy_from_slice(text.as_bytes());
    assert_eq!(roles(&image), Err(Refused::Damaged));
}

#[test]
fn roles_that_do_not_fit_are_left_out_and_the_session_is_not() {
    let mut many = survivors(&["prod"]);
    many.roles = vec![many.roles[0].clone(); 3 * SLOT / 600];
    let image = Image::of(many.clone());
    let found = decode(&image.bytes).unwrap().unwrap().survivors;
    assert_eq!(found.sessions.len(), 1);
    assert!(found.roles.len() > 100 && found.roles.len() < many.roles.len());
}

fn holds(image: &[u8], text: &str) -> bool {
    image.windows(text.len()).any(|window| window == text.as_bytes())
}

impl Record<&mut Image> {
    /// Lets the writer go on until it has written so many bytes.
    fn killed_after(
        mut self,
        left: usize,
        work: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Image {
        self.medium.left = left;
        let ended = work(&mut self);
        let image = self.medium.clone();
        assert!(ended.is_ok() || image.left == 0);
        image
    }
}
