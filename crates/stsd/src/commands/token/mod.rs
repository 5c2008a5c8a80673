//! `stsd token`: authorization tokens for what should have some profiles and not all. The daemon makes
//! and keeps them; here they are shown.

mod create;
mod list;

use stsd_protocol::control::{REVOKE_TOKENS, RevokeTokensRequest, RevokedTokens};

use crate::arguments::{RevokeTokensArguments, TokenCommand};
use crate::client::{Client, LOCAL};
use crate::failure::Failure;
use crate::show::{print, print_json, printable};

pub(crate) fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create(arguments) => create::run(arguments),
        TokenCommand::List(arguments) => list::run(&arguments),
        TokenCommand::Revoke(arguments) => revoke(arguments),
    }
}

fn revoke(arguments: RevokeTokensArguments) -> Result<(), Failure> {
    let request = RevokeTokensRequest { names: (!arguments.all).then_some(arguments.names) };
    let revoked: RevokedTokens = Client::new().order(REVOKE_TOKENS, &request, LOCAL)?;
    if arguments.json {
        return print_json(&revoked);
    }
    print(&match revoked.revoked.as_slice() {
        [] => "nothing to revoke\n".to_owned(),
        names => format!("revoked {}\n", printable(&names.join(", "))),
    })
}
