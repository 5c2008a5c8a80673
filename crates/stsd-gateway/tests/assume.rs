//! AssumeRole down a chain, GetCallerIdentity, and what is refused without asking STS.

mod common;

use common::script::{Answer, Script, alice, error, failure, is, issued, role};
use common::{Home, KEYS, keys, request, target};
use stsd_gateway::Gateway;
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{
    AssumeRequest, Base, FILE_ERROR, FailureKind, Hop, Operation, Outcome, Settings, StsTarget,
    TemporaryCredentials, WhoamiRequest,
};
use stsd_secret::Secret;

fn home() -> Home {
    Home::new("", &format!("[default]\n{KEYS}"))
}

fn hop(name: &str, duration_seconds: Option<u32>, session: Option<&str>) -> Hop {
    Hop {
        role_arn: format!("arn:aws:iam::444455556666:role/{name}"),
        external_id: None,
        role_session_name: session.map(str::to_owned),
        duration_seconds,
        target: target(None),
    }
}

fn temporary() -> Base {
    Base::Temporary(TemporaryCredentials {
        access_key_id: "ASIAHELD".to_owned(),
        secret_access_key: Secret::new("held-secret"),
        session_token: Secret::new("held-token"),
        expiration: Timestamp::from_unix(1_800_003_600),
    })
}

fn assume(base: Base, hops: Vec<Hop>) -> Operation {
    Operation::Assume(AssumeRequest { base, hops, clock_offset: 0 })
}

fn whoami(target: StsTarget) -> Operation {
    Operation::Whoami(WhoamiRequest { base: Base::LongTerm(keys()), target, clock_offset: 0 })
}

#[tokio::test(start_paused = true)]
async fn each_role_is_assumed_with_the_credentials_of_the_one_before() {
    let mut hops = vec![hop("A", None, Some("ci")), hop("B", None, Some("ci"))];
    hops[1].external_id = Some("x-1".to_owned());
    let (response, calls) =
        Script::new([role("A"), role("B")]).run(&home(), assume(temporary(), hops)).await;
    let issued = issued(response);
    assert_eq!(issued.credentials.secret_access_key.expose(), "secret-of-B");
    assert_eq!(
        issued.assumed_role_arn.as_deref(),
        Some("arn:aws:sts::444455556666:assumed-role/B/s")
    );
    assert_eq!(issued.user, None);
    assert_eq!(calls[0].session_token.as_deref(), Some("held-token"));
    assert!(calls[0].authorization.contains("Credential=ASIAHELD/"));
    assert_eq!(calls[1].session_token.as_deref(), Some("token-of-A"));
    assert!(calls[1].authorization.contains("Credential=ASIAA/"));
    assert_eq!(calls[1].value("ExternalId"), Some("x-1"));
    assert_eq!(calls[1].value("RoleArn"), Some("arn:aws:iam::444455556666:role/B"));
}

#[tokio::test(start_paused = true)]
async fn no_more_than_an_hour_is_asked_for_where_sts_gives_no_more() {
    let long_term = || Base::LongTerm(keys());
    for (base, asked, sent) in [
        (long_term(), [Some(7200), Some(7200)], [Some("7200"), Some("3600")]),
        (temporary(), [Some(7200), Some(900)], [Some("3600"), Some("900")]),
        (long_term(), [None, None], [None, None]),
    ] {
        let hops = vec![hop("A", asked[0], Some("ci")), hop("B", asked[1], Some("ci"))];
        let (_, calls) = Script::new([role("A"), role("B")]).run(&home(), assume(base, hops)).await;
        assert_eq!([0, 1].map(|index: usize| calls[index].value("DurationSeconds")), sent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_name_takes_the_users() {
    let hops = || vec![hop("A", None, None), hop("B", None, Some("own"))];
    let script = Script::new([alice(), role("A"), role("B")]);
    let (response, calls) = script.run(&home(), assume(Base::LongTerm(keys()), hops())).await;
    assert_eq!(issued(response).user.unwrap().account, "111122223333");
    assert_eq!(
        [1, 2].map(|index: usize| calls[index].value("RoleSessionName")),
        [Some("alice"), Some("own")]
    );

    let denied = error(403, "AccessDenied", "no");
    let (_, calls) =
        Script::new([denied, role("A"), role("B")]).run(&home(), assume(temporary(), hops())).await;
    assert_eq!(calls[1].value("RoleSessionName"), Some("stsd"));

    // Under another name a trust policy could refuse for good what is out of reach for a moment only.
    let (response, _) =
        Script::new([Answer::Hangs]).run(&home(), assume(temporary(), hops())).await;
    assert_eq!(failure(response).kind, FailureKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_in_the_middle_of_a_chain_is_stss_own() {
    let no =
        "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole";
    let hops = vec![hop("A", None, Some("ci")), hop("B", None, Some("ci"))];
    let (response, _) = Script::new([role("A"), error(403, "AccessDenied", no)])
        .run(&home(), assume(temporary(), hops))
        .await;
    let failure = failure(response);
    assert_eq!(
        (failure.kind, failure.code.as_str(), failure.message.as_str()),
        (FailureKind::Denied, "AccessDenied", no)
    );
    assert!(!failure.code_sent);
}

#[tokio::test(start_paused = true)]
async fn errors_are_sorted_into_refusals_and_outages() {
    for (status, code, kind) in [
        (403, "ExpiredToken", FailureKind::Denied),
        (403, "ExpiredTokenException", FailureKind::Denied),
        (400, "ValidationError", FailureKind::Denied),
        (400, "MalformedPolicyDocument", FailureKind::Denied),
        (400, "PackedPolicyTooLarge", FailureKind::Denied),
        (400, "ThrottlingException", FailureKind::Unavailable),
        (400, "RequestLimitExceeded", FailureKind::Unavailable),
        (429, "Whatever", FailureKind::Unavailable),
        (500, "InternalFailure", FailureKind::Unavailable),
    ] {
        let op = assume(temporary(), vec![hop("A", None, Some("ci"))]);
        let (response, _) = Script::new([error(status, code, "m")]).run(&home(), op).await;
        let failure = failure(response);
        assert_eq!((failure.kind, failure.http_status), (kind, Some(status)), "{code}");
        assert_eq!(failure.retryable, kind == FailureKind::Unavailable);
    }
}

#[tokio::test(start_paused = true)]
async fn whoami_asks_the_profiles_own_sts() {
    let script = Script::new([is("arn:aws:iam::111122223333:user/alice")]);
    let (response, calls) =
        script.run(&home(), whoami(target(Some("http://127.0.0.1:4566/sts")))).await;
    let Outcome::Caller(caller) = response.outcome else { panic!("{response:?}") };
    assert_eq!(caller.user_id, "AIDAEXAMPLE");
    assert_eq!(calls[0].url, "http://127.0.0.1:4566/sts/");
}

#[tokio::test]
async fn what_would_send_keys_astray_is_refused_without_asking_sts() {
    let home = home();
    let bundle = home.file("bundle.pem").to_str().unwrap().to_owned();
    let settings = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
    };
    let with_bundle = || StsTarget { ca_bundle: Some(bundle.clone()), ..target(None) };
    std::fs::write(&bundle, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    for (settings, target, says) in [
        (Settings::default(), target(Some("http://sts.example")), "must be on this machine"),
        (
            settings(|s| s.sts_endpoint = Some("ftp://sts.example".to_owned())),
            target(None),
            "no https:// URL",
        ),
        (
            settings(|s| s.ca_bundle = Some("/nowhere.pem".to_owned())),
            target(None),
            "/nowhere.pem is not there",
        ),
        (
            settings(|s| s.proxy = Some("sekret@proxy".to_owned())),
            target(None),
            "the configured proxy is no",
        ),
        (Settings::default(), with_bundle(), "has a certificate that cannot be a root"),
    ] {
        let gateway = Gateway::new(home.path());
        let failure = failure(gateway.handle(request(settings, whoami(target))).await);
        // A file may be mended at any moment. What else is wrong is read again when it has changed.
        let of_a_file = failure.message.contains("ca_bundle");
        assert_eq!(failure.code, if of_a_file { FILE_ERROR } else { "ConfigError" });
        assert_eq!((failure.kind, failure.retryable), (FailureKind::Configuration, of_a_file));
        assert!(
            failure.message.contains(says) && !failure.message.contains("sekret"),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn another_version_is_refused() {
    let mut request = request(Settings::default(), common::plan_operation());
    request.v = "0.0.0".to_owned();
    let failure = failure(Gateway::new(home().path()).handle(request).await);
    assert_eq!(failure.kind, FailureKind::Version);
}
