//! The daemon's environment changes nothing: not what it reads, not whom it asks, not how it signs.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use stsd_tests::{ALICE, Fixture};

/// Everything by which the AWS SDKs, TLS and proxies can be led elsewhere.
fn planted(builder: stsd_tests::Builder, trap: &str) -> stsd_tests::Builder {
    let url = format!("http://{trap}");
    [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN0EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_SESSION_TOKEN", "example-session-token"),
        ("AWS_PROFILE", "bob"),
        ("AWS_DEFAULT_PROFILE", "bob"),
        ("AWS_REGION", "ap-south-1"),
        ("AWS_DEFAULT_REGION", "ap-south-1"),
        ("AWS_CONFIG_FILE", "/nonexistent/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials"),
        ("AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/hub"),
        ("AWS_ROLE_SESSION_NAME", "trap"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
        ("AWS_ENDPOINT_URL", &url),
        ("AWS_ENDPOINT_URL_STS", &url),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
        ("AWS_CA_BUNDLE", "/nonexistent/ca.pem"),
        ("AWS_MAX_ATTEMPTS", "9"),
        ("AWS_RETRY_MODE", "adaptive"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "trap"),
        ("AWS_LOGIN_CACHE_DIRECTORY", "/nonexistent"),
        ("HTTP_PROXY", &url),
        ("HTTPS_PROXY", &url),
        ("ALL_PROXY", &url),
        ("http_proxy", &url),
        ("https_proxy", &url),
        ("all_proxy", &url),
        ("NO_PROXY", ""),
        ("SSL_CERT_FILE", "/nonexistent/cert.pem"),
        ("SSL_CERT_DIR", "/nonexistent"),
        ("STSD_PROFILE", "bob"),
        ("STSD_SOCKET", "/nonexistent/stsd.sock"),
        ("STSD_GATEWAY", "/bin/false"),
        ("PATH", "/nonexistent"),
        ("LD_BIND_NOW", "1"),
    ]
    .iter()
    .fold(builder, |builder, (name, value)| builder.variable(name, value))
}

/// What the journal says of everything that was asked, times and key ids of sessions aside.
fn story(stsd: &Fixture) -> Vec<String> {
    stsd.unlock();
    for path in ["/creds", "/creds/prod", "/creds/deep", "/creds/ci"] {
        assert_eq!(stsd.get(path).status, 200, "{path}");
    }
    let entries = stsd.emulator.journal().into_iter().map(|entry| {
        let asked = entry.asked;
        let key = asked.access_key_id.filter(|key| key.starts_with("AKIA"));
        format!(
            "{} {:?} {:?} {key:?} {:?} {:?} {:?}",
            asked.action,
            asked.region,
            asked.role_arn,
            asked.role_session_name,
            asked.user_agent,
            entry.outcome,
        )
    });
    entries.collect()
}

#[test]
fn every_variable_of_the_sdks_planted_makes_no_difference() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let address = trap.local_addr().unwrap().to_string();
    let plain = Fixture::start();
    let trapped = planted(Fixture::builder(), &address).start();
    assert_eq!(story(&trapped), story(&plain));
    assert_eq!(trapped.session(ALICE)["state"], "unlocked");
    let touched = trap.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(touched, Err(ErrorKind::WouldBlock), "nobody came to the trap");
}

#[cfg(target_os = "linux")]
#[test]
fn the_gateway_has_nothing_but_home_in_its_environment() {
    use stsd_tests::processes::children;
    let stsd = planted(Fixture::builder(), "127.0.0.1:9").start();
    stsd.unlock();
    let gateway = children(stsd.daemon().pid());
    let environment = fs::read(format!("/proc/{}/environ", gateway[0]));
    // Nobody but root may look into a process that cannot be dumped: then nothing leaks there.
    match environment {
        Ok(bytes) => {
            let home = format!("HOME={}\0", stsd.home.path().display());
            assert_eq!(String::from_utf8_lossy(&bytes), home);
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied),
    }
}
