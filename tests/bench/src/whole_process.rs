//! `stsd credential-process` from fork to exit, in turns with a program that does the same exchange
//! with std alone. SDKs start it for every process of theirs.

use std::env;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Pace;
use crate::home::Stage;
use crate::load::{median, same_but_expiration};

pub(crate) fn compare(stage: &Stage, pace: &Pace) -> io::Result<()> {
    let daemon = stage.daemon("whole-process", "")?;
    let mut stsd = daemon.command(&stage.program("stsd"));
    stsd.args(["credential-process", "prod"]);
    let mut bare = daemon.command(&env::current_exe()?.with_file_name("std-client"));
    bare.arg(daemon.socket("stsd.sock")).arg("prod");
    let (expected, mut stsd_times, mut bare_times) = (run(&mut stsd)?.1, vec![], vec![]);
    for _ in 0..pace.processes {
        for (command, times) in [(&mut stsd, &mut stsd_times), (&mut bare, &mut bare_times)] {
            let (time, output) = run(command)?;
            if !same_but_expiration(&output, &expected) {
                let wrong = format!("{:?} printed something else", command.get_program());
                return Err(io::Error::other(wrong));
            }
            times.push(time);
        }
    }
    let medians = (median(&mut stsd_times), median(&mut bare_times));
    let ratio = |(a, b): (Duration, Duration)| a.as_secs_f64() / b.as_secs_f64();
    println!("stsd credential-process, whole process (goal: 1.5 of a std-only client)");
    println!(
        "  {:.2} (medians {:.2?} and {:.2?}; best {:.2})",
        ratio(medians),
        medians.0,
        medians.1,
        ratio((stsd_times[0], bare_times[0]))
    );
    Ok(())
}

fn run(command: &mut Command) -> io::Result<(Duration, Vec<u8>)> {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let time = start.elapsed();
    if !output.status.success() || !output.stderr.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(said));
    }
    Ok((time, output.stdout))
}
