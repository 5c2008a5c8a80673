//! The daemon, its port, its clock, and what it reads.

use stsd_protocol::gateway::{Problem, Severity};
use stsd_protocol::{Refusal, RefusalCode};

use super::typed::{self, word};
use crate::commands::doctor::daemon::Daemon;
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Daemon::Absent(refusal) = &facts.daemon {
        found.push(absent(refusal, start(facts)));
    }
    found.extend(port(facts));
    found.extend(clock(facts));
    found.extend(configuration(facts));
    found.extend(unread(facts));
    found
}

fn absent(refusal: &Refusal, start: &str) -> Finding {
    let message = refusal.message.clone();
    match refusal.code {
        // It may run, and cannot be reached: the hint says why.
        RefusalCode::NoDaemon if refusal.hint != RefusalCode::NoDaemon.hint() => {
            Finding::error("NoDaemon", message, typed::STATUS)
        }
        RefusalCode::NoDaemon => Finding::error("NoDaemon", message, start),
        RefusalCode::VersionMismatch => Finding::error("DaemonVersion", message, typed::RESTART),
        RefusalCode::RequestRefused => {
            Finding::error("DaemonOfAnother", message, "ls -l \"$STSD_SOCKET\"")
        }
        _ => Finding::error("DaemonSilent", message, typed::RESTART),
    }
}

fn start(facts: &Facts) -> &'static str {
    if facts.service.is_installed { typed::START } else { typed::INSTALL }
}

/// The problem names the program that has it.
fn port(facts: &Facts) -> Option<Finding> {
    let heard = facts.daemon.heard()?;
    if heard.status.endpoint.is_some() {
        return None;
    }
    let owner = heard.problems.iter().find(|problem| problem.file == ENDPOINT);
    let reason = owner.map_or("stsd's port is not its own", |problem| problem.message.as_str());
    let command = facts.shell.stsd.port.map_or(typed::STATUS.to_owned(), typed::who_listens);
    Some(Finding::error("PortTaken", reason, command))
}

fn clock(facts: &Facts) -> Option<Finding> {
    let offset = facts.daemon.heard()?.status.clock_offset_seconds;
    let (length, way) = (offset.unsigned_abs(), if offset > 0 { "behind" } else { "ahead of" });
    if length < SKEW {
        return None;
    }
    let reason = format!("this machine's clock is {length} s {way} AWS's");
    let command = match cfg!(target_os = "macos") {
        true => "sudo sntp -sS time.apple.com",
        false => "sudo timedatectl set-ntp true",
    };
    Some(match length >= REFUSED_SKEW {
        true => Finding::error("ClockSkew", format!("{reason}, which AWS refuses"), command),
        false => Finding::warning("ClockSkew", reason, command),
    })
}

/// stsd's own configuration, then AWS's.
fn configuration(facts: &Facts) -> Vec<Finding> {
    let own = facts.configuration.as_ref().err().map(|mistake| {
        let file = facts.places.as_ref().map(|places| places.configuration.to_string_lossy());
        let command = format!("${{EDITOR:-vi}} {}", word(&file.unwrap_or_default()));
        Finding::error("OwnConfiguration", mistake.clone(), command)
    });
    let heard = facts.daemon.heard().map_or(&[][..], |heard| &heard.problems);
    let problems = if heard.is_empty() { &facts.problems } else { heard };
    let problems = problems.iter().filter(|problem| problem.file != ENDPOINT);
    own.into_iter().chain(problems.filter_map(|found| problem(facts, found))).collect()
}

fn problem(facts: &Facts, problem: &Problem) -> Option<Finding> {
    // Said better, with what to type, where permissions are looked at.
    if problem.message.contains("read it") {
        return None;
    }
    let line = problem.line.map_or(String::new(), |line| format!(":{line}"));
    let whose = match (&problem.profile, &problem.key) {
        (Some(profile), Some(key)) => format!("profile {profile}, {key}: "),
        (Some(profile), None) => format!("profile {profile}: "),
        (None, Some(key)) => format!("{key}: "),
        (None, None) => String::new(),
    };
    let file = facts.shell.shown(&problem.file);
    let reason = format!("{file}{line}: {whose}{}", problem.message);
    let at = problem.line.map_or(String::new(), |line| format!("+{line} "));
    let command = format!("${{EDITOR:-vi}} {at}{}", word(&problem.file));
    // One in a profile that nobody means here is no trouble of this shell.
    let concerns = problem.profile.as_deref().is_none_or(|name| facts.is_meant(name));
    Some(match problem.severity {
        Severity::Error if concerns => Finding::error("ConfigurationMistake", reason, command),
        Severity::Error => Finding::note("OtherMistake", reason, command),
        Severity::Notice => Finding::note("ConfigurationNotice", reason, command),
    })
}

fn unread(facts: &Facts) -> Option<Finding> {
    // Without a home there is a better word for it.
    let why = facts.unread.as_ref().filter(|_| facts.shell.home.is_some())?;
    let reason = format!("the AWS files were not looked at: {why}");
    Some(Finding::error("FilesUnread", reason, "command -v stsd stsd-daemon stsd-gateway"))
}

/// What the daemon calls the endpoint where others name a file.
const ENDPOINT: &str = "the endpoint";

/// More than NTP ever leaves.
const SKEW: u64 = 30;

/// AWS's limit for signatures.
const REFUSED_SKEW: u64 = 300;

#[cfg(test)]
mod tests {
    use stsd_protocol::{Refusal, RefusalCode};

    use super::absent;

    #[test]
    fn nobody_is_told_to_start_a_daemon_whose_socket_is_closed_to_them() {
        let silent = Refusal::new(RefusalCode::NoDaemon, "no daemon answers");
        let closed = silent.clone().with_hint("run `chmod 700 '/run/user/1000/stsd'`");
        for (refusal, command) in [(silent, "the start"), (closed, "stsd status")] {
            assert_eq!(absent(&refusal, "the start").command, command);
        }
    }
}
