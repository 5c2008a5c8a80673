//! What a gateway can do and cannot, tried: each operation from inside, with the error that it must get.
//!
//! One test, because it confines its process for good. `tests/root/run … confinement` tries more, in the
//! programs as they run.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use nix::errno::Errno::{self, EACCES, EAFNOSUPPORT, EPERM};
use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::kill;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use nix::sys::{prctl, ptrace};
use nix::unistd::{Pid, getpid, getppid};
use stsd_confinement::{confine_gateway, in_force};

/// What is tried, what comes of it (nothing: it works), and the trial.
type Probe<'a> = (&'static str, Option<Errno>, Box<dyn Fn() -> io::Result<()> + 'a>);

struct Stage {
    folder: PathBuf,
    server: TcpListener,
    /// Opened before, as a descriptor that an attacker finds.
    namespace: File,
    agent: PathBuf,
    _agent: UnixListener,
}

impl Stage {
    fn new() -> Self {
        // cargo's, since this process will be able to remove nothing; so the one before does.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("confined-gateway");
        let _ = fs::remove_dir_all(&folder);
        for name in ["aws/config", "ssh/id"] {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), "text").unwrap();
        }
        let agent = folder.join("agent.sock");
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let namespace = File::open("/proc/self/ns/net").unwrap();
        let _agent = UnixListener::bind(&agent).unwrap();
        Self { folder, server, namespace, agent, _agent }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn probes(&self) -> Vec<Probe<'_>> {
        let mut probes = self.files();
        probes.extend(self.network());
        probes.extend(self.others());
        probes
    }

    fn files(&self) -> Vec<Probe<'_>> {
        let config = self.path("aws/config");
        let at = move |path: &Path| path.to_owned();
        let (one, two) = (at(&config), at(&config));
        let (three, four, five) = (at(&config), at(&config), at(&config));
        vec![
            probe("read a file that it was left", None, || read(&self.path("aws/config"))),
            probe("list a folder that it was left", None, || {
                fs::read_dir(self.path("aws")).map(drop)
            }),
            probe("read /etc/resolv.conf", None, || read(Path::new("/etc/resolv.conf"))),
            probe("read a private key", Some(EACCES), || read(&self.path("ssh/id"))),
            probe("read another process's memory map", Some(EACCES), || {
                read(Path::new("/proc/1/maps"))
            }),
            probe("open a file for writing", Some(EPERM), move || {
                OpenOptions::new().write(true).open(&one).map(drop)
            }),
            probe("make a file", Some(EPERM), || File::create(self.path("aws/new")).map(drop)),
            probe("make a file in /tmp", Some(EPERM), || File::create("/tmp/stsd-probe").map(drop)),
            probe("make a file without a name", Some(EPERM), || {
                let flags = OFlag::O_TMPFILE | OFlag::O_RDWR;
                Ok(nix::fcntl::open(&self.path("aws"), flags, nix::sys::stat::Mode::S_IRWXU)
                    .map(drop)?)
            }),
            probe("make a folder", Some(EPERM), || fs::create_dir(self.path("aws/folder"))),
            probe("remove a file", Some(EPERM), move || fs::remove_file(&two)),
            probe("rename a file", Some(EPERM), move || fs::rename(&three, &three)),
            probe("link a file", Some(EPERM), move || fs::hard_link(&four, self.path("aws/l"))),
            probe("make a symbolic link", Some(EPERM), || symlink("/etc", self.path("aws/s"))),
            probe("change a mode", Some(EPERM), move || {
                fs::set_permissions(&five, fs::Permissions::from_mode(0o777))
            }),
        ]
    }

    fn network(&self) -> Vec<Probe<'_>> {
        let family = |family, kind, protocol: Option<SockProtocol>| -> io::Result<()> {
            Ok(socket(family, kind, SockFlag::empty(), protocol).map(drop)?)
        };
        let route = Some(SockProtocol::NetlinkRoute);
        let diagnosis = Some(SockProtocol::NetlinkSockDiag);
        vec![
            probe("connect by TCP", None, || {
                TcpStream::connect(self.server.local_addr()?).map(drop)
            }),
            probe("look a name up, in a new thread", None, || {
                let found =
                    thread::spawn(|| ("localhost", 443).to_socket_addrs().map(Iterator::count));
                let found = found.join().unwrap()?;
                if found > 0 { Ok(()) } else { Err(io::Error::other("no address")) }
            }),
            probe("a UDP socket, as DNS has it", None, || UdpSocket::bind("127.0.0.1:0").map(drop)),
            probe("a netlink socket for addresses", None, move || {
                family(AddressFamily::Netlink, SockType::Raw, route)
            }),
            probe("a pair of sockets", None, || UnixStream::pair().map(drop)),
            probe("another netlink socket", Some(EAFNOSUPPORT), move || {
                family(AddressFamily::Netlink, SockType::Raw, diagnosis)
            }),
            probe("take a TCP port", Some(EACCES), || TcpListener::bind("127.0.0.1:0").map(drop)),
            probe("wait for a connection", Some(EPERM), || self.server.accept().map(drop)),
            probe("connect to an agent's socket", Some(EAFNOSUPPORT), || {
                UnixStream::connect(&self.agent).map(drop)
            }),
            probe("a packet socket", Some(EAFNOSUPPORT), move || {
                family(AddressFamily::Packet, SockType::Datagram, None)
            }),
            probe("a VSOCK socket", Some(EAFNOSUPPORT), move || {
                family(AddressFamily::Vsock, SockType::Stream, None)
            }),
        ]
    }

    fn others(&self) -> Vec<Probe<'_>> {
        vec![
            probe("start a thread", None, || {
                thread::spawn(|| ()).join().map_err(|_| io::Error::last_os_error())
            }),
            probe("know the time", None, || {
                Ok(nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).map(drop)?)
            }),
            probe("signal itself", None, || Ok(kill(getpid(), None)?)),
            probe("start a program", Some(EPERM), || Command::new("/bin/true").status().map(drop)),
            probe("become another program", Some(EPERM), || {
                let nothing: [&std::ffi::CStr; 0] = [];
                let Err(error) = nix::unistd::execve(c"/bin/true", &nothing, &nothing);
                Err(error.into())
            }),
            probe("signal another process", Some(EPERM), || Ok(kill(getppid(), None)?)),
            probe("signal every process", Some(EPERM), || Ok(kill(Pid::from_raw(-1), None)?)),
            probe("trace another process", Some(EPERM), || Ok(ptrace::attach(getppid())?)),
            probe("open its own memory to others", Some(EPERM), || Ok(prctl::set_dumpable(true)?)),
            probe("a file in memory", Some(EPERM), || {
                Ok(memfd_create(c"probe", MFdFlags::empty()).map(drop)?)
            }),
            probe("a user namespace", Some(EPERM), || Ok(unshare(CloneFlags::CLONE_NEWUSER)?)),
            probe("enter a namespace", Some(EPERM), || {
                Ok(setns(self.namespace.as_fd(), CloneFlags::empty())?)
            }),
            probe("change its root", Some(EPERM), || Ok(nix::unistd::chroot("/")?)),
        ]
    }
}

fn probe<'a>(
    name: &'static str,
    expected: Option<Errno>,
    trial: impl Fn() -> io::Result<()> + 'a,
) -> Probe<'a> {
    (name, expected, Box::new(trial))
}

fn read(path: &Path) -> io::Result<()> {
    fs::read(path).map(drop)
}

#[test]
fn every_operation_of_a_confined_gateway_ends_as_expected() {
    let stage = Stage::new();
    let before = in_force();
    let reads = [stage.path("aws"), PathBuf::from("/etc"), PathBuf::from("/usr"), "/lib".into()];
    // From a thread that others stand beside, as the filter would have to reach them.
    let confinement = confine_gateway(&reads);
    println!("in force: {confinement}");
    assert!(confinement.no_new_privileges);
    assert_eq!(confinement.seccomp_filters, before.seccomp_filters + 3);
    assert!(
        confinement.landlock_abi.is_some_and(|abi| abi >= 6),
        "the expectations below are ABI 6's"
    );
    let probes = stage.probes();
    let mut wrong = Vec::new();
    for (name, expected, trial) in &probes {
        let found = trial()
            .err()
            .map(|error| error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw));
        let shown = |outcome: Option<Errno>| {
            outcome.map_or("works".to_owned(), |errno| format!("{errno:?}"))
        };
        let (found, expected) = (shown(found), shown(*expected));
        println!("{name:38} {found}");
        if found != expected {
            wrong.push(format!("{name}: {found} and not {expected}"));
        }
    }
    println!("{} operations, {} as expected", probes.len(), probes.len() - wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
