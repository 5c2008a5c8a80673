//! HTTPS, for clients that trust the emulator's own authority and for no others.

mod common;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Config, Region, SharedHttpClient};
use aws_sdk_sts::error::SdkError;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use common::{ALICE, keys};
use sts_emulator::{Emulator, World};

fn https(trusted: &str) -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(trusted);
    let context = TlsContext::builder().with_trust_store(roots).build().expect("a certificate");
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https()
}

fn client(emulator: &Emulator, http_client: SharedHttpClient) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(emulator.url())
        .credentials_provider(keys(ALICE))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client);
    Client::from_conf(config.build())
}

#[tokio::test]
async fn serves_whoever_trusts_its_authority_and_nobody_else() {
    let start = || Emulator::builder().world(World::example()).tls().start().expect("a free port");
    let (emulator, other) = (start(), start());
    assert!(emulator.url().starts_with("https://127.0.0.1:"));
    let authority =
        |emulator: &Emulator| emulator.ca_certificate().expect("it serves HTTPS").to_owned();
    let trusting = client(&emulator, https(&authority(&emulator)));
    assert!(trusting.get_caller_identity().send().await.is_ok());
    let distrusting = client(&emulator, https(&authority(&other)));
    let error = distrusting.get_caller_identity().send().await.expect_err("another authority");
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error}");
}
