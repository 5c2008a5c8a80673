//! Keeps a flood of the same from filling the disk, and still counts each of it: the first ones are
//! written at once, the others counted until their window closes, and the count is written then. While
//! it goes on, each window is twice as long as the one before. Pure.

use std::collections::HashMap;
use std::time::Duration;

use stsd_protocol::Timestamp;

use crate::clock::Now;

/// How much of the same is written one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    /// So many in each window.
    pub(super) each: u32,
    /// As long as a window gets.
    pub(super) longest: Duration,
}

/// Of refusals nobody needs more than one and a number.
pub(super) const REFUSALS: Allowance = Allowance { each: 1, longest: Duration::from_secs(60) };

/// Whoever is handed credentials is looked at one by one, up to what no person's work comes to.
pub(super) const HANDED_OUT: Allowance = Allowance { each: 32, longest: Duration::from_secs(4) };

/// What is one of a crowd is merely counted.
const CROWD: Allowance = Allowance { each: 0, longest: Duration::from_secs(60) };

/// There is no room for one more kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// What comes in, by what makes it the same.
#[derive(Debug)]
pub(super) struct Flood<T> {
    runs: HashMap<u64, Run<T>>,
}

#[derive(Debug)]
struct Run<T> {
    /// The first of it, which stands for the others.
    model: T,
    allowance: Allowance,
    /// The window, by the boot clock.
    closes: Duration,
    length: Duration,
    written: u32,
    unwritten: Option<Counted>,
}

/// Those of a window that were not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl<T> Default for Flood<T> {
    fn default() -> Self {
        Self { runs: HashMap::new() }
    }
}

impl<T: Clone> Flood<T> {
    /// Takes one in. Given back is what is to be written at once; else it was counted. Where there is no
    /// room for one more kind, nothing is given back: see [`Flood::crowds`].
    pub(super) fn sees(
        &mut self,
        key: u64,
        allowance: Allowance,
        now: Now,
        make: impl FnOnce() -> T,
    ) -> Result<Option<T>, Full> {
        let full = self.runs.len() >= MOST_RUNS;
        let Some(run) = self.runs.get_mut(&key) else {
            if full {
                return Err(Full);
            }
            let model = make();
            self.runs.insert(key, Run::begin(model.clone(), allowance, now));
            return Ok(Some(model));
        };
        if run.written < run.allowance.each {
            run.written += 1;
            return Ok(Some(make()));
        }
        run.count(now.date());
        Ok(None)
    }

    /// Counts one of more kinds than there is room for, with others of a coarser kind, of which there
    /// must be few. None is written by itself: whoever makes up new kinds would fill the disk.
    pub(super) fn crowds(&mut self, key: u64, now: Now, make: impl FnOnce() -> T) {
        let run = self.runs.entry(key).or_insert_with(|| Run::begin(make(), CROWD, now));
        run.count(now.date());
    }

    /// When the next window closes.
    pub(super) fn closes(&self) -> Option<Duration> {
        self.runs.values().map(|run| run.closes).min()
    }

    /// Closes the windows whose time it is, and gives what they counted.
    pub(super) fn due(&mut self, now: Now) -> Vec<(T, Counted)> {
        let mut counted = Vec::new();
        self.runs.retain(|_, run| {
            if run.closes > now.boot {
                return true;
            }
            let Some(unwritten) = run.unwritten.take() else { return false };
            counted.push((run.model.clone(), unwritten));
            run.go_on(now);
            true
        });
        counted
    }

    /// Closes them all.
    pub(super) fn end(&mut self) -> Vec<(T, Counted)> {
        let runs = std::mem::take(&mut self.runs).into_values();
        runs.filter_map(|run| Some((run.model, run.unwritten?))).collect()
    }
}

impl<T> Run<T> {
    fn begin(model: T, allowance: Allowance, now: Now) -> Self {
        let closes = now.boot + FIRST;
        Self { model, allowance, closes, length: FIRST, written: 1, unwritten: None }
    }

    fn count(&mut self, date: Timestamp) {
        let counted = self.unwritten.get_or_insert(Counted { count: 0, first: date, last: date });
        counted.count += 1;
        counted.last = date;
    }

    fn go_on(&mut self, now: Now) {
        self.length = (self.length * 2).min(self.allowance.longest);
        self.closes = now.boot + self.length;
        self.written = 0;
    }
}

const FIRST: Duration = Duration::from_secs(1);

/// Each process is a kind of its own, and there can be as many as anybody likes to start.
const MOST_RUNS: usize = 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Allowance, Flood, Full, HANDED_OUT, MOST_RUNS, REFUSALS};
    use crate::clock::test::at;

    const MS: Duration = Duration::from_millis(1);

    /// How many were written one by one, and the counts, while one comes each millisecond.
    fn one_a_millisecond(allowance: Allowance, total: u32) -> (u64, Vec<u64>) {
        let mut flood = Flood::default();
        let (mut single, mut counts) = (0, Vec::new());
        for millisecond in 0..total {
            let now = at(MS * millisecond);
            counts.extend(flood.due(now).iter().map(|(_, counted)| counted.count));
            single += u64::from(flood.sees(1, allowance, now, || ()).unwrap().is_some());
        }
        counts.extend(flood.end().iter().map(|(_, counted)| counted.count));
        (single, counts)
    }

    #[test]
    fn a_flood_is_few_records_and_their_sum_is_exact() {
        for total in [1, 2, 999, 1_000, 1_001, 20_000, 300_000] {
            for allowance in [REFUSALS, HANDED_OUT] {
                let (single, counts) = one_a_millisecond(allowance, total);
                assert_eq!(single + counts.iter().sum::<u64>(), u64::from(total));
                let windows = u64::from(total / 4_000) + 6;
                assert!(single <= windows * u64::from(allowance.each), "{single} of {total}");
            }
        }
        let (single, counts) = one_a_millisecond(REFUSALS, 300_000);
        assert_eq!(
            counts,
            [999, 1_999, 3_999, 7_999, 15_999, 31_999, 59_999, 59_999, 59_999, 56_999]
        );
        assert_eq!(single, 10);
    }

    #[test]
    fn what_comes_now_and_then_is_written_each_time() {
        let mut flood = Flood::default();
        for second in 0..100 {
            let now = at(Duration::from_millis(1_001) * second);
            assert_eq!(flood.due(now), []);
            assert!(flood.sees(1, REFUSALS, now, || ()).unwrap().is_some());
        }
    }

    #[test]
    fn different_things_are_no_flood_and_an_end_to_them_is_no_leak() {
        let mut flood = Flood::default();
        let now = at(Duration::ZERO);
        for key in 0..MOST_RUNS as u64 {
            assert!(flood.sees(key, REFUSALS, now, || ()).unwrap().is_some());
        }
        assert_eq!(flood.runs.len(), MOST_RUNS);
        assert_eq!(flood.closes(), Some(now.boot + Duration::from_secs(1)));
        assert!(flood.due(at(Duration::from_secs(1))).is_empty());
        assert_eq!((flood.runs.len(), flood.closes()), (0, None));
    }

    #[test]
    fn more_kinds_than_there_is_room_for_are_one_count_and_no_single_records() {
        let (mut flood, mut single, mut counted) = (Flood::default(), 0, 0);
        let crowd = u64::MAX;
        for key in 0..85_000 {
            let now = at(MS * u32::try_from(key).unwrap() / 100);
            match flood.sees(key, REFUSALS, now, || key) {
                Ok(written) => single += u64::from(written.is_some()),
                Err(Full) => flood.crowds(crowd, now, || crowd),
            }
        }
        assert_eq!((single, flood.runs.len()), (MOST_RUNS as u64, MOST_RUNS + 1));
        for (model, of_it) in flood.end() {
            assert_eq!(model, crowd);
            counted += of_it.count;
        }
        assert_eq!(single + counted, 85_000);
    }

    #[test]
    fn a_count_has_the_dates_of_its_first_and_its_last() {
        let mut flood = Flood::default();
        for second in [0, 0, 5, 9] {
            flood.sees(1, REFUSALS, at(Duration::from_secs(second)), || "x").unwrap();
        }
        let due = flood.due(at(Duration::from_secs(9)));
        let (first, last) = (at(Duration::ZERO).date(), at(Duration::from_secs(9)).date());
        assert_eq!(due, [("x", super::Counted { count: 3, first, last })]);
    }
}
