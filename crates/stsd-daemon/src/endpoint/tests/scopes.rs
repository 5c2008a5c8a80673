//! What an authorization token that was made for one profile opens.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use stsd_protocol::Places;
use stsd_secret::Secret;

use super::{Running, TOKEN};
use crate::authorization::Authorization;
use crate::clock::SystemClock;
use crate::state_directory::StateDirectory;

/// Authorization tokens that last in a folder.
fn authorization(folder: &Path) -> Authorization {
    let places = Places {
        configuration: folder.join("config.toml"),
        state: folder.join("state/stsd"),
        runtime: folder.join("run/stsd"),
    };
    Authorization::open(Secret::new(TOKEN), StateDirectory::open(places), SystemClock)
}

#[tokio::test]
async fn what_is_revoked_while_its_request_waits_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let authorization = Arc::new(authorization(folder.path()));
    let held = Some(vec!["held".to_owned()]);
    let made = authorization.create(None, held, None).unwrap();
    let of_held = made.0.expose().to_owned();
    let running = Running::with(Arc::clone(&authorization)).await;
    let ask = |token: &str| {
        let rest = format!("Host: 127.0.0.1:PORT\r\nAuthorization: {token}\r\n\r\n");
        running.ask(format!("GET /creds/held HTTP/1.1\r\n{rest}"))
    };
    let revoked = async {
        while running.service.asked.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        authorization.revoke(None).unwrap();
        running.service.release(2);
    };
    let (limited, own, ()) = tokio::join!(ask(&of_held), ask(TOKEN), revoked);
    assert!(limited.starts_with("HTTP/1.1 401 "), "{limited}");
    assert!(!limited.contains("SecretAccessKey"), "{limited}");
    assert!(own.contains("SecretAccessKey"), "{own}");
}

#[tokio::test]
async fn an_authorization_token_of_one_profile_opens_no_other_path() {
    let folder = tempfile::tempdir().unwrap();
    let authorization = authorization(folder.path());
    let made_for = |profile: &str| {
        let made = authorization.create(None, Some(vec![profile.to_owned()]), None);
        made.unwrap().0.expose().to_owned()
    };
    let (of_prod, of_another) = (made_for("prod"), made_for("another"));
    let running = Running::with(Arc::new(authorization)).await;
    for (token, path, status) in [
        (TOKEN, "/creds/prod", "200"),
        (TOKEN, "/creds", "200"),
        (&of_prod, "/creds/prod", "200"),
        (&of_another, "/creds/prod", "403"),
        (&of_another, "/creds", "403"),
    ] {
        let rest = format!("Host: 127.0.0.1:PORT\r\nAuthorization: {token}\r\n\r\n");
        let answer = running.ask(format!("GET {path} HTTP/1.1\r\n{rest}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert_eq!(answer.contains("SecretAccessKey"), status == "200", "{path}");
    }
}
