//! One session for every profile that leads back to it: roles, chains, regions, and who signed what.

use stsd_tests::{ALICE, CI, Fixture, count};

#[test]
fn one_session_feeds_every_role_however_often_they_are_used() {
    let stsd = Fixture::start();
    stsd.unlock();
    for _ in 0..20 {
        for path in ["/creds", "/creds/prod", "/creds/staging", "/creds/hub"] {
            assert_eq!(stsd.get(path).status, 200, "{path}");
        }
        stsd.stsd(&["credential-process", "prod"]).well();
    }
    let journal = stsd.emulator.journal();
    assert_eq!(count(&journal, "GetSessionToken"), 1);
    assert_eq!(count(&journal, "AssumeRole"), 3);
}

#[test]
fn a_chain_of_three_is_assumed_in_order_each_in_its_own_region() {
    let stsd = Fixture::start();
    stsd.unlock();
    let deep = stsd.get("/creds/deep").json();
    assert_eq!(deep["RoleArn"], "arn:aws:iam::777788889999:role/deep");
    assert_eq!(deep["AccountId"], "777788889999");
    let journal = stsd.emulator.journal();
    let hops: Vec<_> = journal
        .iter()
        .filter(|entry| entry.asked.action == "AssumeRole")
        .map(|entry| {
            (entry.asked.role_arn.as_deref().unwrap(), entry.asked.region.as_deref().unwrap())
        })
        .collect();
    assert_eq!(
        hops,
        [
            ("arn:aws:iam::444455556666:role/hub", "eu-central-1"),
            ("arn:aws:iam::777788889999:role/audit", "eu-north-1"),
            ("arn:aws:iam::777788889999:role/deep", "ap-southeast-2"),
        ]
    );
    let names = journal.iter().filter_map(|entry| entry.asked.role_session_name.as_deref());
    assert!(names.into_iter().all(|name| name == "alice"), "{journal:#?}");
}

#[test]
fn a_role_asks_the_sts_of_its_own_region_and_the_session_that_of_its_source() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.get("/creds/prod");
    let journal = stsd.emulator.journal();
    let region = |action: &str| {
        let entry = journal.iter().find(|entry| entry.asked.action == action).unwrap();
        entry.asked.region.clone().unwrap()
    };
    assert_eq!(region("GetSessionToken"), "eu-central-1");
    assert_eq!(region("AssumeRole"), "us-east-1");
}

#[test]
fn whoami_names_the_role_and_is_asked_with_its_credentials() {
    let stsd = Fixture::start();
    stsd.unlock();
    let prod = stsd.stsd(&["whoami", "prod", "--json"]).json();
    assert_eq!(prod["Arn"], "arn:aws:sts::444455556666:assumed-role/prod/alice");
    assert_eq!(prod["Account"], "444455556666");
    let default = stsd.stsd(&["whoami", "default", "--json"]).json();
    assert_eq!(default["Arn"], "arn:aws:iam::111122223333:user/alice");
}

#[test]
fn an_identity_without_a_device_assumes_its_role_with_its_own_keys() {
    let stsd = Fixture::start();
    let deploy = stsd.get("/creds/deploy");
    assert_eq!(deploy.status, 200, "{deploy:?}");
    let journal = stsd.emulator.journal();
    let assumed = journal.iter().find(|entry| entry.asked.action == "AssumeRole").unwrap();
    assert_eq!(assumed.asked.access_key_id.as_deref(), Some(CI));
    assert_eq!(count(&journal, "GetSessionToken"), 0);
}

#[test]
fn long_term_keys_sign_nothing_but_the_session_and_the_question_whose_they_are() {
    let stsd = Fixture::start();
    stsd.unlock();
    for path in ["/creds/prod", "/creds/deep"] {
        assert_eq!(stsd.get(path).status, 200);
    }
    let journal = stsd.emulator.journal();
    let by_keys =
        journal.iter().filter(|entry| entry.asked.access_key_id.as_deref() == Some(ALICE));
    let actions: Vec<_> = by_keys.map(|entry| entry.asked.action.as_str()).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken"]);
}
