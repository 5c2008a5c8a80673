//! As much of S3 as people try first: ListBuckets, ListObjectsV2, GetObject, HeadObject and PutObject, path
//! style, objects in memory. The same keys, session tokens and signatures as at STS.

mod payload;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, Request};
use sha2::{Digest, Sha256};

pub(crate) use refusal::document as error_document;

use crate::authenticate::{Caller, Rules, authenticate};
use crate::clock;
use crate::sigv4;
use crate::state::State;
use crate::sts::{Refusal, Xml};

/// The skew that S3 allows: RequestTimeTooSkewed comes after fifteen minutes.
const SKEW: Duration = Duration::from_secs(900);

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The objects of all buckets, by bucket and key.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    stored: BTreeMap<(String, String), Bytes>,
}

/// A good answer.
pub(crate) enum Answer {
    Xml(Xml),
    Object { content: Bytes, etag: String },
    Stored { etag: String },
}

/// How a request ended.
pub(crate) struct Judged {
    pub(crate) principal: Option<String>,
    pub(crate) reply: Result<Answer, Refusal>,
}

/// The operation's name in AWS's reference, for the journal.
pub(crate) fn action(request: &Request<Bytes>) -> &'static str {
    let (bucket, key) = address(request);
    match (request.method(), bucket.is_empty(), key.is_empty()) {
        (&Method::GET, true, true) => "ListBuckets",
        (&Method::GET, false, true) => "ListObjectsV2",
        (&Method::HEAD, false, true) => "HeadBucket",
        (&Method::GET, false, false) => "GetObject",
        (&Method::HEAD, false, false) => "HeadObject",
        (&Method::PUT, false, false) => "PutObject",
        _ => "",
    }
}

/// Judges a request.
pub(crate) fn judge(state: &State, request: &Request<Bytes>) -> Judged {
    let caller = match who(state, request) {
        Ok(caller) => caller,
        Err(refusal) => return Judged { principal: None, reply: Err(refusal) },
    };
    Judged { principal: Some(caller.principal.arn()), reply: act(state, request, &caller) }
}

fn who(state: &State, request: &Request<Bytes>) -> Result<Caller, Refusal> {
    let payload_hash = payload::hash(request).map_err(|reason| refusal::of(&reason))?;
    let rules = Rules {
        service: "s3",
        now: state.clock.now(),
        skew: SKEW,
        payload_hash: &payload_hash,
        every_amz_header_signed: true,
    };
    authenticate(request, &state.world, &state.issued(), &rules)
        .map_err(|reason| refusal::of(&reason))
}

fn act(state: &State, request: &Request<Bytes>, caller: &Caller) -> Result<Answer, Refusal> {
    let (bucket, key) = address(request);
    let own = state.world.buckets(caller.principal.account());
    if bucket.is_empty() {
        return list_buckets(request, caller, own);
    }
    if !own.contains(&bucket) {
        return Err(refusal::bucket(state, caller, &bucket));
    }
    match action(request) {
        "ListObjectsV2" | "HeadBucket" => Ok(Answer::Xml(list_objects(state, request, &bucket))),
        "GetObject" | "HeadObject" => state.objects().read(&bucket, &key),
        "PutObject" => Ok(state.objects().write(bucket, key, payload::content(request)?)),
        _ => Err(refusal::not_implemented()),
    }
}

fn list_buckets(
    request: &Request<Bytes>,
    caller: &Caller,
    own: &[String],
) -> Result<Answer, Refusal> {
    if request.method() != Method::GET {
        return Err(refusal::not_implemented());
    }
    let account = caller.principal.account();
    Ok(Answer::Xml(Xml::document("ListAllMyBucketsResult", NAMESPACE, |xml| {
        xml.element("Owner", |xml| xml.text("ID", &sigv4::hex_digest(account.as_bytes())));
        xml.element("Buckets", |xml| {
            for name in own {
                xml.element("Bucket", |xml| {
                    xml.text("Name", name);
                    xml.text("CreationDate", "2026-01-01T00:00:00.000Z");
                });
            }
        });
    })))
}

fn list_objects(state: &State, request: &Request<Bytes>, bucket: &str) -> Xml {
    let query = request.uri().query().unwrap_or_default();
    let parameter = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let prefix = parameter("prefix").unwrap_or_default();
    let delimiter = parameter("delimiter").unwrap_or_default();
    let objects = state.objects();
    let (folders, found) = objects.under(bucket, &prefix, &delimiter);
    let now = clock::rfc3339(state.clock.now());
    Xml::document("ListBucketResult", NAMESPACE, |xml| {
        xml.text("Name", bucket);
        xml.text("Prefix", &prefix);
        xml.text("KeyCount", &(folders.len() + found.len()).to_string());
        xml.text("MaxKeys", "1000");
        xml.text("IsTruncated", "false");
        for (key, content) in found {
            xml.element("Contents", |xml| {
                xml.text("Key", key);
                xml.text("LastModified", &now);
                xml.text("ETag", &etag(content));
                xml.text("Size", &content.len().to_string());
                xml.text("StorageClass", "STANDARD");
            });
        }
        for folder in folders {
            xml.element("CommonPrefixes", |xml| xml.text("Prefix", folder));
        }
    })
}

impl Objects {
    fn read(&self, bucket: &str, key: &str) -> Result<Answer, Refusal> {
        let content = self
            .stored
            .get(&(bucket.to_owned(), key.to_owned()))
            .ok_or_else(refusal::no_such_key)?;
        Ok(Answer::Object { content: content.clone(), etag: etag(content) })
    }

    fn write(&mut self, bucket: String, key: String, content: Bytes) -> Answer {
        let etag = etag(&content);
        self.stored.insert((bucket, key), content);
        Answer::Stored { etag }
    }

    /// What lies below a prefix: the keys that go on past a delimiter as folders, the others as objects.
    fn under(
        &self,
        bucket: &str,
        prefix: &str,
        delimiter: &str,
    ) -> (BTreeSet<&str>, Vec<(&str, &Bytes)>) {
        let (mut folders, mut objects) = (BTreeSet::new(), Vec::new());
        for ((holder, key), content) in &self.stored {
            let Some(rest) = key.strip_prefix(prefix).filter(|_| holder == bucket) else {
                continue;
            };
            match rest.find(delimiter).filter(|_| !delimiter.is_empty()) {
                Some(end) => drop(folders.insert(&key[..prefix.len() + end + delimiter.len()])),
                None => objects.push((key.as_str(), content)),
            }
        }
        (folders, objects)
    }
}

/// Quoted, 32 hexadecimal digits. Not MD5, which S3 itself does not promise either.
fn etag(content: &[u8]) -> String {
    format!("\"{}\"", data_encoding::HEXLOWER.encode(&Sha256::digest(content)[..16]))
}

/// Bucket and key of a path-style request.
fn address(request: &Request<Bytes>) -> (String, String) {
    let path = sigv4::decoded_path(request.uri().path());
    let path = path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (bucket.to_owned(), key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_folders_and_objects_below_a_prefix() {
        let mut objects = Objects::default();
        for key in ["a/1", "a/b/2", "a/b/3", "c"] {
            objects.write("notes".to_owned(), key.to_owned(), Bytes::from("x"));
        }
        objects.write("other".to_owned(), "a/z".to_owned(), Bytes::new());
        let keys = |prefix, delimiter| {
            let (folders, found) = objects.under("notes", prefix, delimiter);
            (
                folders.into_iter().collect::<Vec<_>>(),
                found.into_iter().map(|(key, _)| key).collect::<Vec<_>>(),
            )
        };
        assert_eq!(keys("", "/"), (vec!["a/"], vec!["c"]));
        assert_eq!(keys("a/", "/"), (vec!["a/b/"], vec!["a/1"]));
        assert_eq!(keys("a/", ""), (vec![], vec!["a/1", "a/b/2", "a/b/3"]));
    }
}
