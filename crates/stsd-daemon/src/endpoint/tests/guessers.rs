//! Two senders on one door, told apart by their addresses: the one with wrong authorization tokens is
//! slowed down, the other notices nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use super::{TOKEN, endpoint};
use crate::caller::Caller;
use crate::endpoint::serve;
use crate::wire::testing::{CALLER, FakeService, SECRET, talk};
use crate::wire::{Eager, EagerListener, Hosts, Stop, shutdown};

struct Door {
    address: SocketAddr,
    _service: Arc<FakeService>,
    _stop: Stop,
}

impl Door {
    /// Each address of 127/8 is a control group of its own.
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = FakeService::new();
        let (stop, until) = shutdown();
        let admit = |stream: &Eager<std::net::TcpStream>| match stream.peer() {
            SocketAddr::V4(peer) => {
                Ok(Caller { cgroup: Some(u32::from(*peer.ip()).into()), ..CALLER })
            }
            SocketAddr::V6(_) => Ok(CALLER),
        };
        let endpoint = endpoint(Hosts::Port(address.port()), &service);
        tokio::spawn(serve(EagerListener::tcp(listener).unwrap(), admit, endpoint, until));
        Self { address, _service: service, _stop: stop }
    }

    /// What this sender reads, and after how long; nothing after a reset.
    async fn ask(&self, sender: Ipv4Addr, token: &str) -> (String, Duration) {
        ask(self.address, sender, token).await
    }

    /// Makes a sender one that guesses.
    async fn spoil(&self, sender: Ipv4Addr) {
        for number in 0..11 {
            let (answer, took) = self.ask(sender, "fake-wrong").await;
            assert!(answer.starts_with("HTTP/1.1 401 "), "{number}: {answer}");
            assert_eq!(took >= LATE, number == 10, "{number}: {took:?}");
        }
    }
}

async fn ask(address: SocketAddr, sender: Ipv4Addr, token: &str) -> (String, Duration) {
    let began = Instant::now();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((sender, 0).into()).unwrap();
    let client = socket.connect(address).await.unwrap();
    let request =
        format!("GET /creds/prod HTTP/1.1\r\nHost: {address}\r\nAuthorization: {token}\r\n\r\n");
    let answer = talk(client, request.as_bytes()).await;
    (answer, began.elapsed())
}

#[tokio::test]
async fn who_guesses_waits_and_neither_its_neighbour_nor_a_right_token_does() {
    let door = Door::open().await;
    door.spoil(GUESSER).await;
    let mut guesses = JoinSet::new();
    for _ in 0..40 {
        let address = door.address;
        guesses.spawn(async move { ask(address, GUESSER, "fake-wrong").await });
    }
    // Answered before any of the guesses, which take a second.
    let mut right = Vec::new();
    for _ in 0..20 {
        right.push(door.ask(NEIGHBOUR, TOKEN).await);
        right.push(door.ask(GUESSER, TOKEN).await);
    }
    assert!(right.iter().all(|(answer, _)| answer.contains(SECRET)));
    let slowest = right.iter().map(|(_, took)| *took).max().unwrap();
    let wrong = door.ask(NEIGHBOUR, "fake-wrong").await;
    let (late, reset): (Vec<_>, Vec<_>) =
        guesses.join_all().await.into_iter().partition(|(answer, _)| !answer.is_empty());
    println!(
        "neighbour and right token: {slowest:?} at most; {} late, {} reset",
        late.len(),
        reset.len()
    );
    assert!(late.iter().all(|(answer, took)| answer.starts_with("HTTP/1.1 401 ") && *took >= LATE));
    assert_eq!((late.len(), reset.len()), (16, 24));
    assert!(slowest < LATE && wrong.1 < LATE, "{slowest:?} {wrong:?}");
}

#[tokio::test]
async fn a_right_token_is_never_reset_however_fast_it_comes_beside_wrong_ones() {
    let door = Door::open().await;
    door.spoil(GUESSER).await;
    let mut wrong = JoinSet::new();
    for number in 0..600 {
        let address = door.address;
        wrong.spawn(async move { ask(address, GUESSER, "fake-wrong").await });
        let (answer, _) = door.ask(GUESSER, TOKEN).await;
        assert!(answer.contains(SECRET), "{number}: {answer}");
    }
    let answered = wrong.join_all().await.iter().filter(|(answer, _)| !answer.is_empty()).count();
    assert!(answered < 600, "the wrong ones are reset: {answered}");
}

#[tokio::test]
async fn the_word_of_a_revoked_token_slows_nobody_down() {
    let door = Door::open().await;
    for number in 0..20 {
        let (answer, took) = door.ask(GUESSER, "revoked").await;
        assert!(answer.contains("the authorization token was revoked"), "{number}: {answer}");
        assert!(took < LATE, "{number}: {took:?}");
    }
}

const LATE: Duration = Duration::from_secs(1);
const GUESSER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
