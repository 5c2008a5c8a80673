//! The daemon of stsd. The rooms, from the wire inwards: [`endpoint`] and [`control`] speak HTTP by
//! what [`wire`] gives both,
//! [`caller`] says who is asking, [`listeners`] owns the sockets, [`service`] is what the wire may
//! ask of the state.

pub mod caller;
pub mod control;
pub mod endpoint;
pub mod listeners;
pub mod service;
pub mod wire;
