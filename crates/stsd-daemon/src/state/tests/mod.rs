//! The state tables, transition by transition: no clock, no socket, no process.

mod answers;
mod clocks;
mod doubts;
mod fixture;
mod moments;
mod occasions;
pub(crate) use fixture::{ALICE, Story, plan as test_plan};
mod plans;
mod programs;
mod records;
mod renewal;
mod roles;
mod sessions;
mod sleep;
mod sts_clocks;
mod survivors;
mod versions;
