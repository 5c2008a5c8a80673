//! A new reading of the user's files while there is something to lose.

use stsd_protocol::control::{ProfileState, SessionState};
use stsd_protocol::gateway::{FailureKind, Plan, Problem, ProfileSource, Severity};
use stsd_protocol::{Refusal, RefusalCode};

use super::fixture::{ALICE, CI, HOUR, Story, failed, identity, plan, role_profile};
use crate::state::Answer;

#[test]
fn the_same_files_again_change_nothing() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.state.replan(plan());
    assert!(story.serves("default") && story.serves("prod"));
}

#[test]
fn another_role_under_the_same_name_is_not_served_with_the_old_credentials() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let mut other = plan();
    other.profiles[1] = role_profile("prod", ALICE, "other");
    story.state.replan(other);
    assert_eq!(story.profile_state("prod"), ProfileState::Cold);
    assert!(story.serves("default"));
}

#[test]
fn lock_counts_what_was_handed_out_of_a_profile_that_is_gone() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let Answer::Ready(held) = story.answer("prod") else { panic!("not ready") };
    held.serve(story.now());
    let mut other = plan();
    other.profiles.remove(1);
    story.state.replan(other);
    let locked = story.state.lock(None, story.now()).unwrap();
    assert_eq!(locked.handed_out_until, Some(held.expiration()));
}

#[test]
fn a_call_for_a_role_that_has_changed_meanwhile_is_dropped() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    let mut other = plan();
    other.profiles[1] = role_profile("prod", ALICE, "other");
    story.state.replan(other);
    let late = story.issued(HOUR);
    story.finish(&job, late);
    assert!(!story.serves("prod"));
}

#[test]
fn a_role_is_never_served_with_what_was_asked_for_another_role_of_its_name() {
    let mut story = Story::unlocked();
    let old_job = story.want("prod").unwrap();
    let mut other = plan();
    other.profiles[1] = role_profile("prod", ALICE, "other");
    story.state.replan(other);
    let new_job = story.want("prod").unwrap();
    let (late, right) = (story.issued(HOUR), story.issued(HOUR));
    story.finish(&old_job, late);
    assert!(!story.serves("prod"));
    story.finish(&new_job, right);
    assert!(story.serves("prod"));
}

#[test]
fn a_lock_wins_over_an_unlock_even_if_the_keys_went_and_came_back_meanwhile() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    story.state.lock(None, story.now()).unwrap();
    story.state.replan(Plan::default());
    story.state.replan(plan());
    let late = story.issued(HOUR);
    story.finish(&job, late);
    assert_eq!(story.session_state(ALICE), SessionState::Locked);
}

#[test]
fn a_lock_wins_over_an_unlock_even_if_the_device_became_another_one_meanwhile() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    story.state.lock(None, story.now()).unwrap();
    let mut other = plan();
    other.identities[0] = identity(ALICE, "default", Some("arn:aws:iam::111122223333:mfa/new"));
    story.state.replan(other);
    // The numbers of a session go on, so that no later lock has the number of that unlock.
    story.state.lock(None, story.now()).unwrap();
    let late = story.issued(HOUR);
    story.finish(&job, late);
    assert_eq!(story.session_state(ALICE), SessionState::Locked);
}

#[test]
fn whose_keys_they_are_is_known_whatever_device_the_files_name() {
    let mut story = Story::unlocked();
    story.state.lock(None, story.now()).unwrap();
    let mut other = plan();
    other.identities[0] = identity(ALICE, "default", Some("arn:aws:iam::111122223333:mfa/new"));
    story.state.replan(other);
    let report = &story.state.table().session_reports(story.now())[0];
    assert_eq!(report.account_id.as_deref(), Some("111122223333"));
    assert_eq!(report.mfa_serial.as_deref(), Some("arn:aws:iam::111122223333:mfa/new"));
}

#[test]
fn keys_that_were_refused_are_tried_again_after_an_edit() {
    let mut story = Story::begin();
    for profile in ["ci", "deploy"] {
        let job = story.want(profile).unwrap();
        story.finish(&job, failed(FailureKind::Denied, "InvalidClientTokenId"));
        assert!(story.want(profile).is_none());
    }
    story.state.replan(plan());
    story.fetch("ci", HOUR);
    story.fetch("deploy", HOUR);
    assert!(story.serves("ci") && story.serves("deploy"));
}

#[test]
fn a_session_outlives_a_moment_without_its_keys() {
    let mut story = Story::unlocked();
    story.state.replan(Plan::default());
    assert_eq!(story.refusal("default").code, RefusalCode::UnknownProfile);
    story.state.replan(plan());
    assert!(story.serves("default"));
}

#[test]
fn files_that_cannot_be_read_leave_the_last_good_plan_in_force() {
    let mut story = Story::unlocked();
    story.state.plan_failed(Refusal::new(RefusalCode::Configuration, "line 3 is broken"));
    assert!(story.serves("default"));
    assert_eq!(story.refusal("nope").message, "line 3 is broken");
}

#[test]
fn a_file_that_breaks_off_leaves_the_last_good_plan_in_force_and_is_shown() {
    let mut story = Story::unlocked();
    let broken = |severity| Plan {
        problems: vec![Problem {
            file: "/home/alice/.aws/config".to_owned(),
            line: Some(78),
            profile: None,
            key: None,
            severity,
            message: "there is no `=` in this line".to_owned(),
        }],
        ..Plan::default()
    };
    assert!(!story.state.replan(broken(Severity::Error)));
    assert!(story.serves("default"));
    assert_eq!(story.state.table().problems.len(), 1);
    assert!(story.state.replan(broken(Severity::Notice)), "a notice does not empty a file");
    assert!(!story.state.replan(broken(Severity::Error)));
    assert_eq!(
        story.refusal("default").message,
        "the AWS configuration cannot be read: \
         /home/alice/.aws/config:78: there is no `=` in this line"
    );
}

#[test]
fn without_any_plan_everybody_hears_why() {
    let mut story = Story::begin();
    story.state.replan(Plan::default());
    story.state.plan_failed(Refusal::new(RefusalCode::Configuration, "line 3 is broken"));
    assert_eq!(story.refusal("prod").message, "line 3 is broken");
}

#[test]
fn why_nothing_could_be_read_stands_once_among_the_mistakes() {
    let mistake = |severity, profile: Option<&str>| Problem {
        file: "/home/alice/.aws/config".to_owned(),
        line: Some(3),
        profile: profile.map(str::to_owned),
        key: None,
        severity,
        message: "a mistake".to_owned(),
    };
    let unreadable = "the gateway is not there";
    for (problem, shown) in [
        (mistake(Severity::Error, Some("loop")), &[unreadable, "a mistake"][..]),
        (mistake(Severity::Notice, None), &[unreadable, "a mistake"]),
        // This one says of the whole file why nothing could be read.
        (mistake(Severity::Error, None), &["a mistake"]),
    ] {
        let mut story = Story::begin();
        let table = |story: &Story| {
            story.state.table().problems().into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        assert!(table(&story).is_empty());
        story.state.replan(Plan { problems: vec![problem], ..plan() });
        assert_eq!(table(&story), ["a mistake"]);
        story.state.plan_failed(Refusal::new(RefusalCode::Configuration, unreadable));
        assert_eq!(table(&story), shown);
    }
}

#[test]
fn an_identity_feeds_its_own_profile_and_its_roles() {
    let story = Story::begin();
    assert_eq!(story.state.table().fed_by(CI), ["ci", "deploy"]);
}

#[test]
fn a_device_that_is_added_locks_keys_that_needed_none() {
    let mut story = Story::begin();
    let mut other = plan();
    other.identities[1] = identity(CI, "ci", Some("arn:aws:iam::111122223333:mfa/ci"));
    story.state.replan(other);
    assert_eq!(story.session_state(CI), SessionState::Locked);
}

#[test]
fn a_device_that_is_added_is_wanted_for_the_session_after_the_one_that_there_is() {
    let mut story = Story::begin();
    story.fetch("ci", 12 * HOUR);
    let mut other = plan();
    other.identities[1] = identity(CI, "ci", Some("arn:aws:iam::111122223333:mfa/ci"));
    story.state.replan(other);
    assert!(story.serves("ci"));
    assert!(story.nap_until_due(12 * HOUR).is_empty(), "no code, no renewal");
    assert_eq!(story.session_state(CI), SessionState::Locked);
}

#[test]
fn profiles_are_found_by_name_and_by_path_form() {
    let story = Story::begin();
    let table = story.state.table();
    assert_eq!(table.find(Some("my staging")), table.find(Some("my-staging")));
    assert_eq!(table.find(None), table.find(Some("default")));
    let refusal = table.find(Some("my_staging")).unwrap_err();
    assert_eq!(refusal.message, "there is no profile my_staging in the AWS configuration");
}

#[test]
fn kinds_that_are_not_served_say_why() {
    let story = Story::begin();
    assert_eq!(story.refusal("sso").code, RefusalCode::UnsupportedProfile);
    assert_eq!(story.refusal("loop").code, RefusalCode::InvalidProfile);
    assert_eq!(story.profile_state("sso"), ProfileState::Unsupported);
    assert_eq!(story.profile_state("loop"), ProfileState::Invalid);
}

#[test]
fn a_profile_is_known_by_both_its_names_and_the_roots_that_it_names_are_all_watched() {
    let mut plan = plan();
    plan.profiles[0].target.ca_bundle = Some("/own.pem".to_owned());
    if let ProfileSource::Role { hops, .. } = &mut plan.profiles[1].source {
        hops[0].target.ca_bundle = Some("/hop.pem".to_owned());
    }
    let mut story = Story::begin();
    story.state.replan(plan);
    let table = story.state.table();
    for (name, known) in [("my staging", true), ("my-staging", true), ("staging", false)] {
        assert_eq!(table.knows(name), known, "{name}");
    }
    assert_eq!(table.ca_bundles(), ["/own.pem", "/hop.pem"].map(Into::into).into());
}
