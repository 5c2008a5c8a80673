//! What stsd is compared with: nginx with one worker, and the bare epoll server. Both give the bytes
//! that stsd gives, and close the connection after each answer.

use std::env;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use crate::home::{Folder, Running, first_line};
use crate::load::{Address, Target};

/// The others, each behind a port and a socket; nginx only where it is installed.
#[derive(Debug)]
pub(crate) struct Others {
    pub(crate) tcp: Vec<Target>,
    pub(crate) unix: Vec<Target>,
    _running: Vec<Running>,
    _folder: Folder,
}

impl Others {
    pub(crate) fn start(like: &Target) -> io::Result<Self> {
        let folder = Folder::new("others")?;
        let mut others = Self { tcp: vec![], unix: vec![], _running: vec![], _folder: folder };
        let folder = others._folder.0.clone();
        match nginx_program() {
            Some(program) => others.start_nginx(&program, &folder, like)?,
            None => println!("nginx is not installed: no ratios to it"),
        }
        others.start_bare(&folder, like)?;
        Ok(others)
    }

    fn start_nginx(&mut self, program: &Path, folder: &Path, like: &Target) -> io::Result<()> {
        let (port, socket) = (free_port()?, folder.join("nginx.sock"));
        let body = String::from_utf8_lossy(&like.body);
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, nginx_configuration(folder, port, &socket, &body))?;
        let child = Command::new(program)
            .args([Path::new("-p"), folder, Path::new("-e"), &folder.join("log")])
            .args([Path::new("-c"), &configuration])
            .stdin(Stdio::null())
            .spawn()?;
        let pid = child.id();
        self._running.push(Running(child));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_for(address)?;
        let target = |address| Target { name: "nginx", address, pid, ..like.clone() };
        self.tcp.push(target(Address::Tcp(address)));
        self.unix.push(target(Address::Unix(socket)));
        Ok(())
    }

    fn start_bare(&mut self, folder: &Path, like: &Target) -> io::Result<()> {
        let file = folder.join("body");
        fs::write(&file, &like.body)?;
        let program = env::current_exe()?.with_file_name("epoll-server");
        let start = |socket: Option<&Path>| {
            let mut command = Command::new(&program);
            let mut child = command.arg(&file).args(socket).stdout(Stdio::piped()).spawn()?;
            let line = first_line(child.stdout.take())?;
            io::Result::Ok((Running(child), line))
        };
        let (on_port, port) = start(None)?;
        let (on_socket, socket) = start(Some(&folder.join("bare.sock")))?;
        let target = |address, pid| Target { name: "bare", address, pid, ..like.clone() };
        let port: u16 = port.parse().map_err(io::Error::other)?;
        let address = Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        self.tcp.push(target(address, on_port.0.id()));
        self.unix.push(target(Address::Unix(PathBuf::from(socket)), on_socket.0.id()));
        self._running.extend([on_port, on_socket]);
        Ok(())
    }
}

fn nginx_program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.exists())
}

/// One process that serves, as one worker does, and that ends when it is killed.
fn nginx_configuration(folder: &Path, port: u16, socket: &Path, body: &str) -> String {
    let (folder, socket) = (folder.display(), socket.display());
    format!(
        "daemon off; master_process off; pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_timeout 0; default_type application/json;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen 127.0.0.1:{port}; listen unix:{socket};
    location = /creds/prod {{ add_header Cache-Control no-store; return 200 '{body}'; }}
  }}
}}\n"
    )
}

/// nginx takes no port 0.
fn free_port() -> io::Result<u16> {
    TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.port())
}

fn wait_for(address: SocketAddr) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = TcpStream::connect(address) {
        if Instant::now() > deadline {
            return Err(error);
        }
        yield_now();
    }
    Ok(())
}
