//! A datagram that is said to be the kernel's answer about a socket.

use std::net::SocketAddr;

use super::sock_diag::{Answer, Query, decode};

/// Reads the bytes as an answer to one of a few questions; the first byte says which.
pub fn netlink(bytes: &[u8]) {
    let Some((choice, datagram)) = bytes.split_first() else { return };
    let (local, remote) = QUESTIONS[usize::from(*choice) % QUESTIONS.len()];
    let address = |text: &str| text.parse::<SocketAddr>().expect("written below");
    let query = Query { local: address(local), remote: address(remote), interface: 1 };
    let decoded = decode(datagram, &query, SEQUENCE);
    if datagram.len() >= 12 && datagram[8..12] != SEQUENCE.to_ne_bytes() {
        assert_eq!(decoded, Ok(None), "an answer to another question");
    }
    let Ok(Some(Answer::Found(owner))) = decoded else { return };
    // The kernel's layout once more, by offsets into the whole datagram.
    let number = |at: usize| u32::from_ne_bytes(datagram[at..at + 4].try_into().expect("four"));
    let port = |at: usize| u16::from_be_bytes([datagram[at], datagram[at + 1]]);
    assert!(number(0) as usize <= datagram.len() && number(0) >= 88);
    assert_eq!((owner.uid, owner.handle), (number(80), number(84)));
    assert_eq!(port(20), query.local.port());
    let listens = datagram[17] == 10;
    assert_eq!(listens, query.remote.port() == 0, "a listener is no caller");
    if !listens {
        assert_eq!(port(22), query.remote.port());
        let ip = if datagram[16] == 2 { &datagram[40..44] } else { &datagram[40..56] };
        let asked = match query.remote {
            SocketAddr::V4(four) => four.ip().octets().to_vec(),
            SocketAddr::V6(six) => six.ip().octets().to_vec(),
        };
        assert!(ip.ends_with(&asked), "{ip:?}");
    }
}

const SEQUENCE: u32 = 7;
const QUESTIONS: [(&str, &str); 4] = [
    ("127.0.0.1:40000", "127.0.0.1:7873"),
    ("[::1]:40000", "[::1]:7873"),
    ("127.0.0.1:7873", "0.0.0.0:0"),
    ("[::1]:7873", "[::]:0"),
];
