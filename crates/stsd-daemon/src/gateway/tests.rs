//! What happens to calls when the gateway's process does not behave. The process is a stand-in that
//! does nothing; the test speaks in its place.

mod signs;

use std::process::Stdio;

use stsd_protocol::frame::{HEADER, REQUEST_LIMIT, RESPONSE_LIMIT, SIGN_OF_LIFE, header, length};
use stsd_protocol::gateway::{
    Base, FailureKind, LongTermKeys, Operation, Outcome, Plan, PlanRequest, Request, Response,
    Settings, StsTarget, TemporaryCredentials, UnlockRequest, WhoamiRequest,
};
use stsd_protocol::{Timestamp, VERSION};
use stsd_secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::process::{GatewayProcess, Message, Waiting};
use super::worker::{Worker, run};
use super::{Gateway, Reply};

/// A worker in its own task, and this test as its process.
struct Stage {
    calls: mpsc::UnboundedSender<Box<Waiting>>,
    process: DuplexStream,
    /// Calls that the worker hands back.
    back: mpsc::UnboundedReceiver<Message>,
    _keeper: mpsc::UnboundedSender<Message>,
    worker: JoinSet<()>,
}

impl Stage {
    fn set() -> Self {
        let (ours, process) = duplex(1 << 16);
        let (reader, writer) = split(ours);
        let child = Command::new("sleep")
            .arg("60")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (calls, inbox) = mpsc::unbounded_channel();
        let (keeper, back) = mpsc::unbounded_channel();
        let mut worker = JoinSet::new();
        worker.spawn(run(Worker { child, reader, writer }, inbox, keeper.downgrade()));
        Self { calls, process, back, _keeper: keeper, worker }
    }

    fn call(&self, operation: Operation) -> oneshot::Receiver<Reply> {
        let (reply, answer) = oneshot::channel();
        let settings = Settings::default();
        self.calls.send(Box::new(Waiting { operation, settings, reply, again: false })).unwrap();
        answer
    }

    async fn hear(&mut self) -> Request {
        let mut head = [0; HEADER];
        while head == SIGN_OF_LIFE {
            self.process.read_exact(&mut head).await.unwrap();
        }
        let mut body = vec![0; length(head, REQUEST_LIMIT).unwrap()];
        self.process.read_exact(&mut body).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    async fn say(&mut self, id: u64, version: &str, files: &[&str]) {
        let plan = Plan { view: files.concat(), ..Plan::default() };
        self.answer(id, version, Outcome::Plan(plan)).await;
    }

    async fn answer(&mut self, id: u64, version: &str, outcome: Outcome) {
        let response = Response {
            v: version.to_owned(),
            id,
            outcome,
            sts_date: Some(Timestamp::from_unix(1_800_000_000)),
        };
        let body = serde_json::to_vec(&response).unwrap();
        self.process.write_all(&header(body.len(), RESPONSE_LIMIT).unwrap()).await.unwrap();
        self.process.write_all(&body).await.unwrap();
    }
}

fn plan() -> Operation {
    Operation::Plan(PlanRequest { client_program: "/usr/bin/stsd".to_owned() })
}

fn unlock() -> Operation {
    let keys = LongTermKeys {
        source_profile: "default".to_owned(),
        identity: "AKIAIOSFODNN7EXAMPLE".to_owned(),
    };
    let target = target();
    let request = UnlockRequest { keys, target, mfa: None, duration_seconds: 900, clock_offset: 0 };
    Operation::Unlock(request)
}

fn target() -> StsTarget {
    StsTarget { region: "us-east-1".to_owned(), ..StsTarget::default() }
}

fn view(reply: Reply) -> String {
    match reply.outcome {
        Outcome::Plan(plan) => plan.view,
        other => panic!("no plan but {other:?}"),
    }
}

fn failure(reply: Reply) -> (FailureKind, String, bool) {
    match reply.outcome {
        Outcome::Failure(failure) => (failure.kind, failure.code, failure.code_sent),
        other => panic!("no failure but {other:?}"),
    }
}

#[tokio::test]
async fn answers_find_their_callers_in_any_order() {
    let mut stage = Stage::set();
    let (first, second) = (stage.call(plan()), stage.call(plan()));
    let (one, two) = (stage.hear().await.id, stage.hear().await.id);
    stage.say(two, VERSION, &["second"]).await;
    stage.say(one, VERSION, &["first"]).await;
    assert_eq!(view(first.await.unwrap()), "first");
    assert_eq!(view(second.await.unwrap()), "second");
}

#[tokio::test]
async fn an_unlock_that_was_written_is_never_sent_again() {
    let mut stage = Stage::set();
    let answer = stage.call(unlock());
    stage.hear().await;
    drop(stage.process);
    let lost = (FailureKind::Unavailable, "GatewayLost".to_owned(), true);
    assert_eq!(failure(answer.await.unwrap()), lost);
    stage.worker.join_next().await;
    assert!(stage.back.try_recv().is_err());
}

#[tokio::test]
async fn any_other_call_is_made_once_more_in_a_fresh_process() {
    let mut stage = Stage::set();
    let answer = stage.call(plan());
    stage.hear().await;
    drop(stage.process);
    let Some(Message::Call(again)) = stage.back.recv().await else { panic!("nothing came back") };
    assert!(again.again);
    again.reply.send(Reply::lost("Second", "try".to_owned(), false)).unwrap();
    assert_eq!(failure(answer.await.unwrap()).1, "Second");
}

#[tokio::test]
async fn garbage_ends_the_process_and_not_the_caller() {
    for garbage in [&b"zzzzzzzz"[..], b"\x02\x00\x00\x00{x", b"\xff\xff\xff\xff"] {
        let mut stage = Stage::set();
        let answer = stage.call(unlock());
        stage.hear().await;
        stage.process.write_all(garbage).await.unwrap();
        assert!(failure(answer.await.unwrap()).2, "the code may be spent");
        stage.worker.join_next().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_answer_to_nobody_ends_the_process() {
    let mut stage = Stage::set();
    let answer = stage.call(unlock());
    let id = stage.hear().await.id;
    stage.say(id + 1, VERSION, &[]).await;
    assert_eq!(failure(answer.await.unwrap()).1, "GatewayLost");
}

#[tokio::test]
async fn another_version_is_said_so() {
    let mut stage = Stage::set();
    let answer = stage.call(plan());
    let id = stage.hear().await.id;
    stage.say(id, "0.0.0", &[]).await;
    assert_eq!(failure(answer.await.unwrap()).0, FailureKind::Version);
}

#[tokio::test]
async fn a_process_that_is_let_go_finishes_what_it_was_asked() {
    let mut stage = Stage::set();
    let answer = stage.call(plan());
    let id = stage.hear().await.id;
    let (calls, _) = mpsc::unbounded_channel();
    drop(std::mem::replace(&mut stage.calls, calls));
    stage.say(id, VERSION, &["late"]).await;
    assert_eq!(view(answer.await.unwrap()), "late");
    stage.worker.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_with_credentials_is_not_made_again_after_a_lock() {
    let mut stage = Stage::set();
    let credentials = TemporaryCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        session_token: Secret::new("example-session-token"),
        expiration: Timestamp::from_unix(1_800_000_000),
    };
    let base = Base::Temporary(credentials);
    let request = WhoamiRequest { base, target: target(), clock_offset: 0 };
    let (whoami, planned) = (stage.call(Operation::Whoami(request)), stage.call(plan()));
    stage.hear().await;
    stage.hear().await;
    let (calls, _) = mpsc::unbounded_channel();
    drop(std::mem::replace(&mut stage.calls, calls));
    // The worker runs before this test goes on, and has seen that it is let go.
    tokio::task::yield_now().await;
    drop(stage.process);
    assert_eq!(failure(whoami.await.unwrap()).1, "GatewayLost");
    let Some(Message::Call(again)) = stage.back.recv().await else { panic!("nothing came back") };
    assert!(matches!(again.operation, Operation::Plan(_)));
    drop(planned);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_hangs_is_given_up_within_twenty_seconds_and_later_where_programs_may_run() {
    for (programs, seconds) in [(vec![], 19), (vec!["prod".to_owned()], 60)] {
        let mut stage = Stage::set();
        let _signs = stage.shows_signs_of_life();
        let settings = Settings { allow_programs: programs, ..Settings::default() };
        let (reply, answer) = oneshot::channel();
        let start = tokio::time::Instant::now();
        let call = Waiting { operation: unlock(), settings, reply, again: false };
        stage.calls.send(Box::new(call)).unwrap();
        assert_eq!(failure(answer.await.unwrap()).1, "GatewayLost");
        assert_eq!(start.elapsed().as_secs(), seconds);
        stage.worker.join_next().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_stop_answers_whoever_waits_and_those_after_it() {
    // It reads for ever and never answers.
    let gateway = GatewayProcess::new("/bin/cat".into(), None);
    for _ in 0..2 {
        let waiting = gateway.call(unlock(), Settings::default());
        gateway.stop();
        assert_eq!(failure(waiting.await).1, "GatewayLost");
    }
}

#[tokio::test]
async fn a_missing_program_is_named_and_no_code_was_sent() {
    let gateway = GatewayProcess::new("/nonexistent/stsd-gateway".into(), None);
    let reply = gateway.call(unlock(), Settings::default()).await;
    let Outcome::Failure(failure) = reply.outcome else { panic!("started") };
    assert!(failure.message.contains("/nonexistent/stsd-gateway"), "{}", failure.message);
    assert!(!failure.code_sent);
}

#[tokio::test]
async fn a_program_that_leaves_at_once_does_not_take_a_code_with_it() {
    // It never reads: whether the frame still went into the socket's buffer is a race, and both
    // ends of it are honest.
    let gateway = GatewayProcess::new("/bin/true".into(), None);
    let (_, code, _) = failure(gateway.call(unlock(), Settings::default()).await);
    assert_eq!(code, "GatewayLost");
    let (_, code, _) = failure(gateway.call(plan(), Settings::default()).await);
    assert_eq!(code, "GatewayLost");
}
