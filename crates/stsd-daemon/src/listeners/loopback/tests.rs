//! Real ports for the binding, a paused clock without sockets for the waiting.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as Blocker};

use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{Cause, Loopback, PortSettings, until_removed};

fn any() -> PortSettings {
    PortSettings { flag: Some("127.0.0.1:0".parse().unwrap()), ..PortSettings::default() }
}

fn recorded(port: u16) -> PortSettings {
    PortSettings { recorded: Some(port), ..PortSettings::default() }
}

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners.iter().map(|listener| listener.local_addr().unwrap()).collect()
}

fn both(port: u16) -> Vec<SocketAddr> {
    vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
}

#[tokio::test]
async fn takes_the_same_port_at_both_addresses_and_records_none_for_a_test() {
    let loopback = Loopback::open(&any(), Vec::new()).unwrap();
    assert_ne!(loopback.port, 0);
    assert_eq!(addresses(&loopback.listeners), both(loopback.port));
    assert_eq!(loopback.record, None);
    assert_eq!(loopback.obstacles, []);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stays_on_the_loopback_interface() {
    use nix::sys::socket::{getsockopt, sockopt::BindToDevice};
    let loopback = Loopback::open(&any(), Vec::new()).unwrap();
    for listener in &loopback.listeners {
        assert_eq!(getsockopt(listener, BindToDevice).unwrap(), "lo");
    }
}

#[tokio::test]
async fn a_first_start_records_the_port_that_it_got() {
    let first = Loopback::open(&PortSettings::default(), Vec::new()).unwrap();
    assert_eq!(first.record, Some(first.port));
    // Whoever holds the default port by now, we or another: a second user gets a port of its own.
    let second = Loopback::open(&PortSettings::default(), Vec::new()).unwrap();
    assert_ne!(second.port, first.port);
    assert_eq!(second.record, Some(second.port));
    assert_eq!(addresses(&second.listeners), both(second.port));
}

#[tokio::test]
async fn a_recorded_port_that_is_taken_is_an_alarm_that_names_the_owner() {
    for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        let blocker = Blocker::bind((ip, 0)).unwrap();
        let address = blocker.local_addr().unwrap();
        let loopback = Loopback::open(&recorded(address.port()), Vec::new()).unwrap();
        assert_eq!((loopback.port, loopback.record), (address.port(), None));

        let obstacle =
            loopback.obstacles.iter().find(|obstacle| obstacle.address == address).unwrap();
        let Cause::Taken(Some(owner)) = &obstacle.cause else { panic!("{obstacle:?}") };
        assert_eq!(owner.process.as_ref().unwrap().pid, std::process::id());
        let text = format!("{address} is taken by process {} (", std::process::id());
        assert!(obstacle.to_string().starts_with(&text), "{obstacle}");
    }
}

#[tokio::test]
async fn inherited_listeners_decide_the_port_and_are_not_bound_again() {
    let held = Loopback::open(&any(), Vec::new()).unwrap();
    let port = held.port;
    let loopback = Loopback::open(&recorded(port ^ 1), held.listeners).unwrap();
    assert_eq!((loopback.port, loopback.record), (port, Some(port)));
    assert_eq!(addresses(&loopback.listeners), both(port));
    assert_eq!(loopback.obstacles, []);
}

#[tokio::test]
async fn what_was_not_inherited_is_bound_at_the_inherited_port() {
    let held = Loopback::open(&any(), Vec::new()).unwrap();
    let port = held.port;
    let [v4, v6] = <[TcpListener; 2]>::try_from(held.listeners).unwrap();
    let loopback = Loopback::open(&recorded(port), vec![v4]).unwrap();
    assert_eq!(addresses(&loopback.listeners), both(port)[..1]);
    assert_eq!(loopback.obstacles[0].address, v6.local_addr().unwrap(), "it was not tried");
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_port_is_ours_within_half_a_minute_of_its_release() {
    use super::Obstacle;
    use std::{cell::RefCell, time::Duration};
    // Nothing is awaited but the clock: binding does not wait. No other test uses this address.
    let blocker = Blocker::bind((Ipv4Addr::new(127, 0, 78, 73), 0)).unwrap();
    let address = blocker.local_addr().unwrap();
    let cause = Cause::Taken(None);
    let obstacle = Obstacle { address, cause };
    let alarms = RefCell::new(Vec::new());
    let mut waiting =
        std::pin::pin!(obstacle.removed(|obstacle| alarms.borrow_mut().push(obstacle.clone())));

    let still = tokio::time::timeout(Duration::from_secs(95), waiting.as_mut()).await;
    assert!(still.is_err());
    assert_eq!(alarms.borrow().len(), 1, "the owner became known once");
    drop(blocker);
    let listener = tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap();
    assert_eq!(listener.local_addr().unwrap(), address);
}

#[tokio::test(start_paused = true)]
async fn tries_every_thirty_seconds_and_tells_only_what_is_new() {
    let start = Instant::now();
    let mut answers = [Err("bob"), Err("bob"), Err("carol"), Ok("ours")].into_iter();
    let mut tried = Vec::new();
    let mut told = Vec::new();
    let attempt = || {
        tried.push(start.elapsed().as_secs());
        answers.next().unwrap()
    };
    assert_eq!(until_removed("bob", attempt, |cause| told.push(*cause)).await, "ours");
    assert_eq!(tried, [30, 60, 90, 120]);
    assert_eq!(told, ["carol"]);
}
