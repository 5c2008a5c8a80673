use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{LogFile, aged};

struct Trial {
    folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("audit/log.jsonl")
    }

    fn log(&self) -> LogFile {
        LogFile::new(self.path(), 100)
    }

    fn read(&self, age: u32) -> String {
        fs::read_to_string(aged(&self.path(), age)).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_its_user_can_read_it() {
    let trial = Trial::new();
    trial.log().append(b"one\n").unwrap();
    assert_eq!((mode(&trial.path()), mode(trial.path().parent().unwrap())), (0o600, 0o700));
    for (path, open) in [(trial.path(), 0o644), (trial.path().parent().unwrap().into(), 0o755)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        trial.log().append(b"two\n").unwrap();
        assert_eq!(mode(&path) & 0o077, 0);
    }
}

#[test]
fn the_oldest_go_when_there_is_no_room_and_no_line_is_cut() {
    let trial = Trial::new();
    let mut log = trial.log();
    let lines: Vec<String> = (0..100).map(|n| format!("{n:029}\n")).collect();
    log.append(lines[..7].concat().as_bytes()).unwrap();
    for line in &lines[7..] {
        log.append(line.as_bytes()).unwrap();
    }
    let kept: String = (0..5).rev().map(|age| trial.read(age)).collect();
    assert_eq!(kept, lines[87..].concat());
    assert!(!aged(&trial.path(), 5).exists());
}

#[test]
fn a_line_that_a_kill_has_torn_stays_alone() {
    let trial = Trial::new();
    trial.log().append(b"one\n").unwrap();
    fs::write(trial.path(), "one\n{\"tor").unwrap();
    let mut log = trial.log();
    log.append(b"two\n").unwrap();
    log.append(b"three\n").unwrap();
    assert_eq!(trial.read(0), "one\n{\"tor\ntwo\nthree\n");
}

#[test]
fn a_file_that_somebody_removes_or_moves_is_begun_anew() {
    let trial = Trial::new();
    let mut log = trial.log();
    log.append(b"one\n").unwrap();
    fs::remove_file(trial.path()).unwrap();
    log.append(b"two\n").unwrap();
    assert_eq!(trial.read(0), "two\n");
    fs::rename(trial.path(), trial.folder.path().join("kept")).unwrap();
    log.append(b"three\n").unwrap();
    assert_eq!(trial.read(0), "three\n");
}

#[test]
fn a_file_that_somebody_empties_or_adds_to_is_measured_again() {
    let trial = Trial::new();
    let mut log = trial.log();
    let line = format!("{:059}\n", 1);
    for _ in 0..3 {
        log.append(line.as_bytes()).unwrap();
        fs::write(trial.path(), "").unwrap();
    }
    log.append(line.as_bytes()).unwrap();
    assert_eq!(trial.read(0), line);
    assert!(!aged(&trial.path(), 1).exists());
    fs::write(trial.path(), "torn").unwrap();
    log.append(b"two\n").unwrap();
    assert_eq!(trial.read(0), "torn\ntwo\n");
}

#[test]
fn what_is_no_plain_file_of_ours_is_refused_and_left_alone() {
    let trial = Trial::new();
    let other = trial.folder.path().join("other");
    fs::write(&other, "mine\n").unwrap();
    fs::create_dir(trial.path().parent().unwrap()).unwrap();
    let put: [fn(&Path, &Path); 3] = [
        |other, path| symlink(other, path).unwrap(),
        |other, path| fs::hard_link(other, path).unwrap(),
        |_, path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap(),
    ];
    for put in put {
        put(&other, &trial.path());
        let unwritten = trial.log().append(b"one\ntwo\n").unwrap_err();
        assert_eq!(unwritten.lines, 2, "{}", unwritten.error);
        assert_eq!(fs::read_to_string(&other).unwrap(), "mine\n");
        fs::remove_file(trial.path()).unwrap();
    }
    fs::remove_dir(trial.path().parent().unwrap()).unwrap();
    let elsewhere = trial.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, trial.path().parent().unwrap()).unwrap();
    assert_eq!(trial.log().append(b"one\n").unwrap_err().lines, 1);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}
