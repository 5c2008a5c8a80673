//! Who acts before the owner: programs that ask, a user for each identity, and the adversary.

use std::sync::Arc;

use stsd_daemon::daemon::Daemon;
use stsd_daemon::service::Service;
use stsd_protocol::control::UnlockRequest;
use stsd_secret::Secret;

use crate::owner::{Stage, World};
use crate::plans::IDENTITIES;
use crate::reference::{For, LOCKED, RECOVERED, broken};
use crate::sts::{FAULTS, code_of};
use crate::time::{DAY, HOUR, MINUTE, SECOND, YEAR};

pub(crate) async fn programs(stage: Stage, daemon: Arc<Daemon<Stage, Stage>>, at: usize) {
    let profile = &stage.profiles[at];
    loop {
        stage.pass(SECOND, 10 * MINUTE).await;
        let is_owed = |world: &World| {
            let owed = world.reference.is_owed((at, profile), &world.sts.ledger, world.time);
            owed && world.is_healthy()
        };
        let owed = {
            let mut world = stage.world();
            let whose = profile.role.map_or(For::Session(profile.identity), |_| For::Role(at));
            world.occasion(whose, false);
            is_owed(&world)
        };
        let answer = daemon.credentials(Some(profile.name)).await;
        let mut world = stage.world();
        let check = match &answer {
            Ok(served) => world.check(at, profile, served),
            Err(refusal) if owed && is_owed(&world) => {
                broken(RECOVERED, format!("{} gets {refusal:?}", profile.name))
            }
            Err(_) => Ok(()),
        };
        world.holds(check);
    }
}

pub(crate) async fn user(stage: Stage, daemon: Arc<Daemon<Stage, Stage>>, identity: usize) {
    let of = IDENTITIES[identity];
    loop {
        stage.pass(30 * SECOND, HOUR).await;
        let request = {
            let mut world = stage.world();
            let session = world.reference.sessions[identity];
            let ends = session.current.map(|current| world.sts.ledger[current].ends);
            let over = ends.is_none_or(|ends| world.time.until(ends) <= 0);
            let needed = session.locked || (over && of.serial.is_some());
            if !needed && !world.random.one_in(30) {
                continue;
            }
            world.unlocking[identity] = true;
            world.occasion(For::Session(identity), true);
            let code = code_of(identity, world.time);
            let typed = of.serial.is_some() && !of.program;
            UnlockRequest {
                profile: Some(of.own_profile.to_owned()),
                token_code: typed.then(|| Secret::new(code)),
                ..UnlockRequest::default()
            }
        };
        let _ = daemon.unlock(request).await;
        stage.world().unlocking[identity] = false;
    }
}

pub(crate) async fn adversary(stage: Stage, daemon: Arc<Daemon<Stage, Stage>>) {
    loop {
        stage.pass(MINUTE, 2 * HOUR).await;
        let choice = {
            let mut world = stage.world();
            world.wrong_until = world.time.awake;
            let choice = world.random.between(0, 8);
            match choice {
                0..=2 => world.sts.fault = Some(world.random.one_of(&FAULTS)),
                3 => world.time.wrong = world.random.length(SECOND, 10 * YEAR).cast_signed(),
                4 => world.time.wrong = -world.random.length(SECOND, 10 * YEAR).cast_signed(),
                5 => world.time.asleep += world.random.length(SECOND, 30 * DAY),
                _ => {}
            }
            choice
        };
        match choice {
            0..=2 => {
                stage.pass(SECOND, HOUR).await;
                stage.world().sts_is_well();
                let _ = daemon.refresh(None).await;
            }
            6 => {
                stage.kills.send_replace(());
            }
            7 => locks(&stage, &daemon).await,
            _ => {}
        }
        let mut world = stage.world();
        world.wrong_until = world.time.awake;
    }
}

/// Locks one identity or all, also one that is being unlocked, and looks at once at what was theirs.
async fn locks(stage: &Stage, daemon: &Daemon<Stage, Stage>) {
    let profile = {
        let mut world = stage.world();
        let at = world.random.below(2 * stage.profiles.len());
        let profile = stage.profiles.get(at);
        world.locking = Some(profile.map(|profile| profile.identity));
        profile.map(|profile| profile.name.to_owned())
    };
    let locked = daemon.lock(profile).await.expect("the profiles stay").locked;
    let mut world = stage.world();
    assert!(world.locking.is_none(), "a lock ends the gateway");
    let table = daemon.snapshots.borrow();
    for key in locked {
        let session = table.session(&key).expect("the identities stay");
        if session.held(world.time.now()).is_some() {
            let check = broken(LOCKED, format!("{key} is held"));
            world.holds(check);
        }
    }
}
