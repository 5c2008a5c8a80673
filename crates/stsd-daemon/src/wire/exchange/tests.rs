//! The deadlines of an exchange, over streams in memory and under a paused clock.

use std::sync::Arc;
use std::time::Duration;

use stsd_secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::exchange;
use crate::authorization::Authorization;
use crate::control::{Control, Permission};
use crate::endpoint::Endpoint;
use crate::wire::testing::{CALLER, FakeService};
use crate::wire::{Door, Hosts, Unheard};

fn endpoint(service: &Arc<FakeService>) -> Endpoint<FakeService> {
    let authorization = Arc::new(Authorization::new(Secret::new("fake")));
    Endpoint::new("memory", Hosts::AnyPort, authorization, Arc::clone(service))
}

fn start(door: impl Door, buffer: usize) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = duplex(buffer);
    let exchanged = tokio::spawn(async move {
        exchange(server, &door, CALLER, &Unheard::default()).await;
    });
    (client, exchanged)
}

async fn ends_within(exchanged: JoinHandle<()>, began: Instant, expected: Duration) {
    exchanged.await.unwrap();
    let took = began.elapsed();
    // The timer's wheel has steps of a millisecond.
    assert!(took >= expected && took <= expected + Duration::from_millis(5), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut_after_2_s_without_an_answer() {
    let began = Instant::now();
    let (mut client, exchanged) = start(endpoint(&FakeService::new()), 1024);
    let dripping = tokio::spawn(async move {
        for byte in b"GET /creds HTTP/1.1\r\nHost: localhost\r\n" {
            if client.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        answer
    });
    ends_within(exchanged, began, Duration::from_secs(2)).await;
    assert_eq!(dripping.await.unwrap(), b"");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_cut_after_2_s() {
    let began = Instant::now();
    let (_client, exchanged) = start(endpoint(&FakeService::new()), 1024);
    ends_within(exchanged, began, Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_cut_after_2_s() {
    let began = Instant::now();
    let control = Control::new(Permission::Change, FakeService::new());
    let (mut client, exchanged) = start(control, 1024);
    let head = b"POST /v1/lock HTTP/1.1\r\nHost: stsd\r\nContent-Length: 9\r\n\r\n{";
    client.write_all(head).await.unwrap();
    ends_within(exchanged, began, Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_does_not_read_its_answer_is_cut_after_5_s() {
    let (mut client, exchanged) = start(endpoint(&FakeService::new()), 64);
    let request = b"GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: fake\r\n\r\n";
    client.write_all(request).await.unwrap();
    ends_within(exchanged, Instant::now(), Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_was_refused_cannot_stay() {
    let began = Instant::now();
    let (mut client, exchanged) = start(endpoint(&FakeService::new()), 1024);
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    ends_within(exchanged, began, Duration::from_secs(1)).await;
}
