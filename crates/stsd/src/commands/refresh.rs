//! `stsd refresh`: new credentials now, from the same session.

use stsd_protocol::control::{
    ProfileReport, ProfileRequest, ProfileState, REFRESH, STATUS, Status,
};

use crate::arguments::ListArguments;
use crate::client::{self, Client, STS};
use crate::commands::status::session_name;
use crate::failure::Failure;
use crate::show::{print, print_json, profiles_table};

/// Without a profile everything in use is renewed, whatever the variables say.
///
/// # Errors
/// Also if a profile could not be renewed; what was printed then says which and why.
pub(crate) fn run(arguments: &ListArguments) -> Result<(), Failure> {
    let request = ProfileRequest { profile: arguments.profile.named()? };
    let client = Client::new();
    let reports: Vec<ProfileReport> = client.order(REFRESH, &request, STS)?;
    if arguments.json {
        print_json(&reports)?;
    } else if reports.is_empty() {
        print("nothing to refresh: no profile is in use\n")?;
    } else {
        // Only for the sessions' names: without them their key ids do.
        let status = client.question(STATUS).and_then(|body| client::read::<Status>(&body));
        let sessions = status.map_or_else(|_| Vec::new(), |status| status.sessions);
        print(&profiles_table(&reports, |key| session_name(&sessions, key)))?;
    }
    // Locked with an error is what the refresh has come to where STS says that the session has ended.
    let failed = |report: &&ProfileReport| {
        use ProfileState::{Denied, Locked, Unavailable};
        matches!(report.state, Denied | Locked | Unavailable)
    };
    let error = reports.iter().filter(failed).find_map(|report| report.last_error.as_ref());
    error.map_or(Ok(()), |refusal| Err(Failure::Reported(refusal.code.exit_code())))
}
