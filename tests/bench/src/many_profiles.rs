//! A config of a thousand profiles against one of ten: the answers, the start, the reading.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Pace;
use crate::home::{Daemon, Stage};
use crate::load::{Target, median};
use crate::process::memory;

pub(crate) fn compare(stage: &Stage, pace: &Pace) -> io::Result<()> {
    // The emulator's own config has nine.
    let mut few = stage.daemon("few", &profiles(stage, 1))?;
    let mut many = stage.daemon("many", &profiles(stage, 991))?;
    let rss = memory(many.pid)?.rss as f64 / memory(few.pid)?.rss as f64;
    let answers = [
        answers(&few.target("prod", few.tcp())?, &many.target("prod", many.tcp())?, pace)?,
        answers(&few.target("prod", few.tcp())?, &many.target("many-0000", many.tcp())?, pace)?,
    ];
    let (mut reading_few, mut reading_many) = (vec![], vec![]);
    let (mut ready_few, mut ready_many) = (vec![], vec![]);
    for _ in 0..pace.starts {
        reading_few.push(reading(&mut few)?);
        reading_many.push(reading(&mut many)?);
        few = few.restarted(stage)?;
        many = many.restarted(stage)?;
        ready_few.push(few.time_to_ready);
        ready_many.push(many.time_to_ready);
    }
    println!("1,000 profiles against ten (goal: answers as fast)");
    println!(
        "  answers {:.2} and {:.2} as many a second; {rss:.2} of the RSS",
        answers[0], answers[1]
    );
    line("to ready", &mut ready_many, &mut ready_few);
    line("to read the files anew", &mut reading_many, &mut reading_few);
    Ok(())
}

fn line(what: &str, many: &mut [Duration], few: &mut [Duration]) {
    let (many, few) = (median(many), median(few));
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    println!("  {what}: {many:.1?} and {few:.1?}, {ratio:.1}");
}

fn profiles(stage: &Stage, count: usize) -> String {
    let profile = |number| {
        format!(
            "\n[profile many-{number:04}]\nregion = eu-central-1\nsource_profile = default\n\
             role_arn = arn:aws:iam::444455556666:role/prod\nendpoint_url = {}\n",
            stage.url
        )
    };
    (0..count).map(profile).collect()
}

/// The best round with many profiles over the best one with few.
fn answers(few: &Target, many: &Target, pace: &Pace) -> io::Result<f64> {
    let mut best = [0.0, 0.0];
    for _ in 0..pace.rounds {
        for (target, best) in [few, many].into_iter().zip(&mut best) {
            *best = f64::max(*best, target.load(4, pace.round)?.per_second);
        }
    }
    Ok(best[1] / best[0])
}

/// From SIGHUP to the line that says that the files have been read.
fn reading(daemon: &mut Daemon) -> io::Result<Duration> {
    let start = Instant::now();
    Command::new("kill").args(["-HUP", &daemon.pid.to_string()]).status()?;
    for line in daemon.log.by_ref() {
        if line?.contains("read the AWS configuration") {
            return Ok(start.elapsed());
        }
    }
    Err(io::Error::other("the daemon left"))
}
