//! The answer to `plan`: profiles, identities, mistakes and the view.

use std::collections::HashMap;
use std::path::Path;

use stsd_protocol::gateway::{
    Hop, Plan, PlannedIdentity, PlannedProfile, Problem, ProfileSource, Settings, Severity,
};
use stsd_protocol::path_form;

use super::arn;
use super::chain::{Chain, follow};
use super::checks::check;
use super::identity::Identity;
use super::kind::Unserved;
use super::own;
use super::read::{Read, read};
use super::set::{Profile, ProfileSet};
use super::target::{region, target};
use crate::view;

/// Reads the user's files and says what they come to.
///
/// # Errors
/// A sentence, if it is not known where the files are.
pub(crate) fn plan(
    settings: &Settings,
    home: Option<&Path>,
    program: &str,
) -> Result<Plan, String> {
    read(settings, home).map(|read| of(read, settings, home, program))
}

/// What the files come to that were read.
pub(super) fn of(read: Read, settings: &Settings, home: Option<&Path>, program: &str) -> Plan {
    let Read { set, problems, config } = read;
    let mut planner = Planner::new(&set, home, settings, problems);
    let identities: Vec<PlannedIdentity> =
        planner.identities.iter().map(|identity| identity.planned(&set, home)).collect();
    let mut profiles: Vec<PlannedProfile> = set
        .profiles
        .iter()
        .zip(&planner.chains)
        .map(|(p, chain)| planner.planned(p, chain, &identities))
        .collect();
    planner.refuse_collisions(&mut profiles);
    let mut problems = planner.problems;
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let view = view::render(&set, &profiles, program, &config);
    Plan { profiles, identities, problems, view, confinement: None }
}

pub(super) struct Planner<'a> {
    set: &'a ProfileSet,
    home: Option<&'a Path>,
    problems: Vec<Problem>,
    /// How each profile is fed, in the order of the profiles.
    chains: Vec<Chain<'a>>,
    identities: Vec<Identity<'a>>,
    /// Where each stands among them.
    by_id: HashMap<String, usize>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        set: &'a ProfileSet,
        home: Option<&'a Path>,
        settings: &Settings,
        mut problems: Vec<Problem>,
    ) -> Self {
        let mut mistakes = HashMap::new();
        for profile in &set.profiles {
            let found = check(set, profile, settings);
            if let Some(error) = found.iter().find(|problem| problem.severity == Severity::Error) {
                mistakes.insert(profile.name.as_str(), error.clone());
            }
            problems.extend(found);
        }
        let mut chains = Vec::new();
        for profile in &set.profiles {
            let chain = follow(set, profile);
            if let Chain::Mistake(problem) = &chain
                && problem.profile.as_ref() == Some(&profile.name)
            {
                problems.push(problem.clone());
            }
            chains.push(spoilt(chain, &mistakes));
        }
        let (identities, by_id) = identities(&chains);
        problems.extend(identities.iter().flat_map(Identity::problems));
        let mut planner = Self { set, home, problems, chains, identities, by_id };
        planner.report_clamped_durations();
        planner
    }

    fn planned(
        &self,
        profile: &Profile,
        chain: &Chain<'_>,
        identities: &[PlannedIdentity],
    ) -> PlannedProfile {
        let role = profile.value("role_arn");
        let of_role = role.as_deref().and_then(arn::role).map(|owner| owner.account.to_owned());
        let source = self.source(profile, chain);
        let of_device = match &source {
            ProfileSource::Session { identity } => {
                self.by_id.get(identity).and_then(|at| identities[*at].account_id.clone())
            }
            _ => None,
        };
        PlannedProfile {
            name: profile.name.clone(),
            path: path_form(&profile.name),
            source,
            region: region(profile),
            account_id: of_device.or(of_role),
            target: target(self.set, profile, self.home),
        }
    }

    fn source(&self, profile: &Profile, chain: &Chain<'_>) -> ProfileSource {
        match chain {
            Chain::Keys { id, roles, .. } => {
                let identity = id.clone();
                let hops: Vec<Hop> = roles.iter().map(|role| self.hop(role)).collect();
                match hops.is_empty() {
                    true => ProfileSource::Session { identity },
                    false => ProfileSource::Role { identity, hops },
                }
            }
            Chain::Unsupported { unserved, through } => unsupported(profile, through, unserved),
            Chain::Mistake(problem) => invalid(profile, problem),
        }
    }

    fn hop(&self, role: &Profile) -> Hop {
        Hop {
            role_arn: role.value("role_arn").unwrap_or_default(),
            external_id: role.value("external_id"),
            role_session_name: role.value("role_session_name"),
            duration_seconds: role.value("duration_seconds").and_then(|text| text.parse().ok()),
            target: target(self.set, role, self.home),
        }
    }

    pub(super) fn identity(&self, id: &str) -> Option<&Identity<'a>> {
        self.by_id.get(id).map(|at| &self.identities[*at])
    }

    /// A role assumed from a session or from another role lasts an hour at most.
    fn report_clamped_durations(&mut self) {
        let mut notices = Vec::new();
        let with_session: Vec<bool> = self
            .identities
            .iter()
            .map(|one| one.mfa_serial().is_some() || one.program().is_some())
            .collect();
        for chain in &self.chains {
            let Chain::Keys { id, roles, .. } = chain else { continue };
            let Some(role) = roles.last() else { continue };
            let with_session = self.by_id.get(id).is_some_and(|at| with_session[*at]);
            let asks = role.value("duration_seconds").and_then(|text| text.parse::<u32>().ok());
            if asks.is_some_and(|asks| asks > 3600) && (with_session || roles.len() > 1) {
                notices.push(role.problem(Severity::Notice, "duration_seconds", CLAMPED));
            }
        }
        self.problems.extend(notices);
    }

    /// Two profiles of one path could not be told apart, so neither is served.
    fn refuse_collisions(&mut self, planned: &mut [PlannedProfile]) {
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for profile in planned.iter() {
            names.entry(profile.path.clone()).or_default().push(profile.name.clone());
        }
        for profile in planned {
            let Some(other) = names[&profile.path].iter().find(|name| **name != profile.name)
            else {
                continue;
            };
            let message = format!(
                "its name and that of profile {other} both become {} in a path",
                profile.path
            );
            let Some(own) = self.set.profile(&profile.name) else { continue };
            let mut problem = own.place.problem(Severity::Error, message);
            problem.profile = Some(profile.name.clone());
            profile.source = invalid(own, &problem);
            self.problems.push(problem);
        }
    }
}

/// A chain through a profile with a mistake in it is a mistake. What stsd does not serve stays that.
fn spoilt<'a>(chain: Chain<'a>, mistakes: &HashMap<&str, Problem>) -> Chain<'a> {
    let Chain::Keys { holder, roles, .. } = &chain else { return chain };
    let through = roles.iter().rev().chain(std::iter::once(holder));
    let first = through.filter_map(|profile| mistakes.get(profile.name.as_str())).next();
    first.cloned().map_or(chain, Chain::Mistake)
}

fn identities<'a>(chains: &[Chain<'a>]) -> (Vec<Identity<'a>>, HashMap<String, usize>) {
    let mut identities: Vec<Identity<'a>> = Vec::new();
    let mut by_id = HashMap::new();
    for chain in chains {
        let Chain::Keys { id, holder, roles } = chain else { continue };
        let index = *by_id.entry(id.clone()).or_insert_with(|| {
            identities.push(Identity::new(id.clone(), holder));
            identities.len() - 1
        });
        identities[index].add(holder, roles);
    }
    (identities, by_id)
}

fn unsupported(profile: &Profile, through: &[&Profile], unserved: &Unserved) -> ProfileSource {
    let Unserved { why, hint } = unserved;
    let reason = match through.last() {
        Some(last) if last.name != profile.name => {
            format!("profile {} builds on profile {}, which {why}", profile.name, last.name)
        }
        _ => format!("profile {} {why}", profile.name),
    };
    ProfileSource::Unsupported { reason, hint: hint.clone() }
}

fn invalid(profile: &Profile, problem: &Problem) -> ProfileSource {
    let whose = match &problem.profile {
        Some(name) if *name != profile.name => format!(" in its source profile {name}"),
        _ => String::new(),
    };
    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
    let key = problem.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
    let (name, message, file) = (&profile.name, &problem.message, &problem.file);
    ProfileSource::Invalid {
        reason: format!("profile {name} has a mistake{whose}: {message} ({file}{line}{key})"),
        hint: match file.as_str() {
            own::FILE => "correct ~/.config/stsd/config.toml, and restart the daemon".to_owned(),
            _ => format!("correct {file}; stsd reads it again by itself"),
        },
    }
}

const CLAMPED: &str = "STS gives this role an hour at most, because it is assumed from a session; stsd renews it in time";
