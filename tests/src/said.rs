//! What the programs of each home have said, and what was typed for them: kept from the moment it is said,
//! whichever part of a test runs them, until the search for residue at the home's end. A program belongs to the home
//! that its `HOME` names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stsd_protocol::Places;

use crate::Log;
use crate::residue::{Kind, purpose};

/// All of one home.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    places: Places,
    /// What programs left on a standard output or error, and what stands there by right.
    pub(crate) streams: Vec<Stream>,
    /// Of every daemon, with what its gateways said.
    pub(crate) logs: Vec<Log>,
    /// What terminals showed.
    pub(crate) screens: Vec<(Stream, Arc<Mutex<Vec<u8>>>)>,
    /// Whatever was typed and has six digits, wherever it was typed, or given to `unlock`.
    pub(crate) codes: BTreeSet<String>,
    /// The user's own authorization tokens, also those that are gone from their file.
    pub(crate) own_tokens: BTreeSet<String>,
    /// The others.
    pub(crate) other_tokens: BTreeSet<String>,
}

/// A stream, and the kinds of secrets that it is there to hold.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) holds: &'static [Kind],
}

/// Begins to keep what is said in a home.
pub(crate) fn begins(home: &Path, places: Places) {
    let said = Said {
        places,
        streams: Vec::new(),
        logs: Vec::new(),
        screens: Vec::new(),
        codes: BTreeSet::new(),
        own_tokens: BTreeSet::new(),
        other_tokens: BTreeSet::new(),
    };
    homes().insert(home.to_owned(), said);
}

/// Everything so far.
pub(crate) fn so_far(home: &Path) -> Option<Said> {
    let mut homes = homes();
    let said = homes.get_mut(home)?;
    said.look_for_tokens();
    Some(said.clone())
}

/// Forgets a home.
pub(crate) fn ends(home: &Path) {
    homes().remove(home);
}

/// A program has run.
pub(crate) fn ran(command: &Command, typed: &str, output: &Output) {
    note(command, |said| {
        let (name, holds) = purpose(command);
        let words: Vec<_> = command.get_args().filter_map(|word| word.to_str()).collect();
        let asks = words.contains(&"unlock");
        let codes = words.into_iter().filter(|_| asks).chain([typed.trim()]);
        let codes = codes.filter(|word| is_code(word));
        said.codes.extend(codes.map(str::to_owned));
        if name == "`stsd token create`" {
            said.other_tokens.extend(tokens_in(&output.stdout));
        }
        let none: &[Kind] = &[];
        for (stream, bytes, holds) in
            [("output", &output.stdout, holds), ("error", &output.stderr, none)]
        {
            let name = format!("the standard {stream} of {name}");
            said.streams.push(Stream { name, bytes: bytes.clone(), holds });
        }
        said.look_for_tokens();
    });
}

/// A daemon has started.
pub(crate) fn started(command: &Command, log: &Log) {
    note(command, |said| said.logs.push(log.clone()));
}

/// A program begins on a terminal; what it shows goes into what comes back.
pub(crate) fn shown(command: &Command) -> Arc<Mutex<Vec<u8>>> {
    let screen = Arc::default();
    note(command, |said| {
        let (name, holds) = purpose(command);
        let name = format!("the screen of {name}");
        said.screens.push((Stream { name, bytes: Vec::new(), holds }, Arc::clone(&screen)));
    });
    screen
}

/// Something was typed, or will be.
pub(crate) fn typed(home: Option<&Path>, keys: &str) {
    if let Some(home) = home
        && let Some(said) = homes().get_mut(home)
    {
        said.codes.extend(Some(keys.trim()).filter(|word| is_code(word)).map(str::to_owned));
    }
}

/// Whose a command is.
pub(crate) fn home(command: &Command) -> Option<PathBuf> {
    let variable = command.get_envs().find(|(name, _)| *name == "HOME");
    variable.and_then(|(_, value)| value).map(PathBuf::from)
}

impl Said {
    /// They may be gone or other ones by the end.
    fn look_for_tokens(&mut self) {
        let read = |path: PathBuf| tokens_in(&fs::read(path).unwrap_or_default());
        // A file with more in it is not the token's.
        let own = fs::read_to_string(self.places.authorization_token()).unwrap_or_default();
        self.own_tokens.extend(tokens_in(own.as_bytes()).into_iter().filter(|token| *token == own));
        self.other_tokens.extend(read(self.places.authorization_tokens()));
        for file in fs::read_dir(self.places.exec_tokens()).into_iter().flatten().flatten() {
            self.other_tokens.extend(read(file.path()));
        }
    }
}

fn note(command: &Command, note: impl FnOnce(&mut Said)) {
    if let Some(home) = home(command)
        && let Some(said) = homes().get_mut(&home)
    {
        note(said);
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words that look as the daemon makes its authorization tokens.
fn tokens_in(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    words.filter(|word| word.len() == AUTHORIZATION_TOKEN).map(str::to_owned).collect()
}

fn homes() -> MutexGuard<'static, BTreeMap<PathBuf, Said>> {
    static HOMES: Mutex<BTreeMap<PathBuf, Said>> = Mutex::new(BTreeMap::new());
    // Each entry is whole between two statements, so a panic elsewhere leaves nothing half done.
    HOMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 256 bits, hexadecimal.
const AUTHORIZATION_TOKEN: usize = 64;
