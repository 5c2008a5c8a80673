//! Which STS says what time it is. AWS's own endpoints go by one clock. A host that somebody's files name
//! has a clock of its own: if it is wrong, that is a matter of what this host gave, and of nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_protocol::gateway::StsTarget;

use super::clocks::TOLERANCE;
use crate::clock::Now;
use crate::schedule::backoff;

/// Whose clock it is: a host, with its port where that is not the usual one; AWS's, where the files name
/// none or one of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StsClock(String);

/// When STS was asked, and which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// By the boot clock.
    pub at: Duration,
    /// By whose clock what it gives will end.
    pub clock: StsClock,
    /// Whether it is the only one that was asked. Of several, nobody says which it was that refused.
    pub alone: bool,
    /// For how many seconds credentials were asked for. A program gives what it gives, and another call
    /// may ask for more or less before the answer comes.
    pub seconds: Option<u32>,
}

/// What each clock has said, and what is not believed until it says more.
#[derive(Clone, Debug, Default)]
pub struct StsClocks {
    /// The endpoint of all who name none.
    usual: Option<String>,
    /// The date minus our boot clock, in seconds, in the last answer.
    said: BTreeMap<StsClock, i64>,
    /// The same where it was further on than now.
    beyond: BTreeMap<StsClock, i64>,
    doubts: BTreeMap<StsClock, Doubt>,
}

/// What one clock's STS gave may be older than it seems.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    by: Duration,
    /// An answer to what was asked before, by the boot clock, dispels nothing.
    since: Duration,
    /// Whether callers wait: until STS was asked once, whatever came of it.
    holds: bool,
    /// How many times in a row nothing came of it.
    asked: u32,
    /// When to ask, by the boot clock.
    retry: Duration,
}

impl StsClock {
    /// Whether it is that of AWS's own endpoints.
    pub(super) fn is_of_aws(&self) -> bool {
        self.0.is_empty()
    }
}

impl StsClocks {
    pub(super) fn new(usual: Option<String>) -> Self {
        Self { usual, ..Self::default() }
    }

    /// The clock of the STS that is called there.
    pub(super) fn of(&self, target: &StsTarget) -> StsClock {
        let url = target.endpoint_url.as_ref().or(self.usual.as_ref());
        let Some(url) = url else { return StsClock::default() };
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let https = scheme.eq_ignore_ascii_case("https");
        let host = host.strip_suffix(if https { ":443" } else { ":80" }).unwrap_or(&host);
        match https && is_of_aws(host) {
            true => StsClock::default(),
            false => StsClock(host.to_owned()),
        }
    }

    /// What the clock said last; where it has said nothing yet, the one that is nearest to the local
    /// date.
    pub(super) fn base(&self, clock: &StsClock, now: Now) -> Option<i64> {
        self.said.get(clock).copied().or_else(|| self.nearest(now))
    }

    /// What the clock that is nearest to the local date has said. The local date is not wrong because
    /// one host's is; and AWS's is not.
    pub(super) fn nearest(&self, now: Now) -> Option<i64> {
        let aws = self.said.iter().find(|(clock, _)| clock.is_of_aws()).map(|(_, base)| *base);
        let local = super::clocks::wall_minus_boot(now);
        aws.or_else(|| self.said.values().copied().min_by_key(|base| (base - local).abs()))
    }

    /// The furthest that it has ever said: what is held has aged by so much.
    pub(super) fn furthest(&self, clock: &StsClock) -> Option<i64> {
        self.beyond.get(clock).or(self.said.get(clock)).copied()
    }

    pub(super) fn hear(&mut self, clock: &StsClock, base: i64) {
        let furthest = self.furthest(clock);
        match furthest.filter(|before| base - before < -TOLERANCE.as_secs().cast_signed()) {
            Some(before) => self.beyond.insert(clock.clone(), before),
            None => self.beyond.remove(clock),
        };
        self.said.insert(clock.clone(), base);
    }

    /// For the record.
    pub(super) fn all_said(&self) -> &BTreeMap<StsClock, i64> {
        &self.said
    }

    pub(super) fn recall(&mut self, said: BTreeMap<StsClock, i64>) {
        self.said = said;
    }

    /// What this clock's STS gave may be so much older than it seems: it is asked at once.
    pub(super) fn doubt(&mut self, clock: StsClock, by: Duration, now: Now) {
        let before = self.doubts.get(&clock);
        let by = by.max(before.map_or(Duration::ZERO, |doubt| doubt.by));
        let asked = before.map_or(0, |doubt| doubt.asked);
        let (since, retry) = (now.boot, now.boot);
        self.doubts.insert(clock, Doubt { by, since, holds: true, asked, retry });
    }

    /// The same, where nobody waits for the answer.
    pub(super) fn ask(&mut self, clock: StsClock, now: Now) {
        let before = self.doubts.get(&clock).is_some_and(|doubt| doubt.holds);
        self.doubt(clock.clone(), Duration::ZERO, now);
        self.doubts.entry(clock).and_modify(|doubt| doubt.holds = before);
    }

    /// STS has told the time; nothing was asked too early.
    pub(super) fn was_told(&mut self, question: &Question) {
        if self.answers(question) {
            self.doubts.remove(&question.clock);
        }
    }

    /// STS could not be asked, or whoever answered is not known to be STS. Whoever waits need not wait
    /// any longer; but the doubt stays.
    pub(super) fn was_not_told(&mut self, question: &Question) {
        if self.answers(question)
            && let Some(doubt) = self.doubts.get_mut(&question.clock)
        {
            doubt.holds = false;
        }
    }

    /// The question for the time itself has come to nothing: it is asked again, like all that does.
    pub(super) fn ask_again(&mut self, question: &Question, now: Now, jitter: f64) {
        if self.answers(question)
            && let Some(doubt) = self.doubts.get_mut(&question.clock)
        {
            doubt.asked = doubt.asked.saturating_add(1);
            doubt.retry = now.boot + backoff(doubt.asked, jitter);
        }
    }

    fn answers(&self, question: &Question) -> bool {
        self.doubts.get(&question.clock).is_some_and(|doubt| doubt.since <= question.at)
    }

    pub(super) fn believe(&mut self, clock: &StsClock) {
        self.doubts.remove(clock);
    }

    /// Those that are to be asked by now.
    pub(super) fn to_be_asked(&self, now: Now) -> Vec<StsClock> {
        let due = self.doubts.iter().filter(|(_, doubt)| doubt.retry <= now.boot);
        due.map(|(clock, _)| clock.clone()).collect()
    }

    /// When each that is in doubt is to be asked, by the boot clock.
    pub(super) fn retries(&self) -> impl Iterator<Item = Duration> {
        self.doubts.values().map(|doubt| doubt.retry)
    }

    /// By how much what it gave may be older than it seems.
    pub(super) fn doubted(&self, clock: &StsClock) -> Option<Duration> {
        self.doubts.get(clock).map(|doubt| doubt.by)
    }

    /// The same, while callers wait for what STS says.
    pub(super) fn held_back(&self, clock: &StsClock) -> Option<Duration> {
        self.doubts.get(clock).filter(|doubt| doubt.holds).map(|doubt| doubt.by)
    }
}

/// Whether a host is one of AWS's own for STS, of a region or a VPC. Under the same names are machines of
/// its customers, whose clocks are their own.
fn is_of_aws(host: &str) -> bool {
    let domains =
        [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];
    let Some(name) = domains.iter().find_map(|domain| host.strip_suffix(domain)) else {
        return false;
    };
    let labels: Vec<&str> = name.split('.').collect();
    matches!(labels[..], ["sts" | "sts-fips"] | ["sts" | "sts-fips", _] | [_, "sts", _, "vpce"])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stsd_protocol::gateway::StsTarget;

    use super::{Question, StsClocks};
    use crate::clock::test::at;

    fn target(url: Option<&str>) -> StsTarget {
        StsTarget { endpoint_url: url.map(str::to_owned), ..StsTarget::default() }
    }

    #[test]
    fn a_clock_is_a_host_with_its_port_and_aws_has_one() {
        let clocks = StsClocks::default();
        let of = |url: &str| clocks.of(&target(Some(url)));
        assert!(clocks.of(&target(None)).is_of_aws());
        let one = of("https://STS.example.com/path?x#y");
        assert_eq!(one, of("https://sts.example.com"));
        assert_ne!(one, of("https://sts.example.com:8443"));
        assert_ne!(one, of("https://other.example.com"));
        assert_eq!(one, of("https://sts.example.com:443/"));
        assert_eq!(of("http://localhost"), of("http://localhost:80"));
        assert_ne!(of("http://localhost"), of("http://localhost:443"));
        let usual = StsClocks::new(Some("https://sts.example.com".to_owned()));
        assert_eq!(usual.of(&target(None)), one);
        assert_ne!(usual.of(&target(Some("http://127.0.0.1:4566"))), one);
    }

    #[test]
    fn the_endpoints_of_a_region_and_of_a_vpc_go_by_the_clock_of_aws_and_its_customers_do_not() {
        let clocks = StsClocks::default();
        let of = |url: &str| clocks.of(&target(Some(url)));
        for host in [
            "sts.amazonaws.com",
            "STS.eu-west-1.amazonaws.com:443",
            "sts-fips.us-east-1.amazonaws.com",
            "sts.cn-north-1.amazonaws.com.cn",
            "sts.eu-west-1.api.aws",
            "vpce-0a1b-c2d3.sts.eu-west-1.vpce.amazonaws.com",
        ] {
            assert!(of(&format!("https://{host}")).is_of_aws(), "{host}");
        }
        for host in [
            "ec2-192-0-2-1.eu-west-1.compute.amazonaws.com",
            "sts.eu-west-1.elb.amazonaws.com",
            "sts.amazonaws.com.example.com",
            "sts.eu-west-1.amazonaws.com:8443",
        ] {
            assert!(!of(&format!("https://{host}")).is_of_aws(), "{host}");
        }
        assert!(!of("http://sts.amazonaws.com").is_of_aws());
    }

    #[test]
    fn the_local_date_is_as_wrong_as_aws_says_or_else_as_the_nearest_host_does() {
        for (far, near) in [(90_000, -40), (-90_000, 40)] {
            let mut clocks = StsClocks::default();
            let now = at(Duration::ZERO);
            let local = super::super::clocks::wall_minus_boot(now);
            assert_eq!(clocks.nearest(now), None);
            for (url, wrong) in [("https://far", far), ("https://near", near)] {
                let clock = clocks.of(&target(Some(url)));
                clocks.hear(&clock, local + wrong);
            }
            assert_eq!(clocks.nearest(now), Some(local + near));
            let aws = clocks.of(&target(None));
            assert_eq!(clocks.base(&aws, now), Some(local + near));
            clocks.hear(&aws, local + 400);
            assert_eq!(clocks.nearest(now), Some(local + 400));
        }
    }

    #[test]
    fn what_is_held_has_aged_by_the_furthest_unless_a_clock_goes_back_by_its_usual_minute() {
        for (step, furthest) in [(-61, 0), (-60, -60), (-30, -30), (30, 30), (3600, 3600)] {
            let mut clocks = StsClocks::default();
            let clock = clocks.of(&target(None));
            clocks.hear(&clock, 1000);
            clocks.hear(&clock, 1000 + step);
            assert_eq!(clocks.furthest(&clock), Some(1000 + furthest), "{step}");
        }
    }

    #[test]
    fn what_was_asked_before_the_doubt_does_not_dispel_it() {
        let mut clocks = StsClocks::default();
        let clock = clocks.of(&target(None));
        let question = |seconds| Question {
            at: at(Duration::from_secs(seconds)).boot,
            clock: clock.clone(),
            alone: true,
            seconds: None,
        };
        clocks.doubt(clock.clone(), Duration::from_secs(60), at(Duration::from_secs(10)));
        clocks.doubt(clock.clone(), Duration::from_secs(30), at(Duration::from_secs(20)));
        clocks.was_told(&question(19));
        assert_eq!(clocks.doubted(&clock), Some(Duration::from_secs(60)));
        clocks.was_told(&question(20));
        assert_eq!(clocks.doubted(&clock), None);
    }
}
