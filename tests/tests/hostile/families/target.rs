//! Targets that are no path of credentials: other forms, detours, queries, other servers' paths.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let table = |rows: &[&str], must| -> Vec<_> {
        rows.iter().map(|row| one("target", Edit::Target(seed.fill(row)), must)).collect()
    };
    let mut all = table(FORMS, Must::Refused);
    all.extend(table(NO_URI, Must::Malformed));
    all.push(one("target", Edit::Target(b"/creds/\xe9".to_vec()), Must::Malformed));
    all.push(one("target", Edit::Target(b"/creds/\xff\xfe".to_vec()), Must::Malformed));
    all.extend(table(ELSEWHERE, Must::NotFound));
    for length in [1000, 4000] {
        let path = format!("/{}", "a".repeat(length));
        all.push(one("target", Edit::Target(path.into()), Must::NotFound));
    }
    let path = format!("/creds/{}", "a".repeat(9000));
    all.push(one("target", Edit::Target(path.into()), Must::TooLarge));
    if seed.is_control() {
        all.extend(table(
            &["/creds", "/creds/prod", "/v1/unlock/", "/v1//lock", "/V1/status", "/v2/status"],
            Must::NotFound,
        ));
        all.extend(table(&["/v1/status", "/v1/problems"], Must::ControlMethod));
    } else {
        all.extend(table(NEAR, Must::NotFound));
        all.extend(table(UNKNOWN, Must::Unknown));
    }
    all
}

/// What a proxy is asked.
const FORMS: &[&str] = &[
    "http://127.0.0.1:PORT/creds/prod",
    "http://localhost/creds",
    "http://evil.test/creds",
    "http://evil.test/",
    "http://u:p@127.0.0.1:PORT/creds",
    "HTTP://127.0.0.1/creds",
    "https://127.0.0.1:PORT/creds/prod",
    "http:/creds",
    "http:creds",
    "file:///etc/passwd",
    "ftp://127.0.0.1/creds",
    "gopher://127.0.0.1:PORT/_GET",
    "unix:/creds",
    "ws://127.0.0.1:PORT/creds",
    "javascript:alert(1)",
    "127.0.0.1:PORT",
    "localhost",
    "evil.test:443",
    "sts.amazonaws.com:443",
    "[::1]:PORT",
    "*",
    "creds",
    "creds/prod",
    ".",
    "..",
    "./creds",
    "../creds",
    "?",
    "%2Fcreds",
    "@127.0.0.1/creds",
];

/// What stands in no URI.
const NO_URI: &[&str] = &[
    "/creds#",
    "/creds#x",
    "/creds/prod#/creds",
    "#",
    "/creds\\prod",
    "\\creds",
    "/creds/<b>",
    "/creds/\"",
    "/creds/{a}",
    "/creds/|",
    "/creds/^",
    "/creds/`",
    "/créds",
    "/creds/日本",
    "/creds/prod\t",
    "/creds/prod\0",
    "/creds/prod\u{7f}",
    "/creds/prod /creds",
    "",
    "/creds prod",
    "/creds/\u{1b}[2J",
    "/creds\rX: a",
];

/// Of no door.
const ELSEWHERE: &[&str] = &[
    "/",
    "//",
    "///",
    "/.",
    "/..",
    "/../",
    "/../creds",
    "/./creds",
    "/%2e/creds",
    "/%2e%2e/creds",
    "//creds",
    "//creds/prod",
    "//evil.test/creds",
    "//127.0.0.1:PORT/creds",
    "/%2Fcreds",
    "/%2fcreds/prod",
    "/%63reds",
    "/Creds",
    "/CREDS",
    "/creds%00",
    "/creds%20",
    "/creds;x",
    "/credsprod",
    "/cred",
    "/creds.json",
    "/;/creds",
    "/a/../creds",
    "/%00",
    "/%",
    "/%zz",
    "/?creds",
    "/?/creds/prod",
    "/v1",
    "/v1/",
    "/index.html",
    "/favicon.ico",
    "/robots.txt",
    "/.well-known/security.txt",
    "/.env",
    "/.git/config",
    "/.aws/credentials",
    "/etc/passwd",
    "/proc/self/environ",
    "/metrics",
    "/health",
    "/ping",
    "/debug/pprof/",
    "/debug/vars",
    "/admin",
    "/status",
    "/server-status",
    "/actuator/env",
    "/role-arn/arn:aws:iam::444455556666:role/prod",
    "/role-arn/",
    "/role/prod",
    "/get-credentials",
    "/credentials",
    "/v2/credentials/7b2b1d2e",
    "/v2/metadata",
    "/latest",
    "/latest/",
    "/latest/api/token",
    "/latest/meta-data/",
    "/latest/meta-data/iam/security-credentials/",
    "/latest/meta-data/iam/security-credentials/prod",
    "/latest/meta-data/iam/info",
    "/latest/dynamic/instance-identity/document",
    "/latest/user-data",
    "/2021-07-15/meta-data/iam/security-credentials/local-credentials",
    "/computeMetadata/v1/",
    "/computeMetadata/v1/instance/service-accounts/default/token",
    "/metadata/identity/oauth2/token",
    "/secretsmanager/get?secretId=x",
    "/systemsmanager/parameters/get?name=x",
    "/v1/credentials-sts",
    "/v1/agent/self",
    "/v1/secret/data/prod",
    "/localapi/v0/status",
];

/// Nearly the endpoint's.
const NEAR: &[&str] = &[
    "/creds/",
    "/creds//",
    "/creds//prod",
    "/creds/prod/",
    "/creds/prod//",
    "/creds/prod/x",
    "/creds/.",
    "/creds/..",
    "/creds/...",
    "/creds/../creds",
    "/creds/./prod",
    "/creds/prod/..",
    "/creds/prod/../prod",
    "/creds/%2e",
    "/creds/%2e%2e",
    "/creds/%2e%2e/creds",
    "/creds/prod%2f",
    "/creds/%2Fprod",
    "/creds%2Fprod",
    "/creds/%70rod",
    "/creds/%2570rod",
    "/creds/prod%00",
    "/creds/prod%0d%0aX:a",
    "/creds/prod;x",
    "/creds/prod;",
    "/creds/prod,staging",
    "/creds/prod+x",
    "/creds/prod:x",
    "/creds/prod@x",
    "/creds/prod=",
    "/creds/prod!",
    "/creds/*",
    "/creds/$(id)",
    "/creds/'prod'",
    "/creds/~prod",
    "/creds/prod~",
    "/creds/[prod]",
    "/creds?",
    "/creds?profile=prod",
    "/creds/prod?",
    "/creds/prod?x=1",
    "/creds?authorization=TOKEN",
    "/creds?Authorization=TOKEN",
    "/creds/prod?token=TOKEN",
    "/creds/prod?access_token=TOKEN",
    "/creds/prod?authorization=Bearer%20TOKEN",
    "/creds/prod&token=TOKEN",
    "/creds/prod;token=TOKEN",
    "/creds/prod/TOKEN?",
    "/v1/status",
    "/v1/credentials",
    "/v1/unlock",
    "/v1/lock",
];

/// A path of credentials, and of no profile.
const UNKNOWN: &[&str] = &[
    "/creds/nobody",
    "/creds/PROD",
    "/creds/Prod",
    "/creds/prod.",
    "/creds/.prod",
    "/creds/-prod",
    "/creds/prod-",
    "/creds/_",
    "/creds/-",
    "/creds/--",
    "/creds/prod.json",
    "/creds/default.",
    "/creds/0",
    "/creds/null",
    "/creds/undefined",
    "/creds/creds",
    "/creds/role-arn",
    "/creds/arn-aws-iam--444455556666-role-prod",
    "/creds/TOKEN",
];
