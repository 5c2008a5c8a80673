//! Answers on their way out: headers, and bodies that may break off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hyper::Response;
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue};

use crate::issued::random;

/// A body that comes whole, or ends in an error halfway.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    first: Option<Bytes>,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    End,
    /// Let the first half leave the process before the error.
    Pause,
    Break,
}

/// An answer with its length and its time.
pub(crate) fn reply(
    status: u16,
    content_type: &'static str,
    content: impl Into<Bytes>,
    now: SystemTime,
) -> Response<ReplyBody> {
    let content = content.into();
    let length = content.len();
    let mut response = Response::new(ReplyBody { first: Some(content), then: Then::End });
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now)) {
        headers.insert(DATE, date);
    }
    response
}

/// Makes an answer break off: the length stays as it was announced.
pub(crate) fn cut_off(response: Response<ReplyBody>) -> Response<ReplyBody> {
    response.map(|body| {
        let half = body.first.map(|content| content.slice(..content.len() / 2));
        ReplyBody { first: half, then: Then::Pause }
    })
}

/// A fresh request id, in the shape of AWS's.
pub(crate) fn request_id() -> String {
    let hex = HEXLOWER.encode(&random::<16>());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(content) = self.first.take().filter(|content| !content.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(content))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Pause => {
                // hyper flushes what it has when a body is not ready, and drops it when a body fails.
                self.then = Then::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Break => Poll::Ready(Some(Err(io::Error::other("broken off on request")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.as_ref().is_none_or(Bytes::is_empty) && self.then == Then::End
    }
}
