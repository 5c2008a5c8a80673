//! What a profile can lead a tool to, each with the sentence that says so. Which of these a tool
//! looks for, and in which order, is the walkers' matter.

use super::files::{Place, Profile};
use super::link::Link;
use super::sources::Sources;
use super::{Shell, Source};

/// Keys in the profile, wherever they stand; half a pair is an error.
pub(super) fn keys(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    let place = profile.place_of(KEY_ID).or(profile.place_of(SECRET))?;
    Some(keys_in(shell, profile, place))
}

/// Keys that stand in this file, for tools that look at one file at a time.
pub(super) fn keys_in(shell: &Shell, profile: &Profile<'_>, place: Place) -> Link {
    let source = match place {
        Place::Config => Source::ConfigKeys,
        Place::Credentials => Source::SharedCredentials,
    };
    let key = if profile.has_in(KEY_ID, place) { KEY_ID } else { SECRET };
    let missing = [KEY_ID, SECRET].into_iter().find(|key| !profile.has(key));
    match missing {
        Some(missing) => Link::fails(format!("{} has no {missing}", section(shell, profile, key))),
        None => of_profile(source, profile, format!("{} has keys", section(shell, profile, key))),
    }
}

/// A role that the tool assumes itself.
pub(super) fn role(shell: &Shell, profile: &Profile<'_>) -> Link {
    let reason = format!("{} has role_arn", section(shell, profile, "role_arn"));
    of_profile(Source::AssumeRole, profile, reason)
}

/// The same, or the mistake in its line of source profiles.
pub(super) fn assumed_role(shell: &Shell, profile: &Profile<'_>, sources: &Sources) -> Link {
    match sources.mistake() {
        Some(mistake) => Link::fails(format!("{} {mistake}", section(shell, profile, "role_arn"))),
        None => role(shell, profile),
    }
}

/// A web identity of the profile's own.
pub(super) fn web_identity(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    let key = "web_identity_token_file";
    let reason = format!("{} has {key}", section(shell, profile, key));
    (profile.has(key)).then(|| of_profile(Source::WebIdentity, profile, reason))
}

/// IAM Identity Center, if the profile has any of these keys.
pub(super) fn sso(shell: &Shell, profile: &Profile<'_>, keys: &[&str]) -> Option<Link> {
    let key = keys.iter().find(|key| profile.has(key))?;
    let reason = format!("{} has {key}", section(shell, profile, key));
    Some(of_profile(Source::Sso, profile, reason))
}

/// `aws login`.
pub(super) fn login(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    let key = "login_session";
    let reason = format!("{} has {key}", section(shell, profile, key));
    profile.has(key).then(|| of_profile(Source::Login, profile, reason))
}

/// A program: stsd, or another one.
pub(super) fn process(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    let key = "credential_process";
    let section = section(shell, profile, key);
    if !profile.has(key) {
        return None;
    }
    // Another program than stsd is not shown: there may be a password in its line.
    let Some(command) = profile.value(key) else {
        let reason = format!("{section} runs a program for them");
        return Some(of_profile(Source::Process, profile, reason));
    };
    let call = Call::parse(command);
    let named = call.profile.or_else(|| shell.filled("STSD_PROFILE"));
    let answer = shell.stsd.answer(named);
    let gone = shell.missing_programs.contains(call.program);
    let gone = gone.then(|| format!("{} is not there", shell.shown(call.program)));
    let reason = match shell.view.as_deref() == Some(profile.file_of(key)) {
        true => section,
        false => format!("{section} asks stsd"),
    };
    let link = Link::new(Source::StsdView, answer.profile, reason);
    Some(link.with_trouble(gone.or(answer.refusal)))
}

/// A web identity in the variables; without a role, whatever the tool makes of that.
pub(super) fn web_identity_of_variables(shell: &Shell) -> Link {
    let link = Link::new(Source::WebIdentity, None, "AWS_WEB_IDENTITY_TOKEN_FILE is set");
    let missing = shell.web_identity_is_missing;
    link.with_trouble(missing.then(|| "the file that it names is not there".to_owned()))
}

/// Key variables.
pub(super) fn environment(variable: &str) -> Link {
    Link::new(Source::Environment, None, format!("{variable} is set"))
}

/// The machine's own role, which every tool asks for last. Off EC2 nobody answers there.
pub(super) fn instance_metadata(disabled: bool) -> Option<Link> {
    let reason = "nothing else gives it credentials";
    (!disabled).then(|| Link::new(Source::InstanceMetadata, None, reason))
}

/// Whether `AWS_EC2_METADATA_DISABLED` says so, in any case of letters.
pub(super) fn metadata_is_disabled(shell: &Shell) -> bool {
    shell.filled("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

/// `[NAME] in FILE`, for the file in which the key stands.
pub(super) fn section(shell: &Shell, profile: &Profile<'_>, key: &str) -> String {
    let prefix = match profile.place_of(key) {
        Some(Place::Credentials) => "",
        _ if profile.name == "default" => "",
        _ => "profile ",
    };
    format!("[{prefix}{}] in {}", profile.name, shell.shown(profile.file_of(key)))
}

fn of_profile(source: Source, profile: &Profile<'_>, reason: String) -> Link {
    Link::new(source, Some(profile.name.to_owned()), reason)
}

/// A command line that calls stsd.
pub(crate) struct Call<'a> {
    pub(crate) program: &'a str,
    /// As it stands there; nothing leaves it to the shell.
    pub(crate) profile: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// Reads what the gateway showed: the program, perhaps in quotes, and plain words.
    pub(crate) fn parse(command: &'a str) -> Self {
        let command = command.trim();
        let quoted =
            ['"', '\''].iter().find_map(|quote| command.strip_prefix(*quote)?.split_once(*quote));
        let (program, rest) =
            quoted.or_else(|| command.split_once(char::is_whitespace)).unwrap_or((command, ""));
        let words =
            rest.split_whitespace().skip_while(|word| *word != "credential-process").skip(1);
        let is_name = |word: &&str| !matches!(*word, "--" | "-p" | "--profile");
        let mut words = words.skip_while(|word| !is_name(word));
        let name = words.next().map(|word| word.trim_matches(['"', '\'']));
        Self { program, profile: name.map(|name| name.strip_prefix("--profile=").unwrap_or(name)) }
    }
}

/// Said of tools that need a callback for it.
pub(super) const NO_CODE: &str = "the role has mfa_serial, and nothing asks for a token code";

pub(super) const KEY_ID: &str = "aws_access_key_id";
pub(super) const SECRET: &str = "aws_secret_access_key";

pub(super) const SSO_KEYS: &[&str] =
    &["sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "sso_region"];
