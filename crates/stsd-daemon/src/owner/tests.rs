//! The owner under a paused clock, with a gateway that answers from memory: no socket, no process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stsd_protocol::control::UnlockRequest;
use stsd_protocol::gateway::{
    FailureKind, Issued, Operation, Outcome, Settings, TemporaryCredentials,
};
use stsd_protocol::{Places, Refusal, RefusalCode};
use stsd_secret::Secret;
use tokio::sync::{RwLock, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{Keeper, Kept, Owner, Parts};
use crate::audit::Audit;
use crate::authorization::Authorization;
use crate::clock::{Clock, test::TokioClock};
use crate::daemon::Daemon;
use crate::gateway::{Call, Gateway, Reply};
use crate::notices::Bell;
use crate::service::Service;
use crate::state::{Options, Remembered, State, test_plan};

/// Answers after a time that each role has of its own.
#[derive(Debug)]
struct Script {
    clock: TokioClock,
    latency: Mutex<HashMap<&'static str, Duration>>,
    down: Arc<RwLock<bool>>,
    calls: AtomicUsize,
    closed: AtomicUsize,
    plans: AtomicUsize,
}

impl Script {
    fn slow(&self, role: &'static str, latency: Duration) {
        self.latency.lock().unwrap().insert(role, latency);
    }

    fn latency(&self, operation: &Operation) -> Duration {
        let Operation::Assume(request) = operation else { return Duration::from_millis(100) };
        let role = request.hops.last().unwrap().role_arn.rsplit('/').next().unwrap();
        let latency = self.latency.lock().unwrap();
        latency.get(role).copied().unwrap_or(Duration::from_millis(100))
    }
}

impl Gateway for Script {
    fn call(&self, operation: Operation, _: Settings) -> Call {
        if let Operation::Plan(_) = operation {
            self.plans.fetch_add(1, Ordering::SeqCst);
            let down = Arc::clone(&self.down);
            return Box::pin(async move {
                if *down.read().await {
                    let (kind, code) = (FailureKind::Unavailable, "GatewayMissing");
                    return Reply::failure(kind, code, "cannot start it".to_owned(), false);
                }
                Reply { outcome: Outcome::Plan(test_plan()), sts_date: None }
            });
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        let latency = self.latency(&operation);
        let (clock, down) = (self.clock, Arc::clone(&self.down));
        Box::pin(async move {
            sleep(latency).await;
            if *down.read().await {
                return Reply::failure(FailureKind::Unavailable, "Down", "down".to_owned(), false);
            }
            let date = clock.now().date();
            let credentials = TemporaryCredentials {
                access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
                secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                session_token: Secret::new("example-session-token"),
                expiration: date.plus(Duration::from_secs(3600)),
            };
            let issued = Issued { credentials, user: None, assumed_role_arn: None };
            Reply { outcome: Outcome::Credentials(issued), sts_date: Some(date) }
        })
    }

    fn close(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }

    fn stop(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counts how often it is asked to keep something, and fails the first time; with the names in use the
/// second time too.
#[derive(Debug)]
struct Forgetful(Arc<AtomicUsize>);

impl Keeper for Forgetful {
    fn remember(&mut self, _: &Remembered) -> Kept {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        Kept { locked: before > 0, in_use: before > 1 }
    }

    fn publish_view(&mut self, _: &str) {}
}

struct Running {
    daemon: Arc<Daemon<TokioClock, Script>>,
    remembered: Arc<AtomicUsize>,
    _owner: JoinSet<()>,
}

impl Running {
    fn start() -> Self {
        let clock = TokioClock::start();
        let remembered = Arc::default();
        let gateway = Arc::new(Script {
            clock,
            latency: Mutex::default(),
            down: Arc::default(),
            calls: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            plans: AtomicUsize::new(0),
        });
        let options = Options {
            default_profile: "default".to_owned(),
            prompt: true,
            session_duration: Duration::from_secs(12 * 3600),
            settings: Settings::default(),
            seed: 1,
        };
        let (owner, snapshots) = Owner::new(Parts {
            state: State::new(Remembered::default(), options),
            clock,
            gateway: Arc::clone(&gateway),
            keeper: Forgetful(Arc::clone(&remembered)),
            settings: Settings::default(),
            client_program: "/usr/bin/stsd".to_owned(),
        });
        let (commands, inbox) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(owner.run(inbox));
        let places =
            Places { configuration: "/c".into(), state: "/s".into(), runtime: "/r".into() };
        let daemon = Daemon {
            clock,
            gateway,
            settings: Settings::default(),
            commands,
            snapshots,
            places,
            port: Arc::default(),
            outlook: Arc::default(),
            bell: Bell::default(),
            authorization: Arc::new(Authorization::new(Secret::new("fake"))),
            audit: Audit::default(),
        };
        Self { daemon: Arc::new(daemon), remembered, _owner: tasks }
    }

    async fn unlocked() -> Self {
        let running = Self::start();
        running.planned().await;
        running.unlock("123456").await.unwrap();
        running
    }

    async fn planned(&self) {
        let mut snapshots = self.daemon.snapshots.clone();
        snapshots.wait_for(|table| table.planned).await.unwrap();
    }

    async fn unlock(&self, code: &str) -> Result<(), Refusal> {
        let token_code = Some(Secret::new(code));
        let request = UnlockRequest { token_code, ..UnlockRequest::default() };
        self.daemon.unlock(request).await.map(|_| ())
    }

    async fn code(&self, profile: &str) -> Result<(), RefusalCode> {
        self.daemon.credentials(Some(profile)).await.map(|_| ()).map_err(|refusal| refusal.code)
    }

    fn calls(&self) -> usize {
        self.daemon.gateway.calls.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_ask_at_once_make_one_call() {
    let running = Running::unlocked().await;
    let before = running.calls();
    let mut askers = JoinSet::new();
    for _ in 0..1000 {
        let daemon = Arc::clone(&running.daemon);
        askers.spawn(async move { daemon.credentials(Some("prod")).await.is_ok() });
    }
    assert!(askers.join_all().await.into_iter().all(|served| served));
    assert_eq!(running.calls() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_profile_delays_no_other() {
    let running = Running::unlocked().await;
    running.daemon.gateway.slow("prod", Duration::from_secs(3600));
    let slow = running.code("prod");
    let fast = async {
        let start = Instant::now();
        (running.code("my-staging").await, start.elapsed())
    };
    let (slow, (fast, took)) = tokio::join!(slow, fast);
    assert_eq!(slow, Err(RefusalCode::Pending));
    assert_eq!(fast, Ok(()));
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_after_those_who_waited_have_left() {
    let running = Running::unlocked().await;
    running.daemon.gateway.slow("prod", Duration::from_secs(6));
    let start = Instant::now();
    assert_eq!(running.code("prod").await, Err(RefusalCode::Pending));
    assert_eq!(start.elapsed(), Duration::from_millis(4500));
    assert_eq!(running.code("prod").await, Ok(()));
    assert_eq!(running.calls(), 2, "the session and the role");
}

#[tokio::test(start_paused = true)]
async fn locked_is_answered_at_once_and_asks_nobody() {
    let running = Running::start();
    running.planned().await;
    let start = Instant::now();
    assert_eq!(running.code("prod").await, Err(RefusalCode::Locked));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(running.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_during_a_lock_hears_locked() {
    let running = Running::unlocked().await;
    running.daemon.gateway.slow("prod", Duration::from_secs(3));
    let lock = async {
        sleep(Duration::from_secs(1)).await;
        running.daemon.lock(None).await.unwrap();
        Instant::now()
    };
    let (asked, _) = tokio::join!(running.code("prod"), lock);
    assert_eq!(asked, Err(RefusalCode::Locked));
    assert_eq!(running.daemon.gateway.closed.load(Ordering::SeqCst), 1);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(running.code("prod").await, Err(RefusalCode::Locked), "the late answer is dropped");
}

#[tokio::test(start_paused = true)]
async fn a_role_is_renewed_without_being_asked_for() {
    let running = Running::unlocked().await;
    running.code("prod").await.unwrap();
    let first = running.daemon.credentials(Some("prod")).await.unwrap().last_updated;
    sleep(Duration::from_secs(35 * 60)).await;
    let start = Instant::now();
    let second = running.daemon.credentials(Some("prod")).await.unwrap().last_updated;
    assert!(second > first);
    assert_eq!(start.elapsed(), Duration::ZERO, "from memory");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_over_soon_after_sts_is_back() {
    let running = Running::unlocked().await;
    *running.daemon.gateway.down.write().await = true;
    assert_eq!(running.code("prod").await, Err(RefusalCode::Unavailable));
    sleep(Duration::from_secs(600)).await;
    *running.daemon.gateway.down.write().await = false;
    sleep(crate::schedule::SHORTEST_RETRY).await;
    assert_eq!(running.code("prod").await, Ok(()), "the request itself brings the retry forward");
}

#[tokio::test(start_paused = true)]
async fn refresh_answers_when_the_new_credentials_are_there() {
    let running = Running::unlocked().await;
    running.code("prod").await.unwrap();
    sleep(Duration::from_secs(60)).await;
    let before = running.daemon.credentials(Some("prod")).await.unwrap().last_updated;
    let reports = running.daemon.refresh(None).await.unwrap();
    assert_eq!(reports.len(), 1);
    let after = running.daemon.credentials(Some("prod")).await.unwrap().last_updated;
    assert!(after > before);
}

#[tokio::test(start_paused = true)]
async fn a_refused_unlock_reaches_the_one_who_asked() {
    let running = Running::unlocked().await;
    let refusal = running.unlock("123456").await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::SpentCode);
    *running.daemon.gateway.down.write().await = true;
    let refusal = running.unlock("123457").await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable);
    assert_eq!(running.code("default").await, Ok(()), "the old session stays");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_was_missing_at_the_start_is_not_missed_for_ever() {
    let running = Running::start();
    *running.daemon.gateway.down.write().await = true;
    running.planned().await;
    assert_eq!(running.code("prod").await, Err(RefusalCode::Unavailable));
    *running.daemon.gateway.down.write().await = false;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(running.code("prod").await, Err(RefusalCode::Locked));
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(running.daemon.gateway.plans.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn refresh_answers_during_an_outage_with_some_call_always_under_way() {
    let running = Running::unlocked().await;
    running.daemon.gateway.slow("prod", Duration::from_secs(14));
    running.daemon.gateway.slow("staging", Duration::from_secs(9));
    *running.daemon.gateway.down.write().await = true;
    for profile in ["prod", "my-staging"] {
        assert_eq!(running.code(profile).await, Err(RefusalCode::Pending));
    }
    for _ in 0..20 {
        let start = Instant::now();
        running.daemon.refresh(None).await.unwrap();
        assert!(start.elapsed() <= Duration::from_secs(14), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_kept_is_kept_at_the_next_change() {
    let running = Running::unlocked().await;
    running.code("prod").await.unwrap();
    running.daemon.refresh(None).await.unwrap();
    assert_eq!(running.remembered.load(Ordering::SeqCst), 3);
    running.daemon.refresh(None).await.unwrap();
    assert_eq!(running.remembered.load(Ordering::SeqCst), 3, "it is kept now");
}

#[tokio::test(start_paused = true)]
async fn who_locks_hears_that_the_lock_could_not_be_written_down() {
    let running = Running::start();
    running.planned().await;
    let first = running.daemon.lock(None).await.unwrap();
    assert!(first.until_restart, "it could not");
    assert!(!running.daemon.lock(None).await.unwrap().until_restart, "now it could");
}
