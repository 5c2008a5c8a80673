//! The daemon as it stands about all day: unlocked, its gateway gone, nobody asking.

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Pace;
use crate::home::Stage;
use crate::process::{children, memory, waits};

pub(crate) fn measure(stage: &Stage, pace: &Pace) -> io::Result<()> {
    let daemon = stage.daemon("idle", "")?;
    daemon.target("prod", daemon.tcp())?;
    let asked = Instant::now();
    let gone = loop {
        if children(daemon.pid)?.is_empty() {
            break asked.elapsed();
        }
        if asked.elapsed() > DEADLINE {
            return Err(io::Error::other("the gateway stays"));
        }
        sleep(POLL);
    };
    let before = waits(daemon.pid)?;
    sleep(pace.idle);
    let waits = (waits(daemon.pid)? - before) as f64 / pace.idle.as_secs_f64();
    let memory = memory(daemon.pid)?;
    println!("idle daemon, unlocked (goals: 4 MB RSS, 2 MB PSS, the gateway gone after 10 s)");
    let known =
        |kb: Option<u64>| kb.map_or("unknown (not root)".to_owned(), |kb| format!("{kb} kB"));
    println!(
        "  {} kB RSS, {} PSS, {} of it data; the gateway gone after {:.1} s; {waits:.2} wake-ups a second",
        memory.rss,
        known(memory.pss),
        known(memory.data),
        gone.as_secs_f64()
    );
    Ok(())
}

const DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);
