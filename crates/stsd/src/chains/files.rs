//! The two files of one tool, and its profiles, as every SDK merges them: key by key, the
//! credentials file before the config file.

use stsd_protocol::gateway::{InspectedFile, InspectedProfile, Severity};

/// The files that a tool reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    pub(crate) config: InspectedFile,
    pub(crate) credentials: InspectedFile,
}

/// A profile in one of them, or in both.
#[derive(Clone, Copy)]
pub(super) struct Profile<'a> {
    pub(super) name: &'a str,
    config: Option<&'a InspectedProfile>,
    credentials: Option<&'a InspectedProfile>,
    files: &'a Files,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Config,
    Credentials,
}

impl Files {
    /// The profile of this name, where either file has one.
    pub(super) fn profile<'a>(&'a self, name: &'a str) -> Option<Profile<'a>> {
        let find = |file: &'a InspectedFile| file.profiles.iter().find(|p| p.name == name);
        let (config, credentials) = (find(&self.config), find(&self.credentials));
        (config.is_some() || credentials.is_some()).then_some(Profile {
            name,
            config,
            credentials,
            files: self,
        })
    }

    /// The same for Go, to which quotes around a name in the config file are a part of it.
    pub(super) fn unquoted_profile<'a>(&'a self, name: &'a str) -> Option<Profile<'a>> {
        self.profile(name).filter(|found| is_identifier(name) || found.credentials.is_some())
    }

    /// The same for all but botocore and Go, to which a name such as `my prod` is none: they skip a section
    /// whose name is no identifier.
    pub(super) fn plain_profile<'a>(&'a self, name: &'a str) -> Option<Profile<'a>> {
        self.profile(name).filter(|_| is_identifier(name))
    }

    /// Whether either file has it.
    pub(crate) fn has_profile(&self, name: &str) -> bool {
        self.profile(name).is_some()
    }

    /// Whether either file gives the profile a region.
    pub(crate) fn has_region(&self, name: &str) -> bool {
        self.profile(name).is_some_and(|profile| profile.has("region"))
    }

    /// The first line for which botocore refuses a whole file, besides those for which all do.
    pub(super) fn repeated(&self) -> Option<String> {
        let files = [&self.config, &self.credentials].into_iter();
        files.filter_map(|file| Some(format!("{}:{}", file.file, file.repeated?))).next()
    }

    /// The first mistake for which strict readers refuse a whole file.
    pub(super) fn broken(&self) -> Option<String> {
        [&self.config, &self.credentials].into_iter().find_map(|file| {
            let line = file.problems.iter().find(|p| p.severity == Severity::Error)?.line?;
            Some(format!("{}:{line}", file.file))
        })
    }
}

impl<'a> Profile<'a> {
    pub(super) fn has(&self, key: &str) -> bool {
        self.place_of(key).is_some()
    }

    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }

    /// The value; nothing also where it is kept secret.
    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        let of = |profile: Option<&'a InspectedProfile>| profile?.settings.get(key);
        of(self.credentials).or_else(|| of(self.config))?.as_deref()
    }

    /// Which file's value counts.
    pub(super) fn place_of(&self, key: &str) -> Option<Place> {
        let has = |place| self.has_in(key, place).then_some(place);
        has(Place::Credentials).or_else(|| has(Place::Config))
    }

    pub(super) fn has_in(&self, key: &str, place: Place) -> bool {
        let profile = match place {
            Place::Config => self.config,
            Place::Credentials => self.credentials,
        };
        profile.is_some_and(|profile| profile.settings.contains_key(key))
    }

    /// The path of the file whose value of this key counts.
    pub(super) fn file_of(&self, key: &str) -> &'a str {
        match self.place_of(key) {
            Some(Place::Credentials) => &self.files.credentials.file,
            _ => &self.files.config.file,
        }
    }

    pub(super) fn sibling(&self, name: &'a str) -> Option<Profile<'a>> {
        self.files.profile(name)
    }
}

/// The characters that the SDKs' shared specification allows in names.
fn is_identifier(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    !name.is_empty() && name.chars().all(fits)
}
