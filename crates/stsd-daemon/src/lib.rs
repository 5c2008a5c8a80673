//! The daemon of stsd. The rooms, from the wire inwards: [`endpoint`] and [`control`] speak HTTP by
//! what [`wire`] gives both, [`caller`] and [`authorization`] say who is asking, [`listeners`] owns the sockets,
//! [`service`] is what the wire may ask, [`owner`] holds the state, [`state`] and [`schedule`]
//! decide and do nothing else, [`audit`] notes who had what, and [`gateway`] is the way to AWS.

pub mod audit;
pub mod authorization;
pub mod caller;
pub mod clock;
pub mod control;
pub mod daemon;
mod descriptors;
pub mod endpoint;
pub mod endpoint_port;
pub mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod gateway;
pub mod listeners;
pub mod logging;
pub mod notices;
pub mod options;
pub mod owner;
pub mod schedule;
pub mod service;
pub mod start;
pub mod state;
pub mod state_directory;
pub mod survival;
pub mod upkeep;
pub mod wire;
