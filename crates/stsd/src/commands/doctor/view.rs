//! A look at the view that the daemon writes: whether it is named, and still says what it should.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use stsd_configuration::Configuration;
use stsd_protocol::gateway::Problem;

use super::inspect::Inspector;
use crate::chains::{Call, Shell};

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// `AWS_CONFIG_FILE` names it.
    pub(super) is_named: bool,
    pub(super) exists: bool,
    /// The user's files say something else by now.
    pub(super) is_stale: bool,
    /// The stsd that it calls, where that is another one than this.
    pub(super) other_program: Option<String>,
}

impl View {
    /// Looks. The mistakes in the user's files come along with what the view should be.
    pub(super) fn look(
        path: PathBuf,
        shell: &Shell,
        configuration: &Result<Configuration, String>,
        inspector: &mut Inspector,
    ) -> (Self, Vec<Problem>) {
        let named = shell.filled("AWS_CONFIG_FILE");
        let is_named = named.is_some_and(|named| same(Path::new(named), &path));
        let text = fs::read_to_string(&path).ok();
        let program = text.as_deref().and_then(program);
        let wanted = configuration.as_ref().ok().and_then(|configuration| {
            let program = program.clone().unwrap_or_else(|| "/stsd".to_owned());
            inspector.plan(configuration.settings.clone(), program)
        });
        let is_stale = match (&text, &wanted) {
            (Some(text), Some(wanted)) => *text != wanted.view && !inspector.is_just_changed(),
            _ => false,
        };
        let other_program = program.filter(|program| is_another(Path::new(program)));
        let exists = text.is_some();
        let problems = wanted.map_or_else(Vec::new, |plan| plan.problems);
        (Self { is_named, exists, is_stale, other_program }, problems)
    }
}

/// The program in the first of the view's own commands.
fn program(view: &str) -> Option<String> {
    let commands = view.lines().filter_map(|line| line.strip_prefix("credential_process = "));
    let mut ours = commands.filter(|command| command.contains(" credential-process"));
    Some(Call::parse(ours.next()?).program.to_owned())
}

fn is_another(program: &Path) -> bool {
    match env::current_exe() {
        Ok(own) => program.exists() && !same(program, &own),
        Err(_) => false,
    }
}

fn same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    one == other || whole(one) == whole(other)
}
