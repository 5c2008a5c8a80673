//! What is wrong, found by reading the facts: a file for each place where it can be.

mod connection;
mod daemon;
mod disk;
mod endpoint;
mod profiles;
mod proxy;
mod region;
mod rest;
mod sessions;
mod system;
mod token;
mod typed;
mod variables;
mod view;

use super::facts::Facts;
use super::finding::Finding;

/// Everything that there is to say, in the order in which it is best dealt with.
pub(super) fn all(facts: &Facts) -> Vec<Finding> {
    let parts: [fn(&Facts) -> Vec<Finding>; 12] = [
        daemon::findings,
        connection::findings,
        variables::findings,
        profiles::findings,
        endpoint::findings,
        token::findings,
        proxy::findings,
        view::findings,
        sessions::findings,
        disk::findings,
        region::findings,
        system::findings,
    ];
    let mut found: Vec<Finding> = parts.iter().flat_map(|part| part(facts)).collect();
    found.extend(rest::findings(facts, &found));
    found
}
