//! The view: whether it is there, says what it should, and calls a program that is there.

use super::typed;
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = programs(facts);
    if let Some(view) = facts.view.as_ref().filter(|view| view.is_named) {
        if !view.exists {
            let reason = "AWS_CONFIG_FILE is stsd's view, which is not there";
            found.push(Finding::error("ViewMissing", reason, typed::RESTART));
        } else if view.is_stale {
            let own = facts.shell.shown(&facts.own.config.file);
            let reason = format!("stsd's view is not what {own} says by now");
            found.push(Finding::error("ViewStale", reason, typed::RESTART));
        }
    } else if let Some(path) = facts.shell.filled("AWS_CONFIG_FILE")
        && facts.tools.iter().all(|known| !known.files.config.exists)
    {
        let reason = format!("AWS_CONFIG_FILE is {}, which is not there", facts.shell.shown(path));
        found.push(Finding::error("ConfigMissing", reason, typed::connect(&facts.shell)));
    } else if facts.is_connected() {
        let reason = "AWS_CONFIG_FILE is not stsd's view: a tool that is told a profile does not \
                      ask stsd for it";
        found.push(Finding::note("NoView", reason, typed::connect(&facts.shell)));
    }
    found
}

fn programs(facts: &Facts) -> Vec<Finding> {
    let gone = facts.shell.missing_programs.iter().map(|program| {
        let program = facts.shell.shown(program);
        let reason = format!("a credential_process calls {program}, which is not there");
        Finding::error("ViewProgramMissing", reason, typed::RESTART)
    });
    let other = facts.view.as_ref().and_then(|view| view.other_program.as_ref()).map(|program| {
        let program = facts.shell.shown(program);
        let reason = format!("the view calls {program}, which is another stsd than this one");
        Finding::warning("ViewProgramOther", reason, typed::RESTART)
    });
    gone.chain(other).collect()
}
