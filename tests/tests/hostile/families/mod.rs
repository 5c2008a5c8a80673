//! The table: what can be wrong with a request, family by family, and what must come of it.

pub(crate) mod authorization;
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
    ] {
        all.extend(family(seed));
    }
    all
}

pub(super) fn one(family: &'static str, edit: Edit, must: Must) -> Mutation {
    Mutation { family, edit, must }
}
