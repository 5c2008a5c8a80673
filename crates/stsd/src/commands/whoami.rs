//! `stsd whoami`: what GetCallerIdentity says about a profile's credentials.

use stsd_protocol::control::{CallerIdentity, ProfileRequest, WHOAMI};

use crate::arguments::ListArguments;
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::show::{print, print_json, printable};

pub(crate) fn run(arguments: &ListArguments) -> Result<(), Failure> {
    let request = ProfileRequest { profile: arguments.profile.chosen()? };
    let body = Client::new().patient_order(WHOAMI, &request)?;
    let identity: CallerIdentity = client::read(&body)?;
    if arguments.json {
        return print_json(&identity);
    }
    let CallerIdentity { user_id, account, arn } = &identity;
    print(&format!(
        "UserId   {}\nAccount  {}\nArn      {}\n",
        printable(user_id),
        printable(account),
        printable(arn)
    ))
}
