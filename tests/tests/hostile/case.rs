//! One case: bytes for a door, and what must come of them. A list of cases is the same each time.

use stsd_tests::leaks::Planted;

use crate::doors::{Outcome, Pace};
use crate::families::{Mutation, of, wrong_tokens as wrong_tokens_of};
use crate::random::Random;
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::{Must, judge};

/// What is tried.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) family: &'static str,
    pub(crate) seed: Seed,
    bytes: Vec<u8>,
    pace: Pace,
    any_of: Vec<Must>,
}

impl Case {
    pub(crate) fn paced(
        family: &'static str,
        seed: &Seed,
        bytes: Vec<u8>,
        pace: Pace,
        must: Must,
    ) -> Self {
        Self { family, seed: seed.clone(), bytes, pace, any_of: vec![must] }
    }

    fn of(seed: &Seed, mutation: &Mutation) -> Self {
        let bytes = seed.request.after(&[&mutation.edit]);
        Self::paced(mutation.family, seed, bytes, Pace::default(), mutation.must)
    }

    /// Tries it.
    pub(crate) fn run(&self, secrets: &[Planted]) -> Result<Outcome, String> {
        let outcome = self.seed.door.exchange(&self.bytes, &self.pace);
        match judge(&outcome, &self.any_of, self.bytes.len(), secrets) {
            Ok(()) => Ok(outcome),
            Err(why) => Err(format!("{self}: {why}")),
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.any_of == [Must::Served]
    }

    /// Whether it falls silent, so that the daemon has to end it.
    pub(crate) fn falls_silent(&self) -> bool {
        self.any_of == [Must::Closed] && !self.pace.ends && self.pace.gap.is_zero()
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: String = String::from_utf8_lossy(&self.bytes).chars().take(300).collect();
        write!(f, "{} at {} like {}: {shown:?}", self.family, self.seed.door.name(), self.seed.name)
    }
}

/// Every mutation of every seed, and then pairs of mutations that chance chooses; some of both in pieces.
pub(crate) fn one_by_one(seeds: &[Seed], pairs: usize, random: &mut Random) -> Vec<Case> {
    let tables: Vec<_> = seeds.iter().map(of).collect();
    let mut all = Vec::new();
    for (seed, table) in seeds.iter().zip(&tables) {
        all.extend(table.iter().map(|mutation| Case::of(seed, mutation)));
    }
    let endpoint: Vec<_> =
        seeds.iter().zip(&tables).filter(|(seed, _)| !seed.is_control()).collect();
    while all.iter().filter(|case| case.family == PAIR).count() < pairs {
        let batch = pairs - all.iter().filter(|case| case.family == PAIR).count();
        all.extend((0..batch).filter_map(|_| {
            let (seed, table) = random.one_of(&endpoint);
            pair(seed, random.one_of(table), random.one_of(table))
        }));
    }
    for case in &mut all {
        if random.below(4) == 0 && case.bytes.len() > 2 {
            case.pace.cuts = vec![1 + random.below(case.bytes.len() - 1)];
        }
    }
    all
}

/// What takes its time: slow bytes, and second requests.
pub(crate) fn slow(seeds: &[Seed]) -> Vec<Case> {
    first_of_each_door(seeds).flat_map(crate::slow::cases).collect()
}

/// Wrong authorization tokens.
pub(crate) fn wrong_tokens(seeds: &[Seed]) -> Vec<Case> {
    let endpoint = first_of_each_door(seeds).filter(|seed| !seed.is_control());
    let cases = endpoint.flat_map(|seed| {
        let table = wrong_tokens_of(seed).into_iter();
        table.map(|mutation| Case::of(seed, &mutation))
    });
    cases.collect()
}

fn first_of_each_door(seeds: &[Seed]) -> impl Iterator<Item = &Seed> {
    let is_first =
        |at: usize, seed: &Seed| seeds[..at].iter().all(|before| before.door != seed.door);
    seeds.iter().enumerate().filter(move |(at, seed)| is_first(*at, seed)).map(|(_, seed)| seed)
}

/// Two faults in one request, where neither undoes the other or shifts its size.
fn pair(seed: &Seed, one: &Mutation, two: &Mutation) -> Option<Case> {
    let hostile = |mutation: &Mutation| mutation.must < Must::Served && joins(&mutation.edit);
    let undone = match (&one.edit, &two.edit) {
        (Edit::Instead(name, _), Edit::Instead(other, _)) => name == other,
        _ => [one.family, two.family].contains(&"size"),
    };
    if undone || one.family == two.family || !hostile(one) || !hostile(two) {
        return None;
    }
    let bytes = seed.request.after(&[&one.edit, &two.edit]);
    let any_of = one.must.and(two.must);
    Some(Case { family: PAIR, seed: seed.clone(), bytes, pace: Pace::default(), any_of })
}

/// Whether an edit leaves room for another one.
fn joins(edit: &Edit) -> bool {
    !matches!(edit, Edit::Whole(_) | Edit::Before(_) | Edit::LineEnd(_) | Edit::Nothing)
}

const PAIR: &str = "pair";
