//! What stsd's own configuration says of profiles: a device goes before those of the user's files, and
//! without its word no program of theirs is run.

use stsd_protocol::gateway::{Problem, Settings, Severity};

use super::scan::Entry;
use super::set::{Place, ProfileSet, Setting};

/// Adds stsd's own settings to what the files say, and tells what concerns no profile in them.
pub(super) fn add_to(set: &mut ProfileSet, settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, own) in &settings.profiles {
        let Some(profile) = set.named_mut(name) else {
            problems.push(unknown("profiles", name));
            continue;
        };
        let serial = own.mfa_serial.iter().map(|value| ("mfa_serial", value));
        profile.own.extend(serial.map(|(key, value)| setting(key, value)));
    }
    for name in &settings.allow_programs {
        match set.named_mut(name) {
            Some(profile) => profile.programs = true,
            None => problems.push(unknown("allow_programs", name)),
        }
    }
    problems
}

/// What to put into stsd's own configuration, so that the profile's programs may be run.
pub(super) fn allow_programs(profile: &str) -> String {
    format!("allow_programs = [\"{profile}\"] in ~/.config/stsd/config.toml")
}

fn setting(key: &str, value: &str) -> Setting {
    let (key, value) = (key.to_owned(), value.to_owned());
    Setting { entry: Entry { key, value, continuation: Vec::new(), line: 0 }, place: place() }
}

fn unknown(key: &str, name: &str) -> Problem {
    let message =
        format!("stsd's configuration names profile {name}, which is not in the AWS configuration");
    let mut problem = place().problem(Severity::Notice, message);
    problem.profile = Some(name.to_owned());
    problem.key = Some(key.to_owned());
    problem
}

fn place() -> Place {
    Place { file: FILE.to_owned(), line: None }
}

/// Where it stands is the daemon's business; it has this name everywhere.
pub(super) const FILE: &str = "config.toml";
