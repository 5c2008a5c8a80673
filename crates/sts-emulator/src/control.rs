//! The control endpoint `/_emulator/…`: what the library's handle does, for other processes and for people.
//!
//! JSON in, JSON out, no authorization: the listener is on loopback, and nothing here is worth stealing.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::fault::Fault;
use crate::reply::{ReplyBody, reply};
use crate::state::{CodeError, State};

const PREFIX: &str = "/_emulator/";

/// What is asked of the control endpoint.
pub(crate) enum Route {
    /// `GET /_emulator/code?serial=…`
    Code,
    /// `GET /_emulator/journal`, `DELETE` to forget it.
    Journal,
    /// `GET /_emulator/clock`, `POST {"advance_seconds": 3600}`.
    Clock,
    /// `GET /_emulator/faults`, `POST` a fault, `DELETE` all.
    Faults,
    /// Anything else below the prefix.
    Unknown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// Negative: back.
    advance_seconds: i64,
}

impl Route {
    /// The route of a request, if it is one to the control endpoint.
    pub(crate) fn of(request: &Request<Bytes>) -> Option<Self> {
        let name = request.uri().path().strip_prefix(PREFIX)?;
        Some(match name {
            "code" => Self::Code,
            "journal" => Self::Journal,
            "clock" => Self::Clock,
            "faults" => Self::Faults,
            _ => Self::Unknown,
        })
    }

    /// Does it.
    pub(crate) fn answer(&self, state: &State, request: &Request<Bytes>) -> Response<ReplyBody> {
        let (status, body) = match (self, request.method()) {
            (Self::Code, &Method::GET) => code(state, request),
            (Self::Journal, &Method::GET) => (200, json!({ "entries": state.journal.entries() })),
            (Self::Journal, &Method::DELETE) => {
                state.journal.clear();
                (200, json!({}))
            }
            (Self::Clock, &Method::GET) => (200, now(state)),
            (Self::Clock, &Method::POST) => move_clock(state, request),
            (Self::Faults, &Method::GET) => (200, json!({ "faults": state.faults().pending() })),
            (Self::Faults, &Method::POST) => add_fault(state, request),
            (Self::Faults, &Method::DELETE) => {
                state.faults().clear();
                (200, json!({}))
            }
            (Self::Unknown, _) => (404, message("no such control endpoint")),
            _ => (405, message("not with this method")),
        };
        reply(status, "application/json", body.to_string(), state.clock.now())
    }
}

fn code(state: &State, request: &Request<Bytes>) -> (u16, Value) {
    let query = request.uri().query().unwrap_or_default();
    let serial = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "serial");
    let Some((_, serial)) = serial else {
        return (400, message("name the device: ?serial=…"));
    };
    match state.code(&serial) {
        Ok(code) => (200, json!({ "serial": serial, "code": code })),
        Err(error @ CodeError::UnknownDevice(_)) => (404, message(&error.to_string())),
        Err(error @ CodeError::AllSpent { wait_seconds }) => {
            (409, json!({ "message": error.to_string(), "wait_seconds": wait_seconds }))
        }
    }
}

fn move_clock(state: &State, request: &Request<Bytes>) -> (u16, Value) {
    match serde_json::from_slice::<Move>(request.body()) {
        Ok(Move { advance_seconds }) => {
            let by = Duration::from_secs(advance_seconds.unsigned_abs());
            if advance_seconds < 0 {
                state.clock.rewind(by)
            } else {
                state.clock.advance(by)
            }
            (200, now(state))
        }
        Err(error) => (400, message(&error.to_string())),
    }
}

fn add_fault(state: &State, request: &Request<Bytes>) -> (u16, Value) {
    match serde_json::from_slice::<Fault>(request.body()) {
        Ok(fault) => {
            state.faults().add(fault);
            (200, json!({ "faults": state.faults().pending() }))
        }
        Err(error) => (400, message(&error.to_string())),
    }
}

fn now(state: &State) -> Value {
    json!({ "now": clock::rfc3339(state.clock.now()) })
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}
