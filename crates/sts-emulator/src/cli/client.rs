//! One request to the control endpoint of a running emulator.

use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("{0} is not the URL of an emulator: http://127.0.0.1:PORT")]
    Url(String),
    #[error("no emulator answers at {0}; start one with `sts-emulator`")]
    Connect(String, #[source] io::Error),
    #[error("the emulator did not answer")]
    Http(#[from] hyper::Error),
    #[error("{0} is no emulator")]
    Answer(String, #[source] serde_json::Error),
    #[error("{0}")]
    Refused(String),
}

/// Where the emulator is.
pub(crate) struct Client {
    authority: String,
}

impl Client {
    pub(crate) fn new(url: &str) -> Result<Self, ClientError> {
        let uri: Option<Uri> = url.parse().ok();
        match uri.as_ref().and_then(Uri::authority) {
            Some(authority) if authority.port().is_some() => {
                Ok(Self { authority: authority.to_string() })
            }
            _ => Err(ClientError::Url(url.to_owned())),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send(Method::GET, path, Bytes::new())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(Method::POST, path, body.to_string().into())
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, ClientError> {
        self.send(Method::DELETE, path, Bytes::new())
    }

    fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Value, ClientError> {
        let unreachable = |error| ClientError::Connect(self.authority.clone(), error);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(unreachable)?;
        runtime.block_on(async {
            let stream = TcpStream::connect(&self.authority).await.map_err(unreachable)?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            let request = Request::builder()
                .method(method)
                .uri(format!("/_emulator/{path}"))
                .header("host", &self.authority)
                .body(Full::new(body))
                .map_err(|_| ClientError::Url(self.authority.clone()))?;
            // The sender moves in and ends with the answer: only then does the connection end.
            let exchange = async move {
                let (head, body) = sender.send_request(request).await?.into_parts();
                Ok::<_, hyper::Error>((head.status, body.collect().await?.to_bytes()))
            };
            let (answer, _) = tokio::join!(exchange, connection);
            let (status, body) = answer?;
            let value: Value = serde_json::from_slice(&body)
                .map_err(|error| ClientError::Answer(self.authority.clone(), error))?;
            if status.is_success() {
                return Ok(value);
            }
            Err(ClientError::Refused(
                value["message"].as_str().unwrap_or("the emulator refused").to_owned(),
            ))
        })
    }
}
