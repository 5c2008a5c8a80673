//! What is worth knowing of a call beside its result: whom it asked, and what time it is there.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_sdk_sts::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;

/// Filled by every call that it was given to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    endpoint: Option<String>,
    date: Option<SystemTime>,
}

impl Trace {
    /// Scheme, host and port of the last call.
    pub(crate) fn endpoint(&self) -> String {
        self.seen(|seen| seen.endpoint.clone()).unwrap_or_else(|| "STS".to_owned())
    }

    /// The `Date` of the last answer.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        self.seen(|seen| seen.date)
    }

    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        // Each field is written whole, so a panic elsewhere leaves nothing half done.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Trace {
    fn name(&self) -> &'static str {
        "stsd trace"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri();
        let end =
            uri.find("://").and_then(|at| uri[at + 3..].find('/').map(|slash| at + 3 + slash));
        self.seen(|seen| seen.endpoint = Some(uri[..end.unwrap_or(uri.len())].to_owned()));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context
            .response()
            .headers()
            .get("date")
            .and_then(|date| httpdate::parse_http_date(date).ok());
        self.seen(|seen| seen.date = date.or(seen.date));
        Ok(())
    }
}
