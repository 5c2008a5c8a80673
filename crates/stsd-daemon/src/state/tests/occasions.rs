//! Which notices are due, occasion by occasion.

use std::time::Duration;

use stsd_protocol::RefusalCode;
use stsd_protocol::gateway::FailureKind;

use super::fixture::{ALICE, CI, HOUR, SERIAL, Story, failed, identity, plan};
use crate::clock::test::at;
use crate::state::{Notice, Occasions, Refused};

const MINUTE: u64 = 60;

/// A story, and who tells the desktop of it.
struct Told {
    story: Story,
    occasions: Occasions,
}

impl Told {
    fn of(story: Story) -> Self {
        Self { story, occasions: Occasions::default() }
    }

    /// A tool asks for a profile, and is refused.
    fn refuse(&mut self, profile: &str) -> Option<Notice> {
        let refusal = self.story.refusal(profile);
        let refused = Refused { profile: Some(profile.to_owned()), refusal };
        let at_once = self.occasions.refused(&refused, self.story.state.table(), self.story.now());
        let in_a_second = at(Duration::from_secs(self.story.seconds + 1));
        at_once.or_else(|| self.occasions.due(self.story.state.table(), in_a_second).pop())
    }

    fn titles(&mut self) -> Vec<String> {
        let notices = self.occasions.due(self.story.state.table(), self.story.now());
        notices.into_iter().map(|notice| notice.title).collect()
    }

    /// What is told within so many seconds, and after how many each time.
    fn within(&mut self, seconds: u64) -> Vec<(u64, String)> {
        let (mut told, start) = (Vec::new(), self.story.seconds);
        while self.story.seconds <= start + seconds {
            self.story.due();
            let titles = self.titles();
            told.extend(titles.into_iter().map(|title| (self.story.seconds - start, title)));
            let nap = self.occasions.nap(self.story.state.table(), self.story.now());
            self.story.seconds += nap.map_or(30, |nap| nap.as_secs().max(1));
        }
        told
    }
}

#[test]
fn the_first_refusal_in_ten_minutes_is_told_and_no_other() {
    let mut told = Told::of(Story::begin());
    let notice = told.refuse("prod").unwrap();
    assert_eq!(notice.title, "stsd is locked");
    assert_eq!(notice.body, "run `stsd unlock`: a program asked for profile prod");
    for seconds in [0, 1, 10 * MINUTE - 1] {
        told.story.seconds = seconds;
        assert_eq!(told.refuse("prod"), None, "after {seconds} s");
        assert_eq!(told.refuse("my-staging"), None, "one unlock helps both");
    }
    told.story.seconds = 10 * MINUTE;
    let notice = told.refuse("my-staging").unwrap();
    assert!(notice.body.ends_with("a program asked for profile 'my staging'"), "{notice:?}");
}

#[test]
fn each_profile_and_each_reason_is_told_with_its_own_sentence() {
    let mut told = Told::of(Story::unlocked());
    for profile in ["prod", "my staging"] {
        let job = told.story.want(profile).unwrap();
        told.story.finish(&job, failed(FailureKind::Denied, "AccessDenied"));
    }
    for profile in ["prod", "my staging", "sso", "loop"] {
        let notice = told.refuse(profile).unwrap();
        assert_eq!(notice.body, told.story.refusal(profile).one_line());
        assert_eq!(told.refuse(profile), None, "{profile}");
    }
    told.story.state.lock(None, told.story.now()).unwrap();
    assert_eq!(told.refuse("prod").map(|notice| notice.title).as_deref(), Some("stsd is locked"));
}

#[test]
fn a_person_who_is_asked_for_the_code_is_not_told_that_it_is_needed() {
    for (prompt, asked, told) in [(true, ALICE, false), (true, CI, true), (false, ALICE, true)] {
        let story = Story::begin();
        let mut table = story.state.table().clone();
        table.prompt = prompt;
        let refused = Refused { profile: None, refusal: story.refusal("default") };
        let mut occasions = Occasions::default();
        let at_once = occasions.refused(&refused, &table, story.now());
        assert_eq!(at_once.is_some(), !prompt);
        assert_eq!(occasions.due(&table, story.now()), []);
        occasions.a_person_is_asked(asked);
        let later = occasions.due(&table, at(Duration::from_secs(1)));
        assert_eq!(at_once.is_some() || !later.is_empty(), told, "{prompt} {asked}");
    }
}

#[test]
fn who_unlocks_before_the_notice_comes_is_not_told_that_it_is_locked() {
    let mut told = Told::of(Story::begin());
    let refused = Refused { profile: None, refusal: told.story.refusal("default") };
    let (table, now) = (told.story.state.table(), told.story.now());
    assert_eq!(told.occasions.refused(&refused, table, now), None);
    told.story.unlock("123456", 12 * HOUR);
    told.story.seconds = 1;
    assert_eq!(told.titles(), Vec::<String>::new());
}

#[test]
fn a_thousand_unknown_names_are_told_twice_and_leave_room_for_the_rest() {
    let mut told = Told::of(Story::begin());
    let raised: Vec<_> = (0..1000).filter_map(|n| told.refuse(&format!("guess-{n}"))).collect();
    assert_eq!(raised.len(), 2);
    assert!(told.refuse("prod").is_some());
}

#[test]
fn ten_minutes_hold_a_handful_whatever_goes_wrong() {
    let mut many = plan();
    many.profiles =
        (0..1000).map(|n| super::fixture::role_profile(&format!("p{n}"), ALICE, "r")).collect();
    let mut story = Story::unlocked();
    story.state.replan(many);
    let mut told = Told::of(story);
    let raised = (0..1000).filter(|n| {
        let name = format!("p{n}");
        let job = told.story.want(&name).unwrap();
        told.story.finish(&job, failed(FailureKind::Denied, "AccessDenied"));
        told.refuse(&name).is_some()
    });
    assert_eq!(raised.count(), 5);
}

#[test]
fn nobody_is_told_of_what_passes_by_itself_or_is_being_cured() {
    let mut told = Told::of(Story::begin());
    let pending = stsd_protocol::Refusal::new(RefusalCode::Pending, "STS has not answered yet");
    let refused = Refused { profile: None, refusal: pending };
    let (table, now) = (told.story.state.table().clone(), told.story.now());
    assert_eq!(told.occasions.refused(&refused, &table, now), None);
    told.story.begin_unlock("123456").unwrap();
    assert_eq!(told.refuse("prod"), None, "the code has been typed");
}

#[test]
fn the_end_of_a_days_session_is_told_three_times() {
    let mut told = Told::of(Story::unlocked());
    told.story.want("prod");
    let ends = told.within(13 * HOUR);
    let (times, titles): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
    let expected = [
        "stsd: the session ends in 30 minutes",
        "stsd: the session ends in 5 minutes",
        "stsd: the session has ended",
    ];
    assert_eq!(titles, expected);
    assert_eq!(times[..2], [12 * HOUR - 30 * MINUTE, 12 * HOUR - 5 * MINUTE]);
    assert!((12 * HOUR - 30..=12 * HOUR).contains(&times[2]), "{times:?}");
}

#[test]
fn a_refusal_right_after_the_end_is_not_told_again() {
    let mut told = Told::of(Story::unlocked());
    told.story.want("prod");
    assert_eq!(told.within(12 * HOUR).len(), 3);
    assert_eq!(told.story.refusal("prod").message, "the session has ended");
    assert_eq!(told.refuse("prod"), None);
}

#[test]
fn an_end_that_nobody_would_notice_is_not_told() {
    let mut told = Told::of(Story::unlocked());
    told.story.seconds = 12 * HOUR - 1;
    told.story.due();
    assert_eq!(told.titles(), [""; 0]);
}

#[test]
fn after_a_sleep_only_the_last_word_is_said_and_with_what_is_left() {
    for (left, title) in [
        (17 * MINUTE - 30, Some("stsd: the session ends in 17 minutes")),
        (MINUTE, Some("stsd: the session ends in 1 minute")),
        (31 * MINUTE, None),
    ] {
        let mut told = Told::of(Story::unlocked());
        told.story.seconds = 12 * HOUR - left;
        assert_eq!(told.titles().first().map(String::as_str), title);
        assert_eq!(told.titles(), [""; 0], "and once");
    }
}

#[test]
fn a_session_that_was_renewed_starts_over() {
    let mut told = Told::of(Story::unlocked());
    told.story.seconds = 12 * HOUR - 20 * MINUTE;
    assert_eq!(told.titles().len(), 1);
    told.story.unlock("234567", 2 * HOUR);
    assert_eq!(told.titles(), [""; 0]);
    let ends = told.within(3 * HOUR);
    assert_eq!(ends[0], (90 * MINUTE, "stsd: the session ends in 30 minutes".to_owned()));
}

#[test]
fn a_short_session_is_not_announced_as_ending_when_it_begins() {
    for (life, expected) in [(15 * MINUTE, 1), (31 * MINUTE, 2), (5 * MINUTE, 0)] {
        let mut story = Story::begin();
        story.unlock("123456", life);
        let mut told = Told::of(story);
        assert_eq!(told.titles(), [""; 0]);
        assert_eq!(told.within(life - 20).len(), expected, "{life} s");
    }
}

#[test]
fn a_lock_and_a_session_without_a_device_are_nobodys_end() {
    let mut told = Told::of(Story::unlocked());
    told.story.seconds = 12 * HOUR - 20 * MINUTE;
    told.story.state.lock(None, told.story.now()).unwrap();
    assert_eq!(told.within(HOUR), []);
    let mut story = Story::begin();
    story.fetch("ci", HOUR);
    assert_eq!(Told::of(story).within(2 * HOUR), []);
}

#[test]
fn where_there_are_several_identities_the_notice_names_the_one() {
    let mut story = Story::begin();
    let mut other = plan();
    other.identities[1] = identity(CI, "ci", Some(SERIAL));
    story.state.replan(other);
    let request = stsd_protocol::control::UnlockRequest {
        profile: Some("ci".to_owned()),
        token_code: Some(stsd_secret::Secret::new("123456")),
        ..Default::default()
    };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    let issued = story.issued(HOUR);
    story.finish(&job, issued);
    story.seconds = HOUR - 30 * MINUTE;
    let mut told = Told::of(story);
    let notices = told.occasions.due(told.story.state.table(), told.story.now());
    assert_eq!(notices[0].title, "stsd: the session of ci ends in 30 minutes");
    assert_eq!(notices[0].body, "run `stsd unlock ci` to go on without a gap");
}

#[test]
fn a_nap_ends_when_the_next_word_is_due_and_in_half_a_minute_at_most() {
    let mut told = Told::of(Story::unlocked());
    let half = 11 * HOUR + 30 * MINUTE;
    let (last, end) = (12 * HOUR - 5 * MINUTE, 12 * HOUR);
    for (seconds, nap) in [
        (0, Some(30)),
        (half - 7, Some(7)),
        (half, Some(30)),
        (last - 7, Some(7)),
        (end - 7, Some(7)),
        (end, None),
    ] {
        told.story.seconds = seconds;
        let next = told.occasions.nap(told.story.state.table(), told.story.now());
        assert_eq!(next, nap.map(Duration::from_secs), "after {seconds} s");
    }
    assert_eq!(Occasions::default().nap(Story::begin().state.table(), at(Duration::ZERO)), None);
}

#[test]
fn what_waits_for_its_second_ends_a_nap() {
    let mut told = Told::of(Story::begin());
    let refused = Refused { profile: Some("prod".to_owned()), refusal: told.story.refusal("prod") };
    told.occasions.refused(&refused, told.story.state.table(), told.story.now());
    let nap = told.occasions.nap(told.story.state.table(), told.story.now());
    assert_eq!(nap, Some(Duration::from_secs(1)));
}
