//! AWS's published examples: the signature test suite, the IAM example, and the S3 examples.

use super::*;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Example {
    method: &'static str,
    uri: &'static str,
    headers: &'static [(&'static str, &'static str)],
    scope: &'static str,
    payload_hash: &'static str,
    signature: &'static str,
}

/// "Examples: Signature calculations in AWS Signature Version 4", Amazon S3 API reference.
const S3: [Example; 4] = [
    Example {
        method: "GET",
        uri: "/test.txt",
        headers: &[("range", "bytes=0-9")],
        scope: "s3",
        payload_hash: EMPTY,
        signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    },
    Example {
        method: "PUT",
        uri: "/test%24file.text",
        headers: &[
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        scope: "s3",
        payload_hash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    },
    Example {
        method: "GET",
        uri: "/?lifecycle",
        headers: &[],
        scope: "s3",
        payload_hash: EMPTY,
        signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    },
    Example {
        method: "GET",
        uri: "/?max-keys=2&prefix=J",
        headers: &[],
        scope: "s3",
        payload_hash: EMPTY,
        signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    },
];

fn request(
    example: &Example,
    fixed: &[(&'static str, &'static str)],
) -> (Request<Bytes>, Vec<String>) {
    let mut names = Vec::new();
    let mut builder = Request::builder().method(example.method).uri(example.uri);
    for (name, value) in fixed.iter().chain(example.headers) {
        names.push((*name).to_owned());
        builder = builder.header(*name, *value);
    }
    names.sort();
    (builder.body(Bytes::new()).expect("the example is a request"), names)
}

fn authorization(example: &Example, key: &str, date: &str, names: Vec<String>) -> Authorization {
    let day = &date[..8];
    let value = format!(
        "{ALGORITHM} Credential={key}/{day}/us-east-1/{}/aws4_request, SignedHeaders={}, Signature={}",
        example.scope,
        names.join(";"),
        example.signature
    );
    let request = Request::builder().header("authorization", value).header("x-amz-date", date);
    Authorization::of(&request.body(Bytes::new()).expect("two headers")).expect("complete")
}

#[test]
fn verifies_the_examples_of_the_s3_reference() {
    let secret = Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
    for example in &S3 {
        let fixed = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", example.payload_hash),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let (request, names) = request(example, &fixed);
        let authorization =
            authorization(example, "AKIAIOSFODNN7EXAMPLE", "20130524T000000Z", names);
        assert!(
            verifies(&request, &authorization, example.payload_hash, &secret),
            "{}",
            example.uri
        );
        assert!(
            !verifies(&request, &authorization, "UNSIGNED-PAYLOAD", &secret),
            "{}",
            example.uri
        );
    }
}

#[test]
fn verifies_the_general_examples() {
    let secret = Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
    let date = ("x-amz-date", "20150830T123600Z");
    let vanilla = Example {
        method: "GET",
        uri: "/",
        headers: &[("host", "example.amazonaws.com")],
        scope: "service",
        payload_hash: EMPTY,
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    };
    let list_users = Example {
        method: "GET",
        uri: "/?Action=ListUsers&Version=2010-05-08",
        headers: &[
            ("host", "iam.amazonaws.com"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ],
        scope: "iam",
        payload_hash: EMPTY,
        signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    };
    for example in [vanilla, list_users] {
        let (request, names) = request(&example, &[date]);
        let authorization = authorization(&example, "AKIDEXAMPLE", date.1, names);
        assert!(verifies(&request, &authorization, EMPTY, &secret), "{}", example.uri);
    }
}

#[test]
fn verifies_the_presigned_example_of_the_s3_reference() {
    let uri = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
               &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
               &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
               &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let request = Request::builder().uri(uri).header("host", "examplebucket.s3.amazonaws.com");
    let request = request.body(Bytes::new()).expect("one header");
    let authorization = Authorization::of(&request).expect("complete");
    let secret = Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
    assert!(verifies(&request, &authorization, "UNSIGNED-PAYLOAD", &secret));
}
