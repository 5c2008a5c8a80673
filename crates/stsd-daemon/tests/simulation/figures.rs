//! What a run has counted.

use std::fmt;
use std::ops::Add;

use crate::time::YEAR;

#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) seeds: u64,
    /// While the machine was awake and an identity had a session that had not ended.
    pub(crate) session_milliseconds: u64,
    pub(crate) sessions: u64,
    pub(crate) roles: u64,
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) faults: u64,
    pub(crate) jumps: u64,
    /// Of the clock of a host that is not AWS's.
    pub(crate) far_jumps: u64,
    /// How often an STS was asked for the time.
    pub(crate) times: u64,
    pub(crate) suspends: u64,
    pub(crate) kills: u64,
    pub(crate) locks: u64,
    pub(crate) edits: u64,
    pub(crate) restarts: u64,
    pub(crate) requests: u64,
    pub(crate) served: u64,
    pub(crate) refused: u64,
    pub(crate) pending: u64,
    /// Answers that came too late to count.
    pub(crate) stale: u64,
    /// Requests that had to be served, and were.
    pub(crate) owed: u64,
}

impl Add for Figures {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            seeds: self.seeds + other.seeds,
            session_milliseconds: self.session_milliseconds + other.session_milliseconds,
            sessions: self.sessions + other.sessions,
            roles: self.roles + other.roles,
            calls: self.calls + other.calls,
            failed: self.failed + other.failed,
            faults: self.faults + other.faults,
            jumps: self.jumps + other.jumps,
            far_jumps: self.far_jumps + other.far_jumps,
            times: self.times + other.times,
            suspends: self.suspends + other.suspends,
            kills: self.kills + other.kills,
            locks: self.locks + other.locks,
            edits: self.edits + other.edits,
            restarts: self.restarts + other.restarts,
            requests: self.requests + other.requests,
            served: self.served + other.served,
            refused: self.refused + other.refused,
            pending: self.pending + other.pending,
            stale: self.stale + other.stale,
            owed: self.owed + other.owed,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, sessions, roles, calls, failed, stale, times, .. } = self;
        let Self { faults, jumps, far_jumps, suspends, kills, locks, edits, restarts, .. } = self;
        let Self { requests, served, refused, pending, owed, .. } = self;
        writeln!(f, "{} session-years, {seeds} seeds", self.session_milliseconds / YEAR)?;
        writeln!(
            f,
            "{calls} calls: {sessions} sessions, {roles} roles, {times} for the time, {failed} failed, \
             {stale} stale"
        )?;
        writeln!(
            f,
            "{faults} faults, {jumps} clock jumps, {far_jumps} of another host's, {suspends} suspends, {kills} kills, {locks} locks, \
             {edits} edits, {restarts} restarts"
        )?;
        write!(
            f,
            "{requests} requests: {served} served, {refused} refused, {pending} pending; {owed} were \
             owed and served"
        )
    }
}
