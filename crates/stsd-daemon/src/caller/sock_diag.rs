//! The bytes of `inet_diag`: a question about one TCP socket, and the kernel's answer. No I/O.
//!
//! The layouts are those of `linux/netlink.h` and `linux/inet_diag.h`. Numbers are in the machine's
//! own order, ports and addresses in the network's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::SocketOwner;

/// One TCP socket, named by its own address and the address of its other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// The socket's own address.
    pub(super) local: SocketAddr,
    /// Its other end; all zero for a socket that listens.
    pub(super) remote: SocketAddr,
    /// Finds sockets that are bound to this interface, besides those bound to none.
    pub(super) interface: u32,
}

/// What the kernel answered to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The socket exists.
    Found(SocketOwner),
    /// There is no such socket.
    Missing,
    /// The kernel refused, with this error number.
    Failed(i32),
}

/// The datagram is shorter than what it says it is, or no answer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kernel's answer about a socket is malformed")]
pub(super) struct Malformed;

/// Asks for exactly one socket: no dump, so that the cost does not grow with their number.
pub(super) fn encode(query: &Query, sequence: u32) -> [u8; REQUEST] {
    let mut bytes = [0; REQUEST];
    let mut at = 0;
    let mut put = |field: &[u8]| {
        bytes[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    };
    // nlmsghdr: length, type, flags, sequence, sender (the kernel fills it in).
    put(&(REQUEST as u32).to_ne_bytes());
    put(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    put(&NLM_F_REQUEST.to_ne_bytes());
    put(&sequence.to_ne_bytes());
    put(&0_u32.to_ne_bytes());
    // inet_diag_req_v2: family, protocol, extensions, padding, states (not heeded here).
    put(&[family(query.local), IPPROTO_TCP, 0, 0]);
    put(&u32::MAX.to_ne_bytes());
    // inet_diag_sockid.
    put(&query.local.port().to_be_bytes());
    put(&query.remote.port().to_be_bytes());
    put(&address_bytes(query.local.ip()));
    put(&address_bytes(query.remote.ip()));
    put(&query.interface.to_ne_bytes());
    put(&NO_COOKIE);
    bytes
}

/// Reads one datagram. `None`: it answers an older question, and is to be dropped.
///
/// The kernel falls back to a *listener* on the same local address when there is no such connection,
/// so the socket that it describes is compared with the one that was asked for.
pub(super) fn decode(
    datagram: &[u8],
    query: &Query,
    sequence: u32,
) -> Result<Option<Answer>, Malformed> {
    if number(datagram, 8)? != sequence {
        return Ok(None);
    }
    let length = number(datagram, 0)? as usize;
    let message = datagram.get(HEADER..length).ok_or(Malformed)?;
    match u16::from_ne_bytes(array(datagram, 4)?) {
        SOCK_DIAG_BY_FAMILY => socket(message, query).map(Some),
        NLMSG_ERROR => match i32::from_ne_bytes(array(message, 0)?) {
            NOT_FOUND => Ok(Some(Answer::Missing)),
            error => Ok(Some(Answer::Failed(error.saturating_neg()))),
        },
        _ => Err(Malformed),
    }
}

/// `inet_diag_msg`, of which the last fields are the uid and the inode.
fn socket(message: &[u8], query: &Query) -> Result<Answer, Malformed> {
    let [family, state] = array(message, 0)?;
    let local = address(message, family, 4, 8)?;
    let remote = address(message, family, 6, 24)?;
    let owner = SocketOwner {
        uid: number(message, 64)?,
        handle: number(message, 68)?,
        cgroup: cgroup(message.get(MESSAGE..).unwrap_or_default()),
    };
    let asked = if query.remote.port() == 0 {
        state == TCP_LISTEN && local.port() == query.local.port()
    } else {
        state != TCP_LISTEN && local == query.local && remote == query.remote
    };
    Ok(if asked { Answer::Found(owner) } else { Answer::Missing })
}

/// Looks through the attributes for the control group; kernels without it leave it out.
fn cgroup(mut attributes: &[u8]) -> Option<u64> {
    loop {
        let length = usize::from(u16::from_ne_bytes(array(attributes, 0).ok()?));
        let kind = u16::from_ne_bytes(array(attributes, 2).ok()?);
        if kind == INET_DIAG_CGROUP_ID {
            return array(attributes.get(..length)?, 4).ok().map(u64::from_ne_bytes);
        }
        // Each begins at a multiple of four, and is no shorter than its own head.
        attributes = attributes.get(length.max(4).next_multiple_of(4)..)?;
    }
}

fn address(
    message: &[u8],
    family: u8,
    port_at: usize,
    ip_at: usize,
) -> Result<SocketAddr, Malformed> {
    let port = u16::from_be_bytes(array(message, port_at)?);
    let ip = match family {
        AF_INET => IpAddr::from(array::<4>(message, ip_at)?),
        AF_INET6 => IpAddr::from(array::<16>(message, ip_at)?).to_canonical(),
        _ => return Err(Malformed),
    };
    Ok(SocketAddr::new(ip, port))
}

fn family(address: SocketAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn address_bytes(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            bytes
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// The other end of a socket that listens at `local`.
pub(super) fn nowhere(local: SocketAddr) -> SocketAddr {
    if local.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    }
}

fn number(bytes: &[u8], at: usize) -> Result<u32, Malformed> {
    array(bytes, at).map(u32::from_ne_bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Malformed> {
    bytes.get(at..at + N).and_then(|field| field.try_into().ok()).ok_or(Malformed)
}

const HEADER: usize = 16;
/// `inet_diag_msg`, before the attributes.
const MESSAGE: usize = 72;
const INET_DIAG_CGROUP_ID: u16 = 21;
const REQUEST: usize = 72;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const NO_COOKIE: [u8; 8] = [0xFF; 8];
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const TCP_LISTEN: u8 = 10;
/// `-ENOENT`.
const NOT_FOUND: i32 = -2;

#[cfg(test)]
mod tests {
    use super::{Answer, Malformed, Query, SocketOwner, decode, encode, nowhere};

    const SEQUENCE: u32 = 7;
    const ALICE: Answer = Answer::Found(SocketOwner { uid: 1001, handle: 4711, cgroup: None });

    fn query(local: &str, remote: &str) -> Query {
        Query { local: local.parse().unwrap(), remote: remote.parse().unwrap(), interface: 1 }
    }

    /// An answer as the kernel writes it, about a socket of uid 1001 with inode 4711.
    fn reply(family: u8, state: u8, local: &Query) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(88_u32.to_ne_bytes());
        bytes.extend(20_u16.to_ne_bytes());
        bytes.extend(0_u16.to_ne_bytes());
        bytes.extend(SEQUENCE.to_ne_bytes());
        bytes.extend(99_u32.to_ne_bytes());
        bytes.extend([family, state, 0, 0]);
        // The id stands in the question as it stands in the answer.
        bytes.extend(&encode(local, 0)[24..72]);
        bytes.extend([0; 12]);
        bytes.extend(1001_u32.to_ne_bytes());
        bytes.extend(4711_u32.to_ne_bytes());
        bytes
    }

    /// An attribute as the kernel aligns it.
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((4 + value.len() as u16).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn the_control_group_is_found_among_the_attributes() {
        let query = query("127.0.0.1:50000", "127.0.0.1:7873");
        let group = attribute(21, &77_u64.to_ne_bytes());
        for (attributes, cgroup) in [
            (vec![], None),
            (group.clone(), Some(77)),
            ([attribute(8, &[0]), attribute(22, &[]), group.clone()].concat(), Some(77)),
            (group[..8].to_vec(), None),
            (attribute(21, &[1, 2]), None),
            (vec![0; 3], None),
            (vec![0; 64], None),
            (vec![0xFF; 64], None),
        ] {
            let mut bytes = reply(2, 1, &query);
            bytes.extend(&attributes);
            let length = u32::try_from(bytes.len()).unwrap();
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            let found = Answer::Found(SocketOwner { uid: 1001, handle: 4711, cgroup });
            assert_eq!(decode(&bytes, &query, SEQUENCE), Ok(Some(found)), "{attributes:?}");
        }
    }

    fn error(number: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(36_u32.to_ne_bytes());
        bytes.extend(2_u16.to_ne_bytes());
        bytes.extend(0_u16.to_ne_bytes());
        bytes.extend(SEQUENCE.to_ne_bytes());
        bytes.extend(99_u32.to_ne_bytes());
        bytes.extend(number.to_ne_bytes());
        bytes.extend([0; 16]);
        bytes
    }

    #[test]
    fn asks_in_the_layout_of_the_kernel() {
        let bytes = encode(&query("127.0.0.1:40000", "127.0.0.2:7873"), SEQUENCE);
        assert_eq!(bytes[..4], 72_u32.to_ne_bytes());
        assert_eq!(bytes[4..8], [20_u16.to_ne_bytes(), 1_u16.to_ne_bytes()].concat());
        assert_eq!(bytes[8..12], SEQUENCE.to_ne_bytes());
        assert_eq!(bytes[16..18], [2, 6]);
        assert_eq!(bytes[24..28], [0x9C, 0x40, 0x1E, 0xC1]);
        assert_eq!(bytes[28..32], [127, 0, 0, 1]);
        assert_eq!(bytes[44..48], [127, 0, 0, 2]);
        assert_eq!(bytes[64..], [0xFF; 8]);
    }

    #[test]
    fn reads_the_owner_of_the_socket_that_was_asked_for() {
        let v4 = query("127.0.0.1:40000", "127.0.0.1:7873");
        let v6 = query("[::1]:40000", "[::1]:7873");
        let mapped = query("[::ffff:127.0.0.1]:40000", "[::ffff:127.0.0.1]:7873");
        let listening = query("127.0.0.1:7873", "0.0.0.0:0");
        let table = [
            ("v4", v4, reply(2, 1, &v4)),
            ("v6", v6, reply(10, 1, &v6)),
            ("a v6 socket that speaks v4", v4, reply(10, 1, &mapped)),
            ("half closed", v4, reply(2, 5, &v4)),
            ("listening", listening, reply(2, 10, &listening)),
            ("listening on all addresses", listening, reply(10, 10, &query("[::]:7873", "[::]:0"))),
        ];
        for (name, asked, bytes) in table {
            assert_eq!(decode(&bytes, &asked, SEQUENCE), Ok(Some(ALICE)), "{name}");
        }
    }

    #[test]
    fn another_socket_than_the_one_asked_for_is_none() {
        let asked = query("127.0.0.1:40000", "127.0.0.1:7873");
        let table = [
            ("a listener on the caller's port", 10, query("127.0.0.1:40000", "0.0.0.0:0")),
            ("a listener that lies", 10, asked),
            ("another port", 1, query("127.0.0.1:40001", "127.0.0.1:7873")),
            ("another address", 1, query("127.0.0.2:40000", "127.0.0.1:7873")),
            ("another door", 1, query("127.0.0.1:40000", "127.0.0.1:7874")),
        ];
        for (name, state, described) in table {
            let bytes = reply(2, state, &described);
            assert_eq!(decode(&bytes, &asked, SEQUENCE), Ok(Some(Answer::Missing)), "{name}");
        }
        let listening = Query { remote: nowhere(asked.local), ..asked };
        let connected = reply(2, 1, &asked);
        assert_eq!(decode(&connected, &listening, SEQUENCE), Ok(Some(Answer::Missing)));
    }

    #[test]
    fn errors_are_told_apart() {
        let asked = query("127.0.0.1:40000", "127.0.0.1:7873");
        assert_eq!(decode(&error(-2), &asked, SEQUENCE), Ok(Some(Answer::Missing)));
        assert_eq!(decode(&error(-1), &asked, SEQUENCE), Ok(Some(Answer::Failed(1))));
        assert_eq!(decode(&error(i32::MIN), &asked, SEQUENCE), Ok(Some(Answer::Failed(i32::MAX))));
    }

    #[test]
    fn an_answer_to_an_older_question_is_dropped() {
        let asked = query("127.0.0.1:40000", "127.0.0.1:7873");
        assert_eq!(decode(&reply(2, 1, &asked), &asked, SEQUENCE + 1), Ok(None));
    }

    #[test]
    fn a_truncated_or_foreign_answer_is_malformed_at_every_length() {
        let asked = query("127.0.0.1:40000", "127.0.0.1:7873");
        for whole in [reply(2, 1, &asked), error(-2)] {
            for length in 0..whole.len() {
                assert_eq!(decode(&whole[..length], &asked, SEQUENCE), Err(Malformed), "{length}");
            }
        }
        let mut other_family = reply(2, 1, &asked);
        other_family[16] = 1;
        assert_eq!(decode(&other_family, &asked, SEQUENCE), Err(Malformed));
        let mut other_type = reply(2, 1, &asked);
        other_type[4..6].copy_from_slice(&3_u16.to_ne_bytes());
        assert_eq!(decode(&other_type, &asked, SEQUENCE), Err(Malformed));
    }

    #[test]
    fn a_length_that_lies_does_not_reach_past_the_answer() {
        let asked = query("127.0.0.1:40000", "127.0.0.1:7873");
        for length in [0_u32, 15, 16, 87, 89, u32::MAX] {
            let mut bytes = reply(2, 1, &asked);
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(decode(&bytes, &asked, SEQUENCE), Err(Malformed), "{length}");
        }
    }
}
