//! All of it together, over a real state directory: what is made opens what it was made for, and
//! nothing else, until it ends; and what can go wrong with the files.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stsd_protocol::{LONGEST_TOKEN_LIFE, Places};
use stsd_secret::Secret;

use super::{Authorization, Token, Unauthorized};
use crate::clock::test::at;
use crate::clock::{Clock, Now};
use crate::state_directory::StateDirectory;

/// Shows what it was set to.
#[derive(Clone)]
struct FakeClock(Arc<Mutex<Now>>);

impl Clock for FakeClock {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }
}

struct World {
    _folder: tempfile::TempDir,
    places: Places,
    clock: FakeClock,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            configuration: folder.path().join("config.toml"),
            state: folder.path().join("state/stsd"),
            runtime: folder.path().join("run/stsd"),
        };
        let clock = FakeClock(Arc::new(Mutex::new(at(Duration::ZERO))));
        Self { _folder: folder, places, clock }
    }

    /// As a daemon that starts.
    fn open(&self) -> Authorization {
        let directory = StateDirectory::open(self.places.clone());
        Authorization::open(Secret::new(OWN_TOKEN), directory, self.clock.clone())
    }

    fn set(&self, elapsed: Duration) {
        *self.clock.0.lock().unwrap() = at(elapsed);
    }

    fn record(&self) -> String {
        fs::read_to_string(self.places.authorization_tokens()).unwrap()
    }

    /// Files of records that were set aside.
    fn aside(&self) -> Vec<String> {
        let files = fs::read_dir(&self.places.state).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".damaged-")).collect()
    }
}

fn profiles(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

fn check(authorization: &Authorization, token: &str) -> Result<String, Unauthorized> {
    authorization.check(Some(token.as_bytes())).map(|grant| grant.name().to_owned())
}

#[test]
fn what_is_made_opens_its_profiles_also_after_a_restart() {
    let world = World::new();
    let first = world.open();
    let (secret, report) = first.create(None, profiles(&["my prod", "dev"]), None).unwrap();
    assert_eq!(report.name, "my-prod");
    let mode = fs::metadata(world.places.authorization_tokens()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for authorization in [first, world.open()] {
        let grant = authorization.check(Some(secret.expose().as_bytes())).unwrap();
        assert!(grant.check("my-prod").is_ok() && grant.check("dev").is_ok());
        assert!(grant.check("default").is_err());
        assert_eq!(check(&authorization, OWN_TOKEN).as_deref(), Ok("own"));
        assert_eq!(check(&authorization, "fake-wrong"), Err(Unauthorized::Wrong));
        assert_eq!(authorization.check(None), Err(Unauthorized::Missing));
    }
}

#[test]
fn no_report_has_a_token_in_it_and_use_is_noted() {
    let world = World::new();
    let authorization = world.open();
    let (secret, _) = authorization.create(Some("ci".to_owned()), None, None).unwrap();
    let used = |place: usize| authorization.reports()[place].last_used;
    assert_eq!((used(0), used(1)), (None, None));
    world.set(HOUR);
    check(&authorization, secret.expose()).unwrap();
    assert_eq!((used(0), used(1)), (None, Some(at(HOUR).date())));
    check(&authorization, OWN_TOKEN).unwrap();
    assert_eq!(used(0), Some(at(HOUR).date()));
    let shown = serde_json::to_string(&authorization.reports()).unwrap();
    assert!(shown.contains("ci") && !shown.contains(secret.expose()));
    assert!(!format!("{authorization:?}").contains(secret.expose()));
}

#[test]
fn an_expired_one_opens_nothing_and_is_called_so_for_a_month() {
    let world = World::new();
    let authorization = world.open();
    let (secret, report) = authorization.create(None, profiles(&["dev"]), Some(HOUR)).unwrap();
    assert_eq!(report.expires, Some(at(HOUR).date()));
    world.set(HOUR);
    // Its name is free again.
    authorization.create(Some("dev".to_owned()), None, None).unwrap();
    for authorization in [&authorization, &world.open()] {
        let checked = check(authorization, secret.expose());
        assert!(matches!(checked, Err(Unauthorized::Expired { .. })), "{checked:?}");
        assert_eq!(authorization.reports().len(), 2);
    }
    assert_eq!(authorization.revoke(Some(vec!["dev".to_owned()])).unwrap(), ["dev"]);
    let (secret, _) = authorization.create(None, profiles(&["dev"]), Some(HOUR)).unwrap();
    world.set(HOUR * 2);
    assert!(authorization.revoke(None).unwrap().is_empty(), "it had ended");
    let (later, _) = authorization.create(None, profiles(&["dev"]), Some(HOUR)).unwrap();
    world.set(HOUR * 24 * 32);
    authorization.create(None, None, None).unwrap();
    for gone in [secret, later] {
        assert!(!world.record().contains(gone.expose()));
    }
}

#[test]
fn a_wall_clock_that_was_set_back_gives_none_more_time_over_a_restart() {
    let world = World::new();
    let (secret, _) = world.open().create(None, profiles(&["dev"]), Some(HOUR)).unwrap();
    let over = at(HOUR);
    *world.clock.0.lock().unwrap() = Now { wall: over.wall - HOUR * 900, ..over };
    let checked = check(&world.open(), secret.expose());
    assert!(matches!(checked, Err(Unauthorized::Expired { .. })), "{checked:?}");
}

#[test]
fn the_own_one_is_told_from_the_others_and_from_those_that_there_are_not() {
    let world = World::new();
    let authorization = world.open();
    let (secret, _) = authorization.create(Some("ci".to_owned()), None, None).unwrap();
    for (token, own) in [(OWN_TOKEN, true), (secret.expose(), false)] {
        assert_eq!(authorization.check(Some(token.as_bytes())).unwrap().is_own(), own);
    }
    for (name, says) in
        [("own", "the own authorization token"), ("cd", "there is no authorization token cd")]
    {
        let refusal = authorization.revoke(Some(vec![name.to_owned()])).unwrap_err();
        assert!(refusal.message.starts_with(says), "{refusal:?}");
    }
}

#[test]
fn a_wall_clock_that_is_wrong_for_a_while_ends_none_for_good() {
    let world = World::new();
    let authorization = world.open();
    let (secret, _) = authorization.create(None, profiles(&["dev"]), Some(HOUR)).unwrap();
    let right = at(HOUR / 2);
    *world.clock.0.lock().unwrap() = Now { wall: right.wall + HOUR * 24 * 900, ..right };
    assert!(check(&authorization, secret.expose()).is_err());
    authorization.create(None, None, None).unwrap();
    world.set(HOUR / 2);
    assert!(check(&authorization, secret.expose()).is_ok());
    assert!(check(&world.open(), secret.expose()).is_ok(), "it stands in the record");
}

#[test]
fn what_has_ended_makes_room() {
    let world = World::new();
    let authorization = world.open();
    authorization.create(None, None, Some(HOUR)).unwrap();
    let first = authorization.issued().tokens[0].clone();
    let named = |number| Token { name: format!("all-{number}").into(), ..first.clone() };
    authorization.issued().tokens.extend((2..=super::MOST).map(named));
    assert!(authorization.create(None, None, None).is_err());
    world.set(HOUR);
    authorization.create(None, None, None).unwrap();
    assert_eq!(authorization.issued().tokens.len(), super::MOST);
}

#[test]
fn what_is_revoked_opens_nothing_and_one_wrong_name_revokes_nothing() {
    let world = World::new();
    let authorization = world.open();
    let (one, _) = authorization.create(Some("one".to_owned()), None, None).unwrap();
    let (two, _) = authorization.create(Some("two".to_owned()), None, None).unwrap();
    for wrong in ["three", "own"] {
        let names = Some(vec!["one".to_owned(), wrong.to_owned()]);
        assert!(authorization.revoke(names).is_err());
        assert!(check(&authorization, one.expose()).is_ok());
    }
    assert_eq!(authorization.revoke(Some(vec!["one".to_owned()])).unwrap(), ["one"]);
    assert_eq!(check(&authorization, one.expose()), Err(Unauthorized::Wrong));
    assert!(check(&world.open(), one.expose()).is_err() && !world.record().contains(one.expose()));
    assert!(check(&authorization, two.expose()).is_ok());
    assert_eq!(authorization.revoke(None).unwrap(), ["two"]);
    assert_eq!(check(&authorization, OWN_TOKEN).as_deref(), Ok("own"));
}

#[test]
fn exec_has_one_token_for_each_profile_in_a_file_and_reuses_it() {
    let world = World::new();
    let authorization = world.open();
    let file = world.places.exec_token("my-prod");
    let (name, made) = authorization.for_exec("my prod").unwrap();
    assert_eq!((name.as_str(), made.unwrap().name.as_str()), ("exec-my-prod", "exec-my-prod"));
    let token = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&file).unwrap();
    assert!(world.open().for_exec("my prod").unwrap().1.is_none(), "it is not made anew");
    assert_eq!(fs::read_to_string(&file).unwrap(), token, "the same token in a new file");
    assert_eq!(authorization.reports().len(), 2);
    let grant = authorization.check(Some(token.as_bytes())).unwrap();
    assert!(grant.check("my-prod").is_ok() && grant.check("dev").is_err());
    authorization.revoke(Some(vec!["exec-my-prod".to_owned()])).unwrap();
    assert_eq!(check(&authorization, &token), Err(Unauthorized::Wrong));
    let left = fs::read_to_string(&file).unwrap();
    assert_eq!(check(&authorization, &left), Err(Unauthorized::Revoked));
    authorization.for_exec("my prod").unwrap();
    let anew = fs::read_to_string(&file).unwrap();
    assert!(anew != token && check(&authorization, &anew).is_ok());
}

#[test]
fn a_file_that_keeps_its_revoked_token_is_in_the_log() {
    let world = World::new();
    let authorization = world.open();
    authorization.for_exec("dev").unwrap();
    let (file, log) = (world.places.exec_token("dev"), world.places.state.join("log"));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let lines = tracing_subscriber::fmt().with_writer(fs::File::create(&log).unwrap()).finish();
    tracing::subscriber::with_default(lines, || authorization.revoke(None)).unwrap();
    let logged = fs::read_to_string(&log).unwrap();
    assert!(logged.contains("could not overwrite the file of a revoked"), "{logged}");
}

#[test]
fn the_file_of_one_profile_is_never_anothers_in_the_making() {
    let world = World::new();
    let authorization = world.open();
    let others = ["prod.new", "prod.new-", "prod.tmp"];
    let files = others.map(|other| {
        authorization.for_exec(other).unwrap();
        let file = world.places.exec_token(other);
        (fs::read(&file).unwrap(), file)
    });
    authorization.for_exec("prod").unwrap();
    for (token, file) in files {
        assert_eq!(fs::read(&file).ok(), Some(token), "{}", file.display());
    }
}

#[test]
fn a_damaged_record_opens_nothing_is_kept_and_is_said() {
    let world = World::new();
    let (secret, _) = world.open().create(None, None, None).unwrap();
    assert!(world.open().problems().is_empty());
    let damaged = world.record().replace("\"version\": 1", "\"version\": 7");
    fs::write(world.places.authorization_tokens(), &damaged).unwrap();
    let authorization = world.open();
    assert!(check(&authorization, secret.expose()).is_err());
    assert_eq!(check(&authorization, OWN_TOKEN).as_deref(), Ok("own"));
    let aside = world.aside();
    assert_eq!(aside.len(), 1);
    assert_eq!(fs::read_to_string(world.places.state.join(&aside[0])).unwrap(), damaged);
    let problems = authorization.problems();
    assert!(problems.len() == 1 && problems[0].message.contains(&aside[0]));
    assert!(!problems[0].message.contains(secret.expose()));
    authorization.create(None, None, None).unwrap();
    assert!(world.open().problems().is_empty());
}

#[test]
fn over_a_damaged_record_that_stays_nothing_is_said_to_open_again() {
    let world = World::new();
    world.open().create(None, None, None).unwrap();
    fs::write(world.places.authorization_tokens(), "damaged").unwrap();
    let mut aside = world.places.authorization_tokens().into_os_string();
    aside.push(format!(".damaged-{}", at(Duration::ZERO).date().unix()));
    fs::create_dir(aside).unwrap();
    let hint = world.open().revoke(None).unwrap_err().hint;
    assert!(hint.starts_with("move /") && hint.ends_with("`stsd service restart`"), "{hint}");
}

#[test]
fn what_cannot_be_written_is_not_made_and_what_is_revoked_is_so_at_once() {
    let world = World::new();
    let authorization = world.open();
    let (secret, _) = authorization.create(None, None, None).unwrap();
    fs::rename(&world.places.state, world.places.state.with_extension("gone")).unwrap();
    let made = authorization.create(None, None, None).unwrap_err();
    assert!(made.message.contains("No such file or directory"), "{made:?}");
    assert_eq!(authorization.for_exec("dev").unwrap_err(), made);
    assert_eq!(authorization.reports().len(), 2);
    let revoked = authorization.revoke(None).unwrap_err();
    assert!(
        revoked.hint.starts_with("they open nothing now") && revoked.hint.ends_with("repeat it")
    );
    assert!(check(&authorization, secret.expose()).is_err());
}

#[test]
fn a_revocation_that_could_not_be_written_is_repeated_by_the_same_words() {
    let world = World::new();
    let authorization = world.open();
    let (secret, _) = authorization.create(Some("ci".to_owned()), None, None).unwrap();
    authorization.for_exec("dev").unwrap();
    let both = Some(vec!["ci".to_owned(), "exec-dev".to_owned()]);
    let away = world.places.state.with_extension("gone");
    fs::rename(&world.places.state, &away).unwrap();
    for time in ["first", "second"] {
        let refusal = authorization.revoke(both.clone()).unwrap_err();
        assert!(refusal.hint.ends_with("repeat it"), "the {time} time: {refusal:?}");
        assert_eq!(check(&authorization, secret.expose()), Err(Unauthorized::Wrong));
    }
    fs::rename(&away, &world.places.state).unwrap();
    assert!(world.record().contains(secret.expose()));
    assert_eq!(authorization.revoke(both.clone()).unwrap(), ["ci", "exec-dev"]);
    let left = fs::read_to_string(world.places.exec_token("dev")).unwrap();
    assert_eq!(check(&authorization, &left), Err(Unauthorized::Revoked));
    assert_eq!(check(&world.open(), secret.expose()), Err(Unauthorized::Wrong));
    let refusal = authorization.revoke(both).unwrap_err();
    assert_eq!(refusal.message, "there is no authorization token ci", "it is off the record");
}

#[test]
fn whatever_is_written_next_takes_what_was_revoked_before_off_the_record() {
    let world = World::new();
    let authorization = world.open();
    let (secret, _) = authorization.create(Some("ci".to_owned()), None, None).unwrap();
    let away = world.places.state.with_extension("gone");
    fs::rename(&world.places.state, &away).unwrap();
    authorization.revoke(None).unwrap_err();
    fs::rename(&away, &world.places.state).unwrap();
    authorization.create(Some("new".to_owned()), None, None).unwrap();
    assert_eq!(check(&world.open(), secret.expose()), Err(Unauthorized::Wrong));
    assert!(authorization.revoke(Some(vec!["ci".to_owned()])).is_err(), "there is none any more");
}

#[test]
fn what_could_not_be_written_says_what_is_in_the_way_and_what_to_do() {
    let world = World::new();
    let directory = StateDirectory::open(world.places.clone());
    let folder = world.places.state.display().to_string();
    for (number, says, hint) in [
        (nix::libc::ENOSPC, "No space left on device", "make room on its disk, and repeat it"),
        (nix::libc::EROFS, "Read-only file system", "make it writable for you, and repeat it"),
        (nix::libc::EIO, "error", "look at that folder, and repeat it"),
    ] {
        let told = super::changes::unwritten(&directory, &io::Error::from_raw_os_error(number));
        assert!(told.message.contains(&folder) && told.message.contains(says), "{told:?}");
        assert_eq!(told.hint, hint);
    }
}

#[test]
fn a_length_that_no_date_could_show_is_refused() {
    let world = World::new();
    let authorization = world.open();
    let second = Duration::from_secs(1);
    let refusal = authorization.create(None, None, Some(LONGEST_TOKEN_LIFE + second)).unwrap_err();
    assert!(refusal.message.ends_with("36500 days at most"), "{refusal:?}");
    let (_, report) = authorization.create(None, None, Some(LONGEST_TOKEN_LIFE)).unwrap();
    let lasts = report.expires.unwrap().since(report.created.unwrap());
    assert_eq!(lasts, LONGEST_TOKEN_LIFE, "to the second");
}

#[test]
fn there_is_an_end_to_them() {
    let world = World::new();
    let authorization = world.open();
    authorization.create(None, None, None).unwrap();
    let first = authorization.issued().tokens[0].clone();
    let named = |number| Token { name: format!("all-{number}").into(), ..first.clone() };
    authorization.issued().tokens.extend((2..=super::MOST).map(named));
    assert!(authorization.create(None, None, None).is_err());
    authorization.revoke(Some(vec!["all-7".to_owned()])).unwrap();
    assert_eq!(authorization.create(None, None, None).unwrap().1.name, "all-7");
}

const OWN_TOKEN: &str = "fake-own-authorization-token-of-43-characters";
const HOUR: Duration = Duration::from_secs(3600);
