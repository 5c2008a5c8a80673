//! `stsd refresh`: new credentials now, from the same session.

use stsd_protocol::control::{ProfileReport, ProfileRequest, ProfileState, REFRESH};

use crate::arguments::ListArguments;
use crate::client::{Client, STS};
use crate::failure::Failure;
use crate::show::{print, print_json, profiles_table};

/// Without a profile everything in use is renewed, whatever the variables say.
///
/// # Errors
/// Also if a profile could not be renewed; what was printed then says which and why.
pub(crate) fn run(arguments: &ListArguments) -> Result<(), Failure> {
    let request = ProfileRequest { profile: arguments.profile.named()? };
    let reports: Vec<ProfileReport> = Client::new().order(REFRESH, &request, STS)?;
    if arguments.json {
        print_json(&reports)?;
    } else if reports.is_empty() {
        print("nothing to refresh: no profile is in use\n")?;
    } else {
        print(&profiles_table(&reports, |_| None))?;
    }
    let failed = |report: &&ProfileReport| {
        matches!(report.state, ProfileState::Denied | ProfileState::Unavailable)
    };
    let error = reports.iter().filter(failed).find_map(|report| report.last_error.as_ref());
    error.map_or(Ok(()), |refusal| Err(Failure::Reported(refusal.code.exit_code())))
}
