//! `stsd unlock`: finds out which codes are needed, gets each from the command line, standard
//! input or the terminal, or leaves it to the profile's program, and starts the sessions.

use std::io;

use stsd_protocol::control::{
    CHALLENGE, Challenge, ChallengeRequest, SessionReport, UNLOCK, UnlockRequest, Unlocked,
};
use stsd_protocol::{Refusal, RefusalCode};
use stsd_secret::Secret;

use crate::arguments::UnlockArguments;
use crate::client::{Client, FILES, STS};
use crate::failure::Failure;
use crate::terminal::{Answer, Terminal};
use crate::{profile, rest, show, token_code};

pub(crate) fn run(arguments: UnlockArguments) -> Result<(), Failure> {
    let wish = Wish::parse(&arguments)?;
    let client = Client::new();
    let request = ChallengeRequest {
        profile: wish.profile.clone(),
        all: arguments.all,
        mfa_serial: arguments.mfa_serial.clone(),
    };
    let mut challenges: Vec<Challenge> = client.order(CHALLENGE, &request, FILES)?;
    if challenges.is_empty() {
        let message = "the AWS configuration has no long-term access key to start a session with";
        return Err(Refusal::new(RefusalCode::Configuration, message)
            .with_hint("put one into a profile, by `aws configure`")
            .into());
    }
    // Who must wait hears so at once, and not after the codes of the others.
    challenges.sort_by_key(|challenge| challenge.resting.is_none());
    if let [Challenge { resting: Some(resting), .. }] = challenges.as_slice() {
        return Err(resting.clone().into());
    }
    let code = wish.code_for(&challenges)?;
    let mut unlocking = Unlocking { client, arguments, code, terminal: None };
    unlocking.all(&challenges)
}

/// What the command line asks for.
struct Wish {
    profile: Option<String>,
    /// As it was given: six digits, or `-`.
    code: Option<String>,
}

impl Wish {
    fn parse(arguments: &UnlockArguments) -> Result<Self, Failure> {
        let words = token_code::words(arguments.first.as_deref(), arguments.second.as_deref());
        let named = profile::named(words.profile, arguments.profile.as_deref())?;
        if arguments.all && named.is_some() {
            return Err(Failure::usage("a profile and --all", "name a profile, or --all"));
        }
        if words.code.is_some() && arguments.mfa_token.is_some() {
            return Err(Failure::usage("two token codes are given", "give one"));
        }
        let code = words.code.or_else(|| arguments.mfa_token.clone());
        if let Some(text) = code.as_deref().filter(|text| *text != "-") {
            token_code::given(text)?;
        }
        let profile = match arguments.all {
            true => None,
            false => profile::or_by_variable(named, profile::OF_THE_SHELL),
        };
        Ok(Self { profile, code })
    }

    /// The code, made sure that there is exactly one device that it can be of.
    fn code_for(&self, challenges: &[Challenge]) -> Result<Option<Secret>, Failure> {
        let Some(text) = &self.code else { return Ok(None) };
        match challenges.iter().filter(|challenge| challenge.mfa_serial.is_some()).count() {
            1 => token_code::given(text).map(Some),
            0 => Err(Failure::usage(
                "a token code is given, and no MFA device is configured",
                "name the device by `mfa_serial` in the AWS config, or by --mfa-serial",
            )),
            devices => Err(Failure::usage(
                format!("one token code is given for {devices} devices"),
                "leave it out, and each is asked for; or unlock the profiles one by one",
            )),
        }
    }
}

/// The sessions being started.
struct Unlocking {
    client: Client,
    arguments: UnlockArguments,
    /// Given, and not yet used.
    code: Option<Secret>,
    /// Opened when somebody has to be asked, and kept to the end: see its `Drop`.
    terminal: Option<Terminal>,
}

impl Unlocking {
    /// Starts each; one that fails does not stop the others, and the first failure is the outcome.
    fn all(&mut self, challenges: &[Challenge]) -> Result<(), Failure> {
        let mut sessions: Vec<SessionReport> = Vec::new();
        let mut outcome = Ok(());
        for challenge in challenges {
            let failure = match self.one(challenge) {
                Ok(unlocked) => {
                    if !self.arguments.json {
                        show::print(&show::unlocked(&unlocked))?;
                    }
                    sessions.push(unlocked.session);
                    continue;
                }
                Err(failure) if challenges.len() == 1 => return Err(failure),
                Err(failure) => failure,
            };
            if matches!(failure, Failure::Cancelled { .. }) {
                let after_others = !sessions.is_empty();
                outcome = outcome.and(Err(Failure::Cancelled { after_others }));
                break;
            }
            failure.report();
            outcome = outcome.and(Err(Failure::Reported(failure.exit_code())));
        }
        self.print_json(&sessions)?;
        outcome
    }

    /// One object for one session, as pinned; a list for `--all`, and nothing for nothing.
    fn print_json(&self, sessions: &[SessionReport]) -> Result<(), Failure> {
        match sessions {
            _ if !self.arguments.json => Ok(()),
            [] => Ok(()),
            [session] if !self.arguments.all => show::print_json(session),
            sessions => show::print_json(&sessions),
        }
    }

    fn one(&mut self, challenge: &Challenge) -> Result<Unlocked, Failure> {
        if let Some(resting) = &challenge.resting {
            return Err(resting.clone().into());
        }
        if challenge.mfa_serial.is_none() {
            return Ok(self.send(challenge, None)?);
        }
        if let Some(code) = self.code.take() {
            return Ok(self.send(challenge, Some(code))?);
        }
        if challenge.mfa_process {
            return Ok(self.send(challenge, None)?);
        }
        self.by_typed_code(challenge)
    }

    fn by_typed_code(&mut self, challenge: &Challenge) -> Result<Unlocked, Failure> {
        for _ in 1..ATTEMPTS {
            let code = self.asked(challenge)?;
            let refusal = match self.send(challenge, Some(code)) {
                Err(refusal) => refusal,
                Ok(unlocked) => return Ok(unlocked),
            };
            let was_wrong = refusal.code == RefusalCode::WrongCode;
            if !was_wrong && refusal.code != RefusalCode::SpentCode {
                return Err(refusal.into());
            }
            // The old session stays, and the device shows a new code within half a minute.
            show::complain(&refusal.message);
            if was_wrong && let Some(resting) = rest::now(&self.client, challenge) {
                return Err(resting.into());
            }
        }
        let code = self.asked(challenge)?;
        Ok(self.send(challenge, Some(code))?)
    }

    fn send(&self, challenge: &Challenge, code: Option<Secret>) -> Result<Unlocked, Refusal> {
        let request = UnlockRequest {
            profile: Some(challenge.source_profile.clone()),
            token_code: code,
            // The arguments hold 129,600 at most.
            duration_seconds: self
                .arguments
                .duration
                .and_then(|length| u32::try_from(length.as_secs()).ok()),
            mfa_serial: self.arguments.mfa_serial.clone(),
        };
        self.client.order(UNLOCK, &request, STS)
    }

    /// Asks on the terminal until what is typed is a code, three times at most.
    fn asked(&mut self, challenge: &Challenge) -> Result<Secret, Failure> {
        let question = token_code::question(challenge);
        let terminal = match &mut self.terminal {
            Some(terminal) => terminal,
            closed => closed.insert(Terminal::open().ok_or_else(|| no_terminal(challenge))?),
        };
        for _ in 0..ATTEMPTS {
            match terminal.ask(&question).map_err(|error| broken_terminal(&error))? {
                Answer::Interrupted => return Err(Failure::Cancelled { after_others: false }),
                Answer::Nothing | Answer::Ended => {
                    let message = "no token code was typed, nothing was changed";
                    return Err(Refusal::new(RefusalCode::CodeRequired, message).into());
                }
                Answer::Over(never) => match never {},
                Answer::Line(line) => {
                    if let Some(code) = token_code::parse(&line) {
                        return Ok(code);
                    }
                    terminal.say(token_code::FORM).map_err(|error| broken_terminal(&error))?;
                }
            }
        }
        let message = "no token code was typed in three attempts, nothing was changed";
        Err(Refusal::new(RefusalCode::CodeRequired, message).into())
    }
}

fn no_terminal(challenge: &Challenge) -> Failure {
    let device = challenge.mfa_serial.as_deref().unwrap_or_default();
    let message =
        format!("a token code for {device} is needed, and there is no terminal to ask on");
    Refusal::new(RefusalCode::CodeRequired, message).into()
}

fn broken_terminal(error: &io::Error) -> Failure {
    Refusal::new(RefusalCode::CodeRequired, format!("the terminal cannot be asked: {error}")).into()
}

/// As many codes, and as many tries to type one, as a person gets before being told to stop.
const ATTEMPTS: u32 = 3;
