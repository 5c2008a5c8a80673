//! What the daemon left in its state directory, for `env` and `exec` while no daemon runs: with
//! socket activation the first request of a tool starts it.

use std::fs;
use std::path::{Path, PathBuf};

use stsd_configuration::Configuration;
use stsd_protocol::control::Environment;
use stsd_protocol::{Places, Refusal, RefusalCode, path_form};

use crate::view;

/// What the daemon would answer to a request for this profile's environment. `missing` is the
/// refusal to give where the daemon has never run: there is nothing to work from then.
pub(crate) fn environment(
    places: &Places,
    profile: Option<&str>,
    missing: Refusal,
) -> Result<Environment, Refusal> {
    let recorded = |path: PathBuf| Some(path).filter(|path| path.is_file());
    let parts = (|| {
        let port = fs::read_to_string(places.port()).ok()?.trim().parse::<u16>().ok()?;
        let token_file = recorded(places.authorization_token())?;
        let credentials_view = recorded(places.credentials_view())?;
        let view = fs::read_to_string(places.config_view()).ok()?;
        Some((port, token_file, credentials_view, view))
    })();
    let Some((port, token_file, credentials_view, view)) = parts else { return Err(missing) };
    let (name, path, region) = match profile {
        Some(profile) => identity(&view, profile)?,
        None => the_default(&view, &places.configuration),
    };
    Ok(Environment {
        profile: name,
        credentials_uri: Some(format!("http://127.0.0.1:{port}{path}")),
        authorization_token_file: text(&token_file),
        config_view: text(&places.config_view()),
        credentials_view: text(&credentials_view),
        region,
    })
}

/// Without a name the endpoint's own default is meant, which the daemon decides: `/creds` says so, and
/// the name stays empty. The region is that of the configured one, where that reads.
fn the_default(view: &str, configuration: &Path) -> (String, String, Option<String>) {
    let configured = Configuration::read(configuration, false, |_| None);
    let name = configured.map_or_else(|_| "default".to_owned(), |read| read.default_profile);
    let region = view::find(view, &name).and_then(|profile| profile.region);
    (String::new(), "/creds".to_owned(), region)
}

/// The profile's name, its path at the endpoint, and its region.
fn identity(view: &str, wanted: &str) -> Result<(String, String, Option<String>), Refusal> {
    let found = view::find(view, wanted).ok_or_else(|| {
        let message = format!("there is no profile {wanted} in the AWS configuration");
        Refusal::new(RefusalCode::UnknownProfile, message)
            .with_hint("correct the name, or start the daemon and run `stsd profiles`")
    })?;
    if !found.is_served {
        let message = format!("profile {wanted} is of a kind that stsd does not serve");
        return Err(Refusal::new(RefusalCode::UnsupportedProfile, message)
            .with_hint("start the daemon, and `stsd profiles` says why"));
    }
    let path = format!("/creds/{}", path_form(&found.name));
    Ok((found.name, path, found.region))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use stsd_protocol::{Places, Refusal, RefusalCode};

    use super::environment;

    fn missing() -> Refusal {
        Refusal::new(RefusalCode::NoDaemon, "no daemon answers")
    }

    fn places() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().as_os_str().to_owned();
        let variable = |name: &str| -> Option<OsString> {
            matches!(name, "HOME" | "XDG_STATE_HOME" | "XDG_CONFIG_HOME").then(|| home.clone())
        };
        let places = Places::find(variable, 1000).unwrap();
        fs::create_dir_all(places.state.join("aws")).unwrap();
        (folder, places)
    }

    fn write_all(places: &Places) {
        fs::write(places.port(), "7873\n").unwrap();
        fs::write(places.authorization_token(), "x").unwrap();
        fs::write(places.credentials_view(), "").unwrap();
        let view = "[default]\n[profile sso]\n[profile 'my prod']\nregion = us-west-2\n\
                    credential_process = /bin/stsd credential-process my-prod\n";
        fs::write(places.config_view(), view).unwrap();
    }

    #[test]
    fn the_state_directory_stands_in_for_the_daemon() {
        let (_folder, places) = places();
        write_all(&places);
        let found = environment(&places, Some("my-prod"), missing()).unwrap();
        assert_eq!(found.profile, "my prod");
        assert_eq!(found.credentials_uri.as_deref(), Some("http://127.0.0.1:7873/creds/my-prod"));
        assert_eq!(found.region.as_deref(), Some("us-west-2"));
        let default = environment(&places, None, missing()).unwrap();
        assert_eq!(default.credentials_uri.as_deref(), Some("http://127.0.0.1:7873/creds"));
    }

    #[test]
    fn without_a_name_the_region_is_that_of_the_configured_default() {
        let (_folder, places) = places();
        write_all(&places);
        let region = || environment(&places, None, missing()).unwrap().region;
        assert_eq!(region(), None);
        fs::create_dir_all(places.configuration.parent().unwrap()).unwrap();
        fs::write(&places.configuration, "default_profile = \"my prod\"\n").unwrap();
        assert_eq!(region().as_deref(), Some("us-west-2"));
        fs::write(&places.configuration, "no = toml =").unwrap();
        assert_eq!(region(), None);
    }

    #[test]
    fn what_the_view_does_not_have_is_unknown_and_what_is_not_ours_unsupported() {
        let (_folder, places) = places();
        write_all(&places);
        let refusal = environment(&places, Some("prdo"), missing()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::UnknownProfile);
        let refusal = environment(&places, Some("sso"), missing()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::UnsupportedProfile);
    }

    #[test]
    fn where_the_daemon_never_ran_there_is_nothing_to_work_from() {
        let (_folder, places) = places();
        assert_eq!(environment(&places, None, missing()).unwrap_err(), missing());
        write_all(&places);
        fs::write(places.port(), "no port").unwrap();
        assert_eq!(environment(&places, None, missing()).unwrap_err(), missing());
    }
}
