//! The state tables, transition by transition: no clock, no socket, no process.

mod fixture;
mod plans;
mod roles;
mod sessions;
