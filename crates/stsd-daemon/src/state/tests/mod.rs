//! The state tables, transition by transition: no clock, no socket, no process.

mod clocks;
mod fixture;
pub(crate) use fixture::plan as test_plan;
mod plans;
mod roles;
mod sessions;
