//! A tool that keeps its connection, as an SDK with a pool does: sends what stands on its standard input up
//! to an empty line to a port of this machine or to a Unix socket, says `answered` once the other side has
//! done, and stays with its connection until its standard input ends.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

fn main() -> io::Result<()> {
    let door = std::env::args().nth(1).unwrap_or_default();
    if door.contains('/') {
        let stream = UnixStream::connect(door)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        ask(stream)
    } else {
        let port = door.parse::<u16>().map_err(io::Error::other)?;
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        ask(stream)
    }
}

fn ask(mut stream: impl Read + Write) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut question = String::new();
    while !question.ends_with("\r\n\r\n") && input.read_line(&mut question)? > 0 {}
    stream.write_all(question.as_bytes())?;
    stream.read_to_end(&mut Vec::new())?;
    println!("answered");
    io::copy(&mut input, &mut io::sink())?;
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(20);
