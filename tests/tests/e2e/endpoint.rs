//! The credentials endpoint, byte for byte, on each of its doors.

use std::collections::BTreeSet;

use serde_json::Value;
use stsd_protocol::Timestamp;
use stsd_tests::{ALICE_DEVICE, Fixture, Reply, exchange, exchange_unix, get, request};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// `YYYY-MM-DDTHH:MM:SSZ`, to seconds since 1970: the parser takes no fraction and no offset.
fn seconds(value: &Value) -> u64 {
    let text = value.as_str().unwrap();
    assert_eq!((text.len(), &text[19..]), (20, "Z"), "{text}");
    text.parse::<Timestamp>().unwrap().unix()
}

fn port(stsd: &Fixture) -> u16 {
    stsd.daemon().endpoint().rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn a_200_has_every_field_in_the_form_that_every_sdk_reads() {
    let stsd = Fixture::start();
    stsd.unlock();
    let reply = stsd.get("/creds/prod");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let body = reply.json();
    let fields =
        "AccessKeyId AccountId Code Expiration LastUpdated RoleArn SecretAccessKey Token Type";
    assert_eq!(keys(&body), fields.split(' ').collect());
    assert_eq!((&body["Code"], &body["Type"]), (&"Success".into(), &"AWS-HMAC".into()));
    assert!(body["AccessKeyId"].as_str().unwrap().starts_with("ASIA"));
    assert_eq!(body["RoleArn"], "arn:aws:iam::444455556666:role/prod");
    assert!(!reply.body.contains('\n') && reply.body.len() < 8192);
    let issued = stsd.emulator.issued_secrets();
    for field in ["SecretAccessKey", "Token"] {
        assert!(issued.iter().any(|secret| body[field] == secret.as_str()), "{field} is STS's");
    }
}

#[test]
fn the_served_end_is_never_more_than_an_hour_away_and_the_lifetime_never_short() {
    let stsd = Fixture::start();
    stsd.stsd(&["unlock", "-d", "36h", &stsd.code(ALICE_DEVICE)]).well();
    for path in ["/creds", "/creds/prod"] {
        let now = since_epoch().as_secs();
        let body = stsd.get(path).json();
        let left = seconds(&body["Expiration"]) - now;
        assert!((16 * 60..=3600 + 5).contains(&left), "{path}: {left} s");
        assert!(seconds(&body["LastUpdated"]) <= now + 5);
    }
    let printed = stsd.stsd(&["credential-process"]).json();
    assert_eq!(
        keys(&printed),
        "AccessKeyId AccountId Expiration SecretAccessKey SessionToken Version"
            .split(' ')
            .collect()
    );
    assert_eq!(printed["Version"], 1);
    let now = since_epoch().as_secs();
    assert!(seconds(&printed["Expiration"]) <= now + 3600 + 1);
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is served is compared with the machine's clock"
)]
fn since_epoch() -> std::time::Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

#[test]
fn a_refusal_says_in_its_reason_phrase_and_in_both_spellings_what_to_type() {
    let stsd = Fixture::start();
    let reply = stsd.get("/creds/prod");
    assert_eq!((reply.status, reply.reason.as_str()), (403, "stsd is locked - run `stsd unlock`"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(
        reply
            .body
            .starts_with(r#"{"message":"stsd is locked - run `stsd unlock`","code":"StsdLocked","#)
    );
    assert_eq!(keys(&reply.json()), ["Code", "Message", "code", "message"].into());
    let unknown = stsd.get("/creds/nobody");
    assert_eq!(
        (unknown.status, unknown.json()["code"].as_str()),
        (403, Some("StsdUnknownProfile"))
    );
}

#[test]
fn without_the_right_authorization_token_nothing_is_said_about_any_profile() {
    let stsd = Fixture::start();
    stsd.unlock();
    let authorization = stsd.authorization();
    let address = stsd.daemon().endpoint();
    let wrong = "x".repeat(authorization.len());
    for (path, header) in [
        ("/creds", None),
        ("/creds/prod", Some(&*wrong)),
        ("/creds/nobody", Some("")),
        ("/creds", Some("Bearer")),
    ] {
        let reply = get(address, path, header).unwrap();
        assert_eq!((reply.status, reply.json()["code"].as_str()), (401, Some("StsdUnauthorized")));
    }
    let bearer = format!("Bearer {authorization}");
    for header in [&authorization, &bearer] {
        assert_eq!(get(address, "/creds", Some(header)).unwrap().status, 200);
    }
}

#[test]
fn other_paths_and_methods_are_no_credentials() {
    let stsd = Fixture::start();
    stsd.unlock();
    for path in [
        "/",
        "/creds/",
        "/creds/prod/",
        "/creds/prod?x=1",
        "/credsx",
        "/v1/status",
        "/creds/%70rod",
    ] {
        assert_eq!(stsd.get(path).status, 404, "{path}");
    }
    let host = stsd.daemon().endpoint().trim_start_matches("http://");
    let authorization = stsd.authorization();
    for method in ["PUT", "POST", "DELETE"] {
        let text =
            request(host, "/creds", Some(&authorization)).replace("GET ", &format!("{method} "));
        let reply = exchange(host, &text).unwrap();
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET")), "{method}");
    }
}

#[test]
fn what_no_sdk_sends_is_refused() {
    let stsd = Fixture::start();
    stsd.unlock();
    let host = stsd.daemon().endpoint().trim_start_matches("http://");
    let plain = request(host, "/creds", Some(&stsd.authorization()));
    let with =
        |line: &str| plain.replace("Connection: close", &format!("{line}\r\nConnection: close"));
    for line in [
        "Origin: http://evil.example",
        "Referer: http://evil.example/",
        "Cookie: a=b",
        "Sec-Fetch-Mode: cors",
        "X-Forwarded-For: 10.0.0.1",
        "Via: 1.1 proxy",
    ] {
        let reply = exchange(host, &with(line)).unwrap();
        assert_eq!(
            (reply.status, reply.json()["code"].as_str()),
            (403, Some("StsdRequestRefused")),
            "{line}"
        );
    }
    for foreign in ["evil.example", "evil.example:80", "127.0.0.1:1", "10.0.0.1"] {
        let reply =
            exchange(host, &plain.replace(&format!("Host: {host}"), &format!("Host: {foreign}")))
                .unwrap();
        assert_eq!(reply.status, 403, "{foreign}");
    }
    for own in ["127.0.0.1", "localhost", "[::1]"] {
        let reply =
            exchange(host, &plain.replace(&format!("Host: {host}"), &format!("Host: {own}")))
                .unwrap();
        assert_eq!(reply.status, 200, "{own}");
    }
}

#[test]
fn the_same_is_served_on_both_loopback_addresses_and_on_the_credentials_socket() {
    let stsd = Fixture::start();
    stsd.unlock();
    let (port, authorization) = (port(&stsd), stsd.authorization());
    let first = stsd.get("/creds/prod").json();
    let v6 = exchange(
        ("::1", port),
        &request(&format!("[::1]:{port}"), "/creds/prod", Some(&authorization)),
    );
    let socket = stsd.places().credentials_socket();
    let by_socket =
        |host: &str| exchange_unix(&socket, &request(host, "/creds/prod", Some(&authorization)));
    let replies: Vec<Reply> =
        [v6, by_socket("localhost"), by_socket("127.0.0.1:9")].map(Result::unwrap).into();
    for reply in replies {
        assert_eq!((reply.status, &reply.json()["AccessKeyId"]), (200, &first["AccessKeyId"]));
    }
    let stranger = exchange_unix(&socket, &request("localhost", "/creds/prod", None)).unwrap();
    assert_eq!(stranger.status, 401);
}
