//! Which port the endpoint should have. Pure: nothing is bound here.

use super::ListenAddress;

/// S-T-S-D on a telephone.
pub const DEFAULT_PORT: u16 = 7873;

/// What there is to choose the port by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortSettings {
    /// `--listen`.
    pub flag: Option<ListenAddress>,
    /// `listen` in the configuration.
    pub configured: Option<ListenAddress>,
    /// The port that was recorded by an earlier start.
    pub recorded: Option<u16>,
}

/// The port to bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PortChoice {
    /// Whatever is free; never recorded.
    Any,
    /// The first start of this user: the default, or another one if that is taken.
    First,
    /// This one. If it is taken that is an alarm, since shells and containers hold its URI.
    Fixed {
        port: u16,
        /// The record does not say so yet.
        record: bool,
    },
}

impl PortSettings {
    /// Chooses: what was passed at start, else the flag, the configuration, the record.
    ///
    /// The record is what `stsd env` publishes when no daemon runs. So it follows the configuration
    /// and the service manager; a flag is for one run, and is not recorded.
    pub(super) fn choose(&self, inherited: Option<u16>) -> PortChoice {
        let fixed = |port, lasting: bool| PortChoice::Fixed {
            port,
            record: lasting && self.recorded != Some(port),
        };
        let address = |address: ListenAddress, lasting| match address.port() {
            0 => PortChoice::Any,
            port => fixed(port, lasting),
        };
        match (inherited, self.flag, self.configured, self.recorded) {
            (Some(port), flag, _, _) => fixed(port, flag.is_none()),
            (None, Some(flag), _, _) => address(flag, false),
            (None, None, Some(configured), _) => address(configured, true),
            (None, None, None, Some(recorded)) => fixed(recorded, true),
            (None, None, None, None) => PortChoice::First,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PortChoice, PortSettings};

    fn choose(
        inherited: Option<u16>,
        flag: Option<&str>,
        configured: Option<&str>,
        recorded: Option<u16>,
    ) -> PortChoice {
        let address = |text: &str| text.parse().unwrap();
        let (flag, configured) = (flag.map(address), configured.map(address));
        PortSettings { flag, configured, recorded }.choose(inherited)
    }

    #[test]
    fn the_more_pressing_wish_wins() {
        let fixed = |port, record| PortChoice::Fixed { port, record };
        let (a, b) = (Some("127.0.0.1:4001"), Some("127.0.0.1:4002"));
        let table = [
            (choose(None, None, None, None), PortChoice::First),
            (choose(None, None, None, Some(4003)), fixed(4003, false)),
            (choose(None, None, b, Some(4003)), fixed(4002, true)),
            (choose(None, None, b, Some(4002)), fixed(4002, false)),
            (choose(None, None, b, None), fixed(4002, true)),
            (choose(None, a, b, Some(4003)), fixed(4001, false)),
            (choose(Some(4004), None, b, Some(4003)), fixed(4004, true)),
            (choose(Some(4004), None, None, Some(4004)), fixed(4004, false)),
            (choose(Some(4004), a, b, None), fixed(4004, false)),
        ];
        for (number, (chosen, expected)) in table.into_iter().enumerate() {
            assert_eq!(chosen, expected, "row {number}");
        }
    }

    #[test]
    fn port_zero_is_any_port_and_never_recorded() {
        let any = Some("127.0.0.1:0");
        assert_eq!(choose(None, any, None, Some(4003)), PortChoice::Any);
        assert_eq!(choose(None, None, any, Some(4003)), PortChoice::Any);
    }
}
