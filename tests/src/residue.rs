//! What is left of secrets when a home ends: everything that its programs have said and every file in it is
//! searched for every secret that its world has known. So each end-to-end test is a test of this too.
//!
//! Some places are there to hold a secret: the file of the authorization token, `~/.aws`, what
//! `stsd credential-process` prints. Each is spared one kind and no other, so that a session token in `~/.aws`
//! is found, and a long-term key in what is printed.
//!
//! ```sh
//! cargo test -p stsd-tests -- --nocapture 2>/dev/null | grep -o 'residue: .*'
//! ```

mod needles;
mod places;
mod purpose;

use std::fmt;
use std::path::{Path, PathBuf};

use sts_emulator::Emulator;

use crate::said::{self, Said};
use needles::Needles;
use places::Place;

pub(crate) use purpose::purpose;

/// The kinds of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A long-term secret access key.
    LongTermKey,
    /// A secret access key that STS has issued.
    IssuedKey,
    /// A session token.
    SessionToken,
    /// A token code that was typed or asked for.
    TokenCode,
    /// The user's own authorization token.
    OwnToken,
    /// An authorization token that was created, or made for a command of `stsd exec`.
    OtherToken,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LongTermKey,
        Self::IssuedKey,
        Self::SessionToken,
        Self::TokenCode,
        Self::OwnToken,
        Self::OtherToken,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LongTermKey => "a long-term secret access key",
            Self::IssuedKey => "a secret access key that STS has issued",
            Self::SessionToken => "a session token",
            Self::TokenCode => "a token code",
            Self::OwnToken => "the user's authorization token",
            Self::OtherToken => "a created authorization token",
        })
    }
}

/// A secret where none belongs. Says which, never what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which stream or file.
    pub place: String,
    /// How many bytes stand before it.
    pub offset: usize,
    /// How it is spelt.
    pub spelling: &'static str,
    /// What it is.
    pub kind: Kind,
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, offset, spelling, kind } = self;
        write!(f, "{kind} stands {spelling} at byte {offset} of {place}")
    }
}

/// What a search has come to.
#[derive(Clone, Debug)]
pub struct Residue {
    /// What was found.
    pub hits: Vec<Hit>,
    /// How many secrets of each kind were looked for.
    pub secrets: Vec<(Kind, usize)>,
    /// The places that were searched.
    pub places: Vec<String>,
    /// Those of them that somebody still had open.
    pub open: Vec<String>,
    /// Their size together.
    pub bytes: usize,
    /// How many words of six digits stand there that are no token code: what a code could be taken for by
    /// chance.
    pub numbers: usize,
}

impl Residue {
    /// Searches a home, and folders outside of it.
    pub(crate) fn of(home: &Path, folders: &[PathBuf], emulator: &Emulator) -> Option<Self> {
        let said = said::so_far(home)?;
        let secrets = secrets(&said, emulator);
        let places = places::all(home, folders, &said);
        Some(Self::found(secrets, places))
    }

    fn found(secrets: Vec<(Kind, String)>, places: Vec<Place>) -> Self {
        let needles = Needles::new(&secrets);
        let count = |kind| (kind, secrets.iter().filter(|(known, _)| *known == kind).count());
        let mut residue = Self {
            hits: Vec::new(),
            secrets: Kind::ALL.map(count).to_vec(),
            places: Vec::new(),
            open: Vec::new(),
            bytes: 0,
            numbers: 0,
        };
        for place in places {
            let found = needles.found_in(&place.bytes);
            if !place.holds.contains(&Kind::TokenCode) {
                residue.numbers += found.numbers;
            }
            let strange = found.hits.into_iter().filter(|hit| !place.holds.contains(&hit.kind));
            residue.hits.extend(strange.map(|hit| Hit { place: place.name.clone(), ..hit }));
            residue.bytes += place.bytes.len();
            residue.open.extend(place.open.then(|| place.name.clone()));
            residue.places.push(place.name);
        }
        residue
    }
}

impl fmt::Display for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets: usize = self.secrets.iter().map(|(_, count)| count).sum();
        let (places, bytes, hits) = (self.places.len(), self.bytes, self.hits.len());
        write!(f, "residue: {places} places, {bytes} bytes, {secrets} secrets, {hits} hits")?;
        write!(f, ", {} other numbers of six digits", self.numbers)?;
        self.open.iter().try_for_each(|place| write!(f, "\n  {place} has not ended"))?;
        self.hits.iter().try_for_each(|hit| write!(f, "\n  {hit}"))
    }
}

/// Every secret that this world has known.
fn secrets(said: &Said, emulator: &Emulator) -> Vec<(Kind, String)> {
    let logins = emulator.world().accounts.iter().flat_map(|account| {
        account.root.iter().chain(account.users.iter().map(|user| &user.login))
    });
    let keys = logins.flat_map(|login| &login.access_keys);
    let mut secrets: Vec<_> =
        keys.map(|key| (Kind::LongTermKey, key.secret.expose().to_owned())).collect();
    for issued in emulator.issued() {
        secrets.push((Kind::IssuedKey, issued.secret_access_key.expose().to_owned()));
        secrets.push((Kind::SessionToken, issued.session_token.expose().to_owned()));
    }
    let others = said.other_tokens.difference(&said.own_tokens);
    for (kind, known) in [
        (Kind::TokenCode, said.codes.iter().collect::<Vec<_>>()),
        (Kind::OwnToken, said.own_tokens.iter().collect()),
        (Kind::OtherToken, others.collect()),
    ] {
        secrets.extend(known.into_iter().map(|secret| (kind, secret.clone())));
    }
    secrets
}
