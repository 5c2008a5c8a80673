//! The variables for every process to come, as the user's service manager reads them: environment.d
//! for systemd, an agent that calls `launchctl setenv` for launchd. Pure.

use stsd_protocol::Places;
use stsd_protocol::control::Environment;

use crate::environment::{Surroundings, Variable, variables};
use crate::quote::sh;

/// What `stsd env` sets for the default identity. Not its name, which would go before the user's
/// own `AWS_PROFILE`, and not its region, which would go before that of every named profile.
pub(super) fn for_sessions(places: &Places, port: u16) -> Vec<(&'static str, String)> {
    let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let environment = Environment {
        profile: String::new(),
        credentials_uri: Some(format!("http://127.0.0.1:{port}/creds")),
        authorization_token_file: text(places.authorization_token()),
        config_view: text(places.config_view()),
        credentials_view: text(places.credentials_view()),
        region: None,
    };
    let set = |(name, value): Variable| Some((name, value?));
    variables(&environment, &Surroundings::default()).into_iter().filter_map(set).collect()
}

/// The file for environment.d. It can set and add, and not unset: a key in a variable of the user's
/// own still wins.
pub(super) fn environment_d(variables: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| match *name {
        "NO_PROXY" | "no_proxy" => {
            format!("{name}=\"${{{name}:+${name},}}{value}\"\n")
        }
        _ => format!("{name}=\"{}\"\n", quoted(value)),
    };
    let lines: String = variables.iter().map(line).collect();
    format!(
        "# stsd setup: connects what your session starts; `stsd setup --undo` removes it.\n{lines}"
    )
}

/// The agent for launchd.
pub(super) fn launchd_agent(variables: &[(&str, String)]) -> String {
    let order = |(name, value): &(&str, String)| format!("launchctl setenv {name} {}", sh(value));
    let orders: Vec<_> = variables.iter().map(order).collect();
    let orders = orders.join("; ").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <!-- stsd setup: connects what your session starts. -->\n\
         <plist version=\"1.0\">\n<dict>\n\
         \x20   <key>Label</key>\n    <string>stsd.environment</string>\n\
         \x20   <key>RunAtLoad</key>\n    <true/>\n\
         \x20   <key>ProgramArguments</key>\n    <array>\n\
         \x20       <string>/bin/sh</string>\n        <string>-c</string>\n\
         \x20       <string>{orders}</string>\n    </array>\n</dict>\n</plist>\n"
    )
}

/// environment.d(5) unquotes as a shell does, and then expands `$`; two of them are one.
fn quoted(value: &str) -> String {
    let mut text = String::new();
    for c in value.chars() {
        match c {
            '"' | '\\' | '`' => text.extend(['\\', c]),
            '$' => text.push_str("$$"),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use stsd_protocol::Places;

    use super::{environment_d, for_sessions, launchd_agent};

    fn places(home: &str) -> Places {
        let home = std::ffi::OsString::from(home);
        Places::find(|name| (name == "HOME").then(|| home.clone()), 1000).unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_file_for_systemd_is_as_its_manual_has_it() {
        let text = environment_d(&for_sessions(&places("/home/a"), 7883));
        let state = "/home/a/.local/state/stsd";
        assert_eq!(
            text.lines().skip(1).collect::<Vec<_>>(),
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI=\"http://127.0.0.1:7883/creds\"",
                &format!("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=\"{state}/authorization-token\""),
                &format!("AWS_CONFIG_FILE=\"{state}/aws/config\""),
                &format!("AWS_SHARED_CREDENTIALS_FILE=\"{state}/aws/credentials\""),
                "AWS_SDK_LOAD_CONFIG=\"1\"",
                "AWS_EC2_METADATA_DISABLED=\"true\"",
                "NO_PROXY=\"${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost\"",
                "no_proxy=\"${no_proxy:+$no_proxy,}127.0.0.1,localhost\"",
            ]
        );
    }

    /// The other half of this is in tests/root, by systemd's own reader.
    #[test]
    fn nothing_in_a_home_has_a_meaning() {
        let text = environment_d(&[("A", "/a b/$HOME/\"q\"/\\/`t`/it's".to_owned())]);
        assert!(text.ends_with("A=\"/a b/$$HOME/\\\"q\\\"/\\\\/\\`t\\`/it's\"\n"), "{text}");
        let text = launchd_agent(&[("A", "it's <&>".to_owned())]);
        assert!(text.contains(r"<string>launchctl setenv A 'it'\''s &lt;&amp;&gt;'</string>"));
    }
}
