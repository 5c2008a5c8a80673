//! The accept loop over connections in memory, under a paused clock.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Duration;

use stsd_secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::{Backoff, Listener, run};
use crate::authorization::Authorization;
use crate::caller::Refused;
use crate::endpoint::Endpoint;
use crate::wire::read::DEADLINE;
use crate::wire::testing::{CALLER, FakeService, SECRET, talk};
use crate::wire::unheard::GRACE;
use crate::wire::{CONNECTIONS, Hosts, Stop, shutdown};

/// Accepts what a test sends it, errors too.
struct Fake(Mutex<mpsc::UnboundedReceiver<io::Result<DuplexStream>>>);

impl Listener for Fake {
    type Stream = DuplexStream;

    async fn accept(&self) -> io::Result<DuplexStream> {
        match self.0.lock().await.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn reset(stream: DuplexStream) {
        drop(stream);
    }
}

struct Running {
    incoming: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    service: Arc<FakeService>,
    stop: Stop,
    server: JoinHandle<()>,
}

fn start(admits: bool) -> Running {
    let (incoming, accepted) = mpsc::unbounded_channel();
    let service = FakeService::new();
    let authorization = Arc::new(Authorization::new(Secret::new("fake")));
    let endpoint = Endpoint::new("fake", Hosts::AnyPort, authorization, Arc::clone(&service));
    let (stop, until) = shutdown();
    let admit = move |_: &DuplexStream| if admits { Ok(CALLER) } else { Err(Refused::Closed) };
    let listener = Fake(Mutex::new(accepted));
    let server = tokio::spawn(run(listener, admit, Arc::new(endpoint), until));
    Running { incoming, service, stop, server }
}

impl Running {
    fn connect(&self) -> DuplexStream {
        let (client, server) = duplex(16 * 1024);
        self.incoming.send(Ok(server)).unwrap();
        client
    }

    /// A connection on which nothing more comes for now.
    async fn says_only(&self, bytes: &[u8]) -> DuplexStream {
        let mut client = self.connect();
        client.write_all(bytes).await.unwrap();
        // Until the loop has taken it and waits for the rest.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        client
    }

    /// As many whole requests as there are places, each waiting for its answer.
    async fn all_places_held(&self) -> JoinSet<String> {
        let mut clients = JoinSet::new();
        for _ in 0..CONNECTIONS {
            clients.spawn(talk_of("/creds/held", self.connect()));
        }
        self.until_asked(CONNECTIONS).await;
        clients
    }

    async fn until_asked(&self, count: usize) {
        while self.service.asked.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: fake\r\n\r\n")
}

async fn talk_of(path: &'static str, client: DuplexStream) -> String {
    talk(client, request(path).as_bytes()).await
}

/// Whether the other end is gone.
fn is_over(client: &mut DuplexStream) -> bool {
    let read = pin!(client.read_u8());
    read.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// The timer's wheel has steps of a millisecond.
const STEP: Duration = Duration::from_millis(2);

#[test]
fn pauses_double_from_5_ms_to_1_s() {
    let mut backoff = Backoff::default();
    let pauses: Vec<_> = (0..10).map(|_| backoff.pause().as_millis()).collect();
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
}

#[tokio::test(start_paused = true)]
async fn errors_of_accept_pause_the_loop_and_do_not_end_it() {
    let running = start(true);
    let began = Instant::now();
    for errno in [24, 23, 103, 12, 24] {
        running.incoming.send(Err(io::Error::from_raw_os_error(errno))).unwrap();
    }
    let answer = talk(running.connect(), request("/creds").as_bytes()).await;
    assert!(answer.contains(SECRET), "{answer}");
    // The paused clock rounds each pause up to its next millisecond.
    let paused = began.elapsed().as_millis();
    assert!((155..=165).contains(&paused), "5 + 10 + 20 + 40 + 80 ms, not {paused}");

    let began = Instant::now();
    running.incoming.send(Err(io::Error::from_raw_os_error(24))).unwrap();
    talk(running.connect(), request("/creds").as_bytes()).await;
    assert!(began.elapsed() <= Duration::from_millis(7), "a success starts the pauses anew");
}

#[tokio::test(start_paused = true)]
async fn who_is_not_admitted_is_cut_before_a_byte_is_read() {
    let running = start(false);
    assert_eq!(talk(running.connect(), request("/creds").as_bytes()).await, "");
    assert_eq!(running.service.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_connection_ends_the_door() {
    for waits in [false, true] {
        let running = start(true);
        // At the first look at it, or in a task of its own.
        running.service.release(usize::from(!waits));
        let mut broken = running.connect();
        broken.write_all(request("/creds/broken").as_bytes()).await.unwrap();
        running.until_asked(1).await;
        running.service.release(1);
        // Its task's end is what ends the daemon.
        let ended = timeout(Duration::from_secs(60), running.server).await;
        assert!(ended.expect("the door goes on").unwrap_err().is_panic());
    }
}

#[tokio::test(start_paused = true)]
async fn a_door_holds_2048_connections_and_one_on_its_threshold() {
    let running = start(true);
    let mut clients = running.all_places_held().await;
    for _ in 0..2 {
        clients.spawn(talk_of("/creds/held", running.connect()));
    }
    running.until_asked(CONNECTIONS + 1).await;
    // The last one is not even accepted before a place is free.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.service.asked.load(Ordering::SeqCst), CONNECTIONS + 1);
    running.service.release(CONNECTIONS + 2);
    let answers = clients.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.contains(SECRET)).count(), CONNECTIONS + 2);
}

#[tokio::test(start_paused = true)]
async fn who_can_be_answered_at_once_needs_no_place() {
    let running = start(true);
    let clients = running.all_places_held().await;
    let began = Instant::now();
    for _ in 0..3 {
        let answer = talk_of("/creds", running.connect()).await;
        assert!(answer.contains(SECRET), "{answer}");
    }
    // Nor does who says nothing on the threshold keep them out for long.
    let silent = running.connect();
    let answer = talk_of("/creds", running.connect()).await;
    assert!(answer.contains(SECRET) && began.elapsed() < GRACE * 2, "{:?}", began.elapsed());
    assert_eq!(talk(silent, b"").await, "");
    running.service.release(CONNECTIONS);
    let answers = clients.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.contains(SECRET)).count(), CONNECTIONS);
}

#[tokio::test(start_paused = true)]
async fn a_door_full_of_silence_ends_the_longest_for_the_next_one() {
    let running = start(true);
    let began = Instant::now();
    let mut silent = VecDeque::new();
    for _ in 0..CONNECTIONS {
        silent.push_back(running.says_only(b"GET /cre").await);
    }
    // With nobody at the door, silence lasts as long as ever.
    tokio::time::advance(DEADLINE - GRACE * 3).await;
    tokio::task::yield_now().await;
    assert!(running.service.asked.load(Ordering::SeqCst) == 0 && !is_over(&mut silent[0]));
    let slow = running.says_only(b"GET /creds HTTP/1.1\r\nHost: localhost\r\n").await;
    let first = silent.pop_front().unwrap();
    let second = silent.pop_front().unwrap();
    let answer = talk(slow, b"Authorization: fake\r\n\r\n").await;
    assert!(answer.contains(SECRET), "{answer}");
    assert_eq!(talk(first, b"").await, "");
    assert!(began.elapsed() < DEADLINE - GRACE, "{:?}", began.elapsed());
    // One for one.
    assert_eq!(talk(second, b"ds").await, "");
    assert!(began.elapsed() >= DEADLINE, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_door_full_of_those_who_were_refused_and_stay_lets_the_next_one_in() {
    let running = start(true);
    let began = Instant::now();
    let mut refused = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut client = running.says_only(b"GET / HTTP/1.0\r\n\r\n").await;
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 400");
        refused.push(client);
    }
    let waits = running.says_only(b"GET /creds HTTP/1.1\r\nHost: localhost\r\n").await;
    let next = talk_of("/creds", running.connect()).await;
    assert!(next.contains(SECRET) && began.elapsed() <= GRACE + STEP, "{:?}", began.elapsed());
    assert!(talk(waits, b"Authorization: fake\r\n\r\n").await.contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn open_requests_are_answered_after_the_shutdown_and_new_ones_are_not() {
    let running = start(true);
    let held = running.connect();
    let held = tokio::spawn(async move { talk(held, request("/creds/held").as_bytes()).await });
    running.until_asked(1).await;
    running.stop.within(Duration::from_secs(2));
    tokio::task::yield_now().await;
    let (late, server) = duplex(1024);
    assert!(running.incoming.send(Ok(server)).is_err(), "the listener is closed");
    drop(late);
    running.service.release(1);
    assert!(held.await.unwrap().contains(SECRET));
    running.server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_does_not_wait_longer_than_it_was_told() {
    let running = start(true);
    let mut silent = running.connect();
    silent.write_all(b"GET").await.unwrap();
    let held = running.connect();
    let held = tokio::spawn(async move { talk(held, request("/creds/held").as_bytes()).await });
    running.until_asked(1).await;
    let began = Instant::now();
    running.stop.within(Duration::from_millis(500));
    running.server.await.unwrap();
    assert_eq!(held.await.unwrap(), "");
    assert!(began.elapsed() <= Duration::from_millis(510), "{:?}", began.elapsed());
}
