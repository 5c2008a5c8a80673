//! What stands in the two files, behind nothing and before the endpoint.

use super::fixture::{KEYS, Stage, check, endpoint};
use crate::chains::Call;

/// A `[default]` with these lines in the config file.
fn default(lines: &str) -> Stage {
    endpoint().config(&format!("[default]\n{lines}"))
}

#[test]
fn keys_of_default_go_before_the_endpoint_everywhere() {
    let both = endpoint().config(KEYS).credentials(KEYS);
    check(&[
        ("in credentials", endpoint().credentials(KEYS), "shared-credentials"),
        ("in config", endpoint().config(KEYS), "config-keys"),
        ("in both", both, "shared-credentials"),
        (
            "of another profile",
            endpoint().credentials(&KEYS.replace("default", "other")),
            "stsd-endpoint:prod",
        ),
        (
            "half a pair",
            endpoint().credentials("[default]\naws_access_key_id = AKIA\n"),
            "error error stsd-endpoint:prod error stsd-endpoint:prod error",
        ),
    ]);
}

#[test]
fn keys_and_a_program_in_one_profile_are_taken_in_five_ways() {
    let stsd = "credential_process = /bin/stsd credential-process prod\n";
    let keys = KEYS.strip_prefix("[default]\n").unwrap();
    check(&[
        ("another program alone", default("credential_process = vault\n"), "process"),
        (
            "keys in credentials",
            default(stsd).credentials(KEYS),
            "shared-credentials shared-credentials shared-credentials shared-credentials \
             stsd-view:prod stsd-view:prod",
        ),
        (
            "keys beside it in config",
            default(&format!("{stsd}{keys}")),
            "stsd-view:prod stsd-view:prod config-keys config-keys stsd-view:prod \
             stsd-view:prod",
        ),
    ]);
}

#[test]
fn a_role_is_assumed_by_the_tool_unless_its_source_leads_nowhere() {
    let role = "role_arn = arn:aws:iam::444455556666:role/prod\n";
    let from = |source: &str| default(&format!("{role}source_profile = {source}\n"));
    let keys = KEYS.replace("default", "keys");
    let go_on = "error error stsd-endpoint:prod error stsd-endpoint:prod error";
    check(&[
        ("from keys", from("keys").credentials(&keys), "assume-role"),
        (
            "from its own keys, which Java takes for a loop",
            from("default").credentials(KEYS),
            "assume-role assume-role assume-role assume-role stsd-endpoint:prod assume-role",
        ),
        ("from itself", from("default"), go_on),
        ("from a profile with nothing", from("empty").credentials("[empty]\n"), go_on),
        (
            "from a profile that is not there",
            from("nosuch"),
            "error error stsd-endpoint:prod error stsd-endpoint:prod stsd-endpoint:prod",
        ),
        (
            "from a container",
            default(&format!("{role}credential_source = EcsContainer\n")),
            "assume-role",
        ),
        (
            "from nothing",
            default(role),
            "error error stsd-endpoint:prod assume-role stsd-endpoint:prod error",
        ),
        (
            "from two",
            default(&format!("{role}source_profile = keys\ncredential_source = Environment\n"))
                .credentials(&keys),
            go_on,
        ),
    ]);
}

#[test]
fn a_role_without_its_arn_stops_go_alone() {
    check(&[(
        "source_profile alone",
        default("source_profile = keys\n"),
        "stsd-endpoint:prod stsd-endpoint:prod stsd-endpoint:prod error stsd-endpoint:prod \
         stsd-endpoint:prod",
    )]);
}

#[test]
fn ways_of_a_profiles_own_go_before_the_endpoint() {
    check(&[
        (
            "a session of IAM Identity Center",
            default("sso_session = corp\nsso_account_id = 1\n"),
            "sso",
        ),
        (
            "a region of it alone, which botocore overlooks",
            default("sso_region = eu-central-1\n"),
            "stsd-endpoint:prod stsd-endpoint:prod sso sso sso sso",
        ),
        ("aws login", default("login_session = arn:aws:iam::1:user/a\n"), "login"),
        (
            "a web identity",
            default("web_identity_token_file = /t\nrole_arn = arn:aws:iam::1:role/a\n"),
            "web-identity",
        ),
    ]);
}

#[test]
fn a_file_that_does_not_parse_stops_the_strict_ones() {
    let strict = "error error stsd-endpoint:prod stsd-endpoint:prod error error";
    check(&[
        ("config", endpoint().config("junk\n"), strict),
        ("credentials", endpoint().credentials("junk\n"), strict),
    ]);
}

#[test]
fn a_section_that_stands_twice_stops_botocore_alone() {
    let mut stage = endpoint();
    stage.files.config.repeated = Some(4);
    let rest = "error error stsd-endpoint:prod stsd-endpoint:prod stsd-endpoint:prod \
                stsd-endpoint:prod";
    check(&[("twice", stage, rest)]);
}

#[test]
fn a_name_with_a_blank_is_one_for_botocore_and_in_credentials_for_go() {
    let stage = endpoint().credentials(&KEYS.replace("default", "my prod")).asked("my prod");
    check(&[(
        "a blank",
        stage,
        "shared-credentials shared-credentials stsd-endpoint:prod shared-credentials \
         stsd-endpoint:prod stsd-endpoint:prod",
    )]);
}

#[test]
fn a_program_that_is_gone_ends_the_search_where_a_refusal_does() {
    let mut stage = default("credential_process = /gone/stsd credential-process prod\n");
    stage.shell.missing_programs.insert("/gone/stsd".to_owned());
    check(&[(
        "gone",
        stage,
        "stsd-view:prod stsd-view:prod stsd-endpoint:prod stsd-view:prod stsd-endpoint:prod \
         stsd-view:prod",
    )]);
}

#[test]
fn a_command_is_read_as_the_view_and_people_write_it() {
    for (command, program, profile) in [
        ("stsd credential-process", "stsd", None),
        ("/usr/bin/stsd credential-process prod", "/usr/bin/stsd", Some("prod")),
        ("\"/opt/my tools/stsd\" credential-process -- -x", "/opt/my tools/stsd", Some("-x")),
        ("stsd credential-process -p prod", "stsd", Some("prod")),
        ("stsd credential-process --profile=prod", "stsd", Some("prod")),
        ("'/a/stsd' credential-process 'my-prod'", "/a/stsd", Some("my-prod")),
    ] {
        let call = Call::parse(command);
        assert_eq!((call.program, call.profile), (program, profile), "{command}");
    }
}
