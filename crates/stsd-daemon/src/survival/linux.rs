//! The file that the record stands in, and the service manager that holds it: systemd's fd store.
//!
//! The file has no name, and no memory of a process is mapped onto it. The manager gets a descriptor
//! of it once, and passes it on to whatever daemon it starts next.

use std::fs::{self, File};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::linux::fs::MetadataExt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{FallocateFlags, FcntlArg, fallocate, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, sendmsg, socket,
};
use nix::unistd::{getppid, getuid};

use super::image::SIZE;

/// A service manager that keeps descriptors, as far as the environment says so.
#[derive(Clone, Debug)]
pub(super) struct Store {
    socket: PathBuf,
}

impl Store {
    /// The one that has started this process. Whoever inherits its environment, from a shell or
    /// another service, is not meant: the record would go to a stranger.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn find(
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, &'static str> {
        let process = variable("SYSTEMD_EXEC_PID");
        let meant =
            process.is_some_and(|process| process == std::process::id().to_string().as_str());
        if variable("FDSTORE").is_some_and(|room| room == "0") {
            return Err("its unit needs FileDescriptorStoreMax=");
        }
        match variable("NOTIFY_SOCKET") {
            Some(socket) if meant && !socket.is_empty() => Ok(Self { socket: socket.into() }),
            _ => Err("it was not started by systemd"),
        }
    }

    /// Hands the file over.
    pub(super) fn push(&self, file: &File) -> io::Result<()> {
        let descriptors = [file.as_raw_fd()];
        // FDPOLL: nothing ever happens at such a file, and systemd need not wait for it.
        self.say(
            b"FDSTORE=1\nFDNAME=sessions\nFDPOLL=0\n",
            &[ControlMessage::ScmRights(&descriptors)],
        )
    }

    /// Has the manager close what it holds.
    pub(super) fn remove(&self) -> io::Result<()> {
        self.say(b"FDSTOREREMOVE=1\nFDNAME=sessions\n", &[])
    }

    /// Whether the manager, whose child this is, has the file open. Nothing, if that cannot be seen.
    pub(super) fn holds(&self, file: &File) -> Option<bool> {
        is_among(file, Path::new(&format!("/proc/{}/fd", getppid())))
    }

    fn say(&self, text: &[u8], with: &[ControlMessage<'_>]) -> io::Result<()> {
        let name = self.socket.as_os_str().as_bytes();
        let address = match name.strip_prefix(b"@") {
            Some(name) => UnixAddr::new_abstract(name)?,
            None => UnixAddr::new(Path::new(&self.socket))?,
        };
        let sender = socket(AddressFamily::Unix, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
        let text = [IoSlice::new(text)];
        sendmsg(sender.as_raw_fd(), &text, with, MsgFlags::MSG_NOSIGNAL, Some(&address))?;
        Ok(())
    }
}

/// Whether the file is one of these descriptors. Only files of the record's name are looked at: a
/// manager has others by the hundred, on file systems that may hang.
fn is_among(file: &File, folder: &Path) -> Option<bool> {
    let ours = file.metadata().ok()?;
    let links = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let named = links.filter(|link| {
        let target = fs::read_link(link);
        target.is_ok_and(|target| target.as_os_str().as_bytes().starts_with(LINK))
    });
    let mut there = named.filter_map(|link| fs::metadata(link).ok());
    Some(there.any(|one| (one.st_dev(), one.st_ino()) == (ours.st_dev(), ours.st_ino())))
}

const NAME: &str = "stsd-sessions";
/// What a descriptor of such a file reads as.
const LINK: &[u8] = b"/memfd:stsd-sessions";

/// A new file, empty and as long as a record.
pub(super) fn create() -> io::Result<File> {
    let file = File::from(memfd_create(NAME, MFdFlags::MFD_CLOEXEC)?);
    file.set_len(SIZE as u64)?;
    Ok(file)
}

/// Gives memory back. Where that cannot be done, the bytes stay zero, which is as good.
pub(super) fn free(file: &File, offset: usize, length: usize) {
    let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    let (Ok(offset), Ok(length)) = (offset.try_into(), length.try_into()) else { return };
    let _ = fallocate(file, hole, offset, length);
}

/// The file, if it is one that a daemon of ours has made: of memory, without a name, of this user,
/// and no longer than a record.
pub(super) fn recognised(descriptor: OwnedFd) -> Option<File> {
    // Only what lives in memory knows seals.
    fcntl(descriptor.as_fd(), FcntlArg::F_GET_SEALS).ok()?;
    let file = File::from(descriptor);
    let found = file.metadata().ok()?;
    let ours = found.is_file() && found.st_nlink() == 0 && found.st_uid() == getuid().as_raw();
    (ours && found.len() <= SIZE as u64).then_some(file)
}

/// This boot of the machine, by the name that the kernel gave it.
pub(super) fn boot() -> io::Result<String> {
    let name = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{Store, create, is_among};

    #[test]
    fn only_who_was_started_by_systemd_itself_gives_it_the_record() {
        let ours = std::process::id().to_string();
        let parents = nix::unistd::getppid().to_string();
        let found = |socket: &str, process: Option<&str>, room: Option<&str>| {
            let variables =
                [("NOTIFY_SOCKET", Some(socket)), ("SYSTEMD_EXEC_PID", process), ("FDSTORE", room)];
            let of = |name: &str| variables.iter().find(|one| one.0 == name).and_then(|one| one.1);
            Store::find(|name| of(name).map(OsString::from)).is_ok()
        };
        assert!(found("/run/notify", Some(&ours), None));
        assert!(found("/run/notify", Some(&ours), Some("4")));
        for (socket, process, room) in [
            ("/run/notify", None, None),
            ("/run/notify", Some(parents.as_str()), None),
            ("/run/notify", Some(""), None),
            ("/run/notify", Some(&ours), Some("0")),
            ("", Some(&ours), None),
        ] {
            assert!(!found(socket, process, room), "{socket} {process:?} {room:?}");
        }
    }

    #[test]
    fn the_record_is_sought_among_files_of_its_name_alone() {
        let (file, other) = (create().unwrap(), create().unwrap());
        assert_eq!(is_among(&file, Path::new("/proc/self/fd")), Some(true));
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &std::fs::File| format!("/proc/self/fd/{}", file.as_raw_fd());
        symlink(at(&other), folder.path().join("3")).unwrap();
        // It leads to the record, and does not read so: nobody goes there.
        symlink(at(&file), folder.path().join("4")).unwrap();
        assert_eq!(is_among(&file, folder.path()), Some(false));
        assert_eq!(is_among(&file, &folder.path().join("none")), None);
    }
}
