//! A record that is made up of bytes, so that each of them chooses something that a daemon could be told:
//! mutations of JSON seldom come to two moments that have to do with each other.

use serde_json::{Value, json};
use stsd_protocol::Timestamp;

use super::plan::{IDENTITIES, PROFILES, PROGRAM, SERIAL, source};
use super::restored::{DATE, NOW};

/// What is left of the bytes; zero when they are at their end.
struct Told<'a>(&'a [u8]);

/// Everything that a record says.
pub(super) fn kept(bytes: &[u8]) -> Value {
    let mut told = Told(bytes);
    let sessions: Vec<Value> = (0..told.byte() % 4).map(|_| told.session()).collect();
    let roles: Vec<Value> = (0..told.byte() % 5).map(|_| told.role()).collect();
    let seen: serde_json::Map<String, Value> =
        (0..told.byte() % 3).map(|mark| (mark.to_string(), told.moment())).collect();
    let wrong: serde_json::Map<String, Value> = (0..told.byte() % 3)
        .map(|_| (told.identity(), json!({"count": told.count(), "last": told.moment()})))
        .collect();
    let base = told.base();
    let clocks = if base.is_null() { json!({}) } else { json!({"": base}) };
    json!({"boot": "this", "uid": 1000, "survivors": {
        "sessions": sessions, "roles": roles, "spent": {"key": 1, "seen": seen},
        "wrong_codes": wrong, "clocks": clocks, "wall_minus_boot": told.base()}})
}

impl Told<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self, bytes: u32) -> u64 {
        (0..bytes).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    fn session(&mut self) -> Value {
        let device = (self.byte() % 4 < 3).then_some(SERIAL);
        json!({"identity": self.identity(), "program": self.program(), "held": self.held(),
            "mfa_serial": device, "user": null, "duration_seconds": self.number(2),
            "handed_out_until": null, "renewal": {"failures": self.count(),
                "refusals": self.count(), "retry": self.moment(), "spent": self.perhaps(),
                "by_program": self.byte().is_multiple_of(2)}})
    }

    fn role(&mut self) -> Value {
        let place = usize::from(self.byte());
        let asked_for = serde_json::to_string(&source(place % PROFILES.len()));
        let other = (self.byte() % 8 == 7).then(|| "{}".to_owned());
        json!({"profile": PROFILES[place % PROFILES.len()], "program": self.program(),
            "asked_for": other.or(asked_for.ok()), "held": self.held(),
            "worked": self.byte().is_multiple_of(2), "in_use": self.byte().is_multiple_of(2)})
    }

    fn held(&mut self) -> Value {
        let life = self.number(2) * 3;
        let given = if self.byte() % 8 < 7 { life } else { self.number(5) };
        let text = ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "two\nlines", "{0}"];
        let secret = text[usize::from(self.byte() / 64) * usize::from(self.byte() % 8 == 7)];
        json!({"credentials": {"access_key_id": "ASIAIOSFODNN7EXAMPLE",
                "secret_access_key": secret, "session_token": "example-session-token",
                "expiration": Timestamp::from_unix(DATE + given)},
            "issued": Timestamp::from_unix(DATE), "account_id": null, "role_arn": null,
            "lasting": self.lasting(life)})
    }

    /// Seven of eight last as long as they were given for.
    fn lasting(&mut self, life: u64) -> Value {
        if self.byte() % 8 == 7 {
            return json!({"begins": self.moment(), "due": self.moment(), "ends": self.moment()});
        }
        let begins = NOW.as_secs() - self.number(2);
        let due = begins + life / 2;
        let at = |secs: u64| json!({"secs": secs, "nanos": 0});
        json!({"begins": at(begins), "due": at(due), "ends": at(begins + life)})
    }

    /// By the boot clock: about now, at a limit, or anything.
    fn moment(&mut self) -> Value {
        let limits = [0, (1 << 36) - 1, 1 << 36, 1 << 63, u64::MAX];
        let secs = match self.byte() % 8 {
            0..4 => NOW.as_secs() - self.number(1),
            4 | 5 => NOW.as_secs().saturating_sub(32_768) + self.number(2),
            6 => limits[usize::from(self.byte()) % limits.len()],
            _ => self.number(8),
        };
        let nanos = [0, 1, 999_999_999][usize::from(self.byte()) % 3];
        json!({"secs": secs, "nanos": nanos})
    }

    fn perhaps(&mut self) -> Value {
        if self.byte().is_multiple_of(2) { Value::Null } else { self.moment() }
    }

    fn base(&mut self) -> Value {
        match self.byte() % 4 {
            0 => Value::Null,
            1 => json!(DATE - NOW.as_secs() + self.number(2)),
            2 => json!(self.number(5).cast_signed() - (1 << 39)),
            _ => json!(self.number(8).cast_signed()),
        }
    }

    fn count(&mut self) -> u64 {
        let limits = [0, 1, 2, 9, u64::from(u32::MAX - 1), u64::from(u32::MAX)];
        limits[usize::from(self.byte()) % limits.len()]
    }

    fn program(&mut self) -> Option<u64> {
        [None, Some(PROGRAM), None, Some(8)][usize::from(self.byte() % 4)]
    }

    fn identity(&mut self) -> String {
        let known = IDENTITIES.iter().chain(&["*", "AKIANOTTHEREEXAMPLE"]);
        known.cycle().nth(usize::from(self.byte())).copied().unwrap_or_default().to_owned()
    }
}
