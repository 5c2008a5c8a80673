//! Many callers at once.

use std::time::Duration;

use sts_emulator::Fault;
use stsd_tests::{Fixture, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const STAGING: &str = "arn:aws:iam::444455556666:role/staging";

/// The statuses of so many simultaneous requests.
fn at_once(stsd: &Fixture, path: &str, times: usize) -> Vec<String> {
    let host = stsd.daemon().endpoint().trim_start_matches("http://").to_owned();
    let text = request(&host, path, Some(&stsd.authorization()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut clients = JoinSet::new();
        for _ in 0..times {
            let (host, text) = (host.clone(), text.clone());
            clients.spawn(async move {
                let mut stream = TcpStream::connect(&host).await.unwrap();
                stream.write_all(text.as_bytes()).await.unwrap();
                let mut reply = String::new();
                stream.read_to_string(&mut reply).await.unwrap();
                reply.split(' ').nth(1).unwrap_or_default().to_owned()
            });
        }
        clients.join_all().await
    })
}

#[test]
fn a_thousand_cold_requests_for_one_profile_are_one_call_of_sts() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::slow(Duration::from_millis(1500)).on("AssumeRole"));
    let statuses = at_once(&stsd, "/creds/prod", 1000);
    assert_eq!(statuses.len(), 1000);
    assert!(statuses.iter().all(|status| status == "200"), "{statuses:?}");
    assert_eq!(stsd.asked("AssumeRole"), 1);
}

#[test]
fn a_role_that_hangs_delays_no_other() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::hang().on("AssumeRole").for_role(STAGING));
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| at_once(&stsd, "/creds/staging", 50));
        stsd.journal_when(|entries| {
            entries.iter().any(|entry| entry.asked.role_arn.as_deref() == Some(STAGING))
        });
        for path in ["/creds/prod", "/creds/hub", "/creds", "/creds/ci"] {
            assert_eq!(stsd.get(path).status, 200, "{path}");
        }
        assert!(!hanging.is_finished(), "the others were served while it hung");
        let statuses = hanging.join().unwrap();
        assert!(statuses.iter().all(|status| status == "503"), "{statuses:?}");
    });
}
