//! The same adversary against the owner's task and the daemon before it, under tokio's paused clock:
//! naps, snapshots, waiting programs, and answers that cross a lock. A smaller run, since here time
//! goes by in naps of thirty seconds. The reference is the same.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use stsd_daemon::audit::Audit;
use stsd_daemon::authorization::Authorization;
use stsd_daemon::clock::{Clock, Now};
use stsd_daemon::daemon::Daemon;
use stsd_daemon::gateway::{Call, Gateway, Reply};
use stsd_daemon::notices::Bell;
use stsd_daemon::owner::{Keeper, Kept, Owner, Parts};
use stsd_daemon::service::Served;
use stsd_daemon::state::{Options, Remembered, State};
use stsd_protocol::Places;
use stsd_protocol::gateway::{Operation, Outcome, Settings};
use stsd_secret::Secret;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::cast::{adversary, programs, user};
use crate::number;
use crate::plans::{self, IDENTITIES, Profile, plan};
use crate::random::Random;
use crate::reference::{Broken, Check, For, Reference, dates_are_honest};
use crate::sts::{Ask, Sts, number_of};
use crate::time::{DAY, MINUTE, Time};

#[tokio::test(start_paused = true)]
async fn simulation_of_the_owner_breaks_no_invariant() {
    let (mut served, mut calls) = (0, 0);
    let seeds = seeds();
    let count = seeds.end() - seeds.start() + 1;
    for seed in seeds {
        let stage = Stage::new(seed);
        let daemon = Arc::new(start(&stage));
        let mut tasks = JoinSet::new();
        for profile in 0..stage.profiles.len() {
            tasks.spawn(programs(stage.clone(), Arc::clone(&daemon), profile));
        }
        for identity in 0..IDENTITIES.len() {
            tasks.spawn(user(stage.clone(), Arc::clone(&daemon), identity));
        }
        tasks.spawn(adversary(stage.clone(), Arc::clone(&daemon)));
        sleep(Duration::from_millis(3 * DAY)).await;
        let world = stage.world();
        assert!(world.broken.is_none(), "seed {seed}: {:?}", world.broken);
        (served, calls) = (served + world.served, calls + world.calls);
    }
    let many = served > 2_500 * count && calls > 125 * count;
    assert!(many, "{served} served, {calls} calls, {count} seeds");
}

/// The seeds of this run: four, one for every 250 session-years that are asked for, or the one that is
/// replayed. A replay is the same but for who of several waiting programs is woken first, which tokio's
/// `watch` draws by lot: a failure that hangs on that may want a few runs.
fn seeds() -> RangeInclusive<u64> {
    match (number("STSD_SIMULATION_SEED"), number("STSD_SIMULATION_YEARS")) {
        (Some(seed), _) => seed..=seed,
        (None, years) => 1..=(years.unwrap_or(0) / 250).max(4),
    }
}

/// What all tasks share. Nobody holds the lock over an await.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) began: Instant,
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) profiles: Arc<Vec<Profile>>,
    pub(crate) kills: watch::Sender<()>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) time: Time,
    pub(crate) sts: Sts,
    pub(crate) reference: Reference,
    pub(crate) flights: Vec<(u64, For, u64)>,
    /// The session before the current one, and when that came: at this very moment a snapshot may
    /// still hold the former.
    pub(crate) before: [(Option<usize>, u64); IDENTITIES.len()],
    /// The identity that a lock is on its way to, or all.
    pub(crate) locking: Option<Option<usize>>,
    /// The identities that their user unlocks at the moment.
    pub(crate) unlocking: [bool; IDENTITIES.len()],
    pub(crate) wrong_until: u64,
    pub(crate) calls: u64,
    pub(crate) served: u64,
    pub(crate) broken: Option<Broken>,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let profiles = plans::profiles();
        let world = World {
            random: Random::seeded(seed),
            time: Time::default(),
            sts: Sts::default(),
            reference: Reference::new(profiles.len()),
            flights: Vec::new(),
            before: Default::default(),
            locking: None,
            unlocking: Default::default(),
            wrong_until: 0,
            calls: 0,
            served: 0,
            broken: None,
        };
        let (world, kills) = (Arc::new(Mutex::new(world)), watch::Sender::default());
        Self { began: Instant::now(), world, profiles: Arc::new(profiles), kills }
    }

    /// The world as it is now.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().expect("nobody panics over it");
        world.time.awake = crate::world::milliseconds(self.began.elapsed());
        world
    }

    /// A call is made: its number, what it asks, and how long it is on its way.
    fn begins(&self, operation: &Operation) -> (u64, Ask, u64) {
        let mut world = self.world();
        world.calls += 1;
        let ask = Ask::of(operation, &world.sts.ledger);
        let (whose, identity) = match ask {
            Ask::Session { identity, .. } => (For::Session(identity), identity),
            Ask::Role { identity, role, .. } => {
                let at = self.profiles.iter().position(|profile| profile.role == Some(role));
                (For::Role(at.expect("the roles stay")), identity)
            }
            Ask::Time { .. } => return (world.calls, ask, 100),
        };
        let same = world.flights.iter().filter(|flight| flight.1 == whose);
        let rivals: Vec<u64> = same.map(|flight| flight.2).collect();
        let (by_person, time) = (world.unlocking[identity], world.time);
        let check = world.reference.begins(whose, &ask, by_person, rivals.into_iter(), time);
        world.holds(check);
        let flight = (world.calls, whose, world.reference.epoch(whose));
        world.flights.push(flight);
        (world.calls, ask, world.random.between(20, 400))
    }

    pub(crate) async fn pass(&self, shortest: u64, longest: u64) {
        let length = self.world().random.length(shortest, longest);
        sleep(Duration::from_millis(length)).await;
    }
}

impl World {
    pub(crate) fn holds(&mut self, check: Check) {
        let first = self.broken.take();
        self.broken = first.or(check.err());
    }

    pub(crate) fn occasion(&mut self, whose: For, person: bool) {
        let check = self.reference.occasion(whose, person, self.time);
        self.holds(check);
    }

    /// The fault ends, and what it broke has a minute from now. What it refused is asked for again by
    /// a person; a refusal that is still on its way then stays one.
    pub(crate) fn sts_is_well(&mut self) {
        self.sts.fault = None;
        self.wrong_until = self.time.awake;
        self.reference.roles.iter_mut().for_each(|role| role.denied = false);
        self.reference.sessions.iter_mut().for_each(|session| session.denied = false);
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.sts.fault.is_none() && self.time.awake > self.wrong_until + MINUTE
    }

    /// A lock ends the gateway, at the very moment at which it holds.
    fn locked(&mut self, profiles: &[Profile]) {
        let Some(locking) = self.locking.take() else { return };
        let calls = self.calls;
        for identity in (0..IDENTITIES.len()).filter(|at| locking.is_none_or(|one| one == *at)) {
            self.reference.lock(profiles, identity, calls);
        }
    }

    /// An answer goes to the daemon.
    fn answered(&mut self, profiles: &[Profile], number: u64, issue: Option<usize>, denied: bool) {
        let Some(at) = self.flights.iter().position(|flight| flight.0 == number) else { return };
        let (_, whose, epoch) = self.flights.swap_remove(at);
        let current = self.reference.epoch(whose) == epoch;
        match (whose, issue) {
            (_, Some(issue)) if !current => self.sts.ledger[issue].stale = true,
            (For::Session(identity), Some(_)) => {
                let session = &mut self.reference.sessions[identity];
                self.before[identity] = (session.current, self.time.awake);
                let begins = IDENTITIES[identity].serial.is_some() || session.locked;
                (session.current, session.locked, session.denied) = (issue, false, false);
                session.epoch += 1;
                if begins {
                    self.reference.roles_end(profiles, identity);
                }
            }
            (For::Role(profile), Some(_)) => self.reference.roles[profile].denied = false,
            (For::Session(identity), None) => self.reference.sessions[identity].denied |= denied,
            (For::Role(profile), None) => self.reference.roles[profile].denied |= denied,
        }
    }

    pub(crate) fn check(&mut self, at: usize, profile: &Profile, served: &Served) -> Check {
        self.served += 1;
        let number = number_of(&served.access_key_id);
        let issue = self.sts.ledger[number];
        dates_are_honest(served, issue.ends, self.time)?;
        let former = self.before[profile.identity] == (Some(number), self.time.awake);
        if former && profile.role.is_none() {
            return Ok(());
        }
        self.reference.may_serve((at, profile), (number, &issue), self.time)
    }
}

impl Clock for Stage {
    fn now(&self) -> Now {
        self.world().time.now()
    }
}

impl Gateway for Stage {
    fn call(&self, operation: Operation, _: Settings) -> Call {
        if let Operation::Plan(_) = operation {
            let outcome = Outcome::Plan(plan(&self.profiles));
            return Box::pin(async { Reply { outcome, sts_date: None } });
        }
        let (number, ask, latency) = self.begins(&operation);
        let (stage, mut kills) = (self.clone(), self.kills.subscribe());
        Box::pin(async move {
            let answer = async {
                sleep(Duration::from_millis(latency)).await;
                let reply = {
                    let World { sts, time, random, .. } = &mut *stage.world();
                    sts.look(&ask, number, *time, random)
                };
                sleep(Duration::from_millis(reply.delay)).await;
                reply
            };
            let reply = tokio::select! {
                biased;
                reply = answer => reply,
                _ = kills.changed() => crate::sts::Reply::lost(true),
            };
            let denied = matches!(&reply.outcome, Outcome::Failure(failure) if !failure.retryable);
            stage.world().answered(&stage.profiles, number, reply.issue, denied);
            Reply { outcome: reply.outcome, sts_date: reply.date }
        })
    }

    fn close(&self) {
        self.world().locked(&self.profiles);
    }

    fn stop(&self) {
        self.world().locked(&self.profiles);
        self.kills.send_replace(());
    }
}

impl Keeper for Stage {
    fn remember(&mut self, _: &Remembered) -> Kept {
        Kept { locked: true, in_use: true }
    }

    fn publish_view(&mut self, _: &str) {}
}

fn start(stage: &Stage) -> Daemon<Stage, Stage> {
    let options = Options {
        default_profile: "default".to_owned(),
        prompt: true,
        session_duration: Duration::from_secs(12 * 3600),
        settings: Settings::default(),
        seed: 1,
    };
    let (owner, snapshots) = Owner::new(Parts {
        state: State::new(Remembered::default(), options),
        clock: stage.clone(),
        gateway: Arc::new(stage.clone()),
        keeper: stage.clone(),
        settings: Settings::default(),
        client_program: "/usr/bin/stsd".to_owned(),
    });
    let (commands, inbox) = mpsc::unbounded_channel();
    tokio::spawn(owner.run(inbox));
    Daemon {
        clock: stage.clone(),
        gateway: Arc::new(stage.clone()),
        settings: Settings::default(),
        commands,
        snapshots,
        places: Places { configuration: "/c".into(), state: "/s".into(), runtime: "/r".into() },
        port: Arc::default(),
        outlook: Arc::default(),
        bell: Bell::default(),
        authorization: Arc::new(Authorization::new(Secret::new("fake"))),
        audit: Audit::default(),
    }
}
