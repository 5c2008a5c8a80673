//! The numbers of the changes: a reader looks again when it sees another one, and a call is known by
//! the one that it was made under.

use stsd_protocol::gateway::FailureKind;
use stsd_protocol::{Refusal, RefusalCode};

use super::fixture::{HOUR, Story, failed, plan};

#[test]
fn each_change_has_a_number_that_no_earlier_one_had() {
    let mut story = Story::begin();
    let mut highest = story.state.version();
    let mut changed = |story: &Story, by: &str| {
        let version = story.state.version();
        assert!(version > highest, "{by} is {version} after {highest}");
        highest = version;
    };
    let unlock = story.begin_unlock("123456").unwrap();
    changed(&story, "an unlock that begins");
    let session = story.issued(12 * HOUR);
    story.finish(&unlock, session);
    changed(&story, "a session");
    let role = story.want("prod").unwrap();
    changed(&story, "a call");
    story.want("prod");
    let credentials = story.issued(HOUR);
    story.finish(&role, credentials);
    changed(&story, "an answer");
    let (_, jobs) = story.state.refresh(Some("prod"), story.now()).unwrap();
    changed(&story, "a refresh");
    story.finish(&jobs[0], failed(FailureKind::Denied, "AccessDenied"));
    changed(&story, "a refusal");
    story.seconds += HOUR;
    story.due();
    changed(&story, "the end of a role");
    story.seconds += 11 * HOUR;
    story.due();
    changed(&story, "the end of a session");
    story.state.lock(None, story.now()).unwrap();
    changed(&story, "a lock");
    story.state.lock(Some("prod"), story.now()).unwrap();
    changed(&story, "a lock of one profile");
    story.state.replan(plan());
    changed(&story, "a plan");
    story.state.plan_failed(Refusal::new(RefusalCode::Configuration, "the files are gone"));
    changed(&story, "no plan");
    // Locked, and so without a call: that it is in use is what has changed.
    story.want("my staging");
    changed(&story, "a profile that comes into use");
}

#[test]
fn files_are_read_again_only_where_they_have_changed_under_a_call() {
    for (kind, again) in [(FailureKind::Changed, true), (FailureKind::Denied, false)] {
        let mut story = Story::unlocked();
        let role = story.want("prod").unwrap();
        assert_eq!(story.finish(&role, failed(kind, "Failure")).replan, again, "{kind:?}");
        let session = story.want("ci").unwrap();
        assert_eq!(story.finish(&session, failed(kind, "Failure")).replan, again, "{kind:?}");
    }
}
