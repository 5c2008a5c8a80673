//! The accept loop over connections in memory, under a paused clock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stsd_secret::Secret;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::{Backoff, CONNECTIONS, Listener, run};
use crate::authorization::Authorization;
use crate::caller::Refused;
use crate::endpoint::Endpoint;
use crate::wire::testing::{CALLER, FakeService, SECRET, talk};
use crate::wire::{Hosts, Stop, shutdown};

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

    async fn until_asked(&self, count: usize) {
        while self.service.asked.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: fake\r\n\r\n")
}

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
async fn a_door_holds_2048_connections_and_the_next_one_waits_its_turn() {
    let running = start(true);
    let mut clients = JoinSet::new();
    for _ in 0..=CONNECTIONS {
        let client = running.connect();
        clients.spawn(async move { talk(client, request("/creds/held").as_bytes()).await });
    }
    running.until_asked(CONNECTIONS).await;
    // One more has connected: it is not read before a permit is free.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.service.asked.load(Ordering::SeqCst), CONNECTIONS);
    running.service.release(CONNECTIONS + 1);
    let answers = clients.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.contains(SECRET)).count(), CONNECTIONS + 1);
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
