//! Mistakes in the user's files: each named with file, line and key, and the rest goes on working.

use stsd_tests::{Fixture, config};

#[test]
fn an_unknown_profile_is_named_at_every_door() {
    let stsd = Fixture::start();
    stsd.unlock();
    for words in [["whoami", "prdo"], ["unlock", "prdo"], ["refresh", "prdo"], ["env", "prdo"]] {
        let said = stsd.stsd(&words).failed(78);
        assert!(said.contains("there is no profile prdo in the AWS configuration"), "{said}");
        assert!(said.contains("stsd: hint: "), "{said}");
    }
    assert_eq!(stsd.stsd(&["exec", "prdo", "--", "/bin/true"]).code, 78);
    let said = stsd.stsd(&["credential-process", "prdo"]).failed(78);
    assert!(said.starts_with("there is no profile prdo in the AWS configuration - "), "{said}");
    assert_eq!(stsd.get("/creds/prdo").json()["code"], "StsdUnknownProfile");
}

#[test]
fn a_loop_of_profiles_is_shown_and_the_others_go_on() {
    let with_loop = |url: &str| {
        config(url)
            + "[profile one]\nrole_arn = arn:aws:iam::444455556666:role/one\nsource_profile = two\n\
               [profile two]\nrole_arn = arn:aws:iam::444455556666:role/two\nsource_profile = one\n"
    };
    let stsd = Fixture::builder().config(with_loop).start();
    stsd.unlock();
    let said = stsd.stsd(&["whoami", "one"]).failed(78);
    assert!(said.contains("one -> two -> one"), "{said}");
    assert_eq!(stsd.profile("one")["state"], "invalid");
    assert_eq!(stsd.get("/creds/one").json()["code"], "StsdInvalidProfile");
    assert_eq!(stsd.get("/creds/prod").status, 200);
}

#[test]
fn every_mistake_is_named_at_once_with_file_line_and_key() {
    let broken = |url: &str| {
        config(url)
            + "[profile lost]\nrole_arn = arn:aws:iam::444455556666:role/lost\nsource_profile = nobody\n\
               [profile half]\nrole_arn = arn:aws:iam::444455556666:role/half\n\
               [profile odd]\nrole_arn = not-an-arn\nsource_profile = default\n"
    };
    let stsd = Fixture::builder().config(broken).start();
    let said = stsd.stsd(&["status"]).well().stdout;
    let file = stsd.home.path().join(".aws/config");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = |wanted: &str| text.lines().position(|line| line == wanted).unwrap() + 1;
    for (wanted, words) in [
        ("source_profile = nobody", "profile lost, source_profile: "),
        ("role_arn = not-an-arn", "profile odd, role_arn: "),
    ] {
        let place = format!("{}:{}: error: {words}", file.display(), line(wanted));
        assert!(said.contains(&place), "{place} in:\n{said}");
    }
    assert!(said.contains("profile half"), "{said}");
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200, "what is sound goes on working");
    for path in ["/creds/lost", "/creds/half", "/creds/odd"] {
        assert_eq!(stsd.get(path).json()["code"], "StsdInvalidProfile", "{path}");
    }
}

#[test]
fn a_file_that_no_sdk_can_read_is_named_and_the_last_good_one_stays_in_force() {
    let stsd = Fixture::start();
    stsd.unlock();
    let url = stsd.emulator.url();
    stsd.home.write_config(&(config(&url) + "[profile half\n")).unwrap();
    let file = stsd.home.path().join(".aws/config");
    let line = config(&url).lines().count() + 1;
    let named = format!("{}:{line}: ", file.display());
    let look = |stsd: &Fixture| stsd.stsd(&["status"]).well().stdout;
    let said = stsd.until(look, |said| said.contains(&named));
    assert!(said.contains("error: "), "{said}");
    for path in ["/creds", "/creds/prod", "/creds/deep"] {
        assert_eq!(stsd.get(path).status, 200, "{path}");
    }
    stsd.home.write_config(&config(&url)).unwrap();
    stsd.until(look, |said| !said.contains("error: "));
}

#[test]
fn a_start_with_a_file_that_no_sdk_can_read_says_which_line_to_correct() {
    let stsd = Fixture::builder().config(|_| "[default]\nthis is no setting\n".into()).start();
    let file = stsd.home.path().join(".aws/config");
    for words in [["unlock", "123456"], ["whoami", "default"], ["env", "prod"]] {
        let said = stsd.stsd(&words).failed(78);
        assert!(said.contains(&format!("{}:2", file.display())), "{said}");
        assert!(!said.contains("this is no setting"), "a line may hold a secret: {said}");
    }
    stsd.home.write_config(&config(&stsd.emulator.url())).unwrap();
    stsd.until(|stsd| stsd.stsd(&["whoami", "prod"]), |ran| ran.code == 77);
    stsd.unlock();
}

#[test]
fn what_stsd_does_not_serve_is_refused_with_the_reason() {
    let with_sso = |url: &str| {
        config(url)
            + "[profile work]\nsso_session = corp\nsso_account_id = 444455556666\nsso_role_name = dev\n\
               [sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n"
    };
    let stsd = Fixture::builder().config(with_sso).start();
    let said = stsd.stsd(&["whoami", "work"]).failed(78);
    assert!(said.contains("IAM Identity Center"), "{said}");
    assert_eq!(stsd.profile("work")["state"], "unsupported");
    assert_eq!(stsd.get("/creds/work").json()["code"], "StsdUnsupportedProfile");
}

#[test]
fn a_changed_config_is_noticed() {
    let stsd = Fixture::start();
    stsd.unlock();
    assert_eq!(stsd.get("/creds/late").status, 403);
    let url = stsd.emulator.url();
    let more = format!(
        "[profile late]\nregion = eu-west-3\nendpoint_url = {url}\n\
         role_arn = arn:aws:iam::444455556666:role/prod\nsource_profile = default\n"
    );
    stsd.home.write_config(&(config(&url) + &more)).unwrap();
    // The design says two seconds; the deadline is longer, for a loaded machine.
    let served = stsd.until(|stsd| stsd.get("/creds/late"), |reply| reply.status != 403);
    assert_eq!(served.status, 200);
    let view = std::fs::read_to_string(stsd.places().config_view()).unwrap();
    assert!(view.contains("credential-process late\n"), "{view}");
}

#[test]
fn an_http_endpoint_elsewhere_is_refused() {
    let elsewhere = |url: &str| {
        config(url)
            + "[profile far]\nendpoint_url = http://sts.example.com\n\
               role_arn = arn:aws:iam::444455556666:role/prod\nsource_profile = default\n"
    };
    let stsd = Fixture::builder().config(elsewhere).start();
    stsd.unlock();
    let refused = stsd.get("/creds/far");
    assert_eq!(refused.json()["code"], "StsdInvalidProfile", "{refused:?}");
    let said = stsd.stsd(&["status"]).well().stdout;
    assert!(said.contains("an http:// endpoint must be on this machine"), "{said}");
}
