//! The only part of stsd that reads `~/.aws`, runs the programs that are named there and allowed, and
//! talks to AWS: one function from a request to its answer. It keeps nothing between two requests but
//! connections and parsed roots; the process that runs it lives for seconds.

#![forbid(unsafe_code)]

mod clock;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod profiles;
mod programs;
mod readable;
mod secrets;
mod signer;
mod sts;
mod view;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_sts::config::SharedHttpClient;
use aws_smithy_async::time::SharedTimeSource;
use stsd_protocol::gateway::{
    Failure, FailureKind, Operation, Outcome, Plan, Request, Response, Settings,
};
use stsd_protocol::{Confinement, VERSION};

use http::HttpClients;
use programs::{Programs, Running};
pub use programs::{ProgramsApart, RUN_PROGRAMS, run_programs};
pub use readable::readable;
use sts::{Session, Trace, refusal};
use tokio::time::Instant;

/// What one process's requests share.
pub struct Gateway {
    home: Option<PathBuf>,
    http: HttpClients,
    time: SharedTimeSource,
    programs: Running,
    confinement: Option<Confinement>,
}

impl Gateway {
    /// A gateway that looks for `.aws` in `home` and talks over the network.
    pub fn new(home: Option<PathBuf>) -> Self {
        let (http, time) = (HttpClients::new(None), SharedTimeSource::default());
        Self { home, http, time, programs: Running::default(), confinement: None }
    }

    /// The same with an HTTP client and a clock of the caller's, for tests under a paused clock.
    pub fn with_http_and_clock(
        home: Option<PathBuf>,
        http: SharedHttpClient,
        time: SharedTimeSource,
    ) -> Self {
        let http = HttpClients::new(Some(http));
        Self { home, http, time, programs: Running::default(), confinement: None }
    }

    /// Says in each plan what is in force in this process.
    pub fn confined(self, confinement: Confinement) -> Self {
        Self { confinement: Some(confinement), ..self }
    }

    /// Runs programs below that process and none below this one. To be called in a runtime.
    ///
    /// # Errors
    /// If its socket cannot be waited for.
    pub fn with_programs_apart(mut self, apart: ProgramsApart) -> io::Result<Self> {
        self.programs.run_apart(apart.ask()?);
        Ok(self)
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
        let home = self.home.as_deref();
        let mistake = |message| refusal(FailureKind::Configuration, "ConfigError", message);
        match op {
            Operation::Plan(plan) => profiles::plan(&settings, home, &plan.client_program)
                .map(|plan| Outcome::Plan(Plan { confinement: self.confinement, ..plan }))
                .map_err(mistake),
            Operation::Inspect(request) => {
                profiles::inspect(&request, home).map(Outcome::Inspection).map_err(mistake)
            }
            Operation::Unlock(request) => {
                let mut session = self.session(&settings, request.clock_offset, trace);
                sts::unlock(&mut session, &request).await
            }
            Operation::Assume(request) => {
                let mut session = self.session(&settings, request.clock_offset, trace);
                sts::assume(&mut session, &request).await
            }
            Operation::Whoami(request) => {
                let mut session = self.session(&settings, request.clock_offset, trace);
                sts::whoami(&mut session, &request.base, &request.target).await
            }
        }
    }

    fn session<'a>(
        &'a self,
        settings: &'a Settings,
        clock_offset: i64,
        trace: &Trace,
    ) -> Session<'a> {
        let home = self.home.as_deref();
        Session {
            settings,
            home,
            http: &self.http,
            time: self.time.clone(),
            clock_offset,
            trace: trace.clone(),
            began: Instant::now(),
            elsewhere: Duration::ZERO,
            programs: Programs::new(settings, home, &self.programs),
            lender: None,
        }
    }
}
