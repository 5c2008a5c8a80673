//! The token code, asked where the person is: `stsd credential-process` that finds stsd locked asks
//! on the terminal in whose foreground it runs, and unlocks. Whatever stands in the way of that
//! leaves the refusal that there was; nothing here makes it worse.

mod asker;
mod rules;
mod turn;
mod watch;

use std::io::{self, IsTerminal};
use std::time::Duration;

use nix::unistd::{getpgrp, getsid};
use stsd_protocol::control::{
    CHALLENGE, Challenge, ChallengeRequest, UNLOCK, UnlockRequest, Unlocked,
};
use stsd_protocol::{Refusal, RefusalCode};

use crate::client::{Client, FILES, STS};
use crate::prompt::turn::Turn;
use crate::prompt::watch::{End, Watch};
use crate::terminal::{Answer, Terminal};
use crate::{clock, rest, show, token_code};

/// Has a person unlock what was refused as locked, if there is one at the terminal. Says nothing on
/// standard output or error.
///
/// # Errors
/// The refusal to end with: `locked` itself, or what became of the code.
pub(crate) fn unlock(
    client: &Client,
    profile: Option<&str>,
    started: Duration,
    locked: Refusal,
) -> Result<(), Refusal> {
    let Some(mut prompt) = Prompt::prepare(client, profile, started) else { return Err(locked) };
    if let Some(resting) = prompt.challenge.resting.take() {
        return Err(resting);
    }
    match prompt.wait_for_the_turn() {
        Some(Waited::Turn) => {}
        Some(Waited::Unlocked) => return Ok(()),
        None => return Err(locked),
    }
    match prompt.ask(&locked) {
        Ending::Unlocked => {
            prompt.turn.close();
            Ok(())
        }
        Ending::Declined(refusal) => {
            prompt.turn.decline(&prompt.challenge.identity, clock::since_boot(), getpgrp());
            Err(refusal)
        }
        Ending::LeftOpen => Err(locked),
    }
}

/// Everything that a question needs, gathered before anybody is asked.
struct Prompt<'a> {
    client: &'a Client,
    profile: Option<&'a str>,
    started: Duration,
    challenge: Challenge,
    terminal: Terminal,
    turn: Turn,
}

/// What came of waiting for others that ask on this terminal.
enum Waited {
    Turn,
    Unlocked,
}

/// What came of asking.
enum Ending {
    Unlocked,
    /// The person said no, or nothing, or STS did; nobody who waits asks again.
    Declined(Refusal),
    /// Whoever wanted the credentials has gone: the next one asks.
    LeftOpen,
}

impl<'a> Prompt<'a> {
    fn prepare(client: &'a Client, profile: Option<&'a str>, started: Duration) -> Option<Self> {
        if rules::is_automation(|name| std::env::var(name).ok()) {
            return None;
        }
        let terminal = Terminal::open()?;
        if !terminal.is_in_foreground() || !terminal.takes_lines() {
            return None;
        }
        let request =
            ChallengeRequest { profile: profile.map(str::to_owned), ..Default::default() };
        let challenges: Vec<Challenge> = client.order(CHALLENGE, &request, FILES).ok()?;
        let challenge = challenges.into_iter().find(rules::may_be_asked)?;
        let turn = Turn::beside(client.socket(), getsid(None).ok()?)?;
        Some(Self { client, profile, started, challenge, terminal, turn })
    }

    /// Until no other process asks on this terminal; nothing if this one should not either.
    fn wait_for_the_turn(&mut self) -> Option<Waited> {
        let mut watch = self.watch();
        let turn = &mut self.turn;
        let waited = self.terminal.wait_until(|terminal| match turn.take() {
            Ok(true) => Some(Some(Waited::Turn)),
            Ok(false) => watch.end(terminal.is_in_foreground()).map(|_| None),
            Err(_) => Some(None),
        });
        waited.ok().flatten()?;
        if turn.was_declined(&self.challenge.identity, self.started, getpgrp()) {
            return None;
        }
        // Somebody else's question may have been answered, there or by `stsd unlock`.
        Some(if self.watch().is_unlocked() { Waited::Unlocked } else { Waited::Turn })
    }

    fn watch(&self) -> Watch<'a> {
        Watch::new(self.client, &self.challenge.identity, self.started + PATIENCE)
    }

    fn ask(&self, locked: &Refusal) -> Ending {
        if self.say(&asker::line(asker::name().as_deref(), self.profile)).is_err() {
            return Ending::LeftOpen;
        }
        let mut last = locked.clone();
        for _ in 0..TRIES {
            if last.code == RefusalCode::WrongCode
                && let Some(resting) = rest::now(self.client, &self.challenge)
            {
                return Ending::Declined(resting);
            }
            let line = match self.line(locked) {
                Ok(line) => line,
                Err(ending) => return ending,
            };
            match self.unlocked_by(&line) {
                Ok(unlocked) => {
                    let _ = self.say(show::unlocked(&unlocked).lines().next().unwrap_or_default());
                    return Ending::Unlocked;
                }
                Err(refusal) => match rules::after(refusal, locked) {
                    rules::After::Again { said, refusal } => {
                        let _ = self.say(&said);
                        last = refusal;
                    }
                    rules::After::Stop(refusal) => return Ending::Declined(refusal),
                },
            }
        }
        Ending::Declined(last)
    }

    /// One line that was typed, or how the question ended without one.
    fn line(&self, locked: &Refusal) -> Result<String, Ending> {
        let mut watch = self.watch();
        let question = token_code::question(&self.challenge);
        // Typed ahead for the shell, or in impatience: it must not be taken for an answer.
        self.terminal.forget_typed();
        let answer =
            self.terminal.ask_until(&question, |terminal| watch.end(terminal.is_in_foreground()));
        match answer {
            Ok(Answer::Line(line)) => Ok(line),
            Ok(Answer::Nothing | Answer::Ended) => Err(Ending::Declined(locked.clone())),
            Ok(Answer::Interrupted) => {
                // The same ctrl-C has ended most tools, which then do not show what they are told.
                if self.terminal.is_in_foreground() && !io::stderr().is_terminal() {
                    let _ = self.say(&locked.one_line());
                }
                Err(Ending::Declined(locked.clone()))
            }
            Ok(Answer::Over(end)) => Err(self.over(end, locked)),
            Err(_) => Err(Ending::LeftOpen),
        }
    }

    fn over(&self, end: End, locked: &Refusal) -> Ending {
        let (said, ending) = match end {
            End::Unlocked => ("unlocked elsewhere meanwhile", Ending::Unlocked),
            End::TimedOut => ("no token code was typed in time", Ending::Declined(locked.clone())),
            End::Abandoned => ("nobody waits for the token code any more", Ending::LeftOpen),
        };
        // The cursor stands behind the question, unless a shell has the terminal again.
        if self.terminal.is_in_foreground() {
            let _ = self.say(&format!("\n{said}"));
        }
        ending
    }

    fn unlocked_by(&self, line: &str) -> Result<Unlocked, Refusal> {
        let Some(code) = token_code::parse(line) else {
            return Err(Refusal::new(RefusalCode::Locked, token_code::FORM));
        };
        let request = UnlockRequest {
            profile: Some(self.challenge.source_profile.clone()),
            token_code: Some(code),
            ..Default::default()
        };
        self.client.order(UNLOCK, &request, STS)
    }

    fn say(&self, text: &str) -> io::Result<()> {
        self.terminal.say(text)
    }
}

/// After the process's start no question is open: Go's and Kotlin's SDKs end it after 60 s, and STS
/// is still to be asked then.
const PATIENCE: Duration = Duration::from_secs(50);
/// As `stsd unlock` gives.
const TRIES: u32 = 3;
