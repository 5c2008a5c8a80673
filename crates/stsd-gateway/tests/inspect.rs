//! What stands in a pair of files, without what might be a secret, whether stsd could serve it or not.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use common::{Home, KEYS};
use stsd_protocol::gateway::{
    InspectRequest, InspectedFile, InspectedProfile, Operation, Outcome, Settings,
};

fn inspect(home: &Home, request: InspectRequest) -> [InspectedFile; 2] {
    match home.answer(Settings::default(), Operation::Inspect(request)) {
        Outcome::Inspection(inspection) => inspection.files.try_into().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn usual() -> InspectRequest {
    InspectRequest { config_file: None, credentials_file: None }
}

/// The only profile of a config file with these lines.
fn profile(lines: &str) -> InspectedProfile {
    let home = Home::new(&format!("[default]\n{lines}"), "");
    let [config, _] = inspect(&home, usual());
    assert_eq!((config.problems.len(), config.profiles.len()), (0, 1), "{config:?}");
    config.profiles.into_iter().next().unwrap()
}

#[test]
fn says_what_each_file_has_by_itself_in_its_order() {
    let config = "[profile b]\nsource_profile = default\n[default]\nREGION = eu-west-1\nempty =\n\
                  [sso-session corp]\nsso_region = eu-west-1\n[profile b]\nregion = eu-west-2\n";
    let home = Home::new(config, &format!("[default]\n{KEYS}"));
    let [config, credentials] = inspect(&home, usual());
    assert_eq!(config.file, home.file("config").to_str().unwrap());
    let names: Vec<_> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["b", "default"]);
    let shown = |text: &str| Some(text.to_owned());
    let settings: Vec<_> = config.profiles[0].settings.clone().into_iter().collect();
    assert_eq!(
        settings,
        [
            ("region".to_owned(), shown("eu-west-2")),
            ("source_profile".to_owned(), shown("default"))
        ],
    );
    assert_eq!(config.profiles[1].settings.len(), 1);
    let settings: Vec<_> = credentials.profiles[0].settings.clone().into_iter().collect();
    assert_eq!(
        settings,
        [
            ("aws_access_key_id".to_owned(), shown(common::KEY_ID)),
            ("aws_secret_access_key".to_owned(), None)
        ],
    );
}

#[test]
fn a_value_that_might_be_a_secret_is_only_said_to_be_there() {
    let lines = format!(
        "aws_secret_access_key = {secret}\naws_access_key_id = {swapped}\n\
         aws_session_token = t\nexternal_id = e\nx_principal = p\nmfa_process = pass show aws\n\
         endpoint_url = https://user:password@sts.example\nrole_session_name = {secret}\n\
         credential_process = vault read -password hunter2\ns3 =\n  a = 1\n",
        secret = common::SECRET,
        swapped = "a".repeat(40),
    );
    let profile = profile(&lines);
    assert_eq!(profile.settings.len(), 10);
    assert!(profile.settings.values().all(Option::is_none), "{profile:?}");
}

#[test]
fn a_command_is_shown_if_it_is_stsd_and_nothing_else() {
    for (command, shown) in [
        ("stsd credential-process", true),
        ("/usr/bin/stsd credential-process prod", true),
        ("\"/opt/my tools/stsd\" credential-process -- prod", true),
        ("'/opt/my tools/stsd' credential-process", true),
        ("/opt/curl hunter2 /stsd credential-process", false),
        ("PASSWORD=hunter2 stsd credential-process prod", false),
        ("stsd credential-process $(echo hunter2)", false),
        ("sh -c 'hunter2; stsd credential-process'", false),
        ("/usr/bin/aws-vault export prod", false),
    ] {
        let profile = profile(&format!("credential_process = {command}\n"));
        let expected = shown.then(|| command.to_owned());
        assert_eq!(profile.settings["credential_process"], expected, "{command}");
    }
}

#[test]
fn a_section_or_a_key_that_stands_twice_is_told_by_its_line() {
    for (text, line) in [
        ("[default]\nregion = a\noutput = b\n[profile default]\n[profile a]\nregion = c\n", None),
        ("[default]\nregion = a\n[profile a]\n[default]\n", Some(4)),
        ("[default]\nregion = a\n\nREGION = b\n[default]\n", Some(4)),
    ] {
        let [config, _] = inspect(&Home::new(text, ""), usual());
        assert_eq!(config.repeated, line, "{text}");
    }
}

#[test]
fn a_file_that_is_not_there_or_not_readable_is_an_answer_too() {
    let home = Home::new("", "");
    std::fs::remove_file(home.file("config")).unwrap();
    home.write("credentials", b"\xff");
    let [config, credentials] = inspect(&home, usual());
    assert_eq!((config.exists, config.unreadable), (false, None));
    assert!(credentials.exists && credentials.problems.is_empty());
    assert_eq!(credentials.unreadable.as_deref(), Some("the file is not UTF-8"));
}

#[test]
fn what_cannot_be_understood_is_a_problem_and_the_rest_is_shown() {
    let text = b"[default]\nregion = eu-west-1\nwJalrXUtnFEMI\n[noprefix]\n";
    let home = Home::new("", "");
    home.write("elsewhere", text);
    let config_file = home.file("elsewhere").to_str().map(str::to_owned);
    let [config, credentials] = inspect(&home, InspectRequest { config_file, ..usual() });
    assert!(config.file.ends_with("/.aws/elsewhere") && credentials.problems.is_empty());
    assert_eq!(config.profiles[0].settings["region"].as_deref(), Some("eu-west-1"));
    let lines: Vec<_> = config.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(3), Some(4)]);
    assert!(!format!("{config:?}").contains("wJalr"));
}

#[test]
fn a_place_that_is_not_absolute_is_refused() {
    let request = InspectRequest { config_file: Some("config".to_owned()), ..usual() };
    let home = Home::new("", "");
    match home.answer(Settings::default(), Operation::Inspect(request)) {
        Outcome::Failure(failure) => assert!(failure.message.contains("absolute")),
        other => panic!("{other:?}"),
    }
}
