//! What a run has counted, and how it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::time::Duration;

use crate::case::Case;

/// Counts and times.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    families: BTreeMap<&'static str, usize>,
    /// Good requests that stand among the cases.
    pub(crate) good: usize,
    /// How long the good request after a case took.
    pub(crate) after: Vec<Duration>,
    /// How long the daemon left silent connections open.
    pub(crate) silent: Vec<Duration>,
}

impl Figures {
    pub(crate) fn count(&mut self, case: &Case) {
        *self.families.entry(case.family).or_default() += 1;
        self.good += usize::from(case.is_good());
    }

    pub(crate) fn cases(&self) -> usize {
        self.families.values().sum()
    }

    pub(crate) fn hostile(&self) -> usize {
        self.cases() - self.good
    }

    pub(crate) fn tell(&self, title: &str) {
        say(&format!("{title}: {self}"));
    }
}

/// Not by a macro: the harness keeps to itself what those print of a test that passes.
pub(crate) fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).expect("stderr is open");
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases", self.cases())?;
        for (family, count) in &self.families {
            write!(f, ", {family} {count}")?;
        }
        write!(f, "; {} good ones served, 0 of {} hostile ones", self.good, self.hostile())?;
        for (what, times) in
            [("good request after each", &self.after), ("silence ended after", &self.silent)]
        {
            if let Some((median, worst)) = middle_and_worst(times) {
                write!(f, "; {what}: {:.1} ms median, {:.1} ms worst", ms(median), ms(worst))?;
            }
        }
        Ok(())
    }
}

fn middle_and_worst(times: &[Duration]) -> Option<(Duration, Duration)> {
    let mut times = times.to_vec();
    times.sort_unstable();
    Some((*times.get(times.len() / 2)?, *times.last()?))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
