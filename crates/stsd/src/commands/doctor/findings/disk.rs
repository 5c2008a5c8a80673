//! Who else can read or write what only its owner should.

use std::path::{Path, PathBuf};

use super::typed::word;
use crate::chains::Tool;
use crate::commands::doctor::disk::{Exposed, exposed};
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let folders = facts.places.iter().flat_map(|places| {
        [(places.state.clone(), "StateMode"), (places.runtime.clone(), "RuntimeMode")]
    });
    let folders = folders.filter_map(|(path, code)| {
        let exposed = exposed(&path, 0o700)?;
        Some(Finding::error(code, sentence(facts, &exposed), command("700", &path)))
    });
    let files = [&facts.own.config, &facts.own.credentials];
    let unreadable = files.into_iter().filter_map(|file| {
        let why = file.unreadable.as_ref()?;
        let reason = format!("{}: {why}", facts.shell.shown(&file.file));
        Some(Finding::error("FileUnreadable", reason, format!("ls -l {}", word(&file.file))))
    });
    let credentials = credentials(facts).map(|exposed| {
        let path = exposed.path.clone();
        Finding::warning("CredentialsFileMode", sentence(facts, &exposed), command("600", &path))
    });
    folders.chain(unreadable).chain(credentials).chain(repeated(facts)).collect()
}

/// In a file that boto3 reads here.
fn repeated(facts: &Facts) -> Option<Finding> {
    let known = facts.tools.iter().find(|known| known.tool == Tool::Botocore)?;
    let files = [&known.files.config, &known.files.credentials].into_iter();
    let (file, line) = files.filter_map(|file| Some((&file.file, file.repeated?))).next()?;
    let reason = format!(
        "{}:{line}: this stands there a second time, where boto3 and AWS CLI stop",
        facts.shell.shown(file)
    );
    let command = format!("${{EDITOR:-vi}} +{line} {}", word(file));
    Some(Finding::error("FileRepeats", reason, command))
}

/// The long-term keys' file, where it has any.
fn credentials(facts: &Facts) -> Option<Exposed> {
    let file = &facts.own.credentials;
    (!file.profiles.is_empty()).then(|| exposed(&PathBuf::from(&file.file), 0o700))?
}

fn sentence(facts: &Facts, exposed: &Exposed) -> String {
    format!("{} {}", facts.shell.shown(&exposed.path.to_string_lossy()), exposed.how)
}

fn command(mode: &str, path: &Path) -> String {
    format!("chmod {mode} {}", word(&path.to_string_lossy()))
}
