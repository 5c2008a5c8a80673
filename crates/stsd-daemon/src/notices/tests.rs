//! The deciding half under a paused clock; no program is run.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::{Refusal, RefusalCode};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{Bell, WAITING, decide};
use crate::clock::test::TokioClock;
use crate::state::{ALICE, Notice, Story, Table};

struct Room {
    bell: Bell,
    snapshots: watch::Sender<Arc<Table>>,
    notices: mpsc::UnboundedReceiver<Notice>,
    _task: JoinSet<()>,
}

impl Room {
    fn open(story: &Story) -> Self {
        let (bell, heard) = Bell::new();
        let (snapshots, receiver) = watch::channel(Arc::new(story.state.table().clone()));
        let (sender, notices) = mpsc::unbounded_channel();
        let mut task = JoinSet::new();
        task.spawn(decide(TokioClock::start(), heard, receiver, sender));
        Self { bell, snapshots, notices, _task: task }
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_session_is_told_when_it_comes_though_nothing_else_happens() {
    let start = Instant::now();
    let mut story = Story::unlocked();
    story.want("prod");
    let mut room = Room::open(&story);
    for minutes in [11 * 60 + 30, 11 * 60 + 55, 12 * 60] {
        let notice = room.notices.recv().await.unwrap();
        assert_eq!(start.elapsed().as_secs() / 60, minutes, "{}", notice.title);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_begins_later_is_looked_after_too() {
    let mut story = Story::begin();
    let mut room = Room::open(&story);
    story.unlock("123456", 3600);
    let start = Instant::now();
    room.snapshots.send_replace(Arc::new(story.state.table().clone()));
    let notice = room.notices.recv().await.unwrap();
    assert_eq!(notice.title, "stsd: the session ends in 30 minutes");
    assert_eq!(start.elapsed(), Duration::from_secs(1800));
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_refusals_blocks_nobody_and_is_told_once() {
    let mut room = Room::open(&Story::begin());
    let locked = Refusal::new(RefusalCode::Locked, "stsd is locked");
    for _ in 0..100 * WAITING {
        room.bell.ring(Some("prod"), &locked);
    }
    assert_eq!(room.notices.recv().await.unwrap().title, "stsd is locked");
    drop(room.bell);
    assert_eq!(room.notices.recv().await, None, "it ends when nobody can ring");
}

#[tokio::test(start_paused = true)]
async fn a_person_who_is_asked_on_a_terminal_is_not_told_as_well() {
    let mut story = Story::begin();
    story.state.lock(Some("ci"), story.now()).unwrap();
    let mut room = Room::open(&story);
    let locked = Refusal::new(RefusalCode::Locked, "stsd is locked");
    let unknown = Refusal::new(RefusalCode::UnknownProfile, "there is no profile nowhere");
    room.bell.ring(Some("prod"), &locked);
    room.bell.a_person_is_asked(ALICE);
    room.bell.ring(Some("ci"), &locked);
    sleep(Duration::from_secs(60)).await;
    room.bell.ring(Some("nowhere"), &unknown);
    for profile in ["ci", "nowhere"] {
        let notice = room.notices.recv().await.unwrap();
        assert!(notice.title.contains(profile) || notice.body.ends_with(profile), "{notice:?}");
    }
}

#[test]
fn a_bell_without_a_room_is_silent() {
    Bell::default().ring(None, &Refusal::new(RefusalCode::Locked, "stsd is locked"));
}
