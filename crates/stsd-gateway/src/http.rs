//! The HTTP clients of one process: one for each pair of roots and proxy, shared by its calls, so that
//! the roots are parsed once and connections are used again. Nothing here asks the environment.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    /// The file with the roots. It may be mended.
    #[error("ca_bundle {0} {1}")]
    Roots(String, String),
    /// The TLS library, or the proxy's URL.
    #[error("{0}")]
    Settings(String),
}

/// Which client a call needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    /// Without TLS no roots are read: the system's take milliseconds.
    pub(crate) plain: bool,
    pub(crate) ca_bundle: Option<String>,
    pub(crate) proxy: Option<String>,
}

/// The clients, made when they are first needed.
pub(crate) struct HttpClients {
    made: Mutex<HashMap<Route, SharedHttpClient>>,
    /// In tests, instead of all of them.
    fixed: Option<SharedHttpClient>,
}

impl HttpClients {
    pub(crate) fn new(fixed: Option<SharedHttpClient>) -> Self {
        Self { made: Mutex::default(), fixed }
    }

    /// The client for a route.
    ///
    /// # Errors
    /// If the roots or the proxy cannot be used.
    pub(crate) fn client(&self, route: &Route) -> Result<SharedHttpClient, RouteError> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        // What a panicking thread leaves behind is a map without the entry that it was to make.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(route) {
            return Ok(client.clone());
        }
        let client = connect(route)?;
        made.insert(route.clone(), client.clone());
        Ok(client)
    }
}

fn connect(route: &Route) -> Result<SharedHttpClient, RouteError> {
    let context = TlsContext::builder().with_trust_store(trust_store(route)?).build();
    let connector = Connector::builder()
        .connector_settings(
            HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build(),
        )
        .sleep_impl(TokioSleep::new())
        .proxy_config(proxy(route.proxy.as_deref()).map_err(RouteError::Settings)?)
        .pool_idle_timeout(IDLE)
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(context.map_err(|error| RouteError::Settings(error.to_string()))?)
        .build();
    let connector = SharedHttpConnector::new(connector);
    Ok(http_client_fn(move |_, _| connector.clone()))
}

fn trust_store(route: &Route) -> Result<TrustStore, RouteError> {
    match &route.ca_bundle {
        _ if route.plain => Ok(TrustStore::empty()),
        None => Ok(TrustStore::default()),
        Some(path) => certificates(path)
            .map(|roots| TrustStore::empty().with_pem_certificate(roots))
            .map_err(|why| RouteError::Roots(path.clone(), why)),
    }
}

/// The text of a PEM file, checked: the SDK's client panics on one that it cannot use.
fn certificates(path: &str) -> Result<Vec<u8>, String> {
    let text = fs::read(path).map_err(|error| unreadable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate =
            certificate.map_err(|_| "is not a file of PEM certificates".to_owned())?;
        roots.add(certificate).map_err(|_| "has a certificate that cannot be a root".to_owned())?;
    }
    if roots.is_empty() {
        return Err("has no certificate in it".to_owned());
    }
    Ok(text)
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        kind => format!("cannot be read ({kind})"),
    }
}

fn proxy(url: Option<&str>) -> Result<ProxyConfig, String> {
    let Some(url) = url else { return Ok(ProxyConfig::disabled()) };
    // The error repeats the URL, which may hold a password.
    let all = ProxyConfig::all(url)
        .map_err(|_| "the configured proxy is no http:// or https:// URL".to_owned())?;
    Ok(all.no_proxy("localhost,127.0.0.0/8,::1"))
}

/// A connection's buffers hold pieces of STS's last answer for as long as it is kept. A chain's next hop
/// comes within milliseconds, so nothing is lost by closing it long before the process ends.
const IDLE: Duration = Duration::from_secs(1);

/// STS answers a handshake within tenths of a second from anywhere; a firewall that drops never does.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
