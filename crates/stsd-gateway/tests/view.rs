//! What the view says, and what it must never say.

mod common;

use common::{Home, KEYS, SECRET, plan};

const ROLE: &str = "role_arn = arn:aws:iam::444455556666:role/A\n";

/// The lines of one section of the view, its header first.
fn section(view: &str, header: &str) -> Vec<String> {
    let lines = view.lines().skip_while(|line| *line != header);
    lines.take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn served_profiles_keep_their_settings_and_ask_stsd_for_credentials() {
    let config = format!(
        "[default]\nregion = eu-central-1 # here\ns3 =\n  max_concurrent_requests = 20\n  # note\n  use_accelerate_endpoint = true\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
         [profile team/prod]\n{ROLE}source_profile = default\nexternal_id = x-1\nduration_seconds = 900\nrole_session_name = ci\noutput = json\n\
         [profile 'my prod']\n{ROLE}source_profile = default\n"
    );
    let view = plan(&config, &format!("[default]\n{KEYS}[ci]\n{KEYS}region = eu-west-1\n")).view;
    assert_eq!(
        section(&view, "[default]"),
        [
            "[default]",
            "region = eu-central-1",
            "s3 =",
            "    max_concurrent_requests = 20",
            "    use_accelerate_endpoint = true",
            "credential_process = /usr/bin/stsd credential-process",
        ]
    );
    assert_eq!(
        section(&view, "[profile team/prod]"),
        [
            "[profile team/prod]",
            "output = json",
            "credential_process = /usr/bin/stsd credential-process team-prod"
        ]
    );
    assert_eq!(
        section(&view, "[profile 'my prod']"),
        ["[profile 'my prod']", "credential_process = /usr/bin/stsd credential-process my-prod"]
    );
    assert_eq!(
        section(&view, "[profile ci]"),
        [
            "[profile ci]",
            "region = eu-west-1",
            "credential_process = /usr/bin/stsd credential-process ci"
        ]
    );
}

#[test]
fn the_first_lines_say_who_wrote_it_and_what_to_change_instead() {
    let home = Home::new("", "");
    let view = home.plan().view;
    let mut lines = view.lines();
    assert_eq!(
        lines.next(),
        Some("# Written by stsd; changes made here are lost. The file to change is")
    );
    assert_eq!(lines.next(), Some(format!("# {}", home.file("config").display()).as_str()));
}

#[test]
fn there_is_always_a_default_that_follows_the_shell() {
    for config in [
        "",
        "[profile a]\nregion = eu-west-1\n",
        "[default]\nsso_session = corp\nsso_role_name = x\n",
    ] {
        let view = plan(config, "").view;
        assert_eq!(
            section(&view, "[default]"),
            ["[default]", "credential_process = /usr/bin/stsd credential-process"],
            "{config}"
        );
    }
}

#[test]
fn kinds_that_stsd_does_not_serve_stay_as_they_are_but_for_secrets() {
    let config = format!(
        "[profile corp]\nsso_session = corp\nsso_role_name = dev\nregion = eu-west-1\n\
         [profile on-corp]\n{ROLE}source_profile = corp\n\
         [profile tool]\ncredential_process = /bin/tool --for me\n{KEYS}\
         [profile plain]\nregion = eu-west-2\n\
         [sso-session corp]\nsso_start_url = https://corp.example/start\n\
         [services s]\nsts =\n  endpoint_url = http://localhost:1\n\
         [plugins]\nendpoint = awscli_plugin_endpoint\n"
    );
    let view = plan(&config, "").view;
    for section in [
        "[profile corp]\nsso_session = corp\nsso_role_name = dev\nregion = eu-west-1\n\n",
        "[profile on-corp]\nrole_arn = arn:aws:iam::444455556666:role/A\nsource_profile = corp\n\n",
        "[profile tool]\ncredential_process = /bin/tool --for me\n\n",
        "[profile plain]\nregion = eu-west-2\n\n",
        "[sso-session corp]\nsso_start_url = https://corp.example/start\n\n",
        "[services s]\nsts =\n    endpoint_url = http://localhost:1\n\n",
        "[plugins]\nendpoint = awscli_plugin_endpoint\n",
    ] {
        assert!(view.contains(section), "{section}in\n{view}");
    }
}

#[test]
fn a_profile_that_lost_its_keys_hears_from_stsd_why_instead_of_taking_other_credentials() {
    let config =
        format!("[profile tmp]\n{KEYS}aws_session_token = x\n[profile wrong]\n{KEYS}region = EU\n");
    let view = plan(&config, "").view;
    for name in ["tmp", "wrong"] {
        let lines = section(&view, &format!("[profile {name}]"));
        assert_eq!(
            lines.last(),
            Some(&format!("credential_process = /usr/bin/stsd credential-process {name}"))
        );
    }
}

#[test]
fn a_profile_on_an_unserved_default_does_not_take_the_shells_own_profile_for_it() {
    let config = format!(
        "[default]\nsso_session = corp\n[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = default\n"
    );
    let view = plan(&config, "").view;
    for name in ["a", "b"] {
        assert_eq!(section(&view, &format!("[profile {name}]")).len(), 2);
    }
}

#[test]
fn no_secret_gets_into_the_view_or_the_plan_wherever_it_stands() {
    for config in [
        format!("# {SECRET}\n[default]\n; {SECRET}\nregion = eu-west-1 # {SECRET}\n"),
        format!(
            "[default]\r\nAWS_Secret_Access_Key\t=\t{SECRET}\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\r\n"
        ),
        format!("[default]\nregion = eu-west-1#{SECRET}\noutput = {SECRET}\n"),
        format!(
            "[default]\ns3 =\n  aws_secret_access_key = {SECRET}\n  # {SECRET}\n  a = 1 ; {SECRET}\n"
        ),
        format!("[default]\nregion = eu-west-1\n  aws_secret_access_key = {SECRET}\n"),
        format!(
            "[default]\nbad key {SECRET} = {SECRET}\nx_security_token = {SECRET}\nmy_secret = {SECRET}\n"
        ),
        format!("[ profile  x ]\naws_access_key_id = {SECRET}\naws_session_token = {SECRET}\n"),
        format!("[notprefixed]\naws_secret_access_key = {SECRET}\n"),
        format!("[other kind]\naws_secret_access_key = {SECRET}\n"),
        format!(
            "[services x]\nsts =\n  aws_secret_access_key = {SECRET}\naws_secret_access_key = {SECRET}\n"
        ),
        format!(
            "[profile \"quoted name\"]\naws_secret_access_key = {SECRET}\n[profile \u{65e5}\u{672c}]\n{KEYS}"
        ),
        format!("[profile {SECRET}\nregion = eu-west-1\n"),
        format!("[default]\n{SECRET}\n"),
        format!(
            "[default]\nrole_arn = {SECRET}\nmfa_serial = {SECRET}\nduration_seconds = {SECRET}\nendpoint_url = {SECRET}\nca_bundle = {SECRET}\n"
        ),
    ] {
        let plan = plan(&config, &format!("[default]\n{KEYS}"));
        assert!(!plan.view.contains("wJalr"), "{}", plan.view);
        assert!(!format!("{:?}", plan.problems).contains("wJalr"), "{:?}", plan.problems);
        assert!(plan.view.contains("credential_process = /usr/bin/stsd"), "{}", plan.view);
    }
}

#[test]
fn the_programs_path_is_quoted_where_it_holds_a_blank() {
    let plan = Home::new("", "").plan_for("/opt/my tools/stsd");
    assert!(
        plan.view.contains("credential_process = \"/opt/my tools/stsd\" credential-process\n"),
        "{}",
        plan.view
    );
}

#[test]
fn nothing_in_the_programs_path_means_anything_to_a_shell() {
    for (path, quoted) in [
        ("/opt/$(id)/stsd", "'/opt/$(id)/stsd'"),
        ("/opt/a`b\"c\\d/stsd", "'/opt/a`b\"c\\d/stsd'"),
        ("/opt/it's $HOME/stsd", r"'/opt/it'\''s $HOME/stsd'"),
    ] {
        let view = Home::new("", "").plan_for(path).view;
        let line = format!("credential_process = {quoted} credential-process\n");
        assert!(view.contains(&line), "{view}");
    }
}

#[test]
fn a_name_whose_form_looks_like_an_option_is_still_that_profile() {
    let config = format!("[profile \u{65e5}\u{672c}]\n{ROLE}source_profile = default\n");
    let view = plan(&config, &format!("[default]\n{KEYS}")).view;
    let lines = section(&view, "[profile \u{65e5}\u{672c}]");
    assert_eq!(lines[1], "credential_process = /usr/bin/stsd credential-process -- --");
}

#[test]
fn a_carriage_return_hides_no_setting_in_the_view() {
    let config = format!(
        "[default]\nregion = eu-west-1\noutput = json\raws_secret_access_key = {SECRET}\n\
         s3 =\n  a = 1\raws_secret_access_key = {SECRET}\n  b = 2\n"
    );
    let view = plan(&config, "").view;
    assert!(!view.contains("wJalr"), "{view}");
    assert!(view.contains("region = eu-west-1") && view.contains("    b = 2"), "{view}");
}

#[test]
fn the_view_reads_as_itself_again() {
    let config = format!(
        "[default]\nregion = eu-central-1\n[profile 'a b']\n{ROLE}source_profile = default\noutput = json\n"
    );
    let first = plan(&config, &format!("[default]\n{KEYS}")).view;
    let again = plan(&first, "");
    let body = |view: &str| view.lines().skip(2).collect::<Vec<_>>().join("\n");
    assert_eq!(
        body(&again.view),
        body(&first),
        "a view that stsd reads by mistake changes nothing"
    );
    assert_eq!(again.identities, []);
}

/// Without its header alone, its settings would be those of the profile above it.
#[test]
fn a_profile_whose_name_is_somebodys_password_is_left_out_whole() {
    let config = "[profile a]\noutput = text\nsaml_password = production\n\
                  [profile production]\noutput = json\nsource_profile = default\n\
                  role_arn = arn:aws:iam::444455556666:role/x\n";
    let view = plan(config, &format!("[default]\n{KEYS}")).view;
    assert!(!view.contains("production") && !view.contains("json"), "{view}");
    assert!(view.contains("[profile a]\noutput = text\n"), "{view}");
}
