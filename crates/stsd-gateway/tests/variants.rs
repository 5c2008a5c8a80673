//! FIPS and dual stack: which host is asked, and what goes before it.

mod common;

use common::script::{Script, alice};
use common::{Home, KEYS, keys, places, profile};
use stsd_protocol::gateway::{Base, Operation, ProfileSource, Settings, StsTarget, WhoamiRequest};

const BOTH: &str = "use_fips_endpoint = TRUE\nuse_dualstack_endpoint = true\n";

fn home(config: &str) -> Home {
    Home::new(config, &format!("[default]\n{KEYS}"))
}

fn whoami(target: StsTarget) -> Operation {
    let base = Base::LongTerm(keys());
    Operation::Whoami(WhoamiRequest { base, target, clock_offset: 0 })
}

/// The URL that is asked for the profile `default` of a config file.
async fn asked(config: &str, settings: Settings) -> String {
    let home = home(config);
    let plan = home.plan_with(settings.clone(), "/usr/bin/stsd");
    let target = profile(&plan, "default").target.clone();
    assert_eq!(plan.identities[0].target, target);
    let (_, calls) = Script::new([alice()]).run_with(&home, settings, whoami(target)).await;
    calls[0].url.clone()
}

#[tokio::test(start_paused = true)]
async fn asks_the_hosts_that_aws_documents() {
    let (fips, dual) = ("use_fips_endpoint = true\n", "use_dualstack_endpoint = True\n");
    for (region, variant, host) in [
        ("us-east-1", "", "sts.us-east-1.amazonaws.com"),
        ("us-east-1", fips, "sts-fips.us-east-1.amazonaws.com"),
        ("us-west-2", fips, "sts-fips.us-west-2.amazonaws.com"),
        ("us-east-1", dual, "sts.us-east-1.api.aws"),
        ("us-east-1", BOTH, "sts-fips.us-east-1.api.aws"),
        ("us-gov-west-1", fips, "sts.us-gov-west-1.amazonaws.com"),
        ("us-east-1", "use_fips_endpoint = False\n", "sts.us-east-1.amazonaws.com"),
    ] {
        let config = format!("[default]\nregion = {region}\n{variant}");
        let url = asked(&config, Settings::default()).await;
        assert_eq!(url, format!("https://{host}/"), "{config}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_named_goes_before_and_is_noticed() {
    let named = format!("[default]\nendpoint_url = https://vpce.example/\n{BOTH}");
    assert_eq!(asked(&named, Settings::default()).await, "https://vpce.example/");
    let plan = home(&named).plan();
    assert!(plan.problems[0].message.contains("because endpoint_url goes before it"));
    assert_eq!(
        places(&plan),
        [
            "config:3 default use_fips_endpoint Notice",
            "config:4 default use_dualstack_endpoint Notice",
        ]
    );
    let sts_endpoint = Some("https://proxy.example/".to_owned());
    let settings = Settings { sts_endpoint, ..Settings::default() };
    let unnamed = format!("[default]\n{BOTH}");
    assert_eq!(asked(&unnamed, settings.clone()).await, "https://proxy.example/");
    let plan = home(&unnamed).plan_with(settings, "/usr/bin/stsd");
    assert!(plan.problems[0].message.contains("sts_endpoint of stsd's configuration"));
    assert_eq!(plan.problems.len(), 2);
}

#[test]
fn a_role_uses_its_own_and_not_its_sources() {
    let role = "role_arn = arn:aws:iam::444455556666:role/A\nsource_profile = default\n";
    let config = format!("[default]\nuse_fips_endpoint = true\n[profile r]\n{role}");
    let plan = home(&config).plan();
    let ProfileSource::Role { hops, .. } = &profile(&plan, "r").source else { panic!("{plan:?}") };
    assert!(!hops[0].target.use_fips && plan.identities[0].target.use_fips);
    assert_eq!(plan.problems, []);
}

#[test]
fn anything_but_true_and_false_is_a_mistake() {
    let config = "[default]\nuse_fips_endpoint = yes\nuse_dualstack_endpoint = 1\n";
    let plan = home(config).plan();
    assert_eq!(
        places(&plan),
        [
            "config:2 default use_fips_endpoint Error",
            "config:3 default use_dualstack_endpoint Error",
        ]
    );
    assert!(matches!(profile(&plan, "default").source, ProfileSource::Invalid { .. }));
}
