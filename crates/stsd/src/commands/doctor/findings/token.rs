//! The authorization token: whether tools can read it, send it, and are let in with it.

use std::path::Path;

use super::typed::{self, word};
use crate::chains::{FULL, TOKEN, TOKEN_FILE, TokenFile};
use crate::commands::doctor::disk::exposed;
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let uses_endpoint = facts.shell.filled(FULL).is_some();
    let mut found = Vec::new();
    if uses_endpoint {
        found.extend(file(facts));
        found.extend(variable(facts));
    }
    found.extend(mode(facts));
    found
}

fn file(facts: &Facts) -> Option<Finding> {
    let shell = &facts.shell;
    let connect = typed::connect(shell);
    let path = shell.variable(TOKEN_FILE).unwrap_or_default();
    let shown = shell.shown(path);
    match &shell.token_file {
        TokenFile::NotNamed if shell.filled(TOKEN).is_none() => {
            let reason = format!("{TOKEN_FILE} is not set, and stsd lets nobody in without it");
            Some(Finding::error("NoToken", reason, connect))
        }
        TokenFile::NotNamed => {
            let reason = format!("{TOKEN_FILE} is not set; tools built on object_store need it");
            Some(Finding::warning("NoTokenFile", reason, connect))
        }
        TokenFile::Unreadable(why) if Path::new(path).exists() => {
            let reason = format!("{shown}, which {TOKEN_FILE} names, cannot be read: {why}");
            let command = format!("chmod u+r {}", word(path));
            Some(Finding::error("TokenFileUnreadable", reason, command))
        }
        TokenFile::Unreadable(_) => {
            let reason = format!("{TOKEN_FILE} is {shown}, which is not there");
            Some(Finding::error("TokenFileMissing", reason, connect))
        }
        TokenFile::Read { newline: true, .. } => {
            let reason = format!("{shown} has a newline in it, which nearly every SDK refuses");
            let command = match Some(Path::new(path)) == facts.authorization_token().as_deref() {
                true => format!("printf %s \"$(cat {0})\" > {0}", word(path)),
                false => connect,
            };
            Some(Finding::error("TokenFileNewline", reason, command))
        }
        TokenFile::Read { ours: Some(false), .. } => {
            let reason = format!(
                "the authorization token in {shown} is not the daemon's, or not for this profile"
            );
            Some(Finding::error("TokenDiffers", reason, connect))
        }
        TokenFile::Read { .. } => None,
    }
}

fn variable(facts: &Facts) -> Option<Finding> {
    let shell = &facts.shell;
    shell.filled(TOKEN)?;
    let unset = typed::unset(shell, [TOKEN]);
    if shell.token_is_ours == Some(false) {
        let reason =
            format!("{TOKEN} is not the daemon's, and Java sends it in place of the file's");
        return Some(Finding::error("TokenVariableDiffers", reason, unset));
    }
    shell.variable(TOKEN_FILE)?;
    let reason = format!("{TOKEN} is set beside {TOKEN_FILE}: JavaScript warns at every client");
    Some(Finding::note("TokenVariable", reason, unset))
}

fn mode(facts: &Facts) -> Option<Finding> {
    let path = facts.authorization_token()?;
    let how = exposed(&path, 0o600)?.how;
    let shown = facts.shell.shown(&path.to_string_lossy());
    let command = format!("chmod 600 {}", word(&path.to_string_lossy()));
    Some(Finding::error("TokenFileMode", format!("{shown} {how}"), command))
}
