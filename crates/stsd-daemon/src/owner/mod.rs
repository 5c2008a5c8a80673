//! The one task that owns the state. It takes commands, makes the calls that the state wants, and
//! publishes a snapshot after every change; nobody else writes.

mod audited;
mod commands;
mod kept;
mod logged;
mod planning;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::Refusal;
use stsd_protocol::RefusalCode;
use stsd_protocol::control::Unlocked;
use stsd_protocol::gateway::{Operation, Outcome, PlanRequest, Problem, Settings};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::audit::Audit;
use crate::clock::{Clock, Now};
use crate::gateway::{Gateway, Reply};
use crate::schedule::LONGEST_NAP;
use crate::state::{
    Finished, Job, JobKind, Question, Remembered, Restored, State, Table, other_refusal,
};
pub use commands::{Asked, Command};
pub use kept::Kept;
use planning::Planning;

/// What the owner puts somewhere else than into a snapshot.
pub trait Keeper: Send + 'static {
    /// Keeps the names in use and the locks over a restart. What it could not keep it is asked for
    /// again at the next change.
    fn remember(&mut self, remembered: &Remembered) -> Kept;

    /// Keeps what is held over the end of this process. Called before anybody sees or hears of a
    /// change: of a lock, above all. Says how long until it wants to be called again, where it has put
    /// off what can wait: see [`State::urgent`].
    fn keep(&mut self, _: &State, _: Now) -> Option<Duration> {
        None
    }

    /// Writes the view.
    fn publish_view(&mut self, view: &str);
}

/// The owner and all that it needs.
#[derive(Debug)]
pub struct Owner<C, G, K> {
    state: State,
    clock: C,
    gateway: Arc<G>,
    keeper: K,
    settings: Settings,
    client_program: String,
    snapshots: watch::Sender<Arc<Table>>,
    published: u64,
    remembered: Remembered,
    /// When the keeper wants to be called again, by the boot clock.
    keeps: Option<Duration>,
    audit: Audit,
    unlocking: HashMap<(String, u64), oneshot::Sender<Result<Unlocked, Refusal>>>,
    calls: JoinSet<Done>,
    planning: Planning,
}

/// The end of one call.
#[derive(Debug)]
enum Done {
    Job(JobKind, u64, Question, Reply),
    Plan(Reply),
}

/// What the owner is made of.
#[derive(Debug)]
pub struct Parts<C, G, K> {
    /// Empty but for what was remembered.
    pub state: State,
    /// The daemon's time.
    pub clock: C,
    /// The way to AWS.
    pub gateway: Arc<G>,
    /// The way to the state directory.
    pub keeper: K,
    /// For the plan.
    pub settings: Settings,
    /// The absolute path of `stsd`, for the view.
    pub client_program: String,
}

impl<C: Clock, G: Gateway, K: Keeper> Owner<C, G, K> {
    /// The owner, and where its snapshots come out.
    pub fn new(parts: Parts<C, G, K>) -> (Self, watch::Receiver<Arc<Table>>) {
        let Parts { state, clock, gateway, keeper, settings, client_program } = parts;
        let (snapshots, receiver) = watch::channel(Arc::new(state.table().clone()));
        let remembered = state.remember();
        let owner = Self {
            state,
            clock,
            gateway,
            keeper,
            settings,
            client_program,
            snapshots,
            published: 0,
            remembered,
            keeps: None,
            audit: Audit::default(),
            unlocking: HashMap::new(),
            calls: JoinSet::new(),
            planning: Planning::default(),
        };
        (owner, receiver)
    }

    /// The same, which tells what it does.
    #[must_use]
    pub fn audited(mut self, audit: Audit) -> Self {
        self.audit = audit;
        self
    }

    /// Works until nobody can send commands any more.
    pub async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        self.plan();
        loop {
            let now = self.clock.now();
            let keeps = self.keeps.map_or(LONGEST_NAP, |at| at.saturating_sub(now.boot));
            let nap = self.state.nap(now).min(self.planning.nap(now)).min(keeps);
            tokio::select! {
                // In one order, so that a simulation replays. Answers first: of those each profile has
                // one at most, so they cannot keep a command waiting for long, and an answer that a
                // lock crosses is of an older generation either way.
                biased;
                Some(done) = self.calls.join_next() => match done {
                    Ok(done) => self.take_in(done),
                    // The call's future only waits; if it panics, the state can no longer be
                    // trusted to hear of its calls.
                    Err(panic) => {
                        error!(%panic, "a call of the gateway broke");
                        return;
                    }
                },
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                () = sleep(nap) => {}
            }
            let now = self.clock.now();
            let due = self.state.due(now);
            self.start(due);
            if self.planning.is_due(now) {
                self.plan();
            }
            self.publish();
        }
    }

    /// Makes the calls that the state wants.
    fn start(&mut self, jobs: impl IntoIterator<Item = Job>) {
        for job in jobs {
            let call = self.gateway.call(job.operation, job.settings);
            let (kind, generation, asked) = (job.kind, job.generation, job.asked);
            self.calls.spawn(async move { Done::Job(kind, generation, asked, call.await) });
        }
    }

    fn plan(&mut self) {
        if !self.planning.begin() {
            return;
        }
        let request = PlanRequest { client_program: self.client_program.clone() };
        let call = self.gateway.call(Operation::Plan(request), self.settings.clone());
        self.calls.spawn(async move { Done::Plan(call.await) });
    }

    fn take_in(&mut self, done: Done) {
        match done {
            Done::Plan(reply) => self.take_in_plan(reply),
            Done::Job(kind, generation, asked, reply) => {
                logged::log(&kind, &reply.outcome);
                let now = self.clock.now();
                let Reply { outcome, sts_date } = reply;
                let asker = match &kind {
                    JobKind::Session { identity, .. } => {
                        let key = (identity.clone(), generation);
                        self.unlocking.remove(&key).map(|reply| (key.0, reply))
                    }
                    JobKind::Role { .. } | JobKind::Time { .. } => None,
                };
                // What somebody asked for by name is told where they asked.
                if asker.is_none() {
                    audited::tell(&self.audit, &kind, &outcome);
                }
                let finished = Finished { kind, generation, asked, outcome, sts_date };
                let followup = self.state.finish(finished, now);
                self.start(followup.jobs);
                if followup.replan {
                    self.plan();
                }
                self.publish();
                if let Some((identity, reply)) = asker {
                    let _ = reply.send(self.state.unlocked(&identity, now));
                }
            }
        }
    }

    fn take_in_plan(&mut self, reply: Reply) {
        let outage = matches!(&reply.outcome, Outcome::Failure(failure) if failure.retryable);
        let again = self.planning.end(outage, self.clock.now());
        match reply.outcome {
            Outcome::Plan(plan) => {
                info!(
                    profiles = plan.profiles.len(),
                    identities = plan.identities.len(),
                    problems = plan.problems.len(),
                    "read the AWS configuration"
                );
                for Problem { file, line, profile, key, message, .. } in &plan.problems {
                    warn!(file, line, profile, key, reason = message, "found a mistake");
                }
                let view = plan.view.clone();
                if self.state.replan(plan) {
                    let Restored { sessions, roles } = self.state.restore(self.clock.now());
                    if sessions + roles > 0 {
                        info!(sessions, roles, "took over what survived the restart");
                    }
                    self.keeper.publish_view(&view);
                }
            }
            Outcome::Failure(failure) => {
                let (code, reason) = (&failure.code, &failure.message);
                warn!(code, reason, "could not read the AWS configuration");
                self.state.plan_failed(other_refusal(&failure));
            }
            Outcome::Credentials(_) | Outcome::Caller(_) | Outcome::Inspection(_) => {
                let code = RefusalCode::Internal;
                self.state.plan_failed(Refusal::new(code, "the gateway answered out of turn"));
            }
        }
        if again {
            self.plan();
        }
    }

    /// Lets everybody see the state if it has changed, and keeps what should outlive it.
    fn publish(&mut self) {
        let now = self.clock.now();
        let changed = self.state.version() != self.published;
        if changed || self.keeps.is_some_and(|at| at <= now.boot) {
            self.keeps = self.keeper.keep(&self.state, now).map(|wait| now.boot + wait);
        }
        if !changed {
            return;
        }
        self.published = self.state.version();
        audited::tell_ends(&self.audit, &self.snapshots.borrow(), self.state.table());
        self.snapshots.send_replace(Arc::new(self.state.table().clone()));
        let remembered = self.state.remember();
        if remembered != self.remembered {
            let kept = self.keeper.remember(&remembered);
            let Remembered { locked, in_use } = remembered;
            kept.locked.then(|| self.remembered.locked = locked);
            kept.in_use.then(|| self.remembered.in_use = in_use);
        }
    }
}

#[cfg(test)]
mod tests;
