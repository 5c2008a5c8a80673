//! What no daemon can have held, told from the JSON of a record by rules of its own.

use std::time::Duration;

use serde_json::Value;
use stsd_protocol::Timestamp;

/// Whether a daemon can have written it, whatever the time is now.
pub(super) fn is_plausible(kept: &Value) -> bool {
    let survivors = &kept["survivors"];
    let list = |name: &str| survivors[name].as_array().cloned().unwrap_or_default();
    let moments = |value: &Value| value.as_object().is_none_or(|all| all.values().all(is_moment));
    let wrong = survivors["wrong_codes"].as_object().into_iter().flatten();
    let clocks = survivors["clocks"].as_object().into_iter().flatten().map(|(_, base)| base);
    let mut bases = clocks.chain([&survivors["wall_minus_boot"]]).filter_map(Value::as_i64);
    list("sessions").iter().chain(&list("roles")).all(|one| lasts(&one["held"]))
        && list("sessions").iter().map(|one| &one["renewal"]).all(|renewal| {
            is_moment(&renewal["retry"])
                && (renewal["spent"].is_null() || is_moment(&renewal["spent"]))
        })
        && moments(&survivors["spent"]["seen"])
        && wrong.into_iter().all(|(_, wrong)| is_moment(&wrong["last"]))
        && moments(&survivors["program_codes"])
        && bases.all(|base| base.unsigned_abs() < TOO_LONG)
}

/// Whether the credentials can be served, and for no longer than STS gave them, nor than it gives any.
fn lasts(held: &Value) -> bool {
    let [begins, due, ends] = ["begins", "due", "ends"].map(|name| length(&held["lasting"][name]));
    let date = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let (issued, end) = (date(&held["issued"]), date(&held["credentials"]["expiration"]));
    let given = end.zip(issued).map_or(0, |(end, issued)| end.unix().saturating_sub(issued.unix()));
    let life = ends.checked_sub(begins);
    life.is_some_and(|life| life <= Duration::from_secs(given.min(36 * 3600)))
        && due <= ends
        && is_moment(&held["lasting"]["ends"])
        && can_be_served(&held["credentials"])
}

fn can_be_served(credentials: &Value) -> bool {
    let texts = ["access_key_id", "secret_access_key", "session_token"];
    let texts = texts.map(|name| credentials[name].as_str().unwrap_or_default());
    let length: usize = texts.iter().map(|text| text.len()).sum();
    texts.iter().all(|text| !text.is_empty() && text.bytes().all(|b| (0x21..0x7f).contains(&b)))
        && length <= 7 * 1024
}

fn is_moment(value: &Value) -> bool {
    length(value) < Duration::from_secs(TOO_LONG)
}

fn length(value: &Value) -> Duration {
    let number = |name: &str| value[name].as_u64().unwrap_or(0);
    Duration::from_secs(number("secs")) + Duration::from_nanos(number("nanos"))
}

const TOO_LONG: u64 = 1 << 36;
