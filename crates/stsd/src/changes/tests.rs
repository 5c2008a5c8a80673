//! The whole transaction on a real disk that ends at every step there is: what is run again finishes,
//! and what is taken back is as it was.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::disk::Looks;
use super::{ChangeError, Content, Disk, Journal, Plan, RealDisk, Wish, take_back};

/// A disk that fails at one step, half done, and, if the process is killed there, for ever after.
struct FailingDisk {
    step: Cell<u32>,
    fails_at: u32,
    is_killed: bool,
}

impl FailingDisk {
    fn new(fails_at: u32, is_killed: bool) -> Self {
        Self { step: Cell::new(0), fails_at, is_killed }
    }

    fn has_failed(&self) -> bool {
        self.step.get() > self.fails_at
    }

    fn next(&self) -> io::Result<()> {
        let step = self.step.get();
        self.step.set(step + 1);
        let fails = step == self.fails_at || (self.is_killed && step > self.fails_at);
        if fails { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
    }
}

impl Disk for FailingDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.make_directory(path))
    }

    fn create(&self, path: &Path, bytes: &[u8], looks: Looks) -> io::Result<()> {
        let now = self.step.get();
        if let Err(error) = self.next() {
            if now == self.fails_at {
                RealDisk.create(path, &bytes[..bytes.len() / 2], looks)?;
            }
            return Err(error);
        }
        RealDisk.create(path, bytes, looks)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.remove(path))
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.remove_directory(path))
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.remove_tree(path))
    }
}

/// A home with a start file that is kept elsewhere, and a unit of the user's own.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    fs::create_dir_all(path("dotfiles")).unwrap();
    fs::write(path("dotfiles/bashrc"), b"alias ll='ls -l' # \xff\nno end").unwrap();
    fs::set_permissions(path("dotfiles/bashrc"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("dotfiles/bashrc", path(".bashrc")).unwrap();
    fs::create_dir_all(path(".config/stsd")).unwrap();
    fs::write(path(".config/stsd/config.toml"), "# mine\nlisten = '127.0.0.1:7873'\n").unwrap();
    fs::create_dir_all(path(".config/units")).unwrap();
    fs::write(path(".config/units/a.service"), "[Service]\nold\n").unwrap();
    home
}

fn wishes(home: &Path) -> Vec<Wish> {
    let line = "eval stsd env # stsd setup".to_owned();
    let with_device = |text: &str| -> Result<String, String> {
        let missing = !text.contains("[profiles.default]");
        Ok(if missing {
            format!("{text}[profiles.default]\nmfa_serial = 'x'\n")
        } else {
            text.into()
        })
    };
    let whole = |text: &str| Content::Whole(text.to_owned());
    [
        (".config/stsd/config.toml", Content::Edited(Box::new(with_device))),
        (".config/units/a.service", whole("[Service]\nnew\n")),
        (".config/units/b.socket.d/port.conf", whole("[Socket]\n")),
        (".config/environment.d/60-stsd.conf", whole("A=b\n")),
        (".bashrc", Content::Line { line, does: "stsd env" }),
    ]
    .into_iter()
    .map(|(name, content)| Wish { path: home.join(name), of_service: false, mode: 0o644, content })
    .collect()
}

fn state(home: &Path) -> PathBuf {
    home.join(".local/state/stsd")
}

fn run(home: &Path, disk: &dyn Disk) -> Result<bool, ChangeError> {
    let mut journal = Journal::read(&state(home))?;
    let mut plan = Plan::default();
    for wish in wishes(home) {
        plan.add(&journal, wish)?;
    }
    let is_empty = plan.is_empty();
    plan.make(disk, &mut journal, &state(home))?;
    Ok(!is_empty)
}

fn undo(home: &Path, disk: &dyn Disk) -> Result<Vec<PathBuf>, ChangeError> {
    take_back(disk, &Journal::read(&state(home))?, &state(home))
}

type Snapshot = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// Every file, directory and link below, with its mode and what is in it.
fn snapshot(folder: &Path) -> Snapshot {
    let mut found = Snapshot::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        let content = if about.is_dir() {
            found.extend(snapshot(&path));
            Vec::new()
        } else if about.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else {
            fs::read(&path).unwrap()
        };
        found.insert(path, (about.mode(), content));
    }
    found
}

/// Without the folder that every test has to itself, and without the journal.
fn files(home: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let below = |path: &Path| path.strip_prefix(home).unwrap().to_owned();
    let mut all: Snapshot =
        snapshot(home).into_iter().map(|(path, what)| (below(&path), what)).collect();
    all.retain(|path, _| !path.starts_with(".local"));
    all
}

#[test]
fn all_of_it_is_made_and_a_second_run_finds_nothing_to_do() {
    let home = home();
    assert!(run(home.path(), &RealDisk).unwrap());
    let bashrc = fs::read(home.path().join("dotfiles/bashrc")).unwrap();
    assert_eq!(bashrc, b"alias ll='ls -l' # \xff\nno end\neval stsd env # stsd setup\n");
    let mode = fs::metadata(home.path().join("dotfiles/bashrc")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(fs::symlink_metadata(home.path().join(".bashrc")).unwrap().is_symlink());
    assert!(!run(home.path(), &RealDisk).unwrap());
}

#[test]
fn killed_at_any_step_it_finishes_when_it_is_run_again_and_is_taken_back_to_the_byte() {
    let (before, finished) = {
        let home = home();
        let before = snapshot(home.path()).len();
        run(home.path(), &RealDisk).unwrap();
        (before, files(home.path()))
    };
    let mut steps = 0;
    loop {
        let home = home();
        let original = snapshot(home.path());
        let disk = FailingDisk::new(steps, true);
        let outcome = run(home.path(), &disk);
        assert_eq!(outcome.is_err(), disk.has_failed());
        run(home.path(), &RealDisk).unwrap();
        assert_eq!(files(home.path()), finished, "killed at step {steps}");
        undo(home.path(), &RealDisk).unwrap();
        assert_undone(home.path(), &original, steps);
        if !disk.has_failed() {
            break;
        }
        steps += 1;
    }
    assert!(steps > 20 && before > 5, "{steps} steps");
}

#[test]
fn killed_while_it_is_taken_back_it_is_taken_back_by_the_next_attempt() {
    for step in 0.. {
        let home = home();
        let original = snapshot(home.path());
        run(home.path(), &RealDisk).unwrap();
        let disk = FailingDisk::new(step, true);
        let _ = undo(home.path(), &disk);
        undo(home.path(), &RealDisk).unwrap();
        assert_undone(home.path(), &original, step);
        if !disk.has_failed() {
            break;
        }
    }
}

#[test]
fn a_disk_that_is_full_at_any_step_leaves_everything_as_it_was() {
    for step in 0.. {
        let home = home();
        let original = snapshot(home.path());
        let disk = FailingDisk::new(step, false);
        if run(home.path(), &disk).is_err() {
            assert_undone(home.path(), &original, step);
            assert!(!state(home.path()).join("setup/journal.json").exists());
        }
        if !disk.has_failed() {
            break;
        }
    }
}

/// As it was; but for whoever was killed before there was a journal, or after it was gone, an empty
/// directory may be left in the place where it stands.
fn assert_undone(home: &Path, original: &Snapshot, step: u32) {
    let mut now = snapshot(home);
    let is_empty_directory = |path: &Path, mode: u32| {
        mode & 0o170_000 == 0o040_000 && path.starts_with(home.join(".local"))
    };
    now.retain(|path, (mode, _)| original.contains_key(path) || !is_empty_directory(path, *mode));
    let differing: Vec<_> = now
        .iter()
        .chain(original)
        .filter(|(path, _)| now.get(*path) != original.get(*path))
        .collect();
    assert!(differing.is_empty(), "step {step}: {differing:?}");
}

#[test]
fn nothing_at_all_is_left_of_a_run_that_was_not_killed() {
    let home = home();
    let original = snapshot(home.path());
    run(home.path(), &RealDisk).unwrap();
    // What the daemon leaves in a directory that is there for its sake.
    fs::create_dir(state(home.path()).join("aws")).unwrap();
    fs::write(state(home.path()).join("aws/config"), "view").unwrap();
    undo(home.path(), &RealDisk).unwrap();
    assert_eq!(snapshot(home.path()), original);
}

#[test]
fn what_was_edited_since_is_kept_and_the_rest_is_taken_back() {
    let home = home();
    let path = |name: &str| home.path().join(name);
    let config = fs::read_to_string(path(".config/stsd/config.toml")).unwrap();
    run(home.path(), &RealDisk).unwrap();
    fs::write(path(".config/units/a.service"), "[Service]\nnew\nmine\n").unwrap();
    let mut bashrc = fs::read(path(".bashrc")).unwrap();
    bashrc.extend(b"added = later\n");
    fs::write(path(".bashrc"), bashrc).unwrap();
    let kept = undo(home.path(), &RealDisk).unwrap();
    assert_eq!(kept, [path(".config/units/a.service")]);
    assert!(fs::read(path(".bashrc")).unwrap().ends_with(b"no endadded = later\n"));
    assert_eq!(fs::read_to_string(path(".config/stsd/config.toml")).unwrap(), config);
}

#[test]
fn a_state_directory_that_was_there_before_keeps_what_is_in_it() {
    let home = home();
    fs::create_dir_all(state(home.path())).unwrap();
    fs::write(state(home.path()).join("port"), "7873\n").unwrap();
    let original = snapshot(home.path());
    run(home.path(), &RealDisk).unwrap();
    undo(home.path(), &RealDisk).unwrap();
    assert_eq!(snapshot(home.path()), original);
}
