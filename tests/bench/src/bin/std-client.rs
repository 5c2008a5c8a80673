//! The least that a `credential_process` can be: the exchange of `stsd credential-process NAME` with
//! std alone, and no question asked about who answers or what. `std-client SOCKET NAME`.

use std::env::args;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

fn main() -> io::Result<()> {
    let (Some(socket), Some(profile)) = (args().nth(1), args().nth(2)) else {
        return Err(io::Error::other("std-client SOCKET NAME"));
    };
    let body = format!("{{\"profile\":\"{profile}\"}}");
    let request = format!(
        "POST /v1/credentials HTTP/1.1\r\nhost: stsd\r\nstsd-version: 0.1.0\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::with_capacity(4096);
    stream.read_to_end(&mut reply)?;
    let head = reply.windows(4).position(|end| end == b"\r\n\r\n");
    let body = head.map_or(reply.len(), |at| at + 4);
    reply.push(b'\n');
    io::stdout().write_all(&reply[body..])
}
