//! What the wire asks of the owner, and what the owner does about it.

use stsd_protocol::Refusal;
use stsd_protocol::control::{Locked, UnlockRequest, Unlocked};
use tokio::sync::oneshot;
use tracing::info;

use super::{Keeper, Owner, audited};
use crate::clock::Clock;
use crate::gateway::Gateway;
use crate::state::JobKind;

/// What the wire asks of the owner. Each answer goes to the one who asked; one who has gone away
/// changes nothing, since a call that was begun is finished.
#[derive(Debug)]
pub enum Command {
    /// Somebody waits for the profile at this place of the table with these names.
    Want(String),
    /// GetSessionToken.
    Unlock(Box<UnlockRequest>, oneshot::Sender<Result<Unlocked, Refusal>>),
    /// Forget.
    Lock(Option<String>, oneshot::Sender<Result<Locked, Refusal>>),
    /// Fetch anew; the answer names the profiles and the calls that are made for them.
    Refresh(Option<String>, oneshot::Sender<Result<Vec<Asked>, Refusal>>),
    /// Read the user's files again.
    Replan,
}

/// A profile that is fetched anew.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As the user wrote it.
    pub profile: String,
    /// The call for its role credentials, where it has any.
    pub call: Option<u64>,
}

impl<C: Clock, G: Gateway, K: Keeper> Owner<C, G, K> {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Want(profile) => self.want(&profile),
            Command::Unlock(request, reply) => self.unlock(*request, reply),
            Command::Lock(profile, reply) => self.lock(profile.as_deref(), reply),
            Command::Refresh(profile, reply) => self.refresh(profile.as_deref(), reply),
            Command::Replan => {
                // A gateway can read what stood in the files, and where they were, when it began.
                self.gateway.close();
                self.plan();
            }
        }
    }

    fn want(&mut self, profile: &str) {
        let place = self.state.table().find(Some(profile)).ok();
        let job = place.and_then(|place| self.state.want(place, self.clock.now()));
        self.start(job);
    }

    fn lock(&mut self, profile: Option<&str>, reply: oneshot::Sender<Result<Locked, Refusal>>) {
        let mut locked = self.state.lock(profile, self.clock.now());
        if let Ok(locked) = &locked {
            info!(identities = ?locked.locked, "locked");
            match profile {
                Some(_) => self.gateway.close(),
                None => self.gateway.stop(),
            }
        }
        // The snapshot goes first: whoever hears "locked" is served nothing afterwards.
        self.publish();
        if let Ok(locked) = &mut locked {
            locked.until_restart = self.remembered.locked != self.state.remember().locked;
        }
        // Where nobody waits for the answer, as after a signal, nobody else tells of it.
        if let Err(Ok(locked)) = reply.send(locked) {
            audited::tell_lock(&self.audit, &locked, profile);
        }
    }

    fn refresh(
        &mut self,
        profile: Option<&str>,
        reply: oneshot::Sender<Result<Vec<Asked>, Refusal>>,
    ) {
        let begun = self.state.refresh(profile, self.clock.now());
        let asked = begun.map(|(places, jobs)| {
            self.start(jobs);
            let profiles = &self.state.table().profiles;
            let asked = |place: usize| Asked {
                profile: profiles[place].planned.name.clone(),
                call: profiles[place].asking,
            };
            places.into_iter().map(asked).collect()
        });
        self.publish();
        let _ = reply.send(asked);
    }

    fn unlock(
        &mut self,
        request: UnlockRequest,
        reply: oneshot::Sender<Result<Unlocked, Refusal>>,
    ) {
        match self.state.begin_unlock(request, self.clock.now()) {
            Err(refusal) => {
                info!(code = ?refusal.code, "refused an unlock");
                let _ = reply.send(Err(refusal));
            }
            Ok(job) => {
                if let JobKind::Session { identity, .. } = &job.kind {
                    self.unlocking.insert((identity.clone(), job.generation), reply);
                }
                self.start([job]);
            }
        }
    }
}
