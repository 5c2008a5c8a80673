//! The table: what can be wrong with a request, family by family, and what must come of it.

mod authorization;
mod browser;
mod control;
mod host;
mod line;
mod pipelines;
mod protocols;
mod sizes;
mod smuggling;
mod target;

use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

/// One way to spoil a request, or, as a control, to leave it good.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) family: &'static str,
    pub(crate) edit: Edit,
    pub(crate) must: Must,
}

/// Everything that is tried, one after the other, on this request.
pub(crate) fn of(seed: &Seed) -> Vec<Mutation> {
    let mut all = vec![one("good", Edit::Nothing, Must::Served)];
    for family in [
        host::mutations,
        browser::mutations,
        smuggling::mutations,
        target::mutations,
        line::mutations,
        pipelines::mutations,
        protocols::mutations,
        sizes::mutations,
        control::mutations,
        authorization::mutations,
    ] {
        all.extend(family(seed));
    }
    all.retain(|mutation| mutation.must != Must::Unauthorized);
    all
}

/// What is wrong with nothing but its authorization token. Who sends many of these is answered late or
/// not at all, so they are tried apart.
pub(crate) fn wrong_tokens(seed: &Seed) -> Vec<Mutation> {
    let all = authorization::mutations(seed).into_iter();
    all.filter(|mutation| mutation.must == Must::Unauthorized).collect()
}

pub(super) fn one(family: &'static str, edit: Edit, must: Must) -> Mutation {
    Mutation { family, edit, must }
}
