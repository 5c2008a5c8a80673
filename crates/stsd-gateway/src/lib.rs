//! The only part of stsd that reads `~/.aws` and talks to AWS: one function from a request to its
//! answer. It keeps nothing between two requests but connections and parsed roots; the process that
//! runs it lives for seconds.

mod clock;
mod files;
mod http;
mod profiles;
mod programs;
mod signer;
mod sts;
mod view;

use std::path::PathBuf;

use aws_sdk_sts::config::SharedHttpClient;
use aws_smithy_async::time::SharedTimeSource;
use stsd_protocol::VERSION;
use stsd_protocol::gateway::{
    Failure, FailureKind, Operation, Outcome, Request, Response, Settings,
};

use http::HttpClients;
use programs::{Programs, Running};
use sts::{Session, Trace, refusal};

/// What one process's requests share.
pub struct Gateway {
    home: Option<PathBuf>,
    http: HttpClients,
    time: SharedTimeSource,
    programs: Running,
}

impl Gateway {
    /// A gateway that looks for `.aws` in `home` and talks over the network.
    pub fn new(home: Option<PathBuf>) -> Self {
        let (http, time) = (HttpClients::new(None), SharedTimeSource::default());
        Self { home, http, time, programs: Running::default() }
    }

    /// The same with an HTTP client and a clock of the caller's, for tests under a paused clock.
    pub fn with_http_and_clock(
        home: Option<PathBuf>,
        http: SharedHttpClient,
        time: SharedTimeSource,
    ) -> Self {
        Self { home, http: HttpClients::new(Some(http)), time, programs: Running::default() }
    }

    /// Answers one request. Several may be under way at once.
    pub async fn handle(&self, request: Request) -> Response {
        let (id, trace) = (request.id, Trace::default());
        let outcome = match request.v == VERSION {
            true => self.outcome(request.settings, request.op, &trace).await,
            false => Err(refusal(
                FailureKind::Version,
                "VersionMismatch",
                format!("the daemon has version {}, the gateway {VERSION}", request.v),
            )),
        };
        let outcome = outcome.unwrap_or_else(Outcome::Failure);
        Response { v: VERSION.to_owned(), id, outcome, sts_date: trace.date().map(Into::into) }
    }

    async fn outcome(
        &self,
        settings: Settings,
        op: Operation,
        trace: &Trace,
    ) -> Result<Outcome, Failure> {
        let mut session = Session {
            settings: &settings,
            home: self.home.as_deref(),
            http: &self.http,
            time: self.time.clone(),
            clock_offset: 0,
            trace: trace.clone(),
            programs: Programs::new(&settings, self.home.as_deref(), &self.programs),
        };
        match op {
            Operation::Plan(plan) => {
                profiles::plan(&settings, self.home.as_deref(), &plan.client_program)
                    .map(Outcome::Plan)
                    .map_err(|message| refusal(FailureKind::Configuration, "ConfigError", message))
            }
            Operation::Inspect(request) => profiles::inspect(&request, self.home.as_deref())
                .map(Outcome::Inspection)
                .map_err(|message| refusal(FailureKind::Configuration, "ConfigError", message)),
            Operation::Unlock(request) => {
                session.clock_offset = request.clock_offset;
                sts::unlock(&mut session, &request).await
            }
            Operation::Assume(request) => {
                session.clock_offset = request.clock_offset;
                sts::assume(&mut session, &request).await
            }
            Operation::Whoami(request) => {
                session.clock_offset = request.clock_offset;
                sts::whoami(&mut session, &request.base, &request.target).await
            }
        }
    }
}
