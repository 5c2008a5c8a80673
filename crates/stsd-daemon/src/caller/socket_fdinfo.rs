//! The bytes of macOS's `struct socket_fdinfo`: one open socket of a process. No I/O.
//!
//! The offsets are those of `bsd/sys/proc_info.h`, the same on both of Apple's architectures. Kept
//! apart from the calls so that the table below is tested on every system.

use std::net::{IpAddr, SocketAddr};

/// A TCP socket as it stands in a process's table of descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TcpSocket {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) state: TcpState,
}

/// As much of a TCP socket's state as matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TcpState {
    Closed,
    Listening,
    Connected,
}

/// Reads one socket; `None` if it is not TCP, or if the bytes are too few.
pub(super) fn decode(bytes: &[u8]) -> Option<TcpSocket> {
    if i32::from_ne_bytes(array(bytes, KIND)?) != SOCKINFO_TCP {
        return None;
    }
    let [version] = array(bytes, IN_VERSION)?;
    let state = match i32::from_ne_bytes(array(bytes, TCP_STATE)?) {
        TSI_S_CLOSED => TcpState::Closed,
        TSI_S_LISTEN => TcpState::Listening,
        _ => TcpState::Connected,
    };
    Some(TcpSocket {
        local: SocketAddr::new(ip(bytes, version, IN_LOCAL)?, port(bytes, IN_LOCAL_PORT)?),
        remote: SocketAddr::new(ip(bytes, version, IN_REMOTE)?, port(bytes, IN_REMOTE_PORT)?),
        state,
    })
}

/// An IPv4 address takes the last four of the sixteen bytes.
fn ip(bytes: &[u8], version: u8, at: usize) -> Option<IpAddr> {
    if version == INI_IPV4 {
        array::<4>(bytes, at + 12).map(IpAddr::from)
    } else {
        array::<16>(bytes, at).map(|octets| IpAddr::from(octets).to_canonical())
    }
}

/// Ports are `int`s that hold the network's order in their lower half.
fn port(bytes: &[u8], at: usize) -> Option<u16> {
    let number = i32::from_ne_bytes(array(bytes, at)?);
    Some(u16::from_be(number as u16))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// The size of the whole structure; its longest member is a Unix socket's pair of addresses.
pub(super) const SIZE: usize = SOCKET_INFO + 240 + 528;
/// After `struct proc_fileinfo`.
const SOCKET_INFO: usize = 24;
const KIND: usize = SOCKET_INFO + 232;
/// `struct tcp_sockinfo`, which begins with `struct in_sockinfo`.
const TCP: usize = SOCKET_INFO + 240;
const IN_REMOTE_PORT: usize = TCP;
const IN_LOCAL_PORT: usize = TCP + 4;
const IN_VERSION: usize = TCP + 24;
const IN_REMOTE: usize = TCP + 32;
const IN_LOCAL: usize = TCP + 48;
const TCP_STATE: usize = TCP + 80;
const SOCKINFO_TCP: i32 = 2;
const INI_IPV4: u8 = 1;
const TSI_S_CLOSED: i32 = 0;
const TSI_S_LISTEN: i32 = 1;

#[cfg(test)]
mod tests {
    use super::{
        IN_LOCAL, IN_LOCAL_PORT, IN_REMOTE, IN_REMOTE_PORT, IN_VERSION, KIND, SIZE, TCP_STATE,
        TcpSocket, TcpState, decode,
    };
    use std::net::Ipv4Addr;

    const ESTABLISHED: i32 = 4;
    const LISTENING: i32 = 1;

    fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
        bytes[at..at + field.len()].copy_from_slice(field);
    }

    fn socket(version: u8, state: i32, local: [u8; 16], remote: [u8; 16]) -> Vec<u8> {
        let mut bytes = vec![0; SIZE];
        put(&mut bytes, KIND, &2_i32.to_ne_bytes());
        put(&mut bytes, IN_VERSION, &[version]);
        put(&mut bytes, IN_LOCAL_PORT, &i32::from(40000_u16.to_be()).to_ne_bytes());
        put(&mut bytes, IN_REMOTE_PORT, &i32::from(7873_u16.to_be()).to_ne_bytes());
        put(&mut bytes, IN_LOCAL, &local);
        put(&mut bytes, IN_REMOTE, &remote);
        put(&mut bytes, TCP_STATE, &state.to_ne_bytes());
        bytes
    }

    fn in_the_last_four(ip: Ipv4Addr) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&ip.octets());
        bytes
    }

    #[test]
    fn the_structure_has_the_size_that_apple_gives_it() {
        assert_eq!(SIZE, 792);
    }

    #[test]
    fn reads_ipv4_ipv6_and_ipv4_within_ipv6() {
        let v4 = in_the_last_four(Ipv4Addr::LOCALHOST);
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets();
        let v6 = std::net::Ipv6Addr::LOCALHOST.octets();
        let table = [
            (socket(1, ESTABLISHED, v4, v4), "127.0.0.1", TcpState::Connected),
            (socket(2, ESTABLISHED, mapped, mapped), "127.0.0.1", TcpState::Connected),
            (socket(2, LISTENING, v6, v6), "[::1]", TcpState::Listening),
            (socket(1, 0, v4, v4), "127.0.0.1", TcpState::Closed),
        ];
        for (bytes, ip, state) in table {
            let local = format!("{ip}:40000").parse().unwrap();
            let remote = format!("{ip}:7873").parse().unwrap();
            assert_eq!(decode(&bytes), Some(TcpSocket { local, remote, state }));
        }
    }

    #[test]
    fn other_sockets_and_truncated_ones_are_none() {
        let v4 = in_the_last_four(Ipv4Addr::LOCALHOST);
        let whole = socket(1, ESTABLISHED, v4, v4);
        for length in 0..TCP_STATE + 4 {
            assert_eq!(decode(&whole[..length]), None, "{length}");
        }
        let mut unix = whole;
        put(&mut unix, KIND, &3_i32.to_ne_bytes());
        assert_eq!(decode(&unix), None);
    }
}
