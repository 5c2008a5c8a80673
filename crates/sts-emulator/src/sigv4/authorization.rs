//! What a request says of its own signature: in the `Authorization` header, or in the query (presigned).

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hyper::{HeaderMap, Request};

use super::{ALGORITHM, TERMINATOR};
use crate::clock;

/// The parts of a SigV4 signature, read but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    /// Lower-case header names, in the order in which they were signed.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: Vec<u8>,
    pub(crate) signed_at: SystemTime,
    /// Set for a presigned URL: how long it is good for.
    pub(crate) presigned_for: Option<Duration>,
}

/// The credential scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// Why there is no [`Authorization`] to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The request is not signed at all.
    Missing,
    /// The header is there and lacks parts; AWS's sentence for each of them.
    Incomplete(String),
    /// The credential is not KEY/DATE/REGION/SERVICE/aws4_request.
    Credential,
    /// Neither `x-amz-date` nor `X-Amz-Date`, or none that is a time.
    Date,
}

impl Authorization {
    /// Reads the header, else the query.
    pub(crate) fn of(request: &Request<Bytes>) -> Result<Self, Unreadable> {
        match header(request.headers(), "authorization") {
            Some(value) => Self::from_header(value, header(request.headers(), "x-amz-date")),
            None => Self::from_query(request.uri().query().unwrap_or_default()),
        }
    }

    fn from_header(value: &str, date: Option<&str>) -> Result<Self, Unreadable> {
        let parameters = match value.split_once(' ') {
            Some((ALGORITHM, parameters)) => parameters,
            _ => {
                return Err(Unreadable::Incomplete(format!(
                    "Authorization header requires '{ALGORITHM}'."
                )));
            }
        };
        let part = |name: &str| {
            let mut parts = parameters.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let missing: Vec<String> = ["Credential", "Signature", "SignedHeaders"]
            .into_iter()
            .filter(|name| part(name).is_none_or(str::is_empty))
            .map(|name| format!("Authorization header requires '{name}' parameter."))
            .collect();
        if !missing.is_empty() {
            return Err(Unreadable::Incomplete(missing.join(" ")));
        }
        let text = |name| part(name).unwrap_or_default();
        Self::from_parts(text("Credential"), text("SignedHeaders"), text("Signature"), date, None)
    }

    fn from_query(query: &str) -> Result<Self, Unreadable> {
        let part = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if part("X-Amz-Algorithm").as_deref() != Some(ALGORITHM) {
            return Err(Unreadable::Missing);
        }
        let text = |name| part(name).unwrap_or_default();
        let seconds = text("X-Amz-Expires").parse().map_err(|_| {
            Unreadable::Incomplete(
                "AWS query-string parameters must include 'X-Amz-Expires'.".to_owned(),
            )
        })?;
        Self::from_parts(
            &text("X-Amz-Credential"),
            &text("X-Amz-SignedHeaders"),
            &text("X-Amz-Signature"),
            part("X-Amz-Date").as_deref(),
            Some(Duration::from_secs(seconds)),
        )
    }

    fn from_parts(
        credential: &str,
        signed_headers: &str,
        signature: &str,
        date: Option<&str>,
        presigned_for: Option<Duration>,
    ) -> Result<Self, Unreadable> {
        let (access_key_id, scope) = Scope::of(credential).ok_or(Unreadable::Credential)?;
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            // What is not hexadecimal is no signature of anything.
            signature: HEXLOWER.decode(signature.as_bytes()).unwrap_or_default(),
            signed_at: date.and_then(clock::parse_basic).ok_or(Unreadable::Date)?,
            presigned_for,
        })
    }

    /// Whether the header is covered by the signature.
    pub(crate) fn signs(&self, header: &str) -> bool {
        self.signed_headers.iter().any(|name| name == header)
    }
}

impl Scope {
    fn of(credential: &str) -> Option<(String, Self)> {
        let parts: Vec<&str> = credential.split('/').collect();
        match parts[..] {
            [key, date, region, service, TERMINATOR] if !key.is_empty() => {
                let scope = Self {
                    date: date.to_owned(),
                    region: region.to_owned(),
                    service: service.to_owned(),
                };
                Some((key.to_owned(), scope))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: Option<&str> = Some("20150830T123600Z");

    #[test]
    fn reads_the_parts_in_any_order() {
        let value = "AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date,Signature=00ff, \
                     Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request";
        let read = Authorization::from_header(value, DATE).expect("complete");
        assert_eq!(read.access_key_id, "AKIDEXAMPLE");
        assert_eq!(read.scope.to_string(), "20150830/us-east-1/sts/aws4_request");
        assert_eq!(read.signature, [0x00, 0xff]);
        assert!(read.signs("host") && !read.signs("content-type"));
    }

    #[test]
    fn names_each_part_that_is_missing() {
        let error = Authorization::from_header("AWS4-HMAC-SHA256 Credential=", DATE)
            .expect_err("three missing");
        let Unreadable::Incomplete(message) = error else { panic!("{error:?}") };
        for name in ["Credential", "Signature", "SignedHeaders"] {
            assert!(message.contains(&format!("'{name}'")), "{message}");
        }
    }

    #[test]
    fn refuses_what_is_no_credential_and_what_is_no_date() {
        let with = |credential: &str| {
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00")
        };
        for credential in [
            "A",
            "A/20150830/us-east-1/sts",
            "A/20150830/us-east-1/sts/aws5_request",
            "/1/2/3/aws4_request",
        ] {
            assert_eq!(
                Authorization::from_header(&with(credential), DATE),
                Err(Unreadable::Credential)
            );
        }
        let good = with("A/20150830/us-east-1/sts/aws4_request");
        assert_eq!(Authorization::from_header(&good, None), Err(Unreadable::Date));
        assert_eq!(Authorization::from_header(&good, Some("yesterday")), Err(Unreadable::Date));
    }
}
