//! Proxies that tools ask even for this machine: the request to stsd then goes through them, with
//! the authorization token in it and the credentials behind it.

use super::typed;
use crate::chains::{Address, FULL, Shell, Source};
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let shell = &facts.shell;
    let Some(uri) = shell.filled(FULL) else { return vec![] };
    let Some(variable) = PROXIES.iter().find(|name| shell.filled(name).is_some()) else {
        return vec![];
    };
    let host = Address::parse(uri).map_or("127.0.0.1", |address| address.host);
    let lists: Vec<&str> = LISTS.iter().filter_map(|name| shell.filled(name)).collect();
    // Half the tools read one spelling, half the other.
    if lists.len() == LISTS.len() && lists.iter().all(|list| covers(list, host)) {
        return vec![];
    }
    let reason = format!(
        "{variable} is set, and NO_PROXY and no_proxy do not both except {host}: Rust, \
         object_store and GDAL send the authorization token to the proxy"
    );
    let used = facts.tools.iter().any(|known| known.verdict.source == Source::StsdEndpoint);
    let command = command(shell, &lists);
    vec![match used {
        true => Finding::error("ProxyWithoutNoProxy", reason, command),
        false => Finding::warning("ProxyWithoutNoProxy", reason, command),
    }]
}

fn command(shell: &Shell, lists: &[&str]) -> String {
    let mut list = lists.first().map_or(String::new(), |list| format!("{list},"));
    list.push_str("127.0.0.1,localhost");
    typed::export(shell, &[("NO_PROXY", &list), ("no_proxy", &list)])
}

fn covers(list: &str, host: &str) -> bool {
    let mut entries = list.split(',').map(str::trim);
    entries.any(|entry| entry == "*" || entry.eq_ignore_ascii_case(host) || entry == "127.0.0.0/8")
}

const PROXIES: &[&str] = &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const LISTS: &[&str] = &["NO_PROXY", "no_proxy"];

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_list_covers_a_host_by_its_name_or_with_everything() {
        for (list, covered) in [
            ("127.0.0.1", true),
            ("corp.example, 127.0.0.1", true),
            ("*", true),
            ("127.0.0.0/8", true),
            ("localhost", false),
            ("", false),
        ] {
            assert_eq!(covers(list, "127.0.0.1"), covered, "{list}");
        }
        assert!(covers("LOCALHOST", "localhost"));
    }
}
