//! From a profile down to the keys that feed it, by the rules of the AWS SDKs: a role goes before
//! the profile's own keys, keys of a source profile go before its role.

use stsd_protocol::gateway::{PROGRAM_IDENTITY, Problem, Severity};

use super::kind::{Kind, Unserved, kind};
use super::set::{Profile, ProfileSet};

/// Where a profile's credentials come from.
pub(crate) enum Chain<'a> {
    /// From the long-term keys that `holder` has, or that its program says, and that are known by `id`,
    /// through the roles of these profiles in the order
    /// in which they are assumed (none for the session itself).
    Keys { id: String, holder: &'a Profile, roles: Vec<&'a Profile> },
    /// From something that stsd does not serve. `through` are the profiles on the way, the last of
    /// which is of that kind.
    Unsupported { unserved: Unserved, through: Vec<&'a Profile> },
    /// From nowhere, because of a mistake.
    Mistake(Problem),
}

/// Follows a profile to its keys.
pub(crate) fn follow<'a>(set: &'a ProfileSet, start: &'a Profile) -> Chain<'a> {
    let mut through = vec![start];
    let mut current = start;
    loop {
        let source = match kind(current, through.len() > 1) {
            Kind::Keys => return keys(through, current),
            Kind::Program => return held(through, current, program_identity(&current.name)),
            Kind::Unsupported(unserved) => return Chain::Unsupported { unserved, through },
            Kind::RoleWithoutSource => {
                let message = "the role has no source_profile, whose keys could assume it";
                return Chain::Mistake(current.problem(Severity::Error, "role_arn", message));
            }
            Kind::Role { source } => source,
        };
        if source == current.name && current.has_keys() {
            through.push(current);
            return match kind(current, true) {
                Kind::Unsupported(unserved) => Chain::Unsupported { unserved, through },
                _ => keys(through, current),
            };
        }
        let Some(next) = set.profile(&source) else {
            let message = format!("there is no profile {source}");
            return Chain::Mistake(current.problem(Severity::Error, "source_profile", message));
        };
        if let Some(at) = through.iter().position(|profile| profile.name == source) {
            return Chain::Mistake(round(set, &through[at..]));
        }
        if through.len() == LONGEST_CHAIN {
            return Chain::Mistake(start.problem(Severity::Error, "source_profile", TOO_LONG));
        }
        through.push(next);
        current = next;
    }
}

impl Profile {
    /// Whether the profile has both halves of a key pair.
    pub(crate) fn has_keys(&self) -> bool {
        self.setting("aws_access_key_id").is_some()
            && self.setting("aws_secret_access_key").is_some()
    }
}

/// The identity whose keys a profile's program says.
pub(super) fn program_identity(profile: &str) -> String {
    format!("{PROGRAM_IDENTITY}{profile}")
}

fn keys<'a>(through: Vec<&'a Profile>, holder: &'a Profile) -> Chain<'a> {
    let id = holder.value("aws_access_key_id").unwrap_or_default();
    held(through, holder, id)
}

fn held<'a>(mut through: Vec<&'a Profile>, holder: &'a Profile, id: String) -> Chain<'a> {
    through.pop();
    through.reverse();
    Chain::Keys { id, holder, roles: through }
}

/// The most profiles between a tool and the keys that feed it. Each role is a call to STS, which may take 15 s.
pub(crate) const LONGEST_CHAIN: usize = 16;
const TOO_LONG: &str = "it leads through more than 16 profiles";

/// Each profile of a loop has the same mistake: it is told from the one that the files have first.
fn round(set: &ProfileSet, members: &[&Profile]) -> Problem {
    let place = |member: &&&Profile| set.position(&member.name);
    let first = members.iter().min_by_key(place).copied().unwrap_or(members[0]);
    let start = members.iter().position(|member| member.name == first.name).unwrap_or(0);
    let names = members.iter().cycle().skip(start).take(members.len() + 1);
    let names: Vec<&str> = names.map(|member| member.name.as_str()).collect();
    let message = format!("the source profiles lead round in a circle, {}", names.join(" -> "));
    first.problem(Severity::Error, "source_profile", message)
}
