//! STS: three actions of the Query protocol, and the order in which a request is judged.

mod assume_role;
mod caller_identity;
mod mfa;
mod parameters;
mod refusal;
mod session_token;
mod xml;

use std::time::Duration;

use bytes::Bytes;
use hyper::Request;

pub(crate) use parameters::Parameters;
pub(crate) use refusal::Refusal;
pub(crate) use xml::Xml;

use crate::authenticate::{Caller, Rules, authenticate};
use crate::sigv4;
use crate::state::State;

/// The skew that STS allows, either way: its own texts say "5 min".
const SKEW: Duration = Duration::from_secs(300);

/// The namespace of STS's XML, which is also its API version.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// A request that is judged: what it asks, who asks, and how long what is issued may live.
struct Call<'a> {
    state: &'a State,
    parameters: &'a Parameters,
    caller: &'a Caller,
    request_id: &'a str,
    lifetime_override: Option<Duration>,
}

/// How a request ended: the caller, as far as one was found, and the reply.
pub(crate) struct Judged {
    pub(crate) principal: Option<String>,
    pub(crate) reply: Result<Xml, Refusal>,
}

/// Judges a request; `lifetime_override` is the fault of short lifetimes.
pub(crate) fn judge(
    state: &State,
    request: &Request<Bytes>,
    parameters: &Parameters,
    request_id: &str,
    lifetime_override: Option<Duration>,
) -> Judged {
    let caller = match who(state, request) {
        Ok(caller) => caller,
        Err(refusal) => return Judged { principal: None, reply: Err(refusal) },
    };
    let call = Call { state, parameters, caller: &caller, request_id, lifetime_override };
    Judged { principal: Some(caller.principal.arn()), reply: call.act() }
}

fn who(state: &State, request: &Request<Bytes>) -> Result<Caller, Refusal> {
    let payload_hash = sigv4::hex_digest(request.body());
    let rules = Rules {
        service: "sts",
        now: state.clock.now(),
        skew: SKEW,
        payload_hash: &payload_hash,
        every_amz_header_signed: false,
    };
    authenticate(request, &state.world, &state.issued(), &rules)
        .map_err(|reason| Refusal::from(&reason))
}

impl Call<'_> {
    fn act(&self) -> Result<Xml, Refusal> {
        let action = self.parameters.action();
        let version = self.parameters.text("Version").unwrap_or_default();
        if version != "2011-06-15" {
            return Err(Refusal::unknown_operation(action, version));
        }
        match action {
            "GetSessionToken" => self.get_session_token(),
            "AssumeRole" => self.assume_role(),
            "GetCallerIdentity" => Ok(self.get_caller_identity()),
            "" => Err(Refusal::missing_action()),
            other => Err(Refusal::unknown_operation(other, version)),
        }
    }
    fn write_metadata(&self, xml: &mut Xml) {
        xml.element("ResponseMetadata", |xml| xml.text("RequestId", self.request_id));
    }
}
