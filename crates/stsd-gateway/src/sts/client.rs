//! One SDK client, built from our own types alone: region, endpoint, clock, roots, proxy, time-outs.

use std::time::{Duration, SystemTime};

use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use stsd_protocol::endpoint_mistake;
use stsd_protocol::gateway::{Failure, FailureKind, StsTarget};

use super::Session;
use super::failure::{of_file, refusal};
use super::user_agent::UserAgent;
use crate::http::{CONNECT_TIMEOUT, Route, RouteError};
use crate::signer::Signer;

impl Session<'_> {
    /// A client for one STS and one signer. The wrong endpoint is refused here, whoever named it.
    pub(super) fn client(&self, signer: &Signer, target: &StsTarget) -> Result<Client, Failure> {
        let refused = |message: String| refusal(FailureKind::Configuration, "ConfigError", message);
        let url = target.endpoint_url.as_ref().or(self.settings.sts_endpoint.as_ref());
        if let Some(mistake) = url.and_then(|url| endpoint_mistake(url)) {
            return Err(refused(mistake.to_owned()));
        }
        let route = Route {
            plain: url.is_some_and(|url| url.to_ascii_lowercase().starts_with("http://")),
            ca_bundle: target.ca_bundle.clone().or_else(|| self.settings.ca_bundle.clone()),
            proxy: self.settings.proxy.clone(),
        };
        let http = self.http.client(&route).map_err(|error| match error {
            RouteError::Roots(..) => of_file(error.to_string()),
            RouteError::Settings(message) => refused(message),
        })?;
        let mut config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(target.region.clone()))
            .credentials_provider(signer.credentials())
            .identity_cache(IdentityCache::no_cache())
            .http_client(http)
            .time_source(self.clock())
            .sleep_impl(TokioSleep::new())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(self.patience()))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .interceptor(self.trace.clone())
            .interceptor(UserAgent);
        match url {
            Some(url) => config.set_endpoint_url(Some(url.clone())),
            // Never beside an endpoint that is named: the rules of AWS's endpoints refuse that.
            None => config
                .set_use_fips(Some(target.use_fips))
                .set_use_dual_stack(Some(target.use_dual_stack)),
        };
        Ok(Client::from_conf(config.build()))
    }

    /// How long the next call may take: a request makes several, and somebody waits for the whole.
    fn patience(&self) -> Duration {
        let sts = self.began.elapsed().saturating_sub(self.elsewhere);
        REQUEST_TIMEOUT.saturating_sub(sts).clamp(LEAST_TIMEOUT, CALL_TIMEOUT)
    }

    /// The clock, as far as its error is known by now.
    pub(super) fn clock(&self) -> OffsetTime {
        OffsetTime { base: self.time.clone(), offset: self.clock_offset }
    }
}

impl Signer {
    fn credentials(&self) -> Credentials {
        let (id, secret, token) = match self {
            Self::LongTerm(keys) => (&keys.access_key_id, &keys.secret_access_key, None),
            Self::Temporary(given) => {
                (&given.access_key_id, &given.secret_access_key, Some(&given.session_token))
            }
        };
        let token = token.map(|token| token.expose().to_owned());
        Credentials::new(id, secret.expose(), token, None, "stsd")
    }
}

fn timeouts(call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(call).build()
}

/// The local clock and what is known of its error.
#[derive(Debug)]
pub(super) struct OffsetTime {
    base: SharedTimeSource,
    offset: i64,
}

impl TimeSource for OffsetTime {
    fn now(&self) -> SystemTime {
        let (now, by) = (self.base.now(), Duration::from_secs(self.offset.unsigned_abs()));
        let shifted = if self.offset < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        shifted.unwrap_or(now)
    }
}

/// From the first byte to the last, connecting included.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// All calls of one request together, the user's programs aside: an unlock asks who the keys belong to
/// and then for the session. With the [`LEAST_TIMEOUT`] of the last it has answered within 18 s, a second
/// before the daemon gives this process up.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(17);

/// So much a call has even then.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);
