//! The two URI variables and the authorization token.

use super::fixture::{Stage, check, endpoint};
use crate::chains::{Address, Listener, TokenFile, Tool, walk};

fn at(uri: &str) -> Stage {
    endpoint().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
}

#[test]
fn a_relative_uri_goes_before_the_endpoint_and_a_blank_one_in_some() {
    let set = |value| endpoint().set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", value);
    check(&[
        ("set", set("/v2/credentials"), "container"),
        (
            "blank",
            set(""),
            "container container stsd-endpoint:prod stsd-endpoint:prod container container",
        ),
    ]);
}

#[test]
fn a_uri_is_stsds_by_its_port_whatever_the_spelling() {
    check(&[
        ("localhost", at("http://localhost:7873/creds/prod"), "stsd-endpoint:prod"),
        ("IPv6", at("http://[::1]:7873/creds/staging"), "stsd-endpoint:staging"),
        ("without a profile", at("http://127.0.0.1:7873/creds"), "stsd-endpoint:default"),
        ("another path", at("http://127.0.0.1:7873/x"), "stsd-endpoint"),
        ("another port", at("http://127.0.0.1:9911/creds/prod"), "container"),
        ("https", at("https://127.0.0.1:7873/creds/prod"), "container"),
        ("ECS", at("http://169.254.170.2/v2"), "container"),
        (
            "a machine that no SDK asks by http",
            at("http://example.com/creds"),
            "container container none container container container",
        ),
        ("blank", at(""), "container container none none container container"),
    ]);
}

#[test]
fn a_stranger_at_stsds_port_is_not_stsd() {
    let mut stage = endpoint();
    stage.shell.listener = Listener::Stranger;
    check(&[("a stranger", stage, "container")]);
}

#[test]
fn java_goes_on_where_nobody_listens() {
    let mut stage = at("http://127.0.0.1:1/creds").unset("AWS_EC2_METADATA_DISABLED");
    stage.shell.listener = Listener::Nobody;
    check(&[(
        "nobody",
        stage,
        "container container container container instance-metadata container",
    )]);
}

/// Which tools stsd would refuse, or that cannot send what they have.
fn troubled(token_file: TokenFile, variable: Option<bool>) -> Vec<Tool> {
    let mut stage = endpoint();
    stage.shell.token_file = token_file;
    if let Some(ours) = variable {
        stage = stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "x");
        stage.shell.token_is_ours = Some(ours);
    }
    let troubled = |tool: &Tool| walk(*tool, &stage.shell, &stage.files).trouble.is_some();
    Tool::ALL.into_iter().filter(troubled).collect()
}

#[test]
fn the_file_of_the_token_goes_before_the_variable_but_in_java() {
    let good = || TokenFile::Read { newline: false, ours: Some(true) };
    let wrong = || TokenFile::Read { newline: false, ours: Some(false) };
    let newline = || TokenFile::Read { newline: true, ours: Some(true) };
    let missing = || TokenFile::Unreadable("it is not there".to_owned());
    let all = Tool::ALL.to_vec();
    let without = |tools: &[Tool]| -> Vec<Tool> {
        all.iter().copied().filter(|tool| !tools.contains(tool)).collect()
    };
    assert_eq!(troubled(good(), None), []);
    assert_eq!(troubled(TokenFile::NotNamed, None), all);
    assert_eq!(troubled(TokenFile::NotNamed, Some(true)), []);
    assert_eq!(troubled(wrong(), None), all);
    assert_eq!(troubled(newline(), None), all);
    assert_eq!(troubled(missing(), None), all);
    assert_eq!(troubled(good(), Some(false)), [Tool::Java]);
    assert_eq!(troubled(wrong(), Some(true)), without(&[Tool::Java]));
    // JavaScript asks a second time, with the variable.
    assert_eq!(troubled(missing(), Some(true)), without(&[Tool::Java, Tool::JavaScript]));
}

#[test]
fn an_address_is_read_as_the_sdks_read_it() {
    for (uri, host, port) in [
        ("http://127.0.0.1:7873/creds", "127.0.0.1", 7873),
        ("http://localhost", "localhost", 80),
        ("HTTPS://a.example/x:1", "a.example", 443),
        ("http://[::1]:7/", "[::1]", 7),
        ("http://user@127.9.9.9:1?x", "127.9.9.9", 1),
    ] {
        let address = Address::parse(uri).unwrap();
        assert_eq!((address.host, address.port), (host, port), "{uri}");
    }
    for uri in ["", "127.0.0.1:7873", "ftp://x", "http://", "http://x:99999", "http://:1"] {
        assert!(Address::parse(uri).is_none(), "{uri}");
    }
}
