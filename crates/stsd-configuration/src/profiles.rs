//! `[profiles.NAME]`: what stsd's own configuration says of one profile, for users whose `~/.aws`
//! is to stay as it is.

use std::collections::BTreeMap;

use serde::Deserialize;
use stsd_protocol::gateway::ProfileSettings;

use crate::device;

/// One table. A key that stsd does not know is a mistake here too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileTable {
    mfa_serial: Option<String>,
}

/// The tables as the gateway wants them.
pub(super) fn settings(
    tables: BTreeMap<String, ProfileTable>,
) -> Result<BTreeMap<String, ProfileSettings>, String> {
    let checked = |(name, table): (String, ProfileTable)| {
        if let Some(mistake) = table.mfa_serial.as_deref().and_then(mistake) {
            return Err(format!("mfa_serial of profile {name:?}: {mistake}"));
        }
        Ok((name, ProfileSettings { mfa_serial: table.mfa_serial }))
    };
    tables.into_iter().map(checked).collect()
}

fn mistake(serial: &str) -> Option<String> {
    if let Some(mistake) = device::fido_mistake(serial) {
        return Some(format!("{mistake}; {}", device::FIDO_HINT));
    }
    (!device::is_serial_number(serial)).then(|| {
        "it is neither a device's ARN, such as arn:aws:iam::111122223333:mfa/NAME, nor the number \
         of a hardware device"
            .to_owned()
    })
}
