//! `sts-emulator fault`: a fault in words.

use clap::Args;
use serde_json::{Value, json};
use sts_emulator::Fault;

use super::client::{Client, ClientError};

/// What goes wrong, with which requests, how often.
#[derive(Args)]
pub(super) struct FaultArgs {
    /// throttle, server-error=503, deny, hang, hang-up, slow=2s, cut-off, garbage, short-lived=1m; or clear.
    #[arg(value_parser = parse)]
    kind: Kind,
    /// Only this action, as in AssumeRole.
    #[arg(long)]
    action: Option<String>,
    /// Only this role.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// Only the next requests that it applies to.
    #[arg(long)]
    times: Option<u32>,
}

#[derive(Clone)]
enum Kind {
    Clear,
    Fault(Fault),
}

impl FaultArgs {
    /// Orders it; returns what is pending now.
    pub(super) fn order(self, client: &Client) -> Result<Value, ClientError> {
        match self.kind {
            Kind::Clear => client.delete("faults"),
            Kind::Fault(fault) => client.post(
                "faults",
                &json!(Fault {
                    action: self.action,
                    role_arn: self.role_arn,
                    times: self.times,
                    ..fault
                }),
            ),
        }
    }
}

fn parse(text: &str) -> Result<Kind, String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let length = || {
        humantime::parse_duration(value)
            .map_err(|_| format!("{name} takes a length, as in {name}=2s"))
    };
    let status = || match value.parse() {
        Ok(status @ 500..=599) => Ok(status),
        _ => Err(format!("{name} takes a status, as in {name}=503")),
    };
    let fault = match name {
        "clear" => return Ok(Kind::Clear),
        "throttle" => Fault::throttle(),
        "server-error" => Fault::server_error(status()?),
        "deny" => Fault::deny(),
        "hang" => Fault::hang(),
        "hang-up" => Fault::hang_up(),
        "slow" => Fault::slow(length()?),
        "cut-off" => Fault::cut_off(),
        "garbage" => Fault::garbage(),
        "short-lived" => Fault::short_lived(length()?),
        _ => return Err("no such fault".to_owned()),
    };
    Ok(Kind::Fault(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_fault_and_refuses_the_rest() {
        for text in [
            "throttle",
            "server-error=503",
            "deny",
            "hang",
            "hang-up",
            "slow=2s",
            "cut-off",
            "garbage",
            "short-lived=1m",
            "clear",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in ["", "slow", "slow=x", "server-error=200", "server-error", "explode"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
