//! What an authorization token that was made for one profile opens.

use stsd_protocol::Places;
use stsd_secret::Secret;

use super::{Running, TOKEN};
use crate::authorization::Authorization;
use crate::clock::SystemClock;
use crate::state_directory::StateDirectory;

#[tokio::test]
async fn an_authorization_token_of_one_profile_opens_no_other_path() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places {
        configuration: folder.path().join("config.toml"),
        state: folder.path().join("state/stsd"),
        runtime: folder.path().join("run/stsd"),
    };
    let directory = StateDirectory::open(places);
    let authorization = Authorization::open(Secret::new(TOKEN), directory, SystemClock);
    let made_for = |profile: &str| {
        let made = authorization.create(None, Some(vec![profile.to_owned()]), None);
        made.unwrap().0.expose().to_owned()
    };
    let (of_prod, of_another) = (made_for("prod"), made_for("another"));
    let running = Running::with(authorization).await;
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
