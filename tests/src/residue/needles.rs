//! The search itself: thousands of spellings at once, over every byte.
//!
//! A token code has six digits, and so have other numbers: a search for it must find no process id. So a code
//! counts only as a whole word; not behind a point, where the fractions of a second stand; nor where the text
//! names a number that is none, as in `pid 123456`. Codes that the help shows are not looked for. What is left,
//! [`Residue::numbers`](super::Residue) counts: a code is taken for each of them by a chance of one in a million.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Hit, Kind};
use crate::leaks::spellings::{pieces, spellings};

/// All that is looked for.
pub(super) struct Needles {
    all: Vec<Needle>,
    /// Which of them begin with these bytes.
    by_start: HashMap<[u8; START], Vec<usize>>,
    /// A bit for each hash of a start: most bytes begin nothing, and are passed over by it.
    starts: Vec<bool>,
    codes: HashSet<Vec<u8>>,
}

struct Needle {
    kind: Kind,
    spelling: &'static str,
    bytes: Vec<u8>,
}

/// What was found in one place, whose name the hits still lack.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) hits: Vec<Hit>,
    pub(super) numbers: usize,
}

impl Needles {
    pub(super) fn new(secrets: &[(Kind, String)]) -> Self {
        let mut needles = Self {
            all: Vec::new(),
            by_start: HashMap::new(),
            starts: vec![false; 1 << HASH_BITS],
            codes: HashSet::new(),
        };
        for (kind, secret) in secrets {
            if *kind == Kind::TokenCode {
                let code = Some(secret.as_bytes()).filter(|code| !SHOWN.contains(code));
                needles.codes.extend(code.map(<[u8]>::to_vec));
                continue;
            }
            for (spelling, bytes) in spellings(secret) {
                needles.add(Needle { kind: *kind, spelling, bytes });
            }
            for piece in pieces(secret) {
                needles.add(Needle { kind: *kind, spelling: IN_PART, bytes: piece.to_vec() });
            }
        }
        needles
    }

    fn add(&mut self, needle: Needle) {
        let Some(start) = needle.bytes.first_chunk::<START>() else { return };
        self.starts[hash(*start)] = true;
        self.by_start.entry(*start).or_default().push(self.all.len());
        self.all.push(needle);
    }

    /// The first of each kind in each spelling; in part only where it is not whole.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Found {
        let mut first = BTreeMap::new();
        for (offset, window) in bytes.windows(START).enumerate() {
            let start = [window[0], window[1], window[2], window[3]];
            if !self.starts[hash(start)] {
                continue;
            }
            for number in self.by_start.get(&start).into_iter().flatten() {
                let needle = &self.all[*number];
                if bytes[offset..].starts_with(&needle.bytes) {
                    first.entry((needle.kind, needle.spelling)).or_insert(offset);
                }
            }
        }
        let whole: BTreeSet<_> =
            first.keys().filter(|key| key.1 != IN_PART).map(|key| key.0).collect();
        first.retain(|(kind, spelling), _| *spelling != IN_PART || !whole.contains(kind));
        let mut found = Found::default();
        for offset in numbers(bytes) {
            if self.codes.contains(&bytes[offset..offset + CODE]) {
                first.entry((Kind::TokenCode, "plain")).or_insert(offset);
            } else if !SHOWN.contains(&&bytes[offset..offset + CODE]) {
                found.numbers += 1;
            }
        }
        let hit = |((kind, spelling), offset)| Hit { place: String::new(), offset, spelling, kind };
        found.hits = first.into_iter().map(hit).collect();
        found
    }
}

/// Where words of six digits begin that could be a token code.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let runs = bytes.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let runs = runs.scan(0, |end, run| {
        *end += run.len();
        Some((*end - run.len(), run))
    });
    let runs = runs.filter(|(_, run)| run.len() == CODE && run[0].is_ascii_digit());
    runs.map(|(offset, _)| offset).filter(|offset| {
        let (before, after) = (&bytes[..*offset], bytes.get(offset + CODE));
        !after.is_some_and(u8::is_ascii_alphanumeric) && !continues(before) && !is_named(before)
    })
}

/// Whether what follows is the rest of a word. An escaped end of line is none.
fn continues(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => false,
        [.., last] => last.is_ascii_alphanumeric() || *last == b'.',
        [] => false,
    }
}

/// Whether the text says what number follows. `stsd log` puts a pid in brackets behind a program's path.
fn is_named(before: &[u8]) -> bool {
    let marks = before.iter().rev().take_while(|byte| b"\"=: ".contains(byte)).count();
    let name = &before[..before.len() - marks];
    let path =
        before.strip_suffix(b" (").and_then(|path| path.rsplit(u8::is_ascii_whitespace).next());
    NAMES.iter().any(|known| name.ends_with(known)) || path.is_some_and(|path| path.contains(&b'/'))
}

fn hash(start: [u8; START]) -> usize {
    // Fibonacci hashing: the upper bits of the product are the mixed ones.
    (u32::from_le_bytes(start).wrapping_mul(0x9E37_79B9) >> (32 - HASH_BITS)) as usize
}

/// What numbers are called that may have six digits.
const NAMES: &[&[u8]] = &[b"pid", b"process", b"seconds"];
/// The code of the examples, and 36 hours in seconds.
const SHOWN: &[&[u8]] = &[b"123456", b"129600"];
const IN_PART: &str = "in part";
const START: usize = 4;
const HASH_BITS: u32 = 16;
const CODE: usize = 6;

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::{Kind, Needles};

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=";

    fn found(bytes: &[u8]) -> Vec<(usize, &'static str)> {
        let needles = Needles::new(&[(Kind::SessionToken, SECRET.to_owned())]);
        let hits = needles.found_in(bytes).hits.into_iter();
        hits.map(|hit| (hit.offset, hit.spelling)).collect()
    }

    #[test]
    fn every_spelling_is_found_where_it_stands() {
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        let list = format!("{:?}", SECRET.as_bytes());
        for (spelling, text) in [
            ("plain", SECRET.to_owned()),
            ("reversed", SECRET.chars().rev().collect()),
            ("in UTF-16", SECRET.chars().flat_map(|letter| [letter, '\0']).collect()),
            ("hexadecimal", hex.clone()),
            ("hexadecimal", hex.to_uppercase()),
            ("percent-encoded", SECRET.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D")),
            ("percent-encoded", SECRET.replace('/', "%2f").replace('+', "%2b").replace('=', "%3d")),
            ("as a list of bytes", list[1..list.len() - 1].to_owned()),
            ("as a list of bytes", list[1..list.len() - 1].replace(' ', "")),
            ("escaped", SECRET.replace('/', "\\/")),
            ("escaped", SECRET.replace('+', "\\u002b").replace('=', "\\u003d")),
        ] {
            assert_eq!(found(format!("ab {text} and").as_bytes()), [(3, spelling)], "{text}");
        }
        for before in ["", "a", "ab"] {
            let coded = BASE64.encode(format!("{before}{SECRET} and more").as_bytes());
            assert_eq!(found(coded.as_bytes())[0].1, "base64", "{before}");
        }
    }

    #[test]
    fn a_part_that_is_longer_than_chance_is_found_and_a_shorter_one_is_not() {
        for start in 0..8 {
            assert_eq!(found(&SECRET.as_bytes()[start..start + 15])[0].1, "in part", "{start}");
            assert_eq!(found(&SECRET.as_bytes()[start..start + 11]), [], "{start}");
        }
        assert_eq!(found(b"EXAMPLEKEY="), []);
    }

    #[test]
    fn a_code_is_a_word_of_its_own_that_nothing_calls_otherwise() {
        let needles = Needles::new(&[(Kind::TokenCode, "055079".to_owned())]);
        for text in [
            "055079",
            "code=055079",
            "{\"code\":\"055079\"}",
            "(055079)",
            "\\n055079\\n",
            "055079.",
        ] {
            let hits = needles.found_in(text.as_bytes()).hits;
            assert_eq!(hits.len(), 1, "{text}");
            assert_eq!((hits[0].kind, hits[0].offset), (Kind::TokenCode, text.find('0').unwrap()));
        }
        for text in [
            "0550790",
            "1055079",
            "12:30:00.055079Z",
            "a055079",
            "055079f",
            "pid=055079",
            "\"pid\":055079",
            "process 055079",
            "\"remaining_seconds\":055079",
            "duration_seconds=055079",
            "/usr/bin/aws (055079)",
        ] {
            let found = needles.found_in(text.as_bytes());
            assert_eq!((found.hits, found.numbers), (vec![], 0), "{text}");
        }
        assert_eq!(needles.found_in(b"a 123457 and `stsd unlock 123456`").numbers, 1);
    }
}
