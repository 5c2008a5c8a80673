//! A new reading of the user's files. What is held stays wherever the files still mean the same.

use std::collections::HashMap;
use std::sync::Arc;

use stsd_protocol::gateway::{Plan, PlannedIdentity, PlannedProfile, Problem, Severity};
use stsd_protocol::{Refusal, RefusalCode};

use super::profile::Profile;
use super::session::{Phase, Session, resting};
use super::{EVERYTHING, State};

impl State {
    /// Takes a plan over, unless it comes of files with nothing to read in them but mistakes: then
    /// the last good one stays in force. Says which.
    ///
    /// A session outlives a moment without its keys in the files: an editor may be in the middle
    /// of writing them.
    pub fn replan(&mut self, plan: Plan) -> bool {
        let unreadable = unreadable(&plan);
        self.table.problems = Arc::new(plan.problems);
        self.table.gateway_confinement = plan.confinement;
        if let Some(refusal) = unreadable {
            self.plan_failed(refusal);
            return false;
        }
        self.version += 1;
        self.table.planned = true;
        self.table.unreadable = None;
        self.resettle_sessions(plan.identities);
        let mut before = std::mem::take(&mut self.table.profiles);
        let profiles = plan.profiles.into_iter().map(|planned| {
            let kept = before.iter().position(|p| same_credentials(&p.planned, &planned));
            let mut profile = match kept {
                Some(place) => before.swap_remove(place),
                None => {
                    Profile::new(Arc::new(planned.clone()), self.in_use.contains(&planned.name))
                }
            };
            profile.planned = Arc::new(planned);
            profile.trouble.take_if(|trouble| trouble.retry().is_none());
            profile
        });
        self.table.profiles = profiles.collect();
        for mut gone in before {
            let until = gone.forget();
            let fed_by = gone.identity().and_then(|identity| self.session_mut(identity));
            if let Some(session) = fed_by {
                session.handed_out_until = session.handed_out_until.max(until);
            }
        }
        self.table.names = Arc::new(names(&self.table.profiles));
        let default = self.identity_of(None).ok();
        for session in &mut self.table.sessions {
            session.is_default = default.as_deref() == Some(session.identity());
        }
        true
    }

    /// The files could not be read: the last good plan stays in force, and whoever asks for what is
    /// not in it hears why.
    pub fn plan_failed(&mut self, refusal: Refusal) {
        self.version += 1;
        self.table.planned = true;
        self.table.unreadable = Some(Arc::new(refusal));
    }

    fn resettle_sessions(&mut self, planned: Vec<PlannedIdentity>) {
        planned.iter().for_each(|identity| self.forget_another_program(identity));
        let mut before = std::mem::take(&mut self.table.sessions);
        for identity in planned {
            let kept = before.iter().position(|s| s.identity() == identity.keys.identity);
            let key = &identity.keys.identity;
            if self.locked_by_hand.contains(EVERYTHING) {
                self.locked_by_hand.insert(key.clone());
            }
            let by_hand = self.locked_by_hand.contains(key);
            let identity = Arc::new(identity);
            let session = match kept {
                Some(place) => before.swap_remove(place).replanned(identity, by_hand),
                // Later than any that an earlier session of this identity can have had: each
                // step of a generation is also one of the version.
                None => Session { generation: self.version, ..Session::new(identity, by_hand) },
            };
            self.table.sessions.push(session);
        }
        let held = |session: &Session| matches!(session.phase, Phase::Unlocked { .. });
        self.table.sessions.extend(before.into_iter().filter(held));
    }

    /// What one program said is not what another one would: the profile's name is all that they
    /// have in common. A lock stays.
    fn forget_another_program(&mut self, planned: &PlannedIdentity) {
        let identity = &planned.keys.identity;
        let another =
            self.table.session(identity).is_some_and(|s| s.planned.program != planned.program);
        if !another {
            return;
        }
        let until = self.forget_roles(identity);
        let locked_by_hand = self.locked_by_hand.contains(identity);
        let Some(session) = self.session_mut(identity) else { return };
        session.forget(resting(planned, locked_by_hand));
        session.handed_out_until = session.handed_out_until.max(until);
        (session.user, session.last_error) = (None, None);
    }
}

impl Session {
    /// The same session under what the files say now: a device that has come or gone changes what
    /// is needed for the next session, not the one that there is.
    fn replanned(self, planned: Arc<PlannedIdentity>, locked_by_hand: bool) -> Self {
        let same_device = self.planned.mfa_serial == planned.mfa_serial;
        let held = matches!(self.phase, Phase::Unlocked { .. });
        if same_device || held || self.asking {
            // A person has done something: perhaps corrected the keys that STS refused.
            let trouble = self.trouble.filter(|trouble| trouble.retry().is_some());
            return Self { planned, trouble, ..self };
        }
        Self { generation: self.generation, user: self.user, ..Self::new(planned, locked_by_hand) }
    }
}

/// Why a plan has nothing in it, if that is the files' fault.
fn unreadable(plan: &Plan) -> Option<Refusal> {
    let fatal =
        |problem: &&Problem| problem.severity == Severity::Error && problem.profile.is_none();
    let problem = plan.problems.iter().find(fatal).filter(|_| plan.profiles.is_empty())?;
    let line = problem.line.map_or_else(String::new, |line| format!(":{line}"));
    let Problem { file, message, .. } = problem;
    Some(
        Refusal::new(
            RefusalCode::Configuration,
            format!("the AWS configuration cannot be read: {file}{line}: {message}"),
        )
        .with_hint(format!("correct {file}; stsd reads it again by itself")),
    )
}

/// Whether credentials of the one are credentials of the other.
fn same_credentials(one: &PlannedProfile, other: &PlannedProfile) -> bool {
    one.name == other.name && one.source == other.source
}

/// Both names of each profile. A name as the user wrote it goes before another one's path form.
fn names(profiles: &[Profile]) -> HashMap<String, usize> {
    let paths = profiles.iter().enumerate().map(|(place, p)| (p.planned.path.clone(), place));
    let names = profiles.iter().enumerate().map(|(place, p)| (p.planned.name.clone(), place));
    paths.chain(names).collect()
}
