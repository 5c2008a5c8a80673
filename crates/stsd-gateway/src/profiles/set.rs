//! Both files as one: each profile's settings, wherever they stand, with file and line. What the
//! credentials file says goes before what the config file says, as in every SDK.

use std::collections::HashMap;

use stsd_protocol::gateway::{Problem, Severity};

use super::header::Header;
use super::scan::{Entry, FileKind, Scan, Section, is_identifier, scan};
use crate::files::AwsFile;

/// The sections of both files.
#[derive(Default)]
pub(crate) struct ProfileSet {
    /// In the order of the files, the config file first.
    pub(crate) profiles: Vec<Profile>,
    /// Sections of the config file that are no profiles, in its order.
    pub(crate) others: Vec<OtherSection>,
    by_name: HashMap<String, usize>,
    /// The names of the `services` sections, and the endpoint of STS in them: looked up by each profile.
    services: HashMap<String, Option<String>>,
}

/// One profile of either file or of both. Has no `Debug`: its settings may be secrets.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// What the files say.
    pub(crate) settings: Vec<Setting>,
    /// What stsd's own configuration says; goes before it, and is nothing that the view repeats.
    pub(super) own: Vec<Setting>,
    /// Whether stsd's own configuration lets the profile's programs be run.
    pub(super) programs: bool,
}

/// One key of a profile.
pub(crate) struct Setting {
    pub(crate) entry: Entry,
    pub(crate) place: Place,
}

/// `[services NAME]` and the like.
pub(crate) struct OtherSection {
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) entries: Vec<Entry>,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// Not known in stsd's own configuration.
    pub(crate) line: Option<u32>,
}

impl ProfileSet {
    /// Puts the two files together. If one of them cannot be understood nothing of either is used:
    /// half a configuration could give a profile another identity than the whole.
    pub(crate) fn read(config: &AwsFile, credentials: &AwsFile) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let scans = [
            (FileKind::Config, config, understand(config, FileKind::Config, &mut problems)),
            (
                FileKind::Credentials,
                credentials,
                understand(credentials, FileKind::Credentials, &mut problems),
            ),
        ];
        let mut set = Self::default();
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return (set, problems);
        }
        for (kind, file, scan) in scans {
            set.add_file(kind, &file.path, scan, &mut problems);
        }
        (set, problems)
    }

    /// What one file says, as far as it can be understood: to be shown, never to be served by.
    pub(super) fn of_file(kind: FileKind, file: &AwsFile) -> (Self, Vec<Problem>) {
        let (mut set, mut problems) = (Self::default(), Vec::new());
        let scan = understand(file, kind, &mut problems);
        set.add_file(kind, &file.path, scan, &mut problems);
        (set, problems)
    }

    /// The profile of that name.
    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.by_name.get(name).map(|index| &self.profiles[*index])
    }

    /// Where in the files it first stands, counted in profiles.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The same, to be added to.
    pub(super) fn named_mut(&mut self, name: &str) -> Option<&mut Profile> {
        self.by_name.get(name).map(|index| &mut self.profiles[*index])
    }

    /// Whether there is a `[services NAME]` section of that name.
    pub(super) fn has_services(&self, name: &str) -> bool {
        self.services.contains_key(name)
    }

    /// The endpoint of STS in the `[services NAME]` sections of that name; several are one.
    pub(super) fn sts_of_services(&self, name: &str) -> Option<&str> {
        self.services.get(name)?.as_deref()
    }

    fn add_file(&mut self, kind: FileKind, file: &str, scan: Scan, problems: &mut Vec<Problem>) {
        let is_default = |section: &Section, with_prefix| {
            section.header == Header::Profile { name: "default".to_owned(), prefixed: with_prefix }
        };
        let prefixed_default =
            kind == FileKind::Config && scan.sections.iter().any(|s| is_default(s, true));
        for section in scan.sections {
            let place = Place { file: file.to_owned(), line: Some(section.line) };
            if prefixed_default && is_default(&section, false) {
                let message = "the section is ignored, because `[profile default]` goes before it";
                problems.push(place.problem(Severity::Notice, message));
                continue;
            }
            match section.header {
                Header::Ignored(why) => problems.push(place.problem(Severity::Notice, why)),
                Header::Other { kind, name } => {
                    self.add_services(&kind, name.as_deref(), &section.entries);
                    self.others.push(OtherSection { kind, name, entries: section.entries });
                }
                Header::Profile { name, .. } => {
                    self.profile_mut(name, &place).add(section.entries, file, problems);
                }
            }
        }
    }

    fn add_services(&mut self, kind: &str, name: Option<&str>, entries: &[Entry]) {
        let ("services", Some(name)) = (kind, name) else { return };
        let of_sts = entries.iter().filter(|entry| entry.key == "sts").flat_map(Entry::nested);
        let url = of_sts.filter(|(key, _)| key == "endpoint_url").map(|(_, url)| url).last();
        let known = self.services.entry(name.to_owned()).or_default();
        if let Some(url) = url {
            *known = Some(url.to_owned());
        }
    }

    fn profile_mut(&mut self, name: String, place: &Place) -> &mut Profile {
        let next = self.profiles.len();
        let index = *self.by_name.entry(name.clone()).or_insert(next);
        if index == next {
            let (place, settings, own) = (place.clone(), Vec::new(), Vec::new());
            self.profiles.push(Profile { name, place, settings, own, programs: false });
        }
        &mut self.profiles[index]
    }
}

impl Profile {
    /// A key's setting; a value of nothing counts as none.
    pub(crate) fn setting(&self, key: &str) -> Option<&Setting> {
        let mut all = self.own.iter().chain(&self.settings);
        all.find(|s| s.entry.key == key && !s.entry.text().is_empty())
    }

    /// A key's value.
    pub(crate) fn value(&self, key: &str) -> Option<String> {
        self.setting(key).map(|setting| setting.entry.text())
    }

    /// Whether any of the keys stands in the profile.
    pub(crate) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.setting(key).is_some())
    }

    /// Where to point when a key is to blame: at the key, or at the profile if it is missing.
    pub(crate) fn place_of(&self, key: &str) -> &Place {
        self.setting(key).map_or(&self.place, |setting| &setting.place)
    }

    /// A mistake in this profile.
    pub(crate) fn problem(
        &self,
        severity: Severity,
        key: &str,
        message: impl Into<String>,
    ) -> Problem {
        let mut problem = self.place_of(key).problem(severity, message);
        problem.profile = Some(self.name.clone());
        problem.key = Some(key.to_owned());
        problem
    }

    fn add(&mut self, entries: Vec<Entry>, file: &str, problems: &mut Vec<Problem>) {
        for entry in entries {
            let place = Place { file: file.to_owned(), line: Some(entry.line) };
            if !is_identifier(&entry.key) {
                let mut problem = place.problem(
                    Severity::Notice,
                    "the setting is ignored, because no SDK reads such a key",
                );
                problem.profile = Some(self.name.clone());
                problems.push(problem);
                continue;
            }
            self.set(Setting { entry, place }, problems);
        }
    }

    fn set(&mut self, setting: Setting, problems: &mut Vec<Problem>) {
        let Some(earlier) = self.settings.iter_mut().find(|s| s.entry.key == setting.entry.key)
        else {
            self.settings.push(setting);
            return;
        };
        let twice = earlier.place.file == setting.place.file;
        let first_line = earlier.entry.line;
        *earlier = setting;
        if twice {
            let key = earlier.entry.key.clone();
            let message = format!(
                "the key stands in line {first_line} too; the later one counts, and AWS CLI refuses the whole file"
            );
            problems.push(self.problem(Severity::Notice, &key, message));
        }
    }
}

impl Place {
    /// A mistake at this place.
    pub(crate) fn problem(&self, severity: Severity, message: impl Into<String>) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line,
            profile: None,
            key: None,
            severity,
            message: message.into(),
        }
    }
}

fn understand(file: &AwsFile, kind: FileKind, problems: &mut Vec<Problem>) -> Scan {
    let scan = match &file.text {
        Ok(text) => scan(text, kind),
        Err(why) => {
            problems.push(file.problem(Severity::Error, why));
            scan("", kind)
        }
    };
    for mistake in &scan.mistakes {
        let place = Place { file: file.path.clone(), line: Some(mistake.line) };
        problems.push(place.problem(Severity::Error, mistake.message));
    }
    problems.extend(too_much(&scan).map(|message| file.problem(Severity::Error, message)));
    let keeps_keys =
        scan.sections.iter().flat_map(|s| &s.entries).any(|e| e.key == "aws_secret_access_key");
    if keeps_keys && file.readable_by_others {
        let message = "the file holds keys and other users can read it; run `chmod 600` on it";
        problems.push(file.problem(Severity::Notice, message));
    }
    scan
}

/// What no person's file has, and what would make a hostile one take seconds.
fn too_much(scan: &Scan) -> Option<&'static str> {
    let lines = |section: &Section| {
        section.entries.iter().map(|entry| 1 + entry.continuation.len()).sum::<usize>()
    };
    let long = |entry: &Entry| {
        entry.key.len() + entry.value.len() > LONGEST_LINE
            || entry.continuation.iter().any(|line| line.len() > LONGEST_LINE)
    };
    let entries = || scan.sections.iter().flat_map(|section| &section.entries);
    match scan {
        _ if scan.sections.len() > MOST_SECTIONS => Some("the file has more than 5000 sections"),
        _ if scan.sections.iter().any(|section| lines(section) > MOST_LINES) => {
            Some("a section of the file has more than 500 lines")
        }
        _ if entries().any(long) => Some("a line of the file is longer than 16 KiB"),
        _ => None,
    }
}

const MOST_SECTIONS: usize = 5000;
const MOST_LINES: usize = 500;
/// A session token of AWS's has up to 4,096 bytes.
const LONGEST_LINE: usize = 16 * 1024;
