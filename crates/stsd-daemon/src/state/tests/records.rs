//! Records that no daemon can have written: each is a good one in which one thing was changed.

use serde_json::{Value, json};
use stsd_protocol::control::UnlockRequest;
use stsd_protocol::gateway::FailureKind;

use super::fixture::{ALICE, HOUR, Story, failed, plan};
use crate::state::Survivors;

/// Everything that a record can have in it: a session that a program's code has opened, a role, a
/// person's wrong code, and the date of STS.
fn a_day() -> Story {
    let mut story = Story::begin();
    let mut plan = plan();
    plan.identities[0].mfa_process = true;
    story.state.replan(plan);
    let now = story.now();
    let unlock = story.state.begin_unlock(UnlockRequest::default(), now).unwrap();
    let session = story.issued(12 * HOUR);
    story.finish(&unlock, session);
    story.fetch("prod", HOUR);
    let unlock = story.begin_unlock("123456").unwrap();
    story.finish(&unlock, failed(FailureKind::WrongCode, "AccessDenied"));
    story.due();
    story
}

fn record(story: &Story) -> Value {
    let mut record = serde_json::to_value(story.state.survivors().unwrap()).unwrap();
    // What a code is known by is another number each time.
    let seen = record["spent"]["seen"].as_object_mut().unwrap();
    let (_, moment) = seen.iter().next().map(|(key, at)| (key.clone(), at.clone())).unwrap();
    seen.clear();
    seen.insert("7".to_owned(), moment);
    record
}

fn changed(mut record: Value, place: &str, value: Value) -> Survivors {
    *record.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not there")) = value;
    serde_json::from_value(record).unwrap()
}

fn length(seconds: u64) -> Value {
    json!({ "secs": seconds, "nanos": 0 })
}

const OF_NO_LENGTH: [&str; 4] = [
    "/spent/seen/7",
    "/wrong_codes/ALICE/last",
    "/program_codes/ALICE",
    "/sessions/0/renewal/spent",
];
const ENDLESS: u64 = 1 << 36;

#[test]
fn nothing_has_happened_later_than_now() {
    let story = a_day();
    let now = story.now().boot;
    let good: Survivors = serde_json::from_value(record(&story)).unwrap();
    assert!(good.are_of_the_past(now) && good.are_plausible(), "{:?}", record(&story));
    let begins = ["/sessions/0/held/lasting/begins", "/roles/0/held/lasting/begins"];
    for place in OF_NO_LENGTH.into_iter().chain(begins) {
        let place = place.replace("ALICE", ALICE);
        for (later, past) in [(0, true), (1, false)] {
            let moment = length(now.as_secs() + later);
            let survivors = changed(record(&story), &place, moment);
            assert_eq!(survivors.are_of_the_past(now), past, "{place} {later}");
        }
    }
}

#[test]
fn no_moment_is_one_that_no_machine_lives_to_see() {
    let story = a_day();
    for place in OF_NO_LENGTH.into_iter().chain(["/sessions/0/renewal/retry"]) {
        let place = place.replace("ALICE", ALICE);
        for (seconds, plausible) in [(ENDLESS - 1, true), (ENDLESS, false)] {
            let survivors = changed(record(&story), &place, length(seconds));
            assert_eq!(survivors.are_plausible(), plausible, "{place} {seconds}");
        }
    }
    let bases: Vec<_> = record(&story)["clocks"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(bases, [""], "AWS's");
    for place in ["/clocks/", "/wall_minus_boot"] {
        for (base, plausible) in [(ENDLESS - 1, true), (ENDLESS, false)] {
            for base in [base.cast_signed(), -base.cast_signed()] {
                let survivors = changed(record(&story), place, json!(base));
                assert_eq!(survivors.are_plausible(), plausible, "{place} {base}");
            }
        }
    }
}

#[test]
fn no_credentials_last_for_longer_than_sts_gave_them_nor_than_it_gives_any() {
    let story = a_day();
    let begins = story.now().boot.as_secs();
    let (day, hour) = (36 * HOUR, HOUR);
    for (begins, due, ends, given, plausible) in [
        (begins, begins, begins + hour, hour, true),
        (begins, begins, begins + hour + 1, hour, false),
        (begins, begins, begins + day, day + 1, true),
        (begins, begins, begins + day + 1, day + 1, false),
        (begins, begins + hour, begins + hour, hour, true),
        (begins, begins + hour + 1, begins + hour, hour, false),
        (begins, begins, begins - 1, hour, false),
        (ENDLESS - 2, ENDLESS - 2, ENDLESS - 1, hour, true),
        (ENDLESS - 1, ENDLESS - 1, ENDLESS, hour, false),
    ] {
        for kind in ["sessions", "roles"] {
            let mut record = record(&story);
            let held = &mut record[kind][0]["held"];
            let end = story.date().plus(std::time::Duration::from_secs(given));
            held["credentials"]["expiration"] = serde_json::to_value(end).unwrap();
            let lasting =
                json!({ "begins": length(begins), "due": length(due), "ends": length(ends) });
            let survivors = changed(record, &format!("/{kind}/0/held/lasting"), lasting);
            assert_eq!(
                survivors.are_plausible(),
                plausible,
                "{kind} {begins} {due} {ends} {given}"
            );
        }
    }
}

#[test]
fn no_credentials_are_such_as_the_endpoint_cannot_serve() {
    let story = a_day();
    let held = &record(&story)["roles"][0]["held"]["credentials"];
    let others = [&held["access_key_id"], &held["secret_access_key"]];
    let room = 7 * 1024 - others.map(|text| text.as_str().unwrap().len()).iter().sum::<usize>();
    for (text, plausible) in [
        ("x".repeat(room), true),
        ("x".repeat(room + 1), false),
        (String::new(), false),
        ("two words".to_owned(), false),
        ("two\nlines".to_owned(), false),
    ] {
        for kind in ["sessions", "roles"] {
            let place = format!("/{kind}/0/held/credentials/session_token");
            let survivors = changed(record(&story), &place, json!(text));
            assert_eq!(survivors.are_plausible(), plausible, "{kind} {} bytes", text.len());
        }
    }
}

#[test]
fn a_record_is_worth_writing_while_it_has_a_session_a_role_or_a_code() {
    let story = a_day();
    for kept in ["sessions", "roles", "seen", "program_codes", "nothing"] {
        let mut record = record(&story);
        for list in ["sessions", "roles"].into_iter().filter(|list| *list != kept) {
            record[list] = json!([]);
        }
        if kept != "seen" {
            record["spent"]["seen"] = json!({});
        }
        let codes = if kept == "program_codes" { json!({ ALICE: length(1) }) } else { json!({}) };
        let survivors = changed(record, "/program_codes", codes);
        assert_eq!(survivors.hold_nothing(), !["sessions", "roles"].contains(&kept), "{kept}");
        assert_eq!(survivors.is_empty(), kept == "nothing", "{kept}");
    }
}
