//! Holds our reading of the two files against that of the AWS SDK for Rust, on files made at random
//! out of what such files are made of. Where the two differ on purpose, `scan`'s tests say so.

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use stsd_protocol::gateway::Severity;

use super::scan::is_identifier;
use super::set::ProfileSet;
use crate::files::AwsFile;

#[tokio::test]
async fn reads_two_thousand_files_as_the_sdk_does() {
    let mut chance = Chance(0x5eed);
    let (mut understood, mut refused, mut keys) = (0, 0, 0);
    for _ in 0..2000 {
        let config = text(&mut chance, CONFIG_HEADERS);
        let credentials = text(&mut chance, CREDENTIALS_HEADERS);
        let ours = ours(&config, &credentials);
        let theirs = theirs(&config, &credentials).await;
        let context = format!("config:\n{config}\ncredentials:\n{credentials}");
        match (ours, theirs) {
            (None, None) => refused += 1,
            (Some(ours), Some(theirs)) => {
                understood += 1;
                keys += compare(&ours, &theirs, &context);
            }
            (ours, _) => {
                panic!("only one of the two refuses it, ours: {}\n{context}", ours.is_none())
            }
        }
    }
    assert!(understood > 500 && refused > 200 && keys > 1500, "{understood} {refused} {keys}");
}

fn compare(ours: &ProfileSet, theirs: &EnvConfigSections, context: &str) -> usize {
    let mut keys = 0;
    for name in theirs.profiles() {
        assert!(ours.profile(name).is_some(), "{name} is missing\n{context}");
    }
    for profile in ours.profiles.iter().filter(|profile| is_identifier(&profile.name)) {
        let name = &profile.name;
        let sdk =
            theirs.get_profile(name).unwrap_or_else(|| panic!("{name} is too many\n{context}"));
        for setting in &profile.settings {
            let (key, value) = (&setting.entry.key, setting.entry.text());
            assert_eq!(sdk.get(key), Some(value.as_str()), "{name} {key}\n{context}");
            keys += 1;
        }
        // The SDK cannot list the keys of a profile, but its `Debug` shows each of them once.
        let theirs = format!("{sdk:?}").matches("Property {").count();
        assert_eq!(profile.settings.len(), theirs, "{name}\n{context}");
    }
    keys
}

fn ours(config: &str, credentials: &str) -> Option<ProfileSet> {
    let file = |name: &str, text: &str| AwsFile {
        path: name.to_owned(),
        exists: true,
        text: Ok(text.to_owned()),
        readable_by_others: false,
    };
    let (set, problems) =
        ProfileSet::read(&file("config", config), &file("credentials", credentials));
    let refused = problems.iter().any(|problem| problem.severity == Severity::Error);
    (!refused).then_some(set)
}

async fn theirs(config: &str, credentials: &str) -> Option<EnvConfigSections> {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .with_contents(EnvConfigFileKind::Credentials, credentials)
        .build();
    let source = source::load(&Env::from_slice(&[]), &Fs::from_slice(&[]), &files).await;
    EnvConfigSections::parse(source.expect("contents need no file")).ok()
}

fn text(chance: &mut Chance, headers: &[&str]) -> String {
    let mut lines = vec![];
    if chance.below(20) > 0 {
        lines.push(chance.pick(headers).to_owned());
    }
    for _ in 0..chance.below(12) {
        match chance.below(40) {
            0..=9 => lines.push(chance.pick(headers).to_owned()),
            10..=25 => lines.push(chance.pick(PROPERTIES).to_owned()),
            26..=30 => {
                lines.extend([chance.pick(PARENTS).to_owned(), chance.pick(NESTED).to_owned()])
            }
            31..=34 => lines.push(chance.pick(HARMLESS).to_owned()),
            35 => lines.push(chance.pick(BROKEN).to_owned()),
            _ => lines.push(format!("key{} = {}", chance.below(5), chance.below(100))),
        }
    }
    let ends = lines.iter().map(|line| line.clone() + chance.pick(&["\n", "\n", "\r\n"]));
    ends.collect()
}

/// Knuth's linear congruential generator: the same files at every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Each name in one spelling only: of two spellings the SDK takes either, by the order of a hash map.
const CONFIG_HEADERS: &[&str] = &[
    "[default]",
    "[profile default]",
    "[profile a]",
    "[ profile  b ]",
    "[profile\tc.d/e:f+g@h%i-j_k] # comment",
    "[profile d];comment",
    "[profile two words]",
    "[profile \u{65e5}\u{672c}]",
    "[noprefix]",
    "[services s]",
    "[sso-session t]",
    "[plugins]",
];
const CREDENTIALS_HEADERS: &[&str] = &[
    "[default]",
    "[a]",
    "[ b ]",
    "[d] ; comment",
    "[profile a]",
    "[only-here]",
    "[two words]",
    "[x y z]",
];
const PROPERTIES: &[&str] = &[
    "region = eu-central-1",
    "region=us-east-1",
    "REGION\t=\tUS",
    "output = json # comment",
    "output = a#b;c",
    "output = \u{1f431} ; comment",
    "output = a\u{a0}# comment",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG==",
    "empty =",
    "empty = # comment",
    "s3 =",
    "bad key = 1",
    "k\u{e9}y = 1",
    "a = b = c",
];
const PARENTS: &[&str] = &["s3 =", "sts = # comment", "region = eu-central-1", "S3="];
const NESTED: &[&str] = &[
    "  inner = 3",
    "  inner = 1",
    "\tinner=2 # comment",
    "  endpoint_url = https://x",
    "    = no name",
    "  plain",
];
const HARMLESS: &[&str] = &["", "   ", "\t", "# comment", ";comment", "#[default]"];
const BROKEN: &[&str] =
    &["no equals", "= no name", "[profile broken", "[", "]", "[profile e#f]", "[a] b"];
