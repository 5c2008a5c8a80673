//! The files that last: each written whole under another name and renamed, so that nobody ever
//! reads half of one. A file that cannot be written is reported; the daemon goes on serving.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stsd_protocol::Places;
use stsd_secret::Secret;
use tracing::{error, warn};

use crate::owner::{Keeper, Kept};
use crate::state::Remembered;

mod tokens;

/// The state directory of one user.
#[derive(Clone, Debug)]
pub struct StateDirectory {
    places: Places,
    /// Whether the view was written and nobody has missed it since. For all copies.
    has_published: Arc<AtomicBool>,
    /// Whether the last view could not be written.
    has_failed: Arc<AtomicBool>,
}

impl StateDirectory {
    /// Makes the directory if there is none; what it holds is for this user alone.
    pub fn open(places: Places) -> Self {
        for directory in [places.state.clone(), places.state.join("aws")] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
            let closed =
                made.and_then(|()| fs::set_permissions(&directory, Permissions::from_mode(0o700)));
            if let Err(error) = closed {
                error!(directory = %directory.display(), %error, "could not make the state directory");
            }
        }
        Self { places, has_published: Arc::default(), has_failed: Arc::default() }
    }

    /// Where everything is.
    pub fn places(&self) -> Places {
        self.places.clone()
    }

    /// The user's own authorization token: the recorded one, or a new one that is recorded. SDKs
    /// read the file before they connect, and break on a newline in it.
    ///
    /// # Errors
    /// If the kernel gives no randomness.
    pub fn authorization_token(&self) -> Result<Secret, getrandom::Error> {
        let path = self.places.authorization_token();
        match fs::read_to_string(&path) {
            Ok(text) if is_authorization_token(&text) => {
                if let Err(error) = close_to_others(&path) {
                    warn!(%error, "could not close the authorization token file to others");
                }
                return Ok(Secret::new(text));
            }
            Ok(_) => warn!(
                file = %path.display(),
                "replaced the authorization token, which was not one; run `eval \"$(stsd env)\"` anew"
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                error!(file = %path.display(), %error, "could not read the authorization token")
            }
        }
        let token = new_authorization_token()?;
        self.write(&path, token.expose().as_bytes(), 0o600);
        Ok(token)
    }

    /// The port that was chosen when this user first started.
    pub fn port(&self) -> Option<u16> {
        fs::read_to_string(self.places.port()).ok()?.trim().parse().ok().filter(|port| *port != 0)
    }

    /// Records the port; it is not chosen again.
    pub fn record_port(&self, port: u16) {
        self.write(&self.places.port(), format!("{port}\n").as_bytes(), 0o600);
    }

    /// Records the control socket's path for clients without the variables that we have.
    pub fn record_socket(&self) {
        let path = format!("{}\n", self.places.control_socket().display());
        self.write(&self.places.socket_record(), path.as_bytes(), 0o600);
    }

    /// What was remembered before the daemon started.
    pub fn remembered(&self) -> Remembered {
        Remembered {
            locked: lines(&self.places.locked()),
            in_use: lines(&self.places.profiles_in_use()),
        }
    }

    /// Makes the empty file that stands for the user's credentials.
    pub fn publish_credentials_view(&self) {
        self.write(&self.places.credentials_view(), b"", 0o400);
    }

    /// Whether the files are there that this process writes for its clients.
    pub fn is_complete(&self) -> bool {
        let places = &self.places;
        [places.authorization_token(), places.credentials_view(), places.socket_record()]
            .iter()
            .all(|file| file.exists())
    }

    /// Whether the view that was written is gone; says so once.
    pub fn misses_view(&self) -> bool {
        !self.places.config_view().exists() && self.has_published.swap(false, Ordering::Relaxed)
    }

    /// Whether the view that there is, if any, is not the last one.
    pub fn lacks_view(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Writes what is missing of [`Self::is_complete`], and the directory.
    pub fn complete(&self, authorization_token: &Secret) {
        Self::open(self.places.clone());
        let file = self.places.authorization_token();
        if !file.exists() {
            self.write(&file, authorization_token.expose().as_bytes(), 0o600);
        }
        self.publish_credentials_view();
        self.record_socket();
    }

    fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> bool {
        self.write_as(path, bytes, mode, Lasting::OverPowerLoss)
    }

    fn write_as(&self, path: &Path, bytes: &[u8], mode: u32, lasting: Lasting) -> bool {
        self.written(path, bytes, mode, lasting).is_ok()
    }

    fn written(&self, path: &Path, bytes: &[u8], mode: u32, lasting: Lasting) -> io::Result<()> {
        if fs::read(path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let written = write_whole(path, bytes, mode, lasting);
        if let Err(error) = &written {
            error!(file = %path.display(), %error, "could not write a file of the state directory");
        }
        written
    }
}

impl Keeper for StateDirectory {
    fn remember(&mut self, remembered: &Remembered) -> Kept {
        // A name with a newline in it cannot be asked for either.
        let text = |names: &BTreeSet<String>| -> String {
            names.iter().map(|name| format!("{name}\n")).collect()
        };
        let (locked, in_use) = (text(&remembered.locked), text(&remembered.in_use));
        // A lock is a promise; which profiles were in use is worth no wait for the disk, which
        // would be one of all callers.
        let locked = self.write(&self.places.locked(), locked.as_bytes(), 0o600);
        let path = self.places.profiles_in_use();
        let in_use = self.write_as(&path, in_use.as_bytes(), 0o600, Lasting::Usually);
        Kept { locked, in_use }
    }

    fn publish_view(&mut self, view: &str) {
        let written = self.write(&self.places.config_view(), view.as_bytes(), 0o400);
        self.has_published.fetch_or(written, Ordering::Relaxed);
        self.has_failed.store(!written, Ordering::Relaxed);
    }
}

/// Has a file be for this user alone. One that is needs no change, which a read-only file system would
/// refuse.
fn close_to_others(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(path, Permissions::from_mode(0o600)),
    }
}

/// What a file is to outlast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasting {
    /// On the disk before the write is over.
    OverPowerLoss,
    /// Written when the system likes.
    Usually,
}

/// Writes a file of this mode whole or not at all.
fn write_whole(path: &Path, bytes: &[u8], mode: u32, lasting: Lasting) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    // No path form of a profile has a `~`, so this is no other token's file.
    draft.push(".new~");
    // Left over from a crash, if it is there.
    if let Err(error) = fs::remove_file(&draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(bytes)?;
        if lasting == Lasting::OverPowerLoss {
            file.sync_all()?;
        }
        fs::rename(&draft, path)?;
        match path.parent() {
            // The new name is on the disk when the folder is.
            Some(folder) if lasting == Lasting::OverPowerLoss => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    })();
    if written.is_err() {
        // The draft is of no use to anybody; if it stays, the next write removes it.
        let _ = fs::remove_file(&draft);
    }
    written
}

/// As much of a file as can be read: one damaged name costs no other.
fn lines(path: &Path) -> BTreeSet<String> {
    let bytes = fs::read(path).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            error!(file = %path.display(), %error, "could not read a file of the state directory");
        }
        Vec::new()
    });
    let text = String::from_utf8_lossy(&bytes);
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// 256 bits as 64 hexadecimal digits: characters that no header, shell or file minds.
pub(crate) fn new_authorization_token() -> Result<Secret, getrandom::Error> {
    let mut random = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *random)?;
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    let mut text = String::with_capacity(64);
    for byte in random.iter() {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    Ok(Secret::new(text))
}

fn is_authorization_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (43..=512).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{Lasting, StateDirectory, write_whole};
    use crate::owner::{Keeper, Kept};
    use crate::state::Remembered;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use stsd_protocol::Places;

    fn places(folder: &tempfile::TempDir) -> Places {
        Places {
            configuration: folder.path().join("config.toml"),
            state: folder.path().join("state/stsd"),
            runtime: folder.path().join("run/stsd"),
        }
    }

    #[test]
    fn the_authorization_token_stays_the_same_and_has_no_newline() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(places(&folder));
        let first = directory.authorization_token().unwrap();
        let text = fs::read_to_string(places(&folder).authorization_token()).unwrap();
        assert_eq!(text, first.expose());
        assert_eq!(text.len(), 64);
        let mode =
            fs::metadata(places(&folder).authorization_token()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = StateDirectory::open(places(&folder)).authorization_token().unwrap();
        assert_eq!(again.expose(), first.expose());
    }

    #[test]
    fn a_token_file_that_sdks_would_choke_on_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(places(&folder));
        let newline_ended = format!("{}\n", "a".repeat(64));
        fs::write(places(&folder).authorization_token(), &newline_ended).unwrap();
        let token = directory.authorization_token().unwrap();
        assert_ne!(token.expose(), newline_ended);
        assert_eq!(
            fs::read_to_string(places(&folder).authorization_token()).unwrap(),
            token.expose()
        );
    }

    #[test]
    fn the_view_replaces_a_read_only_one_and_stays_read_only() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = StateDirectory::open(places(&folder));
        for view in ["[default]\n", "[default]\nregion = eu-west-1\n"] {
            directory.publish_view(view);
            assert_eq!(fs::read_to_string(places(&folder).config_view()).unwrap(), view);
        }
        let mode = fs::metadata(places(&folder).config_view()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o400);
    }

    #[test]
    fn what_is_remembered_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = StateDirectory::open(places(&folder));
        let remembered = Remembered {
            locked: ["AKIAIOSFODNN7EXAMPLE".to_owned()].into(),
            in_use: ["prod".to_owned(), "my prod".to_owned()].into(),
        };
        directory.remember(&remembered);
        assert_eq!(directory.remembered(), remembered);
    }

    #[test]
    fn what_could_not_be_kept_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = StateDirectory::open(places(&folder));
        fs::remove_dir_all(&places(&folder).state).unwrap();
        let kept = directory.remember(&Remembered::default());
        assert_eq!(kept, Kept { locked: false, in_use: false });
    }

    #[test]
    fn a_lock_that_was_written_lasts_though_the_names_in_use_were_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = StateDirectory::open(places(&folder));
        fs::create_dir(places(&folder).profiles_in_use()).unwrap();
        let kept = directory.remember(&Remembered::default());
        assert_eq!(kept, Kept { locked: true, in_use: false });
    }

    #[test]
    fn a_damaged_line_undoes_no_lock_but_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(places(&folder));
        fs::write(places(&folder).locked(), b"\xff\xfe\n\nAKIAIOSFODNN7EXAMPLE\n").unwrap();
        assert!(directory.remembered().locked.contains("AKIAIOSFODNN7EXAMPLE"));
    }

    #[test]
    fn a_draft_left_by_a_crash_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("port");
        fs::write(folder.path().join("port.new~"), "half").unwrap();
        write_whole(&path, b"7873\n", 0o600, Lasting::OverPowerLoss).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "7873\n");
        assert!(!folder.path().join("port.new~").exists());
    }
}
