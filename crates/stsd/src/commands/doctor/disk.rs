//! What this machine has besides the AWS files: tokens, permissions, listeners. Looked at, never
//! changed.

use std::fs;
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::Uid;
use stsd_secret::Secret;

use crate::chains::{Address, Listener, Shell, TokenFile};

/// A file or folder that others than its owner can use, or that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exposed {
    pub(super) path: PathBuf,
    /// What is wrong with it.
    pub(super) how: &'static str,
}

/// Looks at one path; one that is not there exposes nothing. `allowed` are the bits it may have.
pub(super) fn exposed(path: &Path, allowed: u32) -> Option<Exposed> {
    let found = fs::metadata(path).ok()?;
    let how = match found.mode() & 0o777 & !allowed {
        _ if found.uid() != Uid::effective().as_raw() => "belongs to another user",
        0 => return None,
        bits if bits & 0o022 != 0 => "can be written by other users",
        _ => "can be read by other users",
    };
    Some(Exposed { path: path.to_owned(), how })
}

/// An authorization token, if the file has one.
pub(super) fn token(path: &Path) -> Result<Secret, String> {
    let cannot = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "it is not there".to_owned(),
        kind => kind.to_string(),
    };
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        // A FIFO would block for ever.
        return Err("it is no file".to_owned());
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(cannot)?;
    file.take(LONGEST).read_to_string(&mut text).map_err(cannot)?;
    Ok(Secret::new(text))
}

/// What the variable for the token's file leads to. `is_ours` says whether the daemon takes a token.
pub(super) fn token_file(shell: &Shell, is_ours: impl Fn(&str) -> Option<bool>) -> TokenFile {
    let Some(path) = shell.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
        return TokenFile::NotNamed;
    };
    match token(Path::new(path)) {
        Err(why) => TokenFile::Unreadable(why),
        Ok(token) => TokenFile::Read {
            newline: token.expose().contains(['\n', '\r']),
            ours: is_ours(token.expose().trim_end()),
        },
    }
}

/// Who listens at the endpoint's address, which is looked at on this machine alone. `is_stsd_there`
/// says whether a daemon has its port.
pub(super) fn listener(shell: &Shell, is_stsd_there: bool) -> Listener {
    let uri = shell.filled("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let Some(address) = uri.and_then(Address::parse).filter(Address::is_loopback) else {
        return Listener::Unknown;
    };
    let host = match address.host {
        "[::1]" => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    };
    match TcpStream::connect_timeout(&(host, address.port).into(), ANSWER) {
        Err(_) => Listener::Nobody,
        Ok(_) if is_stsd_there => Listener::Unknown,
        Ok(_) => Listener::Stranger,
    }
}

/// Whether the file of a web identity is named and not there.
pub(super) fn web_identity_is_missing(shell: &Shell) -> bool {
    let path = shell.filled("AWS_WEB_IDENTITY_TOKEN_FILE");
    path.is_some_and(|path| !Path::new(path).exists())
}

/// The kernel answers for a program of this machine.
const ANSWER: Duration = Duration::from_millis(300);

/// More than any token has.
const LONGEST: u64 = 64 * 1024;
