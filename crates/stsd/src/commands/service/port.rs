//! Which port the endpoint's unit is to hold: the one that is asked for, configured or recorded, else
//! the usual one, else one that is free.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;

use stsd_protocol::Places;

use super::units::DEFAULT_PORT;

/// The port, in the order of precedence that the daemon has too. `configured` is `listen` of the
/// configuration, `held` what the service's own socket holds before a daemon has recorded it.
pub(super) fn choose(
    places: &Places,
    asked: Option<u16>,
    configured: Option<&str>,
    held: impl FnOnce() -> Option<u16>,
) -> u16 {
    let of_address = |address: &str| address.rsplit_once(':')?.1.parse().ok();
    let recorded = || fs::read_to_string(places.port()).ok()?.trim().parse().ok();
    asked
        .or_else(|| configured.and_then(of_address))
        .or_else(recorded)
        .or_else(held)
        .or_else(|| first_free(NEAR))
        .unwrap_or(DEFAULT_PORT)
}

/// Somebody else's stsd may have the usual one: there is one loopback for all users.
fn first_free(mut ports: RangeInclusive<u16>) -> Option<u16> {
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

/// Near enough to be recognised.
const NEAR: RangeInclusive<u16> = DEFAULT_PORT..=7999;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::TcpListener;

    use stsd_protocol::Places;

    use super::{choose, first_free};

    #[test]
    fn a_wish_goes_before_the_configuration_and_that_before_the_record() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().as_os_str().to_owned();
        let places = Places::find(|_| Some(home.clone()), 1000).unwrap();
        fs::create_dir_all(&places.state).unwrap();
        fs::write(places.port(), "7881\n").unwrap();
        let held = || Some(7880);
        assert_eq!(choose(&places, Some(7883), Some("127.0.0.1:7882"), held), 7883);
        assert_eq!(choose(&places, None, Some("127.0.0.1:7882"), held), 7882);
        assert_eq!(choose(&places, None, None, held), 7881);
        fs::remove_file(places.port()).unwrap();
        assert_eq!(choose(&places, None, None, held), 7880);
    }

    #[test]
    fn a_port_that_is_taken_is_passed_over() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_eq!(first_free(port..=port), None);
    }
}
