//! What one profile is, looked at alone. The order is that of the AWS SDK for Rust.

use super::own;
use super::set::Profile;

/// Where a profile says that its credentials come from.
pub(crate) enum Kind {
    /// Long-term keys of its own.
    Keys,
    /// What a program says, which stsd may run.
    Program,
    /// A role, assumed with the credentials of another profile.
    Role { source: String },
    /// A role that nobody could assume.
    RoleWithoutSource,
    /// A way that stsd does not serve.
    Unsupported(Unserved),
}

/// Why stsd does not serve a profile.
pub(crate) struct Unserved {
    /// What is to follow the profile's name in a sentence.
    pub(crate) why: String,
    pub(crate) hint: String,
}

/// The profile's kind; `as_source` when another profile takes its credentials to assume a role.
pub(crate) fn kind(profile: &Profile, as_source: bool) -> Kind {
    if as_source && profile.has_keys() {
        return of_keys(profile);
    }
    let role = profile.setting("role_arn").is_some();
    if let Some(source) = profile.value("credential_source").filter(|_| role) {
        return unsupported(&format!("takes its credentials from {source} (credential_source)"));
    }
    if profile.setting("web_identity_token_file").is_some() {
        return unsupported("uses a web identity (web_identity_token_file)");
    }
    match profile.value("source_profile") {
        Some(source) if role => return Kind::Role { source },
        None if role => return Kind::RoleWithoutSource,
        _ => {}
    }
    for (keys, way) in OTHER_WAYS {
        if profile.has_any(keys) {
            return unsupported(way);
        }
    }
    of_program(profile)
}

/// What has neither a role nor another way: a program, or keys.
fn of_program(profile: &Profile) -> Kind {
    match profile.value("credential_process").map(|command| calls_stsd(&command)) {
        Some(false) if profile.programs => Kind::Program,
        Some(false) => unserved(
            "runs a program for its credentials (credential_process), which stsd does not serve",
            format!("{OWN_WAY}; or let stsd run it: {}", own::allow_programs(&profile.name)),
        ),
        // Never followed, allowed or not, or stsd would ask itself: what else the profile has counts.
        Some(true) if !profile.has_keys() => {
            unserved("only calls stsd (credential_process), which has no keys for it", GIVE_KEYS)
        }
        _ if profile.has_keys() => of_keys(profile),
        _ => unserved("has neither keys nor a role", GIVE_KEYS),
    }
}

/// Keys that came with a session token, or look so, are no long-term keys.
fn of_keys(profile: &Profile) -> Kind {
    let temporary = profile.has_any(&["aws_session_token", "aws_security_token"])
        || profile.value("aws_access_key_id").is_some_and(|id| id.starts_with("ASIA"));
    if temporary {
        return unserved(
            "holds keys that are temporary ones already (aws_session_token)",
            GIVE_LONG_TERM_KEYS,
        );
    }
    Kind::Keys
}

fn unserved(why: &str, hint: impl Into<String>) -> Kind {
    Kind::Unsupported(Unserved { why: why.to_owned(), hint: hint.into() })
}

fn unsupported(way: &str) -> Kind {
    let why = format!("{way}, which stsd does not serve");
    Kind::Unsupported(Unserved { why, hint: OWN_WAY.to_owned() })
}

impl Profile {
    /// The command of a program that stsd may run for the profile.
    pub(super) fn program(&self, key: &str) -> Option<String> {
        let command = self.value(key).filter(|_| self.programs)?;
        (!calls_stsd(&command)).then_some(command)
    }
}

/// Whether a word of the command is a program called `stsd`, wherever it is.
pub(super) fn calls_stsd(command: &str) -> bool {
    let words = command.split(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    words.filter_map(|word| word.rsplit('/').next()).any(|name| name == "stsd")
}

const OTHER_WAYS: &[(&[&str], &str)] = &[
    (
        &["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"],
        "uses IAM Identity Center (sso_session)",
    ),
    (&["login_session"], "uses `aws login` (login_session)"),
];

const OWN_WAY: &str = "call the tool with `--profile`; the profile's own way goes on working";
const GIVE_KEYS: &str = "give it role_arn and source_profile, or an IAM user's keys";
const GIVE_LONG_TERM_KEYS: &str = "give it an IAM user's own keys, without aws_session_token";
